"""Helpers for tests of automated calls."""

from contextlib import contextmanager

from odoo import Command, api
from odoo.tests import HttpCase

from odoo.addons.collections_management.tests.common import CollectionsCommon

from .twilio_fake import FROM, SID, TOKEN, Phone, TwilioFake

PHONE = "+51987654321"
TEST_PHONE = "+51900000000"
PERSON = "+51911111111"


class VoiceCommon(CollectionsCommon, HttpCase):
    """A company that calls a debtor through a fake Twilio which calls us back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.voice = cls.env.ref("collections_voice.collections_channel_voice")
        cls.account = cls.env["collections.voice.account"].create(
            {
                "company_id": cls.company.id,
                "account_sid": SID,
                "auth_token": TOKEN,
                "phone_from": FROM,
                "phone_person": PERSON,
                "calls_per_second": 100,
            }
        )
        cls.peru = cls.env.ref("base.pe")
        cls.debtor.write({"country_id": cls.peru.id, "phone": PHONE, "lang": "en_US"})
        cls.spoken = cls.env["mail.template"].create(
            {
                "name": "Said",
                "model_id": cls.env["ir.model"]._get_id("collections.contact"),
                "collections_spoken": True,
                "subject": "Call",
                "body_html": "<p>We call about your account.</p>",
            }
        )
        step = {
            "channel_ids": [Command.set((cls.voice | cls.email).ids)],
            "template_ids": [Command.set((cls.template | cls.spoken).ids)],
        }
        cls.strategy.step_ids.filtered(lambda s: s.days == 3).write(step)
        cls.voice.sequence = 1

    def setUp(self):
        super().setUp()
        self.twilio = self.enterContext(TwilioFake())
        self.account.base_url = self.twilio.url
        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())

    @contextmanager
    def enter_registry_test_mode(self):
        """A test that answers requests is in that mode all the time."""
        self.env.flush_all()
        yield
        self.env.invalidate_all()

    def dial(self, **invoice):
        """Plan and deliver a call to the debtor; return its contact."""
        self.create_invoice(amount=1200.5, days_overdue=5, **invoice)
        contact = self.plan().filtered(lambda c: c.channel_id == self.voice)
        contact.ensure_one()
        self.deliver()
        contact.invalidate_recordset()
        return contact

    def call(self, **invoice):
        """Call the debtor; return ``(contact, call, phone at the other end)``."""
        contact = self.dial(**invoice)
        call = self.env["collections.voice.call"].search([("contact_id", "=", contact.id)])
        return contact, call, self.phone()

    def phone(self, number=-1):
        return Phone(self.twilio, self.twilio.calls[number], self.post)

    def post(self, url, pairs, headers):
        """Post as the world does; what was written is seen by the test."""
        response = self.url_open(url, data=pairs, headers=headers, allow_redirects=False)
        self.env.invalidate_all()
        return response

    def events(self, contact):
        """The log of a contact, oldest first."""
        logs = self.env["collections.log"].search([("contact_id", "=", contact.id)], order="id")
        return logs.mapped("event")

    def ask(self):
        """Run the scheduled job that asks what became of calls."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["collections.voice.call"]._cron_ask()
        self.env.invalidate_all()
