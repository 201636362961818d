from odoo import fields, models

from .collections_step import TONES


class MailTemplate(models.Model):
    _inherit = "mail.template"

    collections_tone = fields.Selection(
        TONES, string="Tone", help="In which tone this text speaks to a debtor."
    )
