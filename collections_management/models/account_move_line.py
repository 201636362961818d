from odoo import fields, models


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "collections.dunned.mixin"]

    # The position on the ladder is kept as days, so that it survives a change of strategy.
    collections_days = fields.Integer(string="Dunning Days", readonly=True, copy=False)
    collections_times = fields.Integer(string="Times Dunned", readonly=True, copy=False)

    def _get_collections_lines(self):
        """Return the receivables of one record."""
        return self

    def _is_collectible(self):
        """Tell whether collections would look at this record at all."""
        return (
            self.account_type == "asset_receivable"
            and self.parent_state == "posted"
            and not self.reconciled
            and self.balance > 0
        )
