from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_write_off import WriteOffCommon


@tagged("post_install", "-at_install")
class TestProvision(WriteOffCommon):
    """The month's end: what is provided by age, as the ledger stood that day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        bands = cls.env["collections.provision.band"]
        bands.search([]).unlink()
        bands.create(
            [{"days": days, "percent": percent} for days, percent in ((91, 10), (366, 100))]
        )

    def propose(self, day=None, user=None):
        provision = self.env["collections.provision"].with_user(user or self.accountant)
        provision = provision.create({"date": day or self.today})
        provision.action_compute()
        return provision

    def test_the_bands_decide_and_the_items_equal_the_ledger(self):
        self.create_invoice(1000, days_overdue=400)
        self.create_invoice(500, days_overdue=100)
        self.create_invoice(300, days_overdue=90)
        self.create_invoice(200, days_overdue=-10)
        paid = self.create_invoice(700, days_overdue=500)
        self.pay(paid, 300)
        self.create_invoice(60, days_overdue=5, move_type="out_refund")
        provision = self.propose()
        self.assertTrue(provision.is_tied)
        self.assertEqual(provision.amount_required, 1000 + 400 + 50)
        self.assertEqual(provision.amount_ledger, 1000 + 500 + 300 + 200 + 400 - 60)
        by_kind = {}
        for line in provision.line_ids:
            by_kind[line.kind, line.days] = by_kind.get((line.kind, line.days), 0) + line.amount
        self.assertEqual(
            by_kind,
            {("late", 366): 1400, ("late", 91): 500, ("not_due", 0): 500, ("credit", 0): -60},
        )

    def test_as_of_a_day_later_payments_do_not_count(self):
        invoice = self.create_invoice(1000, days_overdue=400)
        self.pay(invoice, 1000, date=self.today - timedelta(days=3))
        before = self.propose(self.today - timedelta(days=4))
        self.assertEqual((before.amount_required, before.is_tied), (1000, True))
        after = self.propose(self.today - timedelta(days=3))
        self.assertEqual((after.amount_required, after.is_tied), (0, True))

    def test_a_foreign_currency_has_its_own_lines_and_ties(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 2)])
        self.create_invoice(800, days_overdue=400, currency_id=currency.id)
        self.create_invoice(100, days_overdue=400)
        provision = self.propose()
        foreign = provision.line_ids.filtered(lambda line: line.currency_id == currency)
        self.assertRecordValues(foreign, [{"amount_currency": 800, "amount": 400, "provided": 400}])
        self.assertEqual((provision.amount_required, provision.is_tied), (500, True))

    def test_the_entry_books_the_difference_only_and_can_be_taken_back(self):
        self.create_invoice(1000, days_overdue=400)
        provision = self.propose()
        provision.action_make_entry()
        move = provision.sudo().move_id
        self.assertEqual(move.state, "draft")
        self.assertRecordValues(
            move.line_ids.sorted("balance"),
            [
                {"account_id": self.held.id, "balance": -1000},
                {"account_id": self.expense.id, "balance": 1000},
            ],
        )
        move.action_post()
        again = self.propose()
        self.assertEqual((again.amount_held, again.amount_difference), (1000, 0))
        with self.refused("Nothing to book"):
            again.action_make_entry()
        self.create_invoice(500, days_overdue=100)
        more = self.propose()
        more.action_make_entry()
        self.assertEqual(more.sudo().move_id.line_ids.filtered("debit").debit, 50)
        draft = more.sudo().move_id
        more.action_take_back()
        self.assertFalse(draft.exists())
        provision.action_take_back()
        self.assertEqual(provision.sudo().reversal_id.state, "posted")
        self.assertEqual(self.propose().amount_held, 0)

    def test_a_provisioned_debt_is_known_when_it_is_written_off(self):
        invoice = self.create_invoice(1000, days_overdue=400)
        provision = self.propose()
        provision.action_make_entry()
        provision.sudo().move_id.action_post()
        draft = self.prepare(invoice)
        draft.rule_id = self.env.ref("collections_management.collections_write_off_rule_pe")
        check = draft.check_ids.filtered(lambda check: check.statement == "provisioned")
        self.assertRecordValues(check, [{"answer": "yes", "state": "met"}])
        self.assertTrue(check.note)

    def test_what_cannot_be_is_refused_in_words(self):
        self.create_invoice(1000, days_overdue=400)
        provision = self.env["collections.provision"].with_user(self.accountant).create({})
        with self.refused("Read the ledger first"):
            provision.action_make_entry()
        with self.refused("by its buttons"):
            provision.write({"amount_required": 1})
        provision = self.propose(self.today - timedelta(days=20))
        self.company.fiscalyear_lock_date = self.today - timedelta(days=10)
        with self.refused("books are closed"):
            provision.action_make_entry()
        self.company.fiscalyear_lock_date = False
        self.company.collections_provision_account_id = False
        with self.refused("Choose the accounts"):
            provision.action_make_entry()
        provision.date = self.today
        self.assertFalse(provision.line_ids or provision.computed_on)
        self.env["collections.provision.band"].search([]).unlink()
        with self.refused("how many percent"):
            provision.action_compute()

    def test_only_who_keeps_the_books_provides(self):
        provision = self.propose()
        for user in (self.collector, self.supervisor, self.auditor):
            with self.assertRaises(UserError):
                provision.with_user(user).action_compute()

    def test_a_provision_is_of_the_whole_company_and_not_a_teams(self):
        self.create_invoice(500, days_overdue=100)
        provision = self.propose()
        self.assertTrue(provision.line_ids)
        for user in (self.manager, self.auditor):
            provision.with_user(user).check_access("read")
            provision.line_ids.with_user(user).check_access("read")
        for user in (self.supervisor, self.collector):
            for records in (provision, provision.line_ids, self.env["collections.provision.band"]):
                self.assertFalse(records.with_user(user).has_access("read"), records)
