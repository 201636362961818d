from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_replies import MailCase

# As Postfix reports it: words, machine-readable status, headers of the returned message.
DSN = """\
Return-Path: <>
From: MAILER-DAEMON@mx.company.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-Id: <{number}@mx.company.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="BOUND"

--BOUND
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--BOUND
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.company.example
Arrival-Date: Tue, 24 Nov 2026 05:00:00 -0500 (PET)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.debtor.example
Diagnostic-Code: smtp; {code}

--BOUND
Content-Description: Undelivered Message Headers
Content-Type: {returned}

From: cobranzas@company.example
To: {recipient}
Subject: Your account
Message-Id: {message_id}

--BOUND--
"""

MDN = """\
From: Ana <ferreteria@debtor.example>
To: bounce@company.example
Subject: Read: Your account
Message-Id: <{number}@debtor.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="BOUND"

--BOUND
Content-Type: text/plain; charset=us-ascii

Your message was read.

--BOUND
Content-Type: message/disposition-notification

Reporting-UA: mail.debtor.example
Final-Recipient: rfc822;ferreteria@debtor.example
Original-Message-ID: {message_id}
Disposition: manual-action/MDN-sent-manually; displayed

--BOUND--
"""

PLAIN = """\
Return-Path: <>
From: MAILER-DAEMON@old.example
To: bounce@company.example
Subject: failure notice
Message-Id: <{number}@old.example>
References: {message_id}
Content-Type: text/plain; charset=iso-8859-1

Hi. This is the qmail-send program. I wasn't able to deliver your message.
<{recipient}>: 550 5.1.1 sorry, no mailbox here by that name.
"""


