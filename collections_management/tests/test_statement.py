import io
import random
from base64 import b64decode
from datetime import timedelta
from decimal import Decimal

import openpyxl

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.collections_statement_output import get_sheet_name
from ..report import pdf_pages
from .browser import BrowserCase
from .common import CollectionsCommon
from .test_letter import clean


class StatementCommon(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.lang = "en_US"
        cls.foreign = cls.setup_other_currency(
            "EUR", rates=[("2000-01-01", 0.5), (cls.today - timedelta(days=20), 0.8)]
        )
        cls.far = cls.today - timedelta(days=3650)

    def statement(self, debtor=None, date_from=None, date_to=None, company=None):
        """The statement of a debtor, by default of all time until today."""
        debtor = debtor or self.debtor
        return self.env["collections.statement"]._get_statements(
            company or self.company, debtor, date_from or self.far, date_to or self.today
        )[debtor.id]

    def account(self, currency=None, **options):
        return self.statement(**options).accounts.get(currency or self.company.currency_id)

    def days(self, number):
        return self.today - timedelta(days=number)

    def wizard(self, user=None, debtors=None, **values):
        return (
            self.env["collections.statement.wizard"]
            .with_user(user or self.supervisor)
            .create(
                {
                    "company_id": self.company.id,
                    "partner_ids": [Command.set((debtors or self.debtor).ids)],
                    "date_from": self.far,
                    "date_to": self.today,
                    **values,
                }
            )
        )

    def text(self, wizard):
        wizard.action_download()
        reader = pdf_pages.read(b64decode(wizard.file))
        return clean(" ".join(page.extract_text() for page in reader.pages))


@tagged("post_install", "-at_install")
class TestStatement(StatementCommon):
    """Figures of a statement, against the ledger."""

    def test_movements_run_from_the_opening_to_the_closing_balance(self):
        old = self.create_invoice(1000, days_overdue=70)
        self.pay(old, 400, date=self.days(50))
        self.create_invoice(250.5, days_overdue=10)
        self.create_invoice(30, days_overdue=5, move_type="out_refund")
        account = self.account(date_from=self.days(60))
        self.assertEqual(account.opening, Decimal(1000))
        self.assertEqual(
            [(m.kind, m.amount, m.balance) for m in account.movements],
            [
                ("payment", Decimal(-400), Decimal(600)),
                ("invoice", Decimal("250.5"), Decimal("850.5")),
                ("refund", Decimal(-30), Decimal("820.5")),
            ],
        )
        self.assertEqual(
            next((i.name, i.amount, i.residual) for i in account.items if i.residual > 0),
            (old.name, Decimal(1000), Decimal(600)),
        )
        self.assertEqual(account.ages, (0, Decimal("250.5"), 0, Decimal(600), 0))
        self.assertEqual(account.credit, Decimal(-30))

    def test_as_of_a_past_day_later_payments_have_not_happened(self):
        invoice = self.create_invoice(1000, days_overdue=70)
        self.pay(invoice, 400, date=self.days(50))
        self.pay(invoice, 600, date=self.days(10))
        for day, residual, age in ((60, 1000, 10), (50, 600, 20), (11, 600, 59)):
            with self.subTest(day=day):
                (item,) = self.account(date_to=self.days(day)).items
                self.assertEqual((item.residual, item.age), (Decimal(residual), age))
        self.assertFalse(self.account(date_to=self.days(10)).items)
        self.assertIsNone(self.account(date_to=self.days(71)), "not invoiced yet")

    def test_instalments_are_open_one_by_one_and_move_as_one(self):
        invoice = self.create_invoice(
            300,
            days_overdue=100,
            invoice_payment_term_id=self.pay_terms_b.id,
            invoice_date_due=False,
        )
        account = self.account()
        self.assertEqual([m.amount for m in account.movements], [Decimal(300)])
        self.assertEqual(
            [(i.due, i.residual) for i in account.items],
            [
                (line.date_maturity, Decimal(str(line.amount_residual_currency)))
                for line in self.get_receivable(invoice).sorted("date_maturity")
            ],
        )

    def test_currencies_are_told_apart(self):
        self.create_invoice(100, days_overdue=30)
        foreign = self.create_invoice(80, days_overdue=30, currency_id=self.foreign.id)
        self.assertEqual(self.account().closing, Decimal(100))
        self.assertEqual(self.account(self.foreign).closing, Decimal(80))
        self.assertEqual(self.statement().balance, Decimal(100 + 160))
        self.pay(foreign, 30, date=self.days(1))
        account = self.account(self.foreign)
        self.assertEqual(account.closing, Decimal(50))
        self.assertEqual([item.residual for item in account.items], [Decimal(50)])

    def test_a_payment_in_another_currency_is_told_as_applied(self):
        foreign = self.create_invoice(80, days_overdue=30, currency_id=self.foreign.id)
        self._register_payment(
            foreign, payment_date=self.today, currency_id=self.company.currency_id.id, amount=100
        )
        statement = self.statement()
        for account in statement.accounts.values():
            self.assertEqual(account.closing, sum(item.residual for item in account.items))
        self.assert_ties()
        self.assertTrue(self.foreign.is_zero(foreign.amount_residual))
        self.assertFalse([item for a in statement.accounts.values() for item in a.items])

    def test_a_reversed_payment_owes_again(self):
        invoice = self.create_invoice(500, days_overdue=40)
        payment = self.pay(invoice, date=self.days(30))
        self.assertEqual(self.account().closing, Decimal(0))
        payment.move_id._reverse_moves(
            [{"date": self.days(5), "invoice_date": self.days(5)}], cancel=False
        ).action_post()
        payment.move_id.line_ids.remove_move_reconcile()
        account = self.account()
        self.assertEqual(account.closing, Decimal(500))
        self.assertEqual([m.kind for m in account.movements], ["invoice", "payment", "reversal"])
        self.assert_ties()

    def test_drafts_other_accounts_and_other_debtors_do_not_count(self):
        self.create_invoice(100, days_overdue=5)
        draft = self.create_invoice(70, days_overdue=5)
        draft.button_draft()
        self.create_invoice(30, days_overdue=5, debtor=self.create_debtor("Other"))
        self.assertEqual(self.account().closing, Decimal(100))

    def test_contacts_of_a_debtor_are_its_account(self):
        contact = self.env["res.partner"].create({"name": "Shop", "parent_id": self.debtor.id})
        self.create_invoice(100, days_overdue=5, debtor=contact)
        self.assertEqual(self.account().closing, Decimal(100))

    def test_two_companies_have_two_statements(self):
        other = self.setup_other_company(name="Sister")
        company = other["company"]
        self.create_invoice(100, days_overdue=5)
        invoice = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "company_id": company.id,
                    "partner_id": self.debtor.id,
                    "invoice_date": self.today,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "x", "price_unit": 70, "tax_ids": [Command.clear()]}
                        )
                    ],
                }
            )
        )
        invoice.action_post()
        self.assertEqual(self.account().closing, Decimal(100))
        theirs = self.account(company.currency_id, company=company)
        self.assertEqual(theirs.closing, Decimal(70))

    def test_every_debtor_ties_to_the_ledger_on_every_day(self):
        """A random ledger: invoices, credit notes, instalments, currencies, payments of all kinds,
        some taken back; every day the statement is what independent SQL says."""
        dice = random.Random(20261124)
        debtors = [self.create_debtor(f"Debtor {n}") for n in range(4)]
        moves = []
        for _number in range(24):
            values = {}
            if dice.random() < 0.4:
                values["currency_id"] = self.foreign.id
            if dice.random() < 0.3:
                values.update(invoice_payment_term_id=self.pay_terms_b.id, invoice_date_due=False)
            kind = "out_refund" if dice.random() < 0.25 else "out_invoice"
            moves.append(
                self.create_invoice(
                    dice.randint(1, 99999) / 100,
                    days_overdue=dice.randint(0, 120),
                    debtor=dice.choice(debtors),
                    move_type=kind,
                    **values,
                )
            )
        payments = []
        for move in moves:
            for _turn in range(dice.choice((0, 0, 1, 1, 2))):
                if move.payment_state == "in_payment" or move.currency_id.is_zero(
                    move.amount_residual
                ):
                    break
                options = {}
                if dice.random() < 0.3:
                    options["currency_id"] = dice.choice(
                        (self.foreign, self.company.currency_id)
                    ).id
                amount = max(round(move.amount_residual * dice.choice((0.3, 0.5, 1)), 2), 0.01)
                options["amount"] = amount
                day = self.days(dice.randint(0, 60))
                payments.append(self._register_payment(move, payment_date=day, **options))
        for payment in dice.sample(payments, 3):
            payment.move_id.line_ids.remove_move_reconcile()
        self.assert_ties(debtors, days=(0, 3, 20, 45, 61, 130))

    def assert_ties(self, debtors=None, days=(0, 15)):
        """Compare the statements with SQL of its own, debtor by debtor."""
        self.env.flush_all()
        for debtor in debtors or [self.debtor]:
            for number in days:
                day = self.days(number)
                statement = self.statement(debtor, date_from=self.days(number + 25), date_to=day)
                with self.subTest(debtor=debtor.name, day=number):
                    self.assertEqual(statement.balance, self.get_ledger_balance(debtor, day))
                    expected = self.get_residuals(debtor, day)
                    self.assertEqual(
                        {c.id: a.closing for c, a in statement.accounts.items() if a.closing},
                        expected,
                    )
                    for account in statement.accounts.values():
                        self.assertEqual(
                            account.closing, sum(item.residual for item in account.items)
                        )
                        self.assertEqual(account.closing, sum(account.ages) + account.credit)
                    if not number:
                        self.assertEqual(expected, self.get_open(debtor))

    def get_ledger_balance(self, debtor, day):
        self.env.cr.execute(
            """
            SELECT coalesce(sum(debit - credit), 0)::text FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
             WHERE move.state = 'posted' AND account.account_type = 'asset_receivable'
               AND move.company_id = %s AND move.date <= %s AND line.partner_id = %s
            """,
            (self.company.id, day, debtor.id),
        )
        return Decimal(self.env.cr.fetchone()[0])

    def get_residuals(self, debtor, day):
        """``{currency id: open}`` as of a day, added up line by line in Python."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", debtor.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company.id),
                ("date", "<=", day),
            ]
        )
        sums = {}
        for line in lines:
            open_ = Decimal(str(line.amount_currency))
            for partial in line.matched_credit_ids.filtered(lambda p: p.max_date <= day):
                open_ -= Decimal(str(partial.debit_amount_currency))
            for partial in line.matched_debit_ids.filtered(lambda p: p.max_date <= day):
                open_ += Decimal(str(partial.credit_amount_currency))
            sums[line.currency_id.id] = sums.get(line.currency_id.id, 0) + open_
        return {currency: amount for currency, amount in sums.items() if amount}

    def get_open(self, debtor):
        """``{currency id: open}`` of now, as Odoo's own residuals say."""
        rows = self.env["account.move.line"]._read_group(
            [
                ("partner_id", "=", debtor.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company.id),
            ],
            ["currency_id"],
            ["amount_residual_currency:sum"],
        )
        sums = {currency.id: Decimal(str(round(amount, 2))) for currency, amount in rows}
        return {currency: amount for currency, amount in sums.items() if amount}


