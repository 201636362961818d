from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_write_off_limit = fields.Monetary(
        related="company_id.collections_write_off_limit",
        currency_field="collections_currency_id",
        readonly=False,
    )
    collections_write_off_approver_id = fields.Many2one(
        related="company_id.collections_write_off_approver_id", readonly=False
    )
    collections_write_off_journal_id = fields.Many2one(
        related="company_id.collections_write_off_journal_id", readonly=False
    )
    collections_write_off_account_id = fields.Many2one(
        related="company_id.collections_write_off_account_id", readonly=False
    )
    collections_tax_recovery_account_id = fields.Many2one(
        related="company_id.collections_tax_recovery_account_id", readonly=False
    )
    collections_recovery_account_id = fields.Many2one(
        related="company_id.collections_recovery_account_id", readonly=False
    )
    collections_provision_account_id = fields.Many2one(
        related="company_id.collections_provision_account_id", readonly=False
    )
    collections_provision_expense_account_id = fields.Many2one(
        related="company_id.collections_provision_expense_account_id", readonly=False
    )
