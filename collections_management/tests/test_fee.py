import random
from datetime import timedelta
from decimal import Decimal

import psycopg2
from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon
from .test_engine_interest import reference


class FeeCommon(CollectionsCommon):
    """Interest of 12 % a year of 365 days, no law, booked at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collections.fee.law"].search([]).active = False
        cls.product = cls.env["product.product"].create(
            {"name": "Late-payment charges", "type": "service", "taxes_id": [Command.clear()]}
        )
        cls.journal = cls.company_data["default_journal_sale"]
        cls.policy = cls.create_policy()
        cls.company.write(
            {"collections_fee_limit_supervisor": 50, "collections_fee_limit_manager": 500}
        )

    @classmethod
    def create_policy(cls, **values):
        rates = values.pop("rates", [(1, 12)])
        return cls.env["collections.fee.policy"].create(
            {
                "name": "Interest",
                "company_id": cls.company.id,
                "rate_source": "own",
                "tier_ids": [
                    Command.create({"days": days, "percent": percent}) for days, percent in rates
                ],
                "date_start": cls.today - timedelta(days=3000),
                "product_id": cls.product.id,
                "journal_id": cls.journal.id,
                "mode": "automatic",
                "posting": "posted",
                **values,
            }
        )

    @classmethod
    def refresh(cls):
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)

    def charge(self, policy=None, case=None, **kwargs):
        """Charge as a step does; returns the new fees."""
        self.refresh()
        fees = self.env["collections.fee"]._charge(
            policy or self.policy, case or self.get_case(), **kwargs
        )
        fees.filtered(lambda fee: fee.policy_id.mode == "automatic")._book()
        return fees

    def preview(self, policy=None, case=None):
        self.refresh()
        return self.env["collections.fee.calculator"]._compute_charges(
            policy or self.policy, case or self.get_case()
        )


@tagged("post_install", "-at_install")
class TestFee(FeeCommon):
    """What is charged, where it is booked, and that no day is charged twice."""

    def test_thirty_days_on_a_thousand(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        fee = self.charge()
        self.assertRecordValues(
            fee,
            [
                {
                    "amount": 9.86,
                    "days": 30,
                    "kind": "interest",
                    "state": "charged",
                    "line_id": self.get_receivable(invoice).id,
                    "date_from": self.today - timedelta(days=29),
                    "date_to": self.today,
                }
            ],
        )
        note = fee.move_id
        self.assertRecordValues(
            note,
            [
                {
                    "state": "posted",
                    "move_type": "out_invoice",
                    "amount_total": 9.86,
                    "invoice_origin": invoice.name,
                    "invoice_date_due": self.today,
                }
            ],
        )
        self.assertIn("30 days on", note.invoice_line_ids.name)
        log = self.get_case().log_ids.filtered(lambda entry: entry.event == "fee_charged")
        self.assertIn("9.86", log.summary)
        self.assertIn(note.name, log.summary)

    def test_no_day_is_charged_twice(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        first = self.charge()
        self.assertFalse(self.charge())
        with freeze_time(self.today + timedelta(days=10)):
            second = self.charge()
        self.assertRecordValues(
            second,
            [
                {
                    "days": 10,
                    "amount": 3.29,
                    "previous_date": first.date_to,
                    "date_from": first.date_to + timedelta(days=1),
                }
            ],
        )
        self.assertEqual(second.line_id, self.get_receivable(invoice))

    @mute_logger("odoo.sql_db")
    def test_the_database_itself_refuses_days_that_overlap(self):
        self.create_invoice(1000, days_overdue=30)
        fee = self.charge()
        columns = (
            "case_id, company_id, partner_id, line_id, kind, date_from, date_to, previous_date,"
            " currency_id, amount, policy_id, state"
        )
        day = timedelta(days=1)
        for date_from, date_to, previous in (
            (fee.date_from + day, fee.date_to + 9 * day, None),  # another beginning
            (fee.date_from, fee.date_to + 9 * day, fee.date_to),  # starts too early
            (fee.date_to + day, fee.date_to + 9 * day, fee.date_to - day),  # follows no link
            (fee.date_from, fee.date_to, None),
        ):
            with self.subTest(previous=previous), self.assertRaises(psycopg2.IntegrityError):
                with self.env.cr.savepoint():
                    self.env.cr.execute(
                        f"INSERT INTO collections_fee ({columns})"
                        " SELECT case_id, company_id, partner_id, line_id, kind, %s, %s, %s,"
                        " currency_id, amount, policy_id, state FROM collections_fee WHERE id = %s",
                        (date_from, date_to, previous, fee.id),
                    )

    def test_a_partial_payment_counts_from_its_own_day(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        self.pay(invoice, 400, date=self.today - timedelta(days=10))
        fee = self.charge()
        self.assertEqual(
            fee.slice_ids.mapped(lambda part: (part.days, part.base)), [(20, 1000), (10, 600)]
        )
        self.assertEqual(fee.amount, 8.55)  # 6.5753 + 1.9726

    def test_a_payment_matched_late_counts_from_the_day_it_came(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.debtor.id,
                "amount": 1000,
                "payment_type": "inbound",
                "date": self.today - timedelta(days=20),
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        [unmatched] = self.preview()
        self.assertEqual(sum(part.days for part in unmatched.slices), 10)
        self.assertEqual(unmatched.amount, Decimal("3.29"))
        lines = (payment.move_id.line_ids | invoice.line_ids).filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.reconcile()
        late = self.create_policy(charge_paid=True)
        self.create_invoice(10, days_overdue=-5)  # keeps the case open
        [matched] = self.preview(late)
        self.assertEqual(matched.amount, Decimal("3.29"))
        self.assertFalse(self.preview(), "what is settled is left alone unless the policy says so")

    def test_a_payment_taken_back_restores_the_debt(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        self.pay(invoice, 400, date=self.today - timedelta(days=10))
        self.get_receivable(invoice).remove_move_reconcile()
        payment = self.env["account.payment"].search([("partner_id", "=", self.debtor.id)])
        payment.action_draft()
        payment.action_cancel()
        [charge] = self.preview()
        self.assertEqual(charge.amount, Decimal("9.86"))

    def test_a_credit_note_was_never_owed(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        refund = self.create_invoice(400, days_overdue=0, move_type="out_refund")
        (self.get_receivable(invoice) | self.get_receivable(refund)).reconcile()
        [charge] = self.preview()
        self.assertEqual([part.base for part in charge.slices], [600])

    def test_real_ledgers_agree_with_the_day_by_day_reference(self):
        rng = random.Random(4)
        for number in range(24):
            debtor = self.create_debtor(f"Random{number} Debtor")
            age = rng.randrange(1, 400)
            amount = rng.randrange(10_000, 10_000_000) / 100
            invoice = self.create_invoice(amount, days_overdue=age, debtor=debtor)
            due = self.today - timedelta(days=age)
            left, payments = Decimal(str(amount)), []
            for _n in range(rng.randrange(4)):
                part = round(float(left) * rng.random(), 2)
                day = due + timedelta(days=rng.randrange(-3, age + 1))
                if part:
                    payment = self.pay(invoice, part, date=day)
                    payments.append((day, Decimal(str(part))))
                    left -= payments[-1][1]
                if part and rng.random() < 0.25:  # reversed: it bounced
                    payment.move_id.line_ids.remove_move_reconcile()
                    payment.action_draft()
                    payment.action_cancel()
                    left += payments.pop()[1]
            self.refresh()
            policy = self.create_policy(
                rates=[(1, 12), (31, 18.5)],
                basis=rng.choice(("365", "360", "actual")),
                grace_days=rng.choice((0, 5)),
            )
            with self.subTest(number=number, payments=payments):
                expected = reference(
                    due, Decimal(str(amount)), payments, policy._to_terms(
                        self.env["collections.fee.law"]), until=self.today,
                )  # fmt: skip
                charges = self.preview(policy, self.get_case(debtor))
                self.assertEqual(sum(charge.amount for charge in charges), expected)

    def test_each_instalment_counts_from_its_own_due_date(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 30)
                ],
            }
        )
        self.create_invoice(
            1000, days_overdue=40, invoice_payment_term_id=term.id, invoice_date_due=False,
        )  # fmt: skip
        fees = self.charge()
        self.assertEqual(sorted(fees.mapped("days")), [10, 40])
        self.assertEqual(len(fees.move_id), 1, "one debit note for all of a debtor")

    def test_each_currency_has_its_debit_note(self):
        euro = self.setup_other_currency("EUR", rounding=0.01)
        self.create_invoice(1000, days_overdue=30)
        self.create_invoice(500, days_overdue=30, currency_id=euro.id)
        fees = self.charge()
        self.assertEqual(len(fees.move_id), 2)
        foreign = fees.filtered(lambda fee: fee.currency_id == euro)
        self.assertRecordValues(
            foreign, [{"amount": 4.93, "currency_id": euro.id, "amount_company": 2.47}]
        )
        self.assertEqual(foreign.move_id.currency_id, euro)

    def test_interest_bears_no_interest_unless_the_policy_says_so(self):
        self.create_invoice(1000, days_overdue=30)
        self.charge()
        with freeze_time(self.today + timedelta(days=40)):
            [charge] = self.preview()
            self.assertEqual(charge.debt.original, 1000)
            self.assertEqual(len(self.preview(self.create_policy(charge_fees=True))), 2)

    def test_unpaid_fees_ride_along_and_never_drive(self):
        self.create_invoice(1000, days_overdue=30)
        fee = self.charge()
        self.pay(self.env["account.move"].search([("name", "=", fee.receivable_name)]))
        with freeze_time(self.today + timedelta(days=20)):
            self.assertFalse(self.plan())
            case = self.get_case()
            self.assertEqual(case.decision, "held")
            self.assertIn("Only fees are left", case.decision_text)
            self.policy.dunning = "alone"
            self.assertTrue(self.plan())

    def test_the_exempt_are_not_charged(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        self.assertTrue(self.preview())
        self.debtor.collections_fee_exempt = True
        self.assertFalse(self.preview())
        self.debtor.collections_fee_exempt = False
        self.policy.exempt_segment_ids = self.segment
        self.assertFalse(self.preview())
        self.policy.exempt_segment_ids = False
        tag = self.env["res.partner.category"].create({"name": "Public body"})
        self.policy.exempt_category_ids = tag
        self.assertTrue(self.preview())
        self.debtor.category_id = tag
        self.assertFalse(self.preview())
        self.debtor.category_id = False
        self.env["collections.hold"].create(
            {"case_id": self.get_case().id, "line_id": self.get_receivable(invoice).id}
        )
        self.assertFalse(self.preview(), "what is held, as a dispute is, bears nothing meanwhile")

    def test_the_minimum_waits_until_it_is_worth_it(self):
        self.policy.minimum_amount = 10
        self.create_invoice(1000, days_overdue=30)
        self.assertIn("minimum", self.preview()[0].problem)
        self.assertFalse(self.charge())
        with freeze_time(self.today + timedelta(days=1)):
            self.assertEqual(self.charge().amount, 10.19)

    def test_a_fixed_sum_is_charged_once_or_each_time(self):
        self.create_invoice(1000, days_overdue=30)
        once = self.create_policy(rate_source="none", fixed_source="own", fixed_amount=15)
        self.assertEqual(self.charge(once).amount, 15)
        each = self.create_policy(
            rate_source="none", fixed_source="own", fixed_amount=5, fixed_once=False
        )
        with freeze_time(self.today + timedelta(days=1)):
            self.assertFalse(self.charge(once, occasion="step/9/0"))
            self.assertEqual(self.charge(each, occasion="step/9/0").amount, 5)
        with freeze_time(self.today + timedelta(days=2)):
            self.assertFalse(self.charge(each, occasion="step/9/0"))
            self.assertEqual(self.charge(each, occasion="step/9/1").amount, 5)

    def test_a_fixed_sum_per_debtor_stands_on_the_oldest(self):
        old = self.create_invoice(100, days_overdue=40)
        self.create_invoice(100, days_overdue=30)
        policy = self.create_policy(
            rate_source="none", fixed_source="own", fixed_amount=15, fixed_scope="case"
        )
        self.assertEqual(self.charge(policy).receivable_name, old.name)

    def create_law(self, *rows, **values):
        return self.env["collections.fee.law"].create(
            {
                "name": "A law",
                "row_ids": [
                    Command.create({"date_from": self.today - timedelta(days=999), **row})
                    for row in rows
                ],
                **values,
            }
        )

    def test_the_law_caps_rate_sum_and_share(self):
        currency = self.company.currency_id.id
        law = self.create_law(
            {"kind": "rate", "reference": 2, "points": 4},
            {"kind": "fixed", "amount": 40, "currency_id": currency},
            {"kind": "fixed", "amount": 70, "amount_from": 900, "currency_id": currency},
            {"kind": "penalty", "points": 2},
        )
        policy = self.create_policy(fixed_source="own", fixed_amount=99, penalty_percent=5)
        self.create_invoice(1000, days_overdue=73)
        found = {charge.kind: charge.amount for charge in self.preview(policy)}
        self.assertEqual(
            found,
            {"interest": Decimal("12.00"), "fixed": Decimal(70), "penalty": Decimal(20)},
        )
        policy.limit_mode = "none"
        found = {charge.kind: charge.amount for charge in self.preview(policy)}
        self.assertEqual(
            found,
            {"interest": Decimal("24.00"), "fixed": Decimal(99), "penalty": Decimal(50)},
        )
        legal = self.create_policy(rate_source="law", fixed_source="law")
        found = {charge.kind: charge.amount for charge in self.preview(legal)}
        self.assertEqual(found, {"interest": Decimal("12.00"), "fixed": Decimal(70)})
        law.row_ids.filtered(lambda row: row.kind == "rate").is_known = False
        [interest] = [c for c in self.preview(legal) if c.kind == "interest"]
        self.assertIn("A law: the legal rate of", interest.problem)
        self.assertTrue(law.is_incomplete)

    def test_the_law_of_the_debtors_country_holds(self):
        chile, peru = self.env.ref("base.cl"), self.env.ref("base.pe")
        self.create_law({"kind": "rate", "points": 1}, country_ids=chile.ids)
        self.create_invoice(1000, days_overdue=73)
        self.debtor.country_id = peru
        self.assertEqual(self.preview()[0].amount, 24)
        self.debtor.country_id = chile
        self.assertEqual(self.preview()[0].amount, 2)

    def test_the_figures_that_come_with_the_addon_name_their_source(self):
        laws = self.env["collections.fee.law"].with_context(active_test=False).search(
            [("id", "in", self.env["ir.model.data"].search(
                [("model", "=", "collections.fee.law"),
                 ("module", "=", "collections_management")]).mapped("res_id"))]
        )  # fmt: skip
        self.assertGreaterEqual(len(laws), 10)
        for law in laws:
            self.assertTrue(law.citation and law.checked_on and law.confidence, law.name)
        uk = self.env.ref("collections_management.collections_fee_law_uk")
        self.assertEqual(
            sorted(uk.row_ids.filtered(lambda row: row.kind == "fixed").mapped("amount")),
            [40, 70, 100],
        )
        self.assertTrue(self.env.ref("collections_management.collections_fee_law_eu").is_incomplete)

    def test_the_tax_of_the_product_is_on_the_debit_note(self):
        tax = self.company_data["default_tax_sale"]
        self.product.taxes_id = tax
        self.create_invoice(1000, days_overdue=30)
        note = self.charge().move_id
        self.assertEqual(note.amount_untaxed, 9.86)
        self.assertEqual(note.amount_tax, round(9.86 * tax.amount / 100, 2))

    def test_the_trace_speaks_the_debtors_language(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.debtor.lang = "es_419"
        self.create_invoice(1000, days_overdue=30)
        text = self.charge().move_id.invoice_line_ids.name
        day = self.today.strftime("%d/%m/%Y")
        self.assertIn(day, text)

    def test_a_contact_may_tell_the_unpaid_fees(self):
        self.create_invoice(1000, days_overdue=30)
        contact = self.plan()
        self.assertEqual(contact.fees_text, "")
        self.charge()
        contact._forget_letters()
        self.assertEqual(contact.fees_text, "$\N{NO-BREAK SPACE}9.86")

    def test_a_receivable_made_anew_keeps_the_days_charged(self):
        invoice = self.create_invoice(1000, days_overdue=30)
        fee = self.charge()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 2000
        invoice.action_post()
        if not fee.line_id:
            self.assertEqual(fee.origin_move_id, invoice)
        self.assertFalse(self.charge(), "today is charged already")

    def test_a_merged_debtor_takes_the_fees_along(self):
        other = self.create_debtor("Twin Debtor")
        self.create_invoice(1000, days_overdue=30)
        self.create_invoice(10, days_overdue=30, debtor=other)
        fee = self.charge()
        target = self.get_case(other)
        self.get_case()._merge_into(target)
        self.assertEqual(fee.case_id, target)

    def test_ten_times_the_receivables_cost_no_more_queries(self):
        debtors = [self.create_debtor(f"Count{n} Debtor") for n in range(12)]
        for debtor in debtors:
            self.create_invoice(100, days_overdue=20, debtor=debtor)
        self.refresh()
        cases = self.env["collections.case"].search([("company_id", "=", self.company.id)])

        def count(chosen):
            self.preview(case=chosen)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["collections.fee.calculator"]._compute_charges(self.policy, chosen)
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(cases[:3]), count(cases))


@tagged("post_install", "-at_install")
class TestFeeBadInput(FeeCommon):
    """What cannot be charged is refused in words."""

    def test_a_policy_without_a_product_is_refused_when_it_is_set_up(self):
        with self.assertRaisesRegex(ValidationError, "has no product"):
            self.create_policy(product_id=False)
        with self.assertRaisesRegex(ValidationError, "no sales journal"):
            self.create_policy(journal_id=False)
        with self.assertRaisesRegex(ValidationError, "at no rate"):
            self.create_policy(rates=[])
        with self.assertRaisesRegex(ValidationError, "charges nothing"):
            self.create_policy(rate_source="none")
        with self.assertRaisesRegex(ValidationError, "fixed sum of nothing"):
            self.create_policy(fixed_source="own")

    def test_a_preventive_step_cannot_charge(self):
        with self.assertRaisesRegex(ValidationError, "before anything is overdue"):
            self.strategy.step_ids.filtered(lambda step: step.days < 0).fee_policy_ids = self.policy

    def test_a_step_of_one_company_charges_by_its_policies_only(self):
        other = self.env["res.company"].create({"name": "Other company"})
        self.strategy.company_id = other
        with self.assertRaisesRegex(ValidationError, "Other company"):
            self.strategy.step_ids.filtered(lambda s: s.days == 10).fee_policy_ids = self.policy

    def test_closed_books_refuse_the_fee(self):
        self.create_invoice(1000, days_overdue=30)
        self.refresh()
        self.company.sale_lock_date = self.today
        with self.assertRaisesRegex(UserError, "are closed on"):
            self.charge()
        self.company.sale_lock_date = False
        self.assertTrue(self.charge())

    def test_another_companys_debts_are_not_charged(self):
        other = self.env["res.company"].create({"name": "Other company"})
        self.create_invoice(1000, days_overdue=30)
        self.refresh()
        foreign = self.policy.copy({"company_id": other.id, "journal_id": self.env[
            "account.journal"].create({"name": "S", "code": "SX", "type": "sale",
                                       "company_id": other.id}).id})  # fmt: skip
        self.assertFalse(self.preview(foreign))

    def test_a_fee_is_never_deleted(self):
        self.create_invoice(1000, days_overdue=30)
        with self.assertRaisesRegex(UserError, "not deleted but waived"):
            self.charge().unlink()


@tagged("post_install", "-at_install")
class TestFeeRun(FeeCommon):
    """A step charges after its message really left."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.strategy.step_ids.filtered(lambda step: step.days == 30).fee_policy_ids = cls.policy
        cls.cron = cls.env.ref("collections_management.collections_fee_cron")

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    def test_the_run_charges_who_was_told(self):
        self.create_invoice(1000, days_overdue=30)
        with self.mailbox() as box:
            self.run_night()
        self.assertEqual(len(box.messages), 1)
        contact = self.get_case().contact_ids
        self.assertEqual(contact.fee_state, "due")
        self.run_cron()
        self.assertEqual(contact.fee_state, "done")
        fee = self.get_case().fee_ids
        self.assertRecordValues(
            fee, [{"amount": 9.86, "contact_id": contact.id, "state": "charged"}]
        )
        self.assertFalse(fee.asked_by_id)
        self.run_cron()
        self.assertEqual(len(self.get_case().fee_ids), 1)

    def test_what_did_not_leave_is_not_charged(self):
        self.create_invoice(1000, days_overdue=30)
        self.plan()
        self.run_cron()
        self.assertFalse(self.get_case().fee_ids)

    def test_what_went_to_the_test_address_is_not_charged(self):
        self.create_invoice(1000, days_overdue=30)
        contact = self.plan()
        contact.safe_mode = True
        contact._mark_sent("x")
        self.assertFalse(contact.fee_state)

    def test_a_task_is_charged_once_it_is_done(self):
        step = self.strategy.step_ids.filtered(lambda step: step.days == 30)
        step.mode = "manual"
        self.create_invoice(1000, days_overdue=30)
        contact = self.plan()
        contact._mark_sent("activity/0")
        self.assertFalse(contact.fee_state)
        contact._receive_status("delivered")
        self.assertEqual(contact.fee_state, "due")

    def test_a_refusal_is_told_and_tried_again(self):
        self.create_invoice(1000, days_overdue=30)
        contact = self.plan()
        contact._mark_sent("x")
        self.company.sale_lock_date = self.today
        self.run_cron()
        self.assertEqual(contact.fee_state, "failed")
        self.assertIn("are closed on", contact.fee_note)
        self.run_cron()
        refusals = self.get_case().log_ids.filtered(lambda log: log.event == "fee_refused")
        self.assertEqual(len(refusals), 1, "the log tells a reason once")
        self.assertFalse(self.get_case().fee_ids)
        self.company.sale_lock_date = False
        self.run_cron()
        self.assertEqual(contact.fee_state, "done")
        self.assertTrue(self.get_case().fee_ids)

    def test_one_debtor_that_fails_does_not_stop_the_others(self):
        other = self.create_debtor("Second Debtor")
        self.create_invoice(1000, days_overdue=30)
        self.create_invoice(500, days_overdue=30, debtor=other)
        contacts = self.plan()
        contacts._mark_sent("x")
        blocked = self.get_case()
        create = type(self.env["collections.fee"])._book

        def fail(fees):
            if blocked in fees.case_id:
                raise UserError(blocked.display_name)
            return create(fees)

        self.patch(type(self.env["collections.fee"]), "_book", fail)
        self.run_cron()
        self.assertEqual(
            {contact.case_id: contact.fee_state for contact in contacts},
            {blocked: "failed", self.get_case(other): "done"},
        )

    def test_the_preview_of_tonight_shows_what_the_run_then_charges(self):
        self.create_invoice(1000, days_overdue=30)
        self.create_invoice(77, days_overdue=5, debtor=self.create_debtor("Early Debtor"))
        self.refresh()
        preview = self.env["collections.fee.preview"].with_user(self.supervisor).create({})
        self.assertRecordValues(
            preview.line_ids, [{"partner_id": self.debtor.id, "amount": 9.86, "days": 30}]
        )
        self.assertIn("9.86", preview.total_text)
        self.assertFalse(self.get_case().fee_ids, "a preview writes nothing")
        self.plan()._mark_sent("x")
        self.run_cron()
        self.assertEqual(self.get_case().fee_ids.amount, preview.line_ids.amount)
        with self.assertRaisesRegex(UserError, "A supervisor previews"):
            self.env["collections.fee.preview"].with_user(self.collector).create({})


