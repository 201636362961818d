from odoo import fields, models

from odoo.addons.collections_management.models.res_company_credit import CREDIT_MODES


class ResCompany(models.Model):
    """What a credit hold does to sales orders."""

    _inherit = "res.company"

    collections_credit_order = fields.Selection(
        CREDIT_MODES,
        string="Orders of Debtors on Credit Hold",
        default="warn",
        required=True,
        help="Warn: a banner, and a note when one is confirmed. Block: nobody confirms one without "
        "a release.",
    )
    collections_credit_show_amount = fields.Boolean(
        string="Salespeople See What Is Overdue",
        help="On an order of a debtor on credit hold.",
    )
