from odoo import api, fields, models
from odoo.exceptions import UserError

# What a provider tells of a message that left, in order; it never goes back.
PROGRESS = ("queued", "sending", "uncertain", "sent", "delivered", "read")


class CollectionsConversationMessage(models.Model):
    """One thing said in a conversation."""

    _name = "collections.conversation.message"
    _description = "Message of a Conversation"
    _order = "moment, id"
    _rec_name = "body"

    conversation_id = fields.Many2one(
        "collections.conversation", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="conversation_id.company_id", store=True)
    channel_id = fields.Many2one(related="conversation_id.channel_id", store=True)
    case_id = fields.Many2one(related="conversation_id.case_id")
    direction = fields.Selection(
        [("in", "Received"), ("out", "Sent")], required=True, readonly=True
    )
    kind = fields.Selection(
        [
            ("text", "Text"),
            ("button", "Button"),
            ("image", "Picture"),
            ("document", "Document"),
            ("audio", "Voice message"),
            ("video", "Video"),
            ("location", "Place"),
            ("contact", "Contact card"),
            ("sticker", "Sticker"),
            ("reaction", "Reaction"),
            ("template", "Approved text"),
            ("unsupported", "Not supported"),
        ],
        required=True,
        default="text",
        readonly=True,
    )
    body = fields.Text(readonly=True)
    payload = fields.Char(readonly=True, help="Which button or line of a list was chosen.")
    options = fields.Json(readonly=True, help="Buttons or list that it offers.")
    url = fields.Char(readonly=True)
    url_title = fields.Char(readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", readonly=True)
    external_id = fields.Char(readonly=True, help="The provider's identifier.")
    quoted = fields.Char(readonly=True, help="The provider's identifier of what it answers.")
    moment = fields.Datetime(required=True, readonly=True)
    state = fields.Selection(
        [
            ("new", "New"),
            ("done", "Noted"),
            ("queued", "Waiting"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("failed", "Not delivered"),
            ("uncertain", "Perhaps sent"),
        ],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Said by", readonly=True, ondelete="set null")
    contact_id = fields.Many2one("collections.contact", readonly=True, ondelete="set null")
    understood = fields.Json(readonly=True, help="What the automatic answers made of it.")
    reason = fields.Char(readonly=True, help="Machine word: why it was not delivered.")
    detail = fields.Char(readonly=True, help="What the provider said.")
    scheduled_on = fields.Datetime(readonly=True, help="It leaves from then on.")
    attempts = fields.Integer(readonly=True)
    claim = fields.Integer(readonly=True, help="Which worker has it in hand.")
    is_logged = fields.Boolean(readonly=True)

    _external_unique = models.UniqueIndex("(channel_id, external_id) WHERE external_id IS NOT NULL")
    _new_idx = models.Index("(conversation_id) WHERE state = 'new'")
    _queue_idx = models.Index("(conversation_id, id) WHERE state IN ('queued', 'sending')")

    @api.model
    def _find(self, channel, external_id):
        """Return the message that a provider calls so."""
        if not external_id:
            return self.browse()
        return self.sudo().search(
            [("channel_id", "=", channel.id), ("external_id", "=", external_id)], limit=1
        )

    def _get_preview(self):
        """Return a message in a line."""
        if not self:
            return ""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        text = " ".join((self.body or "").split())
        return text[:120] if text else labels[self.kind]

    def _own_attachments(self):
        """Who may read a message may read what came with it."""
        for message in self:
            message.attachment_ids.sudo().write({"res_model": self._name, "res_id": message.id})

    def _receive_status(self, state, data=None):
        """Take a provider's later word on what was said: sent, delivered, read or failed; in any
        order, any number of times.

        :param dict data: ``reason`` and ``detail`` of a failure, ``external_id`` when it was not
            known yet
        """
        data = data or {}
        for message in self.filtered(lambda message: message.direction == "out"):
            if data.get("external_id") and not message.external_id:
                message.external_id = data["external_id"]
            if state == "failed":
                if message.state in ("queued", "sending", "uncertain", "sent"):
                    message._fail(data.get("reason") or "provider", data.get("detail") or "")
            elif message.state in PROGRESS and PROGRESS.index(state) > PROGRESS.index(
                message.state
            ):
                message.write({"state": state, "reason": False, "detail": False, "claim": False})

    def _fail(self, reason, detail, state="failed"):
        """Note that it was not (or perhaps not) said, where a person sees it."""
        for message in self:
            message.write(
                {"state": state, "reason": reason, "detail": (detail or "")[:500], "claim": False}
            )
            conversation = message.conversation_id
            conversation.waiting_since = conversation.waiting_since or fields.Datetime.now()
            conversation._log("conversation_failed", {"message": message.id, "reason": reason})

    def _note_in(self):
        """Keep what the debtor said in the log of the case, once."""
        for message in self.filtered(lambda said: said.direction == "in" and not said.is_logged):
            if message.conversation_id.case_id:
                data = {"message": message.id, "kind": message.kind}
                body = message.body or message.payload or ""
                message.conversation_id._log("conversation_in", data, {"body": body})
                message.is_logged = True

    def _is_worth_keeping(self):
        """Tell whether it still waits for something, or says what no erasure has asked for."""
        self.ensure_one()
        return self.state in ("new", "queued", "sending") or bool(self.is_logged and self.body)

    def _erase(self):
        """Extension point: wipe what these messages say; that they were said stays."""
        self.attachment_ids.unlink()
        self.write(
            {
                "body": False, "payload": False, "detail": False, "understood": False,
                "options": False, "url": False, "url_title": False,
            }
        )  # fmt: skip

    def _get_screen_data(self):
        """Return a message as the screen shows it."""
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return {
            "id": self.id,
            "direction": self.direction,
            "kind": self.kind,
            "kind_label": kinds[self.kind],
            "body": self.body or "",
            "options": [option["title"] for option in self.options or []],
            "url": self.url or False,
            "url_title": self.url_title or False,
            "moment": fields.Datetime.to_string(self.moment),
            "state": self.state,
            "state_label": labels[self.state],
            "detail": self.detail or False,
            "author": self.user_id.name or False,
            "files": [
                {"id": file.id, "name": file.name, "mimetype": file.mimetype or ""}
                for file in self.attachment_ids
            ],
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was said is not deleted: it is evidence."))
