import mimetypes
from datetime import datetime, timedelta, timezone

import requests

from odoo import fields, models
from odoo.tools import html2plaintext

from ..engine import progress as progress_engine
from ..engine.errors import read_error
from ..engine.phone import canonical
from .collections_channel_conversation import OPAQUE
from .whatsapp_graph import TooLarge

MEDIA_BYTES = 16 * 1024 * 1024
REMINDER_DAYS = 30
CHANNEL = "collections_whatsapp.collections_channel_whatsapp"


class CollectionsWhatsappAccount(models.Model):
    """What arrives at a number: answers, and what became of what was sent."""

    _inherit = "collections.whatsapp.account"

    def _receive_statuses(self, rows):
        """Take up to a thousand statuses at once, of contacts and of conversations."""
        self.ensure_one()
        contacts = self.env["collections.contact"].sudo()
        contacts = contacts.with_context(collections_companies=self.company_id.ids)
        if rest := contacts._receive_whatsapp(rows):
            self._receive_said(rest)

    def _receive_said(self, rows):
        """Take statuses of what was said in conversations."""
        found = progress_engine.merge(rows)
        channel = self.env.ref(CHANNEL)
        numbers = {
            int(number): key
            for key, one in found.items()
            if one.opaque.startswith(OPAQUE)
            and (number := one.opaque.removeprefix(OPAQUE)).isdecimal()
            and len(number) < 10
        }
        said = self.env["collections.conversation.message"].sudo().search(
            fields.Domain("channel_id", "=", channel.id)
            & fields.Domain("company_id", "=", self.company_id.id)
            & (fields.Domain("external_id", "in", list(found))
               | fields.Domain("id", "in", list(numbers)))
        )  # fmt: skip
        for message in said:
            key = message.external_id or numbers.get(message.id)
            one = found.get(key)
            if not one or not one.state:
                continue
            data = {"external_id": key}
            if one.state == "failed":
                fault = read_error(one.error)
                self._note_fault(fault)
                data |= {"reason": fault.reason, "detail": fault.message}
            message._receive_status(one.state, data)

    def _receive_message(self, data, last=False):
        """Store what a person wrote.

        :param last: store it without its file, when that still cannot be fetched
        :return: what has to be tried again, in words, or None
        """
        self.ensure_one()
        channel, company = self.env.ref(CHANNEL), self.company_id
        address = self._get_address(data)
        if not address or data["kind"] == "system":
            return None
        said = self.env["collections.conversation.message"]._find(channel, data["id"])
        if said:
            return None
        attachments, note = self.env["ir.attachment"], ""
        if data["media"].get("id"):
            try:
                attachments = self._fetch_media(data["media"])
            except TooLarge:
                note = self.env._("[The file is too large and was not fetched.]")
            except (requests.RequestException, OSError) as error:
                if not last:
                    return f"{type(error).__name__}: {error}"
                note = self.env._("[The file could not be fetched.]")
        self._note_reminders(channel, address)
        self.env["collections.conversation"].sudo()._receive(
            channel,
            company,
            address,
            {
                "external_id": data["id"],
                "moment": to_moment(data["moment"]),
                "kind": data["kind"],
                "body": " ".join(text for text in (data["body"], note) if text),
                "payload": data["payload"],
                "quoted": data["quoted"],
                "name": data["name"],
                "attachment_ids": attachments.ids,
            },
        )
        return None

    def _get_address(self, data):
        """Return the canonical phone of who wrote, else the phone that goes with the user id, else
        the user id."""
        persons = self.env["collections.whatsapp.person"].sudo()
        phone, user = canonical(data["phone"]), data["user"]
        if phone and user:
            persons._learn(self.company_id, user, phone)
        if phone or not user:
            return phone
        return persons._find_phone(self.company_id, user) or user

    def _fetch_media(self, media):
        """Return the attachment of a file that a person sent, asked for by its id alone.

        :raise TooLarge, requests.RequestException: when it is too large, or cannot be fetched
        """
        with self._connect() as graph:
            content, mimetype = graph.download(media["id"], MEDIA_BYTES)
        mimetype = mimetype.partition(";")[0].strip()
        name = media.get("filename") or f"whatsapp{mimetypes.guess_extension(mimetype) or ''}"
        return self.env["ir.attachment"].sudo().create(
            {"name": name[:120], "raw": content, "mimetype": mimetype}
        )  # fmt: skip

    def _note_reminders(self, channel, address):
        """Put what was sent to an address lately into the conversation that begins, or goes on."""
        since = fields.Datetime.now() - timedelta(days=REMINDER_DAYS)
        contacts = self.env["collections.contact"].sudo().search(
            [
                ("company_id", "=", self.company_id.id),
                ("channel_id", "=", channel.id),
                ("address", "=", address),
                ("reference", "!=", False),
                ("sent_on", ">", since),
            ],
            order="sent_on desc",
            limit=5,
        )  # fmt: skip
        known = self.env["collections.conversation.message"].sudo().search(
            [("channel_id", "=", channel.id), ("external_id", "in", contacts.mapped("reference"))]
        )  # fmt: skip
        noted = set(known.mapped("external_id"))
        for contact in reversed(contacts):
            if contact.reference in noted:
                continue
            said = self.env["collections.conversation"]._note_sent(
                channel,
                self.company_id,
                address,
                {
                    "external_id": contact.reference,
                    "moment": contact.sent_on,
                    "body": html2plaintext(contact.content_id.sudo().body or "").strip(),
                    "contact_id": contact.id,
                    "kind": "template",
                },
            )
            if contact.state in ("delivered", "read"):
                said._receive_status(contact.state)


def to_moment(seconds):
    """Return a moment of WhatsApp as Odoo keeps it, or None."""
    if not 0 < seconds < 4_000_000_000:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)
