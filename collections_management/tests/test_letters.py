from datetime import timedelta

from odoo import Command
from odoo.tests import tagged
from odoo.tools import format_amount, format_date, html2plaintext

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestLetters(CollectionsCommon):
    """The texts that are shipped, rendered over real invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("es_419")
        module = cls.env["ir.module.module"].search([("name", "=", "collections_management")])
        module._update_translations(["es_419"])
        cls.standard = cls.env.ref("collections_management.collections_strategy_standard")
        cls.segment.strategy_id = cls.standard
        cls.company.write(
            {"vat": False, "phone": False, "street": "Av. Arequipa 100", "city": "Lima"}
        )
        cls.company.partner_id.bank_ids.active = False
        cls.debtor.lang = "en_US"
        cls.foreign = cls.setup_other_currency("EUR")

    def render(self, contact):
        """The subject and body of one contact."""
        content = contact._render_content()[contact.id]
        return content["subject"], content["body"]

    def plain(self, contact):
        """The plain text a debtor's mail program shows, without the non-breaking blanks."""
        return self.clean(html2plaintext(self.render(contact)[1]))

    def clean(self, text):
        return text.replace("\N{NO-BREAK SPACE}", " ")

    def money(self, amount, currency=None, lang="en_US"):
        currency = currency or self.company.currency_id
        return self.clean(format_amount(self.env, amount, currency, lang_code=lang))

    def day(self, days_overdue, lang="en_US"):
        return format_date(self.env, self.today - timedelta(days=days_overdue), lang_code=lang)

    def test_a_reminder_says_what_is_owed_and_since_when(self):
        invoice = self.create_invoice(1234.56, days_overdue=4)
        contact = self.plan()
        subject, body = self.render(contact)
        text = self.plain(contact)
        self.assertEqual(subject, f"Statement of your account with {self.company.name}")
        self.assertIn(f"Dear {self.debtor.name},", text)
        self.assertIn(self.money(1234.56), text)
        self.assertIn(f"The oldest document was due on {self.day(4)}", text)
        self.assertIn("Overdue by 4 days", text)
        self.assertIn(invoice.name, text)
        self.assertIn("reply STOP", text)
        self.assertIn(self.company.name, text)
        self.assertNotIn("t-out", body)

    def test_amounts_are_net_of_credits_to_the_cent(self):
        self.create_invoice(0.30, days_overdue=4)
        self.create_invoice(100.10, days_overdue=3)
        refund = self.create_invoice(40.20, days_overdue=1, move_type="out_refund")
        contact = self.plan()
        self.assertEqual(self.clean(contact.net_overdue_text), self.money(60.20))
        text = self.plain(contact)
        self.assertIn(refund.name, text)
        self.assertIn("Credit note in your favour", text)
        self.assertIn(f"− {self.money(40.20)}", text)
        for title, amount in (("Subtotal", 100.40), ("Total to pay", 60.20)):
            line = next(line for line in text.splitlines() if line.startswith(title))
            self.assertIn(self.money(amount), line)

    def test_each_currency_has_its_own_total(self):
        self.create_invoice(500, days_overdue=4)
        self.create_invoice(80.05, days_overdue=4, currency_id=self.foreign.id)
        text = self.plain(self.plan())
        name = self.company.currency_id.name
        totals = [line for line in text.splitlines() if line.startswith("Total to pay")]
        self.assertEqual(len(totals), 2)
        self.assertIn(f"Total to pay in {name}", text)
        self.assertIn("Total to pay in EUR", text)
        self.assertIn(self.money(500), text)
        self.assertIn(self.money(80.05, self.foreign), text)

    def test_a_currency_that_credits_cover_is_not_mentioned(self):
        self.create_invoice(500, days_overdue=4)
        covered = self.create_invoice(50, days_overdue=4, currency_id=self.foreign.id)
        self.create_invoice(50, days_overdue=1, move_type="out_refund", currency_id=self.foreign.id)
        contact = self.plan()
        text = self.plain(contact)
        self.assertNotIn("EUR", text)
        self.assertNotIn(covered.name, text)
        self.assertEqual(self.clean(contact.net_overdue_text), self.money(500))

    def test_an_unallocated_payment_is_in_favour_of_the_debtor(self):
        self.create_invoice(500, days_overdue=4)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.debtor.id,
                "amount": 120.5,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        text = self.plain(self.plan())
        self.assertIn("Payment in your favour", text)
        line = next(line for line in text.splitlines() if line.startswith("Total to pay"))
        self.assertIn(self.money(379.5), line)

    def test_a_partial_payment_shows_what_was_billed_and_what_is_left(self):
        invoice = self.create_invoice(1000, days_overdue=4)
        self.pay(invoice, 250.25)
        text = self.plain(self.plan())
        self.assertIn(f"{self.money(1000)} Partly paid", " ".join(text.split()))
        self.assertIn(self.money(749.75), text)

    def test_instalments_are_told_apart(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 30)
                ],
            }
        )
        self.create_invoice(
            900,
            days_overdue=0,
            invoice_date=self.today - timedelta(days=40),
            invoice_date_due=False,
            invoice_payment_term_id=terms.id,
        )
        text = " ".join(self.plain(self.plan()).split())
        self.assertIn("Instalment 1 of 2", text)
        self.assertIn("Instalment 2 of 2", text)
        self.assertIn("Overdue by 40 days", text)
        self.assertIn("Overdue by 10 days", text)

    def test_a_preventive_letter_lists_only_what_falls_due(self):
        soon = self.create_invoice(100, days_overdue=-7)
        later = self.create_invoice(200, days_overdue=-40)
        contact = self.plan()
        text = self.plain(contact)
        self.assertIn(soon.name, text)
        self.assertIn("Due in 7 days", text)
        self.assertNotIn(later.name, text)
        self.assertIn(self.money(100), text)
        self.assertNotIn("overdue", text.lower())

    def test_a_preventive_letter_that_leaves_late_still_says_what_it_is_about(self):
        soon = self.create_invoice(100, days_overdue=-7)
        contact = self.plan()
        self.get_receivable(soon).date_maturity = self.today - timedelta(days=1)
        self.assertIn(soon.name, self.plain(contact))

    def test_a_receivable_on_hold_or_excluded_is_not_listed(self):
        self.create_invoice(100, days_overdue=4)
        disputed = self.create_invoice(200, days_overdue=5)
        excluded = self.create_invoice(400, days_overdue=6)
        self.get_receivable(excluded).no_followup = True
        self.plan()
        self.env["collections.hold"].create(
            {"case_id": self.get_case().id, "line_id": self.get_receivable(disputed).id}
        )
        text = self.plain(self.plan())
        self.assertNotIn(disputed.name, text)
        self.assertNotIn(excluded.name, text)
        self.assertIn(self.money(100), text)
        self.assertNotIn(self.money(700), text)

    def test_a_spanish_debtor_reads_spanish(self):
        self.debtor.lang = "es_419"
        self.create_invoice(1234.5, days_overdue=4)
        contact = self.plan()
        subject, _body = self.render(contact)
        text = self.plain(contact)
        self.assertEqual(subject, f"Estado de su cuenta con {self.company.name}")
        self.assertIn("Estimado cliente", text)
        self.assertIn("Vencido hace 4 días", text)
        self.assertIn("El documento más antiguo venció el", text)
        self.assertIn("responda BAJA", text)
        self.assertIn(self.money(1234.5, lang="es_419"), text)
        for word in ("Document ", "Total to pay", "Please", "Regards", "Overdue"):
            self.assertNotIn(word, text)

    def test_every_text_exists_in_spanish(self):
        texts = self.get_shipped_texts()
        for text in texts - self.template:
            with self.subTest(text.name):
                spanish = text.with_context(lang="es_419")
                for field in ("name", "subject", "body_html"):
                    self.assertNotEqual(text[field], spanish[field])

    def test_debtors_of_one_batch_get_their_own_letter_in_their_own_language(self):
        other = self.create_debtor("Comercial Andes", lang="es_419")
        third = self.create_debtor("Bodega Sur", lang="en_US")
        debts = {self.debtor: 11.11, other: 22.22, third: 33.33}
        for debtor, amount in debts.items():
            self.create_invoice(amount, days_overdue=4, debtor=debtor)
        contacts = self.plan()
        contents = contacts._render_content()
        for contact in contacts:
            text = self.clean(html2plaintext(contents[contact.id]["body"]))
            lang = contact.partner_id.lang
            for debtor, amount in debts.items():
                check = self.assertIn if debtor == contact.partner_id else self.assertNotIn
                check(debtor.name, text)
                check(self.money(amount, lang=lang), text)
            self.assertEqual("Estimado" in text, contact.partner_id == other)

    def test_a_debtor_may_have_another_tone(self):
        self.create_invoice(100, days_overdue=4)
        contact = self.plan()
        self.assertIn("According to our records", self.plain(contact))
        self.debtor.collections_tone = "firm"
        self.assertIn("needs your attention", self.render(contact)[0])
        self.debtor.collections_tone = "friendly"
        self.assertIn("slipped your attention", self.plain(contact))
        # There is no formal first reminder: the step's own tone speaks.
        self.debtor.collections_tone = "formal"
        self.assertIn("According to our records", self.plain(contact))

    def test_what_a_company_lacks_is_left_out(self):
        self.company.write({"phone": False, "vat": False, "street": False, "city": False})
        self.company.write({"zip": False, "state_id": False, "email": False})
        self.create_invoice(100, days_overdue=4)
        text = self.plain(self.plan())
        self.assertIn("Reply to this message and we will send you the details to pay", text)
        self.assertNotIn("Tax ID", text)
        self.assertNotIn("False", text)
        self.assertNotIn("None", text)

    def test_what_a_company_has_is_said(self):
        self.company.write({"phone": "+51 1 555 0100", "vat": "US12345671"})
        bank = self.env["res.bank"].create({"name": "Banco Andino"})
        self.env["res.partner.bank"].create(
            {
                "acc_number": "191-2233445-0-12",
                "bank_id": bank.id,
                "partner_id": self.company.partner_id.id,
            }
        )
        self.create_invoice(100, days_overdue=4)
        contact = self.plan()
        contact.case_id.user_id = self.collector
        text = self.plain(contact)
        for said in ("Banco Andino", "191-2233445-0-12", "+51 1 555 0100", "US12345671",
                     "Av. Arequipa 100", self.collector.name):  # fmt: skip
            self.assertIn(said, text)

    def test_a_name_with_html_is_only_a_name(self):
        self.debtor.name = '<script>alert("x")</script> & <b>Sons</b>'
        self.create_invoice(100, days_overdue=4)
        contact = self.plan()
        _subject, body = self.render(contact)
        self.assertNotIn("<script", body)
        self.assertNotIn("<b>Sons", body)
        self.assertIn("&lt;script&gt;", body)
        self.assertIn("<b>Sons</b>", self.plain(contact))

    def test_a_very_long_name_does_not_break_the_letter(self):
        self.debtor.name = "Compañía " + "X" * 491
        self.create_invoice(100, days_overdue=4)
        contact = self.plan()
        subject, _body = self.render(contact)
        self.assertLessEqual(len(subject), 250)
        self.assertIn("…", self.plain(contact))
        self.assertNotIn("X" * 100, self.plain(contact))

    def test_the_plain_text_has_one_line_per_receivable(self):
        invoices = [self.create_invoice(100 + n, days_overdue=4 + n) for n in range(3)]
        text = self.plain(self.plan())
        for n, invoice in enumerate(invoices):
            line = next(line for line in text.splitlines() if invoice.name in line)
            self.assertIn(self.money(100 + n), line)
            self.assertIn(f"Overdue by {4 + n} days", " ".join(line.split()))

    def test_a_letter_reads_the_ledger_when_it_is_rendered(self):
        invoice = self.create_invoice(100, days_overdue=4)
        contact = self.plan()
        self.assertIn(self.money(100), self.plain(contact))
        self.pay(invoice, 30)
        self.assertIn(self.money(70), self.plain(contact))

    def get_shipped_texts(self):
        """The texts of this addon; others ship texts that are said, not written."""
        texts = self.env["mail.template"].search([("model", "=", "collections.contact")])
        return texts.filtered(
            lambda text: (text.get_external_id()[text.id] or "").startswith(
                "collections_management."
            )
        )

    def get_texts_of_others(self):
        """Those that speak of a promise or an agreement: their own tests render them with one."""
        names = (
            "mail_template_promise_reminder",
            "mail_template_promise_broken",
            "mail_template_agreement",
        )
        texts = self.env["mail.template"]
        return texts.union(*(self.env.ref(f"collections_management.{name}") for name in names))

    def test_every_shipped_text_renders_in_both_languages(self):
        self.create_invoice(100, days_overdue=4)
        contact = self.plan()
        texts = self.get_shipped_texts()
        for text in texts - self.template - self.get_texts_of_others():
            for lang in ("en_US", "es_419"):
                with self.subTest(text=text.name, lang=lang):
                    self.debtor.lang = lang
                    contact._forget_letters()
                    content = text.with_context(lang=lang)._render_letters(contact)
                    subject, body = content[contact.id]
                    self.assertIn(self.company.name, subject)
                    self.assertIn(self.money(100, lang=lang), self.clean(html2plaintext(body)))
                    self.assertNotIn("{{", subject + body)

    def test_a_batch_costs_no_more_queries_than_one(self):
        for number in range(12):
            debtor = self.create_debtor(f"D{number}", lang="en_US")
            self.create_invoice(100 + number, days_overdue=4, debtor=debtor)
        contacts = self.plan()
        contacts._render_content()
        self.env.flush_all()

        def count(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records._render_content()
            return self.env.cr.sql_log_count - before

        self.assertEqual(len(contacts), 12)
        self.assertLessEqual(count(contacts), count(contacts[:2]) + 2)
