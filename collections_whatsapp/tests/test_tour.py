from odoo.tests import tagged

from odoo.addons.collections_management.tests.browser import BrowserCase

from .common import BODY, WhatsappCommon


@tagged("post_install", "-at_install")
class TestTour(BrowserCase, WhatsappCommon):
    """A manager repairs the account and has a template approved."""

    def test_a_manager_sets_whatsapp_up(self):
        self.graph.add_template("fetched", BODY)
        self.account._stop("190: expired")
        self.start_tour(
            "/odoo/action-collections_whatsapp.collections_whatsapp_account_action",
            "collections_whatsapp_tour",
            login=self.manager.login,
        )
        self.assertEqual(self.account.state, "ok")
        template = self.env["collections.whatsapp.template"].search([("name", "=", "aviso")])
        self.assertRecordValues(template, [{"status": "PENDING", "category": "utility"}])
