from odoo import fields, models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    collections_tolerance = fields.Float(
        string="Dunning Tolerance",
        company_dependent=True,
        help="An overdue balance in this currency at or under it is let be.",
    )
