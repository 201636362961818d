from odoo import api, fields, models


class CollectionsRecoveryWizard(models.TransientModel):
    """Asks which payment, and how much of it, came back of a written-off debt."""

    _name = "collections.recovery.wizard"
    _description = "Book a Recovery"

    write_off_id = fields.Many2one("collections.write.off", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="write_off_id.company_id")
    currency_id = fields.Many2one(related="write_off_id.currency_id")
    amount_lost = fields.Monetary(related="write_off_id.amount_lost")
    credit_ids = fields.Many2many("account.move.line", compute="_compute_credit_ids")
    line_id = fields.Many2one(
        "account.move.line",
        string="Payment",
        compute="_compute_line_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', credit_ids)]",
    )
    payment_currency_id = fields.Many2one(
        related="line_id.currency_id", string="Currency of the Payment"
    )
    amount = fields.Monetary(
        string="Recovered",
        currency_field="payment_currency_id",
        compute="_compute_amount",
        store=True,
        readonly=False,
    )
    date = fields.Date(
        string="Accounting Date",
        required=True,
        default=fields.Date.context_today,
    )

    @api.depends("write_off_id")
    def _compute_credit_ids(self):
        for wizard in self:
            found = self.env["account.move.line"]
            if wizard.write_off_id:
                found = found.search(wizard.write_off_id._get_credit_domain(), order="date, id")
            wizard.credit_ids = found

    @api.depends("credit_ids")
    def _compute_line_id(self):
        for wizard in self:
            wizard.line_id = wizard.credit_ids[:1]

    @api.depends("line_id")
    def _compute_amount(self):
        for wizard in self:
            line = wizard.line_id
            free = max(-line.amount_residual_currency, 0)
            if line.currency_id == wizard.currency_id:
                free = min(free, wizard.amount_lost)
            wizard.amount = free

    def action_confirm(self):
        """Book it."""
        self.ensure_one()
        self.write_off_id._recover(self.line_id, self.amount, self.date)
        return {"type": "ir.actions.act_window_close"}
