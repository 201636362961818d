from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, formatLang

from ..engine import evidence


class CollectionsWriteOffCheck(models.Model):
    """A condition of the rule as it stood when the write-off was prepared, and what it came to."""

    _name = "collections.write.off.check"
    _description = "Evidence of a Write-off"
    _order = "sequence, id"

    write_off_id = fields.Many2one(
        "collections.write.off", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="write_off_id.company_id", store=True)
    sequence = fields.Integer(readonly=True)
    name = fields.Char(string="Condition", readonly=True, required=True)
    citation = fields.Char(readonly=True)
    kind = fields.Selection(
        lambda self: self.env["collections.write.off.condition"]._selection_kind(),
        readonly=True,
        required=True,
    )
    limit = fields.Float(digits=(16, 2), readonly=True)
    unit = fields.Char(readonly=True)
    statement = fields.Selection(
        lambda self: self.env["collections.write.off.condition"]._selection_statement(),
        readonly=True,
    )
    expected = fields.Boolean(readonly=True)
    alternative = fields.Char(readonly=True)
    answer = fields.Selection(
        [("yes", "Yes"), ("no", "No"), ("unknown", "Nobody knows")],
        help="What you state, and answer for. Empty: still to be answered.",
    )
    note = fields.Char(string="Evidence", help="The file, document or date that shows it.")
    state = fields.Selection(
        [("met", "Met"), ("not_met", "Not met"), ("unknown", "Unknown")],
        compute="_compute_state",
        store=True,
    )
    explanation = fields.Char(string="Because", compute="_compute_state", store=True)

    @api.depends(
        "answer",
        "limit",
        "write_off_id.date",
        "write_off_id.line_ids.amount",
        "write_off_id.line_ids.line_id",
    )
    def _compute_state(self):
        for write_off in self.write_off_id:
            checks = self & write_off.check_ids or self.filtered(
                lambda check, one=write_off: check.write_off_id == one
            )
            facts = write_off._get_facts(checks)
            conditions = checks._to_conditions()
            for check, finding in zip(checks, evidence.check(conditions, facts), strict=True):
                check.state = finding.state
                check.explanation = check._explain(finding)
        for check in self.filtered(lambda check: not check.write_off_id):
            check.state, check.explanation = evidence.UNKNOWN, False

    def _to_conditions(self):
        """Return these checks as the engine reads them."""
        return [
            evidence.Condition(
                key=number,
                kind=check.kind,
                limit=Decimal(str(check.limit)),
                unit=check.unit or "",
                statement=check.statement or "",
                expected=check.expected,
                group=check.alternative or "",
            )
            for number, check in enumerate(self)
        ]

    def _explain(self, finding):
        """Return why a condition is met, not met or unknown."""
        self.ensure_one()
        currency = self.company_id.currency_id or self.write_off_id.company_id.currency_id

        def amount(value):
            return format_amount(self.env, float(value or 0), currency)

        def number(value):
            return formatLang(self.env, float(value or 0), digits=0)

        sentences = {
            "no_due_date": self.env._("A receivable has no due date."),
            "age": self.env._(
                "The youngest is %(found)s days late; more than %(limit)s are asked for.",
                found=number(finding.found),
                limit=number(finding.limit),
            ),
            "attempts": self.env._(
                "%(found)s attempts with proof of sending; %(limit)s are asked for.",
                found=number(finding.found),
                limit=number(finding.limit),
            ),
            "unproven": self.env._(
                "%(found)s attempts with proof of sending, others without; "
                "%(limit)s are asked for.",
                found=number(finding.found),
                limit=number(finding.limit),
            ),
            "no_unit": self.env._(
                "Nobody has entered what a %(unit)s is worth on that day.", unit=self.unit or ""
            ),
            "no_total": self.env._("No amount yet."),
            "total": self.env._(
                "The debtor comes to %(found)s; the limit is %(limit)s.",
                found=amount(finding.found),
                limit=amount(finding.limit),
            ),
            "unanswered": self.env._("Nobody knows.")
            if self.answer == "unknown"
            else self.env._("Not answered yet."),
            "yes": self.env._("Stated: yes."),
            "no": self.env._("Stated: no."),
        }
        return sentences[finding.why]

    @api.model_create_multi
    def create(self, vals_list):
        checks = super().create(vals_list)
        checks.write_off_id._check_draft()
        return checks

    def write(self, vals):
        if not self.env.su:
            self.write_off_id._check_draft()
            if set(vals) - {"answer", "note"}:
                raise UserError(self.env._("What the rule asks for is changed in the rule."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        self.write_off_id._check_draft()
