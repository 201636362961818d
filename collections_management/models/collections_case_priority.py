from odoo import api, fields, models


class CollectionsCase(models.Model):
    """Who is worked first, and why; written by :class:`collections.priority.rule`."""

    _inherit = "collections.case"

    priority = fields.Integer(
        readonly=True,
        aggregator="max",
        help="Points of the priority rules: the higher, the earlier it is worked.",
    )
    priority_data = fields.Json(readonly=True)
    priority_text = fields.Char(string="Why First", compute="_compute_priority_text")
    amount_decile = fields.Integer(
        string="Share of the Debt",
        readonly=True,
        aggregator=None,
        help="10: among the tenth of the debtors that owe this company most; 1: the least.",
    )
    callback_on = fields.Datetime(
        string="Call Back", readonly=True, copy=False, help="When the debtor expects to be called."
    )
    callback_note = fields.Char(readonly=True, copy=False)
    skipped_until = fields.Date(
        readonly=True, copy=False, help="Not on a collector's list before this day."
    )
    skip_reason = fields.Char(readonly=True, copy=False)

    _callback_idx = models.Index("(user_id, callback_on) WHERE callback_on IS NOT NULL")

    @api.depends("priority_data")
    @api.depends_context("lang")
    def _compute_priority_text(self):
        reasons = self._get_priority_reasons()
        for case in self:
            case.priority_text = (
                ", ".join(f"{name} {points:+d}" for name, points in reasons[case.id]) or False
            )

    def _get_priority_reasons(self):
        """Return ``{case id: [(name of the rule, points)]}``, those that weigh most first."""
        rules = self.env["collections.priority.rule"].sudo().with_context(active_test=False)
        ids = {rule_id for case in self for rule_id, _points in case.priority_data or ()}
        names = {rule.id: rule.name for rule in rules.browse(ids).exists()}
        return {
            case.id: [
                (names[rule_id], points)
                for rule_id, points in case.priority_data or ()
                if rule_id in names
            ]
            for case in self
        }

    def _score(self):
        """Count the points of these cases again, after somebody did something."""
        for company, cases in self.grouped("company_id").items():
            self.env["collections.priority.rule"].sudo()._score(company, cases)
