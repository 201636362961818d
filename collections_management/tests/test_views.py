from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import CollectionsCommon

SEARCHES = {
    "collections.case": "collections_management.collections_case_view_search",
    "collections.contact": "collections_management.collections_contact_view_search",
    "collections.hold": "collections_management.collections_hold_view_search",
    "collections.run": "collections_management.collections_run_view_search",
    "collections.segment": "collections_management.collections_segment_view_search",
    "collections.strategy": "collections_management.collections_strategy_view_search",
    "collections.preview.line": "collections_management.collections_preview_line_view_search",
    "account.move.line": "collections_management.account_move_line_view_search",
    "account.move": "account.view_account_invoice_filter",
}
LISTS = {
    "collections.case": "collections_management.collections_case_view_list",
    "collections.contact": "collections_management.collections_contact_view_list",
    "account.move.line": "collections_management.account_move_line_view_list",
    "account.move": "account.view_out_invoice_tree",
}


@tagged("post_install", "-at_install")
class TestViews(CollectionsCommon):
    """What the screens offer works, and costs the same for one row as for many."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number in range(12):
            debtor = cls.create_debtor(f"Debtor{number}")
            cls.create_invoice(100 + number, days_overdue=5, debtor=debtor)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cases = cls.env["collections.case"].search([("company_id", "=", cls.company.id)])
        cases[:6].user_id = cls.supervisor
        cls.env["collections.hold"].create([{"case_id": case.id} for case in cases[:4]])
        cls.env["collections.planner"]._plan(cases)

    def get_arch(self, model, view):
        views = self.env[model].with_user(self.manager).get_view(self.env.ref(view).id)
        return etree.fromstring(views["arch"])

    def test_every_filter_and_grouping_can_be_used(self):
        self.manager.group_ids += self.env.ref("account.group_account_readonly")
        for model, view in SEARCHES.items():
            records = self.env[model].with_user(self.manager)
            for node in self.get_arch(model, view).iter("filter"):
                name = node.get("name")
                with self.subTest(model=model, filter=name):
                    if node.get("domain"):
                        records.search(safe_eval(node.get("domain"), {"uid": self.manager.id}))
                    group = safe_eval(node.get("context") or "{}").get("group_by")
                    if group:
                        self.check_grouping(records, group)

    def check_grouping(self, records, group):
        """Every group opens to as many records as it says."""
        field = records._fields[group.split(":")[0]]
        if field.type in ("date", "datetime") and ":" not in group:
            group += ":month"  # as the web client does
        for found in records.formatted_read_group([], [group], ["__count"]):
            domain = found["__extra_domain"]
            self.assertEqual(records.search_count(domain), found["__count"], domain)

    def test_a_list_asks_as_much_for_one_row_as_for_many(self):
        self.manager.group_ids += self.env.ref("account.group_account_readonly")
        for model, view in LISTS.items():
            nodes = self.get_arch(model, view).iter("field")
            names = {node.get("name"): {} for node in nodes}
            with self.subTest(model=model):
                records = self.env[model].with_user(self.manager)
                few, many = (self.count_queries(records, names, limit) for limit in (2, 12))
                # Records of more kinds may be met in more rows, as a hold or a second segment.
                self.assertLessEqual(many, few + 6, f"{few} queries for 2 rows, {many} for 12")

    def count_queries(self, records, names, limit):
        for _warmed_up in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.web_search_read([], names, limit=limit)
        return self.env.cr.sql_log_count - before
