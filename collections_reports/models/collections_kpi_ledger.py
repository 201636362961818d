from decimal import Decimal
from itertools import compress

from odoo import api, models
from odoo.tools import SQL, date_utils

from ..engine import kpi
from ..engine.books import CREDIT, NOT_DUE, STEPS, Books
from .collections_kpi import SEEN

COUNTBACK_MONTHS = 36


class CollectionsKpi(models.AbstractModel):
    """The figures that come from the ledger."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_figures(self, report, options, companies, books, names=None):
        figures = super()._get_currency_figures(report, options, companies, books, names)
        first, last = options["date_from"], options["date_to"]
        days = (last - first).days + 1
        begin_day, before_day = self._get_begin_days(options)
        end, begin = books.get_owed(last), books.get_owed(begin_day)
        moved = books.get_moved(last, begin_day, before_day)
        sales = books.get_sold(first, last)
        written_off = books.get_lost(first, last)
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
            "dso_true": kpi.true_dso(books.get_paid(first, last)),
            "cei": kpi.cei(begin["total"], sales, end["total"], end["not_due"]),
            "overdue_ratio": kpi.overdue_ratio(end["overdue"], end["overdue"] + end["not_due"]),
            "bad_debt_ratio": kpi.bad_debt_ratio(written_off, sales),
            "cure_rate": kpi.cure_rate(moved["cured"], moved["overdue"]),
            "relapse_rate": kpi.relapse_rate(moved["relapsed"], moved["caught_up"]),
        }

    @api.model
    def _get_begin_days(self, options):
        """Return the day before the period, and the day before the period before it."""
        first, last = options["date_from"], options["date_to"]
        starts = first, kpi.previous_period(first, last)[0]
        return [date_utils.subtract(start, days=1) for start in starts]

    @api.model
    def _open_books(self, report, companies, asked, months, *, names=None, days=(), parts=None):
        """Return what the ledger says of some periods and months, as ``engine.books.Books``.

        :param asked: the options of each period
        :param months: ``[(first, last)]``, or nothing
        :param names: of the figures that will be asked for; None: all
        :param days: others of which it is asked what was open
        :param parts: what else is asked of what was open, as :meth:`_read_aged` takes it
        """
        days, periods, spans = set(days), [], list(months)
        if self._wants(names, "relapse_rate"):
            days.add(self._get_begin_days(asked[0])[1])
        for options in asked:
            period = options["date_from"], options["date_to"]
            days.add(period[1])
            if self._wants(names, "cei", "cure_rate", "relapse_rate"):
                days.add(self._get_begin_days(options)[0])
            periods.append(period)
            spans.append(period)
            if self._wants(names, "dso_countback"):
                spans += self._get_months(period[1], COUNTBACK_MONTHS)[:1]
        [options, *_others] = asked
        owed, late, rest = self._get_balances(report, options, companies, days, parts)
        paid = ()
        if self._wants(names, "dso_true"):
            paid = self._get_paid(report, options, companies, periods)
        return Books(
            owed,
            late,
            *self._get_flows(report, options, companies, spans),
            paid,
            rest,
        )

    # -- what was open ---------------------------------------------------------------------------

    @api.model
    def _get_open_sql(self, options, companies, *days):
        """Return as SQL what was open at the end of some days, of some companies, without the
        reader's rules: ``collections.ledger._get_open_over_sql`` but for amounts in other
        currencies. Where his debtors are listed, lines of others are left out before anything is
        added up; that alone does not tell apart who is seen in which company.
        """
        lines = self.env["account.move.line"].sudo()._search([("company_id", "in", companies.ids)])
        if SEEN in options:
            lines.add_where(
                SQL(
                    "account_move_line.partner_id IN (SELECT id FROM res_partner"
                    " WHERE commercial_partner_id = ANY(%s))",
                    sorted({partner for listed in options[SEEN].values() for partner in listed}),
                )
            )
        return self.env["collections.ledger"]._get_open_over_sql(days, lines, foreign=False)

    @api.model
    def _get_aged_sql(self, report, options, companies, *days):
        """Return as SQL the lines open at the end of some days, as the reader sees them: ``line_id,
        company_id, partner_id, due`` and, for each day by its place, ``amount_0`` and ``age_0``,
        one of the ages of ``engine.books``, none where nothing was open."""
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
            "SELECT item.line_id, item.company_id, item.partner_id, item.due, %s, %s"
            " FROM (%s) item %s WHERE %s",
            SQL(", ").join(SQL.identifier("item", f"amount_{place}") for place in range(len(days))),
            SQL(", ").join(ages),
            self._get_open_sql(options, companies, *days),
            join,
            seen,
        )

    @api.model
    def _read_aged(self, report, options, companies, days, parts):
        """Read the lines that were open at the end of some days once, for several questions.

        :param parts: ``{name: function}``; each function gets ``column(name, day)``, which returns
            as SQL the ``amount`` or the ``age`` of a day, and returns a statement on ``item``, the
            lines of :meth:`_get_aged_sql`
        :return: ``{name: [row]}``, rows as JSON has them: money that is added up further is to be
            written as text
        """
        days = sorted(days)
        places = {day: place for place, day in enumerate(days)}

        def column(name, day):
            return SQL.identifier("item", f"{name}_{places[day]}")

        rows = report._query(
            SQL(
                "WITH item AS MATERIALIZED (%s) %s",
                self._get_aged_sql(report, options, companies, *days),
                SQL(" UNION ALL ").join(
                    SQL("SELECT %s AS part, to_jsonb(one) AS data FROM (%s) one", name, get(column))
                    for name, get in parts.items()
                ),
            )
        )
        found = {name: [] for name in parts}
        for row in rows:
            found[row["part"]].append(row["data"])
        return found

    @api.model
    def _get_balances(self, report, options, companies, days, parts=None):
        """Return what was open at the end of some days, and how many debtors were overdue on which
        of them, as ``engine.books.Books`` takes it: ``[{day: (age, amount)}], [([day], number of
        debtors)]``; and the rows of other parts.

        Lines are summed by their ages on all the days at once: there are few such groups.
        """
        days = sorted(days)

        def each(get):
            return SQL(", ").join(map(get, days))

        def owed(column):
            ages = each(lambda day: column("age", day))
            sums = each(lambda day: SQL("sum(%s)::text", column("amount", day)))
            return SQL(
                "SELECT ARRAY[%s] AS ages, ARRAY[%s] AS amounts FROM item GROUP BY %s",
                ages, sums, ages,
            )  # fmt: skip

        def late(column):
            return SQL(
                """
                SELECT late, count(*) AS number
                  FROM (SELECT ARRAY[%s] AS late FROM item WHERE partner_id IS NOT NULL
                      GROUP BY company_id, partner_id) debtor
              GROUP BY late
                """,
                each(lambda day: SQL("bool_or(%s > %s)", column("age", day), NOT_DUE)),
            )

        asked = {"owed": owed, "late": late, **(parts or {})}
        found = self._read_aged(report, options, companies, days, asked)
        sums = [
            {
                day: (age, Decimal(amount))
                for day, age, amount in zip(days, row["ages"], row["amounts"], strict=True)
                if age is not None
            }
            for row in found.pop("owed")
        ]
        counts = [(list(compress(days, row["late"])), row["number"]) for row in found.pop("late")]
        return sums, counts, found
