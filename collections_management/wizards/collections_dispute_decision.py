from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsDisputeDecision(models.TransientModel):
    """Asks whether the debtor is right, for how much, and why."""

    _name = "collections.dispute.decision"
    _description = "Decide a Dispute"

    dispute_id = fields.Many2one("collections.dispute", required=True, readonly=True)
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    disputed = fields.Monetary(related="dispute_id.amount", string="Disputed Amount")
    outcome = fields.Selection(
        [("right", "The debtor is right"), ("wrong", "The debtor is not right")],
        required=True,
        default="right",
    )
    amount = fields.Monetary(
        string="Right for",
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="Less than the disputed amount: right in part.",
    )
    date = fields.Date(
        string="Credit Note of", compute="_compute_amount", store=True, readonly=False
    )
    cause_id = fields.Many2one(
        "collections.dispute.cause", compute="_compute_amount", store=True, readonly=False
    )
    note = fields.Text(string="Why", help="It is kept in the log.")
    sentence = fields.Char(compute="_compute_sentence")

    @api.depends("dispute_id")
    def _compute_amount(self):
        for wizard in self:
            dispute = wizard.dispute_id
            residual = dispute.sudo().line_id.amount_residual_currency
            wizard.amount = min(dispute.amount, residual)
            wizard.cause_id = dispute.cause_id
            wizard.date = dispute._today(dispute.company_id)

    @api.depends("outcome", "amount", "dispute_id")
    @api.depends_context("lang")
    def _compute_sentence(self):
        for wizard in self:
            dispute = wizard.dispute_id
            document = dispute.sudo().line_id.move_name
            if wizard.outcome == "wrong":
                wizard.sentence = self.env._(
                    "%(document)s is asked for again, and its ladder goes on where it stopped.",
                    document=document,
                )
            else:
                wizard.sentence = self.env._(
                    "A draft credit note of %(amount)s is prepared for %(document)s, taxes in "
                    "proportion. That part is not asked for until it is posted.",
                    amount=dispute._get_amount_text(wizard.amount),
                    document=document,
                )

    def action_confirm(self):
        """Decide as asked."""
        self.ensure_one()
        self.dispute_id._check_may_decide()
        if not (self.note or "").strip():
            raise UserError(self.env._("Say why: it is kept in the log."))
        if self.outcome == "right":
            self.dispute_id._accept(self.amount, self.note, self.cause_id, self.date)
        else:
            self.dispute_id._reject(self.note, self.cause_id)
        return {"type": "ir.actions.act_window_close"}
