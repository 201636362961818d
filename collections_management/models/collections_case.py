from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from .collections_contact import PENDING_STATES

AGE_FIELDS = {
    "amount_not_due": (None, 0),
    "amount_1_30": (1, 30),
    "amount_31_60": (31, 60),
    "amount_61_90": (61, 90),
    "amount_over_90": (91, None),
}


class CollectionsCase(models.Model):
    """The one living file per company and debtor.

    Every amount here is a copy of the ledger made by the last refresh, never entered by hand; the
    decision of the last run (what next, or why nothing) is kept beside it.
    """

    _name = "collections.case"
    _description = "Collections Case"
    _inherit = ["mail.thread", "mail.activity.mixin", "collections.logged.mixin"]
    _order = "amount_net_overdue desc, id"
    _rec_name = "partner_id"
    _rec_names_search = ["partner_id.display_name", "partner_id.vat"]

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Debtor",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    state = fields.Selection(
        [("open", "Open"), ("closed", "Closed"), ("merged", "Merged")],
        required=True,
        default="open",
        readonly=True,
        help="Closed: nothing is owed; the file reopens by itself with the next debt.",
    )
    user_id = fields.Many2one(
        "res.users", string="Collector", tracking=True, index=True, ondelete="set null"
    )
    team_id = fields.Many2one(
        "collections.team", tracking=True, index="btree_not_null", ondelete="set null"
    )
    segment_id = fields.Many2one("collections.segment", readonly=True, ondelete="set null")
    strategy_id = fields.Many2one("collections.strategy", readonly=True, ondelete="restrict")
    manual_strategy_id = fields.Many2one(
        "collections.strategy",
        string="Strategy Chosen by Hand",
        ondelete="restrict",
        help="Stands whatever the segments say. Empty: the segments decide.",
    )
    step_id = fields.Many2one(
        "collections.step", string="Last Step", readonly=True, ondelete="set null"
    )

    # Copied from the ledger by the refresh, in company currency.
    amount_total = fields.Monetary(string="Total Owed", readonly=True)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    amount_credit = fields.Monetary(string="Credits", readonly=True)
    amount_net_overdue = fields.Monetary(string="Net Overdue", readonly=True)
    amount_due_soon = fields.Monetary(string="Due in 7 Days", readonly=True)
    amount_not_due = fields.Monetary(string="Not Due", readonly=True)
    amount_1_30 = fields.Monetary(string="1-30 Days", readonly=True)
    amount_31_60 = fields.Monetary(string="31-60 Days", readonly=True)
    amount_61_90 = fields.Monetary(string="61-90 Days", readonly=True)
    amount_over_90 = fields.Monetary(string="Over 90 Days", readonly=True)
    receivable_count = fields.Integer(string="Open Receivables", readonly=True)
    overdue_count = fields.Integer(string="Overdue Receivables", readonly=True)
    oldest_due_date = fields.Date(readonly=True)
    days_past_due = fields.Integer(readonly=True, aggregator="max")
    age_band = fields.Selection(
        [
            ("0", "Not due"),
            ("1", "1-30 days"),
            ("2", "31-60 days"),
            ("3", "61-90 days"),
            ("4", "Over 90 days"),
        ],
        readonly=True,
        index=True,
    )
    refreshed_on = fields.Datetime(readonly=True)

    # The decision of the last run.
    decision = fields.Char(readonly=True, help="Machine word of the last decision.")
    decision_until = fields.Date(string="Looked at Again", readonly=True)
    decision_data = fields.Json(readonly=True)
    decision_text = fields.Char(string="What Next", compute="_compute_decision_text")
    needs_decision = fields.Boolean(
        readonly=True,
        index="btree_not_null",
        help="Some debt has gone through its whole ladder: agree, go legal, write off or pause.",
    )
    planned_run_id = fields.Many2one("collections.run", readonly=True, ondelete="set null")
    last_contact_date = fields.Date(readonly=True)

    contact_ids = fields.One2many("collections.contact", "case_id")
    contact_count = fields.Integer(compute="_compute_counts")
    next_contact_id = fields.Many2one("collections.contact", compute="_compute_next_contact")
    next_contact_date = fields.Datetime(compute="_compute_next_contact")
    hold_ids = fields.One2many("collections.hold", "case_id")
    hold_text = fields.Char(compute="_compute_hold_text")
    is_held = fields.Boolean(compute="_compute_hold_text", search="_search_is_held")
    balance_ids = fields.One2many("collections.case.balance", "case_id")
    receivable_ids = fields.Many2many(
        "account.move.line", compute="_compute_receivable_ids", string="Receivables"
    )
    receivable_line_ids = fields.One2many(
        "account.move.line", compute="_compute_receivable_ids", string="Open Items"
    )
    partner_phone = fields.Char(related="partner_id.phone", string="Phone")
    partner_email = fields.Char(related="partner_id.email", string="E-mail")
    country_id = fields.Many2one(related="partner_id.country_id")
    state_id = fields.Many2one(related="partner_id.state_id", string="Region")
    partner_active = fields.Boolean(related="partner_id.active", string="Debtor is Active")

    _debtor_unique = models.UniqueIndex(
        "(company_id, partner_id) WHERE state <> 'merged'",
        "A debtor has one case in a company.",
    )
    _to_plan_idx = models.Index("(company_id, id) WHERE state = 'open'")

    def _compute_counts(self):
        counts = dict(
            self.env["collections.contact"]._read_group(
                [("case_id", "in", self.ids)], ["case_id"], ["__count"]
            )
        )
        for case in self:
            case.contact_count = counts.get(case, 0)

    @api.depends("contact_ids.state", "contact_ids.scheduled_on")
    def _compute_next_contact(self):
        contacts = self.env["collections.contact"].search(
            [("case_id", "in", self.ids), ("state", "in", PENDING_STATES)],
            order="scheduled_on desc",
        )
        by_case = {contact.case_id.id: contact for contact in contacts}
        for case in self:
            contact = by_case.get(case.id, contacts.browse())
            case.next_contact_id = contact
            case.next_contact_date = contact.scheduled_on

    @api.depends("hold_ids.is_active", "hold_ids.line_id")
    def _compute_hold_text(self):
        for case in self:
            holds = case.hold_ids.filtered("is_active")
            whole = holds.filtered(lambda hold: not hold.line_id)
            case.is_held = bool(whole)
            case.hold_text = " · ".join(whole.mapped("display_name")) or False

    def _search_is_held(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("hold_ids", "any", [("is_active", "=", True), ("line_id", "=", False)])]

    def _compute_receivable_ids(self):
        lines = self.env["account.move.line"].search(
            self._get_receivable_domain(), order="date_maturity, id"
        )
        by_key = lines.grouped(
            lambda line: (line.company_id, line.partner_id.commercial_partner_id)
        )
        for case in self:
            found = by_key.get((case.company_id, case.partner_id), lines.browse())
            case.receivable_ids = found
            case.receivable_line_ids = found

    def _get_receivable_domain(self):
        """Return the domain of the open receivables of these cases, credits included."""
        return self.env["collections.ledger"]._get_open_domain() & fields.Domain(
            [
                ("company_id", "in", self.company_id.ids),
                ("partner_id.commercial_partner_id", "in", self.partner_id.ids),
            ]
        )

    @api.depends(
        "decision", "decision_until", "decision_data", "step_id", "next_contact_id", "hold_text"
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_decision_text(self):
        sentences = self._get_decision_texts()
        for case in self:
            if case.hold_text and case.state == "open" and case.decision != "held":
                # put on hold after the last run: what that one decided does not happen
                case.decision_text = self.env._("On hold: %(hold)s.", hold=case.hold_text)
            else:
                case.decision_text = sentences[case.id]

    def _get_decision_texts(self):
        """Return ``{case id: the last decision as a sentence}``, whatever happened since."""
        steps = self.env["collections.step"].browse(
            {(case.decision_data or {}).get("step") for case in self} - {None}
        )
        names = {step.id: step.name for step in steps.exists()}
        return {case.id: case._explain_decision(names) for case in self}

    def _explain_decision(self, step_names):
        """Return the last decision as a sentence a collector reads.

        :param dict step_names: ``{step id: name}``
        """
        self.ensure_one()
        if not self.decision:
            return self.env._("Not looked at yet: tonight's run will.")
        data = self.decision_data or {}
        if self._has_spoken(data.get("step")):
            return self.env._(
                "“%(step)s” went out on %(date)s; the next run decides what follows.",
                step=self.step_id.name,
                date=format_date(self.env, self.last_contact_date),
            )
        sentence = self._get_decision_sentences().get(self.decision, self.decision)
        until = self.decision_until and format_date(self.env, self.decision_until)
        text = sentence % {
            "step": step_names.get(data.get("step"), ""),
            "hold": data.get("hold_label") or self._get_hold_label(data.get("hold")),
        }
        if until and self.decision not in ("step_due", "preventive"):
            text = self.env._(
                "%(sentence)s Looked at again on %(date)s.", sentence=text, date=until
            )
        return text

    def _has_spoken(self, step_id):
        """Tell whether the step that the last run decided on has gone out since."""
        return bool(
            self.decision in ("step_due", "preventive")
            and self.step_id.id == step_id
            and self.last_contact_date
            and self.last_contact_date >= (self.planned_run_id.date or self.last_contact_date)
            and not self.next_contact_id
        )

    def _get_hold_label(self, reason):
        """Return the words for a hold's reason, those found in the ledger included."""
        labels = dict(
            self.env["collections.hold"]._fields["reason"]._description_selection(self.env)
        )
        labels.update(
            no_followup=self.env._("Excluded from follow-up"),
            archived=self.env._("The debtor is archived"),
            stale_bank=self.env._("The bank statements are not up to date"),
            unmatched_credit=self.env._("A payment of this debtor waits to be matched"),
        )
        return labels.get(reason, reason or "")

    def _get_decision_sentences(self):
        """Extension point: ``{decision: sentence}``, with ``%(step)s`` and ``%(hold)s``."""
        return {
            "step_due": self.env._("Step “%(step)s” is due."),
            "preventive": self.env._("Reminder “%(step)s” before the due date."),
            "nothing_open": self.env._("Nothing is owed."),
            "held": self.env._("On hold: %(hold)s."),
            "no_strategy": self.env._("No segment gives this case a strategy."),
            "no_steps": self.env._("Its strategy has no steps."),
            "contact_pending": self.env._("A contact is already under way."),
            "within_tolerance": self.env._("What is overdue is covered by credits or too small."),
            "quiet": self.env._("Quiet days after the last contact or payment."),
            "between_steps": self.env._("Between two steps."),
            "ladder_done": self.env._("The ladder is done: decide what follows."),
            "not_due": self.env._("Nothing is overdue."),
        }

    def action_open_contacts(self):
        """Open the contacts of the case."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_contact_action"
        )
        return {**action, "domain": [("case_id", "=", self.id)], "context": {}}

    def action_open_invoices(self):
        """Open the debtor's open invoices in the company of the case."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        domain = [
            ("move_type", "in", ("out_invoice", "out_refund")),
            ("company_id", "=", self.company_id.id),
            ("commercial_partner_id", "=", self.partner_id.id),
        ]
        return {**action, "domain": domain, "context": {"search_default_open": 1}}

    def action_refresh(self):
        """Read the ledger again for these cases now."""
        self.check_access("write")
        for company in self.company_id:
            partners = self.filtered_domain([("company_id", "=", company.id)]).partner_id
            self.env["collections.ledger"].sudo()._refresh(company, partners=partners)
        return True

    def _is_supervisor(self):
        return self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        )

    def _check_may_write(self, vals):
        """Refuse what nobody decides by hand: amounts, states, decisions. Collectors may take a
        case nobody has; giving cases away and choosing a strategy is a supervisor's."""
        if self.env.su:
            return
        own = [name for name in vals if self._fields[name].store and self._fields[name].readonly]
        if own:
            labels = [self._fields[name]._description_string(self.env) for name in own]
            raise UserError(
                self.env._("%(fields)s: set by the run, not by hand.", fields=", ".join(labels))
            )
        if self._is_supervisor():
            return
        takes = vals.get("user_id") == self.env.uid and not self.user_id - self.env.user
        if {"manual_strategy_id", "team_id"} & set(vals) or ("user_id" in vals and not takes):
            raise AccessError(
                self.env._("A supervisor assigns cases and chooses strategies; you may take one.")
            )

    def write(self, vals):
        self._check_may_write(vals)
        changes = {
            case: case.user_id
            for case in self
            if "user_id" in vals and case.user_id.id != vals["user_id"]
        }
        result = super().write(vals)
        if changes:
            self.env["collections.log"].sudo()._append(
                [
                    {
                        "case_id": case.id,
                        "event": "assigned",
                        "data": {"from": user.id or None, "to": case.user_id.id or None},
                        "user_id": self.env.uid,
                    }
                    for case, user in changes.items()
                ]
            )
        if "manual_strategy_id" in vals:
            for company in self.company_id:
                self.env["collections.segment"].sudo()._assign(company)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("A case is never deleted: its log is evidence. It closes by itself.")
        )

    def _withdraw_contacts(self, reason):
        """Take back what is planned and has not left yet; the next run decides again."""
        contacts = self.contact_ids.filtered(
            lambda contact: contact.state in ("planned", "held", "awaiting", "queued")
        )
        contacts.sudo()._skip(reason)

    def _merge_into(self, target):
        """Close these files because their debtor was merged into another one.

        Contacts under way are withdrawn, standing holds move to the case that stays.

        :param target: the case that stays
        """
        for case in self:
            case._withdraw_contacts("merged")
            case.hold_ids.filtered("is_active").write({"case_id": target.id})
            case._log("merged", {"into": target.id})
            target._log("merged", {"from": case.id})
        self.write({"state": "merged"})
