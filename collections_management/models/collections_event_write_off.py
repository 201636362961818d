from odoo import api, models

PUBLIC_NAMES = {
    "written_off": "write_off.booked",
    "write_off_reversed": "write_off.reversed",
    "recovered": "write_off.recovered",
}


class CollectionsEvent(models.Model):
    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        return PUBLIC_NAMES.get(event) or super()._get_public_name(event, contact_id)
