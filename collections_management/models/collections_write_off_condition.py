from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CollectionsWriteOffCondition(models.Model):
    """One thing that a rule asks for."""

    _name = "collections.write.off.condition"
    _description = "Condition of a Write-off Rule"
    _order = "sequence, id"

    rule_id = fields.Many2one(
        "collections.write.off.rule", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Condition", required=True, translate=True)
    kind = fields.Selection("_selection_kind", required=True, default="statement")
    limit = fields.Float(
        digits=(16, 2), help="Days, number of attempts, or amount in the legal unit."
    )
    unit = fields.Char(
        string="Legal Unit", help="A code of the legal units. Empty: the company's currency."
    )
    statement = fields.Selection("_selection_statement")
    expected = fields.Boolean(
        string="Has to Be So", default=True, help="Off: the condition is met by a no."
    )
    alternative = fields.Char(
        help="Conditions with the same word here are alternatives: one of them is enough."
    )
    citation = fields.Char(translate=True)

    @api.model
    def _selection_kind(self):
        return [
            ("age", "More days since due than"),
            ("attempts", "Attempts to collect with proof, at least"),
            ("total_up_to", "Debtor's total not above"),
            ("statement", "Somebody states it"),
        ]

    @api.model
    def _selection_statement(self):
        """Extension point: what a person can state about a debt, as ``[(code, words)]``."""
        return [
            ("legal_action", "Court action was started"),
            ("ruling", "A final ruling says it cannot be collected"),
            ("useless", "It is shown that going to court is useless"),
            ("insolvent", "The debtor is insolvent or in bankruptcy"),
            ("expired", "The debt is barred by time"),
            ("provisioned", "The debt was provisioned"),
            ("related", "The debtor is a related party"),
            ("guaranteed", "The debt is guaranteed"),
            ("extended", "The debt was renewed or extended"),
            ("business_ended", "Business with the debtor has ended"),
            ("notified", "The debtor was told of the deduction"),
            ("reported", "The tax authority was told"),
            ("demanded", "The debtor got a demand that proves itself"),
            ("declared", "The debt was declared as income before"),
        ]

    @api.constrains("kind", "statement", "limit")
    def _check_complete(self):
        for condition in self:
            if condition.kind == "statement" and not condition.statement:
                raise ValidationError(
                    self.env._("Say what is stated by “%(name)s”.", name=condition.name)
                )
            if condition.limit < 0:
                raise ValidationError(
                    self.env._("The limit of “%(name)s” is negative.", name=condition.name)
                )