@tagged("post_install", "-at_install")
class TestFeeRoles(FeeCommon):
    """Who charges, who approves, who gives up, and what the books say then."""

    def setUp(self):
        super().setUp()
        self.create_invoice(1000, days_overdue=30)
        self.refresh()
        self.case = self.get_case()
        self.case.user_id = self.collector

    def ask(self, user, policy=None):
        """Charge by hand, as a user does from the case."""
        previews = self.env["collections.fee.preview"].with_user(user)
        preview = previews.with_context(default_case_id=self.case.id).create({})
        preview.policy_ids = policy or self.policy
        self.assertTrue(preview.line_ids)
        preview.action_charge()
        return self.case.fee_ids.sorted("id", reverse=True)[:1].with_user(user)

    def waive(self, user, fee, reason="goodwill", note="Good customer"):
        wizard = (
            self.env["collections.fee.waive"]
            .with_user(user)
            .create({"fee_ids": fee.ids, "reason": reason, "note": note})
        )
        wizard.action_waive()
        return wizard

    def test_a_collector_charges_from_the_case(self):
        fee = self.ask(self.collector)
        self.assertEqual(fee.sudo().state, "charged")
        self.assertEqual(fee.sudo().asked_by_id, self.collector)
        with self.assertRaises(UserError):
            self.ask(self.auditor)

    def test_nobody_approves_what_he_asked_for(self):
        self.policy.mode = "approval"
        fee = self.ask(self.supervisor)
        self.assertEqual(fee.state, "proposed")
        self.assertFalse(fee.move_id)
        with self.assertRaisesRegex(UserError, "another person"):
            fee.action_charge()
        with self.assertRaisesRegex(UserError, "A supervisor approves"):
            fee.with_user(self.collector).action_charge()
        fee.with_user(self.manager).action_charge()
        self.assertEqual(fee.state, "charged")
        self.assertEqual(fee.sudo().move_id.state, "posted")
        with self.assertRaisesRegex(UserError, "Nothing here waits"):
            fee.with_user(self.manager).action_charge()

    def test_within_the_limit_a_supervisor_gives_up_alone(self):
        fee = self.ask(self.collector)
        note = fee.sudo().move_id
        self.waive(self.supervisor, fee)
        self.assertRecordValues(
            fee.sudo(),
            [{"state": "waived", "waiver_state": "granted",
              "waiver_decided_by_id": self.supervisor.id}],
        )  # fmt: skip
        credit = fee.sudo().credit_move_id
        self.assertRecordValues(
            credit,
            [{"move_type": "out_refund", "state": "posted", "amount_total": 9.86,
              "reversed_entry_id": note.id}],
        )  # fmt: skip
        self.assertEqual(note.payment_state, "reversed")
        self.assertFalse(self.charge(), "what is given up stays given up")
        with freeze_time(self.today + timedelta(days=10)):
            self.assertEqual(self.charge().days, 10)

    def test_above_the_limit_a_second_person_decides(self):
        fee = self.ask(self.collector)
        self.assertFalse(self.waive(self.collector, fee).is_alone)
        self.assertRecordValues(fee.sudo(), [{"state": "charged", "waiver_state": "asked"}])
        with self.assertRaisesRegex(UserError, "asked already"):
            self.waive(self.supervisor, fee)
        with self.assertRaises(AccessError):
            fee.with_user(self.collector).action_grant_waiver()
        self.company.collections_fee_limit_supervisor = 5
        with self.assertRaisesRegex(AccessError, "above your limit"):
            fee.with_user(self.supervisor).action_grant_waiver()
        fee.with_user(self.manager).action_grant_waiver()
        self.assertEqual(fee.sudo().state, "waived")

    def test_nobody_decides_on_his_own_waiver(self):
        fee = self.ask(self.collector)
        self.company.collections_fee_limit_manager = 5
        self.waive(self.manager, fee)
        with self.assertRaisesRegex(AccessError, "You asked for this waiver"):
            fee.with_user(self.manager).action_grant_waiver()
        with self.assertRaisesRegex(AccessError, "You asked for this waiver"):
            fee.with_user(self.manager).action_refuse_waiver()
        second = self.create_user("manager", login="second_manager")
        fee.with_user(second).action_refuse_waiver()
        self.assertRecordValues(fee.sudo(), [{"state": "charged", "waiver_state": "refused"}])

    def test_a_limit_cannot_be_evaded_in_slices(self):
        self.create_invoice(1000, days_overdue=30)
        fees = self.charge()
        self.company.collections_fee_limit_supervisor = 15
        self.waive(self.supervisor, fees[0])
        self.assertEqual(fees[0].state, "waived")
        self.waive(self.supervisor, fees[1])
        self.assertEqual(fees[1].waiver_state, "asked")

    def test_part_of_a_debit_note_is_credited(self):
        self.create_invoice(2000, days_overdue=30)
        fees = self.charge()
        note = fees.move_id
        self.waive(self.supervisor, fees.filtered(lambda fee: fee.amount < 10))
        self.assertEqual(note.amount_residual, 19.73)
        self.assertEqual(note.payment_state, "partial")
        self.assertEqual(sorted(fees.mapped("state")), ["charged", "waived"])

    def test_a_draft_loses_the_line(self):
        self.policy.posting = "draft"
        self.create_invoice(2000, days_overdue=30)
        fees = self.charge()
        note = fees.move_id
        self.assertEqual(note.state, "draft")
        self.waive(self.supervisor, fees[0])
        self.assertEqual(len(note.invoice_line_ids), 1)
        self.waive(self.supervisor, fees[1])
        self.assertEqual(note.state, "cancel")
        self.assertEqual(set(fees.mapped("state")), {"waived"})

    def test_a_paid_fee_given_up_leaves_a_credit(self):
        fee = self.ask(self.collector)
        self.pay(fee.sudo().move_id)
        self.waive(self.supervisor, fee)
        self.assertEqual(fee.sudo().credit_move_id.amount_residual, 9.86)

    def test_a_waiver_needs_words_and_open_books(self):
        fee = self.ask(self.collector)
        with self.assertRaisesRegex(UserError, "in a few words why"):
            self.waive(self.supervisor, fee, note="  ")
        self.company.sale_lock_date = self.today
        with self.assertRaisesRegex(UserError, "are closed on"):
            self.waive(self.supervisor, fee)

    def test_accounting_takes_the_whole_debit_note_back(self):
        fee = self.charge()
        reversal = fee.move_id._reverse_moves([{"date": self.today}], cancel=True)
        self.assertEqual(reversal.state, "posted")
        self.assertEqual(fee.state, "reversed")
        self.assertFalse(self.charge())

    def test_an_outsider_reads_no_fee_and_writes_none(self):
        fee = self.ask(self.collector)
        other = self.create_user("collector", login="other_collector")
        with self.assertRaises(AccessError):
            fee.with_user(other).read(["amount"])
        with self.assertRaises(AccessError):
            fee.with_user(self.manager).write({"amount": 1})
        with self.assertRaises(AccessError):
            self.env["collections.fee.policy"].with_user(self.supervisor).browse(
                self.policy.id
            ).name = "Mine"
        self.assertEqual(fee.with_user(self.auditor).amount, 9.86)

    def test_the_log_keeps_the_reason(self):
        fee = self.ask(self.collector)
        self.waive(self.supervisor, fee)
        entry = self.case.log_ids.filtered(lambda entry: entry.event == "fee_waived")
        self.assertEqual(entry.user_id, self.supervisor)
        self.assertIn("Goodwill", entry.summary)
        self.assertFalse(self.env["collections.log"]._verify(self.case))


