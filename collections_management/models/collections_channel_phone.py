import phonenumbers

from odoo import models
from odoo.tools import SQL

from .res_partner_phone import BETWEEN

# What a text message may go to; in some countries the number does not tell a mobile from a line.
MOBILES = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


class CollectionsChannel(models.Model):
    """The numbers of a debtor's persons, for every adapter that reaches one by phone."""

    _inherit = "collections.channel"

    def _get_phones(self, cases, is_mobile=False):
        """Return ``{case id: number in E.164}``, the first that may be used; set-based.

        Left out are those the step tried already (``collections_without`` in the context).

        :param is_mobile: whether a landline is of no use
        """
        without = self.env.context.get("collections_without") or {}
        found = {}
        persons = self._get_person_phones(cases, self.env.context.get("collections_role"))
        for case_id, known in persons.items():
            for number, _partner_id in known:
                tried = number in without.get(case_id, ())
                if not tried and (not is_mobile or _is_mobile(number)):
                    found[case_id] = number
                    break
        return found

    def _get_person_phones(self, cases, role=None):
        """Return ``{case id: [(number in E.164, partner id)]}``, the one to try first at the
        beginning, each number once; set-based.

        The persons come in the order in which e-mail writes to them. Left out are numbers that
        reach nobody and those on Odoo's phone blacklist.
        """
        role = role or "accounts_payable"
        self.env["res.partner"].flush_model(
            ["phone", "phone_sanitized", "collections_role", "collections_bad_phone", "type",
             "active", "commercial_partner_id"]
        )  # fmt: skip
        self.env["phone.blacklist"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, partner.phone_sanitized, partner.id
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                   AND (partner.id = kase.partner_id OR partner.type = 'invoice'
                        OR partner.collections_role IN (%(role)s, 'accounts_payable'))
                 WHERE kase.id = ANY(%(cases)s)
                   AND partner.active
                   AND partner.phone_sanitized LIKE '+%%'
                   AND partner.collections_bad_phone IS DISTINCT FROM
                       translate(partner.phone, %(between)s, '')
                   AND NOT EXISTS (
                       SELECT FROM phone_blacklist
                        WHERE phone_blacklist.number = partner.phone_sanitized
                          AND phone_blacklist.active)
              ORDER BY kase.id, %(rank)s, partner.id
                """,
                role=role,
                cases=list(cases.ids),
                between=BETWEEN,
                rank=self._get_role_rank_sql(role),
            )
        )
        phones = {}
        for case_id, number, partner_id in rows:
            phones.setdefault(case_id, {}).setdefault(number, partner_id)
        return {case_id: list(known.items()) for case_id, known in phones.items()}


def _is_mobile(number):
    try:
        return phonenumbers.number_type(phonenumbers.parse(number)) in MOBILES
    except phonenumbers.NumberParseException:
        return False
