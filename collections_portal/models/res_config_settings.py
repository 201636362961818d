from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_pay_link_days = fields.Integer(
        related="company_id.collections_pay_link_days", readonly=False
    )
    collections_pay_pending_days = fields.Integer(
        related="company_id.collections_pay_pending_days", readonly=False
    )
    collections_pay_partial = fields.Boolean(
        related="company_id.collections_pay_partial", readonly=False
    )
