from odoo import api, fields, models


class CollectionsCreditRelease(models.Model):
    """A request may be about a sales order."""

    _inherit = "collections.credit.release"

    order_id = fields.Many2one(
        "sale.order", readonly=True, ondelete="cascade", index="btree_not_null"
    )

    @api.depends("order_id")
    def _compute_document(self):
        return super()._compute_document()

    def _get_document(self):
        return self.order_id or super()._get_document()

    @api.model
    def _get_document_fields(self):
        return [*super()._get_document_fields(), "order_id"]
