import json

from odoo import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.collections_management.tests.common import CollectionsCommon
from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
    odoo_charts,
)

NAMES = ("overview", "work")


@tagged("post_install", "-at_install")
class TestDashboards(CollectionsCommon, HttpCase):
    """The dashboards in Odoo's spreadsheets: they open, and everybody sees his own in them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboards = {
            name: cls.env.ref(f"collections_reports.spreadsheet_dashboard_{name}") for name in NAMES
        }
        cls.data = {
            name: json.loads(dashboard.spreadsheet_data)
            for name, dashboard in cls.dashboards.items()
        }
        cls.other_debtor = cls.create_debtor("Bodega Norte")
        cls.create_invoice(1000, days_overdue=70)
        cls.create_invoice(400, days_overdue=5, debtor=cls.other_debtor)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.case, cls.other_case = cls.get_case(), cls.get_case(cls.other_debtor)
        cls.case.user_id = cls.collector
        cls.other_case.user_id = cls.manager
        (cls.case | cls.other_case).team_id = cls.env["collections.team"].create({"name": "Lima"})
        for user in cls.collector | cls.manager:
            user.password = user.login
            user.group_ids = [Command.link(cls.env.ref("base.group_user").id)]

    def get_sources(self, name):
        """Return ``[(model, domain, fields grouped by)]`` of all a dashboard reads."""
        data = self.data[name]
        found = [
            (pivot["model"], pivot["domain"], [row["fieldName"] for row in pivot["rows"]])
            for pivot in data["pivots"].values()
        ]
        found += [(one["model"], one["domain"], []) for one in data["lists"].values()]
        found += [
            (chart["metaData"]["resModel"], chart["searchParams"]["domain"],
             chart["metaData"]["groupBy"])
            for chart in odoo_charts(data)
        ]  # fmt: skip
        return found

    def test_every_model_field_and_menu_exists(self):
        for name in NAMES:
            for model, fields in fields_in_spreadsheet(self.data[name]).items():
                for path in fields:
                    with self.subTest(name=name, model=model, path=path):
                        current = self.env[model]
                        for part in path.split("."):
                            if part == "__count":
                                continue
                            self.assertIn(part, current._fields)
                            if current._fields[part].relational:
                                current = current[part]
            for xml_id in menus_xml_ids_in_spreadsheet(self.data[name]):
                self.assertTrue(self.env.ref(xml_id))

    def test_all_that_is_read_can_be_read(self):
        for name in NAMES:
            for model, domain, by in self.get_sources(name):
                with self.subTest(name=name, model=model, by=by):
                    self.env[model].formatted_read_group(domain, by, ["__count"])

    def test_global_filters_reach_every_source(self):
        for name in NAMES:
            data = self.data[name]
            filters = {one["id"]: one for one in data["globalFilters"]}
            labels = sorted(one["label"] for one in filters.values())
            self.assertEqual(labels, ["Collector", "Company", "Period", "Segment", "Team"])
            for source in (*data["pivots"].values(), *data["lists"].values(), *odoo_charts(data)):
                found = {filters[key]["label"] for key in source["fieldMatching"]}
                missing = {"Period"} if self.is_of_now(source) else set()
                self.assertEqual(found, set(labels) - missing)

    def is_of_now(self, source):
        """Tell whether a source is of today whatever the period: what is owed, stands, is open."""
        model = source.get("model") or source["metaData"]["resModel"]
        domain = source.get("domain") or source.get("searchParams", {}).get("domain")
        standing = (["open", "due"], ["open", "accepted"])
        return model == "collections.case" or any(
            domain == [["state", "in", states]] for states in standing
        )

    def test_a_collector_sees_his_own_in_them(self):
        for model, domain, _by in self.get_sources("work"):
            cases = self.env[model].with_user(self.collector).search(domain)
            if model != "collections.case":
                cases = cases.case_id
            self.assertNotIn(self.other_case, cases)
        overdue = [("state", "=", "open"), ("amount_net_overdue", ">", 0)]
        mine = self.env["collections.case"].with_user(self.collector)
        [[amount]] = mine._read_group(
            [*overdue, ("company_id", "=", self.company.id)], [], ["amount_net_overdue:sum"]
        )
        self.assertEqual(amount, 1000)

    def test_who_finds_which(self):
        for user, expected in (
            (self.collector, {"work"}),
            (self.supervisor, {"overview", "work"}),
            (self.auditor, {"overview", "work"}),
        ):
            with self.subTest(user=user.login):
                found = self.env["spreadsheet.dashboard"].with_user(user).search(
                    [("id", "in", [one.id for one in self.dashboards.values()])]
                )  # fmt: skip
                names = {name for name, one in self.dashboards.items() if one in found}
                self.assertEqual(names, expected)

    def test_they_open_in_a_browser(self):
        for name, user in (("work", self.collector), ("overview", self.manager)):
            with self.subTest(name=name):
                self.start_tour(
                    f"/odoo/dashboards?dashboard_id={self.dashboards[name].id}",
                    "collections_reports_dashboard",
                    login=user.login,
                )
