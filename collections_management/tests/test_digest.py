from datetime import datetime, time, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestDigest(CollectionsCommon):
    """The figures of the digest e-mail, tied to contacts and the ledger."""

    def get_digest(self, user=None):
        digest = self.env["digest.digest"].create(
            {
                "name": "Weekly",
                "company_id": self.company.id,
                "kpi_collections_contacts": True,
                "kpi_collections_collected": True,
            }
        )
        start = datetime.combine(self.today - timedelta(days=7), time.min)
        end = datetime.combine(self.today + timedelta(days=1), time.min)
        return (
            digest.with_user(user or self.supervisor)
            .with_company(self.company)
            .with_context(start_datetime=start, end_datetime=end)
        )

    def test_contacts_and_what_was_collected_after_them(self):
        told = self.create_invoice(100, days_overdue=5)
        other = self.create_debtor("Bodega Norte")
        untold = self.create_invoice(70, days_overdue=2, debtor=other)
        with self.mailbox():
            self.run_night()
        self.pay(told, 40)
        self.pay(untold)
        digest = self.get_digest()
        self.assertEqual(digest.kpi_collections_contacts_value, 1)
        self.assertEqual(digest.kpi_collections_collected_value, 40)

    def test_what_went_to_the_test_address_counts_for_nothing(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "me@x.example"}
        )
        told = self.create_invoice(100, days_overdue=5)
        with self.mailbox():
            self.run_night()
        self.pay(told)
        digest = self.get_digest()
        self.assertEqual(digest.kpi_collections_contacts_value, 0)
        self.assertEqual(digest.kpi_collections_collected_value, 0)

    def test_a_collector_does_not_read_the_figures_of_the_company(self):
        digest = self.get_digest(self.collector)
        for name in ("contacts", "collected"):
            with self.assertRaises(AccessError):
                getattr(digest, f"_compute_kpi_collections_{name}_value")()
