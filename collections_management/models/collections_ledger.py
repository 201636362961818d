from collections import defaultdict
from datetime import date, timedelta, timezone

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine.calendar import Past
from ..engine.ladder import Facts, Hold, Receivable


class CollectionsLedger(models.AbstractModel):
    """What the ledger says: the only source of amounts. Reads in sets, writes only cases."""

    _name = "collections.ledger"
    _description = "Ledger as Collections Reads It"

    @api.model
    def _get_account_ids(self):
        """Extension point: the receivable accounts that are collected."""
        return (
            self.env["account.account"]
            .sudo()
            .with_context(active_test=False)
            .search([("account_type", "=", "asset_receivable"), ("non_trade", "=", False)])
            .ids
        )

    @api.model
    def _get_open_domain(self):
        """Return the domain on ``account.move.line`` of the open receivables and credits."""
        return Domain(
            [
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("account_id", "in", self._get_account_ids()),
                "|",
                ("amount_residual", "!=", 0),
                ("amount_residual_currency", "!=", 0),
            ]
        )

    @api.model
    def _get_open_sql(self, alias):
        """Return the same condition as SQL on an alias of ``account_move_line``."""
        line = SQL.identifier(alias)
        return SQL(
            "%(line)s.parent_state = 'posted' AND %(line)s.reconciled IS NOT TRUE"
            " AND %(line)s.account_id = ANY(%(accounts)s)"
            " AND (%(line)s.amount_residual <> 0 OR %(line)s.amount_residual_currency <> 0)",
            line=line,
            accounts=self._get_account_ids(),
        )

    @api.model
    def _today(self, company):
        """Return the day it is where the company is; in a rehearsal, the day it rehearses."""
        if day := self._get_rehearsed_day():
            return day
        zone = company._get_collections_zone()
        return fields.Date.context_today(self.with_context(tz=zone))

    @api.model
    def _get_clock_sql(self):
        """Return the time each company lives by, as SQL of a table ``clock`` with its
        ``company_id``, the day ``today`` and the name of its ``zone``."""
        days = self._get_days()
        return SQL(
            "unnest(%s::int[], %s::date[], %s::text[]) AS clock (company_id, today, zone)",
            [company.id for company in days],
            list(days.values()),
            [company._get_collections_zone() for company in days],
        )

    @api.model
    def _get_days(self):
        """Return ``{company: the day it is there}`` of all companies."""
        companies = self.env["res.company"].sudo().search_fetch([], ["partner_id"])
        return {company: self._today(company) for company in companies}

    @api.model
    def _now(self):
        """Return the moment it is, in UTC; in a rehearsal, this hour of the day it rehearses."""
        return fields.Datetime.now() + timedelta(days=self._get_rehearsed_days())

    @api.model
    def _rehearse(self, company, day):
        """Return this model in a context in which a company lives another day."""
        real = self.with_context(collections_day=None)._today(company)
        return self.with_context(collections_day=day, collections_days_ahead=(day - real).days)

    @api.model
    def _get_rehearsed_days(self):
        """Return how many days ahead of now a rehearsal is; nobody outside can name its day."""
        if not self._get_rehearsed_day():
            return 0
        return self.env.context.get("collections_days_ahead", 0)

    @api.model
    def _get_rehearsed_day(self):
        """Return the day a preview pretends it is, or None. A date, which no caller from outside
        can put into a context: what comes as JSON is a text."""
        day = self.env.context.get("collections_day")
        return day if isinstance(day, date) else None

    # -- refresh ---------------------------------------------------------------------------------

    @api.model
    def _refresh(self, company, partners=None, run=None):
        """Copy the balances of a company's debtors from the ledger to their cases.

        Opens the cases of new debtors, closes those that owe nothing any more and reopens those
        that owe again, in a fixed number of statements; logs what changed.

        :param partners: only these debtors (commercial partners); None: all of the company
        :return: ``{"opened": int, "reopened": int, "closed": int, "changed": int}``
        """
        for model in ("account.move.line", "account.move", "res.partner", "collections.case"):
            self.env[model].flush_model()
        log = self.env["collections.log"]
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS collections_fresh"))
        self.env.cr.execute(self._get_fresh_sql(company, partners))
        rows = self.env.execute_query(
            SQL(
                "SELECT id, event, amount_overdue::text, amount_credit::text, amount_total::text"
                " FROM collections_fresh WHERE event IS NOT NULL ORDER BY id"
            )
        )
        born = [case_id for case_id, event, *_amounts in rows if event == "case_opened"]
        linked = log._link(self._get_refresh_entries(rows, run), born)
        for statement in self._get_save_sqls(company, linked.heads):
            self.env.cr.execute(statement)
        log._store(linked)
        settled = self.env.execute_query(self._get_settle_sql(company, partners))
        log._append(self._get_refresh_entries(settled, run))
        self.env["collections.case"].invalidate_model()
        counts = {"opened": 0, "reopened": 0, "closed": 0, "changed": 0}
        for _case_id, event, *_amounts in rows + settled:
            counts[_REFRESH_COUNTERS[event]] += 1
        return counts

    def _get_refresh_entries(self, rows, run):
        """Return the log entries of ``[(case id, event, overdue, credit, total)]``."""
        run_id = run.id if run else None
        return [
            {
                "case_id": case_id,
                "event": event,
                "data": {"overdue": overdue, "credit": credit, "total": total},
                "run_id": run_id,
            }
            for case_id, event, overdue, credit, total in rows
        ]

    def _get_fresh_sql(self, company, partners):
        """Return the statement that reads the cases that are new or differ from the ledger into
        the temporary table ``collections_fresh``.

        The event of each is told by what it was before: ``case_opened``, ``case_reopened``,
        ``refreshed`` (an amount changed) or NULL (only older by some days).
        """
        only = (
            SQL("AND partner.commercial_partner_id = ANY(%s)", partners.ids) if partners else SQL()
        )
        return SQL(
            """
            CREATE TEMP TABLE collections_fresh ON COMMIT DROP AS
            WITH item AS (
                SELECT partner.commercial_partner_id AS partner_id,
                       line.amount_residual AS residual,
                       %(today)s - coalesce(line.date_maturity, line.date) AS age
                  FROM account_move_line line
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.company_id = %(company)s AND %(open)s %(only)s
            ), summed AS (
                SELECT partner_id,
                       sum(residual) AS total,
                       coalesce(sum(residual) FILTER (
                           WHERE residual > 0 AND age > 0), 0) AS overdue,
                       coalesce(-sum(residual) FILTER (WHERE residual < 0), 0) AS credit,
                       coalesce(sum(residual) FILTER (
                           WHERE residual > 0 AND age BETWEEN -7 AND 0), 0) AS due_soon,
                       coalesce(sum(residual) FILTER (
                           WHERE residual > 0 AND age <= 0), 0) AS not_due,
                       coalesce(sum(residual) FILTER (
                           WHERE residual > 0 AND age BETWEEN 1 AND 30), 0) AS age_1_30,
                       coalesce(sum(residual) FILTER (
                           WHERE residual > 0 AND age BETWEEN 31 AND 60), 0) AS age_31_60,
                       coalesce(sum(residual) FILTER (
                           WHERE residual > 0 AND age BETWEEN 61 AND 90), 0) AS age_61_90,
                       coalesce(sum(residual) FILTER (
                           WHERE residual > 0 AND age > 90), 0) AS age_over_90,
                       count(*) FILTER (WHERE residual > 0) AS items,
                       count(*) FILTER (WHERE residual > 0 AND age > 0) AS overdue_items,
                       greatest(max(age) FILTER (WHERE residual > 0), 0) AS days
                  FROM item GROUP BY partner_id
            ), fresh AS (
                SELECT partner_id,
                       total AS amount_total, overdue AS amount_overdue, credit AS amount_credit,
                       overdue - credit AS amount_net_overdue, due_soon AS amount_due_soon,
                       not_due AS amount_not_due, age_1_30 AS amount_1_30,
                       age_31_60 AS amount_31_60, age_61_90 AS amount_61_90,
                       age_over_90 AS amount_over_90, items AS receivable_count,
                       overdue_items AS overdue_count,
                       CASE WHEN days > 0 THEN %(today)s - days END AS oldest_due_date,
                       coalesce(days, 0) AS days_past_due,
                       CASE WHEN days > 90 THEN '4' WHEN days > 60 THEN '3' WHEN days > 30 THEN '2'
                            WHEN days > 0 THEN '1' ELSE '0' END AS age_band
                  FROM summed
            )
            SELECT coalesce(old.id, nextval('collections_case_id_seq')::int) AS id,
                   old.id IS NULL AS is_new,
                   CASE WHEN old.id IS NULL THEN 'case_opened'
                        WHEN old.state = 'closed' THEN 'case_reopened'
                        WHEN (old.amount_overdue, old.amount_credit, old.amount_total)
                             IS DISTINCT FROM
                             (fresh.amount_overdue, fresh.amount_credit, fresh.amount_total)
                        THEN 'refreshed' END AS event,
                   fresh.*
              FROM fresh
         LEFT JOIN collections_case old
                ON old.partner_id = fresh.partner_id AND old.company_id = %(company)s
               AND old.state <> 'merged'
             WHERE CASE WHEN old.id IS NULL THEN fresh.receivable_count > 0
                   ELSE (old.state, old.amount_total, old.amount_overdue, old.amount_credit,
                         old.amount_due_soon, old.days_past_due, old.receivable_count,
                         old.amount_1_30, old.amount_31_60, old.amount_61_90)
                        IS DISTINCT FROM
                        ('open', fresh.amount_total, fresh.amount_overdue, fresh.amount_credit,
                         fresh.amount_due_soon, fresh.days_past_due, fresh.receivable_count,
                         fresh.amount_1_30, fresh.amount_31_60, fresh.amount_61_90) END
            """,
            today=self._today(company),
            company=company.id,
            open=self._get_open_sql("line"),
            only=only,
        )

    def _get_save_sqls(self, company, heads):
        """Return the statements that write ``collections_fresh`` on the cases, each row once: the
        new ones, then those that were there."""
        columns = [SQL.identifier(name) for name in _COPIED]
        values = {
            "columns": SQL(", ").join(columns),
            "picks": SQL(", ").join(SQL("fresh.%s", column) for column in columns),
            "updates": SQL(", ").join(SQL("%s = fresh.%s", *[column] * 2) for column in columns),
            "heads": self.env["collections.log"]._get_heads_sql(heads),
            "now": self.env.cr.now().replace(microsecond=0),
            "uid": self.env.uid,
            "company": company.id,
            "currency": company.currency_id.id,
            "collector": company.collections_user_id.id or None,
        }
        return (
            SQL(
                """
                INSERT INTO collections_case (
                    id, company_id, currency_id, partner_id, state, user_id, %(columns)s,
                    refreshed_on, log_sequence, log_hash,
                    create_uid, create_date, write_uid, write_date)
                SELECT fresh.id, %(company)s, %(currency)s, fresh.partner_id, 'open', %(collector)s,
                       %(picks)s, %(now)s, head.sequence, head.hash,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM collections_fresh fresh JOIN %(heads)s USING (id)
                 WHERE fresh.is_new ORDER BY fresh.id
                """,
                **values,
            ),
            SQL(
                """
                UPDATE collections_case kase
                   SET state = 'open', %(updates)s, refreshed_on = %(now)s,
                       log_sequence = coalesce(head.sequence, kase.log_sequence),
                       log_hash = coalesce(head.hash, kase.log_hash)
                  FROM collections_fresh fresh LEFT JOIN %(heads)s USING (id)
                 WHERE kase.id = fresh.id AND NOT fresh.is_new
                """,
                **values,
            ),
        )

    def _get_settle_sql(self, company, partners):
        """Return the update that closes the cases whose debtor has nothing open any more."""
        only = SQL("AND kase.partner_id = ANY(%s)", partners.ids) if partners else SQL()
        return SQL(
            """
            UPDATE collections_case kase
               SET state = 'closed', amount_total = 0, amount_overdue = 0, amount_credit = 0,
                   amount_net_overdue = 0, amount_due_soon = 0, amount_not_due = 0,
                   amount_1_30 = 0, amount_31_60 = 0, amount_61_90 = 0, amount_over_90 = 0,
                   receivable_count = 0, overdue_count = 0, oldest_due_date = NULL,
                   days_past_due = 0, age_band = '0', refreshed_on = %(now)s,
                   decision = 'nothing_open', decision_until = NULL, decision_data = NULL,
                   needs_decision = NULL
             WHERE kase.company_id = %(company)s AND kase.state = 'open' %(only)s
               AND NOT EXISTS (
                   SELECT FROM account_move_line line
                     JOIN res_partner partner ON partner.id = line.partner_id
                    WHERE partner.commercial_partner_id = kase.partner_id
                      AND line.company_id = kase.company_id AND %(open)s)
         RETURNING kase.id, 'case_closed', '0', '0', '0'
            """,
            now=self.env.cr.now().replace(microsecond=0),
            company=company.id,
            only=only,
            open=self._get_open_sql("line"),
        )

    # -- facts -----------------------------------------------------------------------------------

    @api.model
    def _get_facts(self, cases, today):
        """Return ``{case id: engine Facts}`` of cases of one company, in a fixed number of queries.

        :param cases: ``collections.case`` records of one company
        :param date today: the day of the decision
        """
        self.env.flush_all()
        holds = self._get_holds(cases, today)
        receivables, credited = self._get_receivables(cases, holds.pop("lines", {}))
        tolerance = self._get_tolerance(cases[:1].company_id)
        pending = self._get_pending(cases)
        events = self._get_last_events(cases, today)
        rows = self.env.execute_query(
            SQL("SELECT id, last_contact_date FROM collections_case WHERE id = ANY(%s)", cases.ids)
        )
        everyone = holds.pop("company", ())
        facts = {}
        for case_id, last_contact in rows:
            facts[case_id] = Facts(
                receivables=tuple(receivables.get(case_id, ())),
                credits=credited.get(case_id, {}),
                tolerance=tolerance,
                holds=everyone + tuple(holds.get(case_id, ())),
                last_contact=last_contact,
                last_event=events.get(case_id),
                pending=case_id in pending,
            )
        return facts

    def _get_receivables(self, cases, line_holds):
        """Return the open lines: ``({case id: [Receivable]}, {case id: {currency id: credit}})``.

        :param line_holds: ``{line id: Hold}``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, line.id, coalesce(line.date_maturity, line.date), line.currency_id,
                       line.amount_residual_currency::float8,
                       CASE WHEN line.collections_date IS NOT NULL THEN line.collections_days END,
                       line.collections_date, coalesce(line.collections_times, 0), line.no_followup,
                       line.collections_entry_date
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = kase.company_id
                 WHERE kase.id = ANY(%s) AND %s AND line.amount_residual_currency <> 0
                """,
                cases.ids,
                self._get_open_sql("line"),
            )
        )
        receivables, credited = defaultdict(list), defaultdict(dict)
        excluded = Hold("no_followup")
        for case_id, line_id, due, currency_id, residual, *position, no_followup, entry in rows:
            if residual > 0:
                hold = excluded if no_followup else line_holds.get(line_id)
                item = Receivable(line_id, due, currency_id, residual, *position, hold, entry)
                receivables[case_id].append(item)
            else:
                of_case = credited[case_id]
                of_case[currency_id] = of_case.get(currency_id, 0) - residual
        return receivables, credited

    def _get_tolerance(self, company):
        """Return ``{currency id: amount}`` at or under which an overdue balance is let be."""
        currencies = (
            self.env["res.currency"].sudo().with_company(company).search([("active", "=", True)])
        )
        return {currency.id: currency.collections_tolerance for currency in currencies}

    def _get_holds(self, cases, today):
        """Extension point: who is to be left alone, from the records and from the ledger.

        :return: ``{case id: [Hold]}``, plus the key ``"lines"``: ``{line id: Hold}`` and the key
            ``"company"``: a tuple of holds that stand for every case
        """
        result = defaultdict(list)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, case_id, line_id, reason, date_until FROM collections_hold
                 WHERE case_id = ANY(%s) AND lifted_on IS NULL AND date_from <= %s
                   AND (date_until IS NULL OR date_until >= %s)
                   AND coalesce(amount, 0) = 0
                """,
                cases.ids,
                today,
                today,
            )
        )
        lines = {}
        for hold_id, case_id, line_id, reason, until in rows:
            hold = Hold(reason, until, hold_id)
            if line_id:
                lines[line_id] = hold
            else:
                result[case_id].append(hold)
        for case_id in self._get_unmatched_case_ids(cases):
            result[case_id].append(Hold("unmatched_credit"))
        for case_id in self._get_archived_case_ids(cases):
            result[case_id].append(Hold("archived"))
        result["lines"] = lines
        result["company"] = self._get_company_holds(cases[:1].company_id, today)
        return result

    def _get_company_holds(self, company, today):
        """Return the holds that stand for every case of a company: bank statements too old.

        A company that keeps no bank statements in Odoo is not held for it.
        """
        limit = company.collections_stale_bank_days
        if not limit:
            return ()
        [[last]] = self.env.execute_query(
            SQL(
                "SELECT max(move.date) FROM account_bank_statement_line line"
                " JOIN account_move move ON move.id = line.move_id WHERE line.company_id = %s",
                company.id,
            )
        )
        if self._get_rehearsed_day():  # by then the bank will have been read
            today = self.with_context(collections_day=None)._today(company)
        if last and last < today - timedelta(days=limit):
            return (Hold("stale_bank"),)
        return ()

    def _get_unmatched_case_ids(self, cases):
        """Return the cases whose debtor has a payment on the bank that nobody has matched yet."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT kase.id
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                  JOIN account_bank_statement_line line
                    ON line.partner_id = partner.id AND line.company_id = kase.company_id
                 WHERE kase.id = ANY(%s) AND line.is_reconciled IS NOT TRUE AND line.amount > 0
                """,
                cases.ids,
            )
        )
        return [case_id for [case_id] in rows]

    def _get_archived_case_ids(self, cases):
        """Return the cases whose debtor is archived: nobody is there to be told."""
        rows = self.env.execute_query(
            SQL(
                "SELECT kase.id FROM collections_case kase"
                " JOIN res_partner partner ON partner.id = kase.partner_id"
                " WHERE kase.id = ANY(%s) AND NOT partner.active",
                cases.ids,
            )
        )
        return [case_id for [case_id] in rows]

    def _get_pending(self, cases):
        """Return the ids of the cases that have a contact under way."""
        from .collections_contact import PENDING_STATES

        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT case_id FROM collections_contact"
                " WHERE case_id = ANY(%s) AND state = ANY(%s)",
                cases.ids,
                list(PENDING_STATES),
            )
        )
        return {case_id for [case_id] in rows}

    def _get_history(self, cases):
        """Return ``{case id: [engine Past]}``: what was tried in the last 31 days, and whether it
        reached the debtor.

        Counted per debtor, whichever company of the house spoke; a task counts once it is done. A
        message that the provider took is presumed to have reached: most never tell. A person's
        call that nobody answered is an attempt.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, coalesce(contact.sent_on, contact.scheduled_on), channel.code,
                       contact.sent_on IS NOT NULL
                  FROM collections_case kase
                  JOIN collections_case told ON told.partner_id = kase.partner_id
                  JOIN collections_contact contact ON contact.case_id = told.id
                  JOIN collections_channel channel ON channel.id = contact.channel_id
                 WHERE kase.id = ANY(%(cases)s)
                   AND (contact.sent_on > %(since)s
                        AND (contact.state IN ('delivered', 'read', 'answered')
                             OR contact.state = 'sent' AND NOT coalesce(channel.is_manual, false))
                        OR contact.state = 'failed' AND contact.reason = 'not_reached'
                        AND contact.direction = 'out' AND contact.scheduled_on > %(since)s)
                """,
                cases=cases.ids,
                since=self._now() - timedelta(days=31),
            )
        )
        history = defaultdict(list)
        for case_id, moment, code, reached in rows:
            history[case_id].append(Past(moment.replace(tzinfo=timezone.utc), code, reached))
        return history

    def _get_last_events(self, cases, today):
        """Extension point: ``{case id: date}`` of the last payment since the last contact.

        Only as far back as the longest quiet period; credit notes are not payments.
        """
        [[quiet]] = self.env.execute_query(
            SQL("SELECT coalesce(max(quiet_days), 0) FROM collections_strategy")
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, max(line.date)
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = kase.company_id
                  JOIN account_move move ON move.id = line.move_id AND move.move_type = 'entry'
                 WHERE kase.id = ANY(%s) AND kase.last_contact_date IS NOT NULL
                   AND line.parent_state = 'posted' AND line.account_id = ANY(%s)
                   AND line.balance < 0 AND line.date <= %s
                   AND line.date >= greatest(kase.last_contact_date, %s)
              GROUP BY kase.id
                """,
                cases.ids,
                self._get_account_ids(),
                today,
                today - timedelta(days=quiet),
            )
        )
        return dict(rows)


# What a refresh copies from the ledger to a case.
_COPIED = (
    "amount_total", "amount_overdue", "amount_credit", "amount_net_overdue", "amount_due_soon",
    "amount_not_due", "amount_1_30", "amount_31_60", "amount_61_90", "amount_over_90",
    "receivable_count", "overdue_count", "oldest_due_date", "days_past_due", "age_band",
)  # fmt: skip
_REFRESH_COUNTERS = {
    "case_opened": "opened",
    "case_reopened": "reopened",
    "case_closed": "closed",
    "refreshed": "changed",
}
