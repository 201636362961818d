import io
import json

from openpyxl import load_workbook

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ReportsCommon


def amounts(content):
    """Return every amount of money that a document tells, other than zero."""
    found = []
    for section in content["sections"]:
        for one in section.get("figures", ()):
            if one["kind"] == "money":
                found += [one["value"], one["previous"]]
        kinds = {one["name"]: one["kind"] for one in section.get("columns", ())}
        for row in (*section.get("rows", ()), *section.get("totals", ())):
            found += [row["cells"].get(name) for name, kind in kinds.items() if kind == "money"]
        if section.get("value_kind") == "money":
            found += [value for one in section["series"] for value in one["values"]]
    return [value for value in found if value]


def assemble(reports, code, options):
    """Return the document of a screen once all its parts have come, as the page makes it."""
    page = reports.get_page(code, options)
    content = page["document"]
    sections, terms = [], content["definitions"]
    for section in content["sections"]:
        if section["type"] == "pending":
            brought = reports.get_part(code, page["options"], section["name"])
            sections += brought["sections"]
            terms += brought["definitions"]
        else:
            sections.append(section)
    content["sections"] = sections
    return page


@tagged("post_install", "-at_install")
class TestEveryReport(ReportsCommon):
    """What must be true of each report, whoever wrote it: rights, files, ways in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = cls.create_ledger(seed=23, count=14)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.cases = cls.env["collections.case"].search([("company_id", "=", cls.company.id)])
        cls.team = cls.env["collections.team"].create(
            {"name": "Lima", "supervisor_ids": [Command.set(cls.supervisor.ids)]}
        )
        cls.owner = cls.create_user("collector", login="owner_of_all")
        cls.other_supervisor = cls.create_user("supervisor", login="supervisor_elsewhere")
        cls.cases.write({"user_id": cls.owner.id, "team_id": cls.team.id})
        for case in cls.cases:
            cls.env["collections.promise"].create(
                {"case_id": case.id, "currency_id": cls.company.currency_id.id, "amount": 50,
                 "date_due": cls.day(-2)}
            )  # fmt: skip
        cls.env.flush_all()

    def ask(self, user, companies=None):
        reports = self.env["collections.report"].with_user(user)
        return reports.with_context(allowed_company_ids=(companies or self.company).ids)

    def can(self, user, code, companies=None):
        reports = self.ask(user, companies)._get_reports()
        return code in [report._report_code for report in reports]

    def get_codes(self):
        return [one._report_code for one in self.env["collections.report"]._get_all_reports()]

    def test_there_are_reports_and_each_is_for_somebody(self):
        codes = self.get_codes()
        self.assertEqual(len(codes), len(set(codes)))
        self.assertGreaterEqual(len(codes), 10)
        readers = (self.manager, self.owner, self.accountant)
        for code in codes:
            able = [user for user in readers if self.can(user, code)]
            self.assertTrue(able, code)

    def assert_same(self, screen, whole):
        """Assert that a screen shows, in the end, what a file of the report holds."""
        for page in (screen, whole):
            for name in ("made_on", "currencies", "page_breaks"):
                page["document"].pop(name, None)
        self.assertEqual(json.loads(json.dumps(screen)), json.loads(json.dumps(whole)))

    def test_who_reads_all_reads_every_report_in_both_languages(self):
        """The document is plain JSON, and screen, workbook and paper can draw it."""
        self.env["res.lang"]._activate_lang("es_419")
        for code in self.get_codes():
            for lang in ("en_US", "es_419"):
                with self.subTest(code=code, lang=lang):
                    user = self.owner if code == "mine" else self.manager
                    reports = self.ask(user).with_context(lang=lang)
                    page = reports.get_page(code, {}, whole=True)
                    again = json.loads(json.dumps(page))
                    self.assertEqual(again["document"]["title"], page["document"]["title"])
                    self.assert_same(assemble(reports, code, page["options"]), page)
                    for section in page["document"]["sections"]:
                        if section["type"] == "table" and not section["rows"]:
                            self.assertTrue(section["empty"] or section["note"], section["name"])
                    book = load_workbook(io.BytesIO(reports._make_xlsx(code, {})))
                    self.assertGreaterEqual(len(book.sheetnames), 1)

    def figures(self, code, options):
        page = self.ask(self.manager).get_page(code, options, whole=True)
        sections = page["document"]["sections"]
        found = {one["name"]: one["value"] for part in sections for one in part.get("figures", ())}
        return found, {part.get("name"): part for part in sections}

    def test_sums_agree_across_reports(self):
        """What one report calls owed, overdue or collected, the others call the same."""
        for first, last in ((self.day(60), self.today), (self.day(200), self.day(45))):
            period = {"date_from": first.isoformat(), "date_to": last.isoformat()}
            key, _sections = self.figures("kpi", period)
            aging, _sections = self.figures("aging", {"date": last.isoformat()})
            overview, _sections = self.figures("overview", period)
            _figures, recovery = self.figures("recovery", period)
            for name in ("receivable", "overdue", "collected"):
                self.assertEqual(overview[name], key[name], name)
            self.assertEqual(aging["total"], key["receivable"])
            self.assertEqual(aging["overdue"], key["overdue"])
            self.assertEqual(-aging["credit"], key["credits"])
            [total] = recovery["recovery"]["totals"]
            self.assertEqual(total["cells"]["recovered"], key["collected"])
            self.assertTrue(key["collected"])

    def test_every_figure_opens(self):
        for code in self.get_codes():
            user = self.owner if code == "mine" else self.manager
            page = self.ask(user).get_page(code, {}, whole=True)
            for section in page["document"]["sections"]:
                keys = {one["drill"] for one in section.get("figures", ())}
                for row in section.get("rows", ())[:4]:
                    keys |= {row["drill"], *row["drills"].values()}
                    if row["expand"]:
                        rows = self.ask(user).get_rows(code, page["options"], row["expand"])
                        self.assertIn("rows", rows)
                keys |= {section.get("drill"), *section.get("drills", ())}
                for key in keys - {None}:
                    with self.subTest(code=code, key=key):
                        action = self.ask(user).open_drill(code, page["options"], key)
                        if action.get("domain"):
                            model = self.env[action["res_model"]].with_user(user)
                            model.search(action["domain"], limit=5)

    def test_who_may_see_no_case_sees_no_amount(self):
        """Of the collector of another, and of the supervisor of another team."""
        for user in (self.collector, self.other_supervisor):
            for code in self.get_codes():
                reports = self.ask(user)
                if not self.can(user, code):
                    with self.assertRaises(AccessError):
                        reports.get_page(code, {})
                    with self.assertRaises(AccessError):
                        reports.get_part(code, {}, "recovery")
                    continue
                with self.subTest(user=user.login, code=code):
                    page = reports.get_page(code, {}, whole=True)
                    self.assertFalse(amounts(page["document"]))
                    self.assertFalse(amounts(assemble(reports, code, {})["document"]))
                    checks = reports.get_checks(code, {})
                    self.assertFalse([one for one in checks if any("1" <= c <= "9" for c in one)])

    def test_another_company_sees_no_amount(self):
        other = self.setup_other_company()["company"]
        user = new_test_user(
            self.env,
            login="manager_elsewhere",
            groups="collections_management.collections_management_group_manager,"
            "account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for code in self.get_codes():
            reports = self.ask(user, other)
            if self.can(user, code, other):
                with self.subTest(code=code):
                    page = reports.get_page(code, {}, whole=True)
                    self.assertFalse(amounts(page["document"]))
                with self.assertRaises(AccessError):
                    self.ask(user).get_page(code, {})

    def test_nonsense_is_refused_in_words(self):
        for code in self.get_codes():
            user = self.owner if code == "mine" else self.manager
            for key in ("", "x", "1:zwei", "-".join("9" * 9), "'; DROP TABLE x", None, 7):
                with self.subTest(code=code, key=key):
                    for method in ("open_drill", "get_rows", "get_part"):
                        with self.assertRaises(UserError):
                            getattr(self.ask(user), method)(code, {}, key)
            for one in ("date", "date_from"):
                if one in self.ask(user).get_page(code, {})["options"]:
                    for day in ("soon", "0001-01-01", "9999-12-31", "2026-02-30"):
                        with self.assertRaises(UserError):
                            self.ask(user).get_page(code, {one: day})
            with self.assertRaises(UserError):
                self.ask(user).get_page(code, "no filters")
            for first, last in (("1900-01-01", "1900-01-31"), ("2999-12-01", "2999-12-31")):
                options = {"date": last, "date_from": first, "date_to": last}
                reports = self.ask(user)
                self.assert_same(
                    assemble(reports, code, options), reports.get_page(code, options, whole=True)
                )
