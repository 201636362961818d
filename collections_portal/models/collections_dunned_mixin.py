from odoo import models


class CollectionsDunnedMixin(models.AbstractModel):
    """An invoice shows that its payment is under way."""

    _inherit = "collections.dunned.mixin"

    def _compute_collections_hold(self):
        super()._compute_collections_hold()
        ledger = self.env["collections.ledger"]
        under_way = ledger._get_payments_under_way(self.collections_case_id)
        if not under_way:
            return
        words = self.env["collections.case"]._get_hold_label("payment_pending")
        for record in self:
            if any(line_id in under_way for line_id in record._get_collections_lines().ids):
                record.collections_hold = " · ".join(filter(None, (record.collections_hold, words)))
                record.collections_why = record.collections_hold
