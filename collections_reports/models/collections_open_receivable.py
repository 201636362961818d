from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenReceivable(models.Model):
    """Open items as they stand now, from the ledger itself."""

    _name = "collections.open.receivable"
    _description = "Receivables and credits that are open now, one row for each instalment."
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "receivables"
    _depends = {
        "account.move.line": ["amount_residual", "amount_residual_currency", "reconciled",
                              "parent_state", "date_maturity", "balance", "partner_id"],
        "account.move": ["move_type", "invoice_date"],
        "collections.case": ["user_id", "team_id", "segment_id", "strategy_id", "state"],
        "collections.dispute": ["state", "line_id"],
        "collections.promise": ["state"],
    }  # fmt: skip

    country = fields.Char(readonly=True, help="Country of the debtor, two letters.")
    region = fields.Char(readonly=True, help="Region of the debtor.")
    city = fields.Char(readonly=True, help="City of the debtor.")
    strategy = fields.Char(readonly=True, help="Strategy of the case today.")
    entry_id = fields.Many2one("account.move", readonly=True, help="Id of the journal entry.")
    document = fields.Char(readonly=True, help="Number of the document.")
    kind = fields.Char(
        readonly=True,
        help="out_invoice, out_refund (credit note), out_receipt, or entry (payments and others).",
    )
    date_invoice = fields.Date(readonly=True, help="Date of the invoice.")
    date = fields.Date(readonly=True, help="Accounting date.")
    date_due = fields.Date(readonly=True, help="Due date, or else the accounting date.")
    days_late = fields.Integer(
        readonly=True, aggregator=None,
        help="Days since the due date where the company is; below zero: not due.",
    )  # fmt: skip
    age = fields.Char(
        readonly=True, help="credit, not_due, 1-30, 31-60, 61-90 or over_90: days late."
    )
    company_currency = fields.Char(readonly=True, help="Currency of amount and amount_open.")
    amount = fields.Float(readonly=True, help="What it was for; credits are below zero.")
    amount_open = fields.Float(readonly=True, help="What is open of it; credits below zero.")
    currency = fields.Char(readonly=True, help="Currency of the document.")
    amount_in_currency = fields.Float(readonly=True, help="The amount in it.")
    amount_open_in_currency = fields.Float(readonly=True, help="What is open, in it.")
    is_disputed = fields.Boolean(readonly=True, help="An open dispute contests it.")
    is_promised = fields.Boolean(readonly=True, help="A promise that stands names it.")

    def _get_view_sql(self):
        return SQL(
            """
            SELECT item.*,
                   CASE WHEN amount_open < 0 THEN 'credit' WHEN days_late <= 0 THEN 'not_due'
                        WHEN days_late <= 30 THEN '1-30' WHEN days_late <= 60 THEN '31-60'
                        WHEN days_late <= 90 THEN '61-90' ELSE 'over_90' END AS age
              FROM (
            SELECT line.id, %(columns)s, country.code AS country, region.name AS region,
                   debtor.city, strategy.name->>'en_US' AS strategy,
                   line.move_id AS entry_id, line.move_name AS document,
                   CASE WHEN move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                        THEN move.move_type ELSE 'entry' END AS kind,
                   move.invoice_date AS date_invoice, line.date,
                   coalesce(line.date_maturity, line.date) AS date_due,
                   (now() AT TIME ZONE coalesce(place.tz, 'UTC'))::date
                       - coalesce(line.date_maturity, line.date) AS days_late,
                   own.name AS company_currency, line.balance AS amount,
                   line.amount_residual AS amount_open, currency.name AS currency,
                   line.amount_currency AS amount_in_currency,
                   line.amount_residual_currency AS amount_open_in_currency,
                   EXISTS (SELECT FROM collections_dispute dispute
                            WHERE dispute.line_id = line.id AND dispute.state = 'open')
                       AS is_disputed,
                   EXISTS (SELECT FROM collections_promise promise
                             JOIN collections_promise_line_rel rel ON rel.promise_id = promise.id
                            WHERE rel.line_id = line.id AND promise.state IN ('open', 'due'))
                       AS is_promised
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
         LEFT JOIN res_partner payer ON payer.id = line.partner_id
         LEFT JOIN collections_case kase ON kase.partner_id = payer.commercial_partner_id
                                        AND kase.company_id = line.company_id
                                        AND kase.state <> 'merged'
                   %(joins)s
              JOIN res_partner place ON place.id = company.partner_id
              JOIN res_currency own ON own.id = company.currency_id
              JOIN res_currency currency ON currency.id = line.currency_id
         LEFT JOIN res_country country ON country.id = debtor.country_id
         LEFT JOIN res_country_state region ON region.id = debtor.state_id
         LEFT JOIN collections_strategy strategy ON strategy.id = kase.strategy_id
             WHERE line.parent_state = 'posted' AND line.reconciled IS NOT TRUE
               AND account.account_type = 'asset_receivable' AND account.non_trade IS NOT TRUE
               AND (line.amount_residual <> 0 OR line.amount_residual_currency <> 0)
                   ) item
            """,
            columns=self._get_case_columns_sql(),
            joins=self._join_case("line.company_id", "payer.commercial_partner_id"),
        )
