from decimal import Decimal
from itertools import compress

from odoo import api, models
from odoo.tools import SQL, date_utils

from ..engine import kpi
from ..engine.books import CREDIT, STEPS, Books

SALE_TYPES = ("out_invoice", "out_refund", "out_receipt")
COUNTBACK_MONTHS = 36


class CollectionsKpi(models.AbstractModel):
    """The figures that come from the ledger."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_figures(self, report, options, companies, books):
        figures = super()._get_currency_figures(report, options, companies, books)
        first, last = options["date_from"], options["date_to"]
        days = (last - first).days + 1
        begin_day, before_day = self._get_begin_days(options)
        end, begin = books.get_owed(last), books.get_owed(begin_day)
        moved = books.get_moved(last, begin_day, before_day)
        sales = books.get_sold(first, last)
        written_off = books.get_lost(first, last)
        paid = self._get_paid(report, options, companies)
        outstanding = kpi.dso(end["total"], sales, days)
        best = kpi.best_possible_dso(end["not_due"], sales, days)
        counted = [
            (books.get_sold(*month), (month[1] - month[0]).days + 1)
            for month in self._get_months(last, COUNTBACK_MONTHS)[::-1]
        ]
        return figures | {
            "receivable": kpi.amount(end["total"]),
            "overdue": kpi.amount(end["overdue"]),
            "current": kpi.amount(end["not_due"]),
            "credits": kpi.amount(end["credit"]),
            "sales": kpi.amount(sales),
            "collected": kpi.amount(books.get_collected(first, last)),
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
    def _open_books(self, report, companies, asked, months, days=()):
        """Return what the ledger says of some periods and months, as ``engine.books.Books``.

        :param asked: the options of each period
        :param months: ``[(first, last)]``, or nothing
        :param days: others of which it is asked what was open
        """
        days, periods, sales = set(days), list(months), list(months)
        for options in asked:
            period = options["date_from"], options["date_to"]
            days |= {period[1], *self._get_begin_days(options)}
            periods.append(period)
            sales += [period, self._get_months(period[1], COUNTBACK_MONTHS)[0]]
        [options, *_others] = asked
        owed, late = self._get_balances(report, options, companies, days)
        return Books(
            owed,
            late,
            *(
                self._sum_by_day(report, source(report, options, companies, wanted))
                for source, wanted in (
                    (self._get_sales_sql, sales),
                    (self._get_payments_sql, periods),
                    (self._get_written_off_sql, periods),
                )
            ),
        )

    # -- what was open ---------------------------------------------------------------------------

    @api.model
    def _get_open_sql(self, companies, *days):
        """Return as SQL what was open at the end of some days, of some companies, without the
        reader's rules: ``collections.ledger._get_open_over_sql`` but for amounts in other
        currencies.
        """
        lines = self.env["account.move.line"].sudo()._search([("company_id", "in", companies.ids)])
        return self.env["collections.ledger"]._get_open_over_sql(days, lines, foreign=False)

    @api.model
    def _get_aged_sql(self, report, options, companies, *days):
        """Return as SQL the lines open at the end of some days, as the reader sees them: ``line_id,
        company_id, partner_id`` and, for each day by its place, ``amount_0`` and ``age_0``, one of
        the ages of ``engine.books``, none where nothing was open."""
        join, seen = self._get_seen_sql(report, options, "item")
        ages = [
            SQL(
                "CASE WHEN %(amount)s < 0 THEN %(credit)s WHEN %(amount)s > 0"
                " THEN width_bucket(%(day)s - item.due, %(steps)s) END AS %(name)s",
                amount=SQL.identifier("item", f"amount_{place}"),
                credit=CREDIT,
                day=day,
                steps=STEPS,
                name=SQL.identifier(f"age_{place}"),
            )
            for place, day in enumerate(days)
        ]
        return SQL(
            "SELECT item.line_id, item.company_id, item.partner_id, %s, %s"
            " FROM (%s) item %s WHERE %s",
            SQL(", ").join(SQL.identifier("item", f"amount_{place}") for place in range(len(days))),
            SQL(", ").join(ages),
            self._get_open_sql(companies, *days),
            join,
            seen,
        )

    @api.model
    def _get_balances(self, report, options, companies, days):
        """Return what was open at the end of some days, and how many debtors were overdue on which
        of them, as ``engine.books.Books`` takes it: ``[{day: (age, amount)}], [([day], number of
        debtors)]``.

        Lines are summed by their ages on all the days at once: there are few such groups.
        """
        days = sorted(days)
        places = range(len(days))

        def each(form):
            return SQL(", ").join(SQL(form.format(place=place)) for place in places)

        rows = report._query(
            SQL(
                """
                WITH item AS MATERIALIZED (%(items)s),
                debtor AS (
                    SELECT %(is_late)s FROM item
                     WHERE partner_id IS NOT NULL GROUP BY company_id, partner_id
                )
                SELECT ARRAY[%(ages)s] AS ages, ARRAY[%(sums)s] AS amounts,
                       NULL::bool[] AS late, NULL::bigint AS number
                  FROM item GROUP BY %(ages)s
                 UNION ALL
                SELECT NULL, NULL, ARRAY[%(late)s], count(*) FROM debtor GROUP BY %(late)s
                """,
                items=self._get_aged_sql(report, options, companies, *days),
                is_late=each("bool_or(age_{place} > 0) AS late_{place}"),
                late=each("late_{place}"),
                ages=each("age_{place}"),
                # as text: Odoo reads numbers as floats, and these are added up further
                sums=each("sum(amount_{place})::text"),
            )
        )
        owed = [
            {
                day: (age, Decimal(amount))
                for day, age, amount in zip(days, row["ages"], row["amounts"], strict=True)
                if age is not None
            }
            for row in rows
            if row["ages"]
        ]
        late = [(list(compress(days, row["late"])), row["number"]) for row in rows if row["late"]]
        return owed, late

    # -- what was sold, paid and lost ------------------------------------------------------------

    @api.model
    def _sum_by_day(self, report, source):
        """Return ``[(date, amount)]`` of a source of ``date, amount``."""
        rows = report._query(
            SQL("SELECT date, sum(amount) AS amount FROM (%s) one GROUP BY date", source)
        )
        return [(row["date"], row["amount"]) for row in rows]

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
    def _get_payments_sql(self, report, options, companies, periods):
        """Return as SQL the same of payments: what a bank or cash journal credited to a receivable
        and was not reversed since."""
        condition = self.env["collections.receipt"]._get_payment_sql()
        return self._get_lines_sql(
            report, options, companies, periods, SQL("-line.balance"), condition
        )

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
