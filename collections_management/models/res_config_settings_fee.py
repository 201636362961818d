from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_fee_limit_collector = fields.Monetary(
        related="company_id.collections_fee_limit_collector",
        readonly=False,
        currency_field="collections_currency_id",
    )
    collections_fee_limit_supervisor = fields.Monetary(
        related="company_id.collections_fee_limit_supervisor",
        readonly=False,
        currency_field="collections_currency_id",
    )
    collections_fee_limit_manager = fields.Monetary(
        related="company_id.collections_fee_limit_manager",
        readonly=False,
        currency_field="collections_currency_id",
    )
