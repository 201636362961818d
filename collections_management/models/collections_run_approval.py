from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount


class CollectionsRun(models.Model):
    """Who looks at a run before it leaves: nobody, one person, or two above a limit.

    While a run that may have to wait is planning, its messages are only ``planned``: no worker can
    take them. When everything is planned they open together: those that wait for a person, and
    those that leave.
    """

    _inherit = "collections.run"

    review = fields.Boolean(
        string="Look First",
        readonly=True,
        help="Nothing of this run leaves until somebody approves it.",
    )
    review_reason = fields.Selection(
        [
            ("asked", "Whoever started it asked for it"),
            ("setting", "The company looks at every run"),
            ("held", "It was held back after the forewarning"),
        ],
        readonly=True,
    )
    needs_second = fields.Boolean(
        string="Two Persons",
        readonly=True,
        help="It goes over the company's limit: two persons approve each message.",
    )
    gate_text = fields.Char(compute="_compute_gate_text")
    awaiting_count = fields.Integer(compute="_compute_awaiting")
    awaiting_amount = fields.Monetary(compute="_compute_awaiting")
    currency_id = fields.Many2one(related="company_id.currency_id")

    @api.depends("contact_ids.state")
    def _compute_awaiting(self):
        found = {
            run: (count, amount)
            for run, count, amount in self.env["collections.contact"]._read_group(
                [("run_id", "in", self.ids), ("state", "=", "awaiting")],
                ["run_id"],
                ["__count", "amount:sum"],
            )
        }
        for run in self:
            run.awaiting_count, run.awaiting_amount = found.get(run, (0, 0))

    @api.depends("review_reason", "needs_second", "awaiting_count")
    @api.depends_context("lang")
    def _compute_gate_text(self):
        for run in self:
            run.gate_text = run._explain_gate() if run.awaiting_count else False

    def _explain_gate(self):
        """Return what waits and why, as a sentence."""
        self.ensure_one()
        text = self.env._(
            "%(count)s messages wait for approval; they ask for %(amount)s.",
            count=self.awaiting_count,
            amount=format_amount(self.env, self.awaiting_amount, self.currency_id),
        )
        if self.needs_second:
            second = self.env._("The run is over the company's limit: two persons approve it.")
            return f"{text} {second}"
        return text

    # -- opening the gate ------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        ledger = self.env["collections.ledger"]
        for vals in vals_list:
            company = self.env["res.company"].browse(vals["company_id"])
            asked = self.env.context.get("collections_review") == "asked"
            day = fields.Date.to_date(vals.get("date")) or ledger._today(company)
            reason = "asked" if asked else company._get_review_reason(day)
            vals.update(review=bool(reason), review_reason=reason)
        return super().create(vals_list)

    def _is_planning(self):
        """Tell whether more of the run may come to be known; False of no run."""
        return self.state == "running" and self.stage in ("refresh", "segment", "plan")

    def _is_gated(self):
        """Tell whether what the run plans stays ``planned`` until all of it is known."""
        return self.review or self.company_id._has_run_limit()

    def _gate(self, rows):
        """Keep what would leave by itself, or be approved one by one, until the gate opens.

        :param rows: values of the contacts about to be inserted, changed in place
        """
        self.ensure_one()
        if self._is_gated():
            for row in rows:
                if row["state"] == "awaiting" or (row["state"] == "queued" and row["address"]):
                    row["state"] = "planned"

    def _leave_plan(self):
        if self.stage == "plan" and self._is_gated():
            self._open_gate()
        return super()._leave_plan()

    def _open_gate(self):
        """Let the planned messages go on: to be approved by one or two persons, or to leave."""
        contacts = self.env["collections.contact"].search(
            [("run_id", "=", self.id), ("state", "=", "planned")]
        )
        tasks = contacts.filtered("is_manual")
        messages = contacts - tasks
        held = self._get_held_while_planning()
        self.needs_second = self._is_over_limit(messages + held)
        maker = self.user_id if self.origin == "button" else self.env["res.users"]
        if self.needs_second:
            held.write({"needs_second": True, "approved_by_id": maker.id})
        alone = messages.filtered(lambda contact: contact.step_id.mode == "approval")
        if self.needs_second:
            waiting = messages
            waiting.write(
                {
                    "state": "awaiting",
                    "reason": "second_person" if maker else "run_limit",
                    "needs_second": True,
                    "approved_by_id": maker.id,
                }
            )
        elif self.review:
            waiting = messages
            waiting.write({"state": "awaiting", "reason": "run_review"})
        else:
            waiting = alone
            waiting.write({"state": "awaiting"})
        (tasks + messages - waiting).write({"state": "queued"})

    def _get_held_while_planning(self):
        """Return the messages that a person held back before the gate opened: they count for the
        limit, and once released they pass the same gate."""
        held = self.env["collections.contact"].search(
            [("run_id", "=", self.id), ("state", "=", "held"), ("reason", "=", "by_person")]
        )
        return held.filtered(lambda contact: not contact.is_manual)

    def _is_over_limit(self, contacts):
        """Tell whether what these contacts ask for, or their number, goes over the company's limit.

        A debtor who is told through two channels owes his debt once.
        """
        company = self.company_id
        asked = sum({contact.case_id: contact.amount for contact in contacts}.values())
        amount_limit = company.collections_second_amount
        count_limit = company.collections_second_count
        return bool(
            (amount_limit and company.currency_id.compare_amounts(asked, amount_limit) > 0)
            or (count_limit and len(contacts) > count_limit)
        )

    # -- what a person can do --------------------------------------------------------------------

    def action_prepare(self):
        """Start a run of the current company whose messages wait until somebody approves them."""
        self._check_manager()
        company = self.env.company
        runs = self.sudo()
        if runs.search_count([("company_id", "=", company.id), ("state", "=", "running")], limit=1):
            raise UserError(
                self.env._("A run of %(company)s is under way already.", company=company.name)
            )
        return runs.with_context(collections_review="asked").action_start()

    def action_approve(self):
        """Approve everything of the run that waits; returns what was approved, in words."""
        self.ensure_one()
        if self._is_planning():
            raise UserError(
                self.env._("The run is still planning: approve it when everything is known.")
            )
        contacts = self.env["collections.contact"].search(
            [("run_id", "=", self.id), ("state", "=", "awaiting")]
        )
        return contacts.action_approve()

    def action_hold_all(self):
        """Hold back everything of the run that has not left."""
        self.ensure_one()
        contacts = self.env["collections.contact"].search(
            [("run_id", "=", self.id), ("state", "in", ("awaiting", "queued"))]
        )
        return contacts.filtered(lambda contact: not contact.is_manual).action_hold()

    def action_open_awaiting(self):
        """Open the messages of this run that wait for approval."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_contact_action_to_approve"
        )
        return {
            **action,
            "domain": [("run_id", "=", self.id), ("state", "=", "awaiting")],
            "context": {},
        }
