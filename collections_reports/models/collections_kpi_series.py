from odoo import api, models
from odoo.tools import SQL, date_utils

from ..engine import kpi
from ..engine.books import AGE_1, AGE_2, AGE_3, AGE_4, CREDIT, NAMES, NOT_DUE, Books

# What a fact calls what was open, by age.
FACT_COLUMNS = {
    NOT_DUE: "amount_not_due",
    AGE_1: "amount_1_30",
    AGE_2: "amount_31_60",
    AGE_3: "amount_61_90",
    AGE_4: "amount_over_90",
}


class CollectionsKpi(models.AbstractModel):
    """Figures month by month."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_series(self, report, options, companies, periods, books):
        series = super()._get_currency_series(report, options, companies, periods, books)
        if not periods:
            return series
        days = [date_utils.subtract(periods[0][0], days=1), *series["days"][:-1]]
        balances = self._get_balances_over(report, options, companies, days)
        balances.append(books.get_owed(options["date_to"]))
        months = [
            self._get_month_figures(
                period, begin, end, books.get_sold(*period), books.get_collected(*period)
            )
            for period, begin, end in zip(periods, balances[:-1], balances[1:], strict=True)
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
            **{name: end[name] for name in NAMES.values()},
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
        """Return what was open at the end of each of some past days, as ``Books.get_owed`` does.

        It comes from the facts (what was known then); days that the history does not reach come
        from the ledger.
        """
        known = self.env["collections.fact.rebuild"]._get_complete_day(companies)
        past = [day for day in days if known and day <= known]
        owed = self._get_facts_by_age(report, options, companies, past) if past else []
        if rest := [day for day in days if day not in past]:
            owed += self._get_balances(report, options, companies, rest)[0]
        found = Books(owed)
        return [found.get_owed(day) for day in days]

    @api.model
    def _get_facts_by_age(self, report, options, companies, days):
        """Return ``[{day: (age, amount)}]`` as the facts of several days tell it: to who sees every
        case their totals, to who sees only debtors with a case the facts of these."""
        facts, join, seen = self.env["collections.fact"], SQL(), SQL("TRUE")
        if report._sees_every_case(options):
            facts = self.env["collections.fact.total"]._get_totals_over_sql(days, companies)
        elif not self._sees_all(report, options):
            seen_cases = self._get_seen_cases_sql(report, options)
            facts = facts._get_facts_over_sql(days, companies, seen_cases)
        else:
            facts = facts._get_facts_over_sql(days, companies)
            join, seen = self._get_seen_sql(report, options, "fact")
        sums = SQL(", ").join(
            SQL("sum(fact.%s) AS age_%s", SQL.identifier(column), SQL(str(age)))
            for age, column in FACT_COLUMNS.items()
        )
        rows = report._query(
            SQL(
                "SELECT fact.on_day AS day, -sum(fact.amount_credit) AS credit, %s"
                " FROM (%s) fact %s WHERE %s GROUP BY fact.on_day",
                sums,
                facts,
                join,
                seen,
            )
        )
        return [
            {row["day"]: (age, row[name] or 0)}
            for row in rows
            for age, name in (
                (CREDIT, "credit"),
                *((age, f"age_{age}") for age in FACT_COLUMNS),
            )
        ]
