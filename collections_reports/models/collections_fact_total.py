from odoo import api, models
from odoo.tools import SQL

from .collections_fact_base import AMOUNTS, join_sql


class CollectionsFactTotal(models.Model):
    """What all debtors of a company owed at the end of a day: the sum of the facts that stood then;
    it stands until the next.

    A trend of a whole company reads a few of these instead of the facts of each debtor. Only days
    on which a fact was written have one. A history has them from the end of its first rebuilding
    on; readers who do not see every case never read them.
    """

    _name = "collections.fact.total"
    _inherit = "collections.fact.base"
    _description = "Daily Total of a Company"
    _log_access = False  # not inherited
    _order = "day desc, id desc"
    _rec_name = "day"

    _day_unique = models.UniqueIndex("(company_id, day)", "A company has one total a day.")

    @api.model
    def _get_totals_over_sql(self, days, companies):
        """Return as SQL the totals that stood at the end of each of some days: ``on_day`` and all
        columns of ``collections_fact_total``."""
        return SQL(
            """
            SELECT wanted.on_day, total.*
              FROM unnest(%(companies)s) AS company (id)
        CROSS JOIN unnest(%(days)s::date[]) AS wanted (on_day)
        CROSS JOIN LATERAL (
                   SELECT * FROM collections_fact_total
                    WHERE company_id = company.id AND day <= wanted.on_day
                 ORDER BY day DESC LIMIT 1) total
            """,
            companies=companies.ids,
            days=list(days),
        )

    @api.model
    def _take_turns(self):
        """Wait until no other worker is writing facts and their totals, for the rest of the
        transaction. To be its first statement, so that it then reads what the others wrote."""
        self.env.cr.execute("LOCK TABLE collections_fact_total IN SHARE ROW EXCLUSIVE MODE")

    @api.model
    def _add_up(self, company, since=None):
        """Write the totals of a company again, of all its days or from one on: what was before, and
        what the facts of each day changed.

        :param date since: the first day whose facts are new
        """
        self.env.flush_all()
        values = {"company": company.id, "since": since or "-infinity"}
        self.env.cr.execute(
            SQL(
                "DELETE FROM collections_fact_total"
                " WHERE company_id = %(company)s AND day >= %(since)s",
                **values,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                WITH moved AS (
                    SELECT fact.day, %(changes)s
                      FROM collections_fact fact
         LEFT JOIN LATERAL (
                           SELECT * FROM collections_fact
                            WHERE company_id = fact.company_id AND day < fact.day
                              AND coalesce(partner_id, 0) = coalesce(fact.partner_id, 0)
                         ORDER BY day DESC LIMIT 1) before ON TRUE
                     WHERE fact.company_id = %(company)s AND fact.day >= %(since)s
                  GROUP BY fact.day
                )
                INSERT INTO collections_fact_total (company_id, currency_id, day, %(columns)s)
                SELECT %(company)s, %(currency)s, moved.day, %(sums)s
                  FROM moved
             LEFT JOIN (SELECT * FROM collections_fact_total
                         WHERE company_id = %(company)s AND day < %(since)s
                      ORDER BY day DESC LIMIT 1) stood ON TRUE
                WINDOW until AS (ORDER BY moved.day)
                """,
                currency=company.currency_id.id,
                columns=join_sql("%(name)s", AMOUNTS),
                changes=join_sql(
                    "sum(fact.%(name)s - coalesce(before.%(name)s, 0)) AS %(name)s", AMOUNTS
                ),
                sums=join_sql(
                    "coalesce(stood.%(name)s, 0) + sum(moved.%(name)s) OVER until", AMOUNTS
                ),
                **values,
            )
        )
        self.invalidate_model()
