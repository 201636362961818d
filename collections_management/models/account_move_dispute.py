from odoo import fields, models

from .collections_dunned_mixin import READERS


class AccountMove(models.Model):
    """The credit note of a dispute: posting it ends the dispute."""

    _inherit = "account.move"

    collections_dispute_id = fields.Many2one(
        "collections.dispute",
        string="Credit Note of the Dispute",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=READERS,
    )

    def _reconcile_reversed_moves(self, reverse_moves, move_reverse_cancel):
        """Credit the instalment that was contested before any other of its invoice."""
        reverse_moves._match_collections_dispute()
        return super()._reconcile_reversed_moves(reverse_moves, move_reverse_cancel)

    def _match_collections_dispute(self):
        """Match these credit notes with the receivables that were contested."""
        for refund in self.sudo().filtered("collections_dispute_id"):
            line = refund.collections_dispute_id.line_id
            own = refund.line_ids.filtered(
                lambda each, line=line: each.account_id == line.account_id and not each.reconciled
            )
            if own and line.parent_state == "posted" and not line.reconciled:
                (line | own).reconcile()

    def _post(self, soft=True):
        posted = super()._post(soft)
        refunds = posted.sudo().filtered("collections_dispute_id")
        if refunds:
            refunds._match_collections_dispute()
            refunds.collections_dispute_id._mark_credited()
        return posted

    def button_cancel(self):
        result = super().button_cancel()
        self.sudo().collections_dispute_id._mark_uncredited()
        return result

    def unlink(self):
        """A draft keeps its match with the receivable, so what it credited is owed again now."""
        disputes = self.sudo().collections_dispute_id
        result = super().unlink()
        disputes._mark_uncredited()
        return result
