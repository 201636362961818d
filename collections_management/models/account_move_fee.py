from odoo import api, fields, models

from .collections_dunned_mixin import READERS


class AccountMove(models.Model):
    """Debit notes of fees: what they charge, and what becomes of the fees when accounting takes
    them back."""

    _inherit = "account.move"

    collections_fee_ids = fields.One2many(
        "collections.fee", "move_id", string="Collections Fees", copy=False, groups=READERS
    )

    def _end_fees(self):
        """Note that these debit notes are no longer: their days stay used."""
        fees = self.sudo().collections_fee_ids.filtered(lambda fee: fee.state == "charged")
        if fees:
            fees.write({"state": "reversed"})
            fees.with_env(self.env(su=True))._log_change("fee_reversed")

    def button_cancel(self):
        result = super().button_cancel()
        self.filtered(lambda move: move.state == "cancel")._end_fees()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_end_fees(self):
        self._end_fees()

    def _post(self, soft=True):
        """A credit note over a whole debit note takes its fees back."""
        posted = super()._post(soft=soft)
        if not self.env.context.get("collections_fee_waiver"):
            whole = posted.filtered(
                lambda move: (
                    move.move_type == "out_refund"
                    and move.reversed_entry_id
                    and not move.currency_id.compare_amounts(
                        move.amount_total, move.reversed_entry_id.amount_total
                    )
                )
            )
            whole.reversed_entry_id._end_fees()
        return posted
