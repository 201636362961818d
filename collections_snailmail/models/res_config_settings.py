from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_snailmail = fields.Boolean(
        related="company_id.collections_snailmail", readonly=False
    )
