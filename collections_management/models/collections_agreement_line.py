from odoo import api, fields, models


class CollectionsAgreementLine(models.Model):
    """An instalment of an agreement; once it is accepted, a promise tells whether it was kept."""

    _name = "collections.agreement.line"
    _description = "Instalment of an Agreement"
    _order = "agreement_id, number"
    _rec_name = "label"

    agreement_id = fields.Many2one(
        "collections.agreement", required=True, ondelete="cascade", index=True
    )
    case_id = fields.Many2one(related="agreement_id.case_id", store=True, index=True)
    company_id = fields.Many2one(related="agreement_id.company_id", store=True)
    currency_id = fields.Many2one(related="agreement_id.currency_id")
    agreement_state = fields.Selection(
        related="agreement_id.state", store=True, string="Agreement Is"
    )
    number = fields.Integer(required=True, readonly=True, aggregator=None)
    label = fields.Char(string="Instalment", compute="_compute_label")
    date_due = fields.Date(string="Due", required=True, readonly=True, index=True)
    amount_principal = fields.Monetary(string="Principal", readonly=True)
    amount_interest = fields.Monetary(string="Interest", readonly=True)
    amount = fields.Monetary(readonly=True)
    balance = fields.Monetary(
        string="Left After", readonly=True, aggregator=None, help="Principal left once it is paid."
    )
    amount_paid = fields.Monetary(
        string="Paid", readonly=True, help="The oldest instalment is paid first."
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("partly", "Partly paid"),
            ("late", "Late"),
            ("paid", "Paid"),
        ],
        readonly=True,
        default="open",
    )
    promise_id = fields.Many2one(
        "collections.promise", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    promise_state = fields.Selection(related="promise_id.state", string="In Time")

    _number_unique = models.Constraint(
        "UNIQUE (agreement_id, number)", "An instalment has its number once in its agreement."
    )

    @api.depends("number")
    @api.depends_context("lang")
    def _compute_label(self):
        for line in self:
            line.label = (
                self.env._("No. %s", line.number) if line.number else self.env._("Down payment")
            )
