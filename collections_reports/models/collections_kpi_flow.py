from odoo import api, models
from odoo.tools import SQL

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")
FLOWS = ("sold", "collected", "lost")


class CollectionsKpi(models.AbstractModel):
    """What was sold, collected and lost: what the ledger moved from one day to another."""

    _inherit = "collections.kpi"

    @api.model
    def _get_flow_sql(self, name):
        """Return as SQL ``(amount, condition)`` of a flow, on a receivable ``line``, its ``move``
        and its ``journal``.

        ``sold``: customer invoices less credit notes, as they were booked as receivables (taxes
        included); ``collected``: payments, what a bank, cash or card journal credited to a
        receivable and was not reversed since; ``lost``: write-offs not reversed since.
        """
        receipts = self.env["collections.receipt"]
        if name == "sold":
            return SQL("line.balance"), SQL("move.move_type IN %s", SALE_TYPES)
        if name == "collected":
            return SQL("-line.balance"), receipts._get_payment_sql(many=True)
        return SQL("-line.balance"), SQL(
            "move.id IN (SELECT move_id FROM collections_write_off WHERE move_id IS NOT NULL)"
            " AND %s",
            receipts._get_stands_sql(many=True),
        )

    @api.model
    def _get_flow_lines_sql(self, name, report, options, companies, periods):
        """Return as SQL ``line_id, company_id, partner_id, date, amount`` of the lines of a flow
        that the reader sees; the partner is the commercial one.

        :param report: as :meth:`_get_lines_sql` takes it
        """
        amount, condition = self._get_flow_sql(name)
        columns = SQL("%s AS amount", amount)
        return self._get_lines_sql(report, options, companies, periods, columns, condition)

    @api.model
    def _get_flows(self, report, options, companies, periods):
        """Return the flows from the first to the last day of some periods, in the order of
        :data:`FLOWS`, each as ``[(date, amount)]``. The entries are read once for all of them."""
        columns, sums = [], []
        for name in FLOWS:
            amount, condition = self._get_flow_sql(name)
            column = SQL.identifier(name)
            columns.append(SQL("CASE WHEN %s THEN %s END AS %s", condition, amount, column))
            sums.append(SQL("sum(%s) AS %s", column, column))
        rows = report._query(
            SQL(
                "SELECT date, %s FROM (%s) one GROUP BY date",
                SQL(", ").join(sums),
                self._get_lines_sql(report, options, companies, periods, SQL(", ").join(columns)),
            )
        )
        return [
            [(row["date"], row[name]) for row in rows if row[name] is not None] for name in FLOWS
        ]

    @api.model
    def _get_lines_sql(self, report, options, companies, periods, columns, condition=None):
        """Return as SQL the receivable lines dated from the first to the last day of some periods
        that the reader sees: ``line_id, company_id, partner_id, date`` and more columns.

        :param report: whose reader's rights count; None: nobody's, the caller joins what he sees
        :param SQL columns: of a ``line``, its ``move`` and its ``journal``
        :param SQL condition: on the same
        """
        join, seen = SQL(), SQL("TRUE")
        if report is not None:
            join, seen = self._get_seen_sql(report, options, "one")
        return SQL(
            """
            SELECT one.*
              FROM (SELECT line.id AS line_id, line.company_id, line.date,
                           partner.commercial_partner_id AS partner_id, %(columns)s
                      FROM account_move_line line
                      JOIN account_move move ON move.id = line.move_id
                      JOIN account_journal journal ON journal.id = move.journal_id
                 LEFT JOIN res_partner partner ON partner.id = line.partner_id
                     WHERE line.company_id = ANY(%(companies)s) AND line.parent_state = 'posted'
                       AND line.account_id = ANY(%(accounts)s)
                       AND line.date BETWEEN %(first)s AND %(last)s AND %(condition)s) one
              %(join)s
             WHERE %(seen)s
            """,
            columns=columns,
            companies=companies.ids,
            accounts=self.env["collections.ledger"]._get_account_ids(),
            first=min(first for first, _last in periods),
            last=max(last for _first, last in periods),
            condition=condition or SQL("TRUE"),
            join=join,
            seen=seen,
        )

    @api.model
    def _get_paid(self, report, options, companies, periods):
        """Return ``[(date, amount, days)]``: what was paid of invoices in some periods, by the date
        of the payment, or of the invoice if it is later, and by the days from the one to the
        other."""
        join, seen = self._get_seen_sql(report, options, "one")
        rows = report._query(
            SQL(
                """
                WITH part AS MATERIALIZED (  -- few of all, so their lines are looked up one by one
                    SELECT debit_move_id, credit_move_id, max_date, amount
                      FROM account_partial_reconcile WHERE %(then)s
                )
                SELECT one.date, one.days, sum(one.amount) AS amount
                  FROM (SELECT invoiced.company_id, partner.commercial_partner_id AS partner_id,
                               part.max_date AS date,
                               part.max_date - coalesce(sold.invoice_date, invoiced.date) AS days,
                               part.amount
                          FROM part
                    CROSS JOIN LATERAL (
                               SELECT move_id, company_id, account_id, partner_id, date
                                 FROM account_move_line WHERE id = part.debit_move_id
                               OFFSET 0) invoiced
                          JOIN account_move sold
                            ON sold.id = invoiced.move_id
                           AND sold.move_type IN ('out_invoice', 'out_receipt')
                          JOIN account_move_line paid ON paid.id = part.credit_move_id
                          JOIN account_move move
                            ON move.id = paid.move_id AND move.move_type = 'entry'
                          JOIN account_journal journal
                            ON journal.id = move.journal_id
                           AND journal.type IN ('bank', 'cash', 'credit')
                     LEFT JOIN res_partner partner ON partner.id = invoiced.partner_id
                         WHERE invoiced.company_id = ANY(%(companies)s)
                           AND invoiced.account_id = ANY(%(accounts)s) AND %(stands)s) one
                  %(join)s
                 WHERE %(seen)s GROUP BY one.date, one.days
                """,
                then=SQL(" OR ").join(
                    SQL("max_date BETWEEN %s AND %s", first, last) for first, last in periods
                ),
                companies=companies.ids,
                accounts=self.env["collections.ledger"]._get_account_ids(),
                stands=self.env["collections.receipt"]._get_stands_sql(),
                join=join,
                seen=seen,
            )
        )
        return [(row["date"], row["amount"], row["days"]) for row in rows]
