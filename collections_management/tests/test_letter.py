import re
from base64 import b64decode
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models import collections_letter_batch
from ..models.collections_contact_post import CollectionsContact as PostedContact
from ..report import pdf_pages
from .common import CollectionsCommon


def clean(text):
    """Text as it was written: the printing program puts blanks and breaks of its own."""
    return re.sub(r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " "))


class LetterCommon(CollectionsCommon):
    """A debtor with a postal address and a step that goes out as a letter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letter = cls.env.ref("collections_management.collections_channel_letter")
        cls.company.write({"street": "Av. Arequipa 100", "city": "Lima", "zip": "15046"})
        cls.debtor.write(
            {"street": "Jr. Puno 12", "city": "Cusco", "zip": "08002", "lang": "en_US"}
        )
        cls.strategy.step_ids.channel_ids = [Command.set(cls.letter.ids)]

    def due(self):
        """Plan and deliver: letters that are due wait to be printed."""
        contacts = self.plan()
        self.deliver()
        contacts.invalidate_recordset()
        return contacts

    def print_letters(self, contacts=None, user=None):
        """Print, and return the batch."""
        contacts = contacts if contacts is not None else self.env["collections.contact"]
        env = contacts.with_user(user or self.supervisor)
        action = env.action_print_letters()
        return self.env["collections.letter.batch"].browse(action["res_id"])

    def pages(self, batch):
        """The texts of the pages."""
        reader = pdf_pages.read(b64decode(batch.pdf))
        return [clean(page.extract_text()) for page in reader.pages]


@tagged("post_install", "-at_install")
class TestLetter(LetterCommon):
    """A letter from the decision to the post office."""

    def test_a_letter_due_waits_for_a_person(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.assertRecordValues(
            contact,
            [
                {
                    "state": "held",
                    "reason": "to_print",
                    "channel_id": self.letter.id,
                    "address": "Jr. Puno 12, 08002 Cusco",
                }
            ],
        )
        self.deliver()
        self.assertEqual(contact.state, "held", "the next delivery leaves it to the person")

    def test_without_street_and_city_no_letter_is_planned(self):
        self.debtor.city = " "
        self.create_invoice(100, days_overdue=5)
        self.assertEqual(self.plan().channel_id, self.task)

    def test_the_invoice_contact_gets_the_letter(self):
        self.env["res.partner"].create(
            {
                "name": "Accounts payable",
                "type": "invoice",
                "parent_id": self.debtor.id,
                "street": "Av. Sol 9",
                "city": "Cusco",
            }
        )
        self.create_invoice(100, days_overdue=5)
        batch = self.print_letters(self.due())
        (text,) = self.pages(batch)
        for words in ("Ferretería Lima", "Accounts payable", "Av. Sol 9"):
            self.assertIn(words, text)
        self.assertNotIn("Jr. Puno", text)

    def test_a_letter_shows_what_is_owed_to_the_cent(self):
        foreign = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        first = self.create_invoice(1234.56, days_overdue=40)
        second = self.create_invoice(80.1, days_overdue=5, currency_id=foreign.id)
        self.pay(first, 34.56)
        text = " ".join(self.pages(self.print_letters(self.due())))
        for words in (
            first.name,
            second.name,
            "$ 1,234.56",
            "$ 1,200.00 USD",
            "80.10 € EUR",
            "Total to pay in USD $ 1,200.00",
            "Total to pay in EUR 80.10 €",
            "Age of what is owed",
            "Ferretería Lima",
            "Jr. Puno 12",
            f"Payment reference: CUST/{self.debtor.id}",
            "Tear off here",
        ):
            self.assertIn(words, text)
        self.assertIn("USD $ 0.00 $ 0.00 $ 1,200.00 $ 0.00 $ 0.00", text)
        self.assertIn("EUR 0.00 € 80.10 € 0.00 € 0.00 € 0.00 €", text)

    def test_a_letter_tells_instalments_and_credits(self):
        invoice = self.create_invoice(
            300,
            days_overdue=30,
            invoice_payment_term_id=self.pay_terms_b.id,
            invoice_date_due=False,
        )
        refund = self.create_invoice(10, days_overdue=1, move_type="out_refund")
        lines = self.get_receivable(invoice).sorted("date_maturity")
        self.assertEqual(len(lines), 2)
        (text,) = self.pages(self.print_letters(self.due()))
        self.assertIn(f"{invoice.name} (1/2)", text)
        self.assertIn("Credit note in your favour", text)
        self.assertIn(refund.name, text)
        overdue = sum(line.amount_residual for line in lines if line.date_maturity < self.today)
        self.assertIn(f"Total to pay in USD $ {overdue - 10:,.2f}", text)

    def test_posted_means_sent_and_the_ladder_climbs(self):
        invoice = self.create_invoice(100, days_overdue=5)
        contact = self.due()
        batch = self.print_letters(contact)
        self.assertRecordValues(
            contact, [{"state": "sending", "reason": "printed", "attempts": 1, "sent_on": False}]
        )
        self.assertIn("Ferretería Lima", contact.content_id.body)
        self.assertFalse(self.get_receivable(invoice).collections_step_id)
        self.deliver()
        self.assertEqual(contact.state, "sending", "nobody takes it for the work of a dead worker")
        batch.with_user(self.supervisor).action_posted()
        self.assertRecordValues(contact, [{"state": "sent", "reference": f"letter/{batch.id}"}])
        self.assertRecordValues(
            batch, [{"state": "posted", "posted_by_id": self.supervisor.id, "letter_count": 1}]
        )
        self.assertEqual(self.get_receivable(invoice).collections_step_id, contact.step_id)
        events = (
            self.env["collections.log"].search([("contact_id", "=", contact.id)]).mapped("event")
        )
        self.assertEqual(events.count("sent"), 1)
        self.assertFalse(self.plan(), "it has spoken")

    def test_who_pays_before_printing_gets_no_letter(self):
        invoice = self.create_invoice(100, days_overdue=5)
        other = self.create_debtor("Bodega Sol", street="A", city="B")
        self.create_invoice(50, days_overdue=5, debtor=other)
        contacts = self.due()
        self.pay(invoice)
        batch = self.print_letters(contacts)
        (text,) = self.pages(batch)
        self.assertIn("Bodega Sol", text)
        states = {c.partner_id.name: (c.state, c.reason) for c in contacts}
        self.assertEqual(states["Ferretería Lima"], ("skipped", "paid"))

    def test_who_pays_before_the_post_is_taken_out(self):
        invoice = self.create_invoice(100, days_overdue=5)
        other = self.create_debtor("Bodega Sol", street="A", city="B")
        self.create_invoice(50, days_overdue=5, debtor=other)
        contacts = self.due()
        batch = self.print_letters(contacts)
        self.assertFalse(batch.outdated_text)
        self.pay(invoice)
        batch.invalidate_recordset()
        self.assertEqual(batch.outdated_text, "Ferretería Lima")
        as_supervisor = batch.with_user(self.supervisor)
        with self.assertRaisesRegex(UserError, "Ferretería Lima"):
            as_supervisor.action_posted()
        as_supervisor.action_take_out()
        as_supervisor.action_posted()
        states = {c.partner_id.name: c.state for c in contacts}
        self.assertEqual(states, {"Ferretería Lima": "skipped", "Bodega Sol": "sent"})

    def test_a_batch_given_up_waits_again(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        batch = self.print_letters(contact)
        batch.with_user(self.supervisor).action_cancel()
        self.assertRecordValues(batch, [{"state": "cancelled", "pdf": False}])
        self.assertRecordValues(
            contact, [{"state": "held", "reason": "to_print", "letter_batch_id": False}]
        )
        again = self.print_letters()
        again.with_user(self.supervisor).action_posted()
        self.assertEqual(contact.state, "sent")
        with self.assertRaises(UserError):
            again.with_user(self.supervisor).action_cancel()

    def test_a_letter_that_comes_back_reaches_the_debtor_otherwise(self):
        self.strategy.step_ids.channel_ids = [Command.set((self.letter | self.email).ids)]
        self.email.sequence = 90
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.print_letters(contact).with_user(self.supervisor).action_posted()
        contact.with_user(self.collector).action_letter_returned()
        self.assertRecordValues(contact, [{"state": "failed", "reason": "returned"}])
        fallback = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
        self.assertRecordValues(
            fallback, [{"channel_id": self.email.id, "address": self.debtor.email}]
        )

    def test_letters_are_sorted_as_the_post_wants_them(self):
        self.company.country_id = self.env.ref("base.pe")
        places = [
            ("Zeta", "base.pe", "02001"),
            ("Alfa", "base.pe", "15001"),
            ("Beta", "base.cl", "01000"),
            ("Gama", "base.pe", "02001"),
        ]
        for name, country, code in places:
            debtor = self.create_debtor(
                name, street="Calle 1", city="X", zip=code, country_id=self.env.ref(country).id
            )
            self.create_invoice(100, days_overdue=5, debtor=debtor)
        with patch.object(collections_letter_batch, "PART", 3):
            batch = self.print_letters(self.due())
        texts = self.pages(batch)
        order = [re.search(r"Zeta|Alfa|Beta|Gama", text)[0] for text in texts]
        self.assertEqual(order, ["Gama", "Zeta", "Alfa", "Beta"])
        self.assertIn("Chile", texts[-1])
        self.assertNotIn("Peru", clean(texts[0].split("Tear off")[0].split("Gama")[1][:60]))
        self.assertEqual(batch.page_count, 4)
        self.assertFalse(batch._get_parts(), "the parts are joined and gone")

    def test_every_debtor_reads_their_own_language_in_one_document(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.env["res.lang"]._activate_lang("fr_FR")
        for name, lang in (("Beta", "fr_FR"), ("Alfa", "en_US"), ("Gama", "fr_FR")):
            debtor = self.create_debtor(name, street="Calle 1", city="X", lang=lang)
            self.create_invoice(1000, days_overdue=5, debtor=debtor)
        texts = self.pages(self.print_letters(self.due()))
        self.assertEqual(
            [re.search(r"Alfa|Beta|Gama", text)[0] for text in texts], ["Alfa", "Beta", "Gama"]
        )
        self.assertIn("$ 1,000.00", texts[0])
        self.assertIn("1 000,00", texts[1].replace("\u202f", " "))

    def test_safe_mode_marks_every_page_and_posts_nothing(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        batch = self.print_letters(contact)
        self.assertTrue(batch.safe_mode)
        for text in self.pages(batch):
            self.assertIn("TEST - DO NOT POST", text)
        with self.assertRaisesRegex(UserError, "safe mode"):
            batch.with_user(self.supervisor).action_posted()
        batch.with_user(self.supervisor).action_finish_test()
        self.assertRecordValues(
            contact,
            [{"state": "sent", "safe_mode": True, "address": "Jr. Puno 12, 08002 Cusco"}],
        )

    def test_outside_safe_mode_nothing_says_test(self):
        self.create_invoice(100, days_overdue=5)
        batch = self.print_letters(self.due())
        self.assertNotIn("TEST", "".join(self.pages(batch)))
        with self.assertRaises(UserError):
            batch.with_user(self.supervisor).action_finish_test()

    def test_a_company_without_logo_bank_or_address_writes_too(self):
        self.company.partner_id.bank_ids.active = False
        self.company.write(
            {"logo": False, "street": False, "street2": False, "city": False, "zip": False,
             "state_id": False, "phone": "+51 1 555", "report_footer": False}
        )  # fmt: skip
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(20, days_overdue=5)
        (text,) = self.pages(self.print_letters(self.due()))
        self.assertIn("$ 120.00", text)
        self.assertIn("Ask us how to pay", text)
        self.assertIn("+51 1 555", text)

    def without_pay_page(self):
        """Whatever addons there are: the slip as the base makes it."""
        contacts = type(self.env["collections.contact"])
        return patch.object(contacts, "_get_letter_link", PostedContact._get_letter_link)

    def test_a_bank_account_is_shown_and_its_details_are_a_code(self):
        self.env["res.partner.bank"].create(
            {
                "acc_number": "00219100123456789053",
                "partner_id": self.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(20, days_overdue=5)
        contact = self.due()
        letter = contact._get_letters()[contact.id]
        words = contact._get_payment_words(letter, contact._get_letter_reference(letter))
        self.assertIn("\nUSD\n120.00\n", words)
        with self.without_pay_page():
            (text,) = self.pages(self.print_letters(contact))
        self.assertIn("00219100123456789053", text)
        self.assertIn("Payment details", text)

    def test_one_invoice_is_paid_by_its_own_reference_and_page(self):
        invoice = self.create_invoice(100, days_overdue=5)
        contact = self.due()
        letter = contact._get_letters()[contact.id]
        self.assertEqual(
            contact._get_letter_reference(letter), invoice.payment_reference or invoice.name
        )
        with self.without_pay_page():
            link = contact._get_letter_link(letter)
        self.assertIn(f"/my/invoices/{invoice.id}?access_token=", link)

    def test_very_long_names_and_words_stay_on_their_page(self):
        self.debtor.write({"name": "Comercial " + "Ñandú" * 60, "street": "W" * 300})
        self.create_invoice(100, days_overdue=5, ref="x" * 200)
        texts = self.pages(self.print_letters(self.due()))
        self.assertEqual(len(texts), 1)
        self.assertIn("1 / 1", texts[0])

    def test_a_hundred_receivables_run_over_numbered_pages(self):
        for number in range(100):
            self.create_invoice(10 + number, days_overdue=5 + number)
        batch = self.print_letters(self.due())
        texts = self.pages(batch)
        self.assertGreater(len(texts), 2)
        for number, text in enumerate(texts, start=1):
            self.assertIn(f"{number} / {len(texts)}", text)
            self.assertEqual("Tear off here" in text, number == len(texts))
        total = sum(10 + number for number in range(100))
        self.assertIn(f"Total to pay in USD $ {total:,.2f}", " ".join(texts))
        names = (
            self.env["account.move"].search([("partner_id", "=", self.debtor.id)]).mapped("name")
        )
        together = "".join(" ".join(texts).split())
        self.assertFalse([name for name in names if name not in together])

    def test_many_letters_are_printed_by_the_scheduled_job_in_parts(self):
        for number in range(5):
            debtor = self.create_debtor(f"Bodega {number}", street="A", city="B", zip=f"0{number}")
            self.create_invoice(100, days_overdue=5, debtor=debtor)
        contacts = self.due()
        with (
            patch.object(collections_letter_batch, "AT_ONCE", 2),
            patch.object(collections_letter_batch, "PART", 2),
        ):
            batch = self.print_letters(contacts)
            self.assertRecordValues(batch, [{"state": "printing", "todo_count": 5}])
            with self.assertRaisesRegex(UserError, "being printed|No letter"):
                self.print_letters(contacts)
            cron = self.env.ref("collections_management.collections_letter_batch_cron_print")
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        batch.invalidate_recordset()
        self.assertRecordValues(
            batch, [{"state": "printed", "todo_count": 0, "letter_count": 5, "page_count": 5}]
        )
        texts = self.pages(batch)
        self.assertEqual([re.search(r"Bodega \d", t)[0] for t in texts],
                         [f"Bodega {n}" for n in range(5)])  # fmt: skip

    def test_a_text_that_breaks_stops_its_own_letter_only(self):
        other = self.create_debtor("Bodega Sol", street="A", city="B")
        self.create_invoice(50, days_overdue=5, debtor=other)
        self.create_invoice(50, days_overdue=5)
        contacts = self.due()
        broken = contacts.filtered(lambda c: c.partner_id == other)
        original = type(contacts)._render_content

        def render(records):
            if broken & records:
                raise ValueError("broken")
            return original(records)

        with patch.object(type(contacts), "_render_content", render):
            batch = self.print_letters(contacts)
        self.assertEqual(broken.reason, "render_error")
        self.assertEqual(len(self.pages(batch)), 1)


@tagged("post_install", "-at_install")
class TestLetterRoles(LetterCommon):
    """Who may print, see and post letters."""

    def test_a_collector_prints_their_own_and_unassigned_cases_only(self):
        self.create_invoice(100, days_overdue=5)
        other = self.create_debtor("Bodega Sol", street="A", city="B")
        self.create_invoice(50, days_overdue=5, debtor=other)
        contacts = self.due()
        self.get_case(other).user_id = self.supervisor
        batch = self.print_letters(user=self.collector)
        self.assertEqual(batch.contact_ids.partner_id, self.debtor)
        self.assertEqual(batch.with_user(self.collector).letter_count, 1)
        theirs = self.print_letters(contacts - batch.contact_ids)
        with self.assertRaises(AccessError):
            theirs.with_user(self.collector).read(["pdf"])
        with self.assertRaises(AccessError):
            theirs.with_user(self.collector).action_posted()

    def test_an_auditor_reads_but_does_not_print_or_post(self):
        self.create_invoice(100, days_overdue=5)
        contacts = self.due()
        with self.assertRaises(UserError):
            contacts.with_user(self.auditor).action_print_letters()
        batch = self.print_letters(contacts)
        self.assertTrue(batch.with_user(self.auditor).pdf)
        for action in ("action_posted", "action_take_out", "action_cancel", "action_posted_all"):
            with self.assertRaises(UserError):
                getattr(batch.with_user(self.auditor), action)()
        with self.assertRaises(AccessError):
            batch.with_user(self.supervisor).write({"state": "posted"})

    def test_another_company_sees_nothing(self):
        self.create_invoice(100, days_overdue=5)
        batch = self.print_letters(self.due())
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.create_user(
            "manager",
            login="stranger",
        )
        stranger.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        with self.assertRaises(AccessError):
            batch.with_user(stranger).read(["pdf"])
        with self.assertRaises(AccessError):
            batch.with_user(stranger).action_posted()

    def test_a_printed_letter_tells_the_day_it_was_printed_for(self):
        self.create_invoice(100, days_overdue=5)
        (text,) = self.pages(self.print_letters(self.due()))
        today = fields.Date.context_today(self.env["collections.ledger"])
        due = today - timedelta(days=5)
        self.assertIn(due.strftime("%m/%d/%Y"), text)