class BounceCase(MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.email = "ferreteria@debtor.example"

    def bounce(self, contact, text=DSN, **values):
        """Hand a report on the message of a contact over."""
        type(self).number += 1
        values = {
            "to": "bounce@company.example",
            "number": f"report{self.number}",
            "recipient": contact.address,
            "message_id": contact.mail_message_id.message_id,
            "action": "failed",
            "status": "5.1.1",
            "code": "550 5.1.1 <ferreteria@debtor.example>: User unknown",
            "returned": "text/rfc822-headers",
            **values,
        }
        raw = text.format(**values)
        self.env["mail.thread"].message_process(None, raw)
        self.env.invalidate_all()

    def get_fallback(self, contact):
        """What stands in for a failed contact."""
        return self.env["collections.contact"].search([("parent_id", "=", contact.id)])


@tagged("post_install", "-at_install")
class TestBounces(BounceCase):
    def assert_bounced(self, contact):
        self.assertEqual((contact.state, contact.reason), ("failed", "bounced"))
        entries = self.get_events(contact.case_id, "failed")
        self.assertEqual(entries.contact_id, contact)
        self.assertEqual(len(entries), 1)
        self.assertIn("It came back", entries.summary)
        [fallback] = self.get_fallback(contact)
        self.assertEqual((fallback.channel_id, fallback.reason), (self.task, "no_address"))

    def test_a_bounce_fails_the_contact_and_asks_for_the_right_one(self):
        contact = self.dun()
        self.bounce(contact)
        self.assert_bounced(contact)
        self.assertIn("User unknown", contact.detail)
        self.assertEqual(self.debtor.collections_bad_email, "ferreteria@debtor.example")
        self.assertTrue(self.debtor.collections_is_bad_email)
        self.assertEqual(self.debtor.message_bounce, 1)
        self.assertFalse(self.get_mails(contact.case_id))
        self.assertFalse(contact.case_id.hold_ids)
        self.deliver()
        self.env.invalidate_all()
        [activity] = contact.case_id.activity_ids
        self.assertIn("find the right contact", activity.note)

    def test_the_whole_message_returned_is_a_bounce_too(self):
        contact = self.dun()
        self.bounce(contact, returned="message/rfc822")
        self.assert_bounced(contact)

    def test_a_bounce_to_the_sender_is_one_too(self):
        contact = self.dun()
        self.bounce(contact, to="cobranzas@company.example")
        self.assert_bounced(contact)

    def test_a_bounce_without_a_machine_readable_part(self):
        contact = self.dun()
        self.bounce(contact, text=PLAIN)
        self.assert_bounced(contact)
        self.assertTrue(self.debtor.collections_is_bad_email)

    def test_the_same_bounce_twice_counts_once(self):
        contact = self.dun()
        self.bounce(contact, number="same")
        self.bounce(contact, number="same")
        self.assert_bounced(contact)
        self.debtor.email = "Ferreteria@debtor.example"  # somebody says that it is right
        self.bounce(contact)
        self.assertFalse(self.debtor.collections_bad_email)
        self.assert_bounced(contact)

    def test_an_address_that_bounced_is_no_address_until_it_is_corrected(self):
        contact = self.dun()
        case = contact.case_id
        self.bounce(contact)
        self.assertFalse(self.email._get_addresses(case))
        self.debtor.email = "pagos@debtor.example"
        self.assertFalse(self.debtor.collections_bad_email)
        self.assertEqual(self.email._get_addresses(case), {case.id: "pagos@debtor.example"})

    def test_the_next_step_goes_to_a_person_or_another_address(self):
        contact = self.dun(days_overdue=5)
        self.bounce(contact)
        self.get_fallback(contact).with_user(self.collector).action_cancel()
        self.create_invoice(days_overdue=15)
        self.rest(contact.case_id)
        planned = self.plan()
        self.assertEqual((planned.step_id.days, planned.channel_id), (10, self.task))

    def test_every_debtor_with_the_address_is_spared(self):
        twin = self.create_debtor("Grupo Andino", email="Ferreteria@Debtor.example")
        contact = self.dun()
        self.bounce(contact)
        self.assertTrue(twin.collections_is_bad_email)

    def test_a_full_box_is_no_wrong_address(self):
        for status in ("5.2.2", "5.7.1", "4.4.7"):
            with self.subTest(status=status):
                debtor = self.create_debtor(f"Box {status}", email=f"{status}@box.example")
                contact = self.dun(debtor)
                self.bounce(contact, status=status, code="552 mailbox full")
                self.assertEqual((contact.state, contact.reason), ("failed", "bounced"))
                self.assertFalse(debtor.collections_bad_email)

    def test_a_message_still_tried_has_not_failed(self):
        contact = self.dun()
        self.bounce(contact, action="delayed", status="4.4.1", code="451 try later")
        self.assertEqual(contact.state, "sent")
        self.assertFalse(self.debtor.collections_bad_email)
        self.assertFalse(self.debtor.message_bounce)

    def test_a_report_of_arrival_is_good_news(self):
        contact = self.dun()
        self.bounce(contact, action="delivered", status="2.0.0", code="250 OK")
        self.assertEqual(contact.state, "delivered")
        self.bounce(contact, text=MDN)
        self.assertEqual(contact.state, "read")
        self.assertFalse(self.debtor.message_bounce)

    def test_in_safe_mode_it_is_the_test_address_that_bounced(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        contact = self.dun()
        self.assertEqual(contact.address, "test@company.example")
        tester = self.create_debtor("Tester", email="test@company.example")
        self.bounce(contact)
        self.assertEqual((contact.state, contact.reason), ("failed", "bounced"))
        self.assertFalse((self.debtor | tester).filtered("collections_bad_email"))
        self.assertFalse(self.get_fallback(contact))

    def test_a_bounce_after_an_answer_changes_nothing(self):
        contact = self.dun()
        self.answer(contact)
        self.bounce(contact)
        self.assertEqual(contact.state, "answered")
        self.assertFalse(self.debtor.collections_bad_email)

    def test_a_bounce_that_overtakes_the_outcome_waits_for_it(self):
        contact = self.dun()
        contact.state = "sending"
        self.bounce(contact)
        self.assertEqual(contact.state, "sending")
        contact.state = "sent"
        self.note_later()
        self.assert_bounced(contact)

    def test_the_bounce_of_something_else_is_left_to_odoo(self):
        contact = self.dun()
        self.bounce(contact, message_id="<nothing@of.ours>")
        self.assertEqual(contact.state, "sent")
        self.assertFalse(self.debtor.collections_bad_email)
        self.assertEqual(self.debtor.message_bounce, 1)

    def test_a_collector_says_that_the_address_works_again(self):
        self.debtor._mark_bad_email("ferreteria@debtor.example")
        with self.assertRaisesRegex(UserError, "A collector does this"):
            self.debtor.with_user(self.auditor).action_trust_email()
        self.debtor.with_user(self.collector).action_trust_email()
        self.assertFalse(self.debtor.collections_bad_email)
        stranger = new_test_user(self.env, login="test_stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.debtor.with_user(stranger).read(["collections_bad_email"])

    def test_a_contact_that_another_one_stands_in_for_is_not_tried_again(self):
        contact = self.dun()
        self.bounce(contact)
        failed = contact.with_user(self.collector)
        with self.assertRaisesRegex(UserError, "Ferretería Lima · Step 3"):
            failed.action_retry()
        self.assertEqual(contact.state, "failed")
        self.get_fallback(contact).with_user(self.collector).action_cancel()
        failed.action_retry()
        self.assertEqual(contact.state, "queued")


@tagged("post_install", "-at_install")
class TestTheNextPerson(BounceCase):
    """An address that does not take a message: the next person gets it, by the same step."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = cls.env["res.partner"].create(
            [
                {
                    "name": f"{name} Quispe",
                    "parent_id": cls.debtor.id,
                    "email": f"{name}@debtor.example",
                    "collections_role": "accounts_payable",
                }
                for name in ("ana", "beto")
            ]
        )

    def dun_refused(self, refuse=(), **invoice):
        """Let a night write; returns the mailbox."""
        self.create_invoice(days_overdue=5, **invoice)
        with self.mailbox() as box:
            box.refuse.update(dict.fromkeys(refuse, "550 5.1.1 no such user"))
            self.run_night()
            self.deliver()
        self.env.invalidate_all()
        return box

    def send(self):
        """Send what is due; returns the addresses it arrived at."""
        with self.mailbox() as box:
            self.deliver()
        self.env.invalidate_all()
        return [address for message in box.messages for address in message.rcpt_tos]

    def get_chain(self):
        """What the step said and says, in order."""
        return self.get_case().contact_ids.sorted("id")

    def reroute(self, contact, channel):
        wizard = self.env["collections.contact.reroute"].with_user(self.supervisor).create(
            {"contact_ids": contact.ids, "channel_id": channel.id}
        )  # fmt: skip
        summary = wizard.summary
        wizard.action_confirm()
        return summary

    def test_after_a_bounce_every_person_is_tried_once_then_a_task(self):
        contact = self.dun()
        written = [contact.address]
        while contact.channel_id == self.email:
            self.bounce(contact)
            contact = self.get_fallback(contact)
            written += self.send()
        self.assertEqual(
            written,
            ["ana@debtor.example", "beto@debtor.example", "ferreteria@debtor.example"],
        )
        self.assertRecordValues(
            self.get_chain(),
            [
                {"channel_id": self.email.id, "turn": 0, "state": "failed"},
                {"channel_id": self.email.id, "turn": 1, "state": "failed"},
                {"channel_id": self.email.id, "turn": 2, "state": "failed"},
                {"channel_id": self.task.id, "turn": 0, "state": "sent"},
            ],
        )
        self.assertEqual(len(self.get_chain().step_id), 1)
        self.assertFalse(self.env["collections.log"]._verify(contact.case_id))

    def test_who_is_written_to_next_is_addressed_himself(self):
        contact = self.dun()
        self.bounce(contact)
        follower = self.get_fallback(contact)
        self.assertEqual(follower.recipient_id, self.second)
        self.assertEqual((follower.step_id, follower.cycle), (contact.step_id, contact.cycle))

    def test_an_address_that_two_persons_share_is_written_to_once(self):
        self.second.email = "Ana@Debtor.example"
        contact = self.dun()
        self.bounce(contact, status="5.2.2", code="552 mailbox full")  # not a wrong address
        self.assertFalse(self.second.collections_bad_email)
        self.assertEqual(self.get_fallback(contact).address, "ferreteria@debtor.example")

    def test_an_address_refused_while_sending_goes_to_the_next_person(self):
        box = self.dun_refused(refuse=["ana@debtor.example"])
        self.assertEqual([m.rcpt_tos for m in box.messages], [["beto@debtor.example"]])
        self.assertRecordValues(
            self.get_chain(),
            [
                {"state": "failed", "reason": "recipient_refused", "turn": 0},
                {"state": "sent", "reason": False, "turn": 1},
            ],
        )

    def test_what_is_not_the_address_fault_goes_another_way(self):
        contact = self.dun()
        contact._receive_status("failed", {"reason": "refused"})
        self.assertEqual(self.get_fallback(contact).channel_id, self.task)

    def test_in_safe_mode_nobody_else_is_tried(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        self.dun_refused(refuse=["test@company.example"])
        self.assertEqual(self.get_chain().channel_id, self.email | self.task)
        self.assertEqual(len(self.get_chain()), 2)

    def test_the_words_of_a_person_go_on_to_the_next_one(self):
        contact = self.dun()
        contact.write({"custom_subject": "Ours", "custom_body": "<p>Please call us</p>"})
        self.bounce(contact)
        follower = self.get_fallback(contact)
        self.assertEqual(follower._render_content()[follower.id]["subject"], "Ours")

    def test_the_night_after_does_not_plan_the_step_again(self):
        contact = self.dun()
        self.bounce(contact)
        self.rest(contact.case_id)
        self.assertFalse(self.plan())
        self.send()
        self.rest(contact.case_id)
        self.assertFalse(self.plan())

    def test_a_supervisor_reroutes_to_the_next_person(self):
        contact = self.dun()
        self.second.email = self.debtor.email = False
        self.bounce(contact)
        task = self.get_fallback(contact)
        self.assertEqual(task.channel_id, self.task)
        with self.assertRaisesRegex(UserError, "reaches none of them"):
            self.reroute(task, self.email)
        self.second.email = "beto@debtor.example"
        self.assertIn("1 of 1", self.reroute(task, self.email))
        self.assertRecordValues(
            task, [{"channel_id": self.email.id, "address": "beto@debtor.example", "turn": 1}]
        )
        self.assertEqual(self.send(), ["beto@debtor.example"])

    def test_who_got_it_is_not_written_to_again_by_rerouting(self):
        contact = self.dun()
        twin = contact.copy({"channel_id": self.task.id, "state": "queued"})
        with self.assertRaisesRegex(UserError, "reaches none of them"):
            self.reroute(twin, self.email)
        with self.assertRaisesRegex(UserError, "reaches none of them"):
            self.reroute(twin, self.task)

    def test_the_next_persons_of_many_cases_are_one_query(self):
        debtors = [self.create_debtor(f"Debtor{number}") for number in range(10)]
        for debtor in debtors:
            self.create_invoice(debtor=debtor)
        contacts = self.plan()
        without = contacts._get_used_addresses(self.email)
        self.assertEqual(len(without), 10)
        self.env.flush_all()
        with self.assertQueryCount(1):
            email = self.email.with_context(collections_any_consent=True)
            self.assertFalse(email._get_addresses(contacts.case_id, without=without))
