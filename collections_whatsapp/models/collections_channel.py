import time
from collections import deque
from contextlib import contextmanager
from threading import Lock

import phonenumbers

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.collections_management.engine.delivery import Outcome
from odoo.addons.collections_management.models.collections_channel import keep_history

from ..engine import messages, templates
from ..engine.errors import OF_TEMPLATE, to_outcome
from ..engine.limits import PairLimit
from ..engine.phone import canonical
from .collections_contact import OPAQUE

TELLING = ("setup", "account", "quality", "slow")
GROUP = 10  # messages at once: WhatsApp takes some tenths of a second for each


class Sending:
    """A batch of one account on its way: its connection, its pace, and what stopped it.

    Used by several threads at once, except :meth:`plan`.
    """

    def __init__(self, graph, account):
        self.graph, self.account, self.number = graph, account, account.phone_number_id
        self.per_second = account._get_pace()
        self.turns, self.pair = deque(), PairLimit()
        self.fault = None  # of the account
        self.faulty = {}  # template id: fault
        self.sleep, self.clock = time.sleep, time.monotonic
        self.lock = Lock()

    def plan(self, count, wait):
        """Let so many messages leave evenly, the first in ``wait`` seconds."""
        first = self.clock() + wait
        with self.lock:
            self.turns.extend(first + turn / self.per_second for turn in range(count))

    def hold_up(self, person):
        """Wait for the next turn; return the seconds that the person has to be left alone."""
        with self.lock:
            seconds = self.pair.take(person, self.clock())
            wait = self.turns.popleft() - self.clock() if self.turns else 0
        if seconds:
            return seconds
        if wait > 0:
            self.sleep(wait)
        return 0