@tagged("post_install", "-at_install")
class TestStatementFiles(StatementCommon):
    """The PDF and the workbook say what the ledger says."""

    def test_the_pdf_shows_balances_movements_and_open_documents(self):
        invoice = self.create_invoice(1234.56, days_overdue=40)
        self.pay(invoice, 34.56, date=self.days(3))
        text = self.text(self.wizard())
        for words in (
            "Statement of account",
            "Ferretería Lima",
            f"Invoice {invoice.name}",
            "$ 1,234.56",
            "$ 34.56",
            "$ 1,200.00",
            "Closing balance",
            "Total open on",
            "31-60 days",
        ):
            self.assertIn(words, text)

    def test_what_is_not_asked_for_is_not_shown(self):
        self.create_invoice(100, days_overdue=40)
        self.assertNotIn("Total open on", self.text(self.wizard(detail="movements")))
        self.assertNotIn("Movement", self.text(self.wizard(detail="items")))

    def test_many_debtors_make_one_document_sorted_by_name(self):
        others = self.env["res.partner"]
        for name in ("Zeta", "Alfa"):
            others |= self.create_debtor(name)
        for debtor in (*others, self.debtor):
            self.create_invoice(100, days_overdue=5, debtor=debtor)
        idle = self.create_debtor("Idle")
        text = self.text(self.wizard(debtors=others | self.debtor | idle))
        places = [text.index(name) for name in ("Alfa", "Ferretería Lima", "Zeta")]
        self.assertEqual(places, sorted(places))
        self.assertNotIn("Idle", text)
        text = self.text(self.wizard(debtors=others | idle, with_empty=True))
        self.assertIn("Nothing is owed and nothing moved", text)

    def test_nothing_to_tell_is_said_clearly(self):
        with self.assertRaisesRegex(UserError, "owe nothing"):
            self.wizard(debtors=self.create_debtor("Idle")).action_download()
        with self.assertRaisesRegex(UserError, "ends before"):
            self.wizard(date_from=self.today, date_to=self.days(1)).action_download()

    def test_a_thousand_lines_fill_numbered_pages_in_full(self):
        for number in range(60):
            self.create_invoice(1 + number, days_overdue=number)
        wizard = self.wizard()
        text = "".join(self.text(wizard).split())
        names = (
            self.env["account.move"].search([("partner_id", "=", self.debtor.id)]).mapped("name")
        )
        self.assertFalse([name for name in names if text.count(name) < 2])
        pages = len(pdf_pages.read(b64decode(wizard.file)).pages)
        self.assertGreater(pages, 2)
        self.assertIn(f"{pages}/{pages}", text)

    def test_the_workbook_has_a_summary_and_a_sheet_per_debtor(self):
        evil = self.create_debtor("=HYPERLINK('x') [a]/b:c*d?e and a very long name", vat=False)
        self.create_invoice(100, days_overdue=40)
        self.create_invoice(70.25, days_overdue=5, debtor=evil, ref="=1+1")
        wizard = self.wizard(debtors=self.debtor | evil, file_format="xlsx")
        action = wizard.action_download()
        self.assertIn("/web/content/collections.statement.wizard/", action["url"])
        book = openpyxl.load_workbook(io.BytesIO(b64decode(wizard.file)))
        self.assertEqual(len(book.sheetnames), 3)
        self.assertEqual(book.sheetnames[0], "Summary")
        rows = list(book["Summary"].iter_rows(values_only=True))
        figures = {row[0]: row for row in rows if row[2] == "USD"}
        self.assertEqual(figures["Ferretería Lima"][3:11], (0, 100, 0, 0, 100, 0, 0, 0))
        self.assertEqual(figures[evil.name][4], 70.25)
        for sheet in book:
            for row in sheet.iter_rows():
                self.assertFalse([cell.value for cell in row if cell.data_type == "f"])
        values = [
            cell for row in book["Ferretería Lima"].iter_rows(values_only=True) for cell in row
        ]
        self.assertIn("Statement of account", values)
        self.assertIn("Closing balance", values)

    def test_sheet_names_are_what_a_workbook_accepts(self):
        taken = set()
        names = [
            get_sheet_name(name, taken) for name in ("x" * 40, "X" * 40, "[/]", "history", "'")
        ]
        self.assertEqual(len({name.casefold() for name in names}), 5)
        self.assertTrue(all(0 < len(name) <= 31 for name in names))
        self.assertNotIn("history", [name.casefold() for name in names])

    def test_each_debtor_reads_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.debtor.lang = "fr_FR"
        self.create_invoice(1234.5, days_overdue=5)
        text = self.text(self.wizard()).replace("\u202f", " ")
        self.assertIn("1 234,50", text)
        self.assertIn("$ 1,234.50", self.text(self.wizard(lang="en_US")))

    def test_it_is_mailed_from_odoos_own_composer(self):
        self.create_invoice(100, days_overdue=5)
        self.env["collections.ledger"]._refresh(self.company)
        action = self.wizard(user=self.collector).action_mail()
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.collector)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(composer.partner_ids, self.debtor)
        (attachment,) = composer.attachment_ids
        self.assertTrue(attachment.name.endswith(".pdf"))
        self.assertTrue(attachment.raw.startswith(b"%PDF"))
        self.assertIn("statement of your account", composer.body)
        case = self.get_case()
        before = case.message_ids
        composer.action_send_mail()
        message = case.message_ids - before
        self.assertEqual(message.attachment_ids.mapped("name"), [attachment.name])
        self.assertEqual(message.partner_ids, self.debtor)

    def test_the_list_of_cases_asks_for_their_debtors(self):
        self.create_invoice(100, days_overdue=5)
        self.env["collections.ledger"]._refresh(self.company)
        case = self.get_case()
        values = (
            self.env["collections.statement.wizard"]
            .with_user(self.collector)
            .with_context(active_model="collections.case", active_ids=case.ids)
            .create({})
        )
        self.assertEqual(values.partner_ids, self.debtor)
        self.assertEqual(values.company_id, self.company)


