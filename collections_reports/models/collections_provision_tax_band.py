from odoo import fields, models


class CollectionsProvisionTaxBand(models.Model):
    """How many percent of a debt of some age may be deducted."""

    _name = "collections.provision.tax.band"
    _description = "Tax Rule of Provisions by Age"
    _order = "rule_id, days"

    rule_id = fields.Many2one(
        "collections.provision.tax.rule", required=True, ondelete="cascade", index=True
    )
    days = fields.Integer(string="Late from Day", required=True)
    percent = fields.Float(string="Deductible (%)", digits=(5, 2), required=True)

    _days_unique = models.Constraint("UNIQUE (rule_id, days)", "An age has one percentage.")
    _days_positive = models.Constraint("CHECK (days >= 0)", "Days late cannot be negative.")
    _percent_sane = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100)", "A percentage lies between 0 and 100."
    )
