from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..engine import ladder
from .collections_contact import DONE_STATES, PENDING_STATES


class Climb(NamedTuple):
    """What a contact does to the ladder when it has left.

    ``told``: ids of the receivables it speaks about; ``rows``: those that climb, as
    ``(line id, days, step id, times)``; ``today``: the day they do.
    """

    told: list
    rows: list
    today: object


class CollectionsPosition(models.AbstractModel):
    """Where receivables stand on the ladder: moved when a contact has left, never before."""

    _name = "collections.position"
    _description = "Positions on the Ladder"

    @api.model
    def _prepare_climbs(self, contacts):
        """Return ``{contact id: Climb}``, from the facts of this moment; set-based.

        The carrier stands on the step; those that rode along climb as far as their own age allows.
        """
        climbs = {}
        for company, group in contacts.grouped("company_id").items():
            ledger = self.env["collections.ledger"]
            today = ledger._today(company)
            facts = ledger._get_facts(group.case_id, today)
            ladders = group.step_id.strategy_id._get_ladders()
            for contact in group:
                if not contact.step_id or not contact.cycle:
                    climbs[contact.id] = Climb([], [], today)
                    continue
                climbs[contact.id] = self._prepare_climb(
                    contact, facts[contact.case_id.id], ladders[contact.strategy_id.id], today
                )
        return climbs

    def _prepare_climb(self, contact, facts, strategy, today):
        rung = contact.step_id._to_rung()
        carrier = int(contact.cycle.split("/")[0])
        steps = {step.days: step.id for step in contact.strategy_id.step_ids}
        told = self._get_told(contact, facts, carrier, today)
        spoken = any(
            item.id == carrier and item.position == rung.days and item.times > contact.repetition
            for item in told
        )
        rows = []
        for item in () if spoken else told:  # another channel of the step has climbed already
            days, times = ladder.advance(strategy, item, rung, carrier=carrier, today=today)
            if days is not None and (days, times) != (item.position, item.times):
                rows.append((item.id, days, steps.get(days, contact.step_id.id), times))
        return Climb([item.id for item in told], rows, today)

    def _get_told(self, contact, facts, carrier, today):
        """Return the receivables a contact speaks about now: those of the reminder, or all that
        is overdue, free of holds and not covered by credits."""
        free = [item for item in facts.receivables if not ladder.held(item, today)]
        if contact.step_id.days <= 0:
            covered = set((contact.facts or {}).get("covered") or ()) | {carrier}
            return [item for item in free if item.id in covered]
        overdue = [item for item in free if item.due < today]
        loud = ladder.excess(overdue, facts)
        return [item for item in overdue if item.currency in loud or item.id == carrier]

    @api.model
    def _climb(self, contact, climb):
        """Write what ``_prepare_climbs`` said of a contact: positions, and what it told.

        By SQL, as the refresh does: nothing else follows from a position, and this happens between
        two messages.
        """
        self._write_positions(climb.rows, climb.today)
        if climb.told:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO collections_contact_line_rel (contact_id, line_id)
                    SELECT %s, unnest(%s) ON CONFLICT DO NOTHING
                    """,
                    contact.id,
                    climb.told,
                )
            )
            contact.invalidate_recordset(["line_ids"], flush=False)

    @api.model
    def _note_contact(self, contact, today):
        """Note on the case that a contact was made, which the quiet days count from."""
        self.env["collections.case"].flush_model(["last_contact_date", "step_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case SET last_contact_date = %s, step_id = coalesce(%s, step_id)
                 WHERE id = %s
                """,
                today,
                contact.step_id.id or None,
                contact.case_id.id,
            )
        )
        contact.case_id.invalidate_recordset(["last_contact_date", "step_id"], flush=False)

    def _write_positions(self, rows, today):
        """Write ``[(line id, days, step id, times)]`` on the journal items and their invoices.

        By SQL: a position is not part of the entry, so locked periods and the accounting's own
        checks do not apply to it.
        """
        if not rows:
            return
        values = SQL(", ").join(SQL("(%s, %s, %s, %s)", *row) for row in rows)
        for model in ("account.move.line", "account.move"):
            self.env[model].flush_model(["collections_step_id", "collections_date"])
        moves = self.env.execute_query(
            SQL(
                """
                UPDATE account_move_line line
                   SET collections_days = v.days, collections_step_id = v.step,
                       collections_times = v.times, collections_date = %s
                  FROM (VALUES %s) AS v (id, days, step, times)
                 WHERE line.id = v.id
             RETURNING line.move_id, line.collections_step_id, line.collections_days
                """,
                today,
                values,
            )
        )
        latest = {}
        for move_id, step_id, days in moves:
            latest[move_id] = max(latest.get(move_id, (days, step_id)), (days, step_id))
        values = SQL(", ").join(
            SQL("(%s, %s)", move_id, step_id) for move_id, (_days, step_id) in latest.items()
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move move SET collections_step_id = v.step, collections_date = %s
                  FROM (VALUES %s) AS v (id, step) WHERE move.id = v.id
                """,
                today,
                values,
            )
        )
        line_fields = ("days", "step_id", "times", "date")
        self.env["account.move.line"].invalidate_model([f"collections_{n}" for n in line_fields])
        self.env["account.move"].invalidate_model(["collections_step_id", "collections_date"])

    @api.model
    def _forget(self, contacts):
        """Take back what these contacts did to the ladder; used when safe mode ends.

        The receivables they told about, and their cases, come back to the last contact that really
        reached the debtor, if there was one. What never left (skipped, failed) stays as it was.
        """
        pending = contacts.filtered(lambda contact: contact.state in PENDING_STATES)
        taken_back = contacts.filtered("sent_on") | pending
        taken_back.write({"state": "cancelled", "reason": "safe_mode_ended"})
        taken_back._log("cancelled", {"reason": "safe_mode_ended"})
        lines, cases = taken_back.line_ids, taken_back.case_id
        self.env.flush_all()
        if lines:
            self._restore_lines(lines)
        if cases:
            self._restore_cases(cases)

    def _restore_lines(self, lines):
        """Put receivables back where the last real contact left them; its riders at their age."""
        self.env.cr.execute(
            SQL(
                """
                WITH told AS (
                    SELECT DISTINCT ON (rel.line_id) rel.line_id, contact.step_id,
                           contact.sent_on::date AS day,
                           CASE WHEN contact.carrier_id = rel.line_id THEN step.days
                                ELSE least(step.days, contact.sent_on::date
                                     - coalesce(line.date_maturity, line.date)) END AS days,
                           count(*) OVER (PARTITION BY rel.line_id, contact.step_id) AS times
                      FROM collections_contact_line_rel rel
                      JOIN collections_contact contact ON contact.id = rel.contact_id
                      JOIN collections_step step ON step.id = contact.step_id
                      JOIN account_move_line line ON line.id = rel.line_id
                     WHERE rel.line_id = ANY(%(lines)s) AND %(real)s
                  ORDER BY rel.line_id, contact.sent_on DESC, contact.id DESC
                )
                UPDATE account_move_line line
                   SET collections_step_id = told.step_id, collections_date = told.day,
                       collections_days = told.days, collections_times = told.times
                  FROM unnest(%(lines)s) AS wanted (id)
             LEFT JOIN told ON told.line_id = wanted.id
                 WHERE line.id = wanted.id
                """,
                lines=lines.ids,
                real=self._get_real_sql(),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move move
                   SET collections_step_id = last.collections_step_id,
                       collections_date = last.collections_date
                  FROM (SELECT DISTINCT ON (move_id) move_id, collections_step_id,
                               collections_date
                          FROM account_move_line WHERE move_id = ANY(%s)
                      ORDER BY move_id, collections_days DESC NULLS LAST, id) last
                 WHERE move.id = last.move_id
                """,
                lines.move_id.ids,
            )
        )
        lines.invalidate_recordset()
        lines.move_id.invalidate_recordset()

    def _restore_cases(self, cases):
        """Put cases back to the day and step of their last real contact."""
        self.env.cr.execute(
            SQL(
                """
                WITH last AS (
                    SELECT DISTINCT ON (case_id) case_id, step_id, sent_on::date AS day
                      FROM collections_contact contact
                     WHERE case_id = ANY(%(cases)s) AND %(real)s
                  ORDER BY case_id, sent_on DESC, id DESC
                )
                UPDATE collections_case kase
                   SET last_contact_date = last.day, step_id = last.step_id
                  FROM unnest(%(cases)s) AS wanted (id) LEFT JOIN last ON last.case_id = wanted.id
                 WHERE kase.id = wanted.id
                """,
                cases=cases.ids,
                real=self._get_real_sql(),
            )
        )
        cases.invalidate_recordset()

    def _get_real_sql(self):
        """Return the condition on ``contact`` of those that really reached a debtor."""
        return SQL(
            "contact.sent_on IS NOT NULL AND contact.safe_mode IS NOT TRUE"
            " AND contact.state = ANY(%s)",
            list(DONE_STATES),
        )
