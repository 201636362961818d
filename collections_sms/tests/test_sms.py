from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase

from odoo.addons.sms_twilio.tools.sms_twilio import generate_twilio_sms_callback_signature

from .common import SmsCommon

NUMBER = "+51987654321"


class TestSms(SmsCommon):
    def send(self, **faults):
        """Plan what is due, send it; return the contact and what Twilio got."""
        contact = self.plan()
        with self.twilio() as twilio:
            twilio.faults = faults.get("faults", {})
            self.deliver()
        contact.invalidate_recordset()
        return contact, list(twilio.messages)

    def test_a_step_speaks_by_text_message_with_the_shipped_text(self):
        self.sms.write({"cost": 0.02, "currency_id": self.company.currency_id.id})
        self.create_invoice(1200.5, days_overdue=5)
        contact, [message] = self.send()
        self.assertEqual(contact.state, "sent")
        self.assertEqual(message["To"], NUMBER)
        self.assertEqual(message["From"], "+12025550100")
        self.assertIn("1,200.50", message["Body"])
        self.assertTrue(message["Body"].startswith(self.company.name))
        self.assertIn(contact.sms_uuid, message["StatusCallback"])
        self.assertEqual(contact.sms_segments, 1)
        self.assertEqual(contact.cost, 0.02)
        self.assertIn("1,200.50", contact.preview)
        self.assertEqual(contact.mail_message_id.message_type, "sms")
        self.assertEqual(contact.content_id.sudo().address, NUMBER)

    def test_the_pay_link_takes_the_place_of_a_sentence(self):
        self.create_invoice(1200.5, days_overdue=5)
        contact = self.plan()
        templates = self.env["sms.template"].search([("model", "=", "collections.contact")])
        for url in (False, "https://collections.example/c/" + "x" * 22):
            urls = {contact.id: url}
            with patch.object(type(contact), "_get_pay_urls", lambda _self, urls=urls: urls):
                contact.invalidate_recordset(["pay_url", "pay_line"])
                for template in templates:
                    text = template._render_field("body", contact.ids)[contact.id]
                    self.assertEqual(f". Pay here: {url} STOP: " in text, bool(url), text)
                    self.assertRegex(text, r"\. STOP: no" if not url else r"x STOP: no")
                    self.assertNotIn("object", text)
                    self.assertNotIn("  ", text)

    def test_accents_are_left_out_unless_the_company_wants_them(self):
        self.company.name = "Distribución Ágil"
        self.create_invoice(100, days_overdue=5)
        _contact, [message] = self.send()
        self.assertTrue(message["Body"].startswith("Distribucion Agil"))

    def test_with_accents_it_takes_more_segments_and_costs_more(self):
        self.sms.write({"cost": 0.02, "currency_id": self.company.currency_id.id})
        self.company.write({"name": "Distribución Ágil", "collections_sms_plain": False})
        self.create_invoice(100, days_overdue=5)
        contact, [message] = self.send()
        self.assertTrue(message["Body"].startswith("Distribución Ágil"))
        self.assertGreater(contact.sms_segments, 1)
        self.assertAlmostEqual(contact.cost, 0.02 * contact.sms_segments)

    def test_a_landline_a_blacklisted_and_a_bad_number_get_none(self):
        self.create_invoice(100, days_overdue=5)
        case = self.plan().case_id
        for phone, note in (("+51 1 4441234", "a landline"), ("12", "no number")):
            self.debtor.phone = phone
            self.assertEqual(self.sms._get_addresses(case), {}, note)
        self.debtor.phone = NUMBER
        self.assertEqual(self.sms._get_addresses(case), {case.id: NUMBER})
        self.env["phone.blacklist"]._add([NUMBER])
        self.assertEqual(self.sms._get_addresses(case), {})
        self.env["phone.blacklist"]._remove([NUMBER])
        self.env["res.partner"]._mark_bad_number(NUMBER)
        self.assertEqual(self.sms._get_addresses(case), {})

    def test_another_persons_number_is_used_when_the_first_is_refused(self):
        self.env["res.partner"].create(
            {
                "name": "Pagos",
                "parent_id": self.debtor.id,
                "collections_role": "accounts_payable",
                "phone": "+51 911 111 111",
            }
        )
        self.create_invoice(100, days_overdue=5)
        contact, _messages = self.send(faults={"+51911111111": (400, 21211)})
        self.assertEqual((contact.state, contact.reason), ("failed", "bad_number"))
        fallback = contact.search([("parent_id", "=", contact.id)])
        self.assertEqual((fallback.channel_id, fallback.address), (self.sms, NUMBER))

    def test_who_told_the_provider_to_stop_is_reached_otherwise(self):
        self.create_invoice(100, days_overdue=5)
        with self.expect_twilio_to_complain():
            contact, messages = self.send(faults={NUMBER: (400, 21610)})
        self.assertFalse(messages)
        self.assertEqual((contact.state, contact.reason), ("failed", "opted_out"))
        fallback = contact.search([("parent_id", "=", contact.id)])
        self.assertNotEqual(fallback.channel_id, self.sms)

    def test_a_refused_account_keeps_the_queue_until_somebody_acts(self):
        self.create_invoice(100, days_overdue=5)
        with self.expect_twilio_to_complain():
            contact, _messages = self.send(faults={NUMBER: (401, 20003)})
        self.assertEqual((contact.state, contact.reason), ("queued", "sms_stopped"))
        contact.scheduled_on = fields.Datetime.now() - timedelta(minutes=1)
        with self.twilio() as twilio:
            self.deliver()
            contact.invalidate_recordset()
            self.assertEqual((contact.state, contact.reason), ("held", "sms_stopped"))
            self.company.action_collections_sms_resume()
            self.deliver()
        contact.invalidate_recordset()
        self.assertEqual((contact.state, len(twilio.messages)), ("sent", 1))

    def test_without_an_answer_nobody_knows_until_the_report_comes(self):
        self.create_invoice(100, days_overdue=5)
        with self.expect_twilio_to_complain():
            contact, messages = self.send(faults={NUMBER: "drop"})
        self.assertEqual(len(messages), 1)
        self.assertEqual((contact.state, contact.reason), ("uncertain", "connection_lost"))
        with self.twilio() as twilio:
            self.deliver()
        self.assertFalse(twilio.messages, "never sent twice")
        tracker = self.env["sms.tracker"].search([("sms_uuid", "=", contact.sms_uuid)])
        tracker._action_update_from_sms_state("sent")
        self.assertEqual(contact.state, "delivered")

    def test_a_provider_out_of_reach_counts_as_no_attempt_lost(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.plan()
        with self.twilio() as twilio, self.expect_twilio_to_complain():
            twilio.shutdown()
            twilio.server_close()
            self.deliver()
        contact.invalidate_recordset()
        self.assertEqual((contact.state, contact.reason), ("queued", "channel_down"))
        self.assertGreater(contact.scheduled_on, fields.Datetime.now())

    def test_reports_in_any_order_and_more_than_once(self):
        self.create_invoice(100, days_overdue=5)
        contact, _messages = self.send()
        tracker = self.env["sms.tracker"].search([("sms_uuid", "=", contact.sms_uuid)])
        for state in ("sent", "pending", "sent"):  # Odoo's "sent" is "delivered"
            tracker._action_update_from_sms_state(state)
            self.assertEqual(contact.state, "delivered")

    def test_an_undelivered_one_marks_the_number_and_goes_another_way(self):
        self.create_invoice(100, days_overdue=5)
        contact, _messages = self.send()
        tracker = self.env["sms.tracker"].search([("sms_uuid", "=", contact.sms_uuid)])
        tracker._action_update_from_twilio_error("undelivered", "30005", "unknown handset")
        self.assertEqual((contact.state, contact.reason), ("failed", "bad_number"))
        self.assertTrue(self.debtor.collections_is_bad_phone)
        self.assertTrue(contact.search([("parent_id", "=", contact.id)]))

    def test_in_safe_mode_only_the_test_number_gets_it(self):
        self.company.collections_safe_mode = True
        self.create_invoice(100, days_overdue=5)
        contact, messages = self.send()
        self.assertFalse(messages)
        self.assertEqual((contact.state, contact.reason), ("held", "no_test_address"))
        self.company.collections_sms_test_number = "+51900000001"
        with self.twilio() as twilio:
            self.deliver()
        contact.invalidate_recordset()
        self.assertEqual([message["To"] for message in twilio.messages], ["+51900000001"])
        self.assertTrue(contact.safe_mode)

    def test_a_test_number_is_written_in_full(self):
        with self.assertRaises(ValidationError):
            self.company.collections_sms_test_number = "987 654 321"

    def test_a_name_of_marks_is_text(self):
        self.debtor.name = "<script>alert(1)</script> & Co"
        template = self.env.ref("collections_sms.sms_template_neutral")
        template.body = "{{ object.salutation_name }}: {{ object.net_overdue_text }}"
        self.strategy.step_ids.sms_template_ids = template
        self.create_invoice(100, days_overdue=5)
        contact, [message] = self.send()
        self.assertIn("<script>", message["Body"])
        self.assertNotIn("<script>", contact.preview)

    def test_a_step_of_text_messages_needs_no_letter(self):
        strategy = self.create_strategy([(3, {"channel_ids": self.sms.ids})])
        strategy.step_ids.template_ids = False
        self.assertEqual(
            strategy.step_ids._get_sms_template("firm"),
            self.env.ref("collections_sms.sms_template_firm"),
        )

    def test_a_manager_writes_the_texts_of_collections_only(self):
        manager = self.manager
        self.env.ref("collections_sms.sms_template_firm").with_user(manager).body = "Pay, please."
        other = self.env["sms.template"].create(
            {
                "name": "Other",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "body": "Hello",
            }
        )
        self.assertEqual(other.with_user(manager).body, "Hello")
        with self.assertRaises(AccessError):
            other.with_user(manager).body = "Pay"
        with self.assertRaises(AccessError):
            self.env.ref("collections_sms.sms_template_firm").with_user(self.collector).body = "Pay"


class TestSmsReport(SmsCommon, HttpCase):
    def test_a_signed_report_reaches_the_contact_and_a_forged_one_does_not(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.plan()
        with self.twilio(), self.assertLogs("odoo.tests.common", "WARNING"):
            self.deliver()
        contact.invalidate_recordset()
        url = f"/sms_twilio/status/{contact.sms_uuid}"
        report = {"SmsStatus": "delivered", "SmsSid": "SM1", "To": NUMBER}
        with self.expect_twilio_to_complain():
            forged = self.url_open(url, data=report, headers={"X-Twilio-Signature": "x"})
        self.assertEqual(forged.status_code, 404)
        contact.invalidate_recordset()
        self.assertEqual(contact.state, "sent")
        signature = generate_twilio_sms_callback_signature(self.company, contact.sms_uuid, report)
        answer = self.url_open(url, data=report, headers={"X-Twilio-Signature": signature})
        self.assertEqual(answer.status_code, 200)
        contact.invalidate_recordset()
        self.assertEqual(contact.state, "delivered")
