import logging
import time
from contextlib import contextmanager
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.delivery import ChannelDown, next_attempt
from ..engine.flight import Flight

_logger = logging.getLogger(__name__)

# First key of the advisory locks that tell which workers live.
WORKER_LOCK = 0x0C011EC7
BATCH = 100
CONFLICT_RETRIES = 20
CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)


class CollectionsDelivery(models.AbstractModel):
    """Contacts -> channel: claim, check again, render, send, note what became of it.

    A worker takes a batch under a claim number and holds an advisory lock of that number on a
    connection of its own as long as it lives, so the death of a worker is known at once, without
    waiting for a time-out. ``sending`` is committed before the provider is called and the outcome
    right after, together with the ``sending`` of the next one: a crash leaves at most one contact
    (two groups of a channel that sends several at once) whose outcome nobody knows, and that
    becomes ``uncertain`` instead of being sent twice.
    """

    _name = "collections.delivery"
    _description = "Delivery of Contacts"

    @api.model
    def _deliver(self, companies, batch_size=BATCH, on_batch=None):
        """Send everything that may leave now. Commits batch by batch.

        :param companies: deliver only for these
        :param on_batch: called after each batch with the number of contacts taken; a false answer
            stops the work (out of time)
        :return: number of contacts taken in hand
        """
        taken = 0
        self._recover()
        with self._worker() as claim:
            for company in companies:
                self._wake_held(company)
                while contacts := self._claim(company, claim, batch_size):
                    self._deliver_batch(contacts)
                    taken += len(contacts)
                    if on_batch and not on_batch(len(contacts)):
                        return taken
        return taken

    @contextmanager
    def _worker(self):
        """Live under a claim number; its advisory lock dies with the process."""
        self._commit()
        claim = self.env["collections.contact"]._new_claim()
        with self.env.registry.cursor() as guard:
            guard.execute("SELECT pg_advisory_xact_lock(%s, %s)", (WORKER_LOCK, claim))
            yield claim

    def _get_living_sql(self):
        """Return a subquery of the claims whose worker lives."""
        return SQL(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND classid = %s AND objsubid = 2"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            WORKER_LOCK,
        )

    @api.model
    def _recover(self):
        """Take over what dead workers left behind.

        What they had only claimed is free again; what was ``sending`` may or may not have left.
        """
        self.env["collections.contact"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM collections_contact
                 WHERE claim IS NOT NULL AND claim <> 0 AND state IN ('queued', 'sending')
                   AND claim NOT IN (%s)
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                self._get_living_sql(),
            )
        )
        contacts = self.env["collections.contact"].browse([row[0] for row in rows])
        contacts.invalidate_recordset()
        sending = contacts.filtered(lambda contact: contact.state == "sending")
        harmless = sending.filtered(lambda contact: contact._is_transactional())
        (contacts - sending + harmless).write({"state": "queued", "claim": False})
        lost = sending - harmless
        lost.write({"state": "uncertain", "reason": "crashed", "claim": False})
        lost._log("uncertain", {"reason": "crashed"})
        self._commit()
        return lost

    @api.model
    def _is_leaving(self, run):
        """Tell whether a living worker has contacts of a run in hand."""
        rows = self.env.execute_query(
            SQL(
                "SELECT FROM collections_contact WHERE run_id = %s"
                " AND state IN ('queued', 'sending') AND claim IN (%s) LIMIT 1",
                run.id,
                self._get_living_sql(),
            )
        )
        return bool(rows)

    def _wake_held(self, company):
        """Queue again what an obstacle of the house held back, now that it may be gone."""
        contacts = self.env["collections.contact"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "held"),
                ("reason", "in", self._get_obstacle_codes()),
            ]
        )
        for channel, group in contacts.grouped("channel_id").items():
            if not self._get_obstacle(company, channel):
                group.write({"state": "queued", "reason": False, "detail": False})
                group._log("released")
        self._commit()

    def _get_obstacle_codes(self):
        """Extension point: the obstacles that end without anybody touching the contact."""
        return ["no_mail_server", "no_sender", "no_test_address"]

    def _get_obstacle(self, company, channel):
        """Return ``(code, sentence)`` while nothing of a company may leave through a channel."""
        is_test = company.collections_safe_mode and not channel.is_manual
        if is_test and not channel._get_test_address(company):
            return "no_test_address", self.env._(
                "Safe mode is on for %(company)s and no test address is set for %(channel)s.",
                company=company.name,
                channel=channel.name,
            )
        return channel._get_obstacle(company)

    @api.model
    def _claim(self, company, claim, size):
        """Take a batch of one company and channel in hand and commit; others skip it."""
        self.env["collections.contact"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH first AS (
                    SELECT channel_id FROM collections_contact
                     WHERE %(ready)s ORDER BY scheduled_on, id LIMIT 1
                       FOR NO KEY UPDATE SKIP LOCKED
                ), taken AS (
                    SELECT id FROM collections_contact
                     WHERE %(ready)s AND channel_id = (SELECT channel_id FROM first)
                  ORDER BY scheduled_on, id LIMIT %(size)s
                       FOR NO KEY UPDATE SKIP LOCKED
                )
                UPDATE collections_contact contact SET claim = %(claim)s
                  FROM taken WHERE contact.id = taken.id
             RETURNING contact.id
                """,
                ready=SQL(
                    "company_id = %s AND state = 'queued' AND scheduled_on <= %s"
                    " AND (claim IS NULL OR claim = 0)",
                    company.id,
                    fields.Datetime.now(),
                ),
                size=size,
                claim=claim,
            )
        )
        contacts = self.env["collections.contact"].browse(sorted(row[0] for row in rows))
        contacts.invalidate_recordset()
        self._commit()
        return contacts

    def _deliver_batch(self, contacts):
        """Check, render and send a claimed batch of one company and channel."""
        channel = contacts.channel_id
        if not channel.active:  # the next run finds another way to the debtor
            contacts._skip("channel_archived")
            self._commit()
            return
        contacts = self._drop_hindered(contacts)
        if not contacts:
            self._commit()
            return
        contacts = self._drop_refused(contacts)
        contacts = self._drop_untimely(contacts)
        contacts = contacts._drop_outdated()
        contents = self._prepare_contents(contacts, channel)
        contacts = contacts.filtered(lambda contact: contact.id in contents)
        self._commit()
        if not contacts:
            return
        try:
            with channel._session(contacts) as session:
                self._send_all(contacts, contents, channel, session)
        except ChannelDown as error:
            self._postpone(contacts, str(error))
        self._commit()

    def _drop_hindered(self, contacts):
        """Extension point: hold the contacts of one company and channel that an obstacle keeps
        back, and return those that may leave."""
        if obstacle := self._get_obstacle(contacts.company_id, contacts.channel_id):
            contacts._hold(*obstacle)
            return contacts.browse()
        return contacts

    def _drop_refused(self, contacts):
        """Skip the contacts whose decision does not stand any more, saying why."""
        archived = contacts.filtered(lambda contact: not contact.partner_id.active)
        archived._skip("archived")
        contacts = (contacts - archived)._drop_unwanted()
        planned = contacts.filtered(lambda contact: contact.step_id and contact.cycle)
        if not planned:
            return contacts
        refused = self.env["collections.planner"]._recheck(planned)
        for contact in planned.browse(refused):
            contact._skip(*refused[contact.id])
        return contacts - planned.browse(refused)

    def _drop_untimely(self, contacts):
        """Put contacts back whose allowed moment is not now: a clock changed, a worker was late."""
        if not contacts or contacts.channel_id.is_manual:
            return contacts
        now = fields.Datetime.now()
        code = contacts.channel_id.code
        rules = self.env["collections.contact.rule"]
        verdicts = rules._get_verdicts(
            contacts.case_id, dict.fromkeys(contacts.case_id.ids, code), now,
            self.env["collections.ledger"]._get_history(contacts.case_id),
        )  # fmt: skip
        for contact in contacts:
            moment = verdicts[contact.case_id.id].moment
            if moment is None:
                contact._hold("refused_by_rule")
                contacts -= contact
            elif moment.replace(tzinfo=None) > now + timedelta(minutes=1):
                contact.write({"scheduled_on": moment.replace(tzinfo=None), "claim": False})
                contact._log("verdict", {"moment": fields.Datetime.to_string(contact.scheduled_on)})
                contacts -= contact
        return contacts

    def _prepare_contents(self, contacts, channel):
        """Render a batch; one text that breaks stops its own contact only."""
        company = contacts.company_id
        safe = company.collections_safe_mode and not channel.is_manual
        contacts.filtered(lambda contact: contact.safe_mode != safe).write({"safe_mode": safe})
        try:
            with self.env.cr.savepoint():
                contents = channel._render(contacts)
        except Exception:  # noqa: BLE001  (a text may raise anything)
            contents = self._render_one_by_one(contacts, channel)
        for contact in contacts.filtered(lambda contact: contact.id in contents):
            content = contents[contact.id]
            if safe:
                content["subject"] = self.env._(
                    "[Test, for %(address)s] %(subject)s",
                    address=content["address"] or contact.partner_id.display_name,
                    subject=content["subject"],
                )
                content["address"] = channel._get_test_address(company)
        return contents

    def _render_one_by_one(self, contacts, channel):
        contents = {}
        for contact in contacts:
            try:
                with self.env.cr.savepoint():
                    contents.update(channel._render(contact))
            except Exception as error:  # noqa: BLE001  (a text may raise anything)
                _logger.info("contact %s cannot be rendered: %s", contact.id, error)
                contact._hold("render_error", str(error)[:500])
        return contents

    def _send_all(self, contacts, contents, channel, session):
        """Send group by group: the outcomes of each and the ``sending`` of the next share a
        commit."""
        self._insist(self._create_messages, contacts, contents, channel)
        self._prepare_sending(contacts, contents, channel)
        if contacts[:1]._is_transactional():
            send = channel._get_verb("send")
            for contact in contacts:
                self._insist(self._send_at_once, contact, contents[contact.id], send, session)
            return
        size = channel._get_group_size()
        with Flight(channel._get_verb("send"), size) as flight:
            outcomes = {}
            for start in range(0, len(contacts), size):
                group = contacts[start : start + size]
                leaving = self._insist(self._turn_to, group, contents, outcomes)
                if down := self._find_down(outcomes):
                    self._insist(self._postpone, contacts[start:], down.message)
                    outcomes = {}
                    break
                if leaving:
                    channel._space(leaving, session)
                flight.start({one: (one, contents[one.id], session) for one in leaving})
                outcomes = flight.land()
            outcomes |= flight.land_all()
            self._insist(self._turn_to, contacts.browse(), contents, outcomes)

    def _prepare_sending(self, contacts, contents, channel):
        """Read for the whole batch what each message needs between two commits."""
        climbs = self.env["collections.position"]._prepare_climbs(contacts)
        for contact in contacts:
            contents[contact.id].update(tone=contact._get_tone(), climb=climbs[contact.id])
        channel._prepare(contacts, contents)
        for contact in contacts:
            contents[contact.id]["cost"] = channel._get_cost(contact, contents[contact.id])

    def _find_down(self, outcomes):
        """Return the outcome that tells that the channel is unreachable, or None."""
        return next((outcome for outcome in outcomes.values() if outcome.down), None)

    def _turn_to(self, group, contents, outcomes):
        """Note what became of the contacts before and that the next ones are about to leave.

        :param outcomes: ``{contact: Outcome}``
        :return: those that may leave: a person may have taken one back since the batch was claimed
        """
        group.union(*outcomes).fetch(self._get_sending_fields())
        entries = []
        for contact, outcome in outcomes.items():
            entries += self._apply(contact, outcome, contents[contact.id])
        leaving = group.filtered(lambda contact: contact.state == "queued")
        if self._find_down(outcomes):
            leaving = group.browse()
        entries += [self._get_sending_entry(contact, contents[contact.id]) for contact in leaving]
        logs = self.env["collections.log"]._append(entries)
        self._mark_sending(leaving, contents, logs[len(logs) - len(leaving) :])
        return leaving

    def _get_sending_fields(self):
        """Return the fields read of each contact between two commits, in one query."""
        return [
            "state", "attempts", "case_id", "run_id", "company_id", "step_id", "safe_mode",
            "channel_id", "cycle", "repetition", "reference",
        ]  # fmt: skip

    def _send_at_once(self, contact, content, send, session):
        """Send through a channel that lives in our own transaction: all of it or nothing."""
        if contact.state != "queued":
            return
        logs = self.env["collections.log"]._append([self._get_sending_entry(contact, content)])
        self._mark_sending(contact, {contact.id: content}, logs)
        outcome = send(contact, content, session)
        self.env["collections.log"]._append(self._apply(contact, outcome, content))

    def _insist(self, work, *args):
        """Do work on the database only and commit; again when a colleague's commit came between.

        What is known about a message must not get lost because somebody wrote on its case.
        """
        for attempt in range(CONFLICT_RETRIES):
            try:
                result = work(*args)
                self._commit()
                return result
            except CONFLICTS:
                self.env.cr.rollback()
                if attempt + 1 == CONFLICT_RETRIES:
                    raise
                time.sleep(0.02 * (attempt + 1))
        return None

    def _create_messages(self, contacts, contents, channel):
        """Put what is about to leave on the case, so that an answer finds its way back."""
        prepare = getattr(channel, f"_{channel.kind}_prepare_message_vals", None)
        fresh = contacts.filtered(lambda contact: not contact.mail_message_id)
        if not prepare or not fresh:
            return
        messages = self.env["mail.message"].create(
            [prepare(contact, contents[contact.id]) for contact in fresh]
        )
        for contact, message in zip(fresh, messages, strict=True):
            contact.mail_message_id = message

    def _get_sending_entry(self, contact, content):
        """Return the log entry of a contact about to leave, with exactly what it says."""
        return {
            **self._get_entry(contact, "sending"),
            "data": {"attempt": contact.attempts + 1, "safe_mode": contact.safe_mode},
            "content": {name: content[name] for name in ("subject", "body", "address")},
        }

    def _get_entry(self, contact, event, **data):
        """Return a log entry of a contact."""
        return {
            "case_id": contact.case_id.id,
            "contact_id": contact.id,
            "run_id": contact.run_id.id or None,
            "event": event,
            "data": data,
        }

    def _mark_sending(self, contacts, contents, logs):
        """Note that contacts are about to leave, each with its log entry."""
        if not contacts:
            return
        kept = self.env["collections.log.content"].search_fetch(
            [("log_id", "in", logs.ids)], ["log_id"]
        )
        kept_of = {content.log_id.id: content.id for content in kept}
        for contact, log in zip(contacts, logs, strict=True):
            content = contents[contact.id]
            contact.write(
                {
                    "state": "sending",
                    "attempts": contact.attempts + 1,
                    "address": content["address"] or False,
                    "tone": content["tone"],
                    "content_id": kept_of.get(log.id, False),
                }
            )

    def _apply(self, contact, outcome, content):
        """Write what became of a contact.

        :return: the log entries of it
        """
        data = {"code": outcome.code} if outcome.code else {}
        if outcome.state in ("sent", "uncertain"):
            contact.cost = content["cost"]
        if outcome.state == "sent":
            contact._mark_sent(outcome.reference, content["climb"])
            return [self._get_entry(contact, "sent", **data)]
        if outcome.state == "uncertain":
            self._give_back(contact, "uncertain", outcome)
            return [self._get_entry(contact, "uncertain", **data)]
        if outcome.state == "retry":
            if outcome.down:  # not this contact's fault: not counted
                contact.attempts -= 1
            if moment := next_attempt(max(contact.attempts, 1), fields.Datetime.now()):
                self._give_back(contact, "queued", outcome)
                contact.scheduled_on = moment
                again = fields.Datetime.to_string(moment)
                return [self._get_entry(contact, "queued", again=again, **data)]
        self._give_back(contact, "failed", outcome)
        self._fall_back(contact)
        return [self._get_entry(contact, "failed", **data)]

    def _give_back(self, contact, state, outcome):
        contact.write(
            {
                "state": state,
                "reason": outcome.code,
                "detail": outcome.message[:500],
                "claim": False,
            }
        )

    def _postpone(self, contacts, message):
        """Put back what could not leave because the channel is down; no attempt is counted."""
        contacts = contacts.filtered(lambda contact: contact.state == "queued")
        moment = next_attempt(1, fields.Datetime.now())
        contacts.write(
            {
                "reason": "channel_down",
                "detail": message[:500],
                "scheduled_on": moment,
                "claim": False,
            }
        )
        contacts._log("queued", {"code": "channel_down", "again": str(moment)})

    @api.model
    def _fall_back(self, contact):
        """Reach the debtor of a failed contact otherwise: the next person through the same channel
        when it was the address that failed, the next channel of the step, the last that worked, at
        last a task for the collector. Never an address or another channel that was tried already.
        """
        if not contact.step_id or contact.channel_id.is_manual:
            return self.env["collections.contact"]
        case = contact.case_id
        spoken = contact._get_spoken()[contact] | contact
        for channel in self._get_ways(contact, spoken.channel_id):
            address = channel._get_addresses(
                case, contact.step_id.role, without=spoken._get_used_addresses(channel)
            ).get(case.id)
            if address:
                turn = spoken._get_next_turn(channel)
                return self._create_fallback(contact, channel, address, turn)
        return contact.browse()

    def _get_ways(self, contact, tried):
        """Return the channels that a failed contact may fall back to, in order.

        :param tried: channels the step went through already
        """
        channels = contact.step_id._get_channels()
        worked = self.env["collections.planner"]._get_worked(contact.case_id.ids)
        channels |= worked.get(contact.case_id.id, channels.browse())
        channels |= channels._get_task_channel()
        # In safe mode it was the test address that failed, whoever the message was for.
        another = contact.reason in self._get_address_faults() and not contact.safe_mode
        return (contact.channel_id if another else channels.browse()) | (channels - tried)

    def _get_address_faults(self):
        """Extension point: the reasons of failure that are the address's own: another person may
        be reached through the same channel."""
        return ("bounced", "recipient_refused", "invalid_address")

    def _create_fallback(self, contact, channel, address, turn):
        names = [
            "step_id", "carrier_id", "cycle", "repetition", "planned_on", "amount", "facts",
            "rule_id", "run_id", "case_id", "company_id",
        ]  # fmt: skip
        if channel == contact.channel_id:  # the same message, also where a person wrote it
            names += ["custom_subject", "custom_body", "custom_totals"]
        values = contact.read(names, load=None)[0]
        values.pop("id")
        fallback = contact.create(
            {
                **values,
                "channel_id": channel.id,
                "turn": turn,
                "parent_id": contact.id,
                "address": address,
                "state": "queued",
                "reason": "no_address" if channel.is_manual else False,
                "scheduled_on": fields.Datetime.now(),
            }
        )
        data = {"falls_back_for": contact.id, "channel": channel.id}
        fallback._log("planned", data | ({"turn": turn} if turn else {}))
        return fallback

    def _commit(self):
        """Commit, and start the next transaction with nothing cached."""
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _cron_deliver(self):
        """Send what is due, for every company; out of time, the rest goes at the next turn."""
        companies = self.env["res.company"].search([("collections_active", "=", True)])
        left = self.env["ir.cron"]._commit_progress

        def on_batch(count):
            return left(count) > 30

        try:
            self._deliver(companies, on_batch=on_batch)
        except (psycopg2.errors.SerializationFailure, psycopg2.errors.LockNotAvailable) as error:
            self.env.cr.rollback()
            _logger.info("delivery met another worker and goes on at its next turn: %s", error)
        except UserError:
            self.env.cr.rollback()
            raise
