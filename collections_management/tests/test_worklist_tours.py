from odoo.tests import tagged

from .browser import BrowserCase
from .common import CollectionsCommon

LONG = (
    "Debtor 4 Distribuidora y Comercializadora de Materiales de Construcción San Martín de Porres"
)


class WorklistTours(BrowserCase, CollectionsCommon):
    """A few debtors of a collector, in an order that does not change."""

    names = ("Debtor 1", "Debtor 2", "Debtor 3", LONG)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collections.priority.rule"].search([]).active = False
        for number, name in enumerate(cls.names):
            debtor = cls.create_debtor(name, phone=f"+51 987 654 32{number}")
            cls.create_invoice(1000 - 100 * number, 20 + 20 * number, debtor)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.cases = cls.env["collections.case"].search(
            [("company_id", "=", cls.company.id)], order="amount_net_overdue desc"
        )
        cls.cases.user_id = cls.collector

    def open_day(self, tour):
        self.start_tour(
            "/odoo/action-collections_management.collections_worklist_action",
            tour,
            login=self.collector.login,
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestWorklistAtADesk(WorklistTours):
    browser_size = "1400x900"

    def test_a_morning_by_keys(self):
        self.open_day("collections_worklist_tour")
        first, noted, _third, _last = self.cases
        self.assertEqual(first.contact_ids.outcome_id.code, "refuses")
        self.assertIn("He moved to Ayacucho", noted.log_ids.content_ids.mapped("note"))
        self.assertEqual(len(self.cases.filtered("skipped_until")), 1)
        self.assertEqual(len(self.cases.filtered("visit_ids")), 1)
        items = self.env["collections.worklist.item"].search([("case_id", "in", self.cases.ids)])
        self.assertFalse(
            items.filtered(lambda i: i.worklist_id.date == self.today and i.state == "todo")
        )


@tagged("post_install", "-at_install")
class TestWorklistOnAPhone(WorklistTours):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_morning_by_thumb(self):
        self.open_day("collections_worklist_phone_tour")
        first, second, _third, _last = self.cases
        self.assertEqual(first.contact_ids.outcome_id.code, "third_party")
        self.assertRecordValues(second.visit_ids, [{"receipt_number": "R-77"}])
