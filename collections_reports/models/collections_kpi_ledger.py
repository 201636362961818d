from odoo import api, models
from odoo.tools import SQL, date_utils

from ..engine import kpi

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")
COUNTBACK_MONTHS = 36
# What is open of a debtor on a day, in company currency, by age.
BALANCES = ("total", "credit", "not_due", "age_1", "age_2", "age_3", "age_4")


class CollectionsKpi(models.AbstractModel):
    """The figures that come from the ledger."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_figures(self, report, options, companies):
        figures = super()._get_currency_figures(report, options, companies)
        first, last = options["date_from"], options["date_to"]
        days = (last - first).days + 1
        begin_day, before_day = self._get_begin_days(options)
        balances, moved = self._get_balances(
            report, options, companies, last, begin_day, before_day
        )
        end, begin = balances[last], balances[begin_day]
        months = self._get_month_ends(last)
        sold = self._get_sales(report, options, companies, [*months, (first, last)])
        sales = sold.pop()
        paid = self._get_paid(report, options, companies)
        outstanding = kpi.dso(end["total"], sales, days)
        best = kpi.best_possible_dso(end["not_due"], sales, days)
        lost = self._get_written_off_sql(report, options, companies, [(first, last)])
        [written_off] = self._sum_periods(report, lost, [(first, last)])
        [collected] = self._get_collected(report, options, companies, [(first, last)])
        counted = [
            (amount, (day_to - day_from).days + 1)
            for amount, (day_from, day_to) in zip(sold, months, strict=True)
        ]
        return figures | {
            "receivable": kpi.amount(end["total"]),
            "overdue": kpi.amount(end["overdue"]),
            "current": kpi.amount(end["not_due"]),
            "credits": kpi.amount(end["credit"]),
            "sales": kpi.amount(sales),
            "collected": kpi.amount(collected),
            "written_off": kpi.amount(written_off),
            "dso": outstanding,
            "dso_best": best,
            "add": kpi.average_days_delinquent(outstanding, best),
            "dso_countback": kpi.countback(end["total"], counted),
            "dso_true": kpi.true_dso(paid),
            "cei": kpi.cei(begin["total"], sales, end["total"], end["not_due"]),
            "overdue_ratio": kpi.overdue_ratio(end["overdue"], end["overdue"] + end["not_due"]),
            "bad_debt_ratio": kpi.bad_debt_ratio(written_off, sales),
            "cure_rate": kpi.cure_rate(moved["cured"], moved["overdue"]),
            "relapse_rate": kpi.relapse_rate(moved["relapsed"], moved["caught_up"]),
        }

    @api.model
    def _get_begin_days(self, options):
        """Return the day before the period, and the day before a period of that length before."""
        first, last = options["date_from"], options["date_to"]
        begin = date_utils.subtract(first, days=1)
        return begin, date_utils.subtract(begin, days=(last - first).days + 1)

    @api.model
    def _get_month_ends(self, last):
        """Return ``[(first, last)]`` of the months that are counted back, the latest first."""
        return self._get_months(last, COUNTBACK_MONTHS)[::-1]

    # -- what was open ---------------------------------------------------------------------------

    @api.model
    def _get_open_sql(self, companies, *days):
        """Return as SQL what was open at the end of each day, of some companies, without the
        reader's rules: the columns of ``collections.ledger._get_open_on_days_sql``.
        """
        lines = self.env["account.move.line"].sudo()._search([("company_id", "in", companies.ids)])
        return self.env["collections.ledger"]._get_open_on_days_sql(days, lines)

    @api.model
    def _get_debts_sql(self, report, options, companies, *days):
        """Return as SQL what each debtor the reader sees owed at the end of each day:
        ``day, company_id, partner_id`` and :data:`BALANCES`."""
        join, seen = self._get_seen_sql(report, options, "item")
        return SQL(
            """
            SELECT item.day, item.company_id, item.partner_id,
                   sum(item.amount) AS total,
                   coalesce(-sum(item.amount) FILTER (WHERE item.amount < 0), 0) AS credit,
                   %(ages)s
              FROM (%(open)s) item %(join)s
             WHERE %(seen)s GROUP BY item.day, item.company_id, item.partner_id
            """,
            open=self._get_open_sql(companies, *days),
            join=join,
            seen=seen,
            ages=SQL(", ").join(
                SQL(
                    "coalesce(sum(item.amount) FILTER (WHERE item.amount > 0"
                    " AND item.day - item.due BETWEEN %s AND %s), 0) AS %s",
                    least,
                    most,
                    SQL.identifier(name),
                )
                for name, least, most in AGES
            ),
        )

    @api.model
    def _get_balances(self, report, options, companies, last, begin, before):
        """Return what was open at the end of three days, and how debtors moved between them.

        :return: ``({day: {name of :data:`BALANCES`, or overdue: amount}}, {"overdue", "cured",
            "caught_up", "relapsed": number of debtors})``
        """
        days = (last, begin, before)
        rows = report._query(
            SQL(
                """
                WITH debt AS MATERIALIZED (
                    SELECT *, age_1 + age_2 + age_3 + age_4 AS overdue FROM (%(debts)s) debt
                ), moved AS (
                    SELECT coalesce(sum(overdue) FILTER (WHERE day = %(last)s), 0) > 0 AS late,
                           coalesce(sum(overdue) FILTER (WHERE day = %(begin)s), 0) > 0 AS was,
                           coalesce(sum(overdue) FILTER (WHERE day = %(before)s), 0) > 0 AS had
                      FROM debt WHERE partner_id IS NOT NULL GROUP BY company_id, partner_id
                )
                SELECT day, %(sums)s, NULL::bigint AS cured, NULL::bigint AS caught_up,
                       NULL::bigint AS relapsed
                  FROM debt GROUP BY day
                 UNION ALL
                SELECT NULL, %(nulls)s, count(*) FILTER (WHERE was),
                       count(*) FILTER (WHERE was AND NOT late),
                       count(*) FILTER (WHERE had AND NOT was),
                       count(*) FILTER (WHERE had AND NOT was AND late)
                  FROM moved
                """,
                debts=self._get_debts_sql(report, options, companies, *days),
                last=last,
                begin=begin,
                before=before,
                sums=SQL(", ").join(
                    SQL("sum(%(name)s) AS %(name)s", name=SQL.identifier(name))
                    for name in (*BALANCES, "overdue")
                ),
                nulls=SQL(", ").join(SQL("NULL") for _name in BALANCES),
            )
        )
        [moved] = [row for row in rows if row["day"] is None]
        found = {row["day"]: row for row in rows if row["day"]}
        empty = dict.fromkeys((*BALANCES, "overdue"), 0)
        return {day: found.get(day, empty) for day in days}, moved

    # -- what was sold, paid and lost ------------------------------------------------------------

    @api.model
    def _sum_periods(self, report, source, periods):
        """Return the sum of each period, ``[amount]``, of a source of ``date, amount``."""
        names = [f"sum_{number}" for number in range(len(periods))]
        sums = SQL(", ").join(
            SQL(
                "coalesce(sum(amount) FILTER (WHERE date BETWEEN %s AND %s), 0) AS %s",
                first,
                last,
                SQL.identifier(name),
            )
            for name, (first, last) in zip(names, periods, strict=True)
        )
        by_day = SQL("SELECT date, sum(amount) AS amount FROM (%s) one GROUP BY date", source)
        [row] = report._query(SQL("SELECT %s FROM (%s) day", sums, by_day))
        return [row[name] for name in names]

    @api.model
    def _get_lines_sql(self, report, options, companies, periods, amount, condition):
        """Return as SQL ``line_id, company_id, partner_id, date, amount`` of the receivable lines
        of some kind of document that the reader sees; the partner is the commercial one.

        :param SQL amount: of a ``line``
        :param SQL condition: on a ``line``, its ``move`` and its ``journal``
        """
        join, seen = self._get_seen_sql(report, options, "one")
        return SQL(
            """
            SELECT one.line_id, one.company_id, one.partner_id, one.date, one.amount
              FROM (SELECT line.id AS line_id, line.company_id, line.date,
                           partner.commercial_partner_id AS partner_id, %(amount)s AS amount
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
            amount=amount,
            companies=companies.ids,
            accounts=self.env["collections.ledger"]._get_account_ids(),
            first=min(first for first, _last in periods),
            last=max(last for _first, last in periods),
            condition=condition,
            join=join,
            seen=seen,
        )

    @api.model
    def _get_sales_sql(self, report, options, companies, periods):
        """Return as SQL the same of customer invoices less credit notes, as they were booked as
        receivables (taxes included)."""
        condition = SQL("move.move_type IN %s", SALE_TYPES)
        return self._get_lines_sql(
            report, options, companies, periods, SQL("line.balance"), condition
        )

    @api.model
    def _get_sales(self, report, options, companies, periods):
        """Return ``[amount]`` sold in each period."""
        source = self._get_sales_sql(report, options, companies, periods)
        return self._sum_periods(report, source, periods)

    @api.model
    def _get_payments_sql(self, report, options, companies, periods):
        """Return as SQL the same of payments: what a bank or cash journal credited to a receivable
        and was not reversed since."""
        condition = self.env["collections.receipt"]._get_payment_sql()
        return self._get_lines_sql(
            report, options, companies, periods, SQL("-line.balance"), condition
        )

    @api.model
    def _get_collected(self, report, options, companies, periods):
        """Return ``[amount]`` collected in each period."""
        source = self._get_payments_sql(report, options, companies, periods)
        return self._sum_periods(report, source, periods)

    @api.model
    def _get_written_off_sql(self, report, options, companies, periods):
        """Return as SQL the same of write-offs whose entries were not reversed since."""
        condition = SQL(
            "EXISTS (SELECT FROM collections_write_off done WHERE done.move_id = move.id) AND %s",
            self.env["collections.receipt"]._get_stands_sql(),
        )
        return self._get_lines_sql(
            report, options, companies, periods, SQL("-line.balance"), condition
        )

    @api.model
    def _get_paid(self, report, options, companies):
        """Return ``[(amount, days)]``: what was paid of invoices in the period, by the days from
        the invoice to its payment, the later of the dates of both."""
        join, seen = self._get_seen_sql(report, options, "one")
        rows = report._query(
            SQL(
                """
                SELECT one.days, sum(one.amount) AS amount
                  FROM (SELECT invoiced.company_id, partner.commercial_partner_id AS partner_id,
                               part.max_date - coalesce(sold.invoice_date, invoiced.date) AS days,
                               part.amount
                          FROM account_partial_reconcile part
                          JOIN account_move_line invoiced ON invoiced.id = part.debit_move_id
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
                         WHERE part.max_date BETWEEN %(first)s AND %(last)s
                           AND invoiced.company_id = ANY(%(companies)s)
                           AND invoiced.account_id = ANY(%(accounts)s) AND %(stands)s) one
                  %(join)s
                 WHERE %(seen)s GROUP BY one.days
                """,
                first=options["date_from"],
                last=options["date_to"],
                companies=companies.ids,
                accounts=self.env["collections.ledger"]._get_account_ids(),
                stands=self.env["collections.receipt"]._get_stands_sql(),
                join=join,
                seen=seen,
            )
        )
        return [(row["amount"], row["days"]) for row in rows]


# Name, least and most days late; nothing is older than a thousand years.
AGES = (
    ("not_due", -365000, 0),
    ("age_1", 1, 30),
    ("age_2", 31, 60),
    ("age_3", 61, 90),
    ("age_4", 91, 365000),
)
