from datetime import datetime, timedelta

from odoo import fields, models

from odoo.addons.collections_management.engine.delivery import Outcome

from ..engine import messages, templates
from ..engine.errors import to_outcome
from .collections_channel import TELLING, read_sent

OPAQUE = "message/"
WINDOW_HOURS = 24


class CollectionsChannel(models.Model):
    """The conversations of the WhatsApp adapter."""

    _inherit = "collections.channel"

    def _whatsapp_is_two_way(self):
        return True

    def _whatsapp_get_limits(self):
        return {
            "text": messages.TEXT,
            "buttons": messages.BUTTONS,
            "button_title": messages.BUTTON_TITLE,
            "list_rows": messages.ROWS,
            "url_title": messages.BUTTON_TITLE,
        }

    def _whatsapp_get_window(self, conversation):
        """A day from the person's last word on; nothing said yet: closed."""
        last = conversation.last_inbound_on
        return last + timedelta(hours=WINDOW_HOURS) if last else datetime.min

    def _whatsapp_tell(self, case, address, words):
        """Words of our own go to who has written in the last day; else only templates may."""
        conversation = self.env["collections.conversation"].sudo().search(
            [("channel_id", "=", self.id), ("company_id", "=", case.company_id.id),
             ("case_id", "=", case.id), ("address", "=", address)],
        )  # fmt: skip
        if not conversation or self._whatsapp_get_window(conversation) <= fields.Datetime.now():
            return False
        if words["url"]:
            conversation._say(words["short"], url=words["url"], url_title=self.env._("See and pay"))
        else:
            conversation._say(words["text"])
        return True

    def _whatsapp_get_cost(self, contact, content):
        """Nothing is known until WhatsApp tells how it charges the message."""
        return 0.0

    def _whatsapp_get_test_address(self, company):
        return self.env["collections.whatsapp.account"]._get_for(company)._get_test_address()

    def _whatsapp_get_window_texts(self, conversation):
        """The usable templates, as this debtor would read them; those in his language first."""
        account = self.env["collections.whatsapp.account"]._get_for(conversation.company_id)
        found = self.env["collections.whatsapp.template"].sudo().search(
            [("account_id", "=", account.id), ("is_usable", "=", True),
             ("header_kind", "in", [False, "text"])]
        )  # fmt: skip
        contact = self._whatsapp_imagine(conversation)
        return [
            {
                "id": str(template.id),
                "name": template.display_name,
                "text": templates.to_text(template._get_parts(), template._get_values(contact)),
            }
            for template in found.sorted(
                lambda template: template.language[:2] != (conversation.lang or "")[:2]
            )
            if not template._get_obstacle()
        ]

    def _whatsapp_imagine(self, conversation):
        """Return a contact that is not stored: what the variables of a template are read from."""
        return self.env["collections.contact"].sudo().new(
            {
                "case_id": conversation.case_id.id,
                "company_id": conversation.company_id.id,
                "channel_id": self.id,
                "address": conversation.address,
            }
        )  # fmt: skip

    def _whatsapp_say_window_text(self, conversation, text_id, user):
        """Queue a template to be said."""
        template = self.env["collections.whatsapp.template"].sudo().browse(int(text_id)).exists()
        leaving = self._whatsapp_imagine(conversation).with_context(collections_leaves=True)
        values = template._get_values(leaving)
        parts, now = template._get_parts(), fields.Datetime.now()
        template._check_links(parts, values)
        message = self.env["collections.conversation.message"].sudo().create(
            {
                "conversation_id": conversation.id,
                "direction": "out",
                "kind": "template",
                "state": "queued",
                "moment": now,
                "scheduled_on": now,
                "user_id": user.id,
                "body": templates.to_text(parts, values),
                "whatsapp_content": messages.template(
                    template.name, template.language, templates.to_send(parts, values)
                ),
            }
        )  # fmt: skip
        conversation.sudo().last_message_on = now
        self.env.ref(
            "collections_management.collections_conversation_cron_deliver"
        ).sudo()._trigger()
        return message

    def _whatsapp_reply(self, message):
        """Say one thing in a conversation; see ``_reply``."""
        conversation = message.conversation_id
        account = self.env["collections.whatsapp.account"]._get_for(conversation.company_id)
        if not account or account._get_obstacle():
            code, sentence = self._whatsapp_obstacle(conversation.company_id)
            return Outcome("retry", code, sentence)
        if message.whatsapp_content:
            kind, content = "template", message.whatsapp_content
        else:
            local = self.with_context(lang=conversation._get_reading_lang())
            kind, content = messages.say(
                message.body or "",
                message.options,
                message.url,
                message.url_title,
                label=local.env._("Options"),
            )
        body = messages.envelope(
            conversation.address, kind, content, opaque=f"{OPAQUE}{message.id}"
        )
        last = message.search(
            [("conversation_id", "=", conversation.id), ("direction", "=", "in"),
             ("external_id", "!=", False)], order="moment desc, id desc", limit=1,
        ).external_id  # fmt: skip
        with account._connect() as graph:
            if last:  # whoever is answered sees that he was read; nothing hangs on it
                graph.call(
                    "POST", f"{account.phone_number_id}/messages", json=messages.mark_read(last)
                )
            reply = graph.send(account.phone_number_id, body)
        if not reply.fault:
            return read_sent(reply)
        if reply.fault.kind in TELLING:
            account._note_fault(reply.fault)
        return to_outcome(reply.fault)
