from odoo import fields, models


class CollectionsCreditAsk(models.TransientModel):
    """A salesperson asks that an order goes through."""

    _inherit = "collections.credit.ask"

    order_id = fields.Many2one("sale.order", readonly=True)

    def _get_document(self):
        if self.order_id:
            return self.order_id, "order_id"
        return super()._get_document()
