from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    collections_snailmail = fields.Boolean(
        string="Letters Are Posted by Odoo's Snailmail",
        help="People may hand letters that are due to Odoo, which prints and posts them.",
    )
