from odoo import Command, models


class CollectionsFee(models.Model):
    """Taking fees back in the books: what is waived, and what was charged too much."""

    _inherit = "collections.fee"

    def _credit(self, move, amounts, reason):
        """Take these fees of a posted debit note back by Odoo's own reversal.

        :param amounts: ``{fee: what of it is taken back}``
        :param reason: words for the reference of the credit note
        """
        currency = move.currency_id
        fees = self.filtered(lambda fee: not currency.is_zero(amounts[fee]))
        if not fees:
            return
        self._check_open_books(move.company_id)
        today = self.env["collections.ledger"]._today(move.company_id)
        credit = move.with_context(collections_fee_waiver=True)._reverse_moves(
            [
                {
                    "date": today,
                    "invoice_date": today,
                    "invoice_date_due": today,
                    "invoice_payment_term_id": False,
                    "ref": self.env._("Reversal of: %(name)s, %(reason)s",
                                      name=move.name, reason=reason),
                }
            ]
        )  # fmt: skip
        credit.write(
            {
                "invoice_line_ids": [
                    Command.update(line.id, {"price_unit": amounts[line.collections_fee_id]})
                    if line.collections_fee_id in fees
                    else Command.delete(line.id)
                    for line in credit.invoice_line_ids
                ]
            }
        )
        credit.action_post()
        lines = (move | credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        if lines.move_id == move | credit:
            lines.reconcile()
        fees.credit_move_id = credit
