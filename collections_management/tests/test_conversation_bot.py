import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.models.collections_conversation_bot import (
    CollectionsConversation as Bot,
)

from .conversation import ConversationCommon


@tagged("post_install", "-at_install")
class TestConversationBot(ConversationCommon):
    def setUp(self):
        super().setUp()
        self.company.partner_id.bank_ids = [
            fields.Command.create({"acc_number": "191-1234567", "acc_holder_name": "Acme"})
        ]

    def talk(self, *texts):
        """Say things one after the other; return the conversation and all it says to the last."""
        for text in texts:
            values = text if isinstance(text, dict) else {"body": text}
            message = self.hear(**values)
            said = self.get_said(message.conversation_id)
        return message.conversation_id, said

    def test_the_balance_is_told_once_the_identity_is_checked(self):
        _talk, said = self.talk("buenas, cuánto debo")
        self.assertNotIn("1,200", said)
        talk, said = self.talk("0970")
        self.assertIn("1,200.50", said)
        self.assertIn(self.invoice.name, said)
        self.assertIn("20 días", said)
        message = talk.message_line_ids.filtered(lambda line: line.direction == "in")[0]
        self.assertEqual(message.understood["intent"], "balance")
        # Nobody has to read it, so nothing waits.
        self.assertFalse(self.case.hold_ids)
        self.assertFalse(self.case.activity_ids)

    def test_a_promise_is_recorded_after_it_was_confirmed(self):
        talk, said = self.talk("pago el viernes 500", "0970")
        self.assertIn("¿Confirma", said)
        self.assertFalse(self.case.promise_ids)
        _talk, said = self.talk("si")
        [promise] = self.case.promise_ids
        self.assertEqual((promise.amount, promise.state), (500, "open"))
        self.assertEqual(promise.date_due.weekday(), 4)
        self.assertEqual(promise.channel_id, self.channel)
        self.assertIn("Anotado", said)
        self.assertEqual(talk.state, "bot")
        _talk, said = self.talk("mejor el sábado 600", "dale")
        self.assertIn("Anotado", said)
        self.assertRecordValues(
            self.case.promise_ids.sorted("id"),
            [{"state": "replaced", "amount": 500}, {"state": "open", "amount": 600}],
        )

    def test_a_promise_beyond_the_limits_is_a_persons(self):
        self.case.segment_id.promise_limit_days = 5
        talk, said = self.talk("pago en 20 días", "0970", "sí")
        self.assertEqual(self.case.promise_ids.state, "awaiting")
        self.assertIn("aprobarla", said)
        self.assertEqual((talk.state, talk.user_id), ("person", self.collector))
        self.assertIn("needs approval", talk.summary)

    def test_a_voucher_is_kept_on_the_case_and_the_debtor_left_alone_for_a_while(self):
        photo = self.env["ir.attachment"].create(
            {"name": "voucher.png", "datas": base64.b64encode(b"\x89PNG voucher")}
        )
        talk, said = self.talk("ya pagué", {"kind": "image", "attachment_ids": photo.ids})
        self.assertIn("verificaremos", said)
        [hold] = self.case.hold_ids.filtered("is_active")
        self.assertRecordValues(
            hold, [{"reason": "voucher", "date_until": self.today + timedelta(days=3)}]
        )
        kept = self.env["ir.attachment"].search(
            [("res_model", "=", "collections.case"), ("res_id", "=", self.case.id)]
        )
        self.assertEqual(kept.mapped("name"), ["voucher.png"])
        self.assertIn("Verify a payment", self.case.activity_ids.summary)
        kept.with_user(self.collector).read(["datas"])
        # The picture first, and what it is afterwards.
        self.talk({"kind": "image", "attachment_ids": photo.copy().ids}, "sí")
        self.assertEqual(len(self.case.hold_ids.filtered("is_active")), 1)
        self.assertEqual(talk.state, "bot")

    def test_a_dispute_is_opened_in_the_debtors_words(self):
        reason = self.env.ref("collections_management.collections_dispute_reason_price")
        self.talk("la factura está mal", "0970")
        self.talk({"payload": f"reason-{reason.id}", "kind": "button"})
        _talk, said = self.talk("El precio era 9 y no 10")
        [dispute] = self.case.dispute_ids
        self.assertRecordValues(
            dispute,
            [{"reason_id": reason.id, "description": "El precio era 9 y no 10",
              "line_id": self.get_receivable(self.invoice).id, "channel_id": self.channel.id}],
        )  # fmt: skip
        self.assertIn(self.invoice.name, said)

    def test_who_asks_for_a_person_gets_one_who_knows_what_was_said(self):
        talk, said = self.talk("hola", "quiero hablar con una persona")
        self.assertIn(self.collector.name, said)
        self.assertRecordValues(talk, [{"state": "person", "user_id": self.collector.id}])
        self.assertIn("hola", talk.summary)
        self.assertIn("the debtor asked for a person", talk.summary)
        self.assertEqual(self.case.hold_ids.reason, "answered")
        _talk, said = self.talk("¿sigue ahí?")
        self.assertFalse(said)
        self.assertEqual(talk.unread_count, 3)

    def test_stop_is_honoured_though_a_person_answers_or_the_bot_is_off(self):
        for bot, first in ((True, "quiero hablar con una persona"), (False, "buenas")):
            with self.subTest(bot=bot):
                self.company.collections_bot = bot
                talk = self.hear(first, f"5198765432{int(bot)}").conversation_id
                self.assertEqual(talk.state, "person")
                self.hear("ya le dije que no sé cuándo", talk.address[1:])
                self.assertFalse(talk.opted_out_on)
                self.hear("STOP", talk.address[1:])
                self.assertTrue(talk.opted_out_on)
                self.assertEqual(talk.state, "person")
                said = self.get_said(talk)
                self.assertTrue("no le escribiremos" in said or "will not write" in said, said)

    def test_stop_is_honoured_at_once(self):
        talk, said = self.talk("no me escriban más")
        self.assertIn("no le escribiremos", said)
        self.assertTrue(talk.opted_out_on)
        states = self.env["collections.consent"]._get_states(
            self.debtor, self.channel.kind, {self.debtor.id: talk.address}, self.company
        )
        self.assertEqual(states, {self.debtor.id: "withdrawn"})
        self.assertIn("opted_out", self.case.log_ids.mapped("event"))
        self.talk("STOP")
        words = self.env["collections.consent"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(len(words), 1, "said once, noted once")

    def test_a_wrong_number_is_not_used_again_and_told_nothing(self):
        talk, said = self.talk("número equivocado")
        self.assertIn("Disculpe", said)
        self.assertNotIn(self.debtor.name, said)
        self.assertTrue(self.debtor.collections_is_bad_phone)
        self.assertFalse(talk.case_id)
        self.assertIn("wrong_number", self.case.log_ids.mapped("event"))
        self.assertIn("Wrong number", self.case.activity_ids.summary)
        talk, said = self.talk("hola")
        self.assertFalse(talk.case_id)
        self.assertEqual(talk.state, "person")

    def test_the_answers_are_in_the_debtors_language(self):
        _talk, said = self.talk("Bom dia, quanto eu estou devendo?")
        self.assertIn("CNPJ", said)
        self.debtor.lang = "en_US"
        self.assertIn("CNPJ", self.talk("zzz")[1] or "CNPJ")

    def test_without_a_tax_id_no_amount_is_told(self):
        self.debtor.vat = False
        talk, said = self.talk("cuánto debo")
        self.assertNotIn("1,200", said)
        self.assertEqual(talk.state, "person")

    def test_a_button_pressed_after_everything_is_paid(self):
        self.talk("cuánto debo", "0970")
        self.pay(self.invoice)
        _talk, said = self.talk({"payload": "pay", "kind": "button"})
        self.assertIn("nada pendiente", said)

    def test_paying_now(self):
        # with whatever addons there are: one of them may know a page
        talks = type(self.env["collections.conversation"])
        with patch.object(talks, "_get_pay_url", lambda _self, case: False):
            _talk, said = self.talk("pásame la cuenta para depositar", "0970")
        self.assertIn("191-1234567", said)
        with patch.object(
            talks, "_get_pay_url", lambda _self, case: f"https://pay.example/{case.id}"
        ):
            _talk, said = self.talk("cómo pago")
        self.assertIn(f"https://pay.example/{self.case.id}", said)

    @mute_logger("odoo.addons.collections_management.models.collections_conversation_turn")
    def test_when_the_answers_break_a_person_takes_over_and_nothing_is_lost(self):
        message = self.hear("hola", turn=False)
        with (
            self.assertLogs(
                "odoo.addons.collections_management.models.collections_conversation_turn"
            ),
            patch.object(Bot, "_answer", lambda _self, _message: 1 / 0),
        ):
            message.conversation_id._try_turn()
        self.assertEqual((message.state, message.conversation_id.state), ("done", "person"))
        self.assertIn("conversation_in", self.case.log_ids.mapped("event"))

    def test_the_scheduled_job_answers_everybody(self):
        self.hear("hola", turn=False)
        self.hear("hola", "51900000001", turn=False)
        cron = self.env.ref("collections_management.collections_conversation_cron_answer")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        messages = self.env["collections.conversation.message"].search([])
        self.assertFalse(messages.filtered(lambda message: message.state == "new"))
        self.assertEqual(len(messages.filtered(lambda message: message.state == "queued")), 2)
