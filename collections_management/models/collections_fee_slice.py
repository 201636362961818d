from odoo import fields, models


class CollectionsFeeSlice(models.Model):
    """Days in a row of one interest charge, with one base and one rate: its proof."""

    _name = "collections.fee.slice"
    _description = "Days of Interest"
    _order = "fee_id, date_from"

    fee_id = fields.Many2one("collections.fee", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="fee_id.company_id")
    currency_id = fields.Many2one(related="fee_id.currency_id")
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("To", required=True, readonly=True)
    days = fields.Integer(readonly=True)
    base = fields.Monetary("Owed", readonly=True)
    percent = fields.Float("% a Year", digits=(16, 4), readonly=True)
    amount = fields.Monetary("Interest", readonly=True)
