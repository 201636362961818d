"""A company that writes by WhatsApp, to a fake that keeps what it is sent."""

import json
from contextlib import contextmanager

from odoo import Command, api

from odoo.addons.collections_management.tests.common import CollectionsCommon

from tools.doubles.whatsapp import NUMBER, SECRET, WABA, FakeGraph

from ..models import collections_channel

BODY = "Hola {{1}}, tienes {{2}} por pagar desde hace algunos días."


class WhatsappCommon(CollectionsCommon):
    """A debtor with a mobile, a step that speaks by WhatsApp, and an approved template."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.graph = FakeGraph(token="token", auto=False).__enter__()
        cls.addClassCleanup(cls.graph.__exit__)
        cls.whatsapp = cls.env.ref("collections_whatsapp.collections_channel_whatsapp")
        cls.account = cls.env["collections.whatsapp.account"].create(
            {
                "name": "Lima",
                "company_id": cls.company.id,
                "phone_number_id": NUMBER,
                "waba_id": WABA,
                "token": "token",
                "app_secret": SECRET,
                "base_url": cls.graph.url,
                "test_number": "+51 900 000 000",
            }
        )
        cls.text = cls.env["collections.whatsapp.template"].create(
            {
                "account_id": cls.account.id,
                "name": "payment_overdue",
                "language": "es",
                "status": "APPROVED",
                "category": "utility",
                "body": BODY,
            }
        )
        cls.say_in(cls.text, {"1": "salutation_name", "2": "net_overdue_text"})
        cls.strategy.step_ids.write(
            {
                "channel_ids": [Command.set(cls.whatsapp.ids)],
                "whatsapp_template_ids": [Command.set(cls.text.ids)],
            }
        )
        cls.peru = cls.env.ref("base.pe")
        cls.debtor.write({"phone": "+51 987 654 321", "country_id": cls.peru.id})
        cls.phone = "+51987654321"

    def setUp(self):
        super().setUp()
        for kept in (self.graph.messages, self.graph.calls, self.graph.posted):
            kept.clear()
        self.graph.next_faults.clear()
        self.graph.always = None

    @classmethod
    def say_in(cls, template, sources):
        for row in template.parameter_ids:
            row.write({"source": sources[row.name], "sample": f"sample {row.name}"})

    def send(self, amount=100.0, phone=None, debtor=None):
        """Plan and deliver the contact of a fresh invoice; return it."""
        if phone:
            (debtor or self.debtor).phone = phone
        self.create_invoice(amount, days_overdue=5, debtor=debtor)
        contact = self.plan()
        self.deliver()
        contact.invalidate_recordset()
        return contact

    def tell(self, body, account=None):
        """Store a webhook, without HTTP, and let the worker work."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.env["collections.whatsapp.event"]._store(account or self.account, raw)
        event = self.env["collections.whatsapp.event"].search([], limit=1)
        self.work()
        event.invalidate_recordset()
        return event

    def work(self):
        """Do what the job does, with commits of its own."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["collections.whatsapp.event"]._cron_process()
        self.env.invalidate_all()

    def talk(self):
        """Let the conversations take their turns, and what they say leave."""
        conversations = self.env["collections.conversation"].search([])
        for conversation in conversations:
            conversation._take_turn()
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["collections.conversation.message"]._deliver()
        self.env.invalidate_all()

    @contextmanager
    def quick(self):
        """Send without waiting for the number's turn."""
        init = collections_channel.Sending.__init__

        def hurried(sending, *args):
            init(sending, *args)
            sending.sleep = lambda _seconds: None

        collections_channel.Sending.__init__ = hurried
        try:
            yield
        finally:
            collections_channel.Sending.__init__ = init
