from collections import Counter

from odoo import api, models
from odoo.tools import SQL

from ..engine import kpi

SETTLED = ("kept", "partly", "broken")
FIGURES = (
    *(f"promise_{state}_{told}" for state in SETTLED for told in ("count", "amount")),
    "dispute_days",
)


class CollectionsKpi(models.AbstractModel):
    """The figures of promises and disputes."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_figures(self, report, options, companies, books, names=None):
        figures = super()._get_currency_figures(report, options, companies, books, names)
        if not self._wants(names, *FIGURES):
            return figures
        counts, amounts = self._get_promises(report, options, companies)
        for state in SETTLED:
            figures[f"promise_{state}_count"] = kpi.promise_share(counts[state], counts.total())
            figures[f"promise_{state}_amount"] = kpi.promise_share(amounts[state], amounts.total())
        days, disputes = self._get_disputes(report, options, companies)
        return figures | {"dispute_days": kpi.days_to_solve(days, disputes)}

    @api.model
    def _get_promises(self, report, options, companies):
        """Return ``({state: number}, {state: amount promised})`` of the promises settled in the
        period; those in another currency at the rate of its last day."""
        rows = report._query(
            SQL(
                """
                SELECT company_id, currency_id, state, count(*) AS number, sum(amount) AS amount
                  FROM collections_promise
                 WHERE case_id IN %(cases)s AND company_id = ANY(%(companies)s)
                   AND settled_on BETWEEN %(first)s AND %(last)s AND state IN %(states)s
              GROUP BY company_id, currency_id, state
                """,
                cases=report._get_case_sql(options),
                companies=companies.ids,
                first=options["date_from"],
                last=options["date_to"],
                states=SETTLED,
            )
        )
        counts, amounts = Counter(), Counter()
        for row in rows:
            company = companies.browse(row["company_id"])
            currency = self.env["res.currency"].browse(row["currency_id"])
            counts[row["state"]] += row["number"]
            amounts[row["state"]] += currency._convert(
                float(row["amount"]), company.currency_id, company, options["date_to"]
            )
        return counts, amounts

    @api.model
    def _get_disputes(self, report, options, companies):
        """Return ``(days, disputes)``: all days it took to close those closed in the period."""
        [row] = report._query(
            SQL(
                """
                SELECT coalesce(sum(date_closed - date_open), 0) AS days, count(*) AS disputes
                  FROM collections_dispute
                 WHERE case_id IN %(cases)s AND company_id = ANY(%(companies)s)
                   AND date_closed BETWEEN %(first)s AND %(last)s
                   AND state NOT IN ('open', 'accepted')
                """,
                cases=report._get_case_sql(options),
                companies=companies.ids,
                first=options["date_from"],
                last=options["date_to"],
            )
        )
        return row["days"], row["disputes"]
