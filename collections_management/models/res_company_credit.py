from odoo import fields, models

CREDIT_MODES = [("off", "Nothing"), ("warn", "Warn"), ("block", "Block")]


class ResCompany(models.Model):
    """What a credit hold does in a company."""

    _inherit = "res.company"

    collections_credit_invoice = fields.Selection(
        CREDIT_MODES,
        string="Invoices of Debtors on Credit Hold",
        default="warn",
        required=True,
        help="Warn: a banner, and a note when one is posted. Block: nobody posts one without a "
        "release.",
    )
    collections_credit_agreed = fields.Boolean(
        string="A Promise Ends a Credit Hold",
        help="Who has a promise or an agreement under way is sold to on credit again.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_credit_invoice = fields.Selection(
        related="company_id.collections_credit_invoice", readonly=False
    )
    collections_credit_agreed = fields.Boolean(
        related="company_id.collections_credit_agreed", readonly=False
    )
