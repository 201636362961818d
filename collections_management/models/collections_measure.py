from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL


class CollectionsMeasure(models.AbstractModel):
    """What collectors achieve, day by day, as SQL: one place for the board and the targets."""

    _name = "collections.measure"
    _description = "What Collectors Achieve"

    @api.model
    def _get_event_sqls(self, first, last):
        """Extension point: ``{measure: SQL}`` of what happened between two days, both included.

        Each selects, under these names: ``company_id, team_id, user_id, day, amount``.
        """
        return {
            "recovered": self._get_recovered_sql(first, last),
            "contacts": self._get_contacts_sql(first, last),
            "promises": self._get_promises_sql(first, last),
        }

    @api.model
    def _get_contact_events(self):
        """Extension point: the events of the log that mean a person spoke to a debtor."""
        return ["sent", "answered"]

    @api.model
    def _get_union_sql(self, first, last, starts=None):
        """Return the events of every measure in one statement, with its name as ``measure``.

        :param dict starts: ``{measure: its first day}``; only these, each from its own day on
        """
        if starts is None:
            queries = self._get_event_sqls(first, last)
        else:
            queries = {name: self._get_event_sqls(day, last)[name] for name, day in starts.items()}
        return SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s AS measure, company_id, team_id, user_id, day, amount FROM (%s) done",
                name,
                query,
            )
            for name, query in queries.items()
        )

    def _get_recovered_sql(self, first, last):
        """Payments noticed, credited to who had the case then; their amount is the ledger's, in
        company currency. What was cancelled or reversed since counts no more."""
        receipts = self.env["collections.receipt"]
        receipts.flush_model()
        self.env["account.move"].flush_model(["state", "reversed_entry_id"])
        self.env["account.move.line"].flush_model()
        return SQL(
            """
            SELECT receipt.company_id, receipt.team_id, receipt.user_id, receipt.date AS day,
                   -line.balance AS amount
              FROM collections_receipt receipt
              JOIN collections_case kase ON kase.id = receipt.case_id
              JOIN account_move move ON move.id = receipt.move_id
              JOIN account_move_line line
                ON line.move_id = move.id AND line.currency_id = receipt.currency_id
               AND line.company_id = receipt.company_id AND line.account_id = ANY(%(accounts)s)
               AND line.balance < 0
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE receipt.date BETWEEN %(first)s AND %(last)s AND %(stands)s
               AND (kase.state = 'merged' OR partner.commercial_partner_id = kase.partner_id)
            """,
            accounts=self.env["collections.ledger"]._get_account_ids(),
            first=first,
            last=last,
            stands=receipts._get_stands_sql(),
        )

    def _get_contacts_sql(self, first, last):
        """Debtors somebody spoke to, each once a day, by the company's clock."""
        return SQL(
            """
            SELECT DISTINCT kase.company_id, kase.team_id, entry.user_id,
                   (entry.moment AT TIME ZONE 'UTC' AT TIME ZONE clock.zone)::date AS day,
                   1 AS amount, entry.case_id
              FROM collections_log entry
              JOIN collections_case kase ON kase.id = entry.case_id
              JOIN %(clock)s ON clock.company_id = kase.company_id
             WHERE entry.moment BETWEEN %(after)s AND %(before)s
               AND entry.user_id IS NOT NULL AND entry.event = ANY(%(events)s)
               AND (entry.moment AT TIME ZONE 'UTC' AT TIME ZONE clock.zone)::date
                   BETWEEN %(first)s AND %(last)s
            """,
            clock=self.env["collections.ledger"]._get_clock_sql(),
            first=first,
            last=last,
            after=first - timedelta(days=1),
            before=last + timedelta(days=2),
            events=self._get_contact_events(),
        )

    def _get_promises_sql(self, first, last):
        """Promises somebody obtained, by the day they were made; not those that wait for an
        approval or were refused it."""
        self.env["collections.promise"].flush_model()
        return SQL(
            """
            SELECT promise.company_id, kase.team_id, promise.user_id, promise.date AS day,
                   1 AS amount
              FROM collections_promise promise
              JOIN collections_case kase ON kase.id = promise.case_id
             WHERE promise.date BETWEEN %s AND %s AND promise.state NOT IN ('awaiting', 'refused')
            """,
            first,
            last,
        )
