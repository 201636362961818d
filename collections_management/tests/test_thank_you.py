from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import format_amount, html2plaintext, mute_logger

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestThankYou(CollectionsCommon):
    """Who pays is thanked once; the collector is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.thanks = cls.env.ref("collections_management.mail_template_thanks")
        cls.segment.thank_template_id = cls.thanks
        cls.collector.notification_type = "inbox"
        cls.company.collections_user_id = cls.collector

    def dun(self, amount=100.0, debtor=None, **invoice):
        """Ask a debtor for money; returns the invoice."""
        invoice = self.create_invoice(amount, debtor=debtor, **invoice)
        with self.mailbox():
            self.run_night()
        self.assertEqual(self.get_case(debtor).contact_ids.mapped("state"), ["sent"])
        return invoice

    def night(self):
        """A night; returns the messages that left."""
        with self.mailbox() as box:
            self.run_night()
        self.env.invalidate_all()
        return box.messages

    def refresh(self):
        self.env["collections.ledger"]._refresh(self.company)

    def get_thanks(self, debtor=None):
        return self.get_case(debtor).contact_ids.filtered(lambda contact: not contact.step_id)

    def get_receipts(self, debtor=None):
        domain = [("case_id", "=", self.get_case(debtor).id)]
        return self.env["collections.receipt"].search(domain, order="id")

    def get_notes(self, debtor=None):
        return self.get_case(debtor).message_ids.filtered(
            lambda message: "Payment received" in str(message.body)
        )

    def get_words(self, message):
        return str(message.body).replace("&nbsp;", "\xa0")

    def money(self, amount, currency=None):
        return format_amount(self.env, amount, currency or self.company.currency_id)

    def test_who_pays_all_is_thanked_once(self):
        invoice = self.dun(100)
        self.pay(invoice)
        [message] = self.night()
        self.assertEqual(message.rcpt_tos, [self.debtor.email_normalized])
        contact = self.get_thanks()
        self.assertEqual((contact.state, contact.channel_id), ("sent", self.email))
        self.assertEqual(contact.paid_text, self.money(100))
        content = contact.content_id
        self.assertEqual(content.subject, f"Thank you for your payment to {self.company.name}")
        self.assertIn(self.money(100), html2plaintext(content.body).replace("*", ""))
        self.assertIn("Nothing is overdue", content.body)
        events = contact.case_id.log_ids.filtered(lambda log: log.contact_id == contact)
        self.assertEqual(events.sorted("sequence").mapped("event"), ["planned", "sending", "sent"])
        self.assertEqual(self.get_case().state, "closed")
        self.assertEqual(self.get_receipts().state, "thanked")
        self.assertFalse(self.env["collections.log"]._verify(self.get_case()))
        self.assertFalse(self.night())
        self.assertEqual(len(self.get_thanks()), 1)

    def test_a_part_is_told_to_the_collector_and_thanked_with_the_rest(self):
        invoice = self.dun(100)
        self.pay(invoice, 40)
        self.refresh()
        self.assertFalse(self.get_thanks())
        self.assertIn(self.money(40), self.get_words(self.get_notes()))
        self.pay(invoice, 60)
        self.refresh()
        self.assertEqual(self.get_thanks().paid_text, self.money(100))
        self.assertEqual(self.get_receipts().mapped("amount"), [40, 60])
        self.assertEqual(len(self.get_notes()), 2)

    def test_the_collector_finds_the_payment_in_the_inbox(self):
        self.segment.thank_template_id = False
        invoice = self.dun(100)
        payment = self.pay(invoice)
        self.refresh()
        self.assertFalse(self.get_thanks())
        [note] = self.get_notes()
        self.assertIn(self.money(100), self.get_words(note))
        self.assertIn(payment.move_id.name, self.get_words(note))
        [notification] = note.notification_ids
        self.assertEqual(notification.res_partner_id, self.collector.partner_id)
        self.assertEqual((notification.notification_type, notification.is_read), ("inbox", False))
        self.assertFalse(self.get_case().activity_ids)
        self.refresh()
        self.assertEqual(self.get_notes(), note)

    def test_a_collector_who_reads_mail_gets_one_for_all(self):
        self.collector.notification_type = "email"
        other = self.create_debtor("Grupo Andino")
        first = self.create_invoice(100)
        second = self.create_invoice(50, debtor=other)
        self.night()
        self.pay(first)
        self.pay(second)
        before = self.env["mail.mail"].search([])
        self.refresh()
        [mail] = self.env["mail.mail"].search([]) - before
        self.assertEqual(mail.recipient_ids, self.collector.partner_id)
        self.assertEqual(mail.state, "outgoing")
        for words in (self.money(100), self.money(50), "Ferretería Lima", "Grupo Andino"):
            self.assertIn(words, self.get_words(mail.mail_message_id))

    def test_who_was_never_asked_is_not_thanked(self):
        invoice = self.create_invoice(100)
        self.refresh()
        self.pay(invoice)
        self.refresh()
        self.assertFalse(self.get_receipts())

    def test_a_reminder_before_the_due_date_asks_for_nothing(self):
        invoice = self.dun(100, days_overdue=-5)
        self.pay(invoice)
        self.refresh()
        self.assertFalse(self.get_receipts())

    def test_a_contact_long_ago_is_no_reason(self):
        invoice = self.dun(100)
        case = self.get_case()
        case.contact_ids.sent_on = fields.Datetime.now() - timedelta(days=31)
        self.pay(invoice)
        self.refresh()
        self.assertFalse(self.get_receipts())

    def test_a_company_may_not_want_to_notice(self):
        self.company.collections_thank_days = 0
        self.pay(self.dun(100))
        self.refresh()
        self.assertFalse(self.get_receipts())
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation), self.cr.savepoint():
            self.company.collections_thank_days = -1
            self.env.flush_all()

    def test_a_credit_note_and_a_write_off_are_no_payments(self):
        invoice = self.dun(100)
        refund = self.create_invoice(30, move_type="out_refund", days_overdue=0)
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.get_receivable(invoice).account_id.id,
                            "partner_id": self.debtor.id,
                            "credit": 70,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data["default_account_expense"].id,
                            "debit": 70,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        lines = (invoice | refund | entry).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        self.refresh()
        self.assertEqual(self.get_case().amount_overdue, 0)
        self.assertFalse(self.get_receipts())

    def test_a_payment_taken_back_is_not_thanked(self):
        invoice = self.dun(100)
        payment = self.pay(invoice)
        payment.action_draft()
        self.refresh()
        self.assertFalse(self.get_receipts())

    def test_a_payment_reversed_before_the_message_leaves_is_not_thanked(self):
        invoice = self.dun(100)
        payment = self.pay(invoice)
        self.refresh()
        contact = self.get_thanks()
        self.assertEqual(contact.state, "queued")
        payment.move_id._reverse_moves(cancel=True)
        with self.mailbox() as box:
            self.deliver()
        self.env.invalidate_all()
        self.assertFalse(box.messages)
        self.assertEqual((contact.state, contact.reason), ("skipped", "payment_reversed"))
        self.assertEqual(self.get_receipts().state, "silenced")

    def test_a_pause_silences_it_for_good(self):
        for reason in ("pause", "opt_out", "answered"):
            with self.subTest(reason=reason):
                debtor = self.create_debtor(f"Held{reason}")
                invoice = self.dun(100, debtor)
                hold = self.env["collections.hold"].create(
                    {"case_id": self.get_case(debtor).id, "reason": reason}
                )
                self.pay(invoice)
                self.refresh()
                self.assertFalse(self.get_thanks(debtor))
                self.assertEqual(self.get_receipts(debtor).state, "silenced")
                self.assertEqual(len(self.get_notes(debtor)), 1)
                hold.action_lift()
                self.refresh()
                self.assertFalse(self.get_thanks(debtor))

    def test_a_pause_set_before_it_leaves_silences_it_too(self):
        self.pay(self.dun(100))
        self.refresh()
        self.env["collections.hold"].create({"case_id": self.get_case().id, "reason": "opt_out"})
        self.assertEqual(self.get_thanks().state, "skipped")
        self.refresh()
        self.assertEqual(len(self.get_thanks()), 1)

    def test_a_debt_that_falls_due_before_it_leaves_silences_it(self):
        self.pay(self.dun(100))
        self.refresh()
        self.create_invoice(20, days_overdue=1)
        self.refresh()
        with self.mailbox() as box:
            self.deliver()
        self.env.invalidate_all()
        self.assertFalse(box.messages)
        self.assertEqual(
            (self.get_thanks().state, self.get_thanks().reason), ("skipped", "superseded")
        )

    def test_who_cannot_be_reached_is_not_thanked(self):
        self.pay(self.dun(100))
        self.debtor.email = False
        self.refresh()
        self.assertFalse(self.get_thanks())
        self.assertEqual(self.get_receipts().state, "silenced")

    def test_in_safe_mode_it_goes_to_the_test_address(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        self.pay(self.dun(100))
        [message] = self.night()
        self.assertEqual(message.rcpt_tos, ["test@company.example"])
        self.assertTrue(self.get_thanks().safe_mode)

    def test_it_keeps_the_hours_of_the_contact_rules(self):
        self.pay(self.dun(100))
        rule = self.env["collections.contact.rule"].create(
            {
                "name": "Once a week",
                "window_ids": [Command.create({"hour_from": 0, "hour_to": 24})],
                "holidays_ok": True,
                "cap_ids": [Command.create({"limit": 1, "days": 7})],
            }
        )
        self.assertTrue(rule.active)
        self.assertFalse(self.night())
        contact = self.get_thanks()
        self.assertEqual(contact.state, "queued")
        self.assertGreater(contact.scheduled_on, fields.Datetime.now() + timedelta(days=5))

    def test_where_runs_are_looked_at_it_waits(self):
        invoice = self.dun(100)
        self.company.collections_review_runs = True
        self.pay(invoice)
        self.assertFalse(self.night())
        contact = self.get_thanks()
        self.assertEqual((contact.state, contact.reason), ("awaiting", "run_review"))
        contact.with_user(self.supervisor).action_approve()
        with self.mailbox() as box:
            self.deliver()
        self.assertEqual(len(box.messages), 1)

    def test_several_currencies_are_told_apart(self):
        foreign = self.setup_other_currency("EUR")
        local = self.create_invoice(100)
        other = self.create_invoice(70.25, currency_id=foreign.id)
        self.night()
        self.pay(local)
        self.refresh()
        self.assertFalse(self.get_thanks())  # the other currency is overdue still
        payment = self._register_payment(other, payment_date=self.today, currency_id=foreign.id)
        self.assertEqual(payment.currency_id, foreign)
        self.refresh()
        self.assertEqual(
            self.get_thanks().paid_text, f"{self.money(100)} + {self.money(70.25, foreign)} (EUR)"
        )
        self.assertEqual(
            self.get_receipts().mapped(lambda r: (r.amount, r.currency_id)),
            [(100, self.company.currency_id), (70.25, foreign)],
        )

    def test_an_instalment_not_due_yet_does_not_stand_in_the_way(self):
        invoice = self.dun(100)
        self.create_invoice(900, days_overdue=-40)
        self.pay(invoice)
        self.refresh()
        self.assertEqual(self.get_case().state, "open")
        self.assertEqual(self.get_thanks().paid_text, self.money(100))

    def test_it_is_written_in_the_language_of_the_person(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.thanks.with_context(lang="es_419").subject = "Gracias por su pago"
        self.pay(self.dun(100))
        self.debtor.lang = "es_419"
        self.refresh()
        contact = self.get_thanks()
        self.assertEqual(contact.preview_subject, "Gracias por su pago")
        amount = format_amount(self.env, 100, self.company.currency_id, lang_code="es_419")
        self.assertEqual(contact.paid_text, amount)
        self.assertIn("100,00", amount)

    def test_it_can_say_why(self):
        payment = self.pay(self.dun(100))
        self.refresh()
        self.assertIn(payment.move_id.name, str(self.get_thanks().why))
        self.assertIn(self.segment.name, str(self.get_thanks().why))

    def test_a_preview_thanks_nobody(self):
        self.pay(self.dun(100))
        ledger = self.env["collections.ledger"].with_context(collections_day=self.today)
        ledger._refresh(self.company)
        self.assertFalse(self.get_receipts())

    def test_many_payments_cost_as_many_queries_as_few(self):
        def pay_many(count, word):
            debtors = [self.create_debtor(f"{word}{number}") for number in range(count)]
            invoices = [self.create_invoice(10, debtor=debtor) for debtor in debtors]
            self.night()
            for invoice in invoices:
                self.pay(invoice)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.refresh()
            self.env.flush_all()
            asked = self.env.cr.sql_log_count - before
            self.assertTrue(all(self.get_thanks(debtor) for debtor in debtors))
            self.assertTrue(all(self.get_notes(debtor) for debtor in debtors))
            return asked

        pay_many(1, "warm")
        few, many = pay_many(2, "few"), pay_many(12, "many")
        self.assertLessEqual(many, few + 2)

    def test_who_may_read_what_was_noticed(self):
        self.pay(self.dun(100))
        self.refresh()
        receipt = self.get_receipts()
        self.assertEqual(receipt.with_user(self.supervisor).amount, 100)
        with self.assertRaises(AccessError):
            receipt.with_user(self.collector).read(["amount"])
        with self.assertRaises(AccessError):
            receipt.with_user(self.supervisor).write({"amount": 1})
        other = self.env["res.company"].create({"name": "Other"})
        receipt.company_id = other
        self.env.flush_all()
        with self.assertRaises(AccessError):
            receipt.with_user(self.supervisor).read(["amount"])
