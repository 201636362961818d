from odoo import fields, models


class ResCompany(models.Model):
    """What a company does about what its debtors contest."""

    _inherit = "res.company"

    collections_dispute_rest = fields.Boolean(
        string="The Undisputed Part Goes On",
        help="Of a receivable contested in part, the rest is asked for meanwhile.",
    )
    collections_dispute_limit = fields.Monetary(
        string="A Manager Accepts Disputes above",
        help="Who accepts a dispute for more than this is a manager. 0: no limit.",
    )

    _dispute_limit_positive = models.Constraint(
        "CHECK (coalesce(collections_dispute_limit, 0) >= 0)",
        "The limit above which a manager accepts a dispute cannot be negative.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_dispute_rest = fields.Boolean(
        related="company_id.collections_dispute_rest", readonly=False
    )
    collections_dispute_limit = fields.Monetary(
        related="company_id.collections_dispute_limit",
        readonly=False,
        currency_field="collections_currency_id",
    )
