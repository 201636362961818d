from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from tools.doubles.whatsapp import make_status, wrap

from .common import BODY, WhatsappCommon


@tagged("post_install", "-at_install")
class TestSending(WhatsappCommon):
    """A reminder from the step to the phone, and what WhatsApp says of it."""

    def test_a_reminder_leaves_with_its_template(self):
        contact = self.send(1200)
        self.assertRecordValues(
            contact,
            [{"state": "sent", "address": self.phone, "whatsapp_template_id": self.text.id}],
        )
        [message] = self.graph.messages
        self.assertEqual(contact.reference, message["id"])
        body = message["body"]
        self.assertEqual((body["to"], body["type"]), ("51987654321", "template"))
        self.assertEqual(body["biz_opaque_callback_data"], f"contact/{contact.id}")
        self.assertEqual(body["template"]["language"], {"code": "es"})
        [component] = body["template"]["components"]
        texts = [parameter["text"] for parameter in component["parameters"]]
        self.assertEqual(texts[0], "Ferretería Lima")
        self.assertIn("1,200.00", texts[1])
        self.assertIn("Hola Ferretería Lima, tienes", contact.content_id.sudo().body)
        self.assertEqual(contact.preview_subject, "payment_overdue (es)")

    def test_in_safe_mode_all_goes_to_the_test_number(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        contact = self.send()
        self.assertEqual((contact.state, contact.address), ("sent", "+51900000000"))
        self.assertEqual(self.graph.messages[0]["to"], "51900000000")

    def test_without_a_test_number_nothing_leaves_in_safe_mode(self):
        self.account.test_number = False
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        contact = self.send()
        self.assertEqual((contact.state, contact.reason), ("held", "no_test_address"))
        self.assertFalse(self.graph.messages)

    def test_each_class_of_error(self):
        cases = [
            ("90001", "failed", "whatsapp_person"),
            ("90002", "failed", "whatsapp_window"),
            ("90003", "queued", "whatsapp_pair"),
            ("90004", "failed", "whatsapp_opted_out"),
            ("90005", "failed", "whatsapp_bug"),
            ("90006", "uncertain", "whatsapp_unknown"),
            ("90008", "uncertain", "whatsapp_unknown"),
            ("90009", "uncertain", "whatsapp_unknown"),
        ]
        for end, state, reason in cases:
            with self.subTest(end=end):
                debtor = self.create_debtor(f"D{end}", phone=f"+51 9871 {end[:1]}{end[1:]}")
                debtor.country_id = self.peru
                contact = self.send(debtor=debtor).filtered(lambda c: c.channel_kind == "whatsapp")
                contact = contact.filtered(lambda c, debtor=debtor: c.partner_id == debtor)
                self.assertRecordValues(contact, [{"state": state, "reason": reason}])
                self.assertTrue(contact.reason_text)
        self.assertEqual(self.account.state, "ok")

    def test_who_has_no_whatsapp_is_reached_by_the_next_channel(self):
        self.strategy.step_ids.write(
            {
                "channel_ids": [Command.set((self.whatsapp | self.email).ids)],
                "template_ids": [Command.set(self.template.ids)],
            }
        )
        contact = self.send(phone="+51 987 190 001")
        fallback = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
        self.assertEqual(contact.state, "failed")
        self.assertEqual(fallback.channel_id, self.email)

    def test_a_refused_token_stops_the_account_and_keeps_the_queue(self):
        others = [self.create_debtor(f"Other{n}", phone=f"+51 98765400{n}") for n in range(3)]
        for debtor in others:
            debtor.country_id = self.peru
            self.create_invoice(50, debtor=debtor)
        self.graph.fail_next(190)
        self.send()
        contacts = self.env["collections.contact"].search([("channel_id", "=", self.whatsapp.id)])
        self.assertEqual(set(contacts.mapped("state")), {"queued"})
        self.assertEqual(self.account.state, "stopped")
        self.assertIn("190", self.account.reason)
        self.assertFalse(self.graph.messages)
        # The next round holds all of them; a person repairs, and all leave.
        contacts.scheduled_on = self.today
        self.deliver()
        contacts.invalidate_recordset()
        self.assertEqual(set(contacts.mapped("reason")), {"whatsapp_stopped"})
        self.account.action_check()
        self.assertEqual((self.account.state, self.account.tier), ("ok", "TIER_2K"))
        with self.quick():
            self.deliver()
        contacts.invalidate_recordset()
        self.assertEqual(set(contacts.mapped("state")), {"sent"})
        self.assertEqual(len(self.graph.messages), 4)

    def test_complaints_rest_the_number_for_hours(self):
        self.graph.fail_next(131048)
        self.send()
        self.assertEqual(self.account.state, "stopped")
        self.assertTrue(self.account.resume_on)
        self.assertTrue(self.account._get_obstacle())
        self.account.resume_on = self.today
        self.assertFalse(self.account._get_obstacle())

    def test_too_fast_slows_down(self):
        self.graph.fail_next(130429)
        contact = self.send()
        self.assertEqual((contact.state, self.account.state), ("queued", "slowed"))
        self.assertLess(self.account._get_pace(), 80)

    def test_all_workers_share_the_pace_of_a_number(self):
        pace = self.env["collections.whatsapp.pace"]
        with self.enter_registry_test_mode():
            waits = [pace._reserve(self.account, 10, 20) for _worker in range(3)]
        for wait, expected in zip(waits, (0, 0.4, 0.9), strict=True):  # a tenth may leave at once
            self.assertAlmostEqual(wait, expected, delta=0.1)

    def test_a_day_without_whatsapp_uses_up_no_attempt_and_says_it_once_then(self):
        url, self.account.base_url = self.account.base_url, "http://127.0.0.1:9"
        contact = self.send()
        for _turn in range(8):
            contact.scheduled_on = self.today
            self.deliver()
            contact.invalidate_recordset()
        self.assertRecordValues(
            contact, [{"state": "queued", "attempts": 0, "reason": "whatsapp_unreachable"}]
        )
        self.account.base_url = url
        contact.scheduled_on = self.today
        self.deliver()
        contact.invalidate_recordset()
        self.assertEqual(contact.state, "sent")
        self.assertEqual(len(self.graph.messages), 1)

    def test_the_daily_limit_of_persons_holds_the_rest(self):
        self.account.tier = "TIER_250"
        self.send()
        with patch(
            "odoo.addons.collections_whatsapp.models.collections_whatsapp_account.read_tier",
            return_value=1,
        ):
            self.assertEqual(self.account._get_obstacle()[0], "whatsapp_tier")

    def test_a_button_carries_the_pay_link_of_each_message(self):
        self.text.write({"button_url_text": "Pagar", "button_url": "https://pay.example/c/{{1}}"})
        self.say_in(
            self.text, {"1": "salutation_name", "2": "net_overdue_text", "url:0": "pay_url"}
        )
        contacts = self.env["collections.contact"]
        with patch.object(
            type(contacts), "_get_pay_urls",
            lambda self: {row.id: f"https://pay.example/c/token-{row.id}" for row in self},
        ):  # fmt: skip
            contact = self.send()
        self.assertEqual(contact.state, "sent")
        button = self.graph.messages[0]["body"]["template"]["components"][-1]
        self.assertEqual(button["parameters"], [{"type": "text", "text": f"token-{contact.id}"}])

    def test_a_link_to_nowhere_does_not_leave(self):
        self.text.write({"button_url_text": "Pagar", "button_url": "https://pay.example/c/{{1}}"})
        self.say_in(
            self.text, {"1": "salutation_name", "2": "net_overdue_text", "url:0": "pay_url"}
        )
        contacts = self.env["collections.contact"]
        with patch.object(type(contacts), "_get_pay_urls", lambda _self: {}):
            contact = self.send()
        self.assertEqual((contact.state, contact.reason), ("held", "render_error"))
        self.assertIn("no page to pay", contact.detail)
        self.assertFalse(self.graph.messages)

    def test_how_to_pay_is_told_while_the_debtor_may_be_written_to(self):
        case = self.send().case_id
        words = {"subject": "Pay", "body": "<p>x</p>", "text": "How to pay: x", "short": "Hello",
                 "url": "https://pay.example/c/abc"}  # fmt: skip
        self.assertFalse(self.whatsapp._tell(case, self.phone, words), "he has not written yet")
        self.env["collections.conversation"]._receive(
            self.whatsapp, self.company, self.phone, {"external_id": "w1", "body": "hola"}
        )
        self.assertTrue(self.whatsapp._tell(case, self.phone, words))
        self.assertTrue(self.whatsapp._tell(case, self.phone, words | {"url": False}))
        talk = self.env["collections.conversation"].search([("case_id", "=", case.id)])
        said = talk.message_line_ids.filtered(lambda line: line.state == "queued").sorted("id")
        self.assertEqual(
            said.mapped(lambda line: (line.body, line.url)),
            [("Hello", "https://pay.example/c/abc"), ("How to pay: x", False)],
        )

    def test_an_unusable_template_stops_alone(self):
        self.graph.fail_next(132015)
        contact = self.send()
        self.assertEqual(contact.state, "queued")
        self.assertIn("132015", self.text.stopped_reason)
        self.assertEqual(self.account.state, "ok")
        contact.scheduled_on = self.today
        self.deliver()
        contact.invalidate_recordset()
        self.assertEqual((contact.state, contact.reason), ("held", "whatsapp_template"))
        self.assertIn("stopped", contact.reason_text)
        self.text.action_resume()
        self.deliver()
        contact.invalidate_recordset()
        self.assertEqual(contact.state, "sent")

    def test_a_button_that_opens_another_system_holds_its_message(self):
        values = {"1": "Ana", "url:0": "https://new.example/c/abc"}
        parts = {"buttons": [{"type": "url", "text": "Pay", "url": "https://old.example/c/{{1}}"}]}
        with self.assertRaisesRegex(UserError, "opens https://old.example"):
            self.text._check_links(parts, values)

    def test_a_template_deleted_during_a_run_lets_the_next_channel_speak(self):
        self.strategy.step_ids.write(
            {
                "channel_ids": [Command.set((self.whatsapp | self.email).ids)],
                "template_ids": [Command.set(self.template.ids)],
            }
        )
        for number in range(3):
            debtor = self.create_debtor(f"D{number}", phone=f"+51 987 000 00{number}")
            debtor.write({"country_id": self.peru.id, "email": f"d{number}@debtor.example"})
            self.create_invoice(100, debtor=debtor, days_overdue=5)
        contacts = self.plan()
        self.graph.fail_next(None, 132001, 132001)  # the first leaves, then it is deleted
        self.deliver()
        contacts.invalidate_recordset()
        self.assertEqual(sorted(contacts.mapped("state")), ["failed", "failed", "sent"])
        failed = contacts.filtered(lambda contact: contact.state == "failed")
        self.assertEqual(set(failed.mapped("reason")), {"whatsapp_gone"})
        fallbacks = contacts.search([("parent_id", "in", failed.ids)])
        self.assertEqual(fallbacks.mapped("channel_id"), self.email)
        self.assertEqual(len(fallbacks), 2)
        self.assertEqual((self.text.status, self.account.state), ("gone", "ok"))
        self.assertEqual(len(self.text.activity_ids), 1)
        later = self.send()  # what is planned afterwards does not wait for it either
        later = later.filtered(lambda contact: contact.channel_kind == "whatsapp")
        self.assertEqual((later.state, later.reason), ("failed", "whatsapp_gone"))
        self.assertTrue(later.search([("parent_id", "=", later.id)]))
        self.assertEqual(len(self.graph.messages), 1)

    def know_at_whatsapp(self, **values):
        """Let WhatsApp know the template, and have told of it long ago."""
        self.graph.templates.clear()
        known = self.graph.add_template("payment_overdue", BODY, category="UTILITY", **values)
        self.account.action_sync_templates()
        self.text.checked_on = fields.Datetime.now() - timedelta(hours=7)
        self.assertTrue(self.text.is_usable)
        self.graph.calls.clear()
        return known

    def count_questions(self):
        return len([1 for _verb, path, _body in self.graph.calls if "message_templates" in path])

    def test_what_became_worse_at_whatsapp_stops_the_batch(self):
        for values, words in (
            ({"category": "MARKETING"}, "Marketing"),
            ({"status": "PAUSED"}, "Paused"),
            ({"status": "DISABLED"}, "Disabled"),
            ({"status": "REJECTED", "rejected_reason": "INVALID_FORMAT"}, "INVALID_FORMAT"),
        ):
            with self.subTest(values=values):
                self.text.write({"stopped_reason": False, "category": "utility"})
                self.text.activity_ids.unlink()
                self.know_at_whatsapp().update(values)
                debtor = self.create_debtor(f"D {words}", phone="+51 987 000 111")
                debtor.country_id = self.peru
                contact = self.send(debtor=debtor).filtered(
                    lambda one, debtor=debtor: one.partner_id == debtor
                )
                self.assertEqual((contact.state, contact.reason), ("held", "whatsapp_template"))
                self.assertIn(words, contact.reason_text)
                self.assertIn(words, self.text.stopped_reason)
                self.assertTrue(self.text.activity_ids)
                self.assertFalse(self.graph.messages)

    def test_it_is_asked_again_only_when_the_last_answer_is_old(self):
        self.know_at_whatsapp()
        self.assertEqual(self.send().state, "sent")
        self.assertEqual(self.count_questions(), 1)
        debtor = self.create_debtor("D1", phone="+51 987 000 111")
        debtor.country_id = self.peru
        self.send(debtor=debtor)
        self.assertEqual(self.count_questions(), 1)
        self.assertEqual(len(self.graph.messages), 2)

    def test_whatsapp_out_of_reach_for_the_question_stops_nothing(self):
        self.know_at_whatsapp()
        self.account.base_url = "http://127.0.0.1:9"
        self.text._check_again()
        self.assertTrue(self.text.is_usable)
        self.assertEqual(self.account.state, "ok")

    def test_what_nobody_knows_is_settled_by_our_id_in_a_status(self):
        contact = self.send(phone="+51 987 190 008")
        self.assertEqual(contact.state, "uncertain")
        [message] = self.graph.messages
        opaque = message["body"]["biz_opaque_callback_data"]
        row = make_status(message["id"], message["to"], "delivered", opaque)
        self.tell(wrap({"statuses": [row]}))
        self.assertRecordValues(contact, [{"state": "delivered", "reference": message["id"]}])
        events = contact.case_id.log_ids.sorted("sequence").mapped("event")
        self.assertEqual(events[-2:], ["resolved", "delivered"])
        self.deliver()
        self.assertEqual(len(self.graph.messages), 1)

    def test_who_has_no_mobile_is_not_reached(self):
        cases = [
            ("+51 1 445 5667", False),  # a landline of Lima
            ("987 654 321", "+51987654321"),
            ("12", False),
            ("+52 55 1234 5678", "+525512345678"),
            ("+54 11 1234 5678", "+5491112345678"),
            ("+55 41 8888 7777", "+5541988887777"),
        ]
        self.create_invoice()
        self.plan()
        case = self.get_case()
        for phone, expected in cases:
            with self.subTest(phone=phone):
                self.debtor.phone = phone
                found = self.whatsapp._get_addresses(case)
                self.assertEqual(found.get(case.id, False), expected)

    def test_a_step_without_template_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "no WhatsApp template"):
            self.strategy.step_ids[0].whatsapp_template_ids = [Command.clear()]

    def test_tone_and_language_choose_the_template(self):
        firm = self.text.copy({"name": "firm", "tone": "firm", "status": "APPROVED"})
        english = self.text.copy({"language": "en", "status": "APPROVED"})
        step = self.strategy.step_ids[0]
        step.whatsapp_template_ids = [Command.set((self.text | firm | english).ids)]
        for tone, lang, expected in [
            ("neutral", "es_PE", self.text),
            ("firm", "en_US", firm),
            ("neutral", "en_US", english),
            ("formal", "pt_BR", self.text),
        ]:
            with self.subTest(tone=tone, lang=lang):
                found = step._get_whatsapp_template(self.company, tone, lang)
                self.assertEqual(found, expected)

    def test_a_template_that_says_nothing_for_a_variable_waits(self):
        self.text.parameter_ids[0].source = False
        contact = self.send()
        self.assertEqual((contact.state, contact.reason), ("held", "whatsapp_template"))
        self.assertFalse(self.graph.messages)
