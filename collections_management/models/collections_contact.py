import secrets
from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize
from odoo.tools.mail import formataddr

from ..engine.delivery import Outcome

# Under way: decided, and neither done nor given up.
PENDING_STATES = ("planned", "held", "awaiting", "queued", "sending", "uncertain")
# Nothing has left yet, so it can still be taken back.
REVOCABLE_STATES = ("planned", "held", "awaiting", "queued")
# It certainly reached the provider (or a colleague).
DONE_STATES = ("sent", "delivered", "read", "answered")


class CollectionsContact(models.Model):
    """One planned, then executed, communication or task for a case.

    ``cycle`` is the carrying receivable and its repetition, as ``"<line id>/<n>"``: together with
    case, step and channel it is what makes planning twice plan once. What the planner writes is
    turn 0; when its address does not take it, the next person's is turn 1, and so on.
    """

    _name = "collections.contact"
    _description = "Collections Contact"
    _order = "scheduled_on desc, id desc"

    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Debtor", store=False)
    user_id = fields.Many2one(related="case_id.user_id", string="Collector", store=False)
    run_id = fields.Many2one("collections.run", readonly=True, ondelete="set null", index=True)
    step_id = fields.Many2one("collections.step", readonly=True, ondelete="restrict", index=True)
    strategy_id = fields.Many2one(related="step_id.strategy_id")
    channel_id = fields.Many2one(
        "collections.channel", required=True, readonly=True, ondelete="restrict"
    )
    is_manual = fields.Boolean(related="channel_id.is_manual")
    carrier_id = fields.Many2one(
        "account.move.line", string="Carrying Receivable", readonly=True, ondelete="set null"
    )
    cycle = fields.Char(readonly=True)
    repetition = fields.Integer(readonly=True)
    turn = fields.Integer(
        readonly=True,
        help="How many persons of the debtor the step wrote to before through the same channel.",
    )
    parent_id = fields.Many2one(
        "collections.contact", string="Falls Back for", readonly=True, ondelete="set null"
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("held", "Held"),
            ("awaiting", "Awaiting approval"),
            ("queued", "Queued"),
            ("sending", "Sending"),
            ("uncertain", "Uncertain"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("answered", "Answered"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
            ("skipped", "Skipped"),
        ],
        required=True,
        default="planned",
        readonly=True,
        index=True,
    )
    reason = fields.Char(readonly=True, help="Machine word: why it is held, failed or was skipped.")
    detail = fields.Char(readonly=True, help="What the provider said.")
    planned_on = fields.Date(readonly=True, help="The day the decision was taken for.")
    scheduled_on = fields.Datetime(readonly=True, help="Earliest allowed moment.")
    attempts = fields.Integer(readonly=True)
    claim = fields.Integer(readonly=True, help="Which worker has it in hand.")
    sent_on = fields.Datetime(readonly=True)
    address = fields.Char(readonly=True)
    tone = fields.Char(readonly=True)
    safe_mode = fields.Boolean(readonly=True, help="It went to the test address.")
    amount = fields.Monetary(
        readonly=True,
        help="What it asks for, as it was decided: the net overdue of the case; before the due "
        "date, what falls due.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    cost = fields.Monetary(readonly=True, help="What the provider asks for it, as far as is known.")
    rule_id = fields.Many2one("collections.contact.rule", readonly=True, ondelete="set null")
    facts = fields.Json(readonly=True, help="What the decision was taken from.")
    line_ids = fields.Many2many(
        "account.move.line",
        "collections_contact_line_rel",
        "contact_id",
        "line_id",
        string="Receivables Told",
        readonly=True,
    )
    content_id = fields.Many2one("collections.log.content", readonly=True, ondelete="restrict")
    mail_message_id = fields.Many2one("mail.message", readonly=True, ondelete="set null")
    reference = fields.Char(
        readonly=True, index="btree_not_null", help="The provider's identifier."
    )
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    preview_subject = fields.Char(compute="_compute_preview")

    # One contact per (case, step, cycle): cancelled and skipped ones never spoke.
    _cycle_unique = models.UniqueIndex(
        "(case_id, step_id, cycle, channel_id, COALESCE(turn, 0))"
        " WHERE state NOT IN ('cancelled', 'skipped')",
        "This step has already spoken for this debt.",
    )
    _pending_idx = models.Index(
        "(company_id, scheduled_on) WHERE state IN ('queued', 'sending', 'held')"
    )

    @api.depends("step_id", "case_id", "channel_id")
    def _compute_display_name(self):
        for contact in self:
            name = contact.step_id.name or contact.channel_id.name or ""
            contact.display_name = f"{contact.partner_id.display_name or ''} · {name}"

    def _get_reason_sentences(self):
        """Extension point: ``{reason: sentence}`` for held, failed, cancelled and skipped ones."""
        return {}

    # -- content ---------------------------------------------------------------------------------

    def _get_lang(self):
        """Return the language the debtor is written to in."""
        self.ensure_one()
        return self.partner_id.lang or self.company_id.partner_id.lang or self.env.lang or "en_US"

    def _get_tone(self):
        """Return the tone: the debtor's own when somebody set one, else the step's."""
        self.ensure_one()
        return self.partner_id.collections_tone or self.step_id.tone

    def _get_template(self):
        """Extension point: the text it speaks with, or an empty record."""
        self.ensure_one()
        if not self.step_id:
            return self.env["mail.template"]
        return self.step_id._get_template(self._get_tone())

    @api.depends("content_id", "step_id", "state")
    @api.depends_context("lang")
    def _compute_preview(self):
        for contact in self:
            content = contact.content_id.sudo()
            if content:
                contact.preview_subject, contact.preview = content.subject, content.body
                continue
            try:
                rendered = contact.sudo()._render_content()[contact.id]
            except UserError as error:
                rendered = {"subject": "", "body": Markup("<p>%s</p>") % str(error)}
            contact.preview_subject, contact.preview = rendered["subject"], rendered["body"]

    def _render_content(self):
        """Render the texts of these contacts, grouped by template and language.

        :return: ``{contact id: {"subject": str, "body": Markup, "address": str}}``
        :raise UserError: naming the text that cannot be rendered
        """
        result = {}
        self._forget_letters()
        groups = defaultdict(self.browse)
        for contact in self:
            groups[contact._get_template(), contact._get_lang()] |= contact
        for (template, lang), contacts in groups.items():
            if not template:
                result.update(contacts._render_instructions())
                continue
            contents = template.sudo().with_context(lang=lang)._render_letters(contacts)
            for contact in contacts:
                subject, body = contents[contact.id]
                result[contact.id] = {
                    "subject": " ".join(subject.split())[:250],
                    "body": body,
                    "address": contact.address or "",
                }
        return result

    def _render_instructions(self):
        """Return the content of contacts without a text: the step's words for the collector."""
        return {
            contact.id: {
                "subject": contact.step_id.name or contact.channel_id.name,
                "body": Markup("<p>%s</p>") % (contact.step_id.instructions or ""),
                "address": contact.address or "",
            }
            for contact in self
        }

    # -- sender ----------------------------------------------------------------------------------

    @api.model
    def _get_sender(self, company):
        """Extension point: the From of a company's messages, or False when it has none."""
        address = email_normalize(company.collections_email_from or company.email or "")
        return formataddr((company.name, address)) if address else False

    def _get_reply_to(self):
        """Extension point: where answers go: as set, else the company's alias, else the sender."""
        self.ensure_one()
        company = self.company_id
        if company.collections_reply_to or not company.collections_alias_id:
            return company.collections_reply_to or self._get_sender(company)
        return company.sudo().collections_alias_id.alias_full_name or self._get_sender(company)

    # -- task ------------------------------------------------------------------------------------

    def _get_missing_sentence(self):
        """Return what the collector has to find first, where no channel could be used."""
        return {
            "no_address": self.env._("No channel reaches this debtor: find the right contact."),
            "no_consent": self.env._(
                "No channel may be used: ask the debtor which one he authorises, and note it."
            ),
            "consent_withdrawn": self.env._(
                "The debtor does not want the channels of this step: find another way."
            ),
        }.get(self.reason)

    def _create_task(self, content):
        """Put the contact on the collector's desk as an activity of the case.

        :return: the ``Outcome``
        """
        self.ensure_one()
        case = self.case_id
        user = case.user_id or self.company_id.collections_user_id
        note = content["body"]
        if missing := self._get_missing_sentence():
            note = Markup("<p>%s</p>%s") % (missing, note)
        activity = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("collections.case"),
                    "res_id": case.id,
                    "activity_type_id": self.env.ref(
                        "collections_management.mail_activity_type_contact"
                    ).id,
                    "summary": content["subject"],
                    "note": note,
                    "user_id": (user or self.env.ref("base.user_admin")).id,
                    "date_deadline": self.env["collections.ledger"]._today(self.company_id),
                }
            )
        )
        self.activity_id = activity
        return Outcome("sent", reference=f"activity/{activity.id}")

    # -- what a person can do --------------------------------------------------------------------

    def action_hold(self):
        """Keep contacts back until somebody releases them."""
        self._check_collector()
        contacts = self.filtered(lambda contact: contact.state in ("queued", "awaiting", "planned"))
        contacts.sudo().write({"state": "held", "reason": "by_person"})
        contacts._log("held", {"reason": "by_person"})
        return True

    def action_release(self):
        """Put held contacts back in the queue; they are checked again before they leave."""
        self._check_collector()
        contacts = self.filtered(lambda contact: contact.state == "held")
        contacts._check_gate_open()
        for contact in contacts.sudo():
            contact.write(
                {
                    "state": "awaiting" if contact._needs_approval() else "queued",
                    "reason": False,
                    "detail": False,
                    "scheduled_on": contact.scheduled_on or fields.Datetime.now(),
                }
            )
        contacts._log("released")
        return True

    def action_cancel(self):
        """Cancel contacts that have not left: the ladder goes on as if the step had spoken."""
        self._check_collector()
        contacts = self.filtered(lambda contact: contact.state in REVOCABLE_STATES)
        if self - contacts:
            raise UserError(self.env._("Only a contact that has not left yet can be cancelled."))
        positions = self.env["collections.position"].sudo()
        for contact_id, climb in positions._prepare_climbs(contacts.sudo()).items():
            positions._climb(contacts.browse(contact_id).sudo(), climb)
        contacts.sudo().write({"state": "cancelled", "reason": "by_hand"})
        contacts._log("cancelled", {"reason": "by_hand"})
        return True

    def action_resolve_sent(self):
        """Settle an uncertain contact: it did leave."""
        self._check_supervisor()
        contacts = self.filtered(lambda contact: contact.state == "uncertain")
        contacts._log("resolved", {"left": True})
        contacts.sudo()._mark_sent("")
        return True

    def action_resolve_not_sent(self):
        """Settle an uncertain contact: it never left, so it is queued again."""
        self._check_supervisor()
        contacts = self.filtered(lambda contact: contact.state == "uncertain")
        contacts.sudo().write({"state": "queued", "reason": False, "claim": False})
        contacts._log("resolved", {"left": False})
        return True

    def action_retry(self):
        """Try a failed contact again now.

        :raise UserError: naming those that another contact stands in for: the debtor would hear
            the same thing twice
        """
        self._check_collector()
        contacts = self.filtered(lambda contact: contact.state == "failed")
        contacts._check_not_replaced()
        for contact in contacts.sudo():
            free = contact.is_manual or contact._is_approved()
            contact.write(
                {
                    "state": "queued" if free else "awaiting",
                    "attempts": 0,
                    "reason": False,
                    "scheduled_on": fields.Datetime.now(),
                }
            )
        contacts._log("queued", {"reason": "retried_by_hand"})
        return True

    def _check_not_replaced(self):
        """:raise UserError: naming those with a fallback under way or done"""
        replaced = self.env["collections.contact"].sudo().search(
            [("parent_id", "in", self.ids), ("state", "in", DONE_STATES + PENDING_STATES)]
        ).parent_id  # fmt: skip
        if replaced:
            raise UserError(
                self.env._(
                    "Another contact stands in for these already, so they are not tried again: "
                    "%(contacts)s",
                    contacts=", ".join(replaced.mapped("display_name")),
                )
            )

    def _check_collector(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_collector"
        ):
            raise UserError(self.env._("A collector does this."))

    def _check_supervisor(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise UserError(self.env._("A supervisor does this."))

    # -- what the same step said before ----------------------------------------------------------

    def _get_spoken(self):
        """Return ``{contact: contacts}``: what the same step wrote to the same debtor about the
        same debt, through any channel, the contact itself left out; in one query."""
        found = self.env["collections.contact"].search(
            [
                ("case_id", "in", self.case_id.ids),
                ("step_id", "in", self.step_id.ids),
                ("cycle", "in", [cycle for cycle in self.mapped("cycle") if cycle]),
                ("state", "not in", ("cancelled", "skipped")),
            ]
        )
        groups = found.grouped(lambda contact: (contact.case_id, contact.step_id, contact.cycle))
        return {
            contact: groups.get((contact.case_id, contact.step_id, contact.cycle), found[:0])
            - contact
            for contact in self
        }

    def _get_used_addresses(self, channel):
        """Return ``{case id: addresses}`` these contacts wrote to through that kind of channel."""
        same = self.filtered(
            lambda contact: contact.address and contact.channel_id.kind == channel.kind
        )
        return {
            case.id: {email_normalize(address) or address for address in group.mapped("address")}
            for case, group in same.grouped("case_id").items()
        }

    def _get_next_turn(self, channel):
        """Return the turn of who is written to after these, through the channel."""
        turns = self.filtered(lambda contact: contact.channel_id == channel).mapped("turn")
        return max(turns, default=-1) + 1

    # -- state changes ---------------------------------------------------------------------------

    def _log(self, event, data=None):
        """Write one log entry per contact."""
        self.env["collections.log"].sudo()._append(
            [
                {
                    "case_id": contact.case_id.id,
                    "contact_id": contact.id,
                    "run_id": contact.run_id.id or None,
                    "event": event,
                    "data": data or {},
                    "user_id": None if self.env.su else self.env.uid,
                }
                for contact in self
            ]
        )

    def _skip(self, reason, detail=None):
        """Give these contacts up because the facts changed; the next run decides again."""
        self.write({"state": "skipped", "reason": reason, "detail": detail, "claim": False})
        self._log("skipped", {"reason": reason})

    def _hold(self, reason, detail=None):
        """Keep these contacts until an obstacle is gone; delivery looks at them again."""
        changed = self.filtered(lambda contact: (contact.state, contact.reason) != ("held", reason))
        changed.write({"state": "held", "reason": reason, "detail": detail, "claim": False})
        changed._log("held", {"reason": reason})

    def _mark_sent(self, reference, climb=None):
        """Note that these contacts left, and climb the ladder.

        :param climb: what ``collections.position._prepare_climbs`` said of the one contact; its
            cost was noted when it left
        """
        positions = self.env["collections.position"]
        for contact in self:
            if climb is None and not contact.cost:
                contact.cost = contact.channel_id._get_cost(contact, {})
            contact.write(
                {
                    "state": "sent",
                    "reason": False,
                    "detail": False,
                    "claim": False,
                    "sent_on": fields.Datetime.now(),
                    "reference": reference or contact.reference,
                }
            )
            move = climb or positions._prepare_climbs(contact)[contact.id]
            positions._climb(contact, move)
            positions._note_contact(contact, move.today)

    def _is_transactional(self):
        """Extension point: whether its sending lives in our own transaction, so that a crash then
        means "not sent"; the contacts of one sending agree on it."""
        return self.channel_id._is_transactional()

    # -- what the provider tells afterwards ------------------------------------------------------

    _PROGRESS = ("sent", "delivered", "read", "answered")

    def _receive_status(self, state, data=None):
        """Take a provider's later word: delivered, read, answered or failed; in any order, any
        number of times. A contact never goes back to an earlier state."""
        for contact in self:
            if state == "failed":
                if contact.state in ("sending", "uncertain", "sent"):
                    contact.write({"state": "failed", **(data or {})})
                    contact._log("failed", {"reason": contact.reason or "provider"})
                    self.env["collections.delivery"]._fall_back(contact)
                continue
            if contact.state == "uncertain":
                contact._mark_sent("")
                contact._log("resolved", {"left": True})
            order = self._PROGRESS
            if contact.state in order and order.index(state) > order.index(contact.state):
                contact.state = state
                contact._log(state)

    @api.model
    def _new_claim(self):
        """Return a fresh number under which a worker takes contacts in hand."""
        return secrets.randbelow(2**31 - 1) + 1
