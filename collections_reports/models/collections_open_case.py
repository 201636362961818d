from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenCase(models.Model):
    """Cases as they stand after their last refresh."""

    _name = "collections.open.case"
    _description = "Cases, open and closed, with their balances of the last refresh."
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "cases"
    _depends = {
        "collections.case": ["state", "user_id", "team_id", "segment_id", "strategy_id",
                             "amount_total", "amount_overdue", "refreshed_on"],
    }  # fmt: skip

    strategy = fields.Char(readonly=True, help="Strategy that the case follows.")
    state = fields.Char(readonly=True, help="open, or closed: nothing is owed.")
    currency = fields.Char(readonly=True, help="Currency of the amounts.")
    amount_total = fields.Float(readonly=True, help="Owed, credits subtracted.")
    amount_overdue = fields.Float(readonly=True, help="Overdue, credits not subtracted.")
    amount_credit = fields.Float(readonly=True, help="Credits that pay no invoice yet.")
    amount_not_due = fields.Float(readonly=True, help="Not due yet.")
    amount_1_30 = fields.Float(readonly=True, help="1 to 30 days late.")
    amount_31_60 = fields.Float(readonly=True, help="31 to 60 days late.")
    amount_61_90 = fields.Float(readonly=True, help="61 to 90 days late.")
    amount_over_90 = fields.Float(readonly=True, help="More than 90 days late.")
    days_past_due = fields.Integer(
        readonly=True, aggregator="max", help="Days that the oldest receivable is late."
    )
    receivable_count = fields.Integer(readonly=True, help="Open receivables.")
    date_last_contact = fields.Date(readonly=True, help="Last contact with the debtor.")
    refreshed_on = fields.Datetime(readonly=True, help="When the balances were read.")

    def _get_view_sql(self):
        return SQL(
            """
            SELECT kase.id, %s, strategy.name->>'en_US' AS strategy, kase.state,
                   currency.name AS currency, kase.amount_total, kase.amount_overdue,
                   kase.amount_credit, kase.amount_not_due, kase.amount_1_30, kase.amount_31_60,
                   kase.amount_61_90, kase.amount_over_90, kase.days_past_due,
                   kase.receivable_count, kase.last_contact_date AS date_last_contact,
                   kase.refreshed_on
              FROM collections_case kase %s
         LEFT JOIN res_currency currency ON currency.id = company.currency_id
         LEFT JOIN collections_strategy strategy ON strategy.id = kase.strategy_id
             WHERE kase.state <> 'merged'
            """,
            self._get_case_columns_sql(),
            self._join_case("kase.company_id", "kase.partner_id"),
        )
