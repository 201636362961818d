"""A two-way channel whose provider is a list in memory: what the tests of conversations talk to."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields

from odoo.addons.collections_management.engine.delivery import Outcome
from odoo.addons.collections_management.models.collections_channel import CollectionsChannel

from .test_security import SecurityCommon


class FakeProvider:
    """What left, and what the provider answers."""

    def __init__(self):
        self.sent = []  # (address, text, option titles)
        self.outcomes = []  # what the next calls answer; nothing: taken
        self.window = None
        self.limits = {"text": 4096, "buttons": 3, "button_title": 20, "list_rows": 10}
        self.test_address = False
        self.texts = []

    def reply(self, message):
        if self.outcomes:
            outcome = self.outcomes.pop(0)
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome
        titles = [option["title"] for option in message.options or []]
        self.sent.append((message.conversation_id.address, message.body, titles))
        return Outcome("sent", reference=f"fake-{message.id}")


class ConversationCommon(SecurityCommon):
    """A debtor with a phone, an overdue invoice, and a channel he answers through."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.peru = cls.env.ref("base.pe")
        cls.provider = FakeProvider()
        cls.start_fake()
        cls.channel = cls.env["collections.channel"].create(
            {"name": "Chat", "code": "chat", "kind": "letter", "icon": "fa-comments-o"}
        )
        cls.debtor.write(
            {"phone": "+51 987 654 321", "country_id": cls.peru.id, "vat": False, "lang": "en_US"}
        )
        cls.debtor.vat = "20100070970"
        cls.invoice = cls.create_invoice(1200.5, days_overdue=20)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.case = cls.get_case()
        cls.case.user_id = cls.collector
        cls.phone = "51987654321"
        cls.count = 0

    @classmethod
    def start_fake(cls):
        """Let the kind of the fake channel answer: letters know no conversations."""
        provider = cls.provider
        verbs = {
            "_letter_is_two_way": lambda self: True,
            "_letter_reply": lambda self, message: provider.reply(message),
            "_letter_get_window": lambda self, conversation: provider.window,
            "_letter_get_limits": lambda self: provider.limits,
            "_letter_get_test_address": lambda self, company: provider.test_address,
            "_letter_get_window_texts": lambda self, conversation: provider.texts,
            "_letter_say_window_text": lambda self, conversation, text_id, user: (
                conversation._say(next(t["text"] for t in provider.texts if t["id"] == text_id),
                                  user=user)
            ),
        }  # fmt: skip
        for name, verb in verbs.items():
            patcher = patch.object(CollectionsChannel, name, verb, create=True)
            patcher.start()
            cls.addClassCleanup(patcher.stop)

    def hear(self, body=None, address=None, turn=True, **values):
        """Let the debtor say something, and the conversation take its turn."""
        type(self).count += 1
        message = self.env["collections.conversation"]._receive(
            self.channel,
            self.company,
            address or self.phone,
            {"external_id": f"in-{self.count}", "body": body, "name": "Ana", **values},
        )
        if turn:
            message.conversation_id._take_turn()
        return message

    def get_said(self, conversation):
        """All that the conversation says that has not left yet, and forget it."""
        queued = conversation.message_line_ids.filtered(lambda said: said.state == "queued")
        queued.write({"state": "sent"})
        return "\n".join(message._get_words() for message in queued)

    @contextmanager
    def at(self, moment):
        with patch.object(fields.Datetime, "now", staticmethod(lambda *_args: moment)):
            yield
