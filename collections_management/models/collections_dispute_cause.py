from odoo import fields, models


class CollectionsDisputeCause(models.Model):
    """What went wrong in the house, whatever the debtor calls it: what is to be mended."""

    _name = "collections.dispute.cause"
    _description = "Root Cause of Disputes"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
