from collections import defaultdict
from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import promises as engine


class CollectionsLedger(models.AbstractModel):
    """The refresh takes the verdicts, so that the night's decisions know them."""

    _inherit = "collections.ledger"

    @api.model
    def _refresh(self, company, partners=None, run=None):
        counts = super()._refresh(company, partners=partners, run=run)
        self.env["collections.promise"]._settle(company, partners, run)
        return counts

    def _get_last_events(self, cases, today):
        """A promise that stands or was kept restarts the quiet days."""
        events = super()._get_last_events(cases, today)
        rows = self.env.execute_query(
            SQL(
                "SELECT case_id, max(date) FROM collections_promise"
                " WHERE case_id = ANY(%s) AND state = ANY(%s) AND date <= %s GROUP BY case_id",
                cases.ids,
                [*engine.PENDING, "kept"],
                today,
            )
        )
        for case_id, day in rows:
            events[case_id] = max(day, events.get(case_id) or day)
        return events


class CollectionsPromise(models.Model):
    """Verdicts: what the ledger says of promises, in sets."""

    _name = "collections.promise"
    _inherit = ["collections.promise", "collections.settled.mixin"]

    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")

    @api.model
    def _settle(self, company, partners=None, run=None):
        """Take the verdict of every promise of a company that may have another one now.

        Those that stand, and those settled in the last year: a payment may come to light or be
        taken back. One statement reads the facts of a batch of debtors, the engine judges.

        :param partners: only these debtors; None: all of the company
        :return: ``{state: number of promises that came to it}``
        """
        for model in ("collections.promise", "account.move.line", "account.partial.reconcile"):
            self.env[model].flush_model()
        return self._settle_in_batches(company, partners, run)

    def _get_unsettled_sql(self, since):
        return SQL(
            "judged.state IN ('open', 'due')"
            " OR judged.state IN ('kept', 'partly', 'broken') AND judged.date_limit >= %s",
            since,
        )

    def _settle_cases(self, case_ids, today, run):
        """Judge all promises of some cases and write what changed."""
        changed = []
        for case_id, _id, currency, scale, states, promises, entries in self.env.execute_query(
            self._get_facts_sql(case_ids)
        ):
            verdicts = engine.judge(
                map(_read_promise, promises), map(_read_credit, entries or ()), today=today
            )
            for (id_, old, paid), row in zip(states, promises, strict=True):
                verdict = verdicts[id_]
                if (verdict.state, verdict.paid) != (old, paid):
                    changed.append((id_, case_id, old, verdict, currency, scale, row))
        self._write_verdicts(changed, today)
        return self._follow(changed, today, run)

    def _get_facts_sql(self, case_ids):
        """Return the statement that reads the facts of some cases: a row per currency of each.

        Amounts are whole numbers of the currency's smallest unit; what was applied is told in the
        currency of the receivable, what is applied to nothing in the currency of the payment.
        """
        ledger = self.env["collections.ledger"]
        return SQL(
            """
            WITH promise AS (
                SELECT promise.*, kase.partner_id, currency.name AS currency,
                       power(10::numeric, currency.decimal_places) AS scale
                  FROM collections_promise promise
                  JOIN collections_case kase ON kase.id = promise.case_id
                  JOIN res_currency currency ON currency.id = promise.currency_id
                 WHERE promise.case_id = ANY(%(cases)s)
                   AND promise.state IN ('open', 'due', 'kept', 'partly', 'broken')
            ), made AS (
                SELECT promise.case_id, promise.currency_id, min(promise.currency) AS currency,
                       min(promise.scale)::bigint AS scale,
                       json_agg(json_build_array(
                           promise.id, promise.state,
                           round(coalesce(promise.amount_paid, 0) * promise.scale)::bigint)
                           ORDER BY promise.id) AS states,
                       json_agg(json_build_array(
                           promise.id, round(promise.amount * promise.scale)::bigint,
                           promise.date_due, promise.date_limit, promise.ledger_mark,
                           ARRAY(SELECT line_id FROM collections_promise_line_rel
                                  WHERE promise_id = promise.id),
                           round(promise.amount_owed * promise.scale)::bigint,
                           promise.kept_percent)
                           ORDER BY promise.id) AS promises
                  FROM promise GROUP BY promise.case_id, promise.currency_id
            ), covered AS (
                SELECT promise.case_id, promise.currency_id, rel.line_id,
                       min(promise.ledger_mark) AS mark, min(promise.scale) AS scale
                  FROM promise JOIN collections_promise_line_rel rel ON rel.promise_id = promise.id
              GROUP BY promise.case_id, promise.currency_id, rel.line_id
            ), pot AS (
                SELECT case_id, partner_id, company_id, currency_id,
                       min(ledger_mark) AS mark, min(scale) AS scale
                  FROM promise GROUP BY case_id, partner_id, company_id, currency_id
            ), spent AS (
                SELECT covered.case_id, covered.currency_id, part.credit_move_id AS credit_id,
                       json_agg(json_build_array(
                           covered.line_id,
                           round(part.debit_amount_currency * covered.scale)::bigint)
                           ORDER BY part.id) AS applied,
                       0::bigint AS free
                  FROM covered
                  JOIN account_partial_reconcile part
                    ON part.debit_move_id = covered.line_id AND part.credit_move_id > covered.mark
              GROUP BY covered.case_id, covered.currency_id, part.credit_move_id
            ), unspent AS (
                SELECT pot.case_id, pot.currency_id, line.id AS credit_id,
                       round(-line.amount_residual_currency * pot.scale)::bigint AS free
                  FROM pot
                  JOIN res_partner partner ON partner.commercial_partner_id = pot.partner_id
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = pot.company_id
                   AND line.currency_id = pot.currency_id AND line.id > pot.mark
                   AND line.amount_residual_currency < 0 AND %(open)s
            ), credit AS (
                SELECT coalesce(spent.case_id, unspent.case_id) AS case_id,
                       coalesce(spent.currency_id, unspent.currency_id) AS currency_id,
                       coalesce(spent.credit_id, unspent.credit_id) AS credit_id,
                       spent.applied, coalesce(unspent.free, 0) AS free
                  FROM spent FULL JOIN unspent USING (case_id, currency_id, credit_id)
            ), owned AS (
                SELECT credit.case_id, credit.currency_id,
                       json_agg(json_build_array(
                           line.id, line.date, credit.applied, credit.free,
                           move.move_type = 'entry' AND journal.type IN ('bank', 'cash', 'credit')
                       ) ORDER BY line.date, line.id) AS credits
                  FROM credit
                  JOIN account_move_line line ON line.id = credit.credit_id
                  JOIN account_move move ON move.id = line.move_id AND %(stands)s
                  JOIN account_journal journal ON journal.id = move.journal_id
              GROUP BY credit.case_id, credit.currency_id
            )
            SELECT made.*, owned.credits
              FROM made LEFT JOIN owned USING (case_id, currency_id)
          ORDER BY made.case_id, made.currency_id
            """,
            cases=case_ids,
            open=ledger._get_open_sql("line"),
            stands=self.env["collections.receipt"]._get_stands_sql(),
        )

    def _write_verdicts(self, changed, today):
        """Write the states and amounts that changed, in one statement."""
        if not changed:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_promise promise
                   SET state = fresh.state, amount_paid = fresh.paid::numeric / fresh.scale,
                       settled_on = CASE WHEN fresh.state IN ('open', 'due') THEN NULL
                                         WHEN fresh.state = promise.state THEN promise.settled_on
                                         ELSE %s END
                  FROM unnest(%s::int[], %s::text[], %s::bigint[], %s::bigint[])
                       AS fresh (id, state, paid, scale)
                 WHERE promise.id = fresh.id
                """,
                today,
                [item[0] for item in changed],
                [item[3].state for item in changed],
                [item[3].paid for item in changed],
                [item[5] for item in changed],
            )
        )
        self.invalidate_model(["state", "amount_paid", "settled_on", "state_text"])

    def _follow(self, changed, today, run):
        """Do what follows from new verdicts: release, hold again, log, tell the collectors."""
        moved = [item for item in changed if item[2] != item[3].state]
        counts = defaultdict(int)
        came = defaultdict(list)
        entries = []
        for item in moved:
            id_, _case_id, old, verdict, *_rest = item
            counts[verdict.state] += 1
            came[verdict.state, old in engine.FINAL].append(id_)
            entries += self._get_verdict_entries(item, run)
        self.env["collections.log"].sudo()._append(entries)
        settled = [id_ for (state, _), ids in came.items() if state in engine.FINAL for id_ in ids]
        self.browse(settled)._release()
        again = came["open", True] + came["due", True]
        self.browse(again)._hold_again(today)
        self.browse(id_ for item in moved if item[2] in engine.FINAL for id_ in item[:1])._forget()
        bad = came["broken", False] + came["partly", False]
        bad += came["broken", True] + came["partly", True] + again
        self.browse(bad)._ask_collectors()
        self._store_summaries([item[1] for item in moved])
        return counts

    def _get_verdict_entries(self, item, run):
        """Return the log entries of one promise that came to another state."""
        id_, case_id, old, verdict, currency, scale, row = item
        entry = {"case_id": case_id, "user_id": None, "run_id": run.id if run else None}
        digits = len(str(scale)) - 1
        data = {
            "promise": id_,
            "amount": Decimal(row[1]).scaleb(-digits),
            "paid": Decimal(verdict.paid).scaleb(-digits),
            "currency": currency,
            "date": date.fromisoformat(row[2]),
        }
        entries = []
        if old in engine.FINAL:
            words = {"from": old, "to": verdict.state}
            entries.append(entry | {"event": "promise_reopened", "data": data | words})
        if verdict.state in engine.FINAL:
            entries.append(entry | {"event": f"promise_{verdict.state}", "data": data})
        return entries

    def _hold_again(self, today):
        """Leave alone again the debtors whose kept promise stands again: a payment was undone."""
        self.filtered(lambda promise: promise.date_limit >= today)._hold()

    @api.model
    def _store_summaries(self, case_ids):
        """Write on the cases how many promises were broken and when the next one is due."""
        self.env["collections.case"].browse(case_ids)._store_promises()

    def _forget(self):
        """Take back the tasks about verdicts that do not stand any more."""
        self.sudo().activity_id.unlink()

    def _ask_collectors(self):
        """Put each promise that was not kept on its collector's desk."""
        if not self:
            return
        ledger = self.env["collections.ledger"]
        days = {company: ledger._today(company) for company in self.company_id}
        users = {promise: promise._get_collector() for promise in self}
        summaries = self._get_task_summaries(users)
        activities = self.env["mail.activity"]._put_on_desks(
            [
                {
                    "res_id": promise.case_id.id,
                    "summary": summaries[promise.id],
                    "note": promise.note or False,
                    "user_id": users[promise].id,
                    "date_deadline": days[promise.company_id],
                }
                for promise in self
            ]
        )
        activities.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE collections_promise promise SET activity_id = task.id"
                " FROM unnest(%s::int[], %s::int[]) AS task (promise_id, id)"
                " WHERE promise.id = task.promise_id",
                self.ids,
                activities.ids,
            )
        )
        self.invalidate_recordset(["activity_id"], flush=False)

    def _get_collector(self):
        """Extension point: who is asked to act on a promise: a person who still works here."""
        case = self.case_id
        for user in (case.user_id, self.company_id.collections_user_id, self.user_id):
            if user.active:
                return user
        return user.browse(self.env["ir.model.data"]._xmlid_to_res_id("base.user_admin"))

    def _get_task_summaries(self, users):
        """Return ``{promise id: what the collector is to do about it}``, in his language.

        :param dict users: ``{promise: its collector}``
        """
        summaries = {}
        by_lang = self.grouped(lambda promise: users[promise].lang or self.env.lang)
        for lang, promises in by_lang.items():
            promises = promises.with_context(lang=lang)
            undone = promises.env._("A payment was taken back: %s is open")
            sentences = {
                "broken": promises.env._("Broken promise: %s"),
                "partly": promises.env._("Promise kept in part only: %s"),
            }
            for promise in promises:
                text = sentences.get(promise.state, undone)
                summaries[promise.id] = text % promise.display_name
        return summaries


def _read_promise(row):
    id_, amount, due, limit, mark, lines, owed, percent = row
    return engine.Promise(
        id_,
        amount,
        date.fromisoformat(due),
        date.fromisoformat(limit),
        mark,
        frozenset(lines),
        owed,
        percent,
    )


def _read_credit(row):
    id_, day, applied, free, is_payment = row
    return engine.Credit(
        id_, date.fromisoformat(day), tuple(map(tuple, applied or ())), free, is_payment
    )
