from odoo import fields, models


class CollectionsFeeTier(models.Model):
    """The yearly interest from a number of days late on."""

    _name = "collections.fee.tier"
    _description = "Interest by Days Late"
    _order = "policy_id, days"

    policy_id = fields.Many2one(
        "collections.fee.policy", required=True, ondelete="cascade", index=True
    )
    days = fields.Integer("From Day Late", required=True, default=1)
    percent = fields.Float("Interest a Year (%)", digits=(16, 4), required=True)

    _days_unique = models.Constraint(
        "UNIQUE (policy_id, days)", "Two rates of a policy cannot start on the same day late."
    )
    _sane = models.Constraint(
        "CHECK (days >= 1 AND percent >= 0)",
        "A rate starts one day late or later and cannot be negative.",
    )
