from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_active = fields.Boolean(related="company_id.collections_active", readonly=False)
    collections_safe_mode = fields.Boolean(
        related="company_id.collections_safe_mode", readonly=False
    )
    collections_actor = fields.Selection(
        related="company_id.collections_actor", readonly=False, required=True
    )
    collections_test_email = fields.Char(
        related="company_id.collections_test_email", readonly=False
    )
    collections_email_from = fields.Char(
        related="company_id.collections_email_from", readonly=False
    )
    collections_reply_to = fields.Char(related="company_id.collections_reply_to", readonly=False)
    collections_thank_days = fields.Integer(
        related="company_id.collections_thank_days", readonly=False
    )
    collections_alias_name = fields.Char(
        related="company_id.collections_alias_name", readonly=False
    )
    collections_alias_domain = fields.Char(related="company_id.alias_domain_id.name")
    collections_reply_pause_days = fields.Integer(
        related="company_id.collections_reply_pause_days", readonly=False
    )
    collections_user_id = fields.Many2one(related="company_id.collections_user_id", readonly=False)
    collections_cost_percent = fields.Float(
        related="company_id.collections_cost_percent", readonly=False
    )
    collections_stale_bank_days = fields.Integer(
        related="company_id.collections_stale_bank_days", readonly=False
    )
    collections_tolerance = fields.Float(
        related="company_id.currency_id.collections_tolerance", readonly=False
    )
    collections_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Collections Currency"
    )
    collections_review_runs = fields.Boolean(
        related="company_id.collections_review_runs", readonly=False
    )
    collections_second_amount = fields.Monetary(
        related="company_id.collections_second_amount",
        readonly=False,
        currency_field="collections_currency_id",
    )
    collections_second_count = fields.Integer(
        related="company_id.collections_second_count", readonly=False
    )
    collections_forewarn = fields.Boolean(related="company_id.collections_forewarn", readonly=False)
    collections_forewarn_hour = fields.Float(
        related="company_id.collections_forewarn_hour", readonly=False
    )
