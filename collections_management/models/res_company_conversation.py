from odoo import fields, models


class ResCompany(models.Model):
    """How a company's conversations are answered."""

    _inherit = "res.company"

    collections_bot = fields.Boolean(
        string="Automatic Answers",
        default=True,
        help="Debtors who write are answered automatically; a person answers what is not "
        "understood. Off: a person answers everything.",
    )
