import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import hmac

from odoo.addons.collections_management.models.collections_contact import DONE_STATES

from ..engine.token import get_fingerprint, is_token, make_token
from ..engine.visit import is_new_visit

SCOPE = "collections.pay.link"


class CollectionsPayLink(models.Model):
    """A way to the page of one debtor, for who has the link and nobody else.

    A link is made for a contact, so that what came of each message is known, or for the case. Its
    token is not kept, see ``engine/token.py``. Opening it reads the ledger: a link holds no amount.
    """

    _name = "collections.pay.link"
    _description = "Pay Link"
    _order = "id desc"

    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Debtor")
    contact_id = fields.Many2one(
        "collections.contact",
        string="Message",
        readonly=True,
        ondelete="cascade",
        help="The message it is in. Empty: a person or a bot handed it to the debtor.",
    )
    nonce = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    fingerprint = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    url = fields.Char(
        string="Address",
        compute="_compute_url",
        groups="collections_management.collections_management_group_collector",
    )
    expires_on = fields.Date(string="Opens Until", required=True, readonly=True)
    revoked_on = fields.Datetime(readonly=True)
    revoked_by_id = fields.Many2one("res.users", readonly=True)
    revoke_reason = fields.Char(string="Why Revoked", readonly=True)
    click_count = fields.Integer(
        string="Visits", readonly=True, help="Within half an hour it is the same visit."
    )
    first_click_on = fields.Datetime(string="First Opened", readonly=True)
    last_click_on = fields.Datetime(string="Last Opened", readonly=True)
    transaction_ids = fields.One2many("payment.transaction", "collections_pay_link_id")
    is_open = fields.Boolean(string="Opens", compute="_compute_is_open", search="_search_is_open")
    state_text = fields.Char(string="State", compute="_compute_is_open")

    _fingerprint_unique = models.UniqueIndex("(fingerprint)", "A token opens one link.")
    _contact_unique = models.UniqueIndex(
        "(contact_id) WHERE contact_id IS NOT NULL AND revoked_on IS NULL",
        "A message has one link.",
    )
    _clicks_positive = models.Constraint("CHECK (click_count >= 0)", "Visits are counted up.")

    @api.depends("expires_on", "revoked_on")
    @api.depends_context("lang")
    def _compute_is_open(self):
        ledger = self.env["collections.ledger"]
        days = {company: ledger._today(company) for company in self.company_id}
        for link in self:
            expired = link.expires_on and link.expires_on < days[link.company_id]
            link.is_open = not link.revoked_on and not expired
            if link.revoked_on:
                link.state_text = self.env._("Revoked")
            else:
                link.state_text = self.env._("Expired") if expired else self.env._("Opens")

    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("revoked_on", "=", False) & Domain.OR(
            Domain("company_id", "=", company.id) & Domain("expires_on", ">=", today)
            for company, today in self.env["collections.ledger"]._get_days().items()
        )

    @api.depends("contact_id", "create_date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for link in self:
            link.display_name = link.contact_id.display_name or self.env._(
                "Pay link of %(debtor)s", debtor=link.partner_id.display_name
            )

    def _compute_url(self):
        base = self.get_base_url()
        for link in self:
            link.url = self._get_address(base, link.sudo()._get_token()) if link.is_open else False

    # -- token -----------------------------------------------------------------------------------

    @api.model
    def _get_address(self, base, token):
        return f"{base}/c/{token}"

    @api.model
    def _make_token(self, nonce):
        return make_token(hmac(self.env(su=True), SCOPE, nonce))

    def _get_token(self):
        """Return what opens this link."""
        self.ensure_one()
        return self._make_token(self.nonce)

    @api.model
    def _find(self, token):
        """Return the link that a token opens now, or an empty record: whether there never was one,
        or it expired, or was revoked, is told to nobody."""
        if not is_token(token):
            return self.browse()
        found = self.sudo().search([("fingerprint", "=", get_fingerprint(token))], limit=1)
        return found.filtered("is_open")

    # -- making ----------------------------------------------------------------------------------

    @api.model
    def _issue(self, contacts):
        """Return ``{contact id: token}``: the one link of each contact, those that have none yet
        made in one statement.

        A link counts its days from when its message is written last: one that waited, or is tried
        again, opens as long as others.
        """
        real = contacts.filtered(lambda contact: isinstance(contact.id, int))
        if not real:
            return {}
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT contact_id, nonce, fingerprint, expires_on FROM collections_pay_link"
                " WHERE contact_id = ANY(%s) AND revoked_on IS NULL",
                real.ids,
            )
        )
        found = {contact_id: rest for contact_id, *rest in rows}
        expiry = self._get_expiry(real.company_id)
        tokens, wanting = {}, real.browse()
        for contact in real:
            nonce, fingerprint, expires_on = found.get(contact.id, ("", "", None))
            token = self._make_token(nonce) if nonce else ""
            is_known = token and get_fingerprint(token) == fingerprint
            if is_known and (
                expires_on >= expiry[contact.company_id] or contact.state in DONE_STATES
            ):
                tokens[contact.id] = token
            else:
                wanting |= contact
        return tokens | self._write_links(wanting, found, expiry)

    @api.model
    def _get_expiry(self, companies):
        """Return ``{company: the last day of a link made today}``."""
        ledger = self.env["collections.ledger"]
        return {
            company: ledger._today(company)
            + timedelta(days=company.sudo().collections_pay_link_days)
            for company in companies
        }

    def _write_links(self, contacts, found, expiry):
        """Make the links of contacts, or put off the end of those they have, in one statement.

        A database that was copied has another secret: there the token of a link is another one.
        """
        if not contacts:
            return {}
        nonces = {
            contact.id: (found.get(contact.id) or [None])[0] or secrets.token_hex(16)
            for contact in contacts
        }
        tokens = {id_: self._make_token(nonce) for id_, nonce in nonces.items()}
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO collections_pay_link AS link (
                    contact_id, case_id, company_id, nonce, fingerprint, expires_on, click_count,
                    create_uid, create_date, write_uid, write_date)
                SELECT item.*, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(contacts)s::int[], %(cases)s::int[], %(companies)s::int[],
                              %(nonces)s::text[], %(fingerprints)s::text[], %(expiry)s::date[])
                       AS item
                    ON CONFLICT (contact_id) WHERE contact_id IS NOT NULL AND revoked_on IS NULL
                    DO UPDATE SET expires_on = greatest(link.expires_on, excluded.expires_on),
                       fingerprint = CASE WHEN link.nonce = excluded.nonce
                                          THEN excluded.fingerprint ELSE link.fingerprint END
             RETURNING link.contact_id, link.nonce
                """,
                uid=self.env.uid,
                now=self.env.cr.now().replace(microsecond=0),
                contacts=contacts.ids,
                cases=[contact.case_id.id for contact in contacts],
                companies=[contact.company_id.id for contact in contacts],
                nonces=[nonces[contact.id] for contact in contacts],
                fingerprints=[get_fingerprint(tokens[contact.id]) for contact in contacts],
                expiry=[expiry[contact.company_id] for contact in contacts],
            )
        )
        self.invalidate_model()
        contacts.invalidate_recordset(["pay_link_ids"])
        return {contact_id: self._make_token(nonce) for contact_id, nonce in rows}

    @api.model
    def _issue_case(self, case):
        """Return the link of a case that is in no message: the one there is, its days counted anew,
        or a new one."""
        expiry = self._get_expiry(case.company_id)[case.company_id]
        domain = [("case_id", "=", case.id), ("contact_id", "=", False), ("is_open", "=", True)]
        link = self.search(domain, limit=1)
        if link and get_fingerprint(link._get_token()) == link.fingerprint:
            if link.expires_on < expiry:
                link.expires_on = expiry
            return link
        nonce = secrets.token_hex(16)
        return self.create(
            {
                "case_id": case.id,
                "company_id": case.company_id.id,
                "nonce": nonce,
                "fingerprint": get_fingerprint(self._make_token(nonce)),
                "expires_on": expiry,
            }
        )

    # -- what a person does ----------------------------------------------------------------------

    def action_ask_revoke(self):
        """Ask why these links are revoked."""
        links = self.filtered("is_open")
        if not links:
            raise UserError(self.env._("None of these links opens any more."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Revoke Pay Links"),
            "res_model": "collections.pay.link.revoke",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_link_ids": links.ids},
        }

    def action_revoke(self, reason):
        """End these links now: who opens one sees the page of a link that never was."""
        self.env["collections.contact"]._check_collector()
        self.check_access("read")
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the links are revoked."))
        links = self.filtered("is_open")
        links.sudo().write(
            {
                "revoked_on": fields.Datetime.now(),
                "revoked_by_id": self.env.uid,
                "revoke_reason": reason,
            }
        )
        for case, some in links.grouped("case_id").items():
            case.sudo()._log(
                "link_revoked",
                {"count": len(some)},
                content={"note": reason},
                user_id=self.env.uid,
            )
        return True

    # -- what the debtor does --------------------------------------------------------------------

    def _log_visit(self, event, data=None):
        """Write what the debtor did into the log of the case; nobody of ours did it."""
        self.ensure_one()
        self.env["collections.log"]._append(
            [
                {
                    "case_id": self.case_id.id,
                    "contact_id": self.contact_id.id or None,
                    "event": event,
                    "data": data or {},
                    "user_id": None,
                }
            ]
        )

    def _note_click(self):
        """Count that a person opened the link; the log tells it once a day."""
        self.ensure_one()
        now, last = fields.Datetime.now(), self.last_click_on
        if not is_new_visit(last, now):
            return
        self.write(
            {
                "click_count": self.click_count + 1,
                "first_click_on": self.first_click_on or now,
                "last_click_on": now,
            }
        )
        if not last or last.date() != now.date():
            channel = self.contact_id.channel_id.id
            self._log_visit(
                "link_opened", {"link": self.id} | ({"channel": channel} if channel else {})
            )
        if not self.contact_id.pay_result:
            self.contact_id._note_pay_result("opened")
