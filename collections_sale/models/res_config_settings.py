from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_credit_order = fields.Selection(
        related="company_id.collections_credit_order", readonly=False
    )
    collections_credit_show_amount = fields.Boolean(
        related="company_id.collections_credit_show_amount", readonly=False
    )