@tagged("post_install", "-at_install")
class TestStatementRoles(BrowserCase, StatementCommon):
    """Who may read an account, also by the address of the file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls.create_invoice(100, days_overdue=5)
        cls.other = cls.create_debtor("Bodega Sol")
        cls.create_invoice(50, days_overdue=5, debtor=cls.other)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.get_case().user_id = cls.collector
        cls.get_case(cls.other).user_id = cls.supervisor
        cls.accountant = cls.create_accountant()

    @classmethod
    def create_accountant(cls):
        return new_test_user(
            cls.env,
            login="test_reader",
            groups="account.group_account_readonly",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def test_collectors_read_their_own_cases_only(self):
        self.assertTrue(self.wizard(self.collector).action_download())
        with self.assertRaisesRegex(AccessError, "Bodega Sol"):
            self.wizard(self.collector, self.debtor | self.other).action_download()
        with self.assertRaises(AccessError):
            self.wizard(self.collector, self.other).action_mail()

    def test_supervisors_auditors_and_accountants_read_all(self):
        for user in (self.supervisor, self.auditor, self.accountant):
            with self.subTest(user.login):
                self.assertTrue(
                    self.wizard(
                        user, self.debtor | self.other, file_format="xlsx"
                    ).action_download()
                )

    def test_nobody_else_reads_any(self):
        clerk = new_test_user(self.env, login="clerk", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.wizard(clerk)
        with self.assertRaises(AccessError):
            self.env["collections.statement"].with_user(clerk)._get_statements(
                self.company, self.debtor, self.far, self.today
            )

    def test_another_companys_account_is_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.wizard(self.accountant, company_id=company.id).action_download()

    def test_the_address_of_a_file_serves_its_maker_only(self):
        wizard = self.wizard(self.supervisor, self.other)
        url = wizard.action_download()["url"]
        self.authenticate("test_supervisor", "test_supervisor")
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.content.startswith(b"%PDF"))
        for login in ("test_collector", "test_reader"):
            self.authenticate(login, login)
            self.assertEqual(self.url_open(url).status_code, 404, login)
        self.authenticate(None, None)
        self.assertFalse(self.url_open(url).content.startswith(b"%PDF"))

    def download(self, file_format):
        """Download the statement from the case, as the collector; returns the file."""
        with self.downloads() as folder:
            self.start_tour(
                f"/odoo/action-collections_management.collections_case_action/{self.get_case().id}",
                f"collections_statement_{file_format}_tour",
                login=self.collector.login,
            )
            [path] = folder.iterdir()
            self.assertEqual(path.suffix, f".{file_format}")
            return path.read_bytes()

    def test_a_statement_is_downloaded_from_a_case_as_a_spreadsheet(self):
        book = openpyxl.load_workbook(io.BytesIO(self.download("xlsx")))
        values = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
        self.assertIn(self.invoice.name, values)
        self.assertIn(100, values)

    def test_a_statement_is_downloaded_from_a_case_as_a_document(self):
        pages = pdf_pages.read(self.download("pdf")).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        for words in ("Ferretería Lima", self.invoice.name, "100.00"):
            self.assertIn(words, text)
