from odoo import models


class CollectionsStep(models.Model):
    """A step may have texts to be said beside those to be written."""

    _inherit = "collections.step"

    def _get_template(self, tone=None):
        text = super()._get_template(tone)
        if not text.collections_spoken:
            return text
        return self._choose_text(
            self.template_ids.filtered(lambda t: not t.collections_spoken), tone
        )

    def _get_spoken_template(self, tone=None):
        """Return the text that is said in a tone, else in the step's own, else the first; a step
        without one says only what is owed."""
        return self._choose_text(self.template_ids.filtered("collections_spoken"), tone)

    def _choose_text(self, texts, tone):
        for wanted in (tone, self.tone):
            if match := texts.filtered(lambda text, wanted=wanted: text.collections_tone == wanted):
                return match[0]
        return texts[:1]
