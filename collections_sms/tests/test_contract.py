"""What we ask of Twilio through Odoo, against Twilio's own description of its API, and what
follows from each error that it names, at once or in a report.
"""

from contextlib import contextmanager

import requests

from odoo.tests import HttpCase

from odoo.addons.collections_management.tests import prism
from odoo.addons.sms_twilio.tools.sms_twilio import generate_twilio_sms_callback_signature

from .common import SID, TOKEN, SmsCommon

PHONE = "+51987654321"
# A refusal by its number: what becomes of the contact.
REFUSED = {
    21211: "bad_number", 21214: "bad_number", 21614: "bad_number", 21610: "opted_out",
    21408: "refused", 21617: "refused", 63016: "refused",
}  # fmt: skip
# The house or the provider: (status, code) -> (state, code) of the outcome.
HINDERED = {
    (401, 20003): ("retry", "sms_stopped"),
    (404, 20404): ("retry", "sms_stopped"),
    (400, 21210): ("retry", "sms_stopped"),
    (400, 21212): ("retry", "sms_stopped"),
    (400, 21219): ("retry", "sms_stopped"),
    (400, 21608): ("retry", "sms_stopped"),
    (429, 20429): ("retry", "channel_down"),
    (500, 20500): ("uncertain", "connection_lost"),
}
# A report of a message that was taken: why it did not arrive.
REPORTED = {
    "30002": "sms_stopped", "30003": "bad_number", "30004": "not_delivered",
    "30005": "bad_number", "30006": "bad_number", "30007": "not_delivered",
    "30008": "not_delivered", "30034": "sms_stopped", "21610": "opted_out",
}  # fmt: skip


class ContractCommon(SmsCommon):
    """Twilio behind its own description."""

    def setUp(self):
        super().setUp()
        self.spec = prism.find_spec(*prism.TWILIO)
        # Twilio takes no address of this machine: what it would be told in production.
        self.env["ir.config_parameter"].set_param("web.base.url", "https://collections.example")

    @contextmanager
    def described(self, url):
        """Put Prism between us and the fake."""
        with prism.contract(self.spec, url) as contract:
            yield contract.url
            self.assertFalse(contract.get_breaches())

    def is_withdrawn(self, contact):
        """Tell whether the debtor is known to want no text messages."""
        states = self.env["collections.consent"]._get_states(
            contact.partner_id, "sms", {contact.partner_id.id: contact.address}, self.company
        )
        return states.get(contact.partner_id.id) == "withdrawn"

    def owe(self, *numbers):
        """Let a debtor owe for each of these numbers; return the contacts planned, by number."""
        for number in numbers:
            debtor = self.debtor.copy({"name": f"Debtor {number}", "phone": number})
            self.create_invoice(100, debtor=debtor, days_overdue=5)
        return {contact.address: contact for contact in self.plan()}


