from odoo import api, fields, models
from odoo.exceptions import UserError

from .collections_dunned_mixin import READERS


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "collections.dunned.mixin"]

    # The position on the ladder is kept as days, so that it survives a change of strategy.
    collections_days = fields.Integer(
        string="Dunning Days", readonly=True, copy=False, groups=READERS
    )
    collections_times = fields.Integer(
        string="Times Dunned", readonly=True, copy=False, groups=READERS
    )

    collections_entry_date = fields.Date(
        string="Enters the Ladder",
        readonly=True,
        copy=False,
        groups=READERS,
        help="A debt older than the system climbs the ladder as if it fell due on this day.",
    )

    collections_age = fields.Integer(
        string="Days Past Due",
        compute="_compute_collections_age",
        help="Negative: not due for that many days.",
    )

    # What is open of a debtor, a small part of a ledger: found without reading what was paid.
    _collections_open_idx = models.Index(
        "(partner_id) WHERE parent_state = 'posted' AND reconciled IS NOT TRUE"
        " AND (amount_residual <> 0 OR amount_residual_currency <> 0)"
    )

    @api.depends("date_maturity", "date")
    def _compute_collections_age(self):
        ledger = self.env["collections.ledger"]
        for company, lines in self.grouped("company_id").items():
            today = ledger._today(company or self.env.company)
            for line in lines:
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

    def action_open_business_doc(self):
        """Collections people who are not accountants see the document as the customer sees it."""
        if self.env["account.payment"].has_access("read"):
            return super().action_open_business_doc()
        self.check_access("read")
        if not self.move_id.is_sale_document():
            raise UserError(
                self.env._("%(entry)s is no customer document.", entry=self.move_id.display_name)
            )
        return self.move_id.sudo().preview_invoice() | {"target": "new"}
