from odoo import fields, models


class CollectionsWriteOffReason(models.Model):
    """Why a debt is given up, and where its loss is booked."""

    _name = "collections.write.off.reason"
    _description = "Write-off Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    account_id = fields.Many2one(
        "account.account",
        string="Account of the Loss",
        company_dependent=True,
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable'))]",
        help="Empty: the company's. A provisioned debt may be booked against the provision.",
    )
    note = fields.Char(translate=True)
