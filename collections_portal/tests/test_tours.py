from odoo.tests import tagged

from .common import PayLinkHttpCase


@tagged("post_install", "-at_install")
class TestTours(PayLinkHttpCase):
    """A collector's work with pay links, in a browser."""

    def test_a_collector_ends_the_links_of_a_debtor(self):
        token = self.create_contact(state="sent")._get_pay_suffix()
        self.open(f"/c/{token}")
        self.start_tour(
            f"/odoo/action-collections_management.collections_case_action/{self.case.id}",
            "collections_pay_link_tour",
            login=self.collector.login,
        )
        self.assertFalse(self.get_link(token))
        self.assertEqual(self.open(f"/c/{token}").status_code, 404)