class FeeToursCommon(FeeCommon, HttpCase):
    """One case of the collector with a debt of thirty days."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.create_invoice(1000, days_overdue=30)
        cls.refresh()
        cls.get_case().user_id = cls.collector

    def open_record(self, action, record, tour):
        self.start_tour(
            f"/odoo/action-collections_management.{action}/{record.id}",
            tour,
            login=self.collector.login,
        )


@tagged("post_install", "-at_install")
class TestFeeTours(FeeToursCommon):
    """A collector's way with fees, at the desk."""

    def test_a_collector_looks_and_charges_then_asks_for_a_waiver(self):
        case = self.get_case()
        self.open_record("collections_case_action", case, "collections_fee_tour")
        self.assertRecordValues(case.fee_ids, [{"state": "charged", "amount": 9.86}])
        self.open_record("collections_fee_action", case.fee_ids, "collections_fee_waive_tour")
        self.assertRecordValues(
            case.fee_ids, [{"waiver_state": "asked", "waiver_note": "Paga siempre"}]
        )


@tagged("post_install", "-at_install")
class TestFeeToursOnAPhone(FeeToursCommon):
    """The same on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_a_collector_looks_and_charges(self):
        case = self.get_case()
        self.open_record("collections_case_action", case, "collections_fee_tour")
        self.assertEqual(case.fee_ids.state, "charged")
