from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import html2plaintext

from .test_promise import PromiseCommon


@tagged("post_install", "-at_install")
class TestPromiseMessage(PromiseCommon):
    """What is written to the debtor about his promise, where his segment says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment.promise_reminder_template_id = cls.env.ref(
            "collections_management.mail_template_promise_reminder"
        )
        cls.segment.promise_broken_template_id = cls.env.ref(
            "collections_management.mail_template_promise_broken"
        )

    def get_messages(self):
        return self.case.contact_ids.filtered("promise_id")

    def night(self, days=0):
        """A night so many days ahead; returns the messages that left."""
        with freeze_time(fields.Datetime.now() + timedelta(days=days)), self.mailbox() as box:
            self.run_night()
        self.env.invalidate_all()
        return box.messages

    def test_the_day_before_he_is_reminded_once(self):
        promise = self.promise(days=3)
        self.assertFalse(self.night(1))
        [message] = self.night(2)
        self.assertEqual(message.rcpt_tos, [self.debtor.email_normalized])
        contact = self.get_messages()
        self.assertEqual((contact.state, contact.promise_message), ("sent", "reminder"))
        self.assertIn("$", contact.promise_text)
        words = html2plaintext(contact.content_id.body).replace("*", "")
        self.assertIn("would pay", words)
        self.assertIn("100.00", words)
        self.assertEqual(self.case.hold_ids, promise.hold_ids)
        self.assertTrue(self.case.is_held)
        self.assertFalse(self.night(2))

    def test_a_promise_for_tomorrow_needs_no_reminder(self):
        self.promise(days=1)
        self.refresh()
        self.assertFalse(self.get_messages())

    def test_no_reminder_to_who_is_left_alone_for_another_cause(self):
        promise = self.promise(days=3)
        self.env["collections.hold"].create({"case_id": self.case.id, "reason": "opt_out"})
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.refresh()
        self.assertFalse(self.get_messages())
        self.assertEqual(promise.state, "open")

    def test_a_reminder_does_not_leave_when_he_has_paid(self):
        self.promise(days=3)
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.refresh()
            contact = self.get_messages()
            self.assertEqual(contact.state, "queued")
            self.pay(self.invoice)
            self.refresh()
            with self.mailbox() as box:
                self.deliver()
            self.env.invalidate_all()
        self.assertFalse(box.messages)
        self.assertEqual((contact.state, contact.reason), ("skipped", "promise_changed"))
        self.assertIn("stands otherwise", contact.reason_text)

    def test_who_breaks_his_word_is_written_to_the_same_day(self):
        self.promise(days=0)
        [message] = self.night(1)
        self.assertTrue(message)
        contact = self.get_messages()
        self.assertEqual((contact.state, contact.promise_message), ("sent", "broken"))
        self.assertIn("has not reached us", contact.content_id.body)
        self.assertEqual(contact.promise_id.state, "broken")
        self.assertFalse(contact.step_id)
        self.assertFalse(self.env["collections.log"]._verify(self.case))

    def test_without_a_text_the_ladder_goes_on(self):
        self.segment.promise_broken_template_id = False
        self.promise(days=0)
        [message] = self.night(1)
        self.assertTrue(message)
        self.assertFalse(self.get_messages())
        self.assertEqual(self.case.contact_ids.step_id, self.strategy.step_ids[1])

    def test_where_runs_are_looked_at_the_message_waits(self):
        self.company.collections_review_runs = True
        self.promise(days=0)
        self.assertFalse(self.night(1))
        self.assertEqual(self.get_messages().state, "awaiting")

    def test_the_words_are_the_debtors(self):
        self.env["res.lang"]._activate_lang("es_419")
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 3.0)])
        self.create_invoice(90, days_overdue=9, currency_id=currency.id)
        self.refresh()
        promise = self.promise(60, currency_id=currency.id)
        contact = self.env["collections.contact"].create(
            {
                "case_id": self.case.id,
                "company_id": self.company.id,
                "channel_id": self.email.id,
                "state": "queued",
                "planned_on": self.today,
                "promise_id": promise.id,
                "promise_message": "broken",
            }
        )
        self.assertIn("(EUR)", contact.promise_text)
        self.assertIn("60", contact.promise_left_text)
        self.assertIn("60", contact.why)
