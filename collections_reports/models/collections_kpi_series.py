from odoo import api, models
from odoo.tools import SQL, date_utils

from ..engine import kpi, rolls
from .collections_kpi_ledger import BALANCES

SUMS = (*BALANCES, "overdue")
# What a fact calls them.
FACT_COLUMNS = {
    "total": "amount_total",
    "credit": "amount_credit",
    "not_due": "amount_not_due",
    "age_1": "amount_1_30",
    "age_2": "amount_31_60",
    "age_3": "amount_61_90",
    "age_4": "amount_over_90",
    "overdue": "amount_overdue",
}


class CollectionsKpi(models.AbstractModel):
    """Figures month by month, and how debts rolled between two of them."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_series(self, report, options, companies, periods):
        series = super()._get_currency_series(report, options, companies, periods)
        begin = date_utils.subtract(periods[0][0], days=1)
        days = [begin, *(last for _first, last in periods)]
        balances = self._get_balances_over(report, options, companies, days)
        sales = self._get_sales(report, options, companies, periods)
        collected = self._get_collected(report, options, companies, periods)
        months = [
            self._get_month_figures(*each)
            for each in zip(periods, balances[:-1], balances[1:], sales, collected, strict=True)
        ]
        return series | {name: [month[name] for month in months] for name in months[0]}

    @api.model
    def _get_month_figures(self, period, begin, end, sales, collected):
        """Return ``{name: Result}`` of a month, from what was open before it and at its end."""
        days = (period[1] - period[0]).days + 1
        outstanding = kpi.dso(end["total"], sales, days)
        best = kpi.best_possible_dso(end["not_due"], sales, days)
        plain = {
            "receivable": end["total"],
            "overdue": end["overdue"],
            "current": end["not_due"],
            "credits": end["credit"],
            "sales": sales,
            "collected": collected,
            **{name: end[name] for name in ("not_due", "age_1", "age_2", "age_3", "age_4")},
        }
        return {name: kpi.amount(value) for name, value in plain.items()} | {
            "dso": outstanding,
            "dso_best": best,
            "add": kpi.average_days_delinquent(outstanding, best),
            "cei": kpi.cei(begin["total"], sales, end["total"], end["not_due"]),
            "overdue_ratio": kpi.overdue_ratio(end["overdue"], end["overdue"] + end["not_due"]),
        }

    @api.model
    def _get_balances_over(self, report, options, companies, days):
        """Return what was open at the end of each of some days, ``[{name of SUMS: amount}]``.

        It comes from the facts (what was known then), but for the last day and those that the
        history does not reach, which come from the ledger.
        """
        known = self.env["collections.fact.rebuild"]._get_complete_day(companies)
        past = [day for day in days[:-1] if known and day <= known]
        rest = [day for day in days if day not in past]
        asked = [self._get_debts_sql(report, options, companies, *rest)]
        if past:
            asked.append(self._get_facts_sql(report, options, companies, past))
        sums = SQL(", ").join(
            SQL("coalesce(sum(%(name)s), 0) AS %(name)s", name=SQL.identifier(name))
            for name in BALANCES
        )
        rows = report._query(
            SQL(
                "SELECT day, %s, coalesce(sum(age_1 + age_2 + age_3 + age_4), 0) AS overdue"
                " FROM (%s) debt GROUP BY day",
                sums,
                SQL(" UNION ALL ").join(asked),
            )
        )
        found = {row["day"]: row for row in rows}
        empty = dict.fromkeys(SUMS, 0)
        return [found.get(day, empty) for day in days]

    @api.model
    def _get_facts_sql(self, report, options, companies, days):
        """Return the same as ``_get_debts_sql``, of several days, from the facts."""
        join, seen = self._get_seen_sql(report, options, "fact")
        columns = SQL(", ").join(
            SQL("fact.%s AS %s", SQL.identifier(FACT_COLUMNS[name]), SQL.identifier(name))
            for name in BALANCES
        )
        return SQL(
            "SELECT fact.on_day AS day, fact.company_id, fact.partner_id, %s"
            " FROM (%s) fact %s WHERE %s",
            columns,
            self.env["collections.fact"]._get_facts_over_sql(days, companies),
            join,
            seen,
        )

    # -- roll rates ------------------------------------------------------------------------------

    @api.model
    def _get_rolls(self, report, options, companies):
        """Return ``(first day, last day, engine.rolls.matrix)``: how debts rolled between the last
        two month-ends of the period's end."""
        first, last = self._get_roll_days(options)
        join, seen = self._get_seen_sql(report, options, "item")
        rows = report._query(
            SQL(
                """
                WITH before AS (
                    SELECT item.line_id, item.amount,
                           width_bucket(%(first)s - item.due, %(steps)s) AS age
                      FROM (%(open_first)s) item %(join)s
                     WHERE item.amount > 0 AND %(seen)s
                ), after AS (
                    SELECT item.line_id, item.amount,
                           width_bucket(%(last)s - item.due, %(steps)s) AS age
                      FROM (%(open_last)s) item WHERE item.amount > 0
                )
                SELECT before.age AS age_before, after.age AS age_after,
                       sum(before.amount) AS amount_before,
                       sum(after.amount) AS amount_after
                  FROM before LEFT JOIN after USING (line_id) GROUP BY before.age, after.age
                """,
                first=first,
                last=last,
                steps=[1, 31, 61, 91],
                open_first=self._get_open_sql(companies, first),
                open_last=self._get_open_sql(companies, last),
                join=join,
                seen=seen,
            )
        )
        found = [
            (row["age_before"], row["age_after"], row["amount_before"], row["amount_after"] or 0)
            for row in rows
        ]
        return first, last, rolls.matrix(found)

    @api.model
    def _get_roll_days(self, options):
        """Return the last two month-ends on or before the end of the period."""
        last = options["date_to"]
        if last != date_utils.end_of(last, "month"):
            last = date_utils.subtract(date_utils.start_of(last, "month"), days=1)
        return date_utils.subtract(date_utils.start_of(last, "month"), days=1), last
