from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_fee import FeeCommon


@tagged("post_install", "-at_install")
class TestFeeExcess(FeeCommon):
    """Interest on days that turn out to have been paid is given back, once, to the cent."""

    def setUp(self):
        super().setUp()
        self.invoice = self.create_invoice(1000, days_overdue=30)

    def find(self):
        self.env["collections.fee"]._find_excess()

    def pay_back_dated(self, amount, days):
        return self.pay(self.invoice, amount, date=self.today - timedelta(days=days))

    def get_events(self):
        return self.get_case().log_ids.mapped("event")

    def test_a_payment_that_the_bank_told_late_is_credited(self):
        fee = self.charge()
        self.pay_back_dated(400, 10)
        self.find()
        # 20 days on 1,000 and 10 on 600, at 12 %: 6.58 + 1.97 of the 9.86 charged
        self.assertRecordValues(
            fee, [{"amount": 9.86, "amount_returned": 1.31, "amount_excess": 0, "state": "charged"}]
        )
        self.assertRecordValues(
            fee.credit_move_id,
            [{"move_type": "out_refund", "state": "posted", "amount_total": 1.31}],
        )
        self.assertEqual(fee.move_id.amount_residual, 8.55)
        entry = self.get_case().log_ids.filtered(lambda entry: entry.event == "fee_returned")
        self.assertIn("1.31", entry.summary)
        self.assertIn(fee.move_id.name, entry.summary)
        self.find()
        self.assertEqual(fee.amount_returned, 1.31, "once")
        self.assertEqual(self.get_events().count("fee_returned"), 1)

    def test_a_second_late_payment_gives_the_rest_back(self):
        fee = self.charge()
        self.pay_back_dated(400, 10)
        self.find()
        self.pay_back_dated(600, 30)  # on the day it was due
        self.find()
        # 20 days on 400: 2.63 stays
        self.assertEqual(fee.amount_returned, 7.23)
        self.assertEqual(fee.move_id.amount_residual, 2.63)

    def test_paid_in_time_after_all_gives_everything_back(self):
        fee = self.charge()
        self.pay_back_dated(1000, 30)
        self.find()
        self.assertEqual(fee.amount_returned, 9.86)
        self.assertEqual(fee.move_id.payment_state, "reversed")

    def test_a_credit_note_was_never_owed(self):
        fee = self.charge()
        refund = self.create_invoice(1000, days_overdue=0, move_type="out_refund")
        (self.get_receivable(self.invoice) | self.get_receivable(refund)).reconcile()
        self.find()
        self.assertEqual(fee.amount_returned, 9.86)

    def test_a_payment_of_a_later_day_changes_nothing(self):
        fee = self.charge()
        with freeze_time(self.today + timedelta(days=3)):
            self.pay(self.invoice, 1000, date=self.today + timedelta(days=2))
            self.find()
        self.assertRecordValues(fee, [{"amount_returned": 0, "amount_excess": 0}])
        self.assertFalse(fee.credit_move_id)

    def test_what_was_known_when_it_was_charged_changes_nothing(self):
        self.pay_back_dated(400, 10)
        fee = self.charge()
        self.find()
        self.assertRecordValues(fee, [{"amount": 8.55, "amount_returned": 0, "amount_excess": 0}])

    def test_a_foreign_currency_in_its_own_money(self):
        euro = self.setup_other_currency("EUR", rounding=0.01)
        invoice = self.create_invoice(1000, days_overdue=30, currency_id=euro.id)
        fee = self.charge().filtered(lambda fee: fee.currency_id == euro)
        self.pay(invoice, 400, date=self.today - timedelta(days=10))
        self.find()
        self.assertEqual(fee.amount_returned, 1.31)
        self.assertEqual(fee.credit_move_id.currency_id, euro)

    def test_what_people_approve_people_give_back(self):
        self.policy.mode = "approval"
        fee = self.charge()
        fee.with_user(self.supervisor).action_charge()
        self.pay_back_dated(400, 10)
        self.find()
        self.assertRecordValues(fee, [{"amount_excess": 1.31, "amount_returned": 0}])
        self.assertEqual(self.get_events().count("fee_excess"), 1)
        with self.assertRaisesRegex(AccessError, "A supervisor gives fees back"):
            fee.with_user(self.collector).action_give_back()
        fee.with_user(self.supervisor).action_give_back()
        self.assertRecordValues(fee, [{"amount_excess": 0, "amount_returned": 1.31}])
        with self.assertRaisesRegex(UserError, "Nothing of this"):
            fee.with_user(self.supervisor).action_give_back()

    def test_a_payment_taken_back_takes_the_finding_back(self):
        self.policy.mode = "approval"
        fee = self.charge()
        fee.with_user(self.supervisor).action_charge()
        payment = self.pay_back_dated(400, 10)
        self.find()
        payment.move_id.line_ids.remove_move_reconcile()
        payment.action_draft()
        payment.action_cancel()
        self.find()
        self.assertEqual(fee.amount_excess, 0)

    def test_a_draft_gets_smaller(self):
        self.policy.posting = "draft"
        fee = self.charge()
        self.pay_back_dated(400, 10)
        self.find()
        self.assertEqual(fee.move_id.state, "draft")
        self.assertEqual(fee.move_id.amount_total, 8.55)

    def test_a_waiver_gives_up_only_what_is_left(self):
        fee = self.charge()
        self.pay_back_dated(400, 10)
        self.find()
        fee.with_user(self.supervisor)._waive("goodwill", "A good customer")
        self.assertEqual(fee.state, "waived")
        self.assertEqual(fee.credit_move_id.amount_total, 8.55)
        self.assertEqual(fee.move_id.amount_residual, 0)

    def test_closed_books_keep_it_waiting(self):
        fee = self.charge()
        self.pay_back_dated(400, 10)
        self.company.fiscalyear_lock_date = self.today
        self.find()
        self.assertRecordValues(fee, [{"amount_excess": 1.31, "amount_returned": 0}])
        self.assertIn("The books of", fee.message_ids[0].body)
        self.find()
        told = fee.message_ids.filtered(lambda message: "The books of" in (message.body or ""))
        self.assertEqual(len(told), 1, "told once")
        self.company.fiscalyear_lock_date = False
        self.find()
        self.assertEqual(fee.amount_returned, 1.31)
