from odoo.tests import tagged

from odoo.addons.collections_management.tests.browser import BrowserCase

from .common import ReportsCommon


class ReportTours(BrowserCase, ReportsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.create_invoice(1000, days_overdue=45)
        cls.create_invoice(200, days_overdue=5, debtor=cls.create_debtor("Bodega Sol"))
        cls.create_invoice(50, move_type="out_refund")
        cls.env["collections.ledger"]._refresh(cls.company)


@tagged("post_install", "-at_install")
class TestReportTour(ReportTours):
    def test_the_accountant_reads_the_aging(self):
        with self.assertLogs("odoo.http", "WARNING") as caught:  # the buckets that overlap
            self.start_tour(
                "/odoo/collections-aging", "collections_report_tour", login=self.accountant.login
            )
        self.assertEqual(len(caught.output), 1)


@tagged("post_install", "-at_install")
class TestReportPhoneTour(ReportTours):
    browser_size = "390x844"
    touch_enabled = True

    def test_the_supervisor_reads_it_on_the_phone(self):
        self.start_tour(
            "/odoo/collections-aging", "collections_report_phone_tour", login=self.supervisor.login
        )
