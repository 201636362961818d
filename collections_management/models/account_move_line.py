from odoo import api, fields, models


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "collections.dunned.mixin"]

    # The position on the ladder is kept as days, so that it survives a change of strategy.
    collections_days = fields.Integer(string="Dunning Days", readonly=True, copy=False)
    collections_times = fields.Integer(string="Times Dunned", readonly=True, copy=False)

    collections_age = fields.Integer(
        string="Days Past Due",
        compute="_compute_collections_age",
        help="Negative: not due for that many days.",
    )

    @api.depends("date_maturity", "date")
    def _compute_collections_age(self):
        today = fields.Date.context_today(self)
        for line in self:
            due = line.date_maturity or line.date
            line.collections_age = (today - due).days if due else 0

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
