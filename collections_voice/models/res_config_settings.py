from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_voice_test_phone = fields.Char(
        related="company_id.collections_voice_test_phone", readonly=False
    )
