from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CollectionsLegalCost(models.Model):
    """What a legal track costs, and what the debtor gives back of it."""

    _name = "collections.legal.cost"
    _description = "Legal Cost"
    _order = "date desc, id desc"

    escalation_id = fields.Many2one(
        "collections.escalation",
        string="Legal Track",
        required=True,
        ondelete="cascade",
        index=True,
    )
    case_id = fields.Many2one(related="escalation_id.case_id", store=True)
    company_id = fields.Many2one(related="escalation_id.company_id", store=True)
    partner_id = fields.Many2one(related="escalation_id.partner_id")
    date = fields.Date(required=True, default=fields.Date.context_today)
    kind = fields.Selection(
        [
            ("court", "Court fee"),
            ("lawyer", "Lawyer"),
            ("notary", "Notary"),
            ("bailiff", "Service and seizure"),
            ("expert", "Expert"),
            ("other", "Other"),
        ],
        required=True,
        default="court",
    )
    name = fields.Char(string="Description")
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    amount = fields.Monetary(required=True)
    bill_id = fields.Many2one(
        "account.move",
        string="Vendor Bill",
        domain="[('move_type', '=', 'in_invoice'), ('company_id', '=', company_id)]",
        ondelete="set null",
    )
    is_recoverable = fields.Boolean(string="Charge to Debtor", default=True)
    debit_id = fields.Many2one(
        "account.move", string="Debit Note", readonly=True, copy=False, ondelete="set null"
    )
    amount_recovered = fields.Monetary(
        compute="_compute_amount_recovered",
        help="The part of the debit note that the debtor has paid.",
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A cost must be above zero.")

    @api.depends("debit_id.amount_residual", "debit_id.state", "amount")
    def _compute_amount_recovered(self):
        for cost in self:
            debit = cost.sudo().debit_id
            if debit.state != "posted" or not debit.amount_total:
                cost.amount_recovered = 0
                continue
            share = 1 - debit.amount_residual / debit.amount_total
            cost.amount_recovered = cost.currency_id.round(cost.amount * share)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_charged(self):
        if self.debit_id:
            raise UserError(self.env._("This cost was charged to the debtor already."))

    def action_charge(self):
        """Charge these costs to the debtor: one draft debit note per case and currency."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise AccessError(self.env._("A supervisor charges costs."))
        self.check_access("write")
        todo = self.filtered(
            lambda cost: cost.is_recoverable and cost.debit_id.state in (False, "cancel")
        )
        if not todo:
            raise UserError(self.env._("Nothing is left to charge."))
        moves = self.env["account.move"].sudo()
        for (case, currency), costs in todo.grouped(
            lambda cost: (cost.case_id, cost.currency_id)
        ).items():
            move = moves.with_company(case.company_id).create(
                {
                    "move_type": "out_invoice",
                    "partner_id": case.partner_id.id,
                    "currency_id": currency.id,
                    "company_id": case.company_id.id,
                    "ref": self.env._("Legal costs"),
                    "invoice_line_ids": [
                        fields.Command.create(cost._prepare_debit_line()) for cost in costs
                    ],
                }
            )
            costs.sudo().debit_id = move
            moves |= move
        return True

    def _prepare_debit_line(self):
        """Extension point: the line of the debit note that charges this cost, without tax."""
        self.ensure_one()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        name = f"{kinds[self.kind]}: {self.name}" if self.name else kinds[self.kind]
        return {
            "name": name,
            "quantity": 1,
            "price_unit": self.amount,
            "tax_ids": [fields.Command.clear()],
        }
