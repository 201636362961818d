from odoo import fields, models


class AccountMoveLine(models.Model):
    """The line of a debit note knows its fee; so does the line of the credit note that takes it
    back, which is a copy."""

    _inherit = "account.move.line"

    collections_fee_id = fields.Many2one(
        "collections.fee",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
