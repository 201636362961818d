from odoo import api
from odoo.tests import HttpCase

from odoo.addons.collections_management.engine.form_signature import sign

from .common import TOKEN, SmsCommon

NUMBER = "+51987654321"


class TestSmsInbound(SmsCommon, HttpCase):
    def receive(self, body, sender=NUMBER, sid="SM1", token=None, key=TOKEN, **more):
        """Post what Twilio posts; return the answer."""
        fields = {"From": sender, "To": "+12025550100", "Body": body, "MessageSid": sid, **more}
        signature = sign(key, self.company.collections_sms_inbound_url, list(fields.items()))
        return self.url_open(
            f"/collections_sms/inbound/{token or self.company.collections_sms_token}",
            data=fields,
            headers={"X-Twilio-Signature": signature},
        )

    def get_conversation(self, number=NUMBER):
        self.env.invalidate_all()
        return self.env["collections.conversation"].search([("address", "=", number)])

    def test_an_answer_is_a_conversation_on_the_case(self):
        self.create_invoice(100, days_overdue=5)
        case = self.plan().case_id
        answer = self.receive("Pago el viernes")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("<Response/>", answer.text)
        self.receive("Pago el viernes")  # told twice
        conversation = self.get_conversation()
        self.assertEqual(conversation.case_id, case)
        self.assertEqual(conversation.message_line_ids.mapped("body"), ["Pago el viernes"])
        self.assertEqual(conversation.message_line_ids.state, "new", "the bot's turn comes")

    def test_who_wants_text_messages_again_gets_them(self):
        self.create_invoice(100, days_overdue=5)
        case = self.plan().case_id
        consents = self.env["collections.consent"]

        def get_state():
            states = consents._get_states(case.partner_id, "sms", {case.partner_id.id: NUMBER})
            return states[case.partner_id.id]

        self.receive("STOP", sid="SM1")
        self.assertEqual(get_state(), "withdrawn")
        self.assertTrue(self.get_conversation().opted_out_on)
        self.receive("START", sid="SM2")
        self.assertEqual(get_state(), "granted")
        self.assertFalse(self.get_conversation().opted_out_on)

    def test_a_forged_one_is_refused(self):
        self.assertEqual(self.receive("x", key="other").status_code, 403)
        self.assertEqual(self.receive("x", token="unknown").status_code, 403)
        self.company.sms_twilio_auth_token = False
        self.assertEqual(self.receive("x", key="").status_code, 403)
        self.assertFalse(self.get_conversation())

    def test_stop_ends_text_messages_at_once(self):
        self.create_invoice(100, days_overdue=5)
        case = self.plan().case_id
        for number, word in enumerate(("  Stop. ", "BAJA", "no más")):
            self.env["phone.blacklist"]._remove([NUMBER])
            self.receive(word, sid=f"SM{number}")
            self.assertEqual(self.sms._get_addresses(case), {}, word)
        conversation = self.get_conversation()
        self.assertTrue(conversation.opted_out_on)
        self.assertEqual(set(conversation.message_line_ids.mapped("state")), {"done"})
        states = self.env["collections.consent"]._get_states(
            self.debtor, "sms", {self.debtor.id: NUMBER}, self.company
        )
        self.assertEqual(states, {self.debtor.id: "withdrawn"})

    def test_stop_within_a_sentence_is_left_to_the_conversation(self):
        self.receive("No voy a parar de pagar")
        self.assertEqual(self.get_conversation().message_line_ids.state, "new")
        self.assertFalse(self.env["phone.blacklist"].search([("number", "=", NUMBER)]))

    def test_a_stranger_and_hostile_words_are_kept(self):
        self.receive("😀" * 1000 + "<script>", sender="+573001234567", sid="SM8")
        conversation = self.get_conversation("+573001234567")
        self.assertFalse(conversation.case_id)
        self.assertIn("<script>", conversation.message_line_ids.body)

    def test_an_answer_leaves_as_a_text_message(self):
        self.receive("Hola")
        conversation = self.get_conversation()
        said = conversation._say("Está en camino", options=[{"id": "a", "title": "Sí"}])
        with self.twilio() as twilio:
            outcome = self.sms._reply(said)
        self.assertEqual((outcome.state, len(twilio.messages)), ("sent", 1))
        self.assertEqual(twilio.messages[0]["To"], NUMBER)
        self.assertIn("1. Si", twilio.messages[0]["Body"])
        said.write({"state": "sent", "external_id": outcome.reference})
        tracker = self.env["sms.tracker"].search([("sms_uuid", "=", outcome.reference)])
        tracker._action_update_from_sms_state("sent")
        self.assertEqual(said.state, "delivered")

    def test_after_an_erasure_no_table_knows_the_person(self):
        name, digits = "Ana Pérez Quispe", "987654321"
        self.debtor.name = name
        template = self.env.ref("collections_sms.sms_template_neutral")
        template.body = "{{ object.salutation_name }}: {{ object.net_overdue_text }}"
        self.strategy.step_ids.sms_template_ids = template
        self.create_invoice(100, days_overdue=5)
        contact = self.plan()
        with self.twilio():
            with self.assertLogs("odoo.tests.common", "WARNING"):
                self.deliver()
            self.receive(f"Soy {name}, pago el viernes")
            talk = self.get_conversation()
            talk._take_turn()
            self.env.flush_all()
            with self.assertLogs("odoo.tests.common", "WARNING"):
                with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                    env = api.Environment(cr, api.SUPERUSER_ID, {})
                    env["collections.conversation.message"]._deliver()
        self.env.invalidate_all()
        self.assertTrue(self.env["sms.sms"].search([("number", "=", NUMBER)]))
        contents = self.env["collections.log.content"].search(
            [("case_id", "=", contact.case_id.id)]
        )
        contents.with_user(self.manager)._erase("Request 12, Law 29733 art. 20")
        tables = [
            *("sms_sms", "mail_notification", "collections_contact", "collections_log_content"),
            *("collections_conversation", "collections_conversation_message", "sms_tracker"),
        ]
        self.assert_nowhere(tables, digits, name)
        self.env.cr.execute("SELECT to_jsonb(m)::text FROM mail_message m WHERE model = %s",
                            ["collections.case"])  # fmt: skip
        self.assertFalse([row for [row] in self.env.cr.fetchall() if name in row])
        self.assertEqual((talk.state, talk.address), ("closed", f"erased/{talk.id}"))
