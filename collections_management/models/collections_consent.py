from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import consent
from .collections_contact import REVOCABLE_STATES


class CollectionsConsent(models.Model):
    """What a debtor granted or withdrew: which channel a company may use. It only grows.

    The latest word on a channel decides. Channels ask :meth:`_get_states`; what comes in through
    one (a STOP, a button, a form) is noted by :meth:`_grant` and :meth:`_withdraw`.
    """

    _name = "collections.consent"
    _description = "Consent to a Channel"
    _order = "id desc"
    _rec_name = "partner_id"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="restrict"
    )
    person_id = fields.Many2one(
        "res.partner", "Said by", ondelete="restrict", help="Empty: the debtor."
    )
    state = fields.Selection(
        [("granted", "May be used"), ("withdrawn", "Must not be used")],
        default="withdrawn",
        required=True,
    )
    kind = fields.Selection("_selection_kind", "Channel", help="Empty: every channel.")
    address = fields.Char(help="A number or e-mail address. Empty: each one of this channel.")
    moment = fields.Datetime("When", required=True, default=fields.Datetime.now)
    source = fields.Char(help="Where it was said: by hand, a message, a page.")
    proof = fields.Text("How", help="The words of the debtor, or where the paper is.")
    message_id = fields.Many2one("mail.message", ondelete="set null", readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Proof")
    is_proved = fields.Boolean("With Proof", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Noted by", readonly=True, ondelete="restrict",
        default=lambda self: self.env.user,
    )  # fmt: skip

    _latest_idx = models.Index("(company_id, partner_id, id DESC)")

    @api.model
    def _selection_kind(self):
        """The channels that send by themselves, and what a person does by hand."""
        manual = {
            "call": self.env._("Telephone, by a person"),
            "visit": self.env._("Visits"),
            "whatsapp": self.env._("WhatsApp"),
        }
        kinds = self.env["collections.channel"]._fields["kind"]._description_selection(self.env)
        return list(({key: label for key, label in kinds if key != "task"} | manual).items())

    @api.model_create_multi
    def create(self, vals_list):
        """A word of a debtor holds from now on: it is logged, and what it forbids is taken back."""
        partners = self.env["res.partner"]
        given = self.default_get(["partner_id", "state", "proof"])
        vals_list = [{**given, **vals} for vals in vals_list]
        for vals in vals_list:
            partner = partners.browse(vals.get("partner_id"))
            debtor = partner.commercial_partner_id
            if debtor != partner:
                vals.update(partner_id=debtor.id, person_id=vals.get("person_id") or partner.id)
            vals["address"] = (vals.get("address") or "").strip() or False
            vals["is_proved"] = self._has_proof(vals)
            if not self.env.su:  # who noted it answers for it, and our clock is ours
                vals.update(user_id=self.env.uid, moment=fields.Datetime.now(), message_id=False)
                if vals["state"] == "granted" and not vals["is_proved"]:
                    raise UserError(
                        self.env._("Say how the debtor granted it, or attach the proof.")
                    )
        words = super().create(vals_list)
        words._note()
        return words

    def _has_proof(self, vals):
        """Return whether values bring a proof: words, a message or a file."""
        if vals.get("message_id") or (vals.get("proof") or "").strip():
            return True
        return any(
            command[0] in (0, 4) or (command[0] == 6 and command[2])
            for command in vals.get("attachment_ids") or ()
        )

    def write(self, vals):
        if vals:
            raise UserError(self.env._("A consent is evidence: note a new one instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A consent is evidence: it is not deleted."))

    # -- what channels call ----------------------------------------------------------------------

    @api.model
    def _grant(
        self, partner, kind, proof=None, address=None, source=None, company=None, attachments=None
    ):
        """Note that a debtor lets us use a channel.

        :param partner: the debtor or one of its persons
        :param kind: a kind of ``collections.channel``, ``call``, ``visit``; None: every channel
        :param proof: the words of the debtor, or the ``mail.message`` that has them
        :param str address: the number or e-mail address it is about; None: each one
        :param str source: where it was said, in a word
        """
        return self._add("granted", partner, kind, proof, address, source, company, attachments)

    @api.model
    def _withdraw(
        self, partner, kind=None, proof=None, address=None, source=None, company=None,
        attachments=None,
    ):  # fmt: skip
        """Note that a debtor wants no more of a channel, None: of any; arguments as in `_grant`."""
        return self._add("withdrawn", partner, kind, proof, address, source, company, attachments)

    @api.model
    def _get_states(self, partners, kind, addresses=None, company=None):
        """Return ``{partner id: "granted", "withdrawn" or None}`` on a channel; in one query.

        :param addresses: ``{partner id: address}``; without, the latest word on any address
        """
        company = company or self.env.company
        debtors = {partner.id: partner.commercial_partner_id.id for partner in partners}
        words = self._get_words({(company.id, debtor_id) for debtor_id in debtors.values()})
        states = {}
        for partner_id, debtor_id in debtors.items():
            said = words.get((company.id, debtor_id), ())
            last = consent.get_last(said, kind, (addresses or {}).get(partner_id))
            states[partner_id] = last and ("granted" if last.granted else "withdrawn")
        return states

    # -- what the planner and the delivery ask ---------------------------------------------------

    @api.model
    def _get_refusals(self, kind, asked):
        """Return ``{key: reason}`` of what may not be used; set-based.

        :param str kind: of the channel
        :param asked: ``{key: (company id, debtor id, address)}``
        """
        if not asked:
            return {}
        pairs = {key: (company_id, debtor_id) for key, (company_id, debtor_id, _) in asked.items()}
        words = self._get_words(set(pairs.values()))
        needs = self._get_needs(pairs)
        refused = {}
        for key, (company_id, debtor_id, address) in asked.items():
            said = words.get((company_id, debtor_id), ())
            need, scope = needs.get(key, ("none", "all"))
            if scope == "phone" and not consent.is_phone(address):
                need = "none"
            if reason := consent.refuse(said, kind, address, need):
                refused[key] = reason
        return refused

    @api.model
    def _get_case_refusals(self, kind, addresses):
        """Return ``{case id: reason}``; ``addresses`` is ``{case id: address}``."""
        if not addresses:
            return {}
        self.env["collections.case"].flush_model(["company_id", "partner_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, company_id, partner_id FROM collections_case WHERE id = ANY(%s)",
                list(addresses),
            )
        )
        return self._get_refusals(kind, {id_: (*pair, addresses[id_]) for id_, *pair in rows})

    @api.model
    def _get_unreached(self, channels):
        """Return ``{case id: reason}`` of the cases that a channel would reach if it were allowed.

        :param channels: ``{channel: cases}``
        """
        reasons = {}
        for channel, cases in channels.items():
            found = channel.with_context(collections_any_consent=True)._get_addresses(cases)
            reasons |= self._get_case_refusals(channel.kind, found)
        return reasons

    @api.model
    def _get_needs(self, pairs):
        """Return ``{key: (need, scope)}`` of the rules that ask for a consent."""
        rules = self.env["collections.contact.rule"].sudo()
        if not rules.search_count([("consent", "!=", "none")], limit=1):
            return {}
        matched = rules._match_pairs(pairs)
        needs = {rule: (rule.consent, rule.consent_scope) for rule in set(matched.values()) if rule}
        return {key: needs[rule] for key, rule in matched.items() if rule}

    @api.model
    def _get_words(self, pairs):
        """Return ``{(company id, debtor id): [engine Word]}``, the latest first; one query."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT word.company_id, word.partner_id, word.state = 'granted', word.kind,
                       word.address, coalesce(word.is_proved, FALSE)
                  FROM collections_consent word
                  JOIN unnest(%s::int[], %s::int[]) AS asked (company_id, partner_id)
                       USING (company_id, partner_id)
              ORDER BY word.id DESC
                """,
                [company_id for company_id, _debtor_id in pairs],
                [debtor_id for _company_id, debtor_id in pairs],
            )
        )
        words = defaultdict(list)
        for company_id, debtor_id, *values in rows:
            words[company_id, debtor_id].append(consent.Word(*values))
        return words

    # -- steps of it -----------------------------------------------------------------------------

    def _add(self, state, partner, kind, proof, address, source, company, attachments):
        """Note one word; as the superuser: whoever may take a STOP may note it."""
        is_message = isinstance(proof, models.BaseModel)
        return self.sudo().create(
            {
                "company_id": (company or self.env.company).id,
                "partner_id": partner.id,
                "state": state,
                "kind": kind or False,
                "address": address,
                "source": source,
                "proof": False if is_message else proof,
                "message_id": proof.id if is_message else False,
                "attachment_ids": [(6, 0, attachments.ids)] if attachments else False,
                "user_id": self.env.uid,
            }
        )

    def _note(self):
        """Log these words on the cases they are about, and take back what they forbid."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        entries = []
        for word in self.sudo():
            cases = self.env["collections.case"].sudo().search(word._get_case_domain())
            data = {"kind": word.kind or "every_channel"}
            if word.source:
                data["source"] = word.source
            note = " · ".join(filter(None, (kinds.get(word.kind), word.address, word.proof)))
            for case in cases:
                entries.append(
                    {
                        "case_id": case.id,
                        "event": f"consent_{word.state}",
                        "data": data,
                        "user_id": word.user_id.id,
                        "content": {"note": note} if note else None,
                    }
                )
            if word.state == "withdrawn":
                word._take_back(cases)
        self.env["collections.log"].sudo()._append(entries)

    def _get_case_domain(self):
        self.ensure_one()
        return Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "!=", "merged"),
            ]
        )

    def _take_back(self, cases):
        """Skip what has not left yet by a way that is not allowed any more."""
        self.ensure_one()
        contacts = self.env["collections.contact"].sudo().search(
            [("case_id", "in", cases.ids), ("state", "in", REVOCABLE_STATES)]
        )  # fmt: skip
        word = consent.Word(False, self.kind or None, self.address or None)
        contacts.filtered(
            lambda contact: (
                not contact.channel_id.is_manual
                and word.covers(contact.channel_id.kind, contact.address)
            )
        )._skip(consent.WITHDRAWN)
