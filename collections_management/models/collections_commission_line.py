from odoo import fields, models


class CollectionsCommissionLine(models.Model):
    """The commission on one payment of one receivable: the trace of a bill."""

    _name = "collections.commission.line"
    _description = "Agency Commission Line"
    _order = "date, id"
    _rec_name = "payment_name"

    commission_id = fields.Many2one(
        "collections.commission",
        string="Settlement",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="commission_id.company_id", store=True)
    currency_id = fields.Many2one(related="commission_id.currency_id")
    escalation_id = fields.Many2one(
        "collections.escalation",
        string="Placement",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    partner_id = fields.Many2one(related="escalation_id.partner_id", string="Debtor")
    # Ids of journal items that may be gone by the time the commission on them is taken back.
    line_key = fields.Integer(readonly=True, aggregator=None)
    payment_key = fields.Integer(readonly=True, aggregator=None)
    document_name = fields.Char(string="Document", readonly=True)
    payment_name = fields.Char(string="Payment", readonly=True)
    date = fields.Date(string="Paid on", readonly=True)
    amount_paid = fields.Monetary(string="Paid", readonly=True)
    percent = fields.Float(string="%", digits=(5, 2), readonly=True, aggregator=None)
    amount = fields.Monetary(string="Commission", readonly=True)
