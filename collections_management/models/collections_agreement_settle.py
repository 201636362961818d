from collections import defaultdict
from datetime import date

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL, format_date

from ..engine import agreements as engine
from .collections_promise_settle import _read_credit


class CollectionsLedger(models.AbstractModel):
    """The refresh tells where agreements stand, so that the night's decisions know it."""

    _inherit = "collections.ledger"

    @api.model
    def _refresh(self, company, partners=None, run=None):
        counts = super()._refresh(company, partners=partners, run=run)
        self.env["collections.agreement"]._settle(company, partners, run)
        return counts


class CollectionsAgreement(models.Model):
    """Where agreements stand, by the ledger, in sets; and what follows."""

    _name = "collections.agreement"
    _inherit = ["collections.agreement", "collections.settled.mixin"]

    @api.model
    def _settle(self, company, partners=None, run=None):
        """Judge every agreement of a company that stands or may stand otherwise by now.

        Those that are active, and those completed in the last year: a payment may be taken back.
        A breach is final: the debt is collected again, and a new agreement is a new document.

        :param partners: only these debtors; None: all of the company
        :return: ``{state: number of agreements that came to it}``
        """
        self._catch_up(company, partners)
        for model in (
            "collections.agreement", "collections.agreement.line", "collections.promise",
            "account.move", "account.move.line", "account.partial.reconcile",
        ):  # fmt: skip
            self.env[model].flush_model()
        return self._settle_in_batches(company, partners, run)

    def _catch_up(self, company, partners):
        """Charge the interest of instalments that have come due, apply what was posted since, and
        book what could not be booked before."""
        if self.env["collections.ledger"]._get_rehearsed_day():
            return
        today = self.env["collections.ledger"]._today(company)
        domain = fields.Domain("company_id", "=", company.id)
        if partners:
            domain &= fields.Domain("case_id.partner_id", "in", partners.ids)
        waiting = self.search(domain & fields.Domain("booking_text", "!=", False))
        charged = self.search(
            domain
            & fields.Domain("state", "=", "active")
            & fields.Domain("interest_policy", "=", "instalment")
            & fields.Domain("line_ids", "any", [
                ("date_due", "<=", today), ("amount_interest", ">", 0), ("is_charged", "=", False)
            ])
        )  # fmt: skip
        drafts = self.search(
            domain & fields.Domain("state", "=", "completed") & fields.Domain("is_held", "=", True)
        )
        self._try_to_book(waiting | charged | drafts)
        charged.filtered(lambda one: not one.booking_text).line_ids.filtered(
            lambda line: line.date_due <= today
        ).is_charged = True
        drafts._release_completed()

    def _get_unsettled_sql(self, since):
        return SQL(
            "judged.state = 'active' OR judged.state = 'completed' AND judged.ended_on >= %s", since
        )

    def _settle_cases(self, case_ids, today, run):
        """Judge all agreements of some cases and write what changed."""
        changed, moved = [], []
        for plans, entries in self.env.execute_query(self._get_facts_sql(case_ids)):
            verdicts = engine.judge(
                map(_read_plan, plans), map(_read_credit, entries or ()), today=today
            )
            for row in plans:
                verdict = verdicts[row[0]]
                changed.append((row, verdict))
                if verdict.state != row[1]:
                    moved.append((row[0], row[1], verdict.state))
        self._write_standings(changed, today)
        return self._follow(moved, today, run)

    def _get_facts_sql(self, case_ids):
        """Return the statement that reads the facts of some cases: a row per currency of each.

        Amounts are whole numbers of the currency's smallest amount. The agreement's own credit
        notes are no payments and no relief: the discount is part of what was agreed.
        """
        ledger = self.env["collections.ledger"]
        return SQL(
            """
            WITH plan AS (
                SELECT agreement.*, kase.partner_id, currency.rounding::numeric AS unit
                  FROM collections_agreement agreement
                  JOIN collections_case kase ON kase.id = agreement.case_id
                  JOIN res_currency currency ON currency.id = agreement.currency_id
                 WHERE agreement.case_id = ANY(%(cases)s)
                   AND agreement.state IN ('active', 'completed')
            ), covered AS (
                SELECT plan.id, rel.line_id
                  FROM plan
                  JOIN collections_agreement_receivable_rel rel ON rel.agreement_id = plan.id
                 UNION
                SELECT plan.id, line.id
                  FROM plan
                  JOIN account_move move ON move.collections_agreement_id = plan.id
                   AND move.move_type = 'out_invoice' AND move.state = 'posted'
                  JOIN account_move_line line ON line.move_id = move.id
                   AND line.account_id = ANY(%(accounts)s)
            ), spent AS (
                SELECT plan.case_id, plan.currency_id, part.credit_move_id AS credit_id,
                       json_agg(DISTINCT jsonb_build_array(
                           covered.line_id,
                           round(part.debit_amount_currency / plan.unit)::bigint, part.id))
                           AS applied
                  FROM covered JOIN plan ON plan.id = covered.id
                  JOIN account_partial_reconcile part ON part.debit_move_id = covered.line_id
              GROUP BY plan.case_id, plan.currency_id, part.credit_move_id
            ), pot AS (
                SELECT case_id, partner_id, company_id, currency_id,
                       min(ledger_mark) AS mark, min(unit) AS unit
                  FROM plan GROUP BY case_id, partner_id, company_id, currency_id
            ), unspent AS (
                SELECT pot.case_id, pot.currency_id, line.id AS credit_id,
                       round(-line.amount_residual_currency / pot.unit)::bigint AS free
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
                           line.id, line.date,
                           (SELECT json_agg(json_build_array(item->0, item->1))
                              FROM json_array_elements(credit.applied) item),
                           credit.free,
                           move.move_type = 'entry' AND journal.type IN ('bank', 'cash', 'credit')
                       ) ORDER BY line.date, line.id) AS credits
                  FROM credit
                  JOIN account_move_line line ON line.id = credit.credit_id
                  JOIN account_move move ON move.id = line.move_id AND %(stands)s
                   AND move.collections_agreement_id IS NULL
                  JOIN account_journal journal ON journal.id = move.journal_id
              GROUP BY credit.case_id, credit.currency_id
            ), lines AS (
                SELECT id, array_agg(line_id) AS ids FROM covered GROUP BY id
            ), instalment AS (
                SELECT item.agreement_id AS id,
                       json_agg(json_build_array(
                           promise.date_limit, round(item.amount / plan.unit)::bigint,
                           item.id, item.date_due) ORDER BY item.number) AS items
                  FROM plan
                  JOIN collections_agreement_line item ON item.agreement_id = plan.id
                  JOIN collections_promise promise ON promise.id = item.promise_id
              GROUP BY item.agreement_id
            ), made AS (
                SELECT plan.case_id, plan.currency_id,
                       json_agg(json_build_array(
                           plan.id, plan.state, plan.ledger_mark, coalesce(lines.ids, '{}'),
                           instalment.items, plan.tolerated, plan.tolerated_days, plan.unit)
                           ORDER BY plan.id) AS plans
                  FROM plan
             LEFT JOIN lines ON lines.id = plan.id
             LEFT JOIN instalment ON instalment.id = plan.id
              GROUP BY plan.case_id, plan.currency_id
            )
            SELECT made.plans, owned.credits
              FROM made LEFT JOIN owned USING (case_id, currency_id)
          ORDER BY case_id, currency_id
            """,
            cases=case_ids,
            accounts=ledger._get_account_ids(),
            open=ledger._get_open_sql("line"),
            stands=self.env["collections.receipt"]._get_stands_sql(),
        )

    def _write_standings(self, changed, today):
        """Write what is paid, late and next of each agreement and instalment, in two statements;
        rows that say the same already are left alone."""
        lines, plans = [], []
        for row, verdict in changed:
            unit, upcoming = row[7], None
            shares = zip(row[4], verdict.paid, verdict.needed, strict=True)
            for (limit, _amount, line_id, due), paid, need in shares:
                late = date.fromisoformat(limit) < today
                state = "paid" if paid >= need else (
                    "late" if late else "partly" if paid else "open"
                )  # fmt: skip
                upcoming = upcoming or (due if paid < need else None)
                lines.append((line_id, state, paid, unit))
            plans.append((row[0], sum(verdict.paid), verdict.late, upcoming, unit))
        if not plans:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_agreement_line item
                   SET state = fresh.state, amount_paid = fresh.paid * fresh.unit
                  FROM unnest(%s::int[], %s::text[], %s::numeric[], %s::numeric[])
                       AS fresh (id, state, paid, unit)
                 WHERE item.id = fresh.id
                   AND (item.state, coalesce(item.amount_paid, 0))
                       IS DISTINCT FROM (fresh.state, fresh.paid * fresh.unit)
                """,
                *map(list, zip(*lines, strict=True)),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_agreement agreement
                   SET amount_paid = fresh.paid * fresh.unit, late_count = fresh.late,
                       next_date = fresh.next
                  FROM unnest(%s::int[], %s::numeric[], %s::int[], %s::date[], %s::numeric[])
                       AS fresh (id, paid, late, next, unit)
                 WHERE agreement.id = fresh.id
                   AND (coalesce(agreement.amount_paid, 0), coalesce(agreement.late_count, 0),
                        agreement.next_date)
                       IS DISTINCT FROM (fresh.paid * fresh.unit, fresh.late, fresh.next)
                """,
                *map(list, zip(*plans, strict=True)),
            )
        )
        self.invalidate_model()
        self.env["collections.agreement.line"].invalidate_model()

    # -- what follows ----------------------------------------------------------------------------

    def _follow(self, moved, today, run):
        """Do what follows from new verdicts, at once for all that went the same way."""
        counts = defaultdict(int)
        ways = defaultdict(list)
        for id_, old, new in moved:
            ways[old, new].append(id_)
            counts[new] += 1
        for (old, new), ids in ways.items():
            self.sudo().browse(ids)._follow_together(old, new, today, run)
        return counts

    def _follow_together(self, old, new, today, run):
        """Let agreements come to another state: holds, promises, books, and who is told."""
        ended = new in ("completed", "broken")
        reasons = {one: one._get_breach_sentence() if new == "broken" else False for one in self}
        for reason, agreements in self.grouped(reasons.get).items():
            agreements.write(
                {
                    "state": new,
                    "ended_on": today if ended else False,
                    "kept_percent": 100 if new == "completed" else 0,
                    "reason": reason,
                }
            )
        told = {"user_id": None, "run_id": run.id if run else None}
        if old == "completed":
            self._log("agreement_reopened", **told)
        if ended:
            self._log(f"agreement_{new}", **told)
        if new == "broken":
            self._end_promises()
            self._release()
        if new == "active":
            self._hold()
        self.case_id._store_agreements()
        if self.env["collections.ledger"]._get_rehearsed_day():
            return
        self._try_to_book(self)
        if new == "completed":
            self._release_completed()
        else:
            self._ask_collectors(
                {one: (one._get_task_summary(old), one.state_text) for one in self}
            )

    def _get_breach_sentence(self):
        """Return why it broke, by its own clauses."""
        late = self.line_ids.filtered(lambda line: line.state == "late").sorted("number")
        values = {
            "count": len(late),
            "date": format_date(self.env, late[:1].date_due),
            "tolerated": self.tolerated,
            "days": self.tolerated_days,
        }
        if len(late) > self.tolerated:
            return (
                self.env._("%(count)s instalments late, %(tolerated)s tolerated.", **values)
                if self.tolerated
                else self.env._("The instalment of %(date)s was not paid.", **values)
            )
        return self.env._(
            "The instalment of %(date)s is late for more than %(days)s days.", **values
        )

    def _get_task_summary(self, old):
        """Return what the collector is to do about it, in his language."""
        lang = self._get_collector().lang or self.env.lang
        env = self.with_context(lang=lang).env
        if self.state == "broken":
            return env._("Broken agreement: %s", self.display_name)
        return env._("A payment was taken back: %s is open again", self.display_name)

    def _get_collector(self):
        """Extension point: who is asked to act on an agreement: a person who works here."""
        for user in (self.case_id.user_id, self.company_id.collections_user_id, self.user_id):
            if user.active:
                return user
        return user.browse(self.env["ir.model.data"]._xmlid_to_res_id("base.user_admin"))

    def _ask_collector(self, summary, note):
        """Put it on the collector's desk, on the case."""
        self.ensure_one()
        self._ask_collectors({self: (summary, note)})

    @api.model
    def _ask_collectors(self, tasks):
        """Put agreements on their collectors' desks.

        :param dict tasks: ``{agreement: (summary, note)}``
        """
        self.env["mail.activity"]._put_on_desks(
            [
                {
                    "res_id": agreement.case_id.id,
                    "summary": summary,
                    "note": note or False,
                    "user_id": agreement._get_collector().id,
                    "date_deadline": agreement._get_today(),
                }
                for agreement, (summary, note) in tasks.items()
            ]
        )

    # -- promises and holds ----------------------------------------------------------------------

    def _promise(self):
        """Make each instalment a promise, so that the ledger alone says whether it was kept."""
        self.ensure_one()
        kind = self.env.ref("collections_management.collections_promise_type_agreement")
        covered = self._get_covered()
        for line in self.line_ids.sorted("number"):
            line.promise_id = self.env["collections.promise"].create(
                {
                    "case_id": self.case_id.id,
                    "type_id": kind.id,
                    "currency_id": self.currency_id.id,
                    "amount": line.amount,
                    "date_due": line.date_due,
                    "line_ids": [Command.set(covered.ids)],
                    "person_id": self.person_id.id,
                    "note": f"{self.name} · {line.label}",
                    "user_id": self.user_id.id,
                    "agreement_id": self.id,
                }
            )
        self.ledger_mark = min(self.line_ids.promise_id.mapped("ledger_mark"))
        self._align_promises()

    def _end_promises(self):
        """End the promises of instalments that are not due yet."""
        standing = self.line_ids.promise_id.filtered(
            lambda promise: promise.state in ("open", "due")
        )
        labels = dict(self._fields["state"]._description_selection(self.env))
        reasons = {
            promise: f"{agreement.name}: {labels[agreement.state]}"
            for agreement in self
            for promise in agreement.line_ids.promise_id & standing
        }
        standing._close("withdrawn", reasons)

    def _hold(self):
        """Leave alone what the agreement covers for as long as it stands: other debts go on."""
        for agreement in self.sudo():
            held = agreement.hold_ids.filtered(lambda hold: not hold.lifted_on).line_id
            self.env["collections.hold"].sudo().create(
                [
                    {
                        "case_id": agreement.case_id.id,
                        "agreement_id": agreement.id,
                        "line_id": line.id,
                        "reason": "agreement",
                        "note": agreement.display_name,
                        "date_from": agreement._get_today(),
                        "user_id": agreement.user_id.id,
                    }
                    for line in agreement._get_covered() - held
                ]
            )

    def _release(self):
        """Lift the holds of these agreements; dunning resumes where it stopped."""
        holds = self.sudo().hold_ids.filtered(lambda hold: not hold.lifted_on)
        holds.write({"lifted_on": fields.Datetime.now(), "lifted_by_id": self.env.uid})
        self.env["collections.log"].sudo()._append(
            {
                "case_id": hold.case_id.id,
                "event": "released",
                "data": {"hold": hold.id, "reason": hold.reason},
                "user_id": None,
            }
            for hold in holds
        )

    def _release_completed(self):
        """Lift the holds once the discount is applied: what waits for an accountant is not
        collected meanwhile."""
        self.filtered(
            lambda one: (
                one.state == "completed"
                and not one.booking_text
                and "draft" not in one.move_ids.mapped("state")
            )
        )._release()


def _read_plan(row):
    id_, _state, mark, lines, instalments, tolerated, days, _unit = row
    return engine.Plan(
        id_,
        mark,
        frozenset(lines),
        tuple((date.fromisoformat(limit), amount) for limit, amount, *_rest in instalments),
        tolerated or 0,
        days or 0,
    )
