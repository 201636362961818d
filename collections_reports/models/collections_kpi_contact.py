from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..engine import kpi

# What the log calls a word of the debtor's.
ANSWER_EVENTS = ("replied", "conversation_in")
FIGURES = (
    "contact_rate", "right_party_rate", "response_rate", "automation_ratio", "cost_per_contact",
    "cost_per_recovered", "first_payment",
)  # fmt: skip


class CollectionsKpi(models.AbstractModel):
    """The figures of contacts: what was tried, what arrived, what came of it and what it cost."""

    _inherit = "collections.kpi"

    @api.model
    def _get_currency_figures(self, report, options, companies, books, names=None):
        figures = super()._get_currency_figures(report, options, companies, books, names)
        if not self._wants(names, *FIGURES):
            return figures
        made, rows = self._read_attempts(report, options, companies)
        told = sum(row["told"] for row in rows)
        answered = sum(row["answered"] for row in rows)
        payments = [(row["days"], row["number"]) for row in rows if row["days"] is not None]
        collected = figures["collected"].value
        return figures | {
            "contact_rate": kpi.contact_rate(made["reached"], made["attempts"]),
            "right_party_rate": kpi.right_party_rate(made["right"], made["tries"]),
            "response_rate": kpi.response_rate(answered, told),
            "automation_ratio": kpi.automation_ratio(made["automatic"], made["reached"]),
            "cost_per_contact": kpi.cost_per_contact(made["cost"], made["reached"]),
            "cost_per_recovered": kpi.cost_per_recovered(made["cost"], collected),
            "first_payment": kpi.quartiles(payments, "nothing_collected"),
        }

    @api.model
    def _get_attempts_sql(self, report, options, companies):
        """Return as SQL the attempts to reach debtors in the period, by the companies' clocks:
        ``id, company_id, partner_id, moment, day, cost, reached, was_noted, is_written,
        is_automatic``.

        A task counts once it is done; a message that the provider took is presumed to have
        arrived, as the contact rules presume it. What went to a test address was no attempt.
        """
        return SQL(
            """
            SELECT contact.id, kase.company_id, kase.partner_id, sent.moment, sent.day,
                   contact.cost,
                   contact.state <> 'failed' AS reached,
                   contact.outcome_id IS NOT NULL AS was_noted,
                   contact.outcome_id IS NULL AND NOT coalesce(channel.is_manual, false)
                       AS is_written,
                   contact.outcome_id IS NULL AND NOT coalesce(channel.is_manual, false)
                       AND contact.external_reference IS NULL AND contact.approved_by_id IS NULL
                       AS is_automatic
              FROM collections_contact contact
              JOIN collections_channel channel ON channel.id = contact.channel_id
              JOIN collections_case told ON told.id = contact.case_id
              JOIN collections_case kase
                ON kase.company_id = told.company_id AND kase.partner_id = told.partner_id
               AND kase.state <> 'merged'
              JOIN %(clock)s ON clock.company_id = kase.company_id
        CROSS JOIN LATERAL (
                   SELECT coalesce(contact.sent_on, contact.scheduled_on) AS moment,
                          (coalesce(contact.sent_on, contact.scheduled_on)
                           AT TIME ZONE 'UTC' AT TIME ZONE clock.zone)::date AS day) sent
             WHERE %(cases)s AND contact.company_id = ANY(%(companies)s)
               AND contact.direction IS DISTINCT FROM 'in' AND contact.safe_mode IS NOT TRUE
               AND (contact.state IN ('delivered', 'read', 'answered', 'failed')
                    OR contact.state = 'sent' AND NOT coalesce(channel.is_manual, false))
               AND %(period)s
            """,
            clock=self.env["collections.ledger"]._get_clock_sql(),
            cases=self._get_seen_cases_sql(report, options),
            companies=companies.ids,
            period=self.env["collections.contact"]._get_period_sql(
                options["date_from"], options["date_to"]
            ),
        )

    @api.model
    def _read_attempts(self, report, options, companies):
        """Return the numbers of what was tried, and what debtors did after the first contact of the
        period that reached them, within the period.

        :return: ``({"attempts", "reached", "tries", "right", "automatic", "cost"}, [{"days": to the
            first payment or None, "number": of debtors, "told": those a message reached,
            "answered": those of them that wrote after it}])``
        """
        first, last = options["date_from"], options["date_to"]
        rows = report._query(
            SQL(
                """
                WITH spoken AS (
                    SELECT company_id, partner_id, count(*) AS attempts,
                           count(*) FILTER (WHERE reached) AS reached,
                           count(*) FILTER (WHERE was_noted) AS tries,
                           count(*) FILTER (WHERE was_noted AND reached) AS "right",
                           count(*) FILTER (WHERE reached AND is_automatic) AS automatic,
                           sum(cost) AS cost, min(day) FILTER (WHERE reached) AS day,
                           min(moment) FILTER (WHERE reached AND is_written) AS moment
                      FROM (%(attempts)s) attempt GROUP BY company_id, partner_id
                ), paid AS (
                    SELECT spoken.company_id, spoken.partner_id, min(payment.date) AS date
                      FROM spoken
                      JOIN (%(payments)s) payment
                        ON payment.company_id = spoken.company_id
                       AND payment.partner_id + 0 = spoken.partner_id  -- see below
                       AND payment.date >= spoken.day
                  GROUP BY spoken.company_id, spoken.partner_id
                ), heard AS (
                    SELECT told.company_id, told.partner_id, max(entry.moment) AS moment
                      FROM collections_log entry
                      JOIN collections_case told ON told.id = entry.case_id
                      JOIN %(clock)s ON clock.company_id = told.company_id
                     WHERE entry.event IN %(events)s
                       AND entry.moment BETWEEN %(after)s AND %(before)s
                       AND (entry.moment AT TIME ZONE 'UTC' AT TIME ZONE clock.zone)::date
                           <= %(last)s
                  GROUP BY told.company_id, told.partner_id
                ), made AS (
                    SELECT coalesce(sum(attempts), 0) AS attempts,
                           coalesce(sum(reached), 0) AS reached, coalesce(sum(tries), 0) AS tries,
                           coalesce(sum("right"), 0) AS "right",
                           coalesce(sum(automatic), 0) AS automatic, coalesce(sum(cost), 0) AS cost
                      FROM spoken
                ), followed AS (
                    SELECT paid.date - spoken.day AS days, count(*) AS number,
                           count(spoken.moment) AS told,
                           count(*) FILTER (WHERE heard.moment >= spoken.moment) AS answered
                      FROM spoken
                 LEFT JOIN paid ON paid.company_id = spoken.company_id
                       AND paid.partner_id = spoken.partner_id
                 LEFT JOIN heard ON heard.company_id = spoken.company_id
                       AND heard.partner_id = spoken.partner_id
                     WHERE spoken.reached > 0 GROUP BY paid.date - spoken.day
                )
                SELECT TRUE AS is_sum, to_jsonb(made) AS data FROM made
                 UNION ALL SELECT FALSE, to_jsonb(followed) FROM followed
                """,
                attempts=self._get_attempts_sql(report, options, companies),
                # of those spoken to, whom the reader sees; the + 0 has them found by their days:
                # the database would look up all that each of a thousand debtors ever paid
                payments=self._get_flow_lines_sql(
                    "collected", None, options, companies, [(first, last)]
                ),
                events=ANSWER_EVENTS,
                clock=self.env["collections.ledger"]._get_clock_sql(),
                after=first - timedelta(days=1),
                before=last + timedelta(days=2),
                last=last,
            )
        )
        [made] = [row["data"] for row in rows if row["is_sum"]]
        return made, [row["data"] for row in rows if not row["is_sum"]]
