from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestLedgerChange(CollectionsCommon):
    """The case follows what accounting books within moments, and accounting waits for nobody."""

    def commit(self):
        """What happens at the end of a transaction, without ending the test's."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def follow(self, **options):
        self.commit()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["collections.ledger.change"]._cron_follow(**options)
        self.env.invalidate_all()

    def get_noted(self):
        return self.env["collections.ledger.change"].search([]).mapped("partner_id")

    def test_an_invoice_opens_its_case_and_a_payment_closes_it(self):
        invoice = self.create_invoice(100, days_overdue=5)
        self.follow()
        case = self.get_case()
        self.assertRecordValues(case, [{"state": "open", "amount_overdue": 100}])
        self.pay(invoice, 40)
        self.follow()
        self.assertEqual(case.amount_overdue, 60)
        self.pay(invoice)
        self.follow()
        self.assertRecordValues(case, [{"state": "closed", "amount_total": 0}])
        self.get_receivable(invoice).remove_move_reconcile()
        self.follow()
        self.assertEqual(case.state, "open")
        self.assertFalse(self.get_noted())

    def test_an_entry_taken_back_counts_too(self):
        invoice = self.create_invoice(100, days_overdue=5)
        self.follow()
        invoice.button_draft()
        self.follow()
        self.assertEqual(self.get_case().state, "closed")

    def test_a_transaction_notes_each_debtor_once(self):
        contact = self.env["res.partner"].create({"name": "Shop", "parent_id": self.debtor.id})
        trigger = self.env.ref("collections_management.collections_ledger_change_cron")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", trigger.id)])
        for debtor in (self.debtor, contact, self.debtor):
            self.create_invoice(100, debtor=debtor)
        self.commit()
        self.commit()
        self.assertEqual(self.env["collections.ledger.change"].search([]).partner_id, self.debtor)
        self.assertEqual(self.env["collections.ledger.change"].search_count([]), 1)
        after = self.env["ir.cron.trigger"].search_count([("cron_id", "=", trigger.id)])
        self.assertEqual(after - before, 1)

    def test_a_debtor_merged_meanwhile_stops_nobody(self):
        twin = self.create_debtor("Twin Ltd")
        self.create_invoice(100, debtor=twin)
        self.create_invoice(100)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (twin | self.debtor).ids, self.debtor
        )
        self.commit()
        self.assertEqual(self.get_noted(), self.debtor)

    def test_what_is_no_receivable_is_not_noted(self):
        self.create_invoice(100, move_type="in_invoice")
        self.company.collections_active = False
        self.create_invoice(100)
        self.commit()
        self.assertFalse(self.get_noted())

    def test_a_run_under_way_goes_first(self):
        self.create_invoice(100, days_overdue=5)
        run = self.env["collections.run"].create(
            {"company_id": self.company.id, "state": "running", "date": self.today}
        )
        self.follow()
        self.assertEqual(self.get_noted(), self.debtor)
        run.state = "done"
        self.follow()
        self.assertEqual(self.get_case().amount_overdue, 100)

    def test_what_fails_stays_noted(self):
        self.create_invoice(100, days_overdue=5)
        ledger = self.registry["collections.ledger"]
        with (
            patch.object(ledger, "_refresh", side_effect=ValueError),
            self.assertRaises(ValueError),
        ):
            self.follow()
        self.assertEqual(self.get_noted(), self.debtor)

    def test_many_debtors_in_batches(self):
        for number in range(5):
            self.create_invoice(
                100, days_overdue=number, debtor=self.create_debtor(f"Debtor{number} Ltd"),
                invoice_date=self.today - timedelta(days=30),
            )  # fmt: skip
        self.follow(batch_size=2)
        self.assertFalse(self.get_noted())
        cases = self.env["collections.case"].search([("partner_id.name", "like", "Debtor_ Ltd")])
        self.assertEqual(cases.mapped("amount_total"), [100] * 5)
