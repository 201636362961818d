from odoo import fields, models
from odoo.tools import SQL


class CollectionsCaseBalance(models.Model):
    """What a case owes in one currency, read from the ledger at the moment of looking."""

    _name = "collections.case.balance"
    _description = "Balance of a Case in a Currency"
    _auto = False
    _order = "case_id, currency_id"

    case_id = fields.Many2one("collections.case", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True)
    amount_credit = fields.Monetary(string="Credits", readonly=True)
    amount_net_overdue = fields.Monetary(string="Net Overdue", readonly=True)
    amount_not_due = fields.Monetary(string="Not Due", readonly=True)
    amount_1_30 = fields.Monetary(string="1-30 Days", readonly=True)
    amount_31_60 = fields.Monetary(string="31-60 Days", readonly=True)
    amount_61_90 = fields.Monetary(string="61-90 Days", readonly=True)
    amount_over_90 = fields.Monetary(string="Over 90 Days", readonly=True)

    @property
    def _table_query(self):
        ledger = self.env["collections.ledger"]
        return SQL(
            """
            SELECT min(item.line_id) AS id, item.case_id, item.company_id, item.currency_id,
                   sum(item.residual) AS amount_total,
                   coalesce(sum(item.residual) FILTER (
                       WHERE item.residual > 0 AND item.due < item.today), 0) AS amount_overdue,
                   coalesce(-sum(item.residual) FILTER (WHERE item.residual < 0), 0)
                       AS amount_credit,
                   coalesce(sum(item.residual) FILTER (
                       WHERE item.residual < 0 OR item.due < item.today), 0) AS amount_net_overdue,
                   coalesce(sum(item.residual) FILTER (
                       WHERE item.residual > 0 AND item.due >= item.today), 0) AS amount_not_due,
                   coalesce(sum(item.residual) FILTER (
                       WHERE item.residual > 0 AND item.today - item.due BETWEEN 1 AND 30), 0)
                       AS amount_1_30,
                   coalesce(sum(item.residual) FILTER (
                       WHERE item.residual > 0 AND item.today - item.due BETWEEN 31 AND 60), 0)
                       AS amount_31_60,
                   coalesce(sum(item.residual) FILTER (
                       WHERE item.residual > 0 AND item.today - item.due BETWEEN 61 AND 90), 0)
                       AS amount_61_90,
                   coalesce(sum(item.residual) FILTER (
                       WHERE item.residual > 0 AND item.today - item.due > 90), 0)
                       AS amount_over_90
              FROM (
                    SELECT kase.id AS case_id, line.company_id, line.id AS line_id,
                           line.currency_id, line.amount_residual_currency AS residual,
                           coalesce(line.date_maturity, line.date) AS due, clock.today
                      FROM collections_case kase
                      JOIN %(clock)s ON clock.company_id = kase.company_id
                      JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                      JOIN account_move_line line
                        ON line.partner_id = partner.id AND line.company_id = kase.company_id
                     WHERE kase.state <> 'merged' AND %(open)s
                   ) item
          GROUP BY item.case_id, item.company_id, item.currency_id
            """,
            clock=ledger._get_clock_sql(),
            open=ledger._get_open_sql("line"),
        )

    def _fetch_query(self, query, fields):
        """Read all of the balances found: what is read later by id would be sought among those of
        every case."""
        columns = [field for field in self._fields.values() if field.store and field.column_type]
        return super()._fetch_query(query, columns)
