import json
import secrets
import time
from urllib.parse import urlsplit

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import str2bool

from ..engine.signature import sign
from .collections_webhook_http import Answer, Refused, post

MANAGER = "collections_management.collections_management_group_manager"
# A system parameter: "True" lets webhooks reach this machine and its network.
PRIVATE_PARAMETER = "collections_management.webhook_private_targets"


class CollectionsWebhook(models.Model):
    """An address of another system that is told what happens on the cases of a company."""

    _name = "collections.webhook"
    _description = "Outgoing Webhook"
    _inherit = ["mail.thread", "mail.activity.mixin", "collections.cached.mixin"]
    _order = "name, id"

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    url = fields.Char(string="Address", required=True, help="Takes a POST; http or https.")
    event_ids = fields.Many2many("collections.event", string="Events", required=True)
    secret = fields.Char(
        required=True,
        copy=False,
        groups=MANAGER,
        default=lambda _self: secrets.token_hex(32),
        help="Signs each message, so that the receiver knows it is from here.",
    )
    active = fields.Boolean(default=True)
    delivery_ids = fields.One2many("collections.webhook.delivery", "webhook_id")
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    given_up_count = fields.Integer(string="Given Up", compute="_compute_counts")

    def _compute_counts(self):
        groups = self.env["collections.webhook.delivery"]._read_group(
            [("webhook_id", "in", self.ids), ("state", "!=", "sent")],
            ["webhook_id", "state"],
            ["__count"],
        )
        counts = {(webhook, state): count for webhook, state, count in groups}
        for webhook in self:
            webhook.waiting_count = sum(
                counts.get((webhook, state), 0) for state in ("queued", "failed")
            )
            webhook.given_up_count = counts.get((webhook, "given_up"), 0)

    @api.constrains("url")
    def _check_url(self):
        for webhook in self:
            try:
                parts = urlsplit(webhook.url)
                valid = parts.scheme in ("http", "https") and parts.hostname
                valid = valid and not parts.username and (parts.port is None or parts.port > 0)
            except ValueError:
                valid = False
            if not valid:
                raise ValidationError(
                    self.env._(
                        "%(url)s is not an address a webhook can reach: it starts with https:// or "
                        "http:// and has no user in it.",
                        url=webhook.url,
                    )
                )

    @api.constrains("event_ids")
    def _check_events(self):
        for webhook in self:
            if not webhook.event_ids:
                raise ValidationError(
                    self.env._("Choose at least one event for %(name)s.", name=webhook.name)
                )

    @api.model
    @tools.ormcache()
    def _get_subscriptions(self):
        """Return who wants what, cached: ``((public name, webhook id, company id), ...)``."""
        webhooks = self.sudo().search([("active", "=", True)])
        return tuple(
            (event.code, webhook.id, webhook.company_id.id)
            for webhook in webhooks
            for event in webhook.event_ids
        )

    def _queue(self, event, payload):
        """Queue one message per webhook; returns the deliveries."""
        now = fields.Datetime.now()
        return self.env["collections.webhook.delivery"].create(
            [
                {
                    "webhook_id": webhook.id,
                    "company_id": webhook.company_id.id,
                    "event": event,
                    "payload": {
                        "event": event,
                        "moment": f"{now.isoformat()}Z",
                        "company": {"id": webhook.company_id.id, "name": webhook.company_id.name},
                        **payload,
                    },
                }
                for webhook in self
            ]
        )

    def _post(self, delivery):
        """Send one delivery now and return the ``Answer``."""
        self.ensure_one()
        body = json.dumps(
            delivery.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Odoo-Collections",
            "X-Collections-Event": delivery.event,
            "X-Collections-Delivery": delivery.uuid,
            "X-Collections-Timestamp": str(timestamp),
            "X-Collections-Signature": sign(self.sudo().secret, timestamp, body),
        }
        allow = str2bool(self.env["ir.config_parameter"].sudo().get_param(PRIVATE_PARAMETER), False)
        try:
            return post(self.url, body, headers, allow_private=allow)
        except Refused as refusal:
            return Answer(0, error=self._get_refusals()[str(refusal)])

    def _get_refusals(self):
        """Return ``{why an address is not written to: sentence}``."""
        return {
            "scheme": self.env._("Only http and https addresses are written to."),
            "private": self.env._(
                "The address leads to this machine or to its own network, which webhooks may not "
                "reach."
            ),
        }

    def action_test(self):
        """Send a test message now and show what came back."""
        self.ensure_one()
        self.check_access("write")
        delivery = self.sudo()._queue("test", {"message": self.env._("A test, sent by hand.")})
        answer = delivery._attempt(again=False)
        if answer.taken:
            message = self.env._("Answered %(code)s: %(text)s", code=answer.code, text=answer.text)
        elif answer.code:
            message = self.env._("Refused with %(code)s: %(text)s", code=answer.code,
                                 text=answer.text)  # fmt: skip
        else:
            message = self.env._("No answer: %(error)s", error=answer.error)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if answer.taken else "danger",
                "message": message[:300],
                "sticky": not answer.taken,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_deliveries(self):
        """Open the messages of this webhook."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_webhook_delivery_action"
        )
        return {**action, "domain": [("webhook_id", "=", self.id)], "context": {}}

    def _tell_given_up(self, delivery):
        """Ask the managers to look at it: once, until somebody has."""
        self.ensure_one()
        if self.activity_ids:
            return
        for user in self.company_id._get_collections_managers():
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Messages to %(name)s were given up", name=self.name),
                note=delivery.error,
                user_id=user.id,
            )
