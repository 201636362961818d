from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenPayment(models.Model):
    """Payments of debtors as the ledger has them."""

    _name = "collections.open.payment"
    _description = (
        "Payments of debtors: credits of the receivable accounts that are neither credit notes, "
        "write-offs nor exchange differences."
    )
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "payments"
    _open_date = "date"
    _depends = {
        "account.move.line": ["amount_residual", "balance", "parent_state", "partner_id"],
        "account.move": ["move_type", "origin_payment_id", "statement_line_id"],
        "account.partial.reconcile": ["exchange_move_id"],
        "collections.case": ["user_id", "team_id", "segment_id", "state"],
        "collections.write.off": ["move_id"],
    }

    entry_id = fields.Many2one("account.move", readonly=True, help="Id of the journal entry.")
    document = fields.Char(readonly=True, help="Number of the entry.")
    kind = fields.Char(
        readonly=True, help="payment, bank (a line of a statement) or entry (a journal entry)."
    )
    date = fields.Date(readonly=True, help="Accounting date.")
    company_currency = fields.Char(readonly=True, help="Currency of amount and amount_free.")
    amount = fields.Float(readonly=True, help="What was paid.")
    amount_free = fields.Float(readonly=True, help="What pays no invoice yet.")
    currency = fields.Char(readonly=True, help="Currency it was paid in.")
    amount_in_currency = fields.Float(readonly=True, help="The amount in it.")

    def _get_view_sql(self):
        return SQL(
            """
            SELECT line.id, %s, line.move_id AS entry_id, line.move_name AS document,
                   CASE WHEN move.origin_payment_id IS NOT NULL THEN 'payment'
                        WHEN move.statement_line_id IS NOT NULL THEN 'bank'
                        ELSE 'entry' END AS kind,
                   line.date, own.name AS company_currency, -line.balance AS amount,
                   -line.amount_residual AS amount_free, currency.name AS currency,
                   -line.amount_currency AS amount_in_currency
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
         LEFT JOIN res_partner payer ON payer.id = line.partner_id
         LEFT JOIN collections_case kase ON kase.partner_id = payer.commercial_partner_id
                                        AND kase.company_id = line.company_id
                                        AND kase.state <> 'merged'
                   %s
              JOIN res_currency own ON own.id = company.currency_id
              JOIN res_currency currency ON currency.id = line.currency_id
             WHERE line.parent_state = 'posted' AND line.balance < 0
               AND account.account_type = 'asset_receivable' AND account.non_trade IS NOT TRUE
               AND move.move_type = 'entry'
               AND NOT EXISTS (SELECT FROM collections_write_off off
                                WHERE off.move_id = line.move_id)
               AND NOT EXISTS (SELECT FROM account_partial_reconcile part
                                WHERE part.exchange_move_id = line.move_id)
            """,
            self._get_case_columns_sql(),
            self._join_case("line.company_id", "payer.commercial_partner_id"),
        )
