from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CollectionsStep(models.Model):
    """What a step says by WhatsApp: a template per tone and language."""

    _inherit = "collections.step"

    whatsapp_template_ids = fields.Many2many(
        "collections.whatsapp.template",
        "collections_step_whatsapp_template_rel",
        "step_id",
        "template_id",
        string="WhatsApp Templates",
        help="One per tone and language. Nothing else can begin a conversation there.",
    )
    speaks_whatsapp = fields.Boolean("Speaks by WhatsApp", compute="_compute_speaks_whatsapp")

    @api.depends("channel_ids.kind")
    def _compute_speaks_whatsapp(self):
        for step in self:
            step.speaks_whatsapp = "whatsapp" in step.channel_ids.mapped("kind")

    @api.constrains("mode", "channel_ids", "template_ids", "whatsapp_template_ids")
    def _check_complete(self):
        speaking = self.filtered(lambda step: step.mode != "manual" and step.speaks_whatsapp)
        for step in speaking:
            if not step.whatsapp_template_ids:
                raise ValidationError(
                    self.env._("Step %(step)s has no WhatsApp template.", step=step.name)
                )
        return super()._check_complete()

    def _get_whatsapp_template(self, company, tone, lang):
        """Return the template of a company's number in a tone and a language: the tone counts
        before the language, a usable one before any other."""
        self.ensure_one()
        found = self.whatsapp_template_ids.filtered(lambda text: text.company_id == company)

        def rank(text):
            language = text.language.replace("-", "_")
            return (
                not text.is_usable,
                text.tone != tone,
                text.tone != self.tone,
                language != lang,
                language.split("_")[0] != (lang or "").split("_")[0],
                text.id,
            )

        return found.sorted(rank)[:1]
