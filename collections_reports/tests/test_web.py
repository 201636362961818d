from odoo.tests import tagged

from odoo.addons.collections_management.tests.test_web import WebCase


@tagged("post_install", "-at_install")
class TestReportComponents(WebCase):
    suite = "@collections_reports"

    def test_components(self):
        self.run_components("desktop")
