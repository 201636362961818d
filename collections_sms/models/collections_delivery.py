from odoo import models


class CollectionsDelivery(models.AbstractModel):
    _inherit = "collections.delivery"

    def _get_obstacle_codes(self):
        return super()._get_obstacle_codes() + ["sms_stopped"]

    def _get_address_faults(self):
        return super()._get_address_faults() + ("bad_number",)
