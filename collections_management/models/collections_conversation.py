from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .collections_contact import DONE_STATES

LANGUAGES = ("es", "pt", "en")
# How long a message without a quote is taken to answer what was sent to its address last.
ANSWER_DAYS = 30
# What is stored of one message; a provider's own limit is far below.
MAX_BODY = 100_000
# Kinds that ask for nothing: they are kept, and nobody has to answer them.
SILENT_KINDS = ("reaction", "sticker")


class CollectionsConversation(models.Model):
    """What is said, in both directions, with one address through one two-way channel.

    The adapter of a channel stores what arrives (:meth:`_receive`) and what became of what was said
    (``message._receive_status``); it decides nothing. All that follows is done in the turn of the
    conversation (:meth:`_take_turn`), in transactions of its own.
    """

    _name = "collections.conversation"
    _description = "Conversation"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    # Who waits longest comes first (nulls are last), then the latest.
    _order = "waiting_since, last_message_on desc, id desc"
    _rec_name = "name"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    channel_id = fields.Many2one(
        "collections.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    address = fields.Char(
        required=True,
        readonly=True,
        help="The phone number with its country code, or the channel's own name of the person.",
    )
    name = fields.Char(readonly=True, help="As the channel tells it.")
    case_id = fields.Many2one(
        "collections.case",
        string="Debtor",
        ondelete="restrict",
        index="btree_not_null",
        domain="[('company_id', '=', company_id), ('state', '!=', 'merged')]",
        help="Whose it is. Empty: nobody knows yet.",
    )
    currency_id = fields.Many2one(related="case_id.currency_id")
    amount_net_overdue = fields.Monetary(related="case_id.amount_net_overdue")
    hold_text = fields.Char(related="case_id.hold_text")
    partner_id = fields.Many2one(
        "res.partner", string="Person", readonly=True, ondelete="set null", index="btree_not_null"
    )
    lang = fields.Selection(
        [("es", "Spanish"), ("pt", "Portuguese"), ("en", "English")],
        string="Language",
        required=True,
        default="es",
        help="The automatic answers speak it.",
    )
    state = fields.Selection(
        [
            ("bot", "Answered automatically"),
            ("person", "Answered by a person"),
            ("closed", "Closed"),
        ],
        string="Status",
        required=True,
        default="bot",
        readonly=True,
        index=True,
    )
    user_id = fields.Many2one("res.users", string="Answered by", readonly=True, ondelete="set null")
    dialogue = fields.Json(readonly=True, help="Where the automatic answers are.")
    summary = fields.Text(readonly=True, help="What a person should know before answering.")
    last_inbound_on = fields.Datetime(string="Last Received", readonly=True)
    last_outbound_on = fields.Datetime(string="Last Sent", readonly=True)
    last_message_on = fields.Datetime(string="Last Message", readonly=True)
    waiting_since = fields.Datetime(readonly=True, help="A person has to answer since then.")
    unread_count = fields.Integer(string="Unread", readonly=True)
    opted_out_on = fields.Datetime(
        string="Asked to Stop", readonly=True, help="No message is started through this channel."
    )
    message_line_ids = fields.One2many(
        "collections.conversation.message", "conversation_id", string="What Was Said", readonly=True
    )
    preview = fields.Char(
        string="Last Words", compute="_compute_preview", help="What the debtor said last."
    )
    window_until = fields.Datetime(
        string="Free Text Until",
        compute="_compute_window",
        help="The channel lets us write freely until then. Empty: always.",
    )
    is_window_open = fields.Boolean(compute="_compute_window")

    _address_unique = models.UniqueIndex("(channel_id, company_id, address)")
    _waiting_idx = models.Index("(company_id, waiting_since) WHERE waiting_since IS NOT NULL")

    @api.depends("name", "address", "case_id")
    def _compute_display_name(self):
        for conversation in self:
            debtor = conversation.case_id.display_name or conversation.name
            address = conversation.address or ""
            conversation.display_name = f"{debtor} · {address}" if debtor else address

    @api.depends("last_message_on")
    def _compute_preview(self):
        messages = self.env["collections.conversation.message"]
        for conversation in self:
            last = messages.search(
                [("conversation_id", "=", conversation.id)],
                order="direction, moment desc, id desc",
                limit=1,
            )
            conversation.preview = last._get_preview()

    @api.depends("last_inbound_on", "channel_id")
    def _compute_window(self):
        now = fields.Datetime.now()
        for conversation in self:
            until = conversation.channel_id._get_window(conversation)
            conversation.window_until = until
            conversation.is_window_open = until is None or until > now

    # -- receiving -------------------------------------------------------------------------------

    @api.model
    def _receive(self, channel, company, address, values):
        """Store a message that came, and have the conversation take its turn; idempotent.

        Nothing here writes on a case: two transactions that find the same new address at once end
        in a unique violation or serialization failure of the second, which the caller retries.

        :param dict values: ``external_id``, ``moment`` (naive UTC), ``kind``, ``body``,
            ``payload``, ``quoted`` (external id of the message that is answered), ``name``,
            ``attachment_ids``
        :return: the message, the old one when it was stored before
        """
        messages = self.env["collections.conversation.message"].sudo()
        known = messages._find(channel, values.get("external_id"))
        if known:
            return known
        now = fields.Datetime.now()
        moment = min(values.get("moment") or now, now)  # no clock of theirs is ahead of ours
        conversation = self.sudo()._get_or_create(channel, company, address, values.get("name"))
        kind = values.get("kind") or "text"
        message = messages.create(
            {
                "conversation_id": conversation.id,
                "direction": "in",
                "kind": kind if kind in messages._fields["kind"].get_values(self.env)
                else "unsupported",
                "body": (values.get("body") or "").replace("\x00", "")[:MAX_BODY],
                "payload": values.get("payload"),
                "external_id": values.get("external_id"),
                "quoted": values.get("quoted"),
                "moment": moment,
                "state": "done" if kind in SILENT_KINDS else "new",
                "attachment_ids": [fields.Command.set(values.get("attachment_ids") or [])],
            }
        )  # fmt: skip
        message._own_attachments()
        conversation.write(
            {
                "last_inbound_on": max(conversation.last_inbound_on or moment, moment),
                "last_message_on": max(conversation.last_message_on or moment, moment),
                "unread_count": conversation.unread_count + (kind not in SILENT_KINDS),
            }
        )
        if message.state == "new":
            self._wake_bot()
        return message

    @api.model
    def _note_sent(self, channel, company, address, values):
        """Store what a channel sent by itself (a reminder), so that the conversation shows it.

        :param dict values: ``external_id``, ``moment``, ``kind``, ``body``, ``contact_id``
        :return: the message
        """
        messages = self.env["collections.conversation.message"].sudo()
        known = messages._find(channel, values.get("external_id"))
        if known:
            return known
        conversation = self.sudo()._get_or_create(channel, company, address, None)
        contact = self.env["collections.contact"].sudo().browse(values.get("contact_id"))
        if not conversation.case_id or (contact.safe_mode and contact.case_id):
            conversation._bind(contact.case_id)
        moment = values.get("moment") or fields.Datetime.now()
        conversation._touch_outbound(moment)
        return messages.create(
            {
                "conversation_id": conversation.id,
                "direction": "out",
                "kind": "template",
                "state": "sent",
                "moment": moment,
                "is_logged": True,  # the contact's own entries tell it
                **{name: values[name] for name in ("body", "external_id", "contact_id", "kind")
                   if values.get(name)},
            }
        )  # fmt: skip

    @api.model
    def _get_or_create(self, channel, company, address, name):
        """Return the conversation with an address, with whom it can be told to be."""
        address = self._get_canonical(address)
        domain = [
            ("channel_id", "=", channel.id),
            ("company_id", "=", company.id),
            ("address", "=", address),
        ]
        conversation = self.search(domain, limit=1)
        if not conversation:
            conversation = self.create(
                {
                    "channel_id": channel.id,
                    "company_id": company.id,
                    "address": address,
                    "name": name,
                    "lang": self._get_default_lang(company.partner_id.lang),
                }
            )
        elif name and conversation.name != name:
            conversation.name = name
        if not conversation.case_id:
            conversation._identify()
        return conversation

    @api.model
    def _get_default_lang(self, lang):
        """Return the language of the automatic answers for somebody who reads a language."""
        short = (lang or "")[:2]
        return short if short in LANGUAGES else "es"

    # -- who it is -------------------------------------------------------------------------------

    @api.model
    def _get_canonical(self, address):
        """Return an address as conversations keep it: E.164 when it is a phone number."""
        address = (address or "").strip()
        digits = address.removeprefix("+")
        if not digits.isdigit() or not digits.isascii() or not 7 <= len(digits) <= 15:
            return address
        return self.env["res.partner"]._phone_format(number=f"+{digits}") or f"+{digits}"

    def _erase_address(self):
        """Forget with whom these conversations were. Who asked to be left alone stays known by
        his address: nothing else keeps us from writing to it again."""
        for conversation in self.filtered(lambda conversation: not conversation.opted_out_on):
            conversation.write({"address": f"erased/{conversation.id}", "state": "closed"})

    def _get_phones(self):
        """Return the ways one phone number is written among partners.

        A mobile of Argentina is dialled with a 9 after the country code and often stored without.
        """
        self.ensure_one()
        phone = self.address
        if phone.startswith("+549"):
            return [phone, f"+54{phone[4:]}"]
        return [phone, f"+549{phone[3:]}"] if phone.startswith("+54") else [phone]

    def _identify(self):
        """Say whose conversation it is when exactly one debtor of the company has the number."""
        self.ensure_one()
        if not self.address.startswith("+"):
            return
        partners = self.env["res.partner"].search([("phone_sanitized", "in", self._get_phones())])
        partners = partners.filtered(lambda partner: not partner.collections_is_bad_phone)
        cases = self.env["collections.case"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "in", partners.commercial_partner_id.ids),
                ("state", "!=", "merged"),
            ]
        )
        if len(cases) == 1:
            persons = partners.filtered(lambda p: p.commercial_partner_id == cases.partner_id)
            self._bind(cases, persons if len(persons) == 1 else cases.partner_id)

    def _bind(self, case, partner=None):
        """Make it a debtor's; what is known of another debtor is forgotten."""
        self.ensure_one()
        if not case:
            return
        person = partner or case.partner_id
        self.write(
            {
                "case_id": case.id,
                "partner_id": person.id,
                "dialogue": False,
                "lang": self._get_default_lang(person.lang or self.company_id.partner_id.lang),
            }
        )

    def _find_answered(self, message):
        """Return the contact that a message answers: the quoted one, else the last one sent to
        this address."""
        contacts = self.env["collections.contact"]
        domain = [("company_id", "=", self.company_id.id), ("channel_id", "=", self.channel_id.id)]
        if message.quoted:
            quoted = self.env["collections.conversation.message"]._find(
                self.channel_id, message.quoted
            )
            contact = quoted.contact_id or contacts.search(
                [*domain, ("reference", "=", message.quoted)], limit=1
            )
            if contact:
                return contact
        addresses = {self.address, self.address.removeprefix("+")}
        since = fields.Datetime.now() - timedelta(days=ANSWER_DAYS)
        domain += [("address", "in", list(addresses)), ("scheduled_on", ">", since)]
        if self.case_id:
            domain.append(("case_id", "=", self.case_id.id))
        states = [*DONE_STATES, "sending", "uncertain"]
        found = contacts.search([*domain, ("state", "in", states)], order="sent_on desc, id desc")
        # Two debtors written to at one number: who answers is not guessed.
        return found[:1] if len(found.case_id) == 1 or found[:1].safe_mode else contacts

    # -- answering -------------------------------------------------------------------------------

    def _say(self, text, options=None, url=None, url_title=None, user=None, contact=None):
        """Queue something to be said; the delivery job sends it.

        :param options: ``[{"id", "title"}]``, shown as buttons, a list, or numbered lines
        :param url: a link; a button where the channel has them
        :param user: who says it; nobody: said automatically
        :return: the last message of it (a long text takes several)
        """
        self.ensure_one()
        limits = self.channel_id._get_limits()
        body, options, button = self._fit(text, options, url, url_title, limits)
        pieces = _split(body, limits.get("text") or 4096)
        now = fields.Datetime.now()
        values = {
            "conversation_id": self.id,
            "direction": "out",
            "state": "queued",
            "moment": now,
            "scheduled_on": now,
            "user_id": user.id if user else False,
            "contact_id": contact.id if contact else False,
        }
        messages = self.env["collections.conversation.message"].sudo().create(
            [{**values, "kind": "text", "body": piece} for piece in pieces]
        )  # fmt: skip
        last = messages[-1:]
        last.write({"options": options or False, **button})
        self.sudo().last_message_on = now
        self.env.ref("collections_management.collections_conversation_cron_deliver")._trigger()
        return last

    def _fit(self, text, options, url, url_title, limits):
        """Return the text, options and link button that a channel can show."""
        buttons, rows = limits.get("buttons") or 0, limits.get("list_rows") or 0
        options = options or []
        if options and len(options) > max(buttons, rows):
            lines = [f"{n}. {option['title']}" for n, option in enumerate(options, start=1)]
            text, options = "\n".join([text, "", *lines]), []
        button = {}
        if url and limits.get("url_title"):
            button = {"url": url, "url_title": (url_title or "")[: limits["url_title"]]}
        elif url:
            text = f"{text}\n{url}"
        return text, options, button

    def _touch_outbound(self, moment):
        """Note that something was said at a moment."""
        self.write(
            {
                "last_outbound_on": max(self.last_outbound_on or moment, moment),
                "last_message_on": max(self.last_message_on or moment, moment),
            }
        )

    def _get_say_fault(self):
        """Return ``(code, sentence)`` why nothing can be said freely now, or None."""
        self.ensure_one()
        if not self.channel_id.active:
            return "channel_archived", self.env._(
                "The channel %(channel)s is archived.", channel=self.channel_id.name
            )
        if self.company_id.collections_safe_mode:
            test = self.channel_id._get_test_address(self.company_id)
            if not test or self._get_canonical(test) != self.address:
                return "safe_mode", self.env._(
                    "Safe mode is on for %(company)s: answers leave only to the test "
                    "address%(test)s.",
                    company=self.company_id.name,
                    test=f" ({test})" if test else "",
                )
        if not self.is_window_open:
            return "window_closed", self.env._(
                "The channel lets us write freely only for a while after the other's last message: "
                "choose an approved text, or wait for an answer."
            )
        return None

    # -- log -------------------------------------------------------------------------------------

    def _log(self, event, data=None, content=None):
        """Write an entry into the log of the case, when there is one."""
        self.ensure_one()
        if not self.case_id:
            return
        self.env["collections.log"].sudo()._append(
            [
                {
                    "case_id": self.case_id._get_survivor().id,
                    "event": event,
                    "data": {
                        "conversation": self.id,
                        "channel": self.channel_id.id,
                        **(data or {}),
                    },
                    "content": {"address": self.address, **(content or {})},
                    "user_id": None if self.env.su and self.env.uid == 1 else self.env.uid,
                }
            ]
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A conversation is not deleted but closed: it is evidence."))


def _split(text, size):
    """Return a text in pieces of at most a size, cut between lines or words where possible."""
    pieces = []
    while len(text) > size:
        cut = max(text.rfind("\n", 0, size), text.rfind(" ", 0, size))
        cut = cut if cut > size // 2 else size
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text]
