import io
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..engine import documents
from .show_common import add_report

NOT_YOURS = "Not for you."


@tagged("post_install", "-at_install")
class TestReportMonthly(CollectionsCommon):
    """The monthly report, the overview and a collector's page: figures of the ledger in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_debtor = cls.create_debtor("Bodega Norte")
        cls.old = cls.create_invoice(1000, days_overdue=70)
        cls.create_invoice(400, days_overdue=5, debtor=cls.other_debtor)
        cls.create_invoice(50, days_overdue=-10)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.team = cls.env["collections.team"].create(
            {
                "name": "Lima",
                "company_id": cls.company.id,
                "supervisor_ids": [Command.set(cls.supervisor.ids)],
                "member_ids": [Command.create({"user_id": cls.collector.id})],
            }
        )
        cls.case = cls.get_case()
        cls.case.write({"user_id": cls.collector.id, "team_id": cls.team.id})
        cls.get_case(cls.other_debtor).write(
            {
                "user_id": cls.manager.id,
                "team_id": cls.env["collections.team"].create({"name": "X"}).id,
            }
        )
        cls.promise = cls.env["collections.promise"].create(
            {
                "case_id": cls.case.id,
                "currency_id": cls.company.currency_id.id,
                "amount": 250,
                "date": cls.today,
                "date_due": cls.today + timedelta(days=3),
                "user_id": cls.collector.id,
            }
        )
        cls.env["collections.dispute"].create(
            {
                "case_id": cls.case.id,
                "line_id": cls.get_receivable(cls.old).id,
                "reason_id": cls.env["collections.dispute.reason"].search([], limit=1).id,
                "amount": 300,
                "amount_company": 300,
                "date_open": cls.today,
            }
        )
        cls.month = {
            "date_from": cls.today.replace(day=1).isoformat(),
            "date_to": cls.today.isoformat(),
        }

    def read_report(self, code, user, options=None):
        reports = self.env(user=user.id, su=False)["collections.report"].with_context(
            allowed_company_ids=self.company.ids
        )
        _report, _options, content = reports._get_document(code, options or self.month)
        return content

    def get_section(self, content, name):
        return next(part for part in content["sections"] if part["name"].startswith(name))

    def get_cells(self, content, name, column):
        return [row["cells"][column] for row in self.get_section(content, name)["rows"]]

    # -- monthly ----------------------------------------------------------------------------------

    def test_the_month_in_figures_and_words(self):
        content = self.read_report("monthly", self.manager)
        figures = {
            one["name"]: one["value"] for one in self.get_section(content, "main")["figures"]
        }
        self.assertEqual((figures["receivable"], figures["overdue"]), (1450, 1400))
        self.assertEqual(
            self.get_cells(content, "top", "name"), ["Ferretería Lima", "Bodega Norte"]
        )
        self.assertEqual(self.get_cells(content, "top", "overdue"), [1000, 400])
        self.assertEqual(sum(self.get_cells(content, "ages", "now")), 1450)
        look = " ".join(self.get_section(content, "look")["paragraphs"])
        self.assertIn("1,000.00 becomes older than 90 days", look.replace("\xa0", " "))
        self.assertIn("300.00 is disputed, 21.4 %", look.replace("\xa0", " "))
        self.assertEqual(self.get_cells(content, "disputes", "amount"), [300])
        self.assertEqual(self.get_cells(content, "promises_due", "amount"), [250])
        self.assertEqual(sum(self.get_section(content, "coming")["series"][0]["values"]), 50)

    def test_what_another_report_refuses_is_left_out_with_a_sentence(self):
        def make(_report, _options):
            return documents.document(
                "Recovery", [documents.text("recovery", "By channel", ["E-mail: 5"])]
            )

        group = "collections_management.collections_management_group_manager"
        with patch.object(
            type(self.env["collections.report"]), "_get_report", autospec=True,
            side_effect=self.refuse("recovery"),
        ):  # fmt: skip
            content = self.read_report("monthly", self.manager)
        [words] = self.get_section(content, "recovery_left_out")["paragraphs"]
        self.assertIn("Left out: Not for you.", words)
        add_report(self, "borrowed", make, groups=group)
        monthly = self.env["collections.report.monthly"].with_user(self.manager)
        sections, _terms = monthly._borrow("borrowed", {}, ["recovery"], "Recovery")
        self.assertEqual([part["title"] for part in sections], ["By channel"])
        [missing], _terms = monthly._borrow("borrowed", {}, ["nothing"], "Recovery")
        self.assertIn("has no such part", missing["paragraphs"][0])

    def refuse(self, code):
        read = type(self.env["collections.report"])._get_report

        def get_report(reports, asked):
            if asked == code:
                raise AccessError(NOT_YOURS)
            return read(reports, asked)

        return get_report

    def test_it_prints_on_six_to_eight_pages(self):
        reports = self.env["collections.report"].with_user(self.manager)
        pdf = reports.with_context(allowed_company_ids=self.company.ids)._make_pdf(
            "monthly", self.month
        )
        self.assertIn(len(PdfFileReader(io.BytesIO(pdf)).pages), range(6, 12))

    def test_a_supervisor_reads_his_teams_only(self):
        content = self.read_report("monthly", self.supervisor)
        self.assertEqual(self.get_cells(content, "top", "name"), ["Ferretería Lima"])
        self.assertNotIn("Bodega Norte", str(content))

    def test_a_company_without_anything(self):
        company = self.env["res.company"].create({"name": "Empty"})
        self.manager.company_ids = [Command.link(company.id)]
        reports = self.env(user=self.manager.id, su=False)["collections.report"]
        for code in ("monthly", "overview", "mine"):
            _report, _options, content = reports.with_context(
                allowed_company_ids=company.ids
            )._get_document(code, {})
            self.assertTrue(content["sections"], code)
        self.assertIn("Nothing was owed", str(reports.with_context(
            allowed_company_ids=company.ids)._get_document("monthly", {})[2]))  # fmt: skip

    def test_every_code_of_the_commentary_has_its_words(self):
        words = self.env["collections.report.monthly"]._get_commentary_words()
        for code in words:
            values = dict.fromkeys(
                ("now", "before", "change", "amount", "late", "terms", "age", "names", "share",
                 "limit"), "x"
            )  # fmt: skip
            self.assertTrue(words[code] % values)

    # -- overview and my page ---------------------------------------------------------------------

    def test_the_overview_of_a_manager(self):
        content = self.read_report("overview", self.manager)
        users = self.get_cells(content, "load", "user")
        self.assertIn(self.collector.name, users)
        self.assertEqual(self.get_cells(content, "promises_due", "name"), ["Ferretería Lima"])
        period = {"date_from": self.today - timedelta(days=9), "date_to": self.today}
        content = self.read_report("overview", self.manager, period)
        self.assertEqual(self.get_cells(content, "movers", "name"), ["Bodega Norte"])
        self.assertEqual(self.get_cells(content, "movers", "change"), [400])

    def test_who_may_not_read_them(self):
        for code in ("overview", "monthly"):
            with self.assertRaises(AccessError):
                self.read_report(code, self.collector)
        with self.assertRaises(AccessError):
            self.read_report("mine", self.auditor)

    def test_my_page(self):
        self.env["collections.target"].create(
            {"team_id": self.team.id, "user_id": self.collector.id, "amount": 500,
             "company_id": self.company.id}
        )  # fmt: skip
        content = self.read_report("mine", self.collector)
        figures = {
            one["name"]: one["value"] for one in self.get_section(content, "portfolio")["figures"]
        }
        self.assertEqual((figures["cases"], figures["total"]), (1, 1050))
        self.assertEqual(figures["age_3"], 1000)
        month = {one["name"]: one["value"] for one in self.get_section(content, "month")["figures"]}
        self.assertEqual((month["aim"], month["recovered"], month["share"]), (500, 0, 0))
        self.assertEqual(self.get_cells(content, "promises_due", "amount"), [250])
        self.assertNotIn("Bodega Norte", str(content))

    def test_without_a_target_or_a_case_it_says_so(self):
        stranger = self.create_user("collector", login="stranger")
        content = self.read_report("mine", stranger)
        self.assertIn("You have no case yet", content["notes"][0])
        self.assertIn("Nobody has set a target", str(content))

    def test_what_is_next_is_the_head_of_the_list(self):
        content = self.read_report("mine", self.manager)
        self.assertEqual(
            [one["name"] for one in self.get_cells(content, "next", "name")], ["Bodega Norte"]
        )
        worklist = self.env["collections.worklist"].create(
            {
                "user_id": self.collector.id,
                "company_id": self.company.id,
                "date": self.today,
                "item_ids": [Command.create({"case_id": self.case.id})],
            }
        )
        content = self.read_report("mine", self.collector)
        self.assertIn("today's list", self.get_section(content, "next")["title"])
        worklist.item_ids.state = "done"
        content = self.read_report("mine", self.collector)
        self.assertNotIn("today's list", self.get_section(content, "next")["title"])

    def test_figures_open_what_is_behind_them(self):
        reports = self.env(user=self.collector.id, su=False)["collections.report"].with_context(
            allowed_company_ids=self.company.ids
        )
        for code, key, records in (
            ("mine", "cases-0", self.case),
            ("mine", "overdue-0", self.case),
            ("mine", f"promise-{self.promise.id}", self.promise),
            ("mine", f"debtor-{self.other_debtor.id}", self.case.browse()),
        ):
            with self.subTest(key=key):
                action = reports.open_drill(code, {}, key)
                found = reports.env[action["res_model"]].search(action["domain"])
                self.assertEqual(found.ids, records.ids)
        self.assertEqual(reports.open_drill("mine", {}, f"case-{self.case.id}")["res_id"],
                         self.case.id)  # fmt: skip
        overview = reports.with_user(self.manager)
        key = f"load-{self.company.id}-{self.team.id}-{self.collector.id}"
        action = overview.open_drill("overview", {}, key)
        self.assertEqual(overview.env["collections.case"].search(action["domain"]), self.case)
        for key in ("load-x-1-2", "debtor-", "nothing", "case-1;DROP"):
            with self.assertRaises(UserError):
                overview.open_drill("overview", {}, key)
