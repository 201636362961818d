import json
from collections import Counter, defaultdict
from dataclasses import replace
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import ladder, ways
from ..engine.calendar import Past

# Held for something that a person may have mended since: decided anew every night.
RETRIED_NIGHTLY = ("refused_by_rule", "render_error")


class Speaking(NamedTuple):
    """A case that speaks, as the planner reads it."""

    id: int
    company_id: int
    partner_id: int
    amount: float
    segment_id: int | None


class Wish(NamedTuple):
    """What decides between the channels that reach a debtor.

    ``preferred`` is a channel or none, ``limit`` what a message may cost or None, ``costs`` what it
    costs by channel id; in company currency.
    """

    preferred: models.BaseModel
    limit: float | None
    costs: dict[int, float]


class CollectionsPlanner(models.AbstractModel):
    """Facts -> ladder -> contacts: ties the engine to the records, a batch of cases at a time."""

    _name = "collections.planner"
    _description = "Planner of Contacts"

    @api.model
    def _plan(self, cases, run=None):
        """Decide what to do with cases of one company and write the contacts.

        Planning twice plans once: the unique key of the contact and the pending state see to it.

        :return: Counter of decisions
        """
        today = self.env["collections.ledger"]._today(cases[:1].company_id)
        self._withdraw_stale(cases)
        decisions = self._decide(cases, today)
        wanted = self._choose_channels(cases, decisions)
        rows = self._prepare_rows(cases, decisions, wanted, today, run)
        if run:
            run._gate(rows)
        created = self._insert(rows)
        linked = self._link_contacts(created, self._get_exhausted_entries(decisions, run))
        self._store_decisions(decisions, run, linked.heads)
        self.env["collections.log"]._store(linked)
        return Counter(decision.reason for decision, _facts in decisions.values())

    def _withdraw_stale(self, cases):
        """Take back what waits for a person, or for a rule, and does not stand any more.

        So nobody approves a message about a paid invoice; a changed rule or text is tried again.
        """
        waiting = self.env["collections.contact"].search(
            [("case_id", "in", cases.ids), ("state", "in", ("awaiting", "held"))]
        )
        again = waiting.filtered(lambda contact: contact.reason in RETRIED_NIGHTLY)
        for reason, contacts in again.grouped("reason").items():
            contacts._skip(reason)
        waiting = (waiting - again).filtered("cycle")
        if waiting:
            refused = self._recheck(waiting)
            for contact in waiting.browse(refused):
                contact._skip(*refused[contact.id])

    def _decide(self, cases, today):
        """Return ``{case id: (Decision, Facts)}``."""
        facts = self.env["collections.ledger"]._get_facts(cases, today)
        rows = self.env.execute_query(
            SQL("SELECT id, strategy_id FROM collections_case WHERE id = ANY(%s)", cases.ids)
        )
        strategies = self.env["collections.strategy"].browse({row[1] for row in rows} - {None})
        ladders = strategies._get_ladders()
        return {
            case_id: (
                ladder.decide(ladders.get(strategy_id), facts[case_id], today=today),
                facts[case_id],
            )
            for case_id, strategy_id in rows
        }

    def _choose_channels(self, cases, decisions):
        """Return ``{case id: [(channel, address, reason)]}`` for the cases that speak.

        Of the channels of a step that reach the debtor ``engine/ways.py`` chooses; when none does,
        the last channel that worked, and at last a task for the collector.
        """
        speaking = {case_id: d.rung.id for case_id, (d, _facts) in decisions.items() if d.speak}
        steps = self.env["collections.step"].browse(set(speaking.values()))
        case_ids_by_step = {}
        for case_id, step_id in speaking.items():
            case_ids_by_step.setdefault(step_id, []).append(case_id)
        reach = self._get_reach(cases.browse(speaking), steps)
        task = self.env["collections.channel"]._get_task_channel()
        worked = self._get_worked(list(speaking))
        reached = self._get_addresses_by_channel(cases, worked)
        wishes = self._get_channel_wishes(list(speaking), steps)
        result, unreached = {}, defaultdict(cases.browse)
        for step in steps:
            channels = step._get_channels()
            for case_id in case_ids_by_step[step.id]:
                wish = wishes[case_id]
                reaching = [
                    ways.Way(channel, reach[channel.id, step.role][case_id], wish.costs[channel.id])
                    for channel in channels
                    if case_id in reach[channel.id, step.role]
                ]
                chosen = ways.choose(
                    reaching,
                    step.channel_mode,
                    preferred=wish.preferred,
                    worked=worked.get(case_id),
                    limit=wish.limit,
                )
                found = [(way.channel, way.address, None) for way in chosen]
                if not found and (channel := worked.get(case_id)):
                    address = reached[channel.id].get(case_id)
                    found = [(channel, address, None)] if address else []
                if not found:
                    found = [(task, "", "no_address")]
                    for channel in channels:
                        unreached[channel] |= cases.browse(case_id)
                result[case_id] = found
        for case_id, reason in self.env["collections.consent"]._get_unreached(unreached).items():
            result[case_id] = [(task, "", reason)]
        return result

    def _get_channel_wishes(self, case_ids, steps):
        """Return ``{case id: Wish}``: what the debtor asked for and what a message may cost."""
        self.env["res.partner"].flush_model(["collections_channel_id"])
        self.env["res.company"].flush_model(["collections_cost_percent"])
        channels = self.env["collections.channel"].union(*(step._get_channels() for step in steps))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, kase.company_id, partner.collections_channel_id,
                       CASE WHEN company.collections_cost_percent > 0
                            THEN greatest(kase.amount_net_overdue, kase.amount_not_due)
                                 * company.collections_cost_percent / 100 END::float8
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.id = kase.partner_id
                  JOIN res_company company ON company.id = kase.company_id
                 WHERE kase.id = ANY(%s)
                """,
                case_ids,
            )
        )
        companies = self.env["res.company"].browse({row[1] for row in rows})
        costs = {
            company.id: {channel.id: channel._get_usual_cost(company) for channel in channels}
            for company in companies
        }
        return {
            case_id: Wish(channels.browse(preferred or ()), limit, costs[company_id])
            for case_id, company_id, preferred, limit in rows
        }

    def _get_reach(self, cases, steps):
        """Return ``{(channel id, role): {case id: address}}`` of every channel the steps use."""
        pairs = {(channel, step.role) for step in steps for channel in step._get_channels()}
        return {(channel.id, role): channel._get_addresses(cases, role) for channel, role in pairs}

    def _get_addresses_by_channel(self, cases, channels):
        """Return ``{channel id: {case id: address}}`` of ``{case id: channel}``."""
        case_ids = defaultdict(list)
        for case_id, channel in channels.items():
            case_ids[channel].append(case_id)
        return {
            channel.id: channel._get_addresses(cases.browse(ids))
            for channel, ids in case_ids.items()
        }

    def _get_worked(self, case_ids):
        """Return ``{case id: the last automatic channel that reached the debtor}``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (contact.case_id) contact.case_id, contact.channel_id
                  FROM collections_contact contact
                  JOIN collections_channel channel ON channel.id = contact.channel_id
                 WHERE contact.case_id = ANY(%s) AND NOT coalesce(channel.is_manual, false)
                   AND channel.active AND contact.state IN ('sent', 'delivered', 'read', 'answered')
              ORDER BY contact.case_id, contact.sent_on DESC
                """,
                case_ids,
            )
        )
        return {
            case_id: self.env["collections.channel"].browse(channel_id)
            for case_id, channel_id in rows
        }

    def _prepare_rows(self, cases, decisions, wanted, today, run):
        """Return the values of the contacts to insert, with the verdict of the rules in them."""
        speaking = self._get_speaking(wanted)
        pairs = {case.id: (case.company_id, case.partner_id) for case in speaking}
        rules = self.env["collections.contact.rule"]
        located = rules._get_located(pairs)
        matched = rules._match_pairs(pairs, located)
        verdicts = self._get_verdicts(pairs, wanted, located)
        now = self.env["collections.ledger"]._now()
        steps = self.env["collections.step"].browse(
            {decisions[case.id][0].rung.id for case in speaking}
        )
        modes = {step.id: step.mode for step in steps}
        reminded = self._get_reminded_amounts({case.id: decisions[case.id][0] for case in speaking})
        run_id, day = run.id if run else None, today.isoformat()
        rows = []
        for case in speaking:
            decision, facts = decisions[case.id]
            for position, (channel, address, reason) in enumerate(wanted[case.id]):
                verdict = verdicts[case.id, position]
                detail = self._get_facts_data(case, decision, facts, verdict, today)
                state, reason = self._get_first_state(modes, channel, decision, verdict, reason)
                moment = now if channel.is_manual else verdict.moment
                rows.append(
                    {
                        "case_id": case.id,
                        "company_id": case.company_id,
                        "run_id": run_id,
                        "step_id": decision.rung.id,
                        "channel_id": channel.id,
                        "carrier_id": decision.carrier,
                        "cycle": f"{decision.carrier}/{decision.repetition}",
                        "repetition": decision.repetition,
                        "state": state,
                        "reason": reason,
                        "planned_on": day,
                        "scheduled_on": moment and fields.Datetime.to_string(moment),
                        "address": address or None,
                        "amount": reminded.get(case.id, case.amount),
                        "rule_id": matched[case.id].id or None,
                        "facts": detail,
                    }
                )
        return rows

    def _get_reminded_amounts(self, decisions):
        """Return ``{case id: what falls due}``, in company currency, of the reminders before the
        due date: what they ask for is not overdue yet."""
        told = {
            case_id: {*decision.covered, decision.carrier}
            for case_id, decision in decisions.items()
            if decision.reason == "preventive"
        }
        if not told:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT id, amount_residual::float8 FROM account_move_line WHERE id = ANY(%s)",
                list(set().union(*told.values())),
            )
        )
        residuals = dict(rows)
        return {case_id: sum(map(residuals.get, ids)) for case_id, ids in told.items()}

    def _get_speaking(self, case_ids):
        """Return what the contacts of these cases need to know of them, as plain tuples: the ORM's
        records cost more than the decision."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id, company_id, partner_id, amount_net_overdue::float8, segment_id"
                " FROM collections_case WHERE id = ANY(%s) ORDER BY id",
                list(case_ids),
            )
        )
        return [Speaking(*row) for row in rows]

    def _get_verdicts(self, pairs, wanted, located):
        """Ask the contact rules for each channel of each case, in turn: what one channel will say
        counts for the next.

        :param pairs: ``{case id: (company id, partner id)}``
        :param located: where they are, as the rules found it
        :return: ``{(case id, position of the channel): Verdict}``
        """
        rules = self.env["collections.contact.rule"]
        cases = self.env["collections.case"].browse(pairs)
        history = self.env["collections.ledger"]._get_history(cases)
        now = self.env["collections.ledger"]._now()
        verdicts, position = {}, 0
        while pairs := {id_: pair for id_, pair in pairs.items() if len(wanted[id_]) > position}:
            codes = {case_id: wanted[case_id][position][0].code for case_id in pairs}
            found = rules._get_pair_verdicts(pairs, codes, now, history, located)
            for case_id, verdict in found.items():
                verdicts[case_id, position] = verdict
                if verdict.moment and len(wanted[case_id]) > position + 1:
                    past = Past(verdict.moment, codes[case_id])
                    history[case_id] = [*history.get(case_id, ()), past]
            position += 1
        return verdicts

    def _get_first_state(self, modes, channel, decision, verdict, reason):
        """Return the state and reason a contact starts with."""
        if channel.is_manual:
            return "queued", reason
        if verdict.moment is None:
            return "held", "refused_by_rule"
        return ("awaiting" if modes[decision.rung.id] == "approval" else "queued"), reason

    def _get_facts_data(self, case, decision, facts, verdict, today):
        """Return what the why-chain tells later, as plain JSON."""
        carrier = next(item for item in facts.receivables if item.id == decision.carrier)
        return {
            "due": carrier.due.isoformat(),
            "age": (today - carrier.due).days,
            "covered": list(decision.covered),
            "segment": case.segment_id,
            "reason": decision.reason,
            "verdict": {
                "rule": verdict.rule,
                "moment": verdict.moment and verdict.moment.isoformat(),
                "reasons": verdict.reasons,
                "zones": verdict.zones,
            },
        }

    def _insert(self, rows):
        """Insert contacts in one statement; those that exist already are left alone.

        :return: ``[(contact id, row)]`` of the new ones
        """
        if not rows:
            return []
        fields_by_name = self.env["collections.contact"]._fields
        columns = {name: fields_by_name[name].column_type[1] for name in rows[0]}
        result = self.env.execute_query(
            SQL(
                """
                INSERT INTO collections_contact
                       (%(columns)s, attempts, safe_mode, create_uid, create_date, write_uid,
                        write_date)
                SELECT %(columns)s, 0, false, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM json_to_recordset(%(rows)s) AS v (%(types)s)
           ON CONFLICT DO NOTHING
             RETURNING id, case_id, channel_id
                """,
                columns=SQL(", ").join(map(SQL.identifier, columns)),
                types=SQL(", ").join(
                    SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in columns.items()
                ),
                rows=json.dumps(rows),
                uid=self.env.uid,
                now=self.env.cr.now().replace(microsecond=0),
            )
        )
        self.env["collections.contact"].invalidate_model()
        by_key = {(row["case_id"], row["channel_id"]): row for row in rows}
        return [(id_, by_key[case_id, channel_id]) for id_, case_id, channel_id in result]

    def _get_exhausted_entries(self, decisions, run):
        """Return a log entry per case that is for a person to decide from now on."""
        exhausted = [id_ for id_, (decision, _facts) in decisions.items() if decision.exhausted]
        if not exhausted:
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM collections_case WHERE id = ANY(%s) AND needs_decision IS NOT TRUE"
                " ORDER BY id",
                exhausted,
            )
        )
        run_id = run.id if run else None
        return [
            {"case_id": case_id, "event": "decision_needed", "run_id": run_id} for [case_id] in rows
        ]

    def _link_contacts(self, created, entries=()):
        """Return the two log entries of each new contact, linked and still to be stored: planned,
        and the verdict of the rules.

        :param entries: other log entries, which come first
        """
        entries = list(entries)
        for contact_id, row in created:
            base = {"case_id": row["case_id"], "contact_id": contact_id, "run_id": row["run_id"]}
            planned = {"step": row["step_id"], "channel": row["channel_id"], "cycle": row["cycle"]}
            verdict = {
                "rule": row["rule_id"],
                "moment": row["scheduled_on"],
                "state": row["state"],
            }
            entries.append({**base, "event": "planned", "data": planned})
            entries.append({**base, "event": "verdict", "data": verdict})
        return self.env["collections.log"]._link(entries)

    def _store_decisions(self, decisions, run, heads):
        """Keep the decision on each case: what next, or why nothing; and the head of its log."""
        rows = []
        for case_id, (decision, _facts) in decisions.items():
            data = {}
            if decision.rung:
                data["step"] = decision.rung.id
            if decision.hold:
                data["hold"] = decision.hold.reason
            exhausted = bool(decision.exhausted) or None
            rows.append(
                (
                    case_id,
                    decision.reason,
                    decision.until,
                    json.dumps(data) if data else None,
                    exhausted,
                    *heads.get(case_id, (None, None)),
                )
            )
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_case kase
                   SET decision = v.decision, decision_until = v.until,
                       decision_data = v.data, needs_decision = v.exhausted,
                       planned_run_id = %s,
                       log_sequence = coalesce(v.sequence, kase.log_sequence),
                       log_hash = coalesce(v.hash, kase.log_hash)
                  FROM unnest(%s::int[], %s::text[], %s::date[], %s::jsonb[], %s::boolean[],
                              %s::int[], %s::text[])
                       AS v (id, decision, until, data, exhausted, sequence, hash)
                 WHERE kase.id = v.id
                """,
                run.id if run else None,
                *(list(column) for column in zip(*rows, strict=True)),
            )
        )
        self.env["collections.case"].invalidate_model(
            ["decision", "decision_until", "decision_data", "needs_decision", "planned_run_id"]
        )

    # -- right before sending --------------------------------------------------------------------

    @api.model
    def _recheck(self, contacts):
        """Take the decision of each contact again with the facts of this moment.

        The step is judged on the day the contact was planned for (a week-end in between does not
        change it), everything else as it is now.

        :param contacts: contacts of one company
        :return: ``{contact id: reason}`` of those that may not leave any more
        """
        today = self.env["collections.ledger"]._today(contacts.company_id)
        facts = self.env["collections.ledger"]._get_facts(contacts.case_id, today)
        ladders = contacts.step_id.strategy_id._get_ladders()
        refused = {}
        for contact in contacts:
            if contact.case_id.strategy_id != contact.strategy_id:
                refused[contact.id] = ("superseded", None)
                continue
            facts_now = facts[contact.case_id.id]
            if facts_now.last_event and facts_now.last_event >= contact.planned_on:
                refused[contact.id] = ("quiet", None)  # who pays is given time again
                continue
            case_facts = replace(facts_now, pending=False, last_contact=None)
            standing = ladder.longest(ladder.active(case_facts.holds, today))
            if standing:
                refused[contact.id] = ("held", standing.reason)
                continue
            decision = ladder.decide(
                ladders[contact.strategy_id.id],
                self._before(contact, case_facts),
                today=contact.planned_on,
            )
            key = (decision.rung and decision.rung.id, f"{decision.carrier}/{decision.repetition}")
            if not decision.speak:
                reason = "paid" if self._is_paid(contact, case_facts) else decision.reason
                refused[contact.id] = (reason, None)
            elif key != (contact.step_id.id, contact.cycle):
                reason = "paid" if self._is_paid(contact, case_facts) else "superseded"
                refused[contact.id] = (reason, None)
        return refused

    def _before(self, contact, facts):
        """Return the facts as they were before another channel of the same step spoke: of a step
        that goes out through several channels at once, the first does not silence the others."""
        rung, carrier = contact.step_id._to_rung(), int(contact.cycle.split("/")[0])
        spoken = (rung.days, contact.repetition + 1)

        def undo(item):
            if item.id != carrier or (item.position, item.times) != spoken:
                return item
            position = rung.days if contact.repetition else rung.days - 1
            return replace(item, position=position, times=contact.repetition, done_on=None)

        return replace(facts, receivables=tuple(undo(item) for item in facts.receivables))

    def _is_paid(self, contact, facts):
        carrier = int(contact.cycle.split("/")[0])
        return carrier not in {item.id for item in facts.receivables}
