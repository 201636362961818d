import json
import logging
import random
import time
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.backoff import next_attempt
from .collections_delivery import CONFLICTS

_logger = logging.getLogger(__name__)

# Seconds one turn of the scheduled job sends for; what is left goes at the next.
TURN = 50
KEPT_DAYS = 30


class CollectionsWebhookDelivery(models.Model):
    """One message to another system: sent by the scheduled job until it is taken or given up.

    At least once: after a crash it may arrive again, under the same ``uuid``.
    """

    _name = "collections.webhook.delivery"
    _description = "Message of a Webhook"
    _order = "id desc"
    _rec_name = "event"

    webhook_id = fields.Many2one(
        "collections.webhook", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    event = fields.Char(required=True, readonly=True)
    uuid = fields.Char(
        string="Delivery",
        required=True,
        readonly=True,
        copy=False,
        default=lambda _self: str(uuid.uuid4()),
        help="The same at each attempt: the receiver knows what it has had already.",
    )
    payload = fields.Json(required=True, readonly=True)
    payload_text = fields.Text(string="Message", compute="_compute_payload_text")
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("sent", "Sent"),
            ("failed", "Failed, tried again"),
            ("given_up", "Given up"),
        ],
        required=True,
        readonly=True,
        default="queued",
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    queued_on = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    next_try = fields.Datetime(readonly=True, default=fields.Datetime.now)
    response_code = fields.Integer(string="Answer", readonly=True, aggregator=None)
    response_text = fields.Char(string="What It Said", readonly=True)
    error = fields.Char(readonly=True)

    _due_idx = models.Index("(next_try) WHERE state IN ('queued', 'failed')")

    @api.depends("payload")
    def _compute_payload_text(self):
        for delivery in self:
            delivery.payload_text = json.dumps(delivery.payload, indent=2, ensure_ascii=False)

    def action_send_again(self):
        """Queue these messages again, as if they were new; the same deliveries to the receiver."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_manager"
        ):
            raise UserError(self.env._("A collections manager sends messages again."))
        self.check_access("read")
        now = fields.Datetime.now()
        self.sudo().write(
            {"state": "queued", "attempts": 0, "queued_on": now, "next_try": now, "error": False}
        )
        self.env.ref("collections_management.collections_webhook_cron").sudo()._trigger()
        return True

    def _attempt(self, again=True):
        """Send this message once and note what came of it.

        :param again: whether it is tried later when it fails
        :return: the ``Answer``
        """
        self.ensure_one()
        answer = self.webhook_id._post(self)
        now = fields.Datetime.now()
        values = {
            "attempts": self.attempts + 1,
            "response_code": answer.code,
            "response_text": answer.text[:500] or False,
            "error": answer.error or False,
        }
        if answer.taken:
            self.write({**values, "state": "sent", "next_try": False, "error": False})
            return answer
        values["error"] = answer.error or self._explain_refusal(answer.code)
        moment = again and next_attempt(self.attempts + 1, self.queued_on, now, random.random())
        self.write({**values, "state": "failed" if moment else "given_up", "next_try": moment})
        if again and not moment:
            self.webhook_id._tell_given_up(self)
        return answer

    def _explain_refusal(self, code):
        if 300 <= code < 400:
            return self.env._("Answered %(code)s: redirects are not followed.", code=code)
        return self.env._("Answered %(code)s.", code=code)

    @api.model
    def _claim(self, skipped):
        """Return the next message that is due, locked for this worker; others skip it.

        :param skipped: webhook ids that are not tried any more in this turn
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT delivery.id FROM collections_webhook_delivery delivery
                  JOIN collections_webhook webhook ON webhook.id = delivery.webhook_id
                 WHERE delivery.state IN ('queued', 'failed') AND delivery.next_try <= %s
                   AND webhook.active AND NOT webhook.id = ANY(%s)
              ORDER BY delivery.next_try, delivery.id LIMIT 1
                   FOR UPDATE OF delivery SKIP LOCKED
                """,
                fields.Datetime.now(),
                list(skipped),
            )
        )
        delivery = self.browse([row[0] for row in rows])
        delivery.invalidate_recordset()
        return delivery

    @api.model
    def _cron_send(self, seconds=TURN):
        """Send what is due, one commit per message. A target that does not answer is left alone
        until the next turn, so that it holds up nobody else."""
        commit = self.env["ir.cron"]._commit_progress
        end = time.monotonic() + seconds
        skipped = set()
        while time.monotonic() < end:
            try:
                delivery = self._claim(skipped)
                if not delivery:
                    break
                if not delivery._attempt().taken:
                    skipped.add(delivery.webhook_id.id)
                if commit(1) <= 0:
                    break
            except CONFLICTS as error:  # a colleague's commit came between
                self.env.cr.rollback()
                _logger.info("a message of a webhook goes on at its next turn: %s", error)

    @api.autovacuum
    def _gc_sent(self):
        """Forget what was sent long ago."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("state", "=", "sent"), ("queued_on", "<", limit)], limit=10000).unlink()
