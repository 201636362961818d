import re
from contextlib import contextmanager
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .browser import BrowserCase
from .common import CollectionsCommon
from .test_security import SecurityCommon
from .test_tours import ToursCommon


class DisputeCommon(SecurityCommon):
    """A debtor with one overdue invoice, worked by the collector."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env.ref("collections_management.collections_dispute_reason_price")
        cls.second = cls.create_user("supervisor", login="test_second_supervisor")
        cls.vat = cls.env["account.tax"].create(
            {"name": "VAT 18", "amount": 18, "type_tax_use": "sale", "company_id": cls.company.id}
        )
        cls.invoice = cls.create_invoice(1000, days_overdue=20)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.case = cls.get_case()
        cls.case.user_id = cls.collector
        cls.line = cls.get_receivable(cls.invoice)

    @classmethod
    def refresh(cls):
        cls.env["collections.ledger"]._refresh(cls.company)

    def open_dispute(self, amount=None, line=None, user=None, case=None, **values):
        vals = {
            "case_id": (case or self.case).id,
            "line_id": (line or self.line).id,
            "reason_id": self.reason.id,
            "description": "The price was 9, not 10",
            **values,
        }
        if amount is not None:
            vals["amount"] = amount
        return self.env["collections.dispute"].with_user(user or self.collector).create(vals)

    def accept(self, dispute, amount, user=None):
        refund = dispute.with_user(user or self.supervisor)._accept(amount, "It was so", None)
        return self.env["account.move"].browse(refund.id)

    @contextmanager
    def refused(self, message):
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            yield

    def get_events(self, case=None):
        return (case or self.case).log_ids.sorted("sequence").mapped("event")

    def decide(self, case=None):
        """The decision of the ladder about a case as it stands."""
        case = case or self.case
        decision, facts = self.env["collections.planner"]._decide(case, self.today)[case.id]
        return decision, facts


@tagged("post_install", "-at_install")
class TestDispute(DisputeCommon):
    def test_a_contested_receivable_is_left_alone_and_the_others_go_on(self):
        second = self.get_receivable(self.create_invoice(300, days_overdue=15))
        self.refresh()
        dispute = self.open_dispute()
        self.assertRecordValues(
            dispute,
            [
                {
                    "amount": 1000,
                    "amount_company": 1000,
                    "state": "open",
                    "opened_by_id": self.collector.id,
                    "department_id": self.reason.department_id.id,
                    "cause_id": self.reason.cause_id.id,
                    "user_id": self.case.supervisor_id.id,
                    "date_target": self.today + timedelta(days=5),
                }
            ],
        )
        self.assertEqual(self.case.open_dispute_count, 1)
        [hold] = dispute.hold_ids
        self.assertRecordValues(
            hold, [{"reason": "dispute", "line_id": self.line.id, "is_active": True, "amount": 0}]
        )
        decision, _facts = self.decide()
        self.assertEqual((decision.speak, decision.carrier), (True, second.id))
        self.assertNotIn(self.line.id, decision.covered)
        self.assertIn("dispute_opened", self.get_events())
        self.assertIn("is not asked for", dispute.state_text)

    def test_of_a_part_the_whole_is_held_unless_the_company_says_otherwise(self):
        dispute = self.open_dispute(300)
        self.assertFalse(self.decide()[0].speak)
        dispute.with_user(self.collector).action_withdraw()
        self.company.collections_dispute_rest = True
        dispute = self.open_dispute(300)
        self.assertIn("The rest goes on", dispute.hold_ids.filtered("is_active").note)
        decision, facts = self.decide()
        self.assertTrue(decision.speak)
        self.assertEqual([item.residual for item in facts.receivables], [700])
        contact = self.plan()
        letter = contact._get_letters()[contact.id]
        self.assertEqual([item["residual"] for item in letter["items"]], [700])
        self.assertEqual([total["net"] for total in letter["totals"]], [700])
        self.assertIn("700.00", contact.net_overdue_text)

    def test_when_only_the_contested_part_is_left_nothing_is_asked_for(self):
        self.company.collections_dispute_rest = True
        self.open_dispute(300)
        self.pay(self.invoice, 700)
        self.refresh()
        decision, _facts = self.decide()
        self.assertEqual((decision.speak, decision.reason), (False, "held"))
        contact = self.create_contact(self.case, "queued")
        self.assertFalse(contact._get_letters()[contact.id]["items"])

    def test_what_is_planned_is_taken_back(self):
        contact = self.plan()
        self.assertEqual(contact.state, "queued")
        self.open_dispute()
        self.assertEqual(contact.state, "skipped")

    def test_bad_amounts_and_receivables_are_refused(self):
        other = self.get_receivable(self.create_invoice(50, debtor=self.own.partner_id))
        paid = self.create_invoice(80, days_overdue=3)
        self.pay(paid)
        draft = self.create_invoice(90, days_overdue=3)
        draft.button_draft()
        foreign = self.env["account.move.line"].search(
            [("company_id", "=", self.company.id), ("account_type", "=", "income")], limit=1
        )
        attempts = [
            ({"amount": 1000.01}, "more than can be contested"),
            ({"amount": -5}, "above zero"),
            ({"amount": 0.001}, "above zero"),
            ({"line": other}, "does not belong"),
            ({"line": self.get_receivable(paid), "amount": 80}, "is not open"),
            ({"line": self.get_receivable(draft), "amount": 90}, "is not open"),
            ({"line": foreign, "amount": 10}, "does not belong|is not open"),
        ]
        for values, message in attempts:
            with (
                self.subTest(values),
                self.assertRaisesRegex((UserError, ValidationError), message),
                self.env.cr.savepoint(),
            ):
                self.open_dispute(user=self.supervisor, **values)
        self.assertFalse(self.case.dispute_ids)
        self.assertEqual(self.case.open_dispute_count, 0)

    def test_several_disputes_never_sum_above_the_receivable(self):
        self.open_dispute(600)
        with self.refused("400.00 is left"):
            self.open_dispute(400.01)
        second = self.open_dispute()
        self.assertEqual(second.amount, 400, "what is left of it")
        self.assertEqual(self.case.open_dispute_count, 2)
        with self.refused("contested already"):
            self.open_dispute(1)
        with self.refused("contested already"):
            self.open_dispute()

    def test_of_another_company_it_is_refused(self):
        with self.assertRaises(UserError):
            self.open_dispute(case=self.foreign)
        with self.assertRaises(UserError):
            self.open_dispute(user=self.env.ref("base.user_root"), case=self.foreign)

    def test_found_not_right_it_is_asked_for_again(self):
        dispute = self.open_dispute()
        dispute.with_user(self.supervisor)._reject("The order says 10")
        self.assertRecordValues(
            dispute,
            [{"state": "rejected", "decided_by_id": self.supervisor.id, "date_closed": self.today}],
        )
        self.assertEqual(self.case.open_dispute_count, 0)
        decision, _facts = self.decide()
        self.assertEqual((decision.speak, decision.carrier), (True, self.line.id))
        self.assertEqual(self.get_events().count("released"), 1)
        self.assertIn("not right", dispute.state_text)

    def test_found_right_a_credit_note_is_prepared_and_the_rest_goes_on(self):
        dispute = self.open_dispute(300)
        refund = self.accept(dispute, 250)
        self.assertRecordValues(
            refund,
            [
                {
                    "move_type": "out_refund",
                    "state": "draft",
                    "amount_total": 250,
                    "reversed_entry_id": self.invoice.id,
                    "collections_dispute_id": dispute.id,
                }
            ],
        )
        self.assertEqual(dispute.state, "accepted")
        _decision, facts = self.decide()
        self.assertEqual([item.residual for item in facts.receivables], [750])
        refund.action_post()
        self.assertEqual(dispute.state, "credited")
        self.assertEqual(self.line.amount_residual, 750)
        self.assertFalse(dispute.hold_ids.filtered("is_active"))
        _decision, facts = self.decide()
        self.assertEqual([item.residual for item in facts.receivables], [750])
        self.assertEqual(facts.credits, {})
        refund.button_draft()
        self.assertEqual(dispute.state, "credited", "a draft keeps its match")
        self.assertEqual(self.decide()[1].receivables[0].residual, 750)
        refund.button_cancel()
        self.assertEqual(dispute.state, "accepted", "it waits for another credit note")
        self.assertEqual(self.line.amount_residual, 1000)
        self.assertEqual(self.decide()[1].receivables[0].residual, 750)
        dispute.with_user(self.supervisor).action_create_credit_note()
        again = dispute.sudo().refund_ids - refund
        again.action_post()
        self.assertEqual((dispute.state, self.line.amount_residual), ("credited", 750))

    def test_found_right_for_the_whole_invoice(self):
        refund = self.accept(self.open_dispute(), 1000)
        self.assertEqual(refund.amount_total, 1000)
        self.assertEqual(self.decide()[0].reason, "held")
        refund.action_post()
        self.assertEqual(self.invoice.payment_state, "reversed")
        self.refresh()
        self.assertEqual(self.case.state, "closed")

    def test_taxes_are_in_proportion_to_the_cent(self):
        reduced = self.vat.copy({"name": "VAT 8", "amount": 8})
        included = self.vat.copy(
            {"name": "VAT 21 in", "amount": 21, "price_include_override": "tax_included"}
        )
        lines = [
            Command.create({"name": "A", "price_unit": 333.33, "quantity": 3, "discount": 7,
                            "tax_ids": [Command.set(self.vat.ids)]}),
            Command.create({"name": "B", "price_unit": 19.99, "quantity": 7,
                            "tax_ids": [Command.set(reduced.ids)]}),
            Command.create({"name": "C", "price_unit": 71.07,
                            "tax_ids": [Command.set(included.ids)]}),
            Command.create({"name": "D", "price_unit": 12.34, "tax_ids": [Command.clear()]}),
        ]  # fmt: skip
        for amount in (0.01, 1, 77.77, 500.05, 1000):
            invoice = self.create_invoice(days_overdue=4, invoice_line_ids=lines)
            line = self.get_receivable(invoice)
            refund = self.accept(self.open_dispute(amount, line=line), amount)
            with self.subTest(amount):
                self.assertEqual(refund.amount_total, amount)
                share = amount / invoice.amount_total
                for tax in self.vat | reduced | included:
                    self.assertAlmostEqual(
                        self.get_tax(refund, tax), -self.get_tax(invoice, tax) * share, delta=0.011
                    )
                self.assertEqual(
                    refund.line_ids.filtered(
                        lambda each: each.display_type == "product"
                    ).account_id,
                    invoice.invoice_line_ids.account_id,
                )
                refund.action_post()
                self.assertAlmostEqual(
                    line.amount_residual, invoice.amount_total - amount, places=2
                )

    def get_tax(self, move, tax):
        return sum(move.line_ids.filtered(lambda line: line.tax_line_id == tax).mapped("balance"))

    def test_in_a_foreign_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        invoice = self.create_invoice(
            200, days_overdue=10, currency_id=currency.id,
        )  # fmt: skip
        line = self.get_receivable(invoice)
        dispute = self.open_dispute(50, line=line)
        self.assertRecordValues(
            dispute, [{"currency_id": currency.id, "amount": 50, "amount_company": 25}]
        )
        with self.assertRaises(ValidationError):
            self.open_dispute(150.01, line=line)
        refund = self.accept(dispute, 50)
        self.assertRecordValues(refund, [{"currency_id": currency.id, "amount_total": 50}])
        refund.action_post()
        self.assertEqual(line.amount_residual_currency, 150)

    def test_of_instalments_the_contested_one_is_credited(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        invoice = self.create_invoice(
            1000, days_overdue=40, invoice_payment_term_id=terms.id, invoice_date_due=False
        )
        first, second = self.get_receivable(invoice).sorted("date_maturity")
        self.assertEqual((first.amount_residual, second.amount_residual), (500, 500))
        with self.assertRaises(ValidationError):
            self.open_dispute(501, line=second)
        refund = self.accept(self.open_dispute(120, line=second), 120)
        refund.action_post()
        self.assertEqual((first.amount_residual, second.amount_residual), (500, 380))

    def test_an_opening_balance_is_credited_without_taxes(self):
        account = self.line.account_id
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create({"account_id": account.id, "debit": 100,
                                    "partner_id": self.debtor.id}),
                    Command.create({"account_id": self.company_data["default_account_revenue"].id,
                                    "credit": 100}),
                ],
            }
        )  # fmt: skip
        entry.action_post()
        line = self.get_receivable(entry)
        refund = self.accept(self.open_dispute(40, line=line), 40)
        self.assertEqual(refund.amount_total, 40)
        refund.action_post()
        self.assertEqual(line.amount_residual, 60)

    def test_the_books_are_closed(self):
        dispute = self.open_dispute(100)
        self.company.fiscalyear_lock_date = self.today
        with self.assertRaisesRegex(UserError, "books are closed"), self.env.cr.savepoint():
            self.accept(dispute, 100)
        self.assertEqual(dispute.state, "open")
        self.company.fiscalyear_lock_date = self.today - timedelta(days=10)
        self.assertEqual(
            self.accept(dispute, 100).amount_total, 100, "the invoice's own day may be"
        )

    def test_an_accepted_amount_is_at_most_what_is_left(self):
        dispute = self.open_dispute(800)
        self.pay(self.invoice, 400)
        for amount in (600.01, 0, -1):
            with self.assertRaisesRegex(UserError, "at most"), self.env.cr.savepoint():
                self.accept(dispute, amount)
        self.assertEqual(self.accept(dispute, 600).amount_total, 600)

    def test_paid_while_contested_it_closes_and_comes_back_with_the_payment(self):
        dispute = self.open_dispute()
        payment = self.pay(self.invoice)
        self.refresh()
        self.assertRecordValues(dispute, [{"state": "paid", "decided_by_id": False}])
        self.assertEqual(self.case.open_dispute_count, 0)
        self.assertFalse(dispute.hold_ids.filtered("is_active"))
        payment.action_draft()
        payment.action_cancel()
        self.refresh()
        self.assertEqual((dispute.state, self.case.open_dispute_count), ("open", 1))
        self.assertTrue(dispute.hold_ids.filtered("is_active"))
        events = self.get_events()
        self.refresh()
        self.assertEqual(self.get_events(), events, "nothing is told twice")

    def test_deciding_on_what_was_paid_meanwhile_says_so(self):
        dispute = self.open_dispute()
        self.pay(self.invoice)
        with self.assertRaisesRegex(UserError, "Paid on"):
            self.accept(dispute, 1000)

    def test_withdrawn_and_reopened(self):
        dispute = self.open_dispute(300)
        dispute.with_user(self.collector).action_withdraw()
        self.assertEqual(dispute.state, "withdrawn")
        self.assertTrue(self.decide()[0].speak)
        with self.assertRaisesRegex(UserError, "not open any more"):
            dispute.with_user(self.collector).action_withdraw()
        dispute.with_user(self.collector).action_reopen()
        self.assertRecordValues(dispute, [{"state": "open", "date_closed": False}])
        self.assertFalse(self.decide()[0].speak)
        self.assertEqual(
            [event for event in self.get_events() if event.startswith("dispute")],
            ["dispute_opened", "dispute_withdrawn", "dispute_reopened"],
        )

    def test_a_deleted_credit_note_is_prepared_again(self):
        dispute = self.open_dispute(300)
        refund = self.accept(dispute, 300)
        with self.assertRaisesRegex(UserError, "already"):
            dispute.with_user(self.supervisor).action_create_credit_note()
        refund.unlink()
        self.assertEqual(dispute.state, "accepted")
        dispute.with_user(self.supervisor).action_create_credit_note()
        self.assertEqual(dispute.sudo().refund_ids.amount_total, 300)

    def test_late_ones_are_told_to_the_supervisor_once(self):
        dispute = self.open_dispute(date_target=self.today - timedelta(days=1))
        on_time = self.open_dispute(0.5, line=self.get_receivable(self.create_invoice(5)))
        cron = self.env.ref("collections_management.collections_dispute_cron_escalate")
        for _twice in range(2):
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertEqual(dispute.escalated_on, self.today)
        self.assertFalse(on_time.escalated_on)
        late = dispute.activity_ids.filtered(lambda task: "in time" in task.summary)
        self.assertEqual(late.user_id, self.case.supervisor_id)
        self.assertEqual(len(late), 1)
        self.assertEqual(self.get_events().count("dispute_escalated"), 1)

    def test_a_dispute_s_hold_is_not_lifted_by_hand(self):
        dispute = self.open_dispute()
        with self.assertRaisesRegex(UserError, "decided or withdrawn"):
            dispute.hold_ids.with_user(self.collector).action_lift()
        with self.assertRaisesRegex(UserError, "decided or withdrawn"):
            dispute.hold_ids.with_user(self.collector).write({"date_until": self.today})
        with self.assertRaisesRegex(UserError, "Open a dispute"):
            self.env["collections.hold"].with_user(self.collector).create(
                {"case_id": self.case.id, "reason": "dispute"}
            )

    def test_the_days_to_solve_are_counted(self):
        with freeze_time(self.today - timedelta(days=8)):
            dispute = self.open_dispute()
        dispute.with_user(self.supervisor)._reject("No")
        self.assertEqual(dispute.days_to_solve, 8)
        groups = self.env["collections.dispute"].formatted_read_group(
            [],
            ["reason_id", "department_id", "user_id"],
            ["days_to_solve:avg", "amount_company:sum"],
        )
        self.assertEqual([group["days_to_solve:avg"] for group in groups], [8])

    def test_evidence_is_read_by_who_reads_the_dispute(self):
        file = self.env["ir.attachment"].with_user(self.collector).create(
            {"name": "order.txt", "raw": b"9 each", "res_model": "collections.dispute"}
        )  # fmt: skip
        dispute = self.open_dispute(attachment_ids=[Command.set(file.ids)])
        self.assertEqual(file.res_id, dispute.id)
        self.assertEqual(file.with_user(self.supervisor).raw, b"9 each")
        with self.assertRaises(AccessError):
            file.with_user(self.colleague).read(["raw"])

    def test_other_systems_open_one(self):
        cases = self.env["collections.case"].with_user(self.collector)
        answer = cases.open_dispute(
            self.line.id, "price", debtor=self.debtor.id, amount=12.5, description="Too dear",
            said_by="María", channel="email",
        )  # fmt: skip
        self.assertEqual(
            (answer["amount"], answer["state"], answer["reason"]), (12.5, "open", "price")
        )
        dispute = self.env["collections.dispute"].browse(answer["id"])
        self.assertEqual(
            (dispute.said_by, dispute.channel_id, dispute.opened_by_id),
            ("María", self.email, self.collector),
        )
        for arguments, message in (
            ({"receivable": 0}, "receivable"),
            ({"reason": "nonsense"}, "reason"),
            ({"reason": None}, "reason"),
            ({"amount": "12"}, "amount"),
            ({"amount": float("nan")}, "amount"),
            ({"amount": 1e9}, "more than"),
            ({"channel": "pigeon"}, "channel"),
            ({"description": 3}, "description"),
        ):
            known = {"receivable": self.line.id, "reason": "price", "debtor": self.debtor.id}
            with (
                self.subTest(arguments),
                self.assertRaisesRegex(UserError, message),
                self.env.cr.savepoint(),
            ):
                cases.open_dispute(**{**known, **arguments})

    def test_a_merged_debtor_s_disputes_move(self):
        other = self.create_debtor("Ferretería Lima Norte")
        self.create_invoice(10, debtor=other)
        self.refresh()
        dispute = self.open_dispute(10)
        target = self.get_case(other)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            [self.debtor.id, other.id], other
        )
        self.assertEqual(dispute.case_id, target)
        self.assertEqual((self.case.open_dispute_count, target.open_dispute_count), (0, 1))

    def test_a_hundred_disputes_settle_in_a_constant_number_of_searches(self):
        self.open_dispute()
        self.refresh()
        self.env["collections.dispute"]._settle(self.company)
        with self.assertQueryCount(2):  # the accounts, the disputes
            self.env["collections.dispute"]._settle(self.company)


@tagged("post_install", "-at_install")
class TestWhoDecides(DisputeCommon):
    """Nobody decides what they asked for; a collector never decides; a lot takes a manager."""

    def test_each_role(self):
        dispute = self.open_dispute(300)
        for user in (self.collector, self.colleague, self.invoicer, self.auditor, self.employee,
                     self.portal):  # fmt: skip
            for act in (
                lambda record: record.action_decide(),
                lambda record: record._accept(1, "x"),
                lambda record: record._reject("x"),
                lambda record: record.action_create_credit_note(),
            ):
                with self.subTest(user.login), self.assertRaises(UserError):
                    act(dispute.with_user(user))
        for user in (self.supervisor, self.manager, self.accountant):
            with self.subTest(user.login):
                self.assertTrue(dispute.with_user(user).action_decide())
        self.accept(dispute, 300, self.accountant)

    def test_nobody_decides_what_they_opened_or_reopened(self):
        dispute = self.open_dispute(user=self.supervisor)
        with self.assertRaisesRegex(UserError, "somebody else"):
            dispute.with_user(self.supervisor)._reject("x")
        dispute.with_user(self.second)._reject("x")
        dispute.with_user(self.second).action_reopen()
        for user in (self.supervisor, self.second):
            with self.assertRaisesRegex(UserError, "somebody else"):
                self.accept(dispute, 1, user)
        self.accept(dispute, 1, self.manager)

    def test_above_the_limit_a_manager_accepts(self):
        self.company.collections_dispute_limit = 200
        dispute = self.open_dispute(300)
        for user in (self.supervisor, self.accountant):
            with self.assertRaisesRegex(UserError, "a manager accepts"), self.env.cr.savepoint():
                self.accept(dispute, 200.01, user)
        self.accept(dispute, 300, self.manager)

    def test_up_to_the_limit_a_supervisor_accepts(self):
        self.company.collections_dispute_limit = 200
        self.assertTrue(self.accept(self.open_dispute(300), 200))

    def test_the_second_of_two_is_told_who_was_first(self):
        dispute = self.open_dispute(300)
        self.accept(dispute, 300, self.supervisor)
        with self.assertRaisesRegex(UserError, re.escape(self.supervisor.name)):
            dispute.with_user(self.second)._reject("x")
        self.assertEqual(len(dispute.sudo().refund_ids), 1)

    def test_what_is_contested_and_decided_is_not_written_by_hand(self):
        dispute = self.open_dispute(300)
        for values in (
            {"amount": 1},
            {"state": "credited"},
            {"decided_by_id": self.collector.id},
            {"opened_by_id": self.supervisor.id},
            {"asked_by_ids": [Command.clear()]},
            {"case_id": self.free.id},
            {"amount_accepted": 5},
        ):
            for user in (self.collector, self.supervisor, self.manager):
                with self.subTest(values, user=user.login), self.assertRaises(UserError):
                    dispute.with_user(user).write(values)
        dispute.with_user(self.collector).write({"said_by": "Ana"})
        forged = self.open_dispute(5, state="credited", opened_by_id=self.supervisor.id)
        self.assertRecordValues(forged, [{"state": "open", "opened_by_id": self.collector.id}])
        with self.assertRaises(UserError):
            dispute.with_user(self.manager).unlink()

    def test_each_sees_the_disputes_of_the_cases_they_see(self):
        mine = self.open_dispute(300)
        theirs = self.open_dispute(
            5, line=self.get_receivable(self.theirs.receivable_ids.move_id), case=self.theirs,
            user=self.colleague,
        )  # fmt: skip
        both = mine.sudo() + theirs.sudo()
        disputes = self.env["collections.dispute"]
        for user, expected in (
            (self.collector, mine),
            (self.colleague, theirs),
            (self.supervisor, both),
            (self.auditor, both),
            (self.accountant, both),
            (self.invoicer, both),
            (self.foreign_manager, disputes),
        ):
            with self.subTest(user.login):
                found = disputes.with_user(user).search([])
                self.assertEqual(set(found.ids), set(expected.ids))
        for user in (self.employee, self.portal):
            with self.assertRaises(AccessError):
                disputes.with_user(user).search([])
        with self.assertRaises(AccessError):
            self.open_dispute(1, case=self.theirs, line=self.theirs.receivable_ids)
        with self.assertRaises(AccessError):
            theirs.with_user(self.collector).action_withdraw()

    def test_the_form_decides(self):
        dispute = self.open_dispute(300)
        wizard = self.env["collections.dispute.decision"].with_user(self.supervisor).create(
            {"dispute_id": dispute.id}
        )  # fmt: skip
        self.assertEqual(wizard.amount, 300)
        self.assertIn("300.00", wizard.sentence)
        with self.assertRaisesRegex(UserError, "Say why"):
            wizard.action_confirm()
        with self.assertRaises(AccessError):
            wizard.with_user(self.second).read(["amount"])
        wizard.write({"note": "Agreed", "amount": 200})
        wizard.action_confirm()
        self.assertRecordValues(
            dispute, [{"state": "accepted", "amount_accepted": 200, "decision_note": "Agreed"}]
        )


@tagged("post_install", "-at_install")
class TestTwoDeciders(CollectionsCommon):
    def test_who_comes_second_does_not_wait(self):
        """What another transaction has in hand is refused at once, in words."""
        dispute = self.env["collections.dispute"].new({})
        self.patch(type(dispute), "try_lock_for_update", lambda records, **kwargs: records[:0])
        with self.assertRaisesRegex(UserError, "right now"):
            dispute._take(("open",))


@tagged("post_install", "-at_install")
class TestDisputeTours(ToursCommon):
    def test_collector_opens_and_supervisor_decides(self):
        self.open_tour("collections_case_action", "collections_dispute_tour", self.collector)
        dispute = self.env["collections.dispute"].search([])
        self.assertRecordValues(
            dispute,
            [{"amount": 200, "state": "open", "opened_by_id": self.collector.id}],
        )
        self.open_tour(
            "collections_dispute_action", "collections_dispute_decide_tour", self.supervisor
        )
        self.assertRecordValues(dispute, [{"state": "accepted", "amount_accepted": 150}])
        self.assertEqual(dispute.refund_ids.amount_total, 150)


@tagged("post_install", "-at_install")
class TestDisputeOnAPhone(BrowserCase, CollectionsCommon):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.create_invoice(1200, days_overdue=45)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.get_case().user_id = cls.collector

    def test_collector_opens_a_dispute(self):
        self.start_tour(
            "/odoo/action-collections_management.collections_case_action",
            "collections_phone_dispute_tour",
            login=self.collector.login,
        )
        self.assertRecordValues(
            self.env["collections.dispute"].search([]), [{"amount": 200, "state": "open"}]
        )
