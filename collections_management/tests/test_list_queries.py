from datetime import timedelta

from lxml import etree

from odoo.tests import tagged

from .common import CollectionsCommon

FEW, MANY = 10, 80
# Pages of what is looked at one at a time, or never more than a handful of.
SHORT = {
    "collections.health.line": "nine lines a page",
}


@tagged("post_install", "-at_install")
class TestListQueries(CollectionsCommon):
    """Whatever list or kanban of ours is opened: as many statements for 80 rows as for 10."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        debtors = cls.env["res.partner"].create(
            [
                {"name": f"Debtor {n}", "is_company": True, "email": f"d{n}@debtor.example"}
                for n in range(MANY)
            ]
        )
        for debtor in debtors:
            cls.create_invoice(100, days_overdue=5, debtor=debtor)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cases = cls.env["collections.case"].search([("company_id", "=", cls.company.id)])
        cls.env["collections.planner"]._plan(cases)
        cls.env["collections.hold"].create([{"case_id": case.id} for case in cases])
        cls.env["collections.run"].create(
            [
                {
                    "company_id": cls.company.id,
                    "date": cls.today - timedelta(days=n),
                    "state": "done",
                }
                for n in range(MANY)
            ]
        )
        cls.env["collections.log.check"].create(
            [{"company_id": cls.company.id, "state": "intact"} for _n in range(MANY)]
        )
        cls.env["collections.segment"].create(
            [{"name": f"Segment {n}", "strategy_id": cls.strategy.id} for n in range(MANY)]
        )
        cls.env["collections.strategy"].create([{"name": f"Strategy {n}"} for n in range(MANY)])

    def get_views(self):
        """Every list and kanban view of a model of ours."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "collections_management"), ("model", "=", "ir.ui.view")]
        )
        return (
            self.env["ir.ui.view"]
            .browse(data.mapped("res_id"))
            .filtered(
                lambda view: (
                    view.type in ("list", "kanban")
                    and not view.inherit_id
                    and view.model.startswith(("collections.", "account.move"))
                    and view.model not in SHORT
                )
            )
        )

    def test_a_list_asks_as_much_for_ten_rows_as_for_eighty(self):
        self.manager.group_ids += self.env.ref("account.group_account_readonly")
        compared = set()
        for view in self.get_views():
            records = self.env[view.model].with_user(self.manager).with_company(self.company)
            found = records.search([], limit=MANY, order="id desc")
            if len(found) < MANY:
                continue  # a model of which there are never many, or none in this test
            with self.subTest(view=view.xml_id):
                names = self.get_specification(records, view)
                few, many = (self.count(found[:size], names) for size in (FEW, MANY))
                self.assertLessEqual(many, few, f"{few} statements for {FEW} rows, {many} for 80")
            compared.add(view.model)
        self.assertLessEqual(
            {
                "account.move.line",
                "collections.case",
                "collections.contact",
                "collections.hold",
                "collections.log",
                "collections.log.check",
                "collections.run",
                "collections.segment",
                "collections.strategy",
            },
            compared,
        )

    def get_specification(self, records, view):
        """Return what the web client asks of each row."""
        arch = etree.fromstring(records.get_view(view.id)["arch"])
        specification = {}
        for node in arch.iter("field"):
            field = records._fields.get(node.get("name"))
            if field and not node.xpath("ancestor::field"):
                nested = {"fields": {"display_name": {}}} if field.relational else {}
                specification[field.name] = nested
        return specification

    def count(self, records, specification):
        for _warmed_up in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.web_search_read([("id", "in", records.ids)], specification, limit=len(records))
        return self.env.cr.sql_log_count - before
