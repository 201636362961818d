from odoo import fields, models


class CollectionsProvisionLine(models.Model):
    """The segment of a line's debtor, as it was when the ledger was read."""

    _inherit = "collections.provision.line"

    segment_id = fields.Many2one("collections.segment", readonly=True, ondelete="set null")
