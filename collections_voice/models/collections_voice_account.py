import re
from contextlib import contextmanager
from datetime import timedelta

import requests

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_datetime

from odoo.addons.collections_management.engine.connection import is_safe

from ..engine import provider, speech, tries, twiml
from .collections_voice_http import Line

DEFAULT_BASE_URL = "https://api.twilio.com"
SID = re.compile(r"AC[0-9a-fA-F]{32}")
MINUTE = timedelta(minutes=1)
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class CollectionsVoiceAccount(models.Model):
    """An account of Twilio from which a company calls its debtors, one at a time.

    When Twilio refuses the account itself it is stopped: the calls keep waiting in the queue until
    an administrator has checked the connection.
    """

    _name = "collections.voice.account"
    _description = "Account for Automated Calls"
    _order = "company_id, id"

    name = fields.Char(required=True, default="Twilio")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    account_sid = fields.Char("Account SID", required=True, help="AC and 32 characters.")
    auth_token = fields.Char(
        required=True,
        groups="base.group_system",
        help="Signs what we ask of Twilio, and what Twilio tells us.",
    )
    phone_from = fields.Char(
        "Calls from", required=True, help="A number of the account, as +511234567."
    )
    base_url = fields.Char(
        "Address of the Service",
        required=True,
        default=DEFAULT_BASE_URL,
        help="Another one only for tests, or for a region of Twilio.",
    )
    state = fields.Selection(
        [("ok", "Calls leave"), ("stopped", "Stopped")], required=True, readonly=True, default="ok"
    )
    stop_reason = fields.Char(readonly=True, help="What Twilio said.")
    last_callback_on = fields.Datetime(
        "Last Heard of",
        readonly=True,
        help="When Twilio last told us of a call. Never: it cannot reach this server, and a debtor "
        "who answers hears nothing.",
    )
    calls_per_second = fields.Float(
        default=1.0, required=True, help="Twilio begins with one; more is kept waiting there."
    )
    ring_seconds = fields.Integer(default=25, required=True, help="How long it rings.")
    machine = fields.Selection(
        [
            ("hang_up", "Hang up"),
            ("message", "Leave a message that names no debt"),
            ("off", "Do not detect it"),
        ],
        "Answering Machine",
        required=True,
        default="hang_up",
        help="Detecting costs, and makes a person wait some seconds for the first word.",
    )
    phone_back = fields.Char(
        "Number to Call Back", help="Told to answering machines, as +511234567."
    )
    phone_person = fields.Char(
        "A Person Answers at",
        help="Debtors who ask for a person are connected to their collector's own number, else to "
        "this one, as +511234567.",
    )
    record_calls = fields.Boolean(
        help="Off unless you know that you may: in many countries a call is recorded only with "
        "the consent of who is called. The call says that it is recorded.",
    )
    plan_busy = fields.Char(
        "When Busy, Again After",
        default="15, 60",
        help="Minutes before each further try. Empty: none. Contact rules may put it off.",
    )
    plan_no_answer = fields.Char(
        "When Nobody Answers, Again After",
        default="180, 1440",
        help="Minutes before each further try, also after an answering machine or somebody else. "
        "Empty: none. Contact rules may put it off.",
    )
    call_count = fields.Integer(compute="_compute_call_count")

    _company_unique = models.UniqueIndex(
        "(company_id) WHERE active", "A company calls from one account at a time."
    )
    _speed_sane = models.Constraint(
        "CHECK (calls_per_second > 0 AND calls_per_second <= 100)",
        "An account makes more than 0 and at most 100 calls a second.",
    )
    _ring_sane = models.Constraint(
        "CHECK (ring_seconds BETWEEN 5 AND 600)", "A call rings for 5 to 600 seconds."
    )

    def _compute_call_count(self):
        counts = dict(
            self.env["collections.voice.call"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.call_count = counts.get(account, 0)

    @api.constrains("account_sid")
    def _check_account_sid(self):
        for account in self:
            if not SID.fullmatch(account.account_sid):
                raise ValidationError(
                    self.env._(
                        "%(value)s is no account SID: it is AC and 32 characters of 0-9 and a-f.",
                        value=account.account_sid,
                    )
                )

    @api.constrains("phone_from", "phone_back", "phone_person")
    def _check_phones(self):
        for account in self:
            for name in ("phone_from", "phone_back", "phone_person"):
                if account[name] and not PHONE.fullmatch(account[name]):
                    raise ValidationError(
                        self.env._(
                            "%(field)s: %(value)s is no international number; write it as "
                            "+511234567.",
                            field=self._fields[name]._description_string(self.env),
                            value=account[name],
                        )
                    )

    @api.constrains("base_url")
    def _check_base_url(self):
        for account in self:
            if not is_safe(account.base_url):
                raise ValidationError(
                    self.env._(
                        "%(url)s is not safe to send a password to: it starts with https://.",
                        url=account.base_url,
                    )
                )

    @api.constrains("plan_busy", "plan_no_answer")
    def _check_plans(self):
        for account in self:
            for name in ("plan_busy", "plan_no_answer"):
                try:
                    tries.parse_plan(account[name])
                except ValueError as error:
                    raise ValidationError(
                        self.env._(
                            "%(field)s: “%(value)s” is no list of minutes, such as 60, 240.",
                            field=self._fields[name]._description_string(self.env),
                            value=account[name],
                        )
                    ) from error

    # -- what a person does ----------------------------------------------------------------------

    def action_check(self):
        """Ask Twilio whether it knows the account; a stopped one goes on when it does."""
        self.ensure_one()
        self.check_access("write")
        account_sudo = self.sudo()
        with account_sudo._open_line() as line:
            try:
                status, payload = line.find(PageSize=1)
            except requests.RequestException as error:
                raise UserError(
                    self.env._("Twilio was not reached: %(error)s", error=error)
                ) from error
        if status != 200:
            said = provider.read_answer(status, payload).message
            account_sudo._stop(said)
            return self._notify("danger", self.env._("Twilio refused: %(words)s", words=said))
        account_sudo.write({"state": "ok", "stop_reason": False})
        return self._notify(
            "success",
            self.env._("Twilio knows the account. Calls leave from %(phone)s.",
                       phone=self.phone_from),
        )  # fmt: skip

    def action_call_me(self):
        """Call the test number of the company: it proves the account, the number and, when Twilio
        tells how it ended, that Twilio reaches this server."""
        self.ensure_one()
        self.check_access("write")
        phone = self.company_id.sudo().collections_voice_test_phone
        if not phone:
            raise UserError(
                self.env._("Set the test number first, in Settings > Collections > Messages.")
            )
        call = self.env["collections.voice.call"].sudo()._create_test(self.sudo(), phone)
        voice = speech.get_voice(self.env.user.lang)
        says = [("greeting", {"company": self.company_id.name}), ("test", {}), ("goodbye", {})]
        words = speech.say(call._get_phrases(), voice, says)
        form = [*call._get_form_head(), ("Twiml", twiml.hang_up(words, voice.language))]
        with self.sudo()._open_line() as line:
            try:
                outcome = provider.read_answer(*line.dial(form))
            except requests.RequestException as error:
                outcome = provider.read_failure(error)
        call._note_dial(outcome)
        if outcome.state != "sent":
            return self._notify("danger", outcome.message)
        return self._notify("success", self.env._("%(phone)s rings in a moment.", phone=phone))

    def action_open_calls(self):
        """Open the calls of the account."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_voice.collections_voice_call_action"
        )
        return {**action, "domain": [("account_id", "=", self.id)], "context": {}}

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

    # -- the line --------------------------------------------------------------------------------

    @api.model
    def _get_of(self, company):
        """Return the account that a company calls from, maybe none, with the rights to use it."""
        return self.sudo().search([("company_id", "=", company.id)], limit=1)

    @contextmanager
    def _open_line(self):
        """Give a :class:`Line` to the provider."""
        self.ensure_one()
        with requests.Session() as session:
            yield Line(
                session, self.base_url, self.account_sid, self.auth_token, self.calls_per_second
            )

    def _get_pauses(self, reason):
        """Return the pauses before each further try, in minutes, for why nobody was reached."""
        self.ensure_one()
        if reason == "voice_busy":
            return tries.parse_plan(self.plan_busy)
        if reason in ("voice_no_answer", "voice_machine", "voice_not_confirmed", "voice_failed"):
            return tries.parse_plan(self.plan_no_answer)
        return ()

    def _stop(self, reason):
        """Let nothing leave from these accounts until somebody has checked them."""
        self.write({"state": "stopped", "stop_reason": (reason or "")[:500]})

    def _note_heard(self):
        """Note that the provider reaches this server; to the minute, so that calls going on at one
        time do not wait for each other."""
        now = fields.Datetime.now()
        for account in self:
            if not account.last_callback_on or now - account.last_callback_on > MINUTE:
                account.last_callback_on = now

    def _get_stop_sentence(self):
        self.ensure_one()
        return self.env._(
            "Twilio refused the account %(account)s: %(reason)s",
            account=self.name,
            reason=self.stop_reason or "",
        )

    def _get_heard_sentence(self):
        """Return when Twilio last told of a call, in words."""
        self.ensure_one()
        if not self.last_callback_on:
            return self.env._("Twilio has not told of any call yet.")
        return self.env._(
            "Twilio last told of a call on %(moment)s.",
            moment=format_datetime(self.env, self.last_callback_on),
        )
