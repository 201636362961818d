import logging

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.delivery import Outcome, next_attempt

_logger = logging.getLogger(__name__)

BATCH = 50


class CollectionsConversationMessage(models.Model):
    """Sending what is to be said, conversation by conversation and in its order.

    The rules of ``collections.delivery`` hold: a worker lives under a claim number whose advisory
    lock dies with it, ``sending`` is committed before the provider is called, and of what a dead
    worker was sending nobody knows: it becomes ``uncertain``, it is not said twice.
    """

    _inherit = "collections.conversation.message"

    @api.model
    def _deliver(self, batch_size=BATCH, on_batch=None):
        """Send all that is to be said now. Commits message by message.

        :param on_batch: called after each batch with the number of messages taken; a false answer
            stops the work (out of time)
        :return: number of messages taken in hand
        """
        taken = 0
        delivery = self.env["collections.delivery"]
        self._recover()
        with delivery._worker() as claim:
            while messages := self._claim(claim, batch_size):
                for message in messages:
                    self._deliver_one(message)
                taken += len(messages)
                if on_batch and not on_batch(len(messages)):
                    break
        return taken

    @api.model
    def _recover(self):
        """Take over what dead workers left behind."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM collections_conversation_message
                 WHERE claim IS NOT NULL AND claim <> 0 AND state IN ('queued', 'sending')
                   AND claim NOT IN (%s)
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                self.env["collections.delivery"]._get_living_sql(),
            )
        )
        messages = self.browse([row[0] for row in rows])
        messages.invalidate_recordset()
        lost = messages.filtered(lambda message: message.state == "sending")
        (messages - lost).write({"claim": False})
        lost._fail("crashed", "", "uncertain")
        self.env["collections.delivery"]._commit()
        return lost

    @api.model
    def _claim(self, claim, size):
        """Take the next messages of some conversations in hand and commit; others skip them.

        A conversation is one worker's at a time, and waits behind its first message.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH taken AS (
                    SELECT talk.id FROM collections_conversation talk
                     WHERE EXISTS (
                           SELECT FROM collections_conversation_message said
                            WHERE said.conversation_id = talk.id AND said.state = 'queued')
                       AND NOT EXISTS (
                           SELECT FROM collections_conversation_message said
                            WHERE said.conversation_id = talk.id
                              AND (said.state = 'sending' OR said.state = 'queued'
                                   AND (coalesce(said.claim, 0) <> 0 OR said.scheduled_on > %s)))
                  ORDER BY talk.id LIMIT %s
                       FOR NO KEY UPDATE SKIP LOCKED
                )
                UPDATE collections_conversation_message said SET claim = %s
                  FROM taken WHERE said.conversation_id = taken.id AND said.state = 'queued'
             RETURNING said.id
                """,
                fields.Datetime.now(),
                size,
                claim,
            )
        )
        messages = self.browse(sorted(row[0] for row in rows))
        messages.invalidate_recordset()
        self.env["collections.delivery"]._commit()
        return messages

    def _deliver_one(self, message):
        """Say one thing: ``sending`` is committed, the provider called, the outcome committed."""
        insist = self.env["collections.delivery"]._insist
        if not insist(self._begin_sending, message):
            return
        try:
            outcome = message.channel_id._reply(message)
        except Exception as error:
            _logger.exception("message %s of a conversation", message.id)
            self.env.cr.rollback()
            outcome = Outcome("uncertain", "fault", str(error))
        insist(self._note_outcome, message, outcome)

    def _begin_sending(self, message):
        """Write down that a message is about to leave, and the words in the log.

        :return: whether it may leave
        """
        conversation = message.conversation_id
        if message.state != "queued":
            return False
        earlier = self.search_count(
            [("conversation_id", "=", conversation.id), ("direction", "=", "out"),
             ("id", "<", message.id), ("state", "in", ("queued", "sending"))], limit=1,
        )  # fmt: skip
        if earlier:  # it waits behind one that has to be tried again
            message.claim = False
            return False
        fault = conversation._get_say_fault()
        if fault and not (message.kind == "template" and fault[0] == "window_closed"):
            message._fail(*fault)
            return False
        message.write(
            {"state": "sending", "attempts": message.attempts + 1, "moment": fields.Datetime.now()}
        )
        message._log_out()
        return True

    def _log_out(self):
        """Keep the words of a message in the log of the case, once."""
        if not self.is_logged and self.conversation_id.case_id:
            self.conversation_id.with_user(self.user_id or self.env.user).sudo()._log(
                "conversation_out", {"message": self.id}, {"body": self._get_words()}
            )
            self.is_logged = True

    def _get_words(self):
        """Return all that the other one reads of a message."""
        titles = [option["title"] for option in self.options or []]
        parts = [self.body or "", *(f"[{title}]" for title in titles), self.url or ""]
        return "\n".join(part for part in parts if part)

    def _note_outcome(self, message, outcome):
        """Write what became of a message."""
        message.fetch(["state", "attempts", "external_id", "conversation_id"])
        if outcome.reference and not message.external_id:
            message.external_id = outcome.reference
        if outcome.state == "sent":
            if message.state in ("sending", "uncertain"):
                message.write({"state": "sent", "claim": False, "reason": False, "detail": False})
            message.conversation_id._touch_outbound(message.moment)
            return
        if message.state != "sending":  # the provider's own word came first
            return
        if outcome.state == "retry" and (
            moment := next_attempt(message.attempts, fields.Datetime.now())
        ):
            message.write(
                {
                    "state": "queued",
                    "scheduled_on": moment,
                    "reason": outcome.code,
                    "detail": outcome.message[:500],
                    "claim": False,
                }
            )
            return
        state = "uncertain" if outcome.state == "uncertain" else "failed"
        message._fail(outcome.code or "provider", outcome.message, state)

    @api.model
    def _cron_deliver(self):
        """Send what is to be said; out of time, the rest goes at the next turn."""
        left = self.env["ir.cron"]._commit_progress

        def on_batch(count):
            return left(count) > 30

        try:
            self._deliver(on_batch=on_batch)
        except (psycopg2.errors.SerializationFailure, psycopg2.errors.LockNotAvailable) as error:
            self.env.cr.rollback()
            _logger.info("conversations met another worker and go on later: %s", error)
        waiting = self.search([("state", "=", "queued")], order="scheduled_on", limit=1)
        if waiting:
            cron = self.env.ref("collections_management.collections_conversation_cron_deliver")
            cron._trigger(waiting.scheduled_on)
