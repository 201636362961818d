from odoo import api, models


class CollectionsDelivery(models.AbstractModel):
    _inherit = "collections.delivery"

    @api.model
    def _deliver(self, companies, *args, **kwargs):
        """Wake the charging of fees when a step that charges has spoken."""
        taken = super()._deliver(companies, *args, **kwargs)
        if taken and self.env["collections.contact"]._has_due_fees(companies):
            self.env.ref("collections_management.collections_fee_cron").sudo()._trigger()
            self._commit()
        return taken
