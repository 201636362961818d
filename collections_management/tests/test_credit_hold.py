from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_security import SecurityCommon


class CreditCommon(SecurityCommon):
    """A debtor with an overdue invoice; the company blocks invoices of debtors on credit hold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.create_user("supervisor", login="test_second_supervisor")
        cls.company.collections_credit_invoice = "block"
        cls.invoice = cls.create_invoice(1000, days_overdue=20)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.case = cls.get_case()

    @classmethod
    def refresh(cls):
        cls.env["collections.ledger"]._refresh(cls.company)

    def hold(self, case=None, fixed=False):
        (case or self.case).with_user(self.supervisor)._put_on_credit_hold("Cheques bounced", fixed)

    def create_draft(self, amount=50, debtor=None, company=None, user=None):
        company = company or self.company
        return (
            self.env["account.move"]
            .with_user(user or self.accountant)
            .sudo(user is None)
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": (debtor or self.debtor).id,
                    "invoice_date": self.today,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Goods", "price_unit": amount, "tax_ids": [Command.clear()]}
                        )
                    ],
                }
            )
        )

    def post(self, move, user=None):
        move.with_user(user or self.accountant).sudo(False).action_post()

    def get_events(self, case=None):
        events = (case or self.case).log_ids.sorted("sequence").mapped("event")
        return [event for event in events if event.startswith("credit")]


@tagged("post_install", "-at_install")
class TestCreditHold(CreditCommon):
    def test_a_supervisor_puts_and_ends_it(self):
        action = self.case.with_user(self.supervisor).action_credit_hold()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.supervisor)
            .with_context(**action["context"])
            .create({"note": "Cheques bounced"})
        )
        wizard.action_confirm()
        self.assertRecordValues(
            self.case,
            [{"is_credit_hold": True, "credit_hold_by_id": self.supervisor.id}],
        )
        self.assertIn("Cheques bounced", self.case.credit_hold_text)
        self.assertTrue(self.debtor.with_user(self.employee).is_credit_hold)
        self.assertIn(self.debtor, self.env["res.partner"].search([("is_credit_hold", "=", True)]))
        self.case.with_user(self.supervisor).action_release_credit_hold()
        self.assertFalse(self.case.is_credit_hold)
        self.assertEqual(self.get_events(), ["credit_held", "credit_released"])

    def test_below_a_supervisor_nobody_decides_on_it(self):
        self.hold(self.own)
        for user in (self.collector, self.invoicer, self.accountant, self.auditor, self.employee):
            for name in ("action_credit_hold", "action_release_credit_hold"):
                with self.subTest(name, user=user.login), self.assertRaises(UserError):
                    getattr(self.own.with_user(user), name)()
            for values in ({"credit_hold_never": True}, {"is_credit_hold": False}):
                with self.subTest(values, user=user.login), self.assertRaises(UserError):
                    self.own.with_user(user).write(values)
        with self.assertRaises(UserError):
            self.own.with_user(self.supervisor).write({"is_credit_hold": False})
        self.assertTrue(self.own.is_credit_hold)

    def test_a_step_puts_it_when_it_really_spoke(self):
        step = self.strategy.step_ids.filtered(lambda each: each.days == 10)
        step.puts_credit_hold = True
        contact = self.plan().filtered(lambda each: each.case_id == self.case)
        self.assertEqual(contact.step_id, step)
        self.refresh()
        self.assertFalse(self.case.is_credit_hold, "it has not left yet")
        contact._mark_sent("x")
        self.refresh()
        self.assertRecordValues(
            self.case, [{"is_credit_hold": True, "credit_hold_step_id": step.id}]
        )
        self.assertIn(step.name, self.case.credit_hold_text)
        self.refresh()
        self.assertEqual(self.get_events(), ["credit_held"])
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            self.case.with_user(self.supervisor).action_release_credit_hold()
            self.refresh()
            self.assertFalse(self.case.is_credit_hold, "what spoke before does not put it again")

    def test_a_delivered_message_puts_it_at_once(self):
        self.strategy.step_ids.puts_credit_hold = True
        with self.mailbox() as box:
            self.plan()
            self.deliver()
            self.assertTrue(box.messages)
        self.env.invalidate_all()
        self.assertTrue(self.case.is_credit_hold)

    def test_in_safe_mode_and_for_a_failed_message_nobody_is_put(self):
        self.strategy.step_ids.puts_credit_hold = True
        contact = self.plan().filtered(lambda each: each.case_id == self.case)
        contact._mark_sent("x")
        contact.safe_mode = True
        self.refresh()
        self.assertFalse(self.case.is_credit_hold)
        contact.write({"safe_mode": False, "state": "failed"})
        self.refresh()
        self.assertFalse(self.case.is_credit_hold)

    def test_a_task_puts_it_when_it_is_done(self):
        step = self.strategy.step_ids.filtered(lambda each: each.days == 10)
        step.write({"puts_credit_hold": True, "mode": "manual"})
        contact = self.plan().filtered(lambda each: each.case_id == self.case)
        outcome = contact._create_task({"body": "", "subject": "Call"})
        contact._mark_sent(outcome.reference)
        self.refresh()
        self.assertFalse(self.case.is_credit_hold, "nobody called yet")
        contact.activity_id.action_feedback()
        self.assertTrue(self.case.is_credit_hold)

    def test_it_ends_by_itself_when_nothing_is_overdue(self):
        self.hold()
        self.pay(self.invoice, 600)
        self.refresh()
        self.assertTrue(self.case.is_credit_hold)
        self.pay(self.invoice)
        self.refresh()
        self.assertFalse(self.case.is_credit_hold)
        self.assertEqual(self.get_events(), ["credit_held", "credit_released"])

    def test_a_credit_covers_what_is_overdue(self):
        self.hold()
        self.create_invoice(1000, days_overdue=0, move_type="out_refund")
        self.refresh()
        self.assertFalse(self.case.is_credit_hold)

    def test_one_that_is_fixed_stays(self):
        self.hold(fixed=True)
        self.pay(self.invoice)
        self.refresh()
        self.assertTrue(self.case.is_credit_hold)

    def test_a_promise_ends_it_where_the_company_says_so(self):
        self.patch(
            type(self.env["collections.case"]), "_get_credit_hold_reasons", lambda _self: ["pause"]
        )
        self.hold()
        self.env["collections.hold"].create({"case_id": self.case.id, "reason": "pause"})
        self.refresh()
        self.assertTrue(self.case.is_credit_hold)
        self.company.collections_credit_agreed = True
        self.refresh()
        self.assertFalse(self.case.is_credit_hold)

    def test_some_are_never_put_on_it(self):
        self.hold()
        self.case.with_user(self.supervisor).credit_hold_never = True
        self.assertFalse(self.case.is_credit_hold)
        with self.assertRaisesRegex(UserError, "Never on credit hold"):
            self.hold()
        self.strategy.step_ids.puts_credit_hold = True
        self.plan()._mark_sent("x")
        self.refresh()
        self.assertFalse(self.case.is_credit_hold)

    def test_in_one_company_only(self):
        self.hold(self.theirs)
        debtor = self.theirs.partner_id
        self.assertTrue(debtor.with_company(self.company).is_credit_hold)
        self.assertFalse(debtor.with_company(self.other_company).is_credit_hold)
        with self.assertRaises(UserError):
            self.post(self.create_draft(debtor=debtor))
        self.other_company.collections_credit_invoice = "block"
        move = self.create_draft(
            debtor=debtor, company=self.other_company, user=self.foreign_manager
        )
        self.post(move, self.foreign_manager)
        self.assertEqual(move.state, "posted")


@tagged("post_install", "-at_install")
class TestInvoicesOnHold(CreditCommon):
    def test_blocked_warned_or_nothing(self):
        self.hold()
        for mode, posted, told in (
            ("block", False, False),
            ("warn", True, True),
            ("off", True, False),
        ):
            self.company.collections_credit_invoice = mode
            move = self.create_draft()
            self.assertEqual(bool(move.collections_credit_text), mode != "off")
            with self.subTest(mode):
                if posted:
                    self.post(move)
                else:
                    with self.assertRaisesRegex(UserError, "on credit hold since"):
                        self.post(move)
                self.assertEqual(move.state == "posted", posted)
                notes = " ".join(move.message_ids.mapped("body"))
                self.assertEqual("on credit hold" in notes, told)

    def test_credit_notes_and_other_debtors_go_through(self):
        self.hold()
        refund = self.create_draft()
        refund.move_type = "out_refund"
        other = self.create_draft(debtor=self.own.partner_id)
        for move in (refund, other):
            self.assertFalse(move.collections_credit_text)
            self.post(move)
            self.assertEqual(move.state, "posted")

    def test_who_has_just_paid_is_not_refused(self):
        self.hold()
        self.pay(self.invoice)
        move = self.create_draft()
        self.post(move)
        self.assertEqual(move.state, "posted")
        self.assertFalse(self.case.is_credit_hold)

    def test_a_contact_of_the_debtor_is_the_debtor(self):
        self.hold()
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": self.debtor.id})
        with self.assertRaises(UserError):
            self.post(self.create_draft(debtor=branch))

    def test_what_posts_itself_is_noted_not_refused(self):
        self.hold()
        move = self.create_draft()
        move.sudo().action_post()
        self.assertEqual(move.state, "posted")
        self.assertIn("on credit hold", " ".join(move.message_ids.mapped("body")))

    def test_several_invoices_are_posted_together_or_not_at_all(self):
        self.hold()
        moves = self.create_draft() | self.create_draft(debtor=self.own.partner_id)
        with self.assertRaisesRegex(UserError, self.debtor.name), self.env.cr.savepoint():
            self.post(moves)
        self.assertEqual(set(moves.mapped("state")), {"draft"})

    def ask(self, move, user=None, note="Paid half"):
        action = move.with_user(user or self.accountant).sudo(False).action_ask_credit_release()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user or self.accountant)
            .with_context(**action["context"])
            .create({"note": note})
        )
        wizard.action_ask()
        return self.env["collections.credit.release"].search([], order="id desc", limit=1)

    def test_a_release_lets_one_invoice_through_once(self):
        self.hold()
        move, other = self.create_draft(), self.create_draft()
        request = self.ask(move)
        self.assertEqual(self.ask(move), request, "asked for once")
        self.assertRecordValues(
            request,
            [{"state": "requested", "requested_by_id": self.accountant.id, "move_id": move.id}],
        )
        self.assertEqual(request.activity_ids.user_id, self.case.supervisor_id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.post(move)
        request.with_user(self.supervisor).action_approve()
        self.assertFalse(request.activity_ids)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.post(other)
        self.post(move)
        self.assertEqual((move.state, request.state), ("posted", "used"))
        self.assertTrue(self.case.is_credit_hold, "the credit hold stays")
        move.button_draft()
        with self.assertRaises(UserError):
            self.post(move)
        self.assertEqual(self.get_events(), ["credit_held", "credit_asked", "credit_approved"])

    def test_nobody_approves_their_own_request(self):
        self.hold()
        self.supervisor.group_ids += self.env.ref("account.group_account_user")
        request = self.ask(self.create_draft(), self.supervisor)
        with self.assertRaisesRegex(UserError, "somebody else"):
            request.with_user(self.supervisor).action_approve()
        for user in (self.collector, self.accountant, self.auditor, self.employee):
            with self.subTest(user.login), self.assertRaises(UserError):
                request.with_user(user).action_approve()
        request.with_user(self.second).action_refuse()
        self.assertEqual(request.state, "refused")
        with self.assertRaisesRegex(UserError, "already"):
            request.with_user(self.manager).action_approve()

    def test_a_release_of_no_document_ends_the_credit_hold(self):
        self.hold()
        request = self.env["collections.credit.release"].with_user(self.accountant)._ask(
            self.case, "They paid", {}
        )  # fmt: skip
        request.with_user(self.second).action_approve()
        self.assertFalse(self.case.is_credit_hold)

    def test_requests_are_made_by_asking_only(self):
        self.hold()
        for user in (self.collector, self.supervisor, self.manager, self.accountant):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["collections.credit.release"].with_user(user).create(
                    {"case_id": self.case.id, "requested_by_id": self.second.id}
                )
        with self.assertRaisesRegex(UserError, "not on credit hold"):
            self.ask(self.create_draft(debtor=self.own.partner_id))
