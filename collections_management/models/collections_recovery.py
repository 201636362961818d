from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsRecovery(models.Model):
    """Money that came in of a debt after it was written off, booked as income."""

    _name = "collections.recovery"
    _description = "Recovery after Write-off"
    _order = "date desc, id desc"

    write_off_id = fields.Many2one(
        "collections.write.off", required=True, readonly=True, ondelete="restrict", index=True
    )
    case_id = fields.Many2one(related="write_off_id.case_id", store=True)
    company_id = fields.Many2one(related="write_off_id.company_id", store=True)
    partner_id = fields.Many2one(related="write_off_id.partner_id", string="Debtor", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True)
    line_id = fields.Many2one(
        "account.move.line", string="Payment", readonly=True, ondelete="restrict"
    )
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, ondelete="restrict", required=True
    )
    reversal_id = fields.Many2one("account.move", readonly=True, ondelete="restrict")
    user_id = fields.Many2one("res.users", string="Booked by", readonly=True, ondelete="restrict")
    state = fields.Selection(
        [("posted", "Booked"), ("reversed", "Reversed")], default="posted", readonly=True
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A recovery is above zero.")

    @api.depends("write_off_id", "date")
    def _compute_display_name(self):
        for recovery in self:
            recovery.display_name = self.env._(
                "Recovery of %(debtor)s", debtor=recovery.partner_id.display_name or ""
            )

    def action_reverse(self):
        """Take a recovery back: the payment is open again."""
        write_offs = self.env["collections.write.off"]
        write_offs._check_approver()
        self.check_access("read")
        for recovery in self:
            recovery.write_off_id._lock()
            if recovery.state != "posted":
                raise UserError(self.env._("This recovery was reversed already."))
            recovery._reverse()
        return True

    def _reverse(self):
        self_sudo = self.sudo()
        today = self.env["collections.ledger"]._today(self.company_id)
        write_off = self.write_off_id
        write_off._check_open_books(today, bool(write_off.tax_amount))
        values = {"date": today, "ref": self.env._("Reversal of %(name)s", name=self.display_name)}
        reversal = self_sudo.move_id._reverse_moves([values], cancel=True)
        self_sudo.write({"state": "reversed", "reversal_id": reversal.id})
        self.env["collections.ledger"].sudo()._refresh(self.company_id, partners=self.partner_id)
        self._log("recovery_reversed", reversal)

    def _log(self, event, move):
        self.case_id._log(
            event,
            {
                "recovery": self.id,
                "write_off": self.write_off_id.id,
                "amount": Decimal(str(self.amount)).quantize(Decimal("0.01")),
                "currency": self.currency_id.name,
                "entry": move.id,
            },
        )
