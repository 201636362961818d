from odoo import models


class AccountMove(models.Model):
    """Entries that open or close receivables are noted, so that the cases follow."""

    _inherit = "account.move"

    def _note_change(self):
        self.env["collections.ledger.change"]._note(self.line_ids)

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        posted._note_change()
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._note_change()
        return result
