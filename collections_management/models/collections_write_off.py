from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine import evidence

OWN_FIELDS = ("line_ids", "check_ids", "reason_id", "note", "treatment", "rule_id", "date",
              "recover_tax")  # fmt: skip
GROUP = "collections_management.collections_management_group_%s"
ACCOUNTANTS = ("account.group_account_user", "account.group_account_manager")


class CollectionsWriteOff(models.Model):
    """A debt that is given up: prepared, asked for, approved by somebody else, booked, proved.

    The amounts of a draft follow the ledger; from the entry on they are what was booked. The entry
    is reconciled with the receivables by Odoo itself, so a reversal gives the debt back.
    """

    _name = "collections.write.off"
    _description = "Write-off"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Debtor", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("draft", "Being prepared"),
            ("requested", "Waits for approval"),
            ("posted", "Written off"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
            ("reversed", "Reversed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
    )
    line_ids = fields.One2many("collections.write.off.line", "write_off_id", string="Receivables")
    reason_id = fields.Many2one("collections.write.off.reason", string="Why", ondelete="restrict")
    note = fields.Text(help="What the one who approves, and the authority, should know.")
    date = fields.Date(string="Accounting Date", default=fields.Date.context_today)
    rule_id = fields.Many2one("collections.write.off.rule", ondelete="restrict")
    check_ids = fields.One2many("collections.write.off.check", "write_off_id", string="Evidence")
    verdict = fields.Selection(
        [("met", "Met"), ("not_met", "Not met"), ("unknown", "Not all is known")],
        string="Conditions of the Rule",
        compute="_compute_verdict",
        store=True,
    )
    treatment = fields.Selection(
        [
            ("deductible", "Deductible"),
            ("not_deductible", "Not deductible"),
            ("to_verify", "To be verified"),
        ],
        string="For Taxes",
        default="to_verify",
        required=True,
        tracking=True,
    )
    recover_tax = fields.Boolean(
        string="Recover the Tax",
        help="The tax that was charged on the debt is taken back instead of booked as a loss.",
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, string="To Write Off")
    tax_amount = fields.Monetary(readonly=True, string="Tax Recovered", copy=False)
    warning = fields.Text(compute="_compute_warning")
    needs_second = fields.Boolean(compute="_compute_needs_second", string="Needs a Second Person")

    requested_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    requested_on = fields.Datetime(readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    decided_on = fields.Datetime(readonly=True, copy=False)
    decision_note = fields.Char(string="Decision", copy=False, help="Why it is refused.")
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, ondelete="restrict", copy=False
    )
    reversal_id = fields.Many2one("account.move", readonly=True, ondelete="restrict", copy=False)
    may_request = fields.Boolean(compute="_compute_may")
    may_approve = fields.Boolean(compute="_compute_may")

    _requested_idx = models.Index("(company_id) WHERE state = 'requested'")
    _posted_idx = models.Index("(case_id, date) WHERE state = 'posted'")

    @api.depends("partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for write_off in self:
            write_off.display_name = self.env._(
                "Write-off of %(debtor)s (No. %(number)s)",
                debtor=write_off.partner_id.display_name or "",
                number=write_off._origin.id or "–",
            )

    @api.depends("line_ids.amount_company")
    def _compute_amount(self):
        for write_off in self:
            write_off.amount = sum(write_off.line_ids.mapped("amount_company"))

    @api.depends("check_ids.state", "check_ids.alternative")
    def _compute_verdict(self):
        for write_off in self:
            conditions = write_off.check_ids._to_conditions()
            findings = [
                evidence.Finding(number, check.state or evidence.UNKNOWN, "")
                for number, check in enumerate(write_off.check_ids)
            ]
            write_off.verdict = evidence.conclude(conditions, findings)

    @api.depends_context("uid", "lang")
    @api.depends(
        "line_ids.line_id", "line_ids.amount", "treatment", "verdict", "case_id", "rule_id"
    )
    def _compute_warning(self):
        for write_off in self:
            write_off.warning = "\n".join(write_off._get_warnings()) or False

    def _get_warnings(self):
        """Extension point: what does not forbid the write-off but has to be seen, as sentences."""
        self.ensure_one()
        if self.state not in ("draft", "requested"):
            return []
        warnings = [
            self.env._(
                "%(document)s is on hold: %(hold)s.",
                document=line.move_name or "",
                hold=line.hold_text,
            )
            for line in self.line_ids
            if line.hold_text
        ]
        credit = self.case_id.amount_credit
        if self.currency_id.compare_amounts(credit, 0) > 0:
            warnings.append(
                self.env._(
                    "The debtor has %(amount)s in credits: match them with the debt first.",
                    amount=self.currency_id.format(credit),
                )
            )
        if self.treatment == "deductible" and self.verdict != "met":
            warnings.append(
                self.env._("You call it deductible, but not every condition of the rule is met.")
            )
        if self.rule_id.confidence == "low":
            warnings.append(
                self.env._("Nobody has verified this rule against the law: ask your accountant.")
            )
        return warnings

    @api.depends("amount", "company_id", "partner_id")
    def _compute_needs_second(self):
        totals = self._get_totals()
        for write_off in self:
            total = float(totals.get(write_off, 0))
            limit = write_off.company_id.sudo().collections_write_off_limit
            write_off.needs_second = not limit or total > limit

    @api.depends_context("uid")
    @api.depends("requested_by_id")
    def _compute_may(self):
        requester, approver = self._is_requester(), self._is_approver()
        for write_off in self:
            write_off.may_request = requester
            write_off.may_approve = approver and write_off.requested_by_id != self.env.user

    def _get_totals(self):
        """Return ``{write-off: what its debtor comes to in a year}``, itself included, so that
        nobody writes a debt off in pieces below a limit."""
        if not self:
            return {}
        self.flush_model(["amount", "state", "date", "partner_id", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT asked.id, coalesce(sum(other.amount), 0)::text
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::date[])
                       AS asked (id, partner_id, company_id, day)
             LEFT JOIN collections_write_off other
                    ON other.partner_id = asked.partner_id AND other.company_id = asked.company_id
                   AND other.id <> asked.id AND other.state IN ('posted', 'requested')
                   AND other.date > asked.day - 365
              GROUP BY asked.id
                """,
                [one._origin.id or 0 for one in self],
                [one.partner_id._origin.id or 0 for one in self],
                [one.company_id._origin.id or 0 for one in self],
                [one.date or fields.Date.context_today(one) for one in self],
            )
        )
        others = {id_: Decimal(total) for id_, total in rows}
        return {
            one: others.get(one._origin.id or 0, Decimal(0)) + Decimal(str(one.amount or 0))
            for one in self
        }

    # -- who may -----------------------------------------------------------------------------------

    @api.model
    def _is_requester(self):
        return self.env.su or any(
            self.env.user.has_group(group) for group in (GROUP % "supervisor", *ACCOUNTANTS)
        )

    @api.model
    def _is_approver(self):
        return self.env.su or any(
            self.env.user.has_group(group) for group in (GROUP % "manager", *ACCOUNTANTS)
        )

    def _check_requester(self):
        self.check_access("read")
        if not self._is_requester():
            raise AccessError(
                self.env._("Supervisors and accountants ask for a write-off, nobody else.")
            )

    def _check_approver(self):
        self.check_access("read")
        if not self._is_approver():
            raise AccessError(
                self.env._("Collections managers and accountants decide on a write-off.")
            )

    def _check_draft(self):
        """Refuse changes by hand of what was asked for already."""
        if not self.env.su and any(one.state != "draft" for one in self):
            raise UserError(
                self.env._("What was asked for stands as it is: withdraw it and make another one.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_requester()
            allowed = {*OWN_FIELDS, "case_id"}
            vals_list = [{k: v for k, v in vals.items() if k in allowed} for vals in vals_list]
        write_offs = super().create(vals_list)
        for write_off in write_offs:
            if not write_off.rule_id:
                rule = self.env["collections.write.off.rule"]._find(write_off.company_id)
                write_off.sudo().rule_id = rule
            if not write_off.check_ids:
                write_off._reset_checks()
        return write_offs

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        before = {one: one.rule_id for one in self} if "rule_id" in vals else {}
        result = super().write(vals)
        for write_off, rule in before.items():
            if write_off.rule_id != rule:
                write_off._reset_checks()
        return result

    def _check_may_write(self, vals):
        """Own fields while it is prepared, the decision while it waits; buttons do the rest."""
        names = {name for name in vals if not name.startswith(("message_", "activity_"))}
        if names & set(OWN_FIELDS):
            self._check_draft()
        if "decision_note" in names and any(one.state != "requested" for one in self):
            raise UserError(self.env._("There is nothing to decide on any more."))
        fixed = sorted(names - set(OWN_FIELDS) - {"decision_note"})
        if fixed:
            labels = [self._fields[name]._description_string(self.env) for name in fixed]
            raise UserError(
                self.env._("%(fields)s: set by the buttons, not by hand.", fields=", ".join(labels))
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        self._check_draft()

    def _log(self, event, data=None, **values):
        """Write an event of these write-offs into the log of their cases."""
        for write_off in self:
            write_off.case_id._log(
                event,
                {
                    "write_off": write_off.id,
                    "amount": Decimal(str(write_off.amount)).quantize(Decimal("0.01")),
                    "currency": write_off.currency_id.name,
                    "verdict": write_off.verdict,
                    **(data or {}),
                },
                **values,
            )
