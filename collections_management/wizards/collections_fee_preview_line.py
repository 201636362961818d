from odoo import fields, models

from ..models.collections_fee import KINDS


class CollectionsFeePreviewLine(models.TransientModel):
    """A charge that would be made, or is not and why."""

    _name = "collections.fee.preview.line"
    _description = "Line of the Preview of Fees"
    _order = "problem desc, partner_id, id"

    preview_id = fields.Many2one("collections.fee.preview", required=True, ondelete="cascade")
    case_id = fields.Many2one("collections.case", readonly=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Debtor", readonly=True, ondelete="cascade")
    policy_id = fields.Many2one("collections.fee.policy", readonly=True, ondelete="cascade")
    name = fields.Char("Receivable", readonly=True)
    date_due = fields.Date("Due", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    date_from = fields.Date("From", readonly=True)
    date_to = fields.Date("To", readonly=True)
    days = fields.Integer(readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True)
    problem = fields.Char("Not Charged Because", readonly=True)
