from odoo import api, models
from odoo.tools import SQL

from ..engine.books import STEPS
from .collections_fact_base import AMOUNTS, join_sql


class CollectionsFact(models.Model):
    """What the ledger tells of the time before the first night."""

    _inherit = "collections.fact"

    @api.model
    def _rebuild(self, company, partner_ids, last):
        """Write the facts of some debtors for all the days before the first night that wrote about
        them, as the ledger tells them; done again, the result is the same.

        :param partner_ids: ids of commercial partners; 0 are the receivables without one
        :param date last: the last day that is told
        :return: number of facts
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "DELETE FROM collections_fact WHERE company_id = %s AND source = 'rebuilt'"
                " AND coalesce(partner_id, 0) = ANY(%s)",
                company.id,
                list(partner_ids),
            )
        )
        self.env.cr.execute(self._get_rebuild_sql(company, list(partner_ids), last))
        self.invalidate_model()
        return self.env.cr.rowcount

    def _get_rebuild_sql(self, company, partner_ids, last):
        """Return the statement that writes the whole past of debtors.

        Each item appears on its date, grows older on four days, and is lowered by each
        reconciliation on the later date of both sides. What it adds to an age on each of its days,
        and takes from the age it had, summed over the days, is what its debtor owed.
        """
        return SQL(
            """
            WITH item AS (%(items)s), event AS (
                SELECT id, date AS day, balance AS change FROM item
                 UNION ALL
                SELECT item.id, greatest(part.max_date, item.date), -part.amount
                  FROM item JOIN account_partial_reconcile part ON part.debit_move_id = item.id
                 WHERE part.max_date <= %(last)s
                 UNION ALL
                SELECT item.id, greatest(part.max_date, item.date), part.amount
                  FROM item JOIN account_partial_reconcile part ON part.credit_move_id = item.id
                 WHERE part.max_date <= %(last)s
                 UNION ALL
                SELECT id, due + late, 0 FROM item CROSS JOIN unnest(%(steps)s) AS late
                 WHERE due + late > date AND due + late <= %(last)s
            ), stood AS (
                SELECT id, day, sum(sum(change)) OVER (PARTITION BY id ORDER BY day) AS amount
                  FROM event GROUP BY id, day
            ), aged AS (
                SELECT item.partner_id, item.id, stood.day, stood.amount,
                       CASE WHEN stood.amount < 0 THEN 5
                            ELSE width_bucket(stood.day - item.due, %(steps)s) END AS age
                  FROM stood JOIN item USING (id)
            ), moved AS (
                SELECT aged.partner_id, aged.day, part.age, sum(part.amount) AS amount
                  FROM (SELECT *, lag(age) OVER item AS age_before,
                               lag(amount) OVER item AS amount_before
                          FROM aged WINDOW item AS (PARTITION BY id ORDER BY day)) aged
            CROSS JOIN LATERAL (VALUES (age, amount), (age_before, -amount_before))
                       AS part (age, amount)
                 WHERE part.amount <> 0
              GROUP BY aged.partner_id, aged.day, part.age HAVING sum(part.amount) <> 0
            ), daily AS (
                SELECT partner_id, day, %(daily)s FROM moved GROUP BY partner_id, day
            ), running AS (
                SELECT partner_id, day, %(running)s
                  FROM daily WINDOW before AS (PARTITION BY partner_id ORDER BY day)
            )
            INSERT INTO collections_fact (
                company_id, currency_id, partner_id, case_id, day, source, %(columns)s)
            SELECT %(company)s, %(currency)s, running.partner_id, kase.id, running.day, 'rebuilt',
                   not_due, age_1, age_2, age_3, age_4, credit, age_1 + age_2 + age_3 + age_4,
                   not_due + age_1 + age_2 + age_3 + age_4 - credit, 0, 0
              FROM running
         LEFT JOIN collections_case kase
                ON kase.partner_id = running.partner_id AND kase.company_id = %(company)s
               AND kase.state <> 'merged'
         LEFT JOIN (SELECT coalesce(partner_id, 0) AS partner_id, min(day) AS day
                      FROM collections_fact
                     WHERE company_id = %(company)s AND source = 'night'
                       AND coalesce(partner_id, 0) = ANY(%(partners)s)
                  GROUP BY coalesce(partner_id, 0)) night
                ON night.partner_id = coalesce(running.partner_id, 0)
             WHERE night.day IS NULL OR running.day < night.day
       ON CONFLICT DO NOTHING
            """,
            items=self._get_items_sql(company, partner_ids, last),
            last=last,
            steps=STEPS,
            daily=_per_age("coalesce(sum(amount) FILTER (WHERE age = %(age)s), 0) AS %(name)s"),
            running=_per_age("%(sign)s * sum(%(name)s) OVER before AS %(name)s"),
            columns=join_sql("%(name)s", AMOUNTS),
            company=company.id,
            currency=company.currency_id.id,
            partners=partner_ids,
        )

    def _get_items_sql(self, company, partner_ids, last):
        """Return as SQL all receivables and credits of debtors that existed at the end of a day."""
        return SQL(
            """
            SELECT line.id, partner.commercial_partner_id AS partner_id, line.date,
                   coalesce(line.date_maturity, line.date) AS due, line.balance
              FROM account_move_line line
         LEFT JOIN res_partner partner ON partner.id = line.partner_id
             WHERE line.company_id = %(company)s AND line.parent_state = 'posted'
               AND line.account_id = ANY(%(accounts)s) AND line.date <= %(last)s AND %(whose)s
            """,
            company=company.id,
            accounts=self.env["collections.ledger"]._get_account_ids(),
            last=last,
            whose=SQL("line.partner_id IS NULL")
            if partner_ids == [0]
            else SQL("partner.commercial_partner_id = ANY(%s)", partner_ids),
        )


def _per_age(text):
    """Return a piece of SQL for each age, and for credits, which are below zero in the ledger."""
    return SQL(", ").join(
        SQL(text, age=number, name=SQL.identifier(name), sign=-1 if name == "credit" else 1)
        for number, name in enumerate(("not_due", "age_1", "age_2", "age_3", "age_4", "credit"))
    )
