import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.collections_report_kpi import SECTIONS
from .common import ReportsCommon


@tagged("post_install", "-at_install")
class TestReportKpi(ReportsCommon):
    """The page of key figures: complete, explained, and open down to the records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reports = cls.env["collections.report"]
        cls.create_document(cls.debtor, 1000, cls.day(80))
        cls.create_document(cls.debtor, 400, cls.day(20))
        paid = cls.create_document(cls.debtor, 300, cls.day(55))
        cls.pay(paid, date=cls.day(10))
        cls.create_document(cls.debtor, 50, cls.day(15), kind="out_refund")
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.options = {
            "date_from": cls.day(29).isoformat(), "date_to": cls.today.isoformat(),
            "compare": "previous",
        }  # fmt: skip

    def get_document(self, user=None, **options):
        reports = self.reports.with_user(user) if user else self.reports
        return reports.get_page("kpi", self.options | options, whole=True)["document"]

    def get_figures(self, content):
        return {
            figure["name"]: figure
            for section in content["sections"]
            if section["type"] == "figures"
            for figure in section["figures"]
        }

    def test_every_figure_has_a_formula_its_sources_and_a_value_or_a_reason(self):
        content = self.get_document()
        figures = self.get_figures(content)
        self.assertEqual(set(figures), {name for names in SECTIONS.values() for name in names})
        for name, figure in figures.items():
            with self.subTest(name):
                self.assertTrue(figure["formula"] and figure["sources"] and figure["drill"])
                self.assertTrue(figure["value"] is not None or figure["undefined"])
        self.assertEqual(
            {one["term"] for one in content["definitions"]},
            {figure["label"] for figure in figures.values()},
        )
        # 400 sold less 50 credited, 1350 owed, 1000 of it overdue, 300 collected
        for name, value in {
            "sales": 350, "collected": 300, "receivable": 1350, "overdue": 1000, "credits": 50,
            "dso": round(30 * 1350 / 350, 1), "dso_best": round(30 * 400 / 350, 1),
            "cei": round(100 * (1300 + 350 - 1350) / (1300 + 350 - 400), 1), "dso_true": 45,
        }.items():  # fmt: skip
            self.assertEqual(figures[name]["value"], value, name)
        self.assertEqual(figures["receivable"]["previous"], 1300)
        self.assertEqual(figures["sales"]["previous"], 300)
        self.assertIsNone(self.get_figures(self.get_document(compare="none"))["sales"]["previous"])
        json.dumps(content)  # as it goes to a browser

    def test_charts_and_roll_rates(self):
        content = self.get_document()
        charts = [one for one in content["sections"] if one["type"] == "chart"]
        kinds = [chart["kind"] for chart in charts]
        self.assertEqual(kinds, ["line", "line", "stacked", "stacked"])
        for chart in charts[:3]:
            self.assertEqual(len(chart["labels"]), 12)
        self.assertEqual(sum(series["values"][-1] for series in charts[2]["series"]), 1400)
        [table] = [one for one in content["sections"] if one["type"] == "table"]
        self.assertTrue(table["rows"])
        self.assertEqual(charts[3]["labels"], [row["cells"]["age"] for row in table["rows"]])
        self.assertEqual(charts[3]["drills"], [row["drill"] for row in table["rows"]])
        for place, row in enumerate(table["rows"]):
            cells = row["cells"]
            drawn = [series["values"][place] for series in charts[3]["series"]]
            self.assertEqual(drawn, [cells["settled"], *(cells[f"to_{age}"] for age in range(5))])
            moved = sum(cells[f"to_{age}"] for age in range(5))
            self.assertAlmostEqual(cells["settled"] + moved, 100, delta=0.4)

    def test_a_figure_opens_what_it_is_made_of(self):
        currency = self.company.currency_id.id
        lines = self.env["account.move.line"]

        def find(name):
            action = self.reports.open_drill("kpi", self.options, f"{name}-{currency}")
            self.assertEqual(action["res_model"], "account.move.line")
            return lines.with_context(**action["context"]).search(action["domain"])

        figures = self.get_figures(self.get_document())
        for name in ("receivable", "overdue", "credits"):
            opened = sum(find(name).mapped("collections_open_on"))
            self.assertAlmostEqual(abs(opened), figures[name]["value"], msg=name)
        self.assertAlmostEqual(sum(find("sales").mapped("balance")), figures["sales"]["value"])
        self.assertAlmostEqual(
            -sum(find("collected").mapped("balance")), figures["collected"]["value"]
        )
        self.assertEqual(find("dso"), find("receivable"))
        self.assertFalse(find("written_off"))
        for name in figures:
            with self.subTest(name):
                action = self.reports.open_drill("kpi", self.options, figures[name]["drill"])
                self.env[action["res_model"]].search(action["domain"])
        action = self.reports.open_drill("kpi", self.options, f"cure_rate-{currency}")
        self.assertEqual(self.env["collections.case"].search(action["domain"]), self.get_case())

    def test_a_roll_opens_what_was_open_before(self):
        [table] = [one for one in self.get_document()["sections"] if one["type"] == "table"]
        for row in table["rows"]:
            action = self.reports.open_drill("kpi", self.options, row["drill"])
            lines = self.env["account.move.line"].with_context(**action["context"])
            found = lines.search(action["domain"])
            self.assertAlmostEqual(sum(found.mapped("collections_open_on")), row["cells"]["open"])

    def test_what_is_no_figure_opens_nothing(self):
        currency = self.company.currency_id.id
        for key in ("", "nothing", f"nothing-{currency}", "dso-0", f"roll-{currency}-9", "dso"):
            with self.subTest(key), self.assertRaises(UserError):
                self.reports.open_drill("kpi", self.options, key)
        asked = json.dumps({"code": "kpi", "options": self.options,
                            "key": f"contact_rate-{currency}"})  # fmt: skip
        with self.assertRaises(UserError):
            self.env["account.move.line"].search([("collections_report_key", "=", asked)])

    def test_who_has_no_case_sees_and_opens_nothing(self):
        self.get_case().user_id = self.create_user("collector", login="other")
        content = self.get_document(self.collector)
        figures = self.get_figures(content)
        for name, figure in figures.items():
            self.assertFalse(figure["value"], name)
            self.assertFalse(figure["previous"], name)
            action = self.reports.with_user(self.collector).open_drill(
                "kpi", self.options, figure["drill"]
            )
            found = self.env[action["res_model"]].with_user(self.collector)
            self.assertFalse(found.search(action["domain"]), name)
        for section in content["sections"]:
            for series in section.get("series", ()):
                self.assertFalse(any(series["values"]))
            self.assertFalse(section.get("rows"))

    def test_two_currencies_are_never_added(self):
        company = self.setup_other_company()["company"]
        company.currency_id = self.other_currency
        companies = self.company | company
        self.env.user.company_ids |= company
        reports = self.reports.with_context(allowed_company_ids=companies.ids)
        content = reports.get_page("kpi", self.options, whole=True)["document"]
        self.assertEqual(set(content["currencies"]), set(companies.currency_id.ids))
        receivables = [
            figure["value"]
            for section in content["sections"]
            for figure in section.get("figures", ())
            if figure["name"] == "receivable"
        ]
        self.assertEqual(receivables, [1350, 0])
        self.assertTrue(content["notes"])

    def test_an_empty_company_says_why_there_is_nothing(self):
        company = self.setup_other_company()["company"]
        reports = self.reports.with_company(company).with_context(allowed_company_ids=company.ids)
        figures = self.get_figures(reports.get_page("kpi", {}, whole=True)["document"])
        self.assertEqual(figures["receivable"]["value"], 0)
        for name in ("dso", "cei", "overdue_ratio", "cure_rate", "dso_true", "contact_rate"):
            self.assertIsNone(figures[name]["value"])
            self.assertTrue(figures[name]["undefined"])

    def test_only_credits(self):
        debtor = self.create_debtor("Solo notas")
        self.create_document(debtor, 90, self.day(5), kind="out_refund")
        self.env["collections.ledger"]._refresh(self.company)
        figures = self.get_figures(self.get_document(partner_ids=debtor.ids))
        self.assertEqual(figures["receivable"]["value"], -90)
        self.assertEqual(figures["sales"]["value"], -90)
        for name in ("dso", "dso_countback", "overdue_ratio"):
            self.assertIsNone(figures[name]["value"], name)
