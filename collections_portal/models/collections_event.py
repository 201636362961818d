from odoo import api, models

EVENTS = {
    "link_opened": "link.opened",
    "link_revoked": "link.revoked",
    "payment_begun": "payment.begun",
    "payment_pending": "payment.pending",
    "payment_done": "payment.done",
    "payment_failed": "payment.failed",
}


class CollectionsEvent(models.Model):
    """Other systems may be told of pay links."""

    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        return EVENTS.get(event) or super()._get_public_name(event, contact_id)
