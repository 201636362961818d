from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .collections_fact import HOLDERS
from .collections_fact_base import AMOUNTS, join_sql

# How many nights that did not happen are made up for.
MOST_MISSED = 366
OPEN_AMOUNTS = AMOUNTS[:-2]  # what the ledger says


class CollectionsFact(models.Model):
    """What a night writes down."""

    _inherit = "collections.fact"

    @api.model
    def _write_day(self, company):
        """Write down what changed of the debtors of a company until the end of yesterday, of each
        day that no night has written yet; done again, it changes nothing. A rehearsal writes
        nothing.

        It is yesterday because payments of today still come in.
        """
        ledger = self.env["collections.ledger"]
        if ledger._get_rehearsed_day():
            return
        self.env.flush_all()
        yesterday = ledger._today(company) - timedelta(days=1)
        rebuild = self.env["collections.fact.rebuild"]._get_done(company)
        missed = (yesterday - rebuild.date_to).days if rebuild else 1
        most = min(max(missed, 1), MOST_MISSED)
        for ago in reversed(range(most)):
            self.env.cr.execute(self._get_write_sql(company, yesterday - timedelta(days=ago)))
        if rebuild:
            since = yesterday - timedelta(days=most - 1)
            self.env["collections.fact.total"]._add_up(company, since)
            rebuild.date_to = max(rebuild.date_to, yesterday)
        self._link_cases(company)
        self.invalidate_model()

    def _link_cases(self, company):
        """Give the facts of debtors that had no case yet the one that was opened since."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_fact fact SET case_id = kase.id FROM collections_case kase
                 WHERE fact.company_id = %s AND fact.case_id IS NULL
                   AND kase.company_id = fact.company_id AND kase.partner_id = fact.partner_id
                   AND kase.state <> 'merged'
                """,
                company.id,
            )
        )

    def _get_write_sql(self, company, day):
        """Return the statement that writes the facts of a day that differ from those before."""
        columns = (*AMOUNTS, *HOLDERS)
        return SQL(
            """
            WITH fresh AS (%(fresh)s), before AS (
                SELECT DISTINCT ON (coalesce(partner_id, 0)) * FROM collections_fact
                 WHERE company_id = %(company)s AND day <= %(day)s
              ORDER BY coalesce(partner_id, 0) DESC, day DESC
            ), disputed AS (
                SELECT case_id, sum(amount_company) AS amount FROM collections_dispute
                 WHERE company_id = %(company)s AND state IN ('open', 'accepted')
              GROUP BY case_id
            ), promised AS (%(promised)s), known AS (
                SELECT coalesce(fresh.partner_id, before.partner_id) AS partner_id, %(amounts)s,
                       before.id AS before_id
                  FROM fresh FULL JOIN before
                    ON coalesce(fresh.partner_id, 0) = coalesce(before.partner_id, 0)
            ), now AS (
                SELECT known.*, coalesce(disputed.amount, 0) AS amount_disputed,
                       coalesce(promised.amount, 0) AS amount_promised,
                       kase.id AS case_id, kase.user_id, kase.team_id, kase.segment_id,
                       kase.strategy_id, kase.step_id
                  FROM known
             LEFT JOIN collections_case kase
                    ON kase.partner_id = known.partner_id AND kase.company_id = %(company)s
                   AND kase.state <> 'merged'
             LEFT JOIN disputed ON disputed.case_id = kase.id
             LEFT JOIN promised ON promised.case_id = kase.id
            )
            INSERT INTO collections_fact (
                company_id, currency_id, partner_id, day, source, %(columns)s)
            SELECT %(company)s, %(currency)s, now.partner_id, %(day)s, 'night', %(picks)s
              FROM now LEFT JOIN before ON before.id = now.before_id
             WHERE (%(picks)s) IS DISTINCT FROM (%(befores)s)
               AND NOT (%(is_empty)s AND %(was_empty)s)
       ON CONFLICT (company_id, (coalesce(partner_id, 0)), day) DO UPDATE
               SET source = 'night', %(updates)s
            """,
            fresh=self._get_fresh_sql(company, day),
            company=company.id,
            currency=company.currency_id.id,
            day=day,
            promised=self._get_promised_sql(company, day),
            amounts=join_sql("coalesce(fresh.%(name)s, 0) AS %(name)s", OPEN_AMOUNTS),
            columns=join_sql("%(name)s", columns),
            picks=join_sql("now.%(name)s", columns),
            befores=join_sql("before.%(name)s", columns),
            updates=join_sql("%(name)s = excluded.%(name)s", columns),
            is_empty=join_sql("now.%(name)s = 0", AMOUNTS, " AND "),
            was_empty=join_sql("coalesce(before.%(name)s, 0) = 0", AMOUNTS, " AND "),
        )

    def _get_fresh_sql(self, company, day):
        """Return as SQL what each debtor of a company owed at the end of a day."""
        lines = self.env["account.move.line"].sudo()._search([("company_id", "=", company.id)])
        return SQL(
            """
            SELECT partner_id, sum(amount) AS amount_total,
                   sum(amount) FILTER (WHERE amount > 0 AND age > 0) AS amount_overdue,
                   -sum(amount) FILTER (WHERE amount < 0) AS amount_credit,
                   sum(amount) FILTER (WHERE amount > 0 AND age <= 0) AS amount_not_due,
                   sum(amount) FILTER (WHERE amount > 0 AND age BETWEEN 1 AND 30) AS amount_1_30,
                   sum(amount) FILTER (WHERE amount > 0 AND age BETWEEN 31 AND 60) AS amount_31_60,
                   sum(amount) FILTER (WHERE amount > 0 AND age BETWEEN 61 AND 90) AS amount_61_90,
                   sum(amount) FILTER (WHERE amount > 0 AND age > 90) AS amount_over_90
              FROM (SELECT *, %(day)s - due AS age FROM (%(open)s) item) item GROUP BY partner_id
            """,
            day=day,
            open=self.env["collections.ledger"]._get_open_on_days_sql([day], lines, foreign=False),
        )

    def _get_promised_sql(self, company, day):
        """Return as SQL what each case still promises, in the currency of the company."""
        currencies = self.env["res.currency"].sudo().search([("active", "=", True)])
        own = company.currency_id
        rates = [
            currency._get_conversion_rate(currency, own, company, day) for currency in currencies
        ]
        return SQL(
            """
            SELECT promise.case_id,
                   round(sum(rate.rate
                                 * greatest(promise.amount - coalesce(promise.amount_paid, 0), 0)),
                         %(digits)s) AS amount
              FROM collections_promise promise
              JOIN unnest(%(currencies)s::int[], %(rates)s::numeric[]) AS rate (id, rate)
                ON rate.id = promise.currency_id
             WHERE promise.company_id = %(company)s AND promise.state IN ('open', 'due')
          GROUP BY promise.case_id
            """,
            digits=own.decimal_places,
            currencies=currencies.ids,
            rates=rates,
            company=company.id,
        )
