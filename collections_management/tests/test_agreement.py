import base64
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .test_promise import PromiseCommon

COPY = base64.b64encode(b"%PDF-1.4 signed")


class AgreementCommon(PromiseCommon):
    """A debtor who owes 900 and may pay in instalments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice.button_cancel()
        cls.invoice = cls.create_invoice(900, days_overdue=40)
        cls.tax = cls.env["account.tax"].create(
            {"name": "IGV 18", "amount": 18, "amount_type": "percent", "type_tax_use": "sale"}
        )
        cls.tax.price_include_override = "tax_excluded"
        cls.interest = cls.create_product("Interest of agreements")
        cls.discount = cls.create_product("Discount of agreements")
        cls.company.write(
            {
                "collections_agreement_interest_product_id": cls.interest.id,
                "collections_agreement_discount_product_id": cls.discount.id,
                "collections_agreement_discount_post": True,
            }
        )
        cls.segment.agreement_max_discount_percent = 20
        cls.env["collections.ledger"]._refresh(cls.company)

    @classmethod
    def create_product(cls, name):
        return cls.env["product.product"].create(
            {"name": name, "type": "service", "taxes_id": [Command.set(cls.tax.ids)]}
        )

    def agree(self, user=None, **values):
        """An agreement of three instalments, drafted by a collector."""
        agreements = self.env["collections.agreement"].with_user(user or self.collector)
        values = {
            "case_id": self.case.id,
            "date_first": self.today + timedelta(days=10),
            "working_days": False,
            "count": 3,
            **values,
        }
        return agreements.create(values).with_env(self.env)

    def propose(self, user=None, **values):
        agreement = self.agree(user, **values)
        agreement.with_user(user or self.collector).action_propose()
        return agreement

    def accept(self, agreement=None, user=None, **values):
        """An agreement that the debtor signed on paper."""
        agreement = agreement or self.propose(user, **values)
        agreement.with_user(user or self.collector).action_accept_copy("María", COPY, "a.pdf")
        return agreement

    def pass_days(self, days):
        return freeze_time(fields.Datetime.now() + timedelta(days=days))

    def states(self, agreement):
        return agreement.line_ids.sorted("number").mapped("state")


@tagged("post_install", "-at_install")
class TestAgreement(AgreementCommon):
    """From the simulator to the last instalment."""

    def test_the_schedule_shows_while_one_talks(self):
        agreements = self.env["collections.agreement"].with_user(self.collector)
        with Form(
            agreements.with_context(default_case_id=self.case.id),
            view="collections_management.collections_agreement_view_form_new",
        ) as form:
            self.assertEqual(form.amount_debt, 900)
            self.assertEqual(form.receivable_ids.ids, self.get_receivable(self.invoice).ids)
            form.date_first = self.today + timedelta(days=20)
            form.count = 7
            self.assertEqual(len(form.line_ids), 7)
            self.assertIn("7 instalments", form.schedule_text)
            form.amount_down = 100
            self.assertEqual(len(form.line_ids), 8)
            self.assertTrue(form.date_down)
            form.amount_down = 900
            self.assertIn("whole debt", form.fault_text)
            form.amount_down = 100
            form.discount_percent = 10
        agreement = form.record
        amounts = agreement.line_ids.sorted("number").mapped("amount")
        self.assertEqual(sum(amounts), 810)
        self.assertEqual(amounts[0], 100)
        self.assertEqual((agreement.state, agreement.user_id), ("draft", self.collector))

    def test_it_is_left_alone_while_it_is_kept(self):
        agreement = self.accept()
        self.assertEqual(agreement.state, "active")
        promises = agreement.line_ids.promise_id
        self.assertEqual(len(promises), 3)
        self.assertEqual(set(promises.mapped("state")), {"open"})
        self.assertEqual(sum(promises.mapped("amount")), 900)
        self.assertRecordValues(
            self.case.hold_ids,
            [{"reason": "agreement", "line_id": self.get_receivable(self.invoice).id}],
        )
        self.assertFalse(self.plan())
        self.assertEqual(self.case.decision, "held")
        other = self.create_invoice(50, days_overdue=12)
        contact = self.plan()
        self.assertEqual(contact.carrier_id, self.get_receivable(other), "other debts go on")
        self.assertFalse(self.env["collections.log"]._verify(self.case))

    def test_paid_to_its_end(self):
        agreement = self.accept(discount_percent=10)
        self.assertEqual(agreement.amount_total, 810)
        with self.pass_days(9):
            self.pay(self.invoice, 270)
            self.refresh()
            self.assertEqual(self.states(agreement), ["paid", "open", "open"])
            self.assertEqual(agreement.line_ids[0].promise_id.state, "kept")
            self.assertIn("270", agreement.state_text)
        with self.pass_days(30):
            self.pay(self.invoice, 540)
            self.refresh()
        self.assertEqual((agreement.state, agreement.kept_percent), ("completed", 100))
        note = agreement.move_ids
        self.assertRecordValues(note, [{"move_type": "out_refund", "amount_total": 90,
                                        "state": "posted"}])  # fmt: skip
        self.assertEqual(note.amount_untaxed + note.amount_tax, 90)
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertFalse(agreement.is_held)
        self.assertEqual(set(agreement.line_ids.promise_id.mapped("state")), {"kept"})
        self.assertEqual(sum(agreement.line_ids.promise_id.mapped("amount_paid")), 810)
        before = len(agreement.move_ids)
        self.refresh()
        self.assertEqual(len(agreement.move_ids), before)

    def test_taxes_are_in_what_was_agreed_to_the_cent(self):
        for days in (10, 11, 13, 17, 19):
            agreement = self.propose(
                interest_method="flat",
                interest_rate=17.77,
                date_first=self.today + timedelta(days=days),
            )
            with self.subTest(days=days), self.env.cr.savepoint() as savepoint:
                self.accept(agreement)
                note = agreement.move_ids
                self.assertGreater(note.amount_tax, 0)
                self.assertEqual(note.amount_total, agreement.amount_interest)
                self.assertAlmostEqual(note.amount_untaxed + note.amount_tax, note.amount_total)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_draft_discount_keeps_the_debtor_in_peace(self):
        self.company.collections_agreement_discount_post = False
        agreement = self.accept(discount_percent=10, count=1)
        self.pay(self.invoice, 810)
        self.refresh()
        self.assertEqual(agreement.state, "completed")
        self.assertEqual(agreement.move_ids.state, "draft")
        self.assertTrue(agreement.is_held)
        self.assertFalse(self.plan())
        agreement.move_ids.action_post()
        self.refresh()
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertFalse(agreement.is_held)

    def test_one_late_instalment_is_tolerated_then_it_breaks(self):
        agreement = self.accept(interest_method="flat", interest_rate=36.5)
        interest = agreement.amount_interest
        self.assertTrue(interest)
        self.assertEqual(agreement.move_ids.amount_total, interest)
        grace = agreement.line_ids[0].promise_id.type_id.grace_days
        with self.pass_days(11 + grace):
            self.assertFalse(self.plan())
            self.assertEqual((agreement.state, agreement.late_count), ("active", 1))
            self.assertEqual(self.states(agreement)[0], "late")
        with self.pass_days(42 + grace):
            contact = self.plan()
        self.assertEqual(agreement.state, "broken")
        self.assertIn("2 instalments late", agreement.reason)
        self.assertEqual(agreement.kept_percent, 0)
        self.assertTrue(contact, "dunning goes on the same night")
        last = agreement.line_ids.sorted("number")[-1]
        self.assertEqual(last.promise_id.state, "withdrawn")
        credit = agreement.move_ids.filtered(lambda move: move.move_type == "out_refund")
        first = agreement.line_ids.sorted("number")[0]
        earned = interest - credit.amount_total
        self.assertGreater(earned, 2 * first.amount_interest - 0.01)
        self.assertLess(earned, interest)
        note = agreement.move_ids - credit
        self.assertAlmostEqual(note.amount_residual, earned)
        self.assertEqual(self.invoice.amount_residual, 900)
        self.assertLessEqual(
            self.get_receivable(note).date_maturity, self.today + timedelta(days=42 + grace)
        )
        self.assertEqual(self.case.broken_agreement_count, 1)
        self.assertTrue(
            self.case.activity_ids.filtered(lambda one: "Broken agreement" in one.summary)
        )
        events = self.events()
        for event in ("agreement_accepted", "agreement_broken", "agreement_accelerated"):
            self.assertIn(event, events)
        self.assertFalse(self.env["collections.log"]._verify(self.case))

    def test_what_is_paid_late_but_in_the_days_tolerated_goes_on(self):
        agreement = self.accept()
        with self.pass_days(30):
            self.refresh()
            self.assertEqual((agreement.state, agreement.late_count), ("active", 1))
            self.assertEqual(agreement.line_ids[0].promise_id.state, "broken")
            self.pay(self.invoice, 300)
            self.refresh()
            self.assertEqual((agreement.state, agreement.late_count), ("active", 0))
            self.assertEqual(self.states(agreement), ["paid", "open", "open"])

    def test_a_payment_taken_back_reopens_it(self):
        agreement = self.accept(discount_percent=10, count=1)
        payment = self.pay(self.invoice, 810)
        self.refresh()
        self.assertEqual((agreement.state, self.invoice.amount_residual), ("completed", 0))
        payment.move_id._reverse_moves(cancel=True)
        self.refresh()
        self.assertEqual((agreement.state, agreement.amount_paid), ("active", 0))
        self.assertTrue(agreement.is_held)
        self.assertEqual(agreement._get_booked("discount"), 0)
        owed = sum(agreement._get_covered().mapped("amount_residual_currency"))
        self.assertEqual(owed, 900)
        self.assertIn("agreement_reopened", self.events())
        self.assertFalse(self.plan())
        lines = agreement._get_covered().filtered(lambda line: not line.reconciled)
        self.pay(lines.move_id[:1], 810)
        self.refresh()
        self.assertEqual(agreement.state, "completed")
        self.assertEqual(sum(agreement._get_covered().mapped("amount_residual_currency")), 0)

    def test_a_discount_at_acceptance_is_taken_back_when_it_breaks(self):
        self.company.write(
            {
                "collections_agreement_discount_policy": "accepted",
                "collections_agreement_tolerated": 0,
            }
        )
        agreement = self.accept(discount_percent=10)
        self.assertEqual(self.invoice.amount_residual, 810)
        with self.pass_days(15):
            self.refresh()
        self.assertEqual(agreement.state, "broken")
        self.assertEqual(agreement._get_booked("discount"), 0)
        self.assertEqual(sum(agreement._get_covered().mapped("amount_residual_currency")), 900)

    def test_interest_with_each_instalment(self):
        self.company.collections_agreement_interest_policy = "instalment"
        agreement = self.accept(interest_method="declining", interest_rate=36.5)
        self.assertFalse(agreement.move_ids)
        first = agreement.line_ids.sorted("number")[0]
        with self.pass_days(10):
            self.pay(self.invoice, first.amount)
            self.refresh()
            self.refresh()
        self.assertEqual(agreement.move_ids.amount_total, first.amount_interest)
        self.assertEqual(self.states(agreement), ["paid", "open", "open"])
        with self.pass_days(20):
            self.pay(self.invoice)
            self.refresh()
            left = agreement.amount_left
            self.assertGreater(left, 0)
            payment = self.env["account.payment"].create(
                {"payment_type": "inbound", "partner_id": self.debtor.id, "amount": left}
            )
            payment.action_post()
            self.refresh()
        self.assertEqual(agreement.state, "completed")
        self.assertEqual(agreement._get_booked("interest"), agreement.amount_interest)

    def test_a_cancelled_agreement_restores_the_debt(self):
        agreement = self.accept(interest_method="flat", interest_rate=36.5)
        with self.assertRaisesRegex(UserError, "supervisor cancels"):
            agreement.with_user(self.collector).action_cancel("He pays all")
        agreement.with_user(self.supervisor).action_cancel("He pays all")
        self.assertEqual(agreement.state, "cancelled")
        self.assertFalse(agreement.is_held)
        self.assertEqual(agreement._get_booked("interest"), 0)
        self.assertEqual(sum(agreement._get_covered().mapped("amount_residual_currency")), 900)
        self.assertTrue(self.plan())

    def test_a_credit_note_takes_from_the_end(self):
        agreement = self.accept()
        refund = self.create_invoice(350, move_type="out_refund", days_overdue=0)
        self.get_receivable(self.invoice | refund).reconcile()
        self.pay(self.invoice, 300)
        self.refresh()
        self.assertEqual(self.states(agreement), ["paid", "open", "paid"])
        self.assertEqual(agreement.line_ids[0].promise_id.state, "kept")
        self.pay(self.invoice, 250)
        self.refresh()
        self.assertEqual(agreement.state, "completed")
        self.assertEqual(set(agreement.line_ids.promise_id.mapped("state")), {"kept"})

    def test_a_foreign_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 3.0)])
        invoice = self.create_invoice(100, days_overdue=9, currency_id=currency.id)
        self.refresh()
        agreement = self.accept(
            currency_id=currency.id, interest_method="flat", interest_rate=40, discount_percent=5
        )
        self.assertEqual(agreement.receivable_ids, self.get_receivable(invoice))
        note = agreement.move_ids
        self.assertEqual(
            (note.currency_id, note.amount_total), (currency, agreement.amount_interest)
        )
        self._register_payment(invoice, amount=95, currency_id=currency.id)
        self._register_payment(note, amount=note.amount_total, currency_id=currency.id)
        self.refresh()
        self.assertEqual(agreement.state, "completed")
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self.invoice.amount_residual, 900)

    def test_a_promise_gives_way_to_an_agreement_and_none_comes_beside_it(self):
        promise = self.promise()
        agreement = self.accept()
        self.assertEqual(promise.state, "replaced")
        with self.assertRaisesRegex(UserError, "its instalments are the promises"):
            self.promise(lines=self.get_receivable(self.invoice))
        with self.assertRaisesRegex(UserError, "instalment of agreement"):
            agreement.line_ids[0].promise_id.with_user(self.supervisor).action_withdraw("x")

    # -- approvals -------------------------------------------------------------------------------

    def test_beyond_the_limits_somebody_above_decides(self):
        self.segment.write({"agreement_limit_count": 2, "agreement_min_down_percent": 10})
        agreement = self.propose()
        self.assertEqual((agreement.state, agreement.approval_role), ("awaiting", "supervisor"))
        self.assertIn("More than 2 instalments", agreement.limits_text)
        self.assertIn("10%", agreement.limits_text)
        self.assertFalse(agreement.access_token)
        with self.assertRaises(UserError):
            agreement.with_user(self.collector).action_approve()
        with self.assertRaises(UserError):
            agreement.with_user(self.collector).action_accept_copy("María", COPY)
        self.assertTrue(agreement.with_user(self.supervisor).may_approve)
        agreement.with_user(self.supervisor).action_approve()
        self.assertRecordValues(
            agreement, [{"state": "proposed", "approver_id": self.supervisor.id}]
        )

    def test_beyond_the_supervisor_a_manager_decides(self):
        agreement = self.propose(discount_percent=15)
        self.assertEqual((agreement.state, agreement.approval_role), ("awaiting", "manager"))
        with self.assertRaisesRegex(UserError, "manager"):
            agreement.with_user(self.supervisor).action_approve()
        agreement.with_user(self.manager).action_refuse("Too much")
        self.assertEqual((agreement.state, agreement.reason), ("draft", "Too much"))

    def test_nobody_approves_his_own(self):
        agreement = self.propose(self.supervisor, discount_percent=15)
        self.assertEqual(agreement.approval_role, "manager")
        agreement.with_user(self.manager).action_refuse("Less")
        agreement.with_user(self.manager).write({"note": "x"})
        managed = self.propose(self.manager, discount_percent=50)
        self.assertEqual(managed.state, "proposed", "a manager has no limit")
        agreement.with_user(self.supervisor).action_propose()
        agreement.sudo().user_id = self.manager
        with self.assertRaisesRegex(UserError, "somebody else"):
            agreement.with_user(self.manager).action_approve()

    # -- bad input -------------------------------------------------------------------------------

    def test_another_currency_is_refused(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 3.0)])
        invoice = self.create_invoice(100, days_overdue=9, currency_id=currency.id)
        both = self.get_receivable(self.invoice | invoice)
        agreement = self.agree(
            currency_id=self.company.currency_id.id, receivable_ids=[Command.set(both.ids)]
        )
        with self.assertRaisesRegex(UserError, "is in EUR"):
            agreement.with_user(self.collector).action_propose()

    def test_a_disputed_receivable_is_refused(self):
        line = self.get_receivable(self.invoice)
        agreements = type(self.env["collections.agreement"])
        agreement = self.agree()
        self.patch(agreements, "_get_disputed_ids", lambda _self, lines: set(line.ids))
        with self.assertRaisesRegex(UserError, "is disputed"):
            agreement.with_user(self.collector).action_propose()

    def test_an_invoice_paid_meanwhile(self):
        agreement = self.propose()
        self.pay(self.invoice, 100)
        with self.assertRaisesRegex(UserError, "is owed now"):
            self.accept(agreement)
        agreement.with_user(self.collector).action_take_back()
        self.assertEqual((agreement.state, agreement.amount_total), ("draft", 800))
        self.pay(self.invoice)
        with self.assertRaises(UserError):
            agreement.with_user(self.collector).action_propose()

    def test_more_than_the_debt(self):
        for values in ({"amount_down": 900, "date_down": self.today}, {"count": 100000}):
            with self.subTest(**values):
                agreement = self.agree(**values)
                self.assertTrue(agreement.fault_text)
                with self.assertRaises(UserError):
                    agreement.with_user(self.collector).action_propose()

    def test_two_people_at_once(self):
        first, second = self.propose(), self.propose(self.supervisor)
        self.accept(first)
        self.assertEqual(second.state, "cancelled")
        self.assertIn(first.name, second.reason)
        with self.assertRaises(UserError):
            self.accept(second, self.supervisor)
        with self.assertRaisesRegex(UserError, "in an agreement already"):
            self.propose(receivable_ids=[Command.set(self.get_receivable(self.invoice).ids)])

    def test_days_that_are_over(self):
        agreement = self.agree(date_first=self.today - timedelta(days=1))
        self.assertIn("today or later", agreement.fault_text)
        agreement = self.propose(date_first=self.today + timedelta(days=2))
        with self.pass_days(3), self.assertRaisesRegex(UserError, "today or later"):
            self.accept(agreement)
        with self.pass_days(30), self.assertRaisesRegex(UserError, "Nobody signed it"):
            self.accept(agreement)

    def test_nothing_is_set_by_hand(self):
        for values in ({"state": "active"}, {"amount_total": 1}, {"signed_by": "x"}):
            with self.subTest(**values), self.assertRaises(UserError):
                self.agree(**values)
            with self.subTest(write=True, **values), self.assertRaises(UserError):
                self.agree().with_user(self.collector).write(values)
        with self.assertRaisesRegex(UserError, "stand as they were proposed"):
            self.propose().with_user(self.collector).write({"count": 1})
        with self.assertRaises(UserError):
            self.agree().unlink()
        with self.assertRaises(AccessError):
            self.agree().with_user(self.auditor).action_propose()

    def test_one_instalment_whose_interest_comes_later(self):
        self.company.collections_agreement_interest_policy = "instalment"
        agreement = self.accept(count=1, interest_method="flat", interest_rate=36.5)
        promise = agreement.line_ids.promise_id
        self.assertEqual(agreement.state, "active")
        self.assertEqual(promise.amount, 900 + agreement.amount_interest)
        self.assertGreater(promise.amount, self.invoice.amount_residual)

    def test_no_product_no_interest(self):
        self.company.collections_agreement_interest_product_id = False
        agreement = self.agree(interest_method="flat", interest_rate=10)
        with self.assertRaisesRegex(UserError, "in the settings first"):
            agreement.with_user(self.collector).action_propose()

    def test_closed_books(self):
        agreement = self.propose(interest_method="flat", interest_rate=10)
        self.company.fiscalyear_lock_date = self.today
        with self.assertRaisesRegex(UserError, "books are closed until"), self.cr.savepoint():
            self.accept(agreement)
        self.env.invalidate_all()
        self.assertEqual(agreement.state, "proposed")

    def test_closed_books_at_night_are_told_and_made_up_for(self):
        agreement = self.accept(discount_percent=10, count=1)
        self.pay(self.invoice, 810)
        self.company.fiscalyear_lock_date = self.today
        self.refresh()
        self.assertEqual(agreement.state, "completed")
        self.assertIn("books are closed", agreement.booking_text)
        self.assertTrue(agreement.is_held)
        self.company.fiscalyear_lock_date = False
        self.refresh()
        self.assertFalse(agreement.booking_text)
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertFalse(agreement.is_held)
