from odoo import api, models

PUBLIC_NAMES = {
    "fee_charged": "fee.charged",
    "fee_waived": "fee.waived",
    "fee_returned": "fee.returned",
}


class CollectionsEvent(models.Model):
    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        return PUBLIC_NAMES.get(event) or super()._get_public_name(event, contact_id)
