import re
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_datetime

from odoo.addons.collections_management.engine.connection import is_safe

from ..engine.limits import read_tier
from ..engine.phone import canonical
from .whatsapp_graph import Graph

VERSION = re.compile(r"v\d{2}\.\d")
REST_HOURS = {"quality": 4, "slow": 1}
SLOW_FACTOR = 4
FIELDS = "quality_rating,throughput,whatsapp_business_manager_messaging_limit,display_phone_number"


class CollectionsWhatsappAccount(models.Model):
    """A number of a company at the WhatsApp Business Cloud API, and how it is.

    ``ok`` sends at its full pace; ``slowed`` at a quarter of it until a moment; ``stopped`` sends
    nothing, until a moment when WhatsApp set one, else until a person has looked.
    """

    _name = "collections.whatsapp.account"
    _description = "WhatsApp Account"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    phone_number_id = fields.Char(
        "Phone Number ID", required=True, copy=False, help="Meta's identifier, not the number."
    )
    waba_id = fields.Char("Business Account ID", required=True)
    phone = fields.Char(readonly=True, help="The number that debtors see.")
    token = fields.Char(groups="base.group_system", copy=False)
    app_secret = fields.Char(groups="base.group_system", copy=False)
    verify_token = fields.Char(
        groups="base.group_system", copy=False, default=lambda _self: secrets.token_urlsafe(24)
    )
    webhook_key = fields.Char(
        groups="base.group_system",
        copy=False,
        readonly=True,
        required=True,
        default=lambda _self: secrets.token_urlsafe(24),
    )
    webhook_url = fields.Char(
        "Webhook URL", compute="_compute_webhook_url", groups="base.group_system"
    )
    api_version = fields.Char("API Version", required=True, default="v24.0")
    base_url = fields.Char(
        "API Address",
        required=True,
        default="https://graph.facebook.com",
        groups="base.group_system",
    )
    state = fields.Selection(
        [("ok", "In order"), ("slowed", "Slowed down"), ("stopped", "Stopped")],
        required=True,
        default="ok",
        readonly=True,
        tracking=True,
    )
    reason = fields.Char(readonly=True, tracking=True, help="What WhatsApp said.")
    resume_on = fields.Datetime("Until", readonly=True, help="Empty: until a person has looked.")
    quality = fields.Char(readonly=True)
    tier = fields.Char("Messaging Limit", readonly=True)
    throughput = fields.Integer("Messages per Second", default=80, required=True)
    test_number = fields.Char(help="In safe mode every message goes to this phone.")
    ttl_hours = fields.Integer(
        "Undelivered after (Hours)",
        default=12,
        help="A template that did not reach the phone by then is not delivered any more. It is "
        "set when a template is submitted: 12 hours at most.",
    )
    recheck_hours = fields.Integer(
        "Ask About Templates Again after (Hours)",
        default=6,
        required=True,
        help="Before a batch leaves, WhatsApp is asked whether its template is still approved and "
        "what it is charged as, when the last answer is older. 0: before every batch.",
    )
    checked_on = fields.Datetime(readonly=True)

    _number_unique = models.UniqueIndex(
        "(phone_number_id) WHERE active", "This phone number ID has an account already."
    )
    _key_unique = models.Constraint("UNIQUE (webhook_key)", "A webhook key is one account's.")
    _throughput_positive = models.Constraint(
        "CHECK (throughput BETWEEN 1 AND 1000)", "Between 1 and 1000 messages leave per second."
    )
    _ttl_sane = models.Constraint(
        "CHECK (ttl_hours BETWEEN 1 AND 12)", "Between 1 and 12 hours, WhatsApp says."
    )

    _recheck_sane = models.Constraint(
        "CHECK (recheck_hours BETWEEN 0 AND 168)", "Between 0 and 168 hours."
    )

    def _compute_webhook_url(self):
        for account in self:
            key = account.sudo().webhook_key
            account.webhook_url = f"{account.get_base_url()}/collections_whatsapp/webhook/{key}"

    @api.constrains("base_url", "api_version")
    def _check_address(self):
        for account in self.sudo():
            if not is_safe(account.base_url):
                raise ValidationError(
                    self.env._("The API address of %(name)s starts with https://.",
                               name=account.name)
                )  # fmt: skip
            if not VERSION.fullmatch(account.api_version):
                raise ValidationError(
                    self.env._("The API version of %(name)s looks like v24.0.", name=account.name)
                )

    @api.constrains("phone_number_id", "waba_id")
    def _check_ids(self):
        for account in self:
            if not (account.phone_number_id + account.waba_id).isdecimal():
                raise ValidationError(
                    self.env._("Meta's identifiers of %(name)s are numbers.", name=account.name)
                )

    @api.constrains("test_number")
    def _check_test_number(self):
        for account in self:
            if account.test_number and not canonical(account.test_number):
                raise ValidationError(
                    self.env._(
                        "The test number of %(name)s starts with + and the country code.",
                        name=account.name,
                    )
                )

    # -- choosing --------------------------------------------------------------------------------

    @api.model
    def _get_for(self, company):
        """Extension point: the account a company writes from, or an empty record."""
        return self.sudo().search([("company_id", "=", company.id)], limit=1)

    def _get_test_address(self):
        """Return the canonical test number, or None."""
        return canonical(self.test_number)

    def _connect(self):
        """Return the :class:`Graph` of the account."""
        self.ensure_one()
        account_sudo = self.sudo()
        return Graph(account_sudo.base_url, account_sudo.api_version, account_sudo.token or "")

    # -- how it is -------------------------------------------------------------------------------

    def _get_obstacle(self):
        """Return ``(code, sentence)`` while nothing may leave, else None."""
        self.ensure_one()
        account_sudo = self.sudo()
        if not account_sudo.token:
            return "whatsapp_no_account", self.env._("%(name)s has no token.", name=self.name)
        if self._is_stopped():
            return "whatsapp_stopped", self.env._(
                "%(name)s is stopped: %(reason)s", name=self.name, reason=self.reason or ""
            )
        if self.company_id.collections_safe_mode and not self._get_test_address():
            return "whatsapp_no_account", self.env._(
                "Safe mode is on and %(name)s has no test number.", name=self.name
            )
        limit = read_tier(self.tier) if self.tier else None
        if limit and self._count_reached() >= limit:
            return "whatsapp_tier", self.env._(
                "%(name)s has written to %(limit)s persons in 24 hours: WhatsApp allows no more.",
                name=self.name,
                limit=limit,
            )
        return None

    def _is_stopped(self):
        ended = self.resume_on and self.resume_on <= fields.Datetime.now()
        return self.state == "stopped" and not ended

    def _count_reached(self):
        """Return how many persons the business account wrote to in the last 24 hours."""
        companies = self.sudo().search([("waba_id", "=", self.waba_id)]).company_id
        since = fields.Datetime.now() - timedelta(hours=24)
        [[count]] = self.env["collections.contact"].sudo()._read_group(
            [
                ("channel_id.kind", "=", "whatsapp"),
                ("company_id", "in", companies.ids),
                ("sent_on", ">", since),
            ],
            [],
            ["address:count_distinct"],
        )  # fmt: skip
        return count

    def _get_pace(self):
        """Return how many messages a second may leave, of all workers together."""
        slowed = self.state == "slowed" and (self.resume_on or fields.Datetime.now()) >= (
            fields.Datetime.now()
        )
        return self.throughput / SLOW_FACTOR if slowed else self.throughput

    def _note_fault(self, fault):
        """Slow down or stop, as a fault of WhatsApp asks for, and tell a person of a stop."""
        self.ensure_one()
        if fault.kind in ("setup", "account"):
            self._stop(fault.message)
        elif fault.kind == "quality":
            self._stop(fault.message, hours=REST_HOURS["quality"])
        elif fault.kind == "slow":
            self._slow_down(fault.message)

    def _stop(self, reason, hours=None):
        """Send nothing until so many hours have passed, or until a person has looked."""
        now = fields.Datetime.now()
        until = now + timedelta(hours=hours) if hours else False
        self.sudo().write({"state": "stopped", "reason": reason, "resume_on": until})
        if hours or self.sudo().activity_ids:
            return
        for user in self.company_id._get_collections_managers():
            self.sudo().activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("WhatsApp is stopped: %(name)s", name=self.name),
                note=reason,
                user_id=user.id,
            )

    def _slow_down(self, reason):
        if self.state == "stopped":
            return
        until = fields.Datetime.now() + timedelta(hours=REST_HOURS["slow"])
        self.sudo().write({"state": "slowed", "reason": reason, "resume_on": until})

    def _resume(self):
        self.sudo().write({"state": "ok", "reason": False, "resume_on": False})

    # -- what a person does ----------------------------------------------------------------------

    def action_check(self):
        """Ask WhatsApp about the number, show what it said, and go on when all is well."""
        self.ensure_one()
        self.check_access("write")
        if not self.sudo().token:
            raise UserError(self.env._("%(name)s has no token yet.", name=self.name))
        with self._connect() as graph:
            reply = graph.call("GET", self.phone_number_id, params={"fields": FIELDS})
        if reply.fault:
            self._note_fault(reply.fault)
            return self._notify("danger", reply.fault.message)
        self._read_number(reply.data)
        self._resume()
        self.activity_ids.action_done()
        return self._notify(
            "success",
            self.env._("%(phone)s answers. Quality: %(quality)s.", phone=self.phone or self.name,
                       quality=self.quality or "?"),
        )  # fmt: skip

    def _read_number(self, data):
        """Write what WhatsApp tells of the number."""
        throughput = data.get("throughput")
        level = throughput.get("level") if isinstance(throughput, dict) else None
        values = {
            "phone": canonical(data.get("display_phone_number")) or self.phone,
            "quality": data.get("quality_rating") or self.quality,
            "tier": data.get("whatsapp_business_manager_messaging_limit") or self.tier,
            "checked_on": fields.Datetime.now(),
        }
        if level == "HIGH":
            values["throughput"] = 1000
        self.sudo().write(values)

    def action_sync_templates(self):
        """Fetch the templates of the business account."""
        self.ensure_one()
        self.check_access("write")
        count, fault = self.env["collections.whatsapp.template"]._sync(self)
        if fault:
            return self._notify("danger", fault.message)
        return self._notify("success", self.env._("%(count)s templates.", count=count))

    def action_subscribe(self):
        """Ask WhatsApp to send the account's news here: without it no answer arrives."""
        self.ensure_one()
        self.check_access("write")
        with self._connect() as graph:
            reply = graph.call("POST", f"{self.waba_id}/subscribed_apps")
        if reply.fault:
            return self._notify("danger", reply.fault.message)
        return self._notify("success", self.env._("Answers arrive from now on."))

    def _notify(self, kind, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "sticky": kind == "danger",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # -- what WhatsApp tells ---------------------------------------------------------------------

    def _receive_account(self, data):
        """Take news of the whole account: a restriction or a violation stops it."""
        word = str(data.get("event") or data.get("decision") or data.get("alert_type") or "")
        bad = ("RESTRICTION", "VIOLATION", "DISABLED", "REJECTED", "BAN", "DELETED")
        if any(part in word.upper() for part in bad):
            for account in self:
                account._stop(word)
        else:
            for account in self:
                account.sudo().message_post(body=self.env._("WhatsApp says: %s", word or "?"))

    def _receive_quality(self, data):
        """Take a change of the number's quality or limit."""
        word = str(data.get("event") or "")
        tier = data.get("current_limit") or data.get("max_daily_conversations_per_business")
        values = {"tier": str(tier)} if tier else {}
        self.sudo().write(values | ({"quality": word} if data.get("event") else {}))
        if word in ("FLAGGED", "DOWNGRADE"):
            for account in self:
                account._slow_down(word)

    @api.model
    def _find_for_number(self, number, secret):
        """Return the account of a number that shares the secret a body was signed with."""
        found = self.sudo().search(Domain("phone_number_id", "=", number), limit=1)
        return found if found and found.app_secret == secret else self.browse()

    @api.model
    def _find_for_waba(self, waba, secret):
        """Return the accounts of a business account that share a secret."""
        found = self.sudo().search([("waba_id", "=", waba)])
        return found.filtered(lambda account: account.app_secret == secret)

    def _get_words(self):
        """Return how the account is, in a sentence."""
        self.ensure_one()
        until = self.resume_on and format_datetime(self.env, self.resume_on)
        if until:
            return self.env._("%(name)s: %(reason)s (until %(until)s)", name=self.name,
                              reason=self.reason or "", until=until)  # fmt: skip
        return f"{self.name}: {self.reason or ''}"
