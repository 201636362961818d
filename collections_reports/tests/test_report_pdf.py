import io
import json
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..engine import documents
from ..models import collections_report_pdf
from .show_common import add_report, make_everything


def squeeze(text):
    """Return a text without its spaces, which printing puts anywhere."""
    return "".join(text.split())


def read_pages(pdf):
    """Return the text of each page, squeezed."""
    return [squeeze(page.extract_text()) for page in PdfFileReader(io.BytesIO(pdf)).pages]


@tagged("post_install", "-at_install")
class TestReportPdf(CollectionsCommon, HttpCase):
    """A report on paper says what its document says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_report(cls, "test", make_everything, title="Everything")
        cls.supervisor.password = cls.supervisor.login
        cls.reports = cls.env["collections.report"].with_user(cls.supervisor)

    def test_all_of_a_document_is_on_paper(self):
        pdf = self.reports._make_pdf("test", {"team_ids": []}, lang="en_US")
        text = "\n".join(read_pages(pdf))
        for words in (
            "Everything at once", "Main figures", "$ 1,234,567.89", "before: $ 1,200,000.00", "▼",
            "45.3 days", "Nothing was sold in this period.", "−12.00", "Debtor 60", "−20.25",
            "12.3 %", "01/31/2026", "Total", "No dispute is open.", "A remark.",
            "The first 60 of 2,060; all of them are in the workbook.",
            "Sum of open items", "Unallocated payments are subtracted.", "Collected / collectable",
            "Target", self.supervisor.name, "<script>alert(1)</script>",
        ):  # fmt: skip
            with self.subTest(words=words):
                self.assertIn(squeeze(words), text)

    def test_pages_are_numbered_and_tables_repeat_their_heads(self):
        pages = read_pages(self.reports._make_pdf("test", {}))
        self.assertGreater(len(pages), 2)
        for number, text in enumerate(pages, 1):
            self.assertIn(f"{number}/{len(pages)}", text)
        with_rows = [text for text in pages if "Debtor2" in text or "Debtor60" in text]
        self.assertEqual(len(with_rows), 2)
        for text in with_rows:
            self.assertLess(text.index("Oldestdue"), text.index("01/31/2026"))

    def test_the_reader_reads_in_his_language(self):
        self.env["res.lang"]._activate_lang("es_419")
        pdf = self.reports._make_pdf("test", {"date_from": "2026-03-02"}, lang="es_419")
        text = "\n".join(read_pages(pdf))
        self.assertIn("02/03/2026", text)

    def test_a_long_table_is_cut_and_says_so(self):
        with patch.object(collections_report_pdf, "ROWS", 5):
            text = "\n".join(read_pages(self.reports._make_pdf("test", {})))
        self.assertIn("Thefirst5of2,060", text)
        self.assertNotIn("Debtor6", text)

    def test_money_of_two_currencies_carries_its_sign(self):
        euro, own = self.env.ref("base.EUR"), self.company.currency_id

        def make(report, _options):
            columns = [documents.column("name", "Debtor"),
                       documents.column("amount", "Amount", "money", total=True)]  # fmt: skip
            rows = [
                documents.row("a", {"name": "A", "amount": 10.0}, currency=euro.id),
                documents.row("b", {"name": "B", "amount": 20.0}, currency=own.id),
            ]
            return documents.document("Two", [documents.table("t", "Two", columns, rows)])

        add_report(self, "two", make)
        text = "\n".join(read_pages(self.reports._make_pdf("two", {})))
        self.assertIn("10.00€", text)
        self.assertIn("$20.00", text)
        self.assertNotIn("Amountsin", text)

    def test_filters_are_told_in_words(self):
        team = self.env["collections.team"].create({"name": "Team Lima"})
        text = read_pages(self.reports._make_pdf("test", {"team_ids": team.ids}))[0]
        self.assertIn("Teams:TeamLima", text)

    def test_values_in_words(self):
        write = self.reports._write
        money = self.company.currency_id
        for value, kind, short, expected in (
            (None, "money", False, "–"),
            (0.0, "money", False, "$ 0.00"),
            (-0.001, "money", False, "$ 0.00"),
            (-1234.5, "money", False, "−$ 1,234.50"),
            ({"id": 1, "name": "X"}, "record", False, "X"),
            (1234567, "money", True, "1.2 M"),
            (-45000, "money", True, "−45 k"),
            (12.34, "percent", True, "12.3 %"),
            (0, "integer", True, "0"),
            (2e9, "number", True, "2 G"),
            (7, "integer", False, "7"),
            (3.14159, "number", False, "3.14"),
        ):
            with self.subTest(value=value, kind=kind):
                words = write(value, kind, money, short=short).replace("\xa0", " ")
                self.assertEqual(words, expected)

    # -- the address -----------------------------------------------------------------------------

    def fetch(self, code="test", **parameters):
        self.authenticate(self.supervisor.login, self.supervisor.login)
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return self.url_open(f"/collections/report/{code}/pdf?{query}")

    def test_the_address_gives_the_file(self):
        answer = self.fetch(
            options=json.dumps({"date_to": "2026-03-02", "date_from": "2026-03-01"})
        )
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertIn(".pdf", answer.headers["Content-Disposition"])
        self.assertTrue(answer.content.startswith(b"%PDF"))

    @mute_logger("odoo.http")
    def test_what_is_wrong_is_said_in_words(self):
        for code, options, words in (
            ("test", "{", "cannot be read"),
            ("test", "[1]", "cannot be read"),
            ("test", '{"date_to": "yesterday"}', "“yesterday” cannot be read"),
            ("nothing", "{}", "There is no report “nothing”."),
        ):
            with self.subTest(options=options):
                answer = self.fetch(code, options=options)
                self.assertEqual((answer.status_code, words in answer.text), (422, True))

    @mute_logger("odoo.http")
    def test_who_may_not_read_it_gets_no_file(self):
        new_test_user(
            self.env, login="nobody", password="nobody", groups="base.group_user",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        self.authenticate("nobody", "nobody")
        answer = self.url_open("/collections/report/test/pdf")
        self.assertEqual(answer.status_code, 403)
        self.assertIn("You may not read the report “Everything”.", answer.text)
        with self.assertRaises(AccessError):
            self.env["collections.report"].with_user(
                self.env["res.users"].search([("login", "=", "nobody")])
            )._make_pdf("test")

    @mute_logger("odoo.http")
    def test_without_the_program_it_says_so(self):
        printer = type(self.env["collections.printer"])
        with patch.object(printer, "_get_stationery", side_effect=UserError("No program.")):
            answer = self.fetch()
        self.assertEqual((answer.status_code, "No program." in answer.text), (422, True))

    def test_companies_of_another_day_are_ignored(self):
        self.authenticate(self.supervisor.login, self.supervisor.login)
        other = self.env["res.company"].create({"name": "Other"})
        self.opener.cookies["cids"] = f"{other.id}-{self.company.id}-x"
        answer = self.url_open("/collections/report/test/pdf")
        text = "\n".join(read_pages(answer.content))
        self.assertIn(squeeze(self.company.name), text)
        self.assertNotIn("Other", text)