class TestContract(ContractCommon):
    def test_every_request_is_as_twilio_describes_it(self):
        self.create_invoice(1200.5, days_overdue=5)
        contact = self.plan()
        conversation = (
            self.env["collections.conversation"]
            ._receive(
                self.sms,
                self.company,
                PHONE,
                {"external_id": "SM1", "kind": "text", "body": "hola"},
            )
            .conversation_id
        )
        with self.twilio(through=self.described) as twilio:
            self.deliver()
            contact.invalidate_recordset()
            self.assertEqual(contact.state, "sent")
            self.company.collections_sms_plain = False
            texts = ("Sí, gracias", "ñ👋" * 800, "https://pay.example/c/abc", "a\nb & c=d%20+")
            for text in texts:
                message = conversation._say(text)
                self.assertEqual(self.sms._sms_reply(message).state, "sent", text[:20])
            self.assertEqual([sent["Body"] for sent in twilio.messages][1:], list(texts))
            self.assertEqual({sent["To"] for sent in twilio.messages}, {PHONE})
            self.assertEqual(set(twilio.answers), {201})

    def test_a_request_outside_the_description_would_be_seen(self):
        with self.twilio() as twilio, prism.contract(self.spec, twilio.url) as contract:
            path = f"{contract.url}/2010-04-01/Accounts/{SID}/Messages.json"
            refused = requests.post(path, data={"Body": "To nobody"}, auth=(SID, TOKEN), timeout=30)
            self.assertEqual(refused.status_code, 422)
            self.assertTrue(contract.get_breaches())
            self.assertFalse(twilio.messages)

    def test_what_twilio_refuses_of_one_debtor_is_told_apart_and_goes_another_way(self):
        numbers = {code: f"+5198700{code % 10000:04}" for code in REFUSED}
        contacts = self.owe(*numbers.values())
        with self.twilio(through=self.described) as twilio:
            twilio.faults = {number: (400, code) for code, number in numbers.items()}
            with self.expect_twilio_to_complain():
                self.deliver()
            self.assertFalse(twilio.messages)
            self.assertEqual(set(twilio.answers), {400})
        self.env.invalidate_all()
        for code, reason in REFUSED.items():
            contact = contacts[numbers[code]]
            self.assertEqual((contact.state, contact.reason), ("failed", reason), code)
            self.assertEqual(
                contact.partner_id.collections_is_bad_phone, reason == "bad_number", code
            )
            withdrawn = self.is_withdrawn(contact)
            self.assertEqual(withdrawn, reason == "opted_out", code)
            fallback = contact.search([("parent_id", "=", contact.id)])
            self.assertTrue(fallback, code)
            self.assertNotEqual(fallback.channel_id, self.sms, code)

    def test_what_twilio_refuses_of_the_house_stops_it(self):
        api = self.sms._sms_get_api(self.company)
        with self.twilio(through=self.described) as twilio, self.expect_twilio_to_complain():
            for fault, expected in HINDERED.items():
                twilio.faults[PHONE] = fault
                self.company.action_collections_sms_resume()
                outcome = self.sms._sms_call(api, self.company, PHONE, "hola", "0" * 32)
                self.assertEqual((outcome.state, outcome.code), expected, fault)
                self.assertTrue(outcome.down, fault)
                self.assertEqual(twilio.answers[-1], fault[0])
                stopped = bool(self.company._get_collections_sms_obstacle())
                self.assertEqual(stopped, expected[1] == "sms_stopped", fault)


class TestReports(ContractCommon, HttpCase):
    @contextmanager
    def enter_registry_test_mode(self):
        """A test that answers requests is in that mode all the time."""
        self.env.flush_all()
        yield
        self.env.invalidate_all()

    def test_what_twilio_reports_later_is_told_apart_and_goes_another_way(self):
        numbers = {code: f"+5198600{int(code) % 10000:04}" for code in REPORTED}
        contacts = self.owe(*numbers.values())
        with self.twilio(through=self.described):
            self.deliver()
        self.env.invalidate_all()
        for code, reason in REPORTED.items():
            contact = contacts[numbers[code]]
            self.assertEqual(contact.state, "sent", code)
            self.company.action_collections_sms_resume()
            self.report(contact, code)
            self.report(contact, code)  # twice
            self.assertEqual((contact.state, contact.reason), ("failed", reason), code)
            self.assertEqual(
                contact.partner_id.collections_is_bad_phone, reason == "bad_number", code
            )
            self.assertEqual(
                bool(self.company._get_collections_sms_obstacle()), reason == "sms_stopped", code
            )
            self.assertEqual(contact.search_count([("parent_id", "=", contact.id)]), 1, code)
            self.assertEqual(self.is_withdrawn(contact), reason == "opted_out", code)

    def report(self, contact, code):
        """Post as Twilio does that a message did not arrive."""
        told = {
            "SmsStatus": "undelivered", "MessageStatus": "undelivered", "ErrorCode": code,
            "SmsSid": "SM1", "To": contact.address,
        }  # fmt: skip
        signature = generate_twilio_sms_callback_signature(self.company, contact.sms_uuid, told)
        answer = self.url_open(
            f"/sms_twilio/status/{contact.sms_uuid}",
            data=told,
            headers={"X-Twilio-Signature": signature},
        )
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
