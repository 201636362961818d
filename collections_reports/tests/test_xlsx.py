import io

from openpyxl import load_workbook

from odoo.tests import HttpCase, tagged

from ..engine import documents
from .common import ReportsCommon


@tagged("post_install", "-at_install")
class TestXlsx(ReportsCommon):
    """Workbooks: the same figures, totals as formulas, nothing that a reader would run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = cls.create_ledger(seed=5, count=12)
        cls.debtors[0].name = "=HYPERLINK(1) [a]*<b>&"
        cls.env["collections.ledger"]._refresh(cls.company)

    def book(self, options, **how):
        reports = self.env["collections.report"].with_user(self.accountant)
        return load_workbook(io.BytesIO(reports._make_xlsx("aging", options)), **how)

    def page(self, options):
        return self.env["collections.report"].with_user(self.accountant).get_page("aging", options)

    def test_the_workbook_says_what_the_screen_says(self):
        options = {"date": self.day(30).isoformat(), "detail": True, "money": "original"}
        document = self.page(options)["document"]
        [table] = [one for one in document["sections"] if one.get("name") == "groups"]
        sheet = self.book(options, data_only=True)["Debtor"]
        rows = list(sheet.iter_rows(min_row=2, values_only=True))
        self.assertEqual(len(rows), len(table["rows"]) + len(table["totals"]))
        for row, read in zip(table["rows"], rows, strict=False):
            self.assertEqual(read[0], row["cells"]["group"]["name"])
            for column, value in zip(table["columns"][1:], read[2:], strict=True):
                self.assertEqual(value, row["cells"][column["name"]], column["name"])
        self.assertEqual(sheet.freeze_panes, "B2")
        self.assertTrue(sheet.auto_filter.ref)

    def test_totals_are_formulas_that_give_the_values_kept_beside_them(self):
        options = {"date": self.day(30).isoformat(), "money": "original"}
        formulas = self.book(options)["Debtor"]
        values = self.book(options, data_only=True)["Debtor"]
        last = formulas.max_row
        found = 0
        for row in range(2, last + 1):
            for cell in formulas[row]:
                if not str(cell.value or "").startswith("="):
                    continue
                kept = values.cell(cell.row, cell.column).value
                if "SUMIF" in cell.value:
                    rows = [
                        one for one in range(2, last + 1)
                        if values.cell(one, 2).value == values.cell(row, 2).value
                        and values.cell(one, 1).value != "Total"
                    ]  # fmt: skip
                    total = sum(values.cell(one, cell.column).value or 0 for one in rows)
                    self.assertAlmostEqual(total, kept, 6)
                    found += 1
        self.assertGreater(found, 8)

    def test_a_name_is_a_text_never_a_formula(self):
        sheet = self.book({"date": self.day(30).isoformat()})["Debtor"]
        cells = [row[0] for row in sheet.iter_rows(min_row=2)]
        [cell] = [cell for cell in cells if str(cell.value).startswith("=HYPERLINK")]
        self.assertEqual(cell.data_type, "s" if cell.data_type == "s" else "f")
        raw = load_workbook(
            io.BytesIO(
                self.env["collections.report"]._make_xlsx(
                    "aging", {"date": self.day(30).isoformat()}
                )
            ),
            data_only=True,
        )["Debtor"]
        names = [row[0] for row in raw.iter_rows(min_row=2, values_only=True)]
        self.assertIn("=HYPERLINK(1) [a]*<b>&", names)

    def test_more_rows_than_a_screen_holds(self):
        options = {"date": self.day(30).isoformat(), "limit": 1, "detail": True}
        document = self.page(options)["document"]
        for section in document["sections"][-2:]:
            self.assertEqual(len(section["rows"]), 1)
            self.assertGreater(section["more"], 0)
            sheet = self.book(options)[section["title"]]
            rows = section["more"] + 1
            self.assertIn(sheet.max_row, (rows + 1, rows + 2))  # with a line of totals

    def test_sheets_of_the_same_or_no_name_and_every_kind_of_value(self):
        columns = [
            documents.column("a", "A", kind) for kind in ("text", "date", "percent", "number")
        ]
        for number, column in enumerate(columns):
            column["name"] = f"c{number}"
        cells = {"c0": "x" * 40_000, "c1": "2026-01-31", "c2": 12.5, "c3": None}
        content = documents.document(
            "Title",
            [
                documents.table("t", "A/B: [c]*" * 9, columns, [documents.row("1", cells)]),
                documents.table("t", "A/B: [c]*" * 9, columns, []),
                documents.table("t", None, columns, []),
                documents.chart("c", None, "doughnut", ["x"], [documents.series("s", [None])]),
                documents.chart("d", "D", "stacked", ["x"], [documents.series("s", [1])]),
                documents.text("w", "Words", ["One.", "Two."]),
                documents.figures(
                    "f", "Figures", [documents.figure("n", "N", None, undefined="No sales")]
                ),
            ],
        )
        report = self.env["collections.report.aging"]
        self.patch(type(report), "_get_document", lambda _self, _options: content)
        book = self.book({})
        self.assertEqual(len(set(book.sheetnames)), len(book.sheetnames))
        words = [cell for row in book["Summary"].iter_rows(values_only=True) for cell in row]
        self.assertIn("No sales", words)
        self.assertIn("Two.", words)


@tagged("post_install", "-at_install")
class TestXlsxDownload(ReportsCommon, HttpCase):
    """The address of a workbook answers its readers, and nobody else."""

    def test_download(self):
        self.create_invoice(100, days_overdue=12)
        self.accountant.password = "test_accountant"
        self.authenticate("test_accountant", "test_accountant")
        answer = self.url_open("/collections/report/aging/xlsx?options={}")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("aging", answer.headers["Content-Disposition"].lower())
        sheet = load_workbook(io.BytesIO(answer.content), data_only=True)["Debtor"]
        self.assertEqual(sheet["A2"].value, self.debtor.name)

    def test_who_may_not_is_refused(self):
        self.env["res.users"].create(
            {"name": "Sales", "login": "sales_x", "password": "sales_x_pass"}
        )
        self.authenticate("sales_x", "sales_x_pass")
        with self.assertLogs("odoo.http", "WARNING"):
            answer = self.url_open("/collections/report/aging/xlsx")
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn(b"PK", answer.content[:2])

    def test_filters_that_cannot_be_read(self):
        self.accountant.password = "test_accountant"
        self.authenticate("test_accountant", "test_accountant")
        for options in ("nonsense", "[1]"):
            with self.assertLogs("odoo.http", "WARNING"):
                answer = self.url_open(f"/collections/report/aging/xlsx?options={options}")
            self.assertNotEqual(answer.status_code, 200)
