from odoo import api, fields, models

from odoo.addons.collections_management.models.collections_step import TONES

from ..engine import segments


class SmsTemplate(models.Model):
    _inherit = "sms.template"

    collections_tone = fields.Selection(
        TONES, string="Tone", help="In which tone this text speaks to a debtor."
    )
    collections_segments = fields.Char(compute="_compute_collections_segments", string="Length")

    @api.depends("body", "model")
    @api.depends_context("lang", "company")
    def _compute_collections_segments(self):
        """Of the text as the last debtor would get it."""
        sample = self.env["collections.contact"].search([("state", "!=", "skipped")], limit=1)
        for template in self:
            template.collections_segments = False
            if template.model != "collections.contact" or not sample or not template.id:
                continue
            body = template.sudo()._render_field("body", sample.ids)[sample.id]
            text = sample.channel_id._sms_to_text(body, sample.company_id)
            template.collections_segments = self.env._(
                "%(characters)s characters, %(segments)s segments for %(debtor)s",
                characters=len(text),
                segments=segments.count_segments(text),
                debtor=sample.partner_id.display_name,
            )
