from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from .common import CollectionsCommon


class PromiseCommon(CollectionsCommon):
    """A debtor with an overdue invoice, and a collector who talks to him."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind = cls.env["collections.promise.type"].create(
            {"name": "Test", "sequence": 0, "grace_days": 0, "kept_percent": 100}
        )
        cls.invoice = cls.create_invoice(100, days_overdue=5)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.case = cls.get_case()
        cls.case.user_id = cls.collector

    def promise(self, amount=None, days=3, lines=None, user=None, case=None, **values):
        """A promise that a collector records, due in so many days."""
        values = {
            "case_id": (case or self.case).id,
            "type_id": self.kind.id,
            "date_due": self.today + timedelta(days=days),
            **({"amount": amount} if amount is not None else {}),
            **({"line_ids": [Command.set(lines.ids)]} if lines is not None else {}),
            **values,
        }
        promises = self.env["collections.promise"].with_user(user or self.collector)
        return promises.create(values).with_env(self.env)

    def age(self, promise, days):
        """Let a promise have been made, and be due, so many days earlier."""
        back = timedelta(days=days)
        promise.write(
            {
                "date": promise.date - back,
                "date_due": promise.date_due - back,
                "date_limit": promise.date_limit - back,
            }
        )
        for hold in promise.hold_ids:
            hold.write({"date_from": hold.date_from - back, "date_until": promise.date_limit})

    def refresh(self):
        self.env["collections.ledger"]._refresh(self.company)

    def events(self, case=None):
        case = case or self.case
        return case.log_ids.sorted("sequence").mapped("event")

    def settle(self, promise, state, paid):
        """Refresh and compare the verdict."""
        self.refresh()
        self.assertEqual((promise.state, promise.amount_paid), (state, paid))


@tagged("post_install", "-at_install")
class TestPromise(PromiseCommon):
    """Made by a person, judged by the ledger."""

    def test_it_proposes_all_that_is_overdue(self):
        self.create_invoice(50, days_overdue=-20)
        second = self.create_invoice(30, days_overdue=1)
        promises = self.env["collections.promise"].with_user(self.collector)
        with Form(
            promises.with_context(default_case_id=self.case.id),
            view="collections_management.collections_promise_view_form_new",
        ) as form:
            form.save()
        promise = form.record
        self.assertEqual(promise.line_ids, self.get_receivable(self.invoice | second))
        self.assertEqual(promise.amount, 130)
        self.assertGreater(promise.date_due, self.today)
        self.assertLess(promise.date_due.isoweekday(), 6)
        self.assertEqual(promise.state, "open")
        self.assertEqual(promise.user_id, self.collector)

    def test_what_it_proposes_is_net_of_credits(self):
        self.create_invoice(30, move_type="out_refund", days_overdue=0)
        self.refresh()
        self.assertEqual(self.promise().amount, 70)

    def test_the_case_is_left_alone_until_its_day(self):
        promise = self.promise(person_id=self.person().id, channel_id=self.task.id)
        self.assertRecordValues(
            promise.hold_ids,
            [{"reason": "promise", "line_id": False, "date_until": promise.date_limit}],
        )
        self.assertIn("María", promise.hold_ids.note)
        self.assertTrue(self.case.is_held)
        self.assertFalse(self.plan())
        self.assertEqual(self.case.decision, "held")
        self.assertEqual(self.case.next_promise_date, promise.date_due)
        self.assertIn("promise_made", self.events())

    def person(self):
        return self.env["res.partner"].create({"name": "María", "parent_id": self.debtor.id})

    def test_a_promise_of_a_part_holds_that_part_only(self):
        other = self.create_invoice(40, days_overdue=20)
        promise = self.promise(lines=self.get_receivable(self.invoice))
        self.assertEqual(promise.hold_ids.line_id, self.get_receivable(self.invoice))
        self.assertFalse(self.case.is_held)
        contact = self.plan()
        self.assertEqual(contact.carrier_id, self.get_receivable(other))

    def test_a_kept_promise_frees_the_debtor(self):
        promise = self.promise()
        self.pay(self.invoice, 60)
        self.settle(promise, "open", 60)
        self.pay(self.invoice)
        self.settle(promise, "kept", 100)
        self.assertTrue(promise.hold_ids.lifted_on)
        self.assertFalse(self.case.next_promise_date)
        self.assertEqual(self.case.broken_promise_count, 0)
        self.assertEqual(self.events()[-1], "released")
        self.assertIn("promise_kept", self.events())
        self.assertFalse(self.env["collections.log"]._verify(self.case))

    def test_a_broken_promise_resumes_dunning_the_same_night(self):
        promise = self.promise(days=1)
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            self.assertFalse(self.plan())
            self.assertEqual(promise.state, "due")
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            contact = self.plan()
            self.assertEqual(promise.state, "broken")
            self.assertEqual(contact.step_id, self.strategy.step_ids[1])
            self.assertEqual(self.case.broken_promise_count, 1)
            activity = self.case.activity_ids
            self.assertEqual(activity.user_id, self.collector)
            self.assertIn("Broken promise", activity.summary)
            self.refresh()
            self.assertEqual(self.case.activity_ids, activity)

    def test_grace_days_count(self):
        self.kind.grace_days = 2
        promise = self.promise(days=0)
        self.age(promise, 2)
        self.settle(promise, "due", 0)
        self.assertIn("counts until", promise.state_text)
        self.age(promise, 1)
        self.settle(promise, "broken", 0)

    def test_almost_all_keeps_it_where_its_type_says_so(self):
        self.kind.kept_percent = 98
        promise = self.promise()
        self.pay(self.invoice, 98)
        self.settle(promise, "kept", 98)

    def test_partly_kept(self):
        promise = self.promise(days=0)
        self.pay(self.invoice, 40, date=self.today - timedelta(days=1))
        self.settle(promise, "due", 40)
        self.age(promise, 1)
        self.pay(self.invoice, 60)
        self.settle(promise, "partly", 40)
        self.assertEqual(self.case.broken_promise_count, 0)
        self.assertIn("in part", self.case.activity_ids.summary)

    def test_a_payment_taken_back_takes_the_verdict_back(self):
        promise = self.promise()
        payment = self.pay(self.invoice)
        self.settle(promise, "kept", 100)
        payment.action_draft()
        self.settle(promise, "open", 0)
        self.assertTrue(self.case.is_held)
        self.assertIn("taken back", self.case.activity_ids.summary)
        self.assertIn("promise_reopened", self.events())
        self.assertEqual(len(promise.hold_ids), 2)

    def test_a_payment_reversed_after_the_verdict_breaks_it(self):
        promise = self.promise()
        payment = self.pay(self.invoice)
        self.settle(promise, "kept", 100)
        self.age(promise, 10)
        payment.move_id._reverse_moves(cancel=True)
        self.settle(promise, "broken", 0)
        self.assertEqual(self.case.broken_promise_count, 1)
        self.assertEqual(
            [event for event in self.events() if event.startswith("promise")],
            ["promise_made", "promise_kept", "promise_reopened", "promise_broken"],
        )
        again = self.pay(self.invoice, date=promise.date_limit)
        self.assertTrue(again)
        self.settle(promise, "kept", 100)
        self.assertFalse(self.case.activity_ids)
        self.assertEqual(self.case.broken_promise_count, 0)

    def test_a_payment_before_the_promise_is_none_of_its(self):
        earlier = self.pay(self.invoice, 30)
        self.refresh()
        promise = self.promise()
        self.assertEqual(promise.amount, 70)
        self.settle(promise, "open", 0)
        self.pay(self.invoice, 70)
        self.settle(promise, "kept", 70)
        earlier.action_draft()  # reversed after the verdict: it owes 30 again, it kept its word
        self.settle(promise, "kept", 70)
        earlier.action_post()
        self.settle(promise, "kept", 70)

    def test_a_payment_that_came_to_light_late_keeps_it(self):
        promise = self.promise(days=0)
        self.age(promise, 3)
        self.settle(promise, "broken", 0)
        self.pay(self.invoice, date=promise.date_due)
        self.settle(promise, "kept", 100)
        self.assertEqual(self.case.broken_promise_count, 0)

    def test_an_unmatched_payment_counts(self):
        promise = self.promise()
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.debtor.id,
                "amount": 100,
                "date": self.today,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        self.assertTrue(payment.move_id)
        self.settle(promise, "kept", 100)
        lines = payment.move_id.line_ids.filtered(lambda line: line.credit) | self.get_receivable(
            self.invoice
        )
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        self.settle(promise, "kept", 100)

    def test_a_credit_note_leaves_less_to_keep(self):
        promise = self.promise()
        refund = self.create_invoice(30, move_type="out_refund", days_overdue=0)
        self.get_receivable(self.invoice | refund).reconcile()
        self.settle(promise, "open", 0)
        self.pay(self.invoice)
        self.settle(promise, "kept", 70)

    def test_a_foreign_currency_is_judged_in_it(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 3.0)])
        invoice = self.create_invoice(90, days_overdue=9, currency_id=currency.id)
        self.refresh()
        promise = self.promise(currency_id=currency.id)
        self.assertEqual((promise.amount, promise.currency_id), (90, currency))
        self.assertEqual(promise.line_ids, self.get_receivable(invoice))
        self._register_payment(invoice, amount=30, currency_id=currency.id)
        self.settle(promise, "open", 30)
        self._register_payment(invoice, amount=20, currency_id=self.company.currency_id.id)
        self.settle(promise, "kept", 90)

    def test_instalments_are_promised_one_by_one(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 10)
                ],
            }
        )
        invoice = self.create_invoice(
            200, days_overdue=20, invoice_payment_term_id=terms.id, invoice_date_due=False
        )
        first, second = self.get_receivable(invoice).sorted("date_maturity")
        promise = self.promise(lines=first)
        self.assertEqual(promise.amount, 100)
        self.pay(invoice, 100)
        self.refresh()
        self.assertTrue(first.reconciled)
        self.assertFalse(second.reconciled)
        self.assertEqual(promise.state, "kept")

    def test_two_promises_share_a_payment_the_first_due_first(self):
        other = self.create_invoice(50, days_overdue=2)
        later = self.promise(lines=self.get_receivable(self.invoice), days=6)
        sooner = self.promise(lines=self.get_receivable(other), days=3)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.debtor.id,
                "amount": 80,
                "date": self.today,
            }
        )
        payment.action_post()
        self.settle(sooner, "kept", 50)
        self.assertEqual((later.state, later.amount_paid), ("open", 30))

    # -- replaced, withdrawn, levels -----------------------------------------------------------

    def test_a_new_promise_replaces_the_open_one(self):
        old = self.promise()
        new = self.promise(days=9, replaces_ids=[Command.set(old.ids)])
        self.assertEqual((old.state, new.state), ("replaced", "open"))
        self.assertEqual(old.replaced_by_ids, new)
        self.assertTrue(old.hold_ids.lifted_on)
        self.assertFalse(new.hold_ids.lifted_on)
        self.assertEqual(new.level, 1)
        self.assertEqual(self.case.promise_ids, old | new)
        self.assertEqual(self.case.next_promise_date, new.date_due)
        self.pay(self.invoice)
        self.settle(new, "kept", 100)
        self.assertEqual((old.state, old.amount_paid), ("replaced", 0))

    def test_the_dialog_replaces_what_it_shows(self):
        old = self.promise()
        promises = self.env["collections.promise"].with_user(self.collector)
        with Form(
            promises.with_context(default_case_id=self.case.id),
            view="collections_management.collections_promise_view_form_new",
        ) as form:
            self.assertEqual(form.replaces_ids.ids, old.ids)
        self.assertEqual(old.state, "replaced")

    def test_two_people_at_once(self):
        self.promise()
        with self.assertRaisesRegex(UserError, "has recorded a promise"), self.cr.savepoint():
            self.promise(user=self.supervisor)
        self.assertEqual(len(self.case.promise_ids), 1)

    def test_after_a_broken_one_the_level_goes_up(self):
        for level in (1, 2, 3):
            promise = self.promise(days=0)
            self.assertEqual(promise.level, level)
            self.age(promise, 1)
            self.settle(promise, "broken", 0)
        other = self.create_invoice(40, days_overdue=20)
        self.assertEqual(self.promise(lines=self.get_receivable(other)).level, 1)

    def test_it_is_withdrawn_with_a_reason(self):
        promise = self.promise()
        mine = promise.with_user(self.collector)
        for reason in (None, " "):
            with self.assertRaisesRegex(UserError, "Say why"):
                mine.action_withdraw(reason)
        mine.action_withdraw("She meant another debt")
        self.assertEqual((promise.state, promise.reason), ("withdrawn", "She meant another debt"))
        self.assertFalse(self.case.is_held)
        self.assertIn("She meant another debt", promise.state_text)
        self.pay(self.invoice)
        self.settle(promise, "withdrawn", 0)
        with self.assertRaisesRegex(UserError, "Only a promise that stands"):
            mine.action_withdraw("Again")

    def test_a_promise_restarts_the_quiet_days(self):
        self.strategy.quiet_days = 5
        self.case.last_contact_date = self.today - timedelta(days=6)
        other = self.create_invoice(40, days_overdue=20)
        promise = self.promise(lines=self.get_receivable(other))
        self.assertFalse(self.plan())
        self.assertEqual(self.case.decision, "quiet")
        self.age(promise, 9)
        self.assertTrue(self.plan())

    # -- limits and approval -------------------------------------------------------------------

    def test_beyond_the_limits_a_supervisor_decides(self):
        self.segment.write({"promise_limit_days": 7, "promise_min_percent": 50})
        promise = self.promise(40, days=8)
        self.assertEqual(promise.state, "awaiting")
        self.assertFalse(promise.hold_ids)
        self.assertIn("More than 7 days", promise.limits_text)
        self.assertIn("Less than 50%", promise.limits_text)
        for user, words in ((self.collector, "supervisor does"), (self.auditor, None)):
            with self.assertRaisesRegex((UserError, AccessError), words or ""):
                promise.with_user(user).action_approve()
        promise.with_user(self.supervisor).action_approve()
        self.assertEqual((promise.state, promise.approver_id), ("open", self.supervisor))
        self.assertTrue(promise.hold_ids)
        self.assertEqual(self.events().count("promise_approved"), 1)

    def test_nobody_approves_his_own(self):
        self.segment.promise_limit_days = 7
        promise = self.promise(days=8, user=self.supervisor)
        with self.assertRaisesRegex(UserError, "another supervisor"):
            promise.with_user(self.supervisor).action_approve()
        with self.assertRaisesRegex(UserError, "another supervisor"):
            promise.with_user(self.supervisor).action_refuse("No")
        promise.with_user(self.manager).action_refuse("Too late")
        self.assertEqual((promise.state, promise.reason), ("refused", "Too late"))
        self.assertFalse(self.case.is_held)

    def test_the_number_of_open_promises_is_limited(self):
        self.segment.promise_limit_open = 1
        other = self.create_invoice(50, days_overdue=2)
        first = self.promise(lines=self.get_receivable(self.invoice))
        again = self.promise(
            lines=self.get_receivable(self.invoice), days=4, replaces_ids=[Command.set(first.ids)]
        )
        self.assertEqual(again.state, "open")
        self.assertEqual(self.promise(lines=self.get_receivable(other)).state, "awaiting")

    def test_what_waits_replaces_nothing_yet(self):
        old = self.promise()
        self.segment.promise_limit_days = 7
        new = self.promise(days=20, replaces_ids=[Command.set(old.ids)])
        self.assertEqual((old.state, new.state), ("open", "awaiting"))
        new.with_user(self.supervisor).action_approve()
        self.assertEqual((old.state, new.state), ("replaced", "open"))

    def test_a_size_above_the_limit(self):
        self.create_invoice(100, days_overdue=-30)
        self.segment.promise_max_percent = 100
        promise = self.promise(150, lines=self.case.receivable_ids)
        self.assertIn("More than 100%", promise.limits_text)

    # -- bad input -----------------------------------------------------------------------------

    def refuse(self, words, **values):
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            self.promise(**values)
        self.assertFalse(self.case.promise_ids)

    def test_a_date_in_the_past(self):
        self.refuse("is over already", days=-1)

    def test_more_than_is_owed(self):
        self.refuse("more than is owed", amount=100.01)

    def test_another_currency(self):
        currency = self.setup_other_currency("EUR")
        line = self.get_receivable(self.invoice)
        self.refuse("in its own currency", lines=line, currency_id=currency.id, amount=5)
        self.refuse("there is nothing to promise", currency_id=currency.id, amount=5)

    def test_a_paid_receivable(self):
        other = self.create_invoice(40, days_overdue=2)
        line = self.get_receivable(other)
        self.pay(other)
        self.refuse("paid already", lines=line, amount=5)

    def test_another_debtors_receivable(self):
        other = self.create_invoice(40, debtor=self.create_debtor("Grupo Andino"))
        lines = self.get_receivable(other)
        self.refuse("are not this debtor's", lines=lines, amount=5)
        self.refuse("is not owed by", lines=lines, amount=5, user=self.manager)

    def test_another_companys_receivable(self):
        other = self.setup_other_company()["company"]
        invoice = self.create_invoice(
            40,
            company_id=other.id,
            journal_id=self.env["account.journal"]
            .search([("company_id", "=", other.id), ("type", "=", "sale")], limit=1)
            .id,
        )
        lines = self.get_receivable(invoice)
        self.refuse("are not this debtor's", lines=lines, amount=5)
        root = self.env.ref("base.user_root")
        self.refuse("is another company's", lines=lines, amount=5, user=root)

    def test_a_credit_and_what_is_no_receivable(self):
        refund = self.create_invoice(30, move_type="out_refund", days_overdue=0)
        self.refuse("is a credit", lines=self.get_receivable(refund), amount=5)
        income = self.invoice.line_ids.filtered(lambda line: line.account_type == "income")
        self.refuse("is no receivable|is not owed", lines=income, amount=5)

    def test_a_stranger_promises_nothing(self):
        self.refuse("is no contact of", person_id=self.create_debtor("Grupo Andino").id)

    def test_nothing_is_set_by_hand(self):
        with self.assertRaisesRegex(UserError, "not set by hand"):
            self.promise(state="kept")
        promise = self.promise()
        with self.assertRaisesRegex(UserError, "stands as it was made"):
            promise.with_user(self.collector).write({"amount": 1})
        promise.with_user(self.collector).note = "Told twice"
        with self.assertRaises(UserError):
            promise.unlink()

    def test_a_zero_or_negative_amount(self):
        for amount in (0, -5):
            with self.assertRaisesRegex(UserError, "above zero"), self.cr.savepoint():
                self.promise(amount)

    def test_who_does_not_see_the_case_records_nothing(self):
        other = self.create_user("collector", login="other_collector")
        with self.assertRaises(AccessError):
            self.promise(user=other)
        with self.assertRaises(AccessError):
            self.promise(user=self.auditor)

    def test_the_collector_leaves_the_company(self):
        self.company.collections_user_id = self.supervisor
        promise = self.promise(days=0)
        self.collector.active = False
        self.age(promise, 1)
        self.settle(promise, "broken", 0)
        self.assertEqual(self.case.activity_ids.user_id, self.supervisor)
        self.assertEqual(promise.user_id, self.collector)

    def test_a_merged_debtor_keeps_his_promises(self):
        other = self.create_debtor("Ferretería Lima Norte")
        self.create_invoice(20, debtor=other)
        self.refresh()
        promise = self.promise()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.debtor | other).ids, other
        )
        target = self.get_case(other)
        self.assertEqual(promise.case_id, target)
        self.assertEqual(target.next_promise_date, promise.date_due)
        self.pay(self.invoice)
        self.settle(promise, "kept", 100)
        self.assertEqual(self.case.state, "merged")
        with self.assertRaisesRegex(UserError, "was merged"):
            self.promise()


class PromiseTourCommon(PromiseCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pay(cls.invoice)
        cls.create_invoice(1200, days_overdue=45)
        cls.env["collections.ledger"]._refresh(cls.company)

    def open_tour(self, tour):
        self.start_tour(
            "/odoo/action-collections_management.collections_case_action",
            tour,
            login=self.collector.login,
        )


@tagged("post_install", "-at_install")
class TestPromiseTour(PromiseTourCommon):
    browser_size = "1400x900"

    def test_a_collector_records_replaces_and_withdraws(self):
        self.open_tour("collections_promise_tour")
        first, second = self.case.promise_ids.sorted("id")
        self.assertEqual((first.state, first.amount), ("replaced", 800))
        self.assertEqual((second.state, second.amount), ("withdrawn", 1200))
        self.assertFalse(self.case.is_held)


@tagged("post_install", "-at_install")
class TestPromiseTourOnAPhone(PromiseTourCommon):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_collector_records_one(self):
        self.open_tour("collections_promise_phone_tour")
        self.assertEqual((self.case.promise_ids.state, self.case.promise_ids.amount), ("open", 800))
