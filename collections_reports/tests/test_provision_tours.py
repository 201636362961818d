from odoo.tests import tagged

from odoo.addons.collections_management.tests.browser import BrowserCase

from .provision_common import HistoryCommon


class ProvisionTours(BrowserCase, HistoryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.create_invoice(1000, days_overdue=400)
        cls.create_invoice(300, days_overdue=40)
        cls.assign()


@tagged("post_install", "-at_install")
class TestProvisionTour(ProvisionTours):
    def test_the_accountant_finds_percentages_and_reads_the_provision(self):
        provision = self.env["collections.provision"].with_user(self.accountant).create({})
        action = "collections_management.collections_provision_action"
        self.start_tour(
            f"/odoo/action-{action}/{provision.id}",
            "collections_provision_tour",
            login=self.accountant.login,
        )
        self.assertEqual(provision.method, "loss_rate")
        self.assertTrue(provision.rate_ids and provision.flow_ids)
        self.start_tour(
            "/odoo/collections-provision",
            "collections_report_provision_tour",
            login=self.accountant.login,
        )

    def test_an_export_is_asked_for(self):
        self.auditor.group_ids |= self.env.ref("base.group_allow_export")
        self.start_tour(
            "/odoo/action-collections_reports.collections_open_export_action",
            "collections_open_export_tour",
            login=self.auditor.login,
        )
