from odoo import fields, models

from .collections_dunned_mixin import READERS


class ResPartner(models.Model):
    _inherit = "res.partner"

    collections_fee_exempt = fields.Boolean(
        "No Late-Payment Fees",
        groups=READERS,
        help="Neither interest nor fees are charged to this debtor.",
    )
