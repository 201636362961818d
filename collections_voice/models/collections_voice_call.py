import secrets
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import requests

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import tries

TOKEN_BYTES = 24
VALID = timedelta(days=2)  # of the address under which the provider tells us of a call
LONGEST = 900  # seconds of talk
EVENTS = ("initiated", "ringing", "answered", "completed")
ASK_AFTER = timedelta(minutes=2)
GONE_AFTER = timedelta(minutes=15)  # not in the provider's list by then: it was never asked for
SILENT_AFTER = timedelta(hours=1)


class CollectionsVoiceCall(models.Model):
    """One automated call: what became of it, and where its talk is.

    The provider speaks to us under an address with a secret token, signed. Its words come in any
    order and any number of times; what is known of the call only grows.
    """

    _name = "collections.voice.call"
    _description = "Automated Call"
    _order = "id desc"

    contact_id = fields.Many2one(
        "collections.contact",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: a test of the account.",
    )
    case_id = fields.Many2one(related="contact_id.case_id", store=True, index="btree_not_null")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    account_id = fields.Many2one(
        "collections.voice.account", required=True, readonly=True, ondelete="restrict", index=True
    )
    partner_id = fields.Many2one(
        "res.partner", "Asked for", readonly=True, ondelete="set null", help="Who was asked for."
    )
    phone = fields.Char(readonly=True, help="The debtor's number.")
    address = fields.Char("Dialled", readonly=True, help="In safe mode the test number.")
    safe_mode = fields.Boolean(readonly=True, help="It went to the test number.")
    token = fields.Char(required=True, readonly=True, groups="base.group_system")
    expires_on = fields.Datetime(required=True, readonly=True)
    sid = fields.Char("Call SID", readonly=True)
    state = fields.Selection(
        [
            ("created", "About to be asked for"),
            ("queued", "Queued at Twilio"),
            ("initiated", "Dialling"),
            ("ringing", "Ringing"),
            ("in-progress", "Talking"),
            ("completed", "Ended"),
            ("busy", "Busy"),
            ("no-answer", "Nobody answered"),
            ("failed", "Failed"),
            ("canceled", "Not made"),
        ],
        required=True,
        readonly=True,
        default="created",
    )
    state_number = fields.Integer(
        readonly=True, default=-1, help="How new what we know is, as Twilio counts."
    )
    answered_by = fields.Char(readonly=True, help="A person or a machine, as Twilio guesses.")
    is_machine = fields.Boolean("Machine", readonly=True)
    left_message = fields.Boolean(readonly=True)
    is_confirmed = fields.Boolean(
        "Said Who They Are", readonly=True, help="Before that nothing is said of a debt."
    )
    is_denied = fields.Boolean("Somebody Else", readonly=True)
    is_wrong_number = fields.Boolean("Wrong Number", readonly=True)
    is_settled = fields.Boolean(readonly=True, help="Its end was told to the contact.")
    started_on = fields.Datetime(readonly=True)
    ended_on = fields.Datetime(readonly=True)
    duration = fields.Integer("Seconds", readonly=True, aggregator="avg")
    keys = fields.Char("Keys Pressed", readonly=True)
    text = fields.Text(readonly=True, help="What the step says, as speech.")
    dialogue = fields.Json(readonly=True, help="Where the talk is.")
    turn = fields.Integer(readonly=True, aggregator=None)
    answer = fields.Text(readonly=True, groups="base.group_system")
    event_ids = fields.One2many("collections.voice.call.event", "call_id", readonly=True)

    _token_unique = models.UniqueIndex("(token)", "Two calls cannot have the same address.")
    _sid_unique = models.UniqueIndex("(sid) WHERE sid IS NOT NULL", "A call is told once.")
    _open_idx = models.Index(
        "(started_on) WHERE state IN ('created', 'queued', 'initiated', 'ringing', 'in-progress')"
    )

    @api.depends("partner_id", "phone")
    def _compute_display_name(self):
        for call in self:
            names = (call.partner_id.display_name, call.phone or call.address)
            call.display_name = " · ".join(filter(None, names))

    # -- made ------------------------------------------------------------------------------------

    @api.model
    def _create_for(self, contact, person, content):
        """Write down a call that is about to be asked for."""
        return self._create_call(
            contact.company_id,
            self.env["collections.voice.account"]._get_of(contact.company_id),
            content["address"],
            contact_id=contact.id,
            partner_id=person.id,
            phone=contact.address,
            safe_mode=contact.safe_mode,
            text=content["text"],
        )

    @api.model
    def _create_test(self, account, phone):
        """Write down a call that proves an account."""
        address = account.company_id._get_collections_voice_test_phone()
        return self._create_call(account.company_id, account, address or phone, safe_mode=True)

    @api.model
    def _create_call(self, company, account, address, **values):
        now = fields.Datetime.now()
        return self.create(
            {
                "company_id": company.id,
                "account_id": account.id,
                "address": address,
                "token": secrets.token_urlsafe(TOKEN_BYTES),
                "started_on": now,
                "expires_on": now + VALID,
                **values,
            }
        )

    def _get_url(self, what, query=""):
        """Return the address under which the provider tells or asks us something."""
        self.ensure_one()
        return f"{self.get_base_url()}/collections_voice/{self.sudo().token}/{what}{query}"

    def _get_form_head(self):
        """Return what every request for a call has."""
        self.ensure_one()
        account = self.account_id.sudo()
        return [
            ("To", self.address),
            ("From", account.phone_from),
            ("Timeout", str(account.ring_seconds)),
            ("TimeLimit", str(LONGEST)),
            ("StatusCallback", self._get_url("status")),
            ("StatusCallbackMethod", "POST"),
            *(("StatusCallbackEvent", event) for event in EVENTS),
        ]

    def _get_form(self):
        """Return the request for a call about a debt."""
        account = self.account_id.sudo()
        form = [*self._get_form_head(), ("Url", self._get_url("answer")), ("Method", "POST")]
        if account.machine != "off":
            waits = account.machine == "message"
            form.append(("MachineDetection", "DetectMessageEnd" if waits else "Enable"))
        if account.record_calls:
            form.append(("Record", "true"))
        return form

    def _note_dial(self, outcome):
        """Note what the provider answered when it was asked for the call."""
        for call in self:
            if outcome.state == "sent":
                values = {"sid": outcome.reference}
                if call.state == "created":
                    values["state"] = "queued"
                call.write(values)
                call._note("dialled", outcome.reference)
                call._settle()
            elif outcome.state in ("failed", "retry"):
                call.write(
                    {
                        "state": "failed" if outcome.state == "failed" else "canceled",
                        "ended_on": fields.Datetime.now(),
                        "is_settled": True,
                    }
                )
                call._note("dialled", outcome.message)
            else:
                call._note("dialled", outcome.message)

    def _note(self, event, detail=""):
        self.env["collections.voice.call.event"].sudo().create(
            [{"call_id": call.id, "event": event, "detail": (detail or "")[:250]} for call in self]
        )

    def _erase(self):
        """Wipe whom these calls were with and what was said; that they were made stays. One that
        still goes on ends: its address is nobody's any more."""
        self.event_ids.sudo().write({"detail": False})
        self.write(
            {
                "partner_id": False, "phone": False, "address": False, "text": False,
                "dialogue": False, "answer": False, "keys": False, "is_settled": True,
                "expires_on": fields.Datetime.now(),
            }
        )  # fmt: skip

    # -- what the provider tells -----------------------------------------------------------------

    @api.model
    def _get_by_token(self, token):
        """Return the call under an address, or none; an old address is nobody's."""
        if not token:
            return self.browse()
        return self.sudo().search(
            [("token", "=", token), ("expires_on", ">", fields.Datetime.now())], limit=1
        )

    def _is_of(self, params):
        """Tell whether a signed word is about this very call."""
        self.ensure_one()
        if params.get("AccountSid") != self.account_id.account_sid:
            return False
        return bool(params.get("CallSid")) and self.sid in (False, params["CallSid"])

    def _take_turn(self):
        """Wait for who speaks about the same call at the same time; what they wrote in between
        makes this request begin again."""
        self.ensure_one()
        self.env.cr.execute(
            SQL("SELECT FROM collections_voice_call WHERE id = %s FOR NO KEY UPDATE", self.id)
        )

    def _receive(self, params):
        """Take the provider's word of a call's state: any order, any number of times."""
        self._take_turn()
        self._hear(params)
        state, number = params.get("CallStatus"), _to_int(params.get("SequenceNumber"))
        known = self.state_number if self.state_number >= 0 else None
        if not tries.is_news(self.state, known, state, number):
            return
        values = {"state": state, "state_number": number if number is not None else known or -1}
        if (seconds := _to_int(params.get("CallDuration"))) is not None:
            values["duration"] = seconds
        if state in tries.FINAL:
            values.update(ended_on=fields.Datetime.now(), answer=False)
        self.write(values)
        self._note("state", self._get_state_words()[state])
        self._settle()

    def _hear(self, params):
        """Note that the provider spoke: the call exists, whatever its request's answer was."""
        if not self.sid:
            self.sid = params["CallSid"]
        if by := params.get("AnsweredBy"):
            self.write({"answered_by": by, "is_machine": by.startswith(("machine", "fax"))})
        self.account_id.sudo()._note_heard()
        contact = self.contact_id
        if contact.state == "uncertain":
            contact._receive_status("sent")
            contact.reference = self.sid

    @api.model
    def _get_state_words(self):
        return dict(self._fields["state"]._description_selection(self.env))

    # -- what follows for the contact ------------------------------------------------------------

    def _settle(self):
        """Tell the contact how the call ended, once; a contact in the hands of a worker is told
        when that worker has noted that it left."""
        for call in self:
            contact = call.contact_id
            if call.is_settled or call.state not in tries.FINAL or contact.state == "sending":
                continue
            call.is_settled = True
            if not contact:
                continue
            contact._log("voice_ended", {"status": call.state, "seconds": call.duration})
            state, reason = call._get_end()
            contact._receive_status(state, {"reason": reason} if reason else None)

    def _get_end(self):
        """Return ``(state of the contact, reason)``."""
        self.ensure_one()
        if self.is_wrong_number:
            return "failed", "invalid_address"
        if self.is_confirmed:
            return "answered", None
        if self.left_message:
            return "delivered", None
        if self.state == "completed":
            return "failed", "voice_machine" if self.is_machine else "voice_not_confirmed"
        reasons = {"busy": "voice_busy", "failed": "voice_failed"}
        return "failed", reasons.get(self.state, "voice_no_answer")

    # -- what nobody told us ---------------------------------------------------------------------

    @api.model
    def _cron_ask(self, batch_size=100):
        """Ask the provider about calls whose request got no answer, or whose end never came."""
        now = fields.Datetime.now()
        unknown = [
            ("state", "=", "created"), ("sid", "=", False), ("address", "!=", False),
            ("contact_id.state", "=", "uncertain"), ("started_on", "<", now - ASK_AFTER),
        ]  # fmt: skip
        silent = [
            ("state", "in", tries.ORDER), ("sid", "!=", False),
            ("started_on", "<", now - SILENT_AFTER),
        ]  # fmt: skip
        commit_progress = self.env["ir.cron"]._commit_progress
        for domain, ask in ((unknown, "_ask_whether"), (silent, "_ask_how")):
            calls = self.search(domain, limit=batch_size, order="id")
            for account, own in calls.grouped("account_id").items():
                if account.state == "stopped":
                    continue
                with account._open_line() as line:
                    for call in own:
                        getattr(call, ask)(line)
                        commit_progress(1)
        unsettled = self.search(
            [("state", "in", tries.FINAL), ("is_settled", "=", False)], limit=batch_size
        )
        unsettled._settle()

    def _ask_whether(self, line):
        """Find out whether a call was made whose request got no answer.

        The provider has no word of ours on a call, so it is recognised by its number and time; two
        that fit are left for a person to decide.
        """
        self.ensure_one()
        found = self._list_calls(line)
        if found is None:
            return
        if len(found) == 1:
            self._adopt(found[0])
        elif not found and fields.Datetime.now() > self.started_on + GONE_AFTER:
            self.write({"state": "canceled", "is_settled": True})
            contact = self.contact_id
            contact._log("resolved", {"left": False})
            contact.write({"state": "queued", "reason": False, "claim": False})

    def _list_calls(self, line):
        """Return the provider's calls to the number since this one was asked for that no other
        call of ours is, or None when it could not be asked."""
        account = self.account_id
        try:
            status, payload = line.find(To=self.address, From=account.phone_from, PageSize=50)
        except requests.RequestException:
            return None
        rows = payload.get("calls") if status == 200 and isinstance(payload, dict) else None
        if not isinstance(rows, list):
            return None
        since = self.started_on.replace(tzinfo=timezone.utc) - timedelta(minutes=1)
        rows = [row for row in rows if (_get_moment(row) or since) >= since]
        known = set(self.search([("sid", "in", [row.get("sid") for row in rows])]).mapped("sid"))
        return [row for row in rows if row.get("sid") and row["sid"] not in known]

    def _ask_how(self, line):
        """Ask how a call ended of which we have heard nothing for long."""
        self.ensure_one()
        try:
            status, payload = line.get(self.sid)
        except requests.RequestException:
            return
        if status == 200 and isinstance(payload, dict):
            self._adopt(payload)

    def _adopt(self, row):
        """Take the provider's own record of a call as its word."""
        heard = {"CallSid": row["sid"], "CallStatus": row.get("status")}
        heard |= {"CallDuration": row.get("duration"), "AnsweredBy": row.get("answered_by")}
        self._receive(heard)


def _to_int(value):
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _get_moment(row):
    """Return when the provider's call was made, or None."""
    try:
        moment = parsedate_to_datetime(row.get("date_created") or "")
    except (TypeError, ValueError):
        return None
    return moment if isinstance(moment, datetime) and moment.tzinfo else None
