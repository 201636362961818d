import json
from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch

from psycopg2.errors import CheckViolation, SerializationFailure

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon


class MailCase(CollectionsCommon):
    """A debtor who was written to, and e-mail that arrives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.number = 0
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].create(
            {"name": "company.example", "bounce_alias": "bounce", "catchall_alias": "catchall"}
        )
        cls.company.collections_user_id = cls.collector

    def dun(self, debtor=None, days_overdue=5, **invoice):
        """Write to a debtor as the nightly run does; returns the contact."""
        self.create_invoice(days_overdue=days_overdue, debtor=debtor, **invoice)
        with self.mailbox():
            self.run_night()
        return self.get_case(debtor).contact_ids.sorted("id")[-1]

    def prepare_mail(self, body="We pay on Friday.", **headers):
        """An e-mail of the debtor to the sender, with headers named by their words."""
        type(self).number += 1
        mail = EmailMessage()
        values = {
            "From": "Ana Quispe <ferretería@debtor.example>".replace("í", "i"),
            "To": "cobranzas@company.example",
            "Subject": "Re: Your account",
            "Message-Id": f"<{self.number}@debtor.example>",
            "Date": "Tue, 24 Nov 2026 10:00:00 -0500",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for name, value in values.items():
            if value is not None:
                mail[name] = value
        mail.set_content(body)
        return mail

    def receive(self, mail=None, model=None, **headers):
        """Hand an e-mail over, as the mail gateway does."""
        mail = mail or self.prepare_mail(**headers)
        return self.env["mail.thread"].message_process(model, mail.as_bytes())

    def answer(self, contact, **headers):
        """Answer the message of a contact."""
        message_id = contact.mail_message_id.message_id
        return self.receive(**{"In_Reply_To": message_id, "References": message_id, **headers})

    def get_events(self, case, *events):
        """The log entries of these events, oldest first."""
        return case.log_ids.filtered(lambda log: log.event in events).sorted("sequence")

    def get_tasks(self, records):
        """The tasks to read an answer."""
        kind = self.env.ref("collections_management.mail_activity_type_reply")
        return records.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def note_later(self):
        """Run the job that notes what could not be noted at once."""
        cron = self.env.ref("collections_management.collections_reply_cron_note")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def rest(self, case):
        """Let the quiet day after a contact go by."""
        case.sudo().last_contact_date = self.today - timedelta(days=2)

    def get_mails(self, case):
        """The e-mails that arrived on a case, oldest first."""
        return case.message_ids.filtered(lambda m: m.message_type == "email").sorted("id")


@tagged("post_install", "-at_install")
class TestReplies(MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.email = "ferreteria@debtor.example"

    def assert_left_alone(self, case):
        self.assertFalse(case.hold_ids)
        self.assertFalse(self.get_tasks(case))
        self.assertFalse(self.get_events(case, "replied"))
        mails = self.env["mail.mail"].search([("mail_message_id.model", "=", "collections.case")])
        self.assertFalse(mails)

    def test_an_answer_lands_on_the_case_and_pauses_it(self):
        contact = self.dun()
        case = contact.case_id
        self.assertEqual(contact.state, "sent")
        self.answer(contact)
        self.assertEqual(contact.state, "answered")
        [mail] = self.get_mails(case)
        self.assertIn("We pay on Friday.", mail.body)
        self.assertEqual(mail.author_id, self.debtor)
        self.assertEqual(mail.parent_id, contact.mail_message_id)
        [entry] = self.get_events(case, "replied")
        self.assertEqual(entry.contact_id, contact)
        self.assertEqual(json.loads(entry.data), {"message": mail.id})
        self.assertIn("We pay on Friday.", entry.content_ids.body)
        [hold] = case.hold_ids
        self.assertEqual(
            (hold.reason, hold.date_from, hold.date_until, hold.is_active),
            ("answered", self.today, self.today + timedelta(days=3), True),
        )
        [task] = self.get_tasks(case)
        self.assertEqual(task.user_id, self.collector)
        self.assertIn("Your account", task.summary)
        self.assertFalse(self.env["collections.log"]._verify(case))

    def test_the_collector_of_the_case_reads_it_and_the_company_gets_no_copy(self):
        contact = self.dun()
        other = self.create_user("collector", login="test_collector_two")
        contact.case_id.user_id = other
        self.answer(contact)
        self.assertEqual(self.get_tasks(contact.case_id).user_id, other)
        notified = self.get_mails(contact.case_id).notification_ids.res_partner_id
        self.assertEqual(notified, other.partner_id)

    def test_without_a_collector_the_managers_read_it(self):
        self.company.collections_user_id = False
        contact = self.dun()
        self.answer(contact)
        self.assertIn(self.manager, self.get_tasks(contact.case_id).user_id)

    def test_nothing_leaves_while_the_pause_lasts(self):
        contact = self.dun(days_overdue=5)
        self.answer(contact)
        self.create_invoice(days_overdue=15)
        self.rest(contact.case_id)
        self.assertFalse(self.plan())
        self.assertEqual(contact.case_id.decision, "held")
        contact.case_id.hold_ids.action_lift()
        self.assertEqual(self.plan().step_id.days, 10)

    def test_an_answer_takes_back_what_has_not_left(self):
        contact = self.dun()
        self.create_invoice(days_overdue=15)
        self.rest(contact.case_id)
        [waiting] = self.plan()
        self.assertEqual(waiting.state, "queued")
        self.answer(contact)
        self.assertEqual((waiting.state, waiting.reason), ("skipped", "held"))

    def test_no_pause_when_the_company_wants_none(self):
        self.company.collections_reply_pause_days = 0
        contact = self.dun()
        self.answer(contact)
        self.assertFalse(contact.case_id.hold_ids)
        self.assertEqual(contact.state, "answered")
        self.assertTrue(self.get_tasks(contact.case_id))

    def test_a_second_answer_prolongs_the_pause(self):
        contact = self.dun()
        case = contact.case_id
        self.answer(contact)
        case.hold_ids.sudo().date_until = self.today + timedelta(days=1)
        self.answer(contact, Subject="Re: Your account, once more")
        [hold] = case.hold_ids
        self.assertEqual(hold.date_until, self.today + timedelta(days=3))
        [task] = self.get_tasks(case)
        self.assertIn("once more", task.summary)
        self.assertEqual(len(self.get_events(case, "replied")), 2)
        self.assertEqual(len(self.get_events(case, "answered")), 1)

    def test_the_same_mail_twice_is_one_answer(self):
        contact = self.dun()
        for _time in range(2):
            self.answer(contact, Message_Id="<same@debtor.example>")
        self.assertEqual(len(self.get_mails(contact.case_id)), 1)
        self.assertEqual(len(self.get_events(contact.case_id, "replied")), 1)

    def test_a_machine_is_no_answer(self):
        contact = self.dun()
        case = contact.case_id
        for headers in (
            {"Auto_Submitted": "auto-replied"},
            {"X_Auto_Response_Suppress": "All"},
            {"Precedence": "bulk"},
            {"Return_Path": "<>"},
            {"Subject": "Respuesta automática: Your account"},
        ):
            with self.subTest(headers=headers):
                before = self.get_events(case, "auto_replied")
                self.answer(contact, **headers)
                [entry] = self.get_events(case, "auto_replied") - before
                self.assertEqual(entry.contact_id, contact)
                self.assertEqual(contact.state, "sent")
                mail = self.get_mails(case)[-1]
                self.assertEqual(mail.subtype_id, self.env.ref("mail.mt_note"))
                self.assertFalse(mail.notification_ids)
                self.assert_left_alone(case)

    def test_an_autoresponder_that_never_stops_is_never_answered(self):
        contact = self.dun()
        for _time in range(25):  # Odoo itself would answer from the twentieth on
            self.answer(contact, Auto_Submitted="auto-replied")
        self.assertEqual(len(self.get_events(contact.case_id, "auto_replied")), 25)
        self.assert_left_alone(contact.case_id)

    def test_an_autoresponder_that_answers_to_the_bounce_address_is_no_bounce(self):
        contact = self.dun()
        self.answer(
            contact, To="bounce@company.example", Auto_Submitted="auto-replied", Return_Path="<>"
        )
        self.assertEqual(contact.state, "sent")
        self.assertTrue(self.get_events(contact.case_id, "auto_replied"))
        self.assertFalse(self.debtor.collections_bad_email)

    def test_an_answer_to_an_old_message_reopens_nothing(self):
        contact = self.dun()
        self.pay(self.env["account.move"].search([("partner_id", "=", self.debtor.id)]))
        self.run_night()
        case = contact.case_id
        self.assertEqual(case.state, "closed")
        self.answer(contact)
        self.assertEqual((case.state, contact.state), ("closed", "answered"))
        self.assertTrue(self.get_tasks(case))
        self.assertFalse(case.hold_ids)

    def test_an_answer_to_a_merged_case_lands_on_the_one_that_stays(self):
        contact = self.dun()
        old = contact.case_id
        other = self.create_debtor("Grupo Andino")
        self.create_invoice(debtor=other)
        with self.mailbox():
            self.run_night()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.debtor | other).ids, other, extra_checks=False
        )
        self.assertEqual(old.state, "merged")
        self.answer(contact)
        case = self.get_case(other)
        self.assertEqual(len(self.get_mails(case)), 1)
        self.assertFalse(self.get_mails(old))
        self.assertEqual(case.hold_ids.mapped("reason"), ["answered"])
        self.assertTrue(self.get_events(case, "replied"))
        self.assertEqual(contact.state, "answered")

    def test_a_large_attachment_breaks_nothing(self):
        contact = self.dun()
        message_id = contact.mail_message_id.message_id
        mail = self.prepare_mail(In_Reply_To=message_id)
        mail.add_attachment(
            b"\0" * (30 * 1024 * 1024), maintype="application", subtype="pdf", filename="proof.pdf"
        )
        self.receive(mail)
        [message] = self.get_mails(contact.case_id)
        self.assertEqual(message.attachment_ids.file_size, 30 * 1024 * 1024)
        self.assertEqual(contact.state, "answered")
        [entry] = self.get_events(contact.case_id, "replied")
        self.assertLess(len(entry.content_ids.body), 1000)

    def test_a_colleague_who_answers_by_mail_is_no_debtor(self):
        contact = self.dun()
        self.supervisor.email = "boss@company.example"
        self.answer(contact, From="boss@company.example")
        self.assertEqual(contact.state, "sent")
        self.assertEqual(self.get_mails(contact.case_id).author_id, self.supervisor.partner_id)
        self.assert_left_alone(contact.case_id)

    def test_a_rehearsal_in_safe_mode_is_answered_by_a_colleague(self):
        self.supervisor.email = "boss@company.example"
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "boss@company.example"}
        )
        contact = self.dun()
        self.answer(contact, From="boss@company.example")
        self.assertEqual(contact.state, "answered")

    def test_an_answer_that_meets_a_conflict_is_noted_later(self):
        contact = self.dun()
        case = contact.case_id
        model = type(self.env["collections.reply"])
        with patch.object(model, "_note_reply", side_effect=SerializationFailure("met")):
            self.answer(contact)
        self.assertEqual(len(self.get_mails(case)), 1)
        self.assertFalse(self.get_events(case, "replied"))
        reply = self.env["collections.reply"].search([("case_id", "=", case.id)])
        self.assertEqual(reply.state, "new")
        self.note_later()
        self.assertEqual((reply.state, contact.state), ("done", "answered"))
        self.assertEqual(len(self.get_events(case, "replied")), 1)

    def test_a_message_under_way_is_answered_after_its_own_outcome(self):
        contact = self.dun()
        contact.state = "sending"
        self.answer(contact)
        self.assertEqual(contact.state, "sending")
        contact.state = "sent"
        self.note_later()
        self.assertEqual(contact.state, "answered")

    def test_no_caller_from_outside_makes_an_answer(self):
        contact = self.dun()
        case = contact.case_id.with_user(self.supervisor)
        forged = {"machine": False, "references": [contact.mail_message_id.message_id]}
        for name in ("collections_arrival", "collections_mail"):
            case.with_context(**{name: forged}).message_post(body="Paid!", message_type="email")
        self.assertEqual(contact.state, "sent")
        self.assertFalse(self.get_events(contact.case_id, "replied"))

    def test_who_writes_has_an_address_that_works(self):
        contact = self.dun()
        self.debtor.sudo()._mark_bad_email("ferreteria@debtor.example")
        self.answer(contact)
        self.assertFalse(self.debtor.collections_bad_email)


@tagged("post_install", "-at_install")
class TestAlias(MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.email = "ferreteria@debtor.example"
        cls.company.collections_alias_name = "respuestas"

    def get_unplaced(self):
        return self.env["collections.reply"].search([("state", "=", "unplaced")])

    def test_answers_go_to_the_alias(self):
        self.create_invoice()
        with self.mailbox() as box:
            self.run_night()
        contact = self.get_case().contact_ids
        self.assertIn(b"Reply-To: respuestas@company.example", box.messages[0].content)
        self.answer(contact, To="respuestas@company.example")
        self.assertEqual(contact.state, "answered")
        self.assertEqual(len(self.get_mails(contact.case_id)), 1)

    def test_an_address_written_by_hand_comes_before_the_alias(self):
        self.company.collections_reply_to = "ar@company.example"
        contact = self.dun()
        self.assertEqual(contact._get_reply_to(), "ar@company.example")

    def test_the_alias_is_renamed_and_taken_away(self):
        alias = self.company.collections_alias_id
        self.company.collections_alias_name = "ar"
        self.assertEqual(alias.alias_full_name, "ar@company.example")
        self.company.collections_alias_name = ""
        self.assertFalse(alias.exists())
        contact = self.dun()
        self.assertIn("cobranzas@company.example", contact._get_reply_to())

    def test_a_known_debtor_without_references_finds_the_open_case(self):
        contact = self.dun()
        self.receive(To="respuestas@company.example", Subject="My invoice")
        self.assertEqual(len(self.get_mails(contact.case_id)), 1)
        self.assertEqual(contact.state, "answered")
        self.assertTrue(contact.case_id.is_held)
        self.assertFalse(self.get_unplaced())

    def test_a_person_of_the_debtor_finds_its_case(self):
        contact = self.dun()
        self.debtor.child_ids = [
            Command.create({"name": "Luis", "email": "luis@debtor.example", "type": "contact"})
        ]
        self.receive(To="respuestas@company.example", From="luis@debtor.example")
        self.assertEqual(len(self.get_mails(contact.case_id)), 1)
        self.assertEqual(contact.state, "sent")  # it was not his address that was written to

    def test_the_mail_server_may_lead_to_cases_without_an_alias(self):
        contact = self.dun()
        self.receive(model="collections.case")
        self.assertEqual(len(self.get_mails(contact.case_id)), 1)
        self.receive(model="collections.case", From="stranger@else.example")
        self.assertEqual(self.get_unplaced().email_from, "stranger@else.example")

    def test_a_stranger_opens_no_case_and_is_not_lost(self):
        cases = self.env["collections.case"].search_count([])
        self.receive(To="respuestas@company.example", From="stranger@else.example")
        self.assertEqual(self.env["collections.case"].search_count([]), cases)
        [reply] = self.get_unplaced()
        self.assertEqual(reply.company_id, self.company)
        self.assertIn("We pay on Friday.", self.get_mails(reply).body)
        self.assertIn(self.manager, self.get_tasks(reply).user_id)
        self.assertFalse(self.env["mail.mail"].search([("model", "=", "collections.reply")]))

    def test_the_machine_of_a_stranger_bothers_nobody(self):
        self.receive(
            To="respuestas@company.example", From="stranger@else.example", Precedence="bulk"
        )
        [reply] = self.get_unplaced()
        self.assertEqual(reply.kind, "machine")
        self.assertFalse(reply.activity_ids)

    def test_a_shared_address_is_that_of_the_one_last_written_to(self):
        other = self.create_debtor("Grupo Andino", email="ferreteria@debtor.example")
        contact = self.dun()
        self.create_invoice(debtor=other, days_overdue=-20)
        self.env["collections.ledger"]._refresh(self.company)
        self.receive(To="respuestas@company.example")
        self.assertEqual(contact.state, "answered")
        self.assertFalse(self.get_mails(self.get_case(other)))

    def test_a_shared_address_nobody_wrote_to_is_left_to_a_person(self):
        other = self.create_debtor("Grupo Andino", email="ferreteria@debtor.example")
        for debtor in (self.debtor, other):
            self.create_invoice(debtor=debtor, days_overdue=-20)
        self.env["collections.ledger"]._refresh(self.company)
        self.receive(To="respuestas@company.example")
        self.assertEqual(len(self.get_unplaced()), 1)

    def test_a_supervisor_puts_a_stray_answer_on_its_case(self):
        contact = self.dun()
        self.receive(To="respuestas@company.example", From="ana@home.example")
        reply = self.get_unplaced().with_user(self.supervisor)
        with self.assertRaisesRegex(UserError, "Choose the debtor"):
            reply.action_place()
        reply.case_id = contact.case_id
        reply.action_place()
        self.assertEqual(reply.state, "done")
        [mail] = self.get_mails(contact.case_id)
        self.assertIn("We pay on Friday.", mail.body)
        self.assertTrue(contact.case_id.is_held)
        [entry] = self.get_events(contact.case_id, "replied")
        self.assertIn("We pay on Friday.", entry.content_ids.body)
        self.assertFalse(reply.activity_ids)
        with self.assertRaisesRegex(UserError, "Only an unidentified"):
            reply.action_place()

    def test_a_supervisor_dismisses_what_concerns_nobody(self):
        self.receive(To="respuestas@company.example", From="shop@else.example")
        reply = self.get_unplaced().with_user(self.supervisor)
        reply.action_dismiss()
        self.assertEqual(reply.state, "dismissed")
        self.assertFalse(reply.activity_ids)

    def test_who_may_not_see_unidentified_mail(self):
        self.receive(To="respuestas@company.example", From="shop@else.example")
        reply = self.get_unplaced()
        with self.assertRaises(AccessError):
            reply.with_user(self.collector).read(["subject"])
        with self.assertRaises(AccessError):
            reply.with_user(self.auditor).action_dismiss()
        reply.company_id = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            reply.with_user(self.supervisor).read(["subject"])

    def test_the_pause_is_never_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation), self.cr.savepoint():
            self.company.collections_reply_pause_days = -1
            self.env.flush_all()

    def test_received_is_told_in_the_log_in_words(self):
        contact = self.dun()
        self.answer(contact)
        [entry] = self.get_events(contact.case_id, "replied")
        self.assertEqual(entry.summary, "Answer received")
