from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, split_every

from ..engine.interest import Slice, recharge

BATCH = 500


class CollectionsFee(models.Model):
    """Interest charged before a payment of those very days was known, as when the bank's statement
    comes late: the excess is found every day and given back, at once where the policy charges by
    itself, else when a supervisor says so. Never the other way round: what was charged too little
    stays so."""

    _inherit = "collections.fee"

    amount_excess = fields.Monetary(
        "Charged Too Much",
        readonly=True,
        help="Interest on what had been paid already: the payment became known after the charge.",
    )
    amount_returned = fields.Monetary("Given Back", readonly=True, tracking=True)

    _excess_idx = models.Index("(company_id) WHERE amount_excess > 0")

    @api.model
    def _find_excess(self):
        """Compare the interest that was charged with the payments known today; give back what the
        policies charge by themselves. A fixed number of queries for each batch."""
        new = self.browse()
        for ids in split_every(BATCH, self._read_outdated()):
            fees = self.browse(ids)
            self._lock_cases(fees.case_id)
            fees.invalidate_recordset(["state", "amount_excess", "amount_returned"])
            new |= fees.filtered(lambda fee: fee.state == "charged")._note_excess()
        waiting = self.search([("amount_excess", ">", 0), ("state", "=", "charged")])
        for fees in waiting.grouped(lambda fee: (fee.company_id, fee.move_id)).values():
            automatic = fees.filtered(lambda fee: fee.policy_id.mode == "automatic")
            try:
                with self.env.cr.savepoint():
                    automatic._give_back()
            except UserError as error:  # closed books: it waits, and the fee says why, once
                told = automatic & new
                told._message_log_batch(dict.fromkeys(told.ids, str(error)))

    @api.model
    def _read_outdated(self):
        """Return the ids of interest a payment of whose days was matched after the charge (or in a
        transaction as old as a day), and of what was found before: a payment may be taken back."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT fee.id FROM collections_fee fee
                 WHERE fee.kind = 'interest' AND fee.state = 'charged'
                   AND (fee.amount_excess > 0 OR EXISTS (
                       SELECT FROM account_partial_reconcile part
                         JOIN account_move_line credit ON credit.id = part.credit_move_id
                         JOIN account_move move ON move.id = credit.move_id
                        WHERE part.debit_move_id = fee.line_id
                          AND part.create_date > fee.create_date - interval '1 day'
                          AND (move.move_type = 'out_refund' OR credit.date < fee.date_to)))
              ORDER BY fee.id
                """
            )
        )
        return [fee_id for [fee_id] in rows]

    def _note_excess(self):
        """Write what of these charges is too much, and tell the log; return what is new."""
        due = {fee.line_id.id: fee.date_due for fee in self}
        payments = self.env["collections.fee.calculator"]._read_payments(due)
        new = self.browse()
        for fee in self:
            parts = [
                Slice(
                    part.date_from,
                    part.date_to,
                    Decimal(str(part.base)),
                    Decimal(str(part.percent)),
                    Decimal(str(part.amount)),
                )
                for part in fee.slice_ids
            ]
            borne = recharge(
                parts,
                fee.date_due,
                Decimal(str(fee.line_id.amount_currency)),
                payments.get(fee.line_id.id, ()),
                fee.policy_id._to_terms(fee.law_id),
                unit=Decimal(str(fee.currency_id.rounding)),
            )
            excess = fee.amount - fee.amount_returned - float(borne)
            excess = max(fee.currency_id.round(excess), 0)
            if fee.currency_id.compare_amounts(excess, fee.amount_excess):
                new |= fee if excess else self.browse()
                fee.amount_excess = excess
        new._log_change("fee_excess", field="amount_excess")
        return new

    def _give_back(self):
        """Book what was charged too much back: a credit note of what is posted, less on a draft."""
        for move, fees in self.grouped("move_id").items():
            if move.state == "posted":
                amounts = {fee: fee.amount_excess for fee in fees}
                fees._credit(move, amounts, self.env._("paid earlier than was known"))
            elif move.state == "draft":
                for line in move.invoice_line_ids.filtered("collections_fee_id"):
                    line.price_unit -= (line.collections_fee_id & fees).amount_excess
            fees._log_change("fee_returned", field="amount_excess")
            for fee in fees:
                fee.write(
                    {"amount_returned": fee.amount_returned + fee.amount_excess, "amount_excess": 0}
                )

    def action_give_back(self):
        """Give back what of these fees was charged too much."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise AccessError(self.env._("A supervisor gives fees back."))
        self.check_access("read")
        self._lock_cases(self.case_id)
        self.invalidate_recordset(["state", "amount_excess", "amount_returned"])
        fees_sudo = self.sudo().filtered(lambda fee: fee.state == "charged" and fee.amount_excess)
        if not fees_sudo:
            raise UserError(self.env._("Nothing of this was charged too much."))
        fees_sudo._give_back()
        return True