class CollectionsChannel(models.Model):
    """The WhatsApp adapter: an approved template per contact, through the account's number."""

    _inherit = "collections.channel"

    kind = fields.Selection(
        selection_add=[("whatsapp", "WhatsApp")], ondelete={"whatsapp": keep_history}
    )

    def _needs_text(self):
        return self.kind != "whatsapp" and super()._needs_text()

    def _whatsapp_addresses(self, cases):
        """The mobile of the person of the role, then accounts payable, the invoice address, the
        company itself; numbers that reach nobody, and those used already, are not addresses."""
        self.env["res.partner"].flush_model(
            ["phone", "collections_role", "collections_bad_phone", "type", "active"]
        )
        role = self.env.context.get("collections_role") or "accounts_payable"
        without = self.env.context.get("collections_without") or {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, partner.phone, country.code
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                   AND (partner.id = kase.partner_id OR partner.type = 'invoice'
                        OR partner.collections_role IN (%(role)s, 'accounts_payable'))
                  JOIN res_partner debtor ON debtor.id = kase.partner_id
                  JOIN res_company company ON company.id = kase.company_id
                  JOIN res_partner home ON home.id = company.partner_id
             LEFT JOIN res_country country ON country.id
                       = COALESCE(partner.country_id, debtor.country_id, home.country_id)
                 WHERE kase.id = ANY(%(cases)s) AND partner.active AND partner.phone > ''
                   AND partner.collections_bad_phone IS DISTINCT FROM
                       translate(partner.phone, ' ()-./' || chr(9) || chr(160), '')
              ORDER BY kase.id, %(rank)s, partner.id
                """,
                role=role,
                cases=list(cases.ids),
                rank=self._get_role_rank_sql(role),
            )
        )
        stopped = self._get_opted_out(cases.company_id)
        found = {}
        for case_id, phone, country in rows:
            if case_id in found:
                continue
            number = to_mobile(phone, country)
            if number and number not in stopped and number not in without.get(case_id, ()):
                found[case_id] = number
        return found

    def _get_opted_out(self, companies):
        """Return the addresses that asked to be left alone here."""
        conversations = self.env["collections.conversation"].sudo().search_fetch(
            [
                ("channel_id", "=", self.id),
                ("company_id", "in", companies.ids),
                ("opted_out_on", "!=", False),
            ],
            ["address"],
        )  # fmt: skip
        return set(conversations.mapped("address"))

    def _whatsapp_obstacle(self, company):
        account = self.env["collections.whatsapp.account"]._get_for(company)
        if not account:
            return "whatsapp_no_account", self.env._(
                "%(company)s has no WhatsApp account.", company=company.name
            )
        return account._get_obstacle()

    def _whatsapp_render(self, contacts):
        return contacts._render_content()

    def _whatsapp_get_group_size(self):
        return GROUP

    def _whatsapp_space(self, contacts, session):
        """Take the turns of a group: the account's workers share one pace."""
        wait = self.env["collections.whatsapp.pace"]._reserve(
            session.account, len(contacts), session.per_second
        )
        session.plan(len(contacts), wait)

    def _whatsapp_prepare(self, contacts, contents):
        """Note the template of each, and make the document of its header."""
        for contact in contacts:
            content = contents[contact.id]
            content["safe_mode"] = contact.safe_mode
            contact.whatsapp_template_id = content["whatsapp"]["template"]
            if content["whatsapp"]["parts"]["header_kind"] == "document":
                content["document"] = contact._make_statement()

    @contextmanager
    def _whatsapp_session(self, contacts):
        account = self.env["collections.whatsapp.account"]._get_for(contacts.company_id)
        with account._connect() as graph:
            sending = Sending(graph, account)
            yield sending
        if sending.fault:
            account._note_fault(sending.fault)
        for template_id, fault in sending.faulty.items():
            self.env["collections.whatsapp.template"].browse(template_id)._note_fault(fault)

    def _whatsapp_send(self, contact, content, session):
        """Send one message; never raises, and reads nothing from the database."""
        told = content["whatsapp"]
        if fault := session.faulty.get(told["template"]):
            return to_outcome(fault)
        if session.hold_up(content["address"]):
            # In safe mode everybody is one person: all wait, and no attempt is counted.
            return Outcome("retry", "whatsapp_pair", down=content["safe_mode"])
        if fault := session.fault:  # of another one, while this one waited for its turn
            return to_outcome(fault)
        document = None
        if "document" in content:
            filename, pdf = content["document"]
            reply = session.graph.upload(session.number, pdf, filename, "application/pdf")
            if reply.fault:  # nothing was said yet, whatever became of the file
                return self._whatsapp_fail(reply.fault, told, session, said=False)
            document = {"id": str(reply.data.get("id")), "filename": filename}
        components = templates.to_send(told["parts"], told["values"], document)
        message = messages.envelope(
            content["address"],
            "template",
            messages.template(told["name"], told["language"], components),
            opaque=f"{OPAQUE}{contact.id}",
        )
        reply = session.graph.send(session.number, message)
        if reply.fault:
            return self._whatsapp_fail(reply.fault, told, session)
        return read_sent(reply)

    def _whatsapp_fail(self, fault, told, session, said=True):
        if fault.kind in TELLING:
            session.fault = fault
        elif fault.kind in OF_TEMPLATE:
            session.faulty[told["template"]] = fault
        outcome = to_outcome(fault)
        if not said and outcome.state == "uncertain":
            return Outcome("retry", outcome.code, outcome.message, down=True)
        return outcome


def read_sent(reply):
    """Return the ``Outcome`` of a message that WhatsApp says it took."""
    rows = reply.data.get("messages")
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    if not first.get("id"):
        return Outcome("uncertain", "whatsapp_unknown", str(reply.data)[:200])
    return Outcome("sent", reference=str(first["id"]))


def to_mobile(phone, country):
    """Return the canonical number of a phone that may be at WhatsApp, or None.

    A landline is left out where numbering tells it apart; in Argentina people write a mobile as
    one.
    """
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    fixed = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE
    if fixed and number.country_code != 54:
        return None
    return canonical(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
