from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_bot = fields.Boolean(related="company_id.collections_bot", readonly=False)
