from datetime import timedelta
from unittest.mock import patch

from odoo import api, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.engine.delivery import Outcome

from .conversation import ConversationCommon


@tagged("post_install", "-at_install")
class TestConversation(ConversationCommon):
    def get_events(self, case=None):
        return (case or self.case).log_ids.sorted("sequence").mapped("event")

    def test_who_writes_is_known_by_the_number_however_it_is_written(self):
        message = self.hear("hola")
        talk = message.conversation_id
        self.assertRecordValues(
            talk,
            [{"address": "+51987654321", "case_id": self.case.id, "partner_id": self.debtor.id}],
        )
        self.assertEqual(self.hear("otra vez", "+51987654321").conversation_id, talk)
        self.assertIn("conversation_in", self.get_events())

    def test_a_mobile_of_argentina_or_mexico_is_the_same_with_and_without_its_prefix(self):
        for stored, written, country in (
            ("+54 11 1234 5678", "5491112345678", "base.ar"),
            ("+52 55 1234 5678", "5215512345678", "base.mx"),
            ("+55 41 98888 7777", "554188887777", "base.br"),
        ):
            with self.subTest(written=written):
                self.own.partner_id.write({"country_id": self.env.ref(country).id, "phone": stored})
                talk = self.hear("hola", written).conversation_id
                self.assertEqual(talk.case_id, self.own)

    def test_two_debtors_with_one_phone_are_not_guessed(self):
        self.own.partner_id.write({"country_id": self.peru.id, "phone": "987654321"})
        talk = self.hear("hola").conversation_id
        self.assertFalse(talk.case_id)
        self.assertEqual(talk.state, "person")
        self.assertTrue(talk.activity_ids)
        self.assertNotIn("conversation_in", self.get_events())
        # A person says whose it is, and what was said goes into the log of the case.
        as_supervisor = talk.with_user(self.supervisor)
        with self.assertRaisesRegex(UserError, "Choose the debtor"):
            as_supervisor.action_place()
        as_supervisor.case_id = self.case
        as_supervisor.action_place()
        self.assertIn("conversation_in", self.get_events())
        with self.assertRaises(UserError):
            as_supervisor.case_id = self.own

    def test_one_debtor_may_have_three_phones(self):
        person = self.env["res.partner"].create(
            {"name": "Luis", "parent_id": self.debtor.id, "phone": "+51 911 222 333"}
        )
        self.env["res.partner"].create(
            {"name": "Rosa", "parent_id": self.debtor.id, "phone": "+51 944 555 666"}
        )
        talk = self.hear("hola", "51911222333").conversation_id
        self.assertEqual((talk.case_id, talk.partner_id), (self.case, person))
        self.assertEqual(self.hear("hola", "51944555666").conversation_id.case_id, self.case)
        self.assertEqual(self.case.conversation_count, 2)

    def test_a_message_told_twice_is_stored_once(self):
        first = self.hear("hola", external_id="twice")
        again = self.hear("hola", external_id="twice")
        self.assertEqual(first, again)
        self.assertEqual(self.get_events().count("conversation_in"), 1)

    def test_bad_input_is_stored_as_what_it_can_be(self):
        future = fields.Datetime.now() + timedelta(days=2)
        message = self.hear("x" * 300_000 + "\x00", moment=future, kind="hologram")
        self.assertEqual(message.kind, "unsupported")
        self.assertEqual(len(message.body), 100_000)
        self.assertLess(message.moment, future)
        self.assertFalse(self.hear(None, kind="reaction").conversation_id.message_line_ids.filtered(
            lambda said: said.kind == "reaction" and said.state == "new"
        ))  # fmt: skip
        self.hear("\u200fمرحبا 🙏🏽", "someone-without-number")

    def create_contact(self, **values):
        return self.env["collections.contact"].create(
            {
                "case_id": self.case.id,
                "company_id": self.company.id,
                "channel_id": self.channel.id,
                "state": "sent",
                "sent_on": fields.Datetime.now(),
                "scheduled_on": fields.Datetime.now(),
                "address": "+51987654321",
                "reference": "wamid.1",
                **values,
            }
        )

    def test_what_answers_a_contact_counts_as_its_answer(self):
        contact = self.create_contact()
        message = self.hear("hola")
        self.assertEqual(message.contact_id, contact)
        self.assertEqual(contact.state, "answered")
        contact = self.create_contact(case_id=self.own.id, reference="wamid.2")
        self.hear("hola", quoted="wamid.2", address="stranger")
        self.assertEqual(contact.state, "answered")

    def test_the_answer_to_what_is_being_sent_waits_for_its_outcome(self):
        contact = self.create_contact(state="sending")
        message = self.hear("hola")
        self.assertEqual(message.state, "new")
        contact.state = "sent"
        message.conversation_id._take_turn()
        self.assertEqual((message.state, contact.state), ("done", "answered"))

    def test_a_person_reads_what_the_bot_leaves_to_him_and_the_ladder_waits(self):
        self.company.collections_bot = False
        talk = self.hear("quiero hablar").conversation_id
        self.assertRecordValues(talk, [{"state": "person", "user_id": self.collector.id}])
        self.assertTrue(talk.waiting_since)
        hold = self.case.hold_ids.filtered("is_active")
        self.assertEqual(hold.reason, "answered")
        self.assertEqual(self.case.activity_ids.user_id, self.collector)
        as_collector = talk.with_user(self.collector)
        data = as_collector.send_message("Buenos días")
        self.assertEqual(data["messages"][-1]["author"], self.collector.name)
        self.assertFalse(talk.waiting_since)
        as_collector.action_hand_back()
        self.assertEqual(talk.state, "bot")
        as_collector.action_close()
        self.assertEqual(talk.state, "closed")
        events = self.get_events()
        self.assertTrue({"handed_over", "handed_back", "conversation_closed"} <= set(events))
        self.hear("sigo aquí")
        self.assertEqual(talk.state, "person")  # reopened; the bot is off

    def test_a_collector_writes_first_from_the_case(self):
        case, person = self.case.with_user(self.collector), self.debtor
        self.assertEqual(case._get_person(person)["chat"], "")
        with self.assertRaisesRegex(UserError, "not written to from here"):
            case.work_conversation(person.id, {})

        def get_chat(case, one):
            return (self.channel, "+51987654321") if one.phone else ()

        with patch.object(type(case), "_get_chat", get_chat):
            self.assertEqual(case._get_person(person)["chat"], "new")
            action = case.work_conversation(person.id, {"reason": "He asked for it"})
            talk = self.env["collections.conversation"].browse(action["res_id"])
            self.assertRecordValues(
                talk, [{"case_id": self.case.id, "partner_id": person.id, "state": "bot"}]
            )
            self.assertEqual(case.work_conversation(person.id, {})["res_id"], talk.id)
            self.assertEqual(case._get_person(person)["chat"], "open")
            notes = self.case.log_ids.filtered(lambda entry: entry.event == "note")
            self.assertIn("He asked for it", notes.content_ids.note)
            with (
                patch.object(type(case), "_get_breach", lambda *_args: ({}, "After eight")),
                self.assertRaisesRegex(UserError, "After eight"),
            ):
                case.work_conversation(person.id, {})
            with self.assertRaises(AccessError):
                self.case.with_user(self.auditor).work_conversation(person.id, {})
            talk.case_id = self.own
            with self.assertRaisesRegex(UserError, "is with"):
                case.work_conversation(person.id, {})

    def test_what_a_turn_leaves_behind_is_in_the_language_of_who_reads_it(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.collector.lang = "es_419"
        talk = self.hear("quiero hablar con una persona", turn=False).conversation_id
        talk._try_turn()
        self.assertIn("Motivo", talk.summary)
        self.assertNotIn("Why", talk.summary)

    def test_long_text_and_options_fit_what_the_channel_can_show(self):
        talk = self.hear("hola").conversation_id
        self.get_said(talk)
        options = [{"id": str(n), "title": f"Option {n}"} for n in range(1, 13)]
        last = talk._say("Choose", options=options)
        self.assertFalse(last.options)
        self.assertIn("12. Option 12", last.body)
        self.assertEqual(len(talk._say("Choose", options=options[:3]).options), 3)
        talk._say("word " * 2000, url="https://pay.example/x")
        long = talk.message_line_ids.filtered(lambda said: "word" in (said.body or ""))
        self.assertEqual(len(long), 3)
        self.assertIn("https://pay.example/x", long[-1].body)

    def test_a_conversation_is_seen_by_who_sees_its_case_and_the_unidentified_by_supervisors(self):
        talk = self.hear("hola").conversation_id
        unknown = self.hear("hola", "51900000000").conversation_id
        talks = talk | unknown

        def seen(user):
            return self.env["collections.conversation"].with_user(user).search(
                [("id", "in", talks.ids)]
            )  # fmt: skip

        self.assertEqual(seen(self.collector), talk)
        self.assertFalse(seen(self.colleague))
        self.assertEqual(seen(self.supervisor), talks)
        self.assertEqual(seen(self.auditor), talks)
        self.assertFalse(seen(self.foreign_manager))
        for user in (self.employee, self.portal, self.accountant):
            with self.assertRaises(AccessError):
                seen(user)
        for user in (self.colleague, self.auditor, self.foreign_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                talk.with_user(user).send_message("no")
        with self.assertRaises(AccessError):
            talk.message_line_ids.with_user(self.collector).write({"body": "changed"})
        with self.assertRaises(UserError):
            talk.with_user(self.collector).write({"state": "bot"})
        for records in (talk.message_line_ids, talk):
            with self.assertRaises(UserError):
                records.unlink()


@tagged("post_install", "-at_install")
class TestConversationDelivery(ConversationCommon):
    def setUp(self):
        super().setUp()
        self.provider.sent.clear()
        self.provider.outcomes.clear()
        self.provider.window = None
        self.talk = self.hear("hola", turn=False).conversation_id
        self.env.cr.execute("UPDATE collections_conversation_message SET state = 'done'")
        self.env.invalidate_all()

    def send(self):
        """Send what is to be said, as the scheduled job does, with commits of its own."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            env["collections.conversation.message"]._deliver()
        self.env.invalidate_all()

    def test_what_is_said_leaves_in_its_order_and_is_logged_with_its_words(self):
        first = self.talk._say("One")
        second = self.talk._say("Two", options=[{"id": "a", "title": "Yes"}])
        self.send()
        self.assertEqual([text for _to, text, _options in self.provider.sent], ["One", "Two"])
        self.assertEqual((first | second).mapped("state"), ["sent", "sent"])
        self.assertEqual(first.external_id, f"fake-{first.id}")
        entries = self.case.log_ids.filtered(lambda log: log.event == "conversation_out")
        self.assertIn("One", entries.sorted("sequence")[0].content_ids.body)
        self.send()
        self.assertEqual(len(self.provider.sent), 2)

    def test_one_that_is_tried_again_keeps_its_place(self):
        self.provider.outcomes = [Outcome("retry", "busy", "Slow down")]
        first, second = self.talk._say("One"), self.talk._say("Two")
        self.send()
        self.assertFalse(self.provider.sent)
        self.assertEqual((first | second).mapped("state"), ["queued", "queued"])
        first.scheduled_on = fields.Datetime.now()
        self.send()
        self.assertEqual([text for _to, text, _options in self.provider.sent], ["One", "Two"])

    def test_what_was_being_sent_when_a_worker_died_is_never_said_twice(self):
        message = self.talk._say("One")
        message.write({"state": "sending", "claim": 4711})
        self.send()
        self.assertEqual((message.state, message.reason), ("uncertain", "crashed"))
        self.assertFalse(self.provider.sent)
        self.assertTrue(self.talk.waiting_since)
        message._receive_status("delivered", {"external_id": "late"})
        self.assertEqual((message.state, message.external_id), ("delivered", "late"))

    def test_what_was_only_claimed_by_a_dead_worker_goes_out(self):
        message = self.talk._say("One")
        message.claim = 4711
        self.send()
        self.assertEqual(message.state, "sent")

    @mute_logger("odoo.addons.collections_management.models.collections_conversation_delivery")
    def test_an_adapter_that_breaks_leaves_an_open_question_not_a_second_message(self):
        self.provider.outcomes = [
            ValueError("broken"),
            Outcome("uncertain", "timeout", "No answer"),
        ]
        first, second = self.talk._say("One"), self.talk._say("Two")
        self.send()
        self.assertEqual((first | second).mapped("state"), ["uncertain", "uncertain"])
        self.send()
        self.assertFalse(self.provider.sent)

    def test_later_words_come_in_any_order_any_number_of_times(self):
        message = self.talk._say("One")
        self.send()
        for state in ("read", "delivered", "sent", "read", "failed"):
            message._receive_status(state)
            self.assertEqual(message.state, "read")
        other = self.talk._say("Two")
        self.send()
        other._receive_status("failed", {"reason": "blocked", "detail": "Blocked"})
        other._receive_status("failed", {"reason": "blocked", "detail": "Blocked"})
        self.assertEqual((other.state, other.detail), ("failed", "Blocked"))
        failures = self.case.log_ids.filtered(lambda log: log.event == "conversation_failed")
        self.assertEqual(len(failures), 1)

    def test_in_safe_mode_answers_leave_only_to_the_test_number(self):
        self.company.collections_safe_mode = True
        message = self.talk._say("One")
        self.send()
        self.assertEqual((message.state, message.reason), ("failed", "safe_mode"))
        with self.assertRaisesRegex(UserError, "Safe mode is on"):
            self.talk.with_user(self.collector).send_message("Hola")
        self.provider.test_address = "+51 987654321".replace(" ", "")
        self.addCleanup(setattr, self.provider, "test_address", False)
        message = self.talk._say("Two")
        self.send()
        self.assertEqual(message.state, "sent")

    def test_after_the_window_only_an_approved_text_leaves(self):
        self.provider.window = fields.Datetime.now() - timedelta(minutes=1)
        message = self.talk._say("One")
        self.send()
        self.assertEqual((message.state, message.reason), ("failed", "window_closed"))
        self.provider.texts = [{"id": 7, "name": "Ask", "text": "May we write to you?"}]
        as_collector = self.talk.with_user(self.collector)
        data = as_collector.get_conversation()
        self.assertEqual(data["fault"]["code"], "window_closed")
        self.assertEqual(data["texts"], self.provider.texts)
        with self.assertRaisesRegex(UserError, "not available"):
            as_collector.send_window_text(8)
        with patch.object(type(self.channel), "_is_two_way", lambda _self: True):
            as_collector.send_window_text(7)
            # we begin here: where the contact rules speak against it, a reason is asked for
            case = type(self.case)
            with patch.object(case, "_get_breach", lambda *_args: ({}, "It is Sunday.")):
                self.assertEqual(as_collector.get_conversation()["breach"], "It is Sunday.")
                with self.assertRaisesRegex(UserError, "It is Sunday"):
                    as_collector.send_window_text(7, " ")
                as_collector.send_window_text(7, "She asked for it")
        note = self.case.log_ids.filtered(lambda log: log.event == "note").content_ids
        self.assertIn("She asked for it", note.note)
        self.provider.texts = []

    def test_what_a_channel_sent_by_itself_is_shown_in_the_conversation(self):
        contact = self.env["collections.contact"].create(
            {
                "case_id": self.case.id,
                "company_id": self.company.id,
                "channel_id": self.channel.id,
                "state": "sent",
                "scheduled_on": fields.Datetime.now(),
            }
        )
        values = {"external_id": "wamid.9", "body": "Your invoice", "contact_id": contact.id}
        note = self.env["collections.conversation"]._note_sent
        message = note(self.channel, self.company, self.phone, values)
        self.assertEqual(message, note(self.channel, self.company, self.phone, values))
        self.assertRecordValues(
            message,
            [{"conversation_id": self.talk.id, "kind": "template", "state": "sent",
              "contact_id": contact.id}],
        )  # fmt: skip
        answer = self.hear("sí", quoted="wamid.9")
        self.assertEqual(answer.contact_id, contact)
