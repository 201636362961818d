import json
import logging
from collections import Counter, defaultdict
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import webhook

_logger = logging.getLogger(__name__)

BATCH = 50  # bodies taken in hand at once
UPDATES = 1_000  # statuses written at once
MAX_ATTEMPTS = 6
KEPT_DAYS = 60
CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.UniqueViolation,
)
CRON = "collections_whatsapp.collections_whatsapp_event_cron"


class CollectionsWhatsappEvent(models.Model):
    """A body that WhatsApp posted, as it came: stored at once, worked on later.

    The work is idempotent and takes bodies in any order: whatever happens to a worker, the body
    is still there. What cannot be routed or understood stays, with the reason.
    """

    _name = "collections.whatsapp.event"
    _description = "WhatsApp Webhook"
    _order = "id desc"
    _rec_name = "summary"

    account_id = fields.Many2one(
        "collections.whatsapp.account", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    body = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        [("new", "To do"), ("done", "Done"), ("unrouted", "Not ours"), ("failed", "Failed")],
        required=True,
        default="new",
        readonly=True,
    )
    summary = fields.Char(readonly=True, help="What it told, and how much of it.")
    detail = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)

    _new_idx = models.Index("(id) WHERE state = 'new'")

    @api.model
    def _store(self, account, body):
        """Keep a signed body and wake the worker."""
        text = body.decode("utf-8", "backslashreplace").replace("\x00", "")
        self.sudo().create(
            {"account_id": account.id, "company_id": account.company_id.id, "body": text}
        )
        self.env.ref(CRON).sudo()._trigger()

    def action_retry(self):
        """Work on bodies again."""
        self.check_access("write")
        self.write({"state": "new", "attempts": 0, "next_try": False})
        self.env.ref(CRON).sudo()._trigger()
        return True

    # -- the worker ------------------------------------------------------------------------------

    @api.model
    def _cron_process(self):
        """Work on what arrived; out of time, the rest goes at the next turn."""
        commit = self.env["ir.cron"]._commit_progress
        while events := self._take():
            done = self._process_safely(events)
            if not commit(done, remaining=self.search_count(self._get_ready_domain(), limit=1000)):
                break

    def _get_ready_domain(self):
        return fields.Domain("state", "=", "new") & (
            fields.Domain("next_try", "=", False)
            | fields.Domain("next_try", "<=", fields.Datetime.now())
        )

    @api.model
    def _take(self, size=BATCH):
        """Return bodies that no other worker has in hand, the oldest first."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM collections_whatsapp_event
                 WHERE state = 'new' AND (next_try IS NULL OR next_try <= %s)
              ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                """,
                fields.Datetime.now(),
                size,
            )
        )
        return self.browse([row[0] for row in rows])

    def _process_safely(self, events):
        """Work on bodies together, and one by one when something is wrong with one of them."""
        try:
            with self.env.cr.savepoint():
                events._process()
            return len(events)
        except CONFLICTS as error:  # a colleague's commit came between: all of it again
            _logger.info("webhooks met another worker: %s", error)
            self.env.cr.rollback()
            return self._process_one_by_one(events)
        except Exception as error:  # noqa: BLE001  (what people send may break anything)
            _logger.info("a webhook of %s could not be worked on: %s", events.ids, error)
            return self._process_one_by_one(events)

    def _process_one_by_one(self, events):
        for event in events:
            event = event.try_lock_for_update().filtered_domain(self._get_ready_domain())
            if not event:
                continue
            try:
                with self.env.cr.savepoint():
                    event._process()
            except CONFLICTS as error:
                self.env.cr.rollback()
                event._put_off(str(error))
            except Exception as error:
                _logger.exception("webhook %s", event.id)
                event._put_off(f"{type(error).__name__}: {error}")
            self.env["ir.cron"]._commit_progress()
        return len(events)

    def _put_off(self, detail):
        """Try again later; a body that fails again and again is kept for a person."""
        for event in self:
            attempts = event.attempts + 1
            minutes = 2**attempts
            event.write(
                {
                    "attempts": attempts,
                    "detail": detail[:500],
                    "state": "failed" if attempts >= MAX_ATTEMPTS else "new",
                    "next_try": fields.Datetime.now() + timedelta(minutes=minutes),
                }
            )

    def _process(self):
        """Do what these bodies tell: statuses of all of them together, the rest one by one."""
        statuses = defaultdict(list)
        for event in self:
            found = event._read()
            routed, unrouted = event._route(found)
            for account, one in routed:
                if one.kind == "status":
                    statuses[account].append(one.data)
            faults = [
                fault
                for account, one in routed
                if one.kind != "status" and (fault := event._work_on(account, one))
            ]
            event._note(found, unrouted, faults)
        for account, rows in statuses.items():
            rows.sort(key=lambda row: row["id"])
            for start in range(0, len(rows), UPDATES):
                account._receive_statuses(rows[start : start + UPDATES])

    def _read(self):
        """Return the events of a body; none when it is no body of WhatsApp's."""
        try:
            return webhook.split(json.loads(self.body))
        except (webhook.BadBody, ValueError, RecursionError) as error:
            self.write({"state": "failed", "detail": f"{type(error).__name__}: {error}"[:500]})
            return []

    def _route(self, found):
        """Return ``([(account, event)], [event that is nobody's here])``.

        The secret that signed the body decides whose numbers it may speak of.
        """
        accounts = self.env["collections.whatsapp.account"]
        secret = self.account_id.sudo().app_secret
        known, routed, unrouted = {}, [], []
        for one in found:
            key = (one.number, "" if one.number else one.waba)
            if key not in known:
                known[key] = (
                    accounts._find_for_number(one.number, secret)
                    if one.number
                    else accounts._find_for_waba(one.waba, secret)
                )
            if known[key]:
                routed.append((known[key], one))
            else:
                unrouted.append(one)
        return routed, unrouted

    def _work_on(self, accounts, one):
        """Do what one event says.

        :return: what has to be tried again, in words, or None
        """
        if one.kind == "message":
            return accounts[:1]._receive_message(one.data, last=self.attempts + 1 >= MAX_ATTEMPTS)
        if one.kind in ("template_status", "template_quality", "template_category"):
            self.env["collections.whatsapp.template"]._receive_news(accounts, one.kind, one.data)
        elif one.kind == "account":
            accounts._receive_account(one.data)
        elif one.kind in ("number_quality", "capability"):
            accounts._receive_quality(one.data)
        return None

    def _note(self, found, unrouted, faults):
        """Write what became of a body."""
        if self.state == "failed":
            return
        counts = Counter(one.kind for one in found)
        values = {
            "summary": ", ".join(f"{kind} × {count}" for kind, count in counts.items())[:250],
            "state": "unrouted" if unrouted and len(unrouted) == len(found) else "done",
        }
        if unrouted:
            numbers = sorted({one.number or one.waba for one in unrouted})
            values["detail"] = ", ".join(numbers)[:500]
        self.write(values)
        if faults:
            self._put_off(faults[0])

    @api.model
    def _erase(self, companies, numbers):
        """Take what these persons wrote, and what was told of them, out of the bodies; one that
        was worked on is of no more use, and goes as a whole."""
        ends = {number[-8:] for number in numbers}
        mentions = fields.Domain.OR([fields.Domain("body", "like", end) for end in ends])
        found = self.search(
            fields.Domain("company_id", "in", companies.ids)
            & fields.Domain("state", "!=", "new")
            & mentions
        )
        done = found.filtered(lambda event: event.state == "done")
        done.unlink()
        for event in found - done:
            event.body = webhook.redact(event.body, numbers)

    @api.autovacuum
    def _gc_events(self):
        """Forget the bodies that were worked on long ago."""
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search([("state", "=", "done"), ("create_date", "<", before)], limit=10_000)
        old.unlink()
        return len(old), len(old) == 10_000
