from datetime import datetime, time, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.collections_management.tests.common import CollectionsCommon

NAMES = ("dso", "overdue", "kept", "cash")


@tagged("post_install", "-at_install")
class TestReportsDigest(CollectionsCommon):
    """Key figures in the digest e-mail: those of the report, for who may read it."""

    def get_digest(self, user=None, company=None):
        company = company or self.company
        digest = self.env["digest.digest"].create(
            {
                "name": "Weekly",
                "company_id": company.id,
                **{f"kpi_collections_{name}": True for name in NAMES},
            }
        )
        start = datetime.combine(self.today - timedelta(days=7), time.min)
        end = datetime.combine(self.today + timedelta(days=1), time.min)
        user = user or self.supervisor
        return (
            digest.with_env(self.env(user=user.id, su=False))
            .with_company(company)
            .with_context(start_datetime=start, end_datetime=end)
        )

    def test_they_are_the_figures_of_the_report(self):
        invoice = self.create_invoice(900, days_overdue=5)
        self.create_invoice(300, days_overdue=-20)
        self.pay(invoice, 300)
        self.env["collections.ledger"]._refresh(self.company)
        promise = self.env["collections.promise"].create(
            {
                "case_id": self.get_case().id,
                "currency_id": self.company.currency_id.id,
                "amount": 250,
                "date": self.today,
                "date_due": self.today,
                "user_id": self.collector.id,
            }
        )
        promise.write({"state": "kept", "settled_on": self.today})
        digest = self.get_digest()
        self.assertEqual(digest.kpi_collections_cash_value, 300)
        self.assertAlmostEqual(digest.kpi_collections_overdue_value, 100 * 600 / 900, 1)
        self.assertAlmostEqual(digest.kpi_collections_dso_value, 900 / 1200 * 90, 1)
        self.assertEqual(digest.kpi_collections_kept_value, 100)

    def test_an_undefined_figure_is_left_out_instead_of_zero(self):
        digest = self.get_digest()
        for name in ("dso", "overdue", "kept"):
            with self.assertRaises(AccessError):
                getattr(digest, f"_compute_kpi_collections_{name}_value")()
        kpis = digest._compute_kpis(self.company, self.supervisor)
        self.assertEqual([kpi["kpi_name"] for kpi in kpis], ["kpi_collections_cash"])

    def test_a_collector_does_not_read_the_figures_of_the_company(self):
        digest = self.get_digest(self.collector)
        for name in NAMES:
            with self.assertRaises(AccessError):
                getattr(digest, f"_compute_kpi_collections_{name}_value")()

    def test_it_is_of_the_company_of_the_digest(self):
        self.create_invoice(900, days_overdue=5)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.supervisor.company_ids |= other
        digest = self.get_digest(company=other)
        self.assertEqual(digest.kpi_collections_cash_value, 0)
        with self.assertRaises(AccessError):
            digest._compute_kpi_collections_overdue_value()
