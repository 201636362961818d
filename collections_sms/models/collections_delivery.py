from odoo import models


class CollectionsDelivery(models.AbstractModel):
    _inherit = "collections.delivery"

    def _get_obstacle_codes(self):
        return super()._get_obstacle_codes() + ["sms_stopped"]

    def _get_address_faults(self):
        return super()._get_address_faults() + ("bad_number",)

    def _prepare_sending(self, contacts, contents, channel):
        result = super()._prepare_sending(contacts, contents, channel)
        if channel.kind == "sms":
            for contact in contacts:
                contact.sms_segments = contents[contact.id]["segments"]
        return result
