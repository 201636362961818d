from odoo import fields, models


class ResCompany(models.Model):
    """Where write-offs, recoveries and provisions are booked, and who decides."""

    _inherit = "res.company"

    collections_write_off_limit = fields.Monetary(
        string="One Person up to",
        help="What a debtor comes to in a year, up to which one person writes off. 0: never.",
    )
    collections_write_off_approver_id = fields.Many2one(
        "res.users",
        string="Told of Write-offs",
        domain="[('share', '=', False)]",
        help="Gets an activity when a write-off waits for approval.",
    )
    collections_write_off_journal_id = fields.Many2one(
        "account.journal",
        string="Write-off Journal",
        domain="[('type', '=', 'general')]",
        check_company=True,
    )
    collections_write_off_account_id = fields.Many2one(
        "account.account", string="Account of Written-off Debts", check_company=True
    )
    collections_tax_recovery_account_id = fields.Many2one(
        "account.account", string="Account of Tax Taken Back", check_company=True
    )
    collections_recovery_account_id = fields.Many2one(
        "account.account", string="Account of Recoveries", check_company=True
    )
    collections_provision_account_id = fields.Many2one(
        "account.account", string="Account of the Provision", check_company=True
    )
    collections_provision_expense_account_id = fields.Many2one(
        "account.account", string="Account of the Provision's Expense", check_company=True
    )
    collections_provision_band_ids = fields.One2many("collections.provision.band", "company_id")

    _write_off_limit_positive = models.Constraint(
        "CHECK (coalesce(collections_write_off_limit, 0) >= 0)",
        "The limit up to which one person writes off cannot be negative.",
    )
