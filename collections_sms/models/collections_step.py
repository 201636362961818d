from odoo import api, fields, models


class CollectionsStep(models.Model):
    _inherit = "collections.step"

    sms_template_ids = fields.Many2many(
        "sms.template",
        "collections_step_sms_template_rel",
        "step_id",
        "template_id",
        string="Text Messages",
        domain=[("model", "=", "collections.contact")],
        help="One per tone. None: the text that is shipped for the tone.",
    )
    has_sms = fields.Boolean(compute="_compute_has_sms")

    @api.depends("channel_ids.kind")
    def _compute_has_sms(self):
        for step in self:
            step.has_sms = "sms" in step.channel_ids.mapped("kind")

    def _get_sms_template(self, tone=None):
        """Return the text message in a tone, else in the step's own, else the shipped one."""
        own = self.sms_template_ids
        for wanted in (tone, self.tone):
            if match := own.filtered(lambda text, wanted=wanted: text.collections_tone == wanted):
                return match[0]
        return own[:1] or self._get_shipped_sms(tone or self.tone)

    def _get_shipped_sms(self, tone):
        """Extension point: the text message of a step that has none of its own."""
        name = "upcoming" if self.days <= 0 else tone or "neutral"
        return self.env.ref(f"collections_sms.sms_template_{name}")
