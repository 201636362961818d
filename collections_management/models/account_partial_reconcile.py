from odoo import api, models


class AccountPartialReconcile(models.Model):
    """What settles a receivable, or is taken back, is noted, so that the case follows."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._note_change()
        return partials

    def unlink(self):
        self._note_change()
        return super().unlink()

    def _note_change(self):
        self.env["collections.ledger.change"]._note(self.debit_move_id | self.credit_move_id)
