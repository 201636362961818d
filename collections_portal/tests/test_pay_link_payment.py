from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PayLinkHttpCase


@tagged("post_install", "-at_install")
class TestPayLinkPayment(PayLinkHttpCase):
    """Paying through Odoo's own payment flow, with its demo provider."""

    def setUp(self):
        super().setUp()
        self.contact = self.create_contact(state="sent", sent_on=fields.Datetime.now())
        self.token = self.contact._get_pay_suffix()

    def get_residuals(self, *invoices):
        return [invoice.amount_residual for invoice in invoices]

    def get_facts(self):
        facts = self.env["collections.ledger"]._get_facts(self.case, self.today)[self.case.id]
        return {item.id: item.hold for item in facts.receivables}

    @mute_logger("odoo.http")
    def refuse(self, message, token, lines, form=None, **values):
        """See that no payment begins, and that the page says why."""
        before = self.env["payment.transaction"].search_count([])
        form = form or self.get_form(token, lines)
        params = self.get_params(form) | values
        answer = self.open(form["transaction_route"], json={"params": params}).json()
        self.assertIn(message, answer["error"]["data"]["message"])
        self.assertEqual(self.env["payment.transaction"].search_count([]), before)

    def test_several_invoices_are_paid_at_once_and_the_case_lets_go(self):
        tx = self.pay_by_link(self.token, self.old | self.late)
        self.assertRecordValues(tx, [{"state": "done", "amount": 1200.0}])
        self.assertEqual(tx.landing_route, f"/c/{self.token}", "not where the browser says")
        self.assertFalse(tx.tokenize, "a link is handed on: no card is kept")
        self.assertEqual(tx.invoice_ids, self.old | self.late)
        self.assertEqual(self.get_residuals(self.old, self.late, self.next), [0, 0, 50])
        self.assertRecordValues(self.case, [{"amount_overdue": 0.0, "amount_total": 50.0}])
        self.assertRecordValues(self.contact, [{"state": "answered", "pay_result": "paid"}])
        events = self.get_events()
        self.assertLess(events.index("payment_begun"), events.index("payment_done"))
        entry = self.case.log_ids.filtered(lambda one: one.event == "payment_done")
        self.assertEqual(entry.contact_id, self.contact)
        self.assertIn("1,200.00 paid by pay link", entry.summary)
        page = self.open(f"/c/{self.token}")
        self.assertIn("Thank you, we received your payment", page.text)
        self.assertNotIn(self.old.name, page.text)

    def test_the_collector_is_told_once(self):
        tx = self.pay_by_link(self.token, self.late)
        receipt = self.env["collections.receipt"].search([("case_id", "=", self.case.id)])
        self.assertRecordValues(receipt, [{"amount": 200.0, "move_id": tx.payment_id.move_id.id}])
        notes = self.case.message_ids.filtered(lambda one: "Payment received" in (one.body or ""))
        self.assertEqual(notes.partner_ids, self.collector.partner_id)
        self.refresh()
        self.assertEqual(len(self.case.message_ids.filtered(
            lambda one: "Payment received" in (one.body or ""))), 1)  # fmt: skip

    def test_only_what_was_chosen_is_paid(self):
        self.pay_by_link(self.token, self.late)
        self.assertEqual(self.get_residuals(self.old, self.late), [1000, 0])

    def test_one_instalment_is_chosen_and_paid(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 10}),
                ],
            }
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.debtor.id,
                "invoice_date": self.today - timedelta(days=30),
                "invoice_payment_term_id": term.id,
                "invoice_line_ids": [
                    Command.create({"name": "X", "price_unit": 600, "tax_ids": False})
                ],
            }
        )
        invoice.action_post()
        first, second = self.get_receivable(invoice).sorted("date_maturity")
        page = self.open(f"/c/{self.token}")
        self.assertIn("Instalment", page.text)
        tx = self.begin(self.token, second)
        self.simulate(tx, "done")
        self.assertEqual([first.amount_residual, second.amount_residual], [300, 0])
        tx = self.begin(self.token, first)
        self.simulate(tx, "done")
        self.assertEqual(invoice.payment_state, "paid")

    def test_what_was_paid_in_part_asks_for_the_rest(self):
        self.pay(self.old, 250)
        tx = self.pay_by_link(self.token, self.old)
        self.assertEqual(tx.amount, 750)
        self.assertEqual(self.get_residuals(self.old), [0])

    def test_credits_go_against_it_and_are_used_up(self):
        refund = self.create_invoice(300, move_type="out_refund", days_overdue=1)
        tx = self.pay_by_link(self.token, self.old | self.late)
        self.assertEqual(tx.amount, 900)
        self.assertEqual(self.get_residuals(self.old, self.late, refund), [0, 0, 0])
        self.assertEqual(tx.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable").amount_residual, 0)  # fmt: skip

    def test_a_credit_is_not_used_twice_while_a_payment_is_under_way(self):
        self.create_invoice(300, move_type="out_refund", days_overdue=1)
        tx = self.begin(self.token, self.get_receivable(self.old))
        self.assertEqual(tx.amount, 700)
        self.simulate(tx, "pending")
        form = self.get_form(self.token, self.get_receivable(self.late))
        self.assertEqual(float(form["amount"]), 200)

    def test_credits_that_cover_it_leave_nothing_to_pay(self):
        self.create_invoice(300, move_type="out_refund")
        self.assertEqual(self.get_form(self.token, self.get_receivable(self.late)), "covered")

    def test_a_debt_that_is_no_invoice_is_paid_too(self):
        account = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": self.today - timedelta(days=50),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id, "partner_id": self.debtor.id, "debit": 80,
                            "date_maturity": self.today - timedelta(days=50), "name": "Opening",
                        }
                    ),
                    Command.create(
                        {"account_id": self.company_data["default_account_revenue"].id,
                         "credit": 80}
                    ),
                ],
            }
        )  # fmt: skip
        entry.action_post()
        line = self.get_receivable(entry)
        line.no_followup = False  # which Odoo sets by itself outside of invoices
        tx = self.begin(self.token, line | self.get_receivable(self.late))
        self.assertEqual(tx.amount, 280)
        self.simulate(tx, "done")
        self.assertEqual((line.amount_residual, self.late.amount_residual), (0, 0))

    def test_another_currency_is_paid_in_it(self):
        currency = self.setup_other_currency("EUR")
        foreign = self.create_invoice(70, days_overdue=3, currency_id=currency.id)
        tx = self.pay_by_link(self.token, foreign)
        self.assertRecordValues(tx, [{"amount": 70.0, "currency_id": currency.id}])
        self.assertEqual(self.get_residuals(foreign, self.old), [0, 1000])

    def test_a_payment_under_way_holds_what_it_pays_and_nothing_else(self):
        self.pay_by_link(self.token, self.old, "pending")
        old, late = self.get_receivable(self.old), self.get_receivable(self.late)
        holds = self.get_facts()
        self.assertEqual(holds[old.id].reason, "payment_pending")
        self.assertIsNone(holds[late.id])
        self.assertIn("under way", old.collections_hold)
        self.assertIn("under way", self.old.collections_hold)
        self.assertFalse(late.collections_hold)
        told = [item["line"] for item in self.contact._get_letters()[self.contact.id]["items"]]
        self.assertEqual(told, [late], "the next message speaks of the rest")
        self.assertRecordValues(self.contact, [{"state": "answered", "pay_result": "pending"}])
        page = self.open(f"/c/{self.token}")
        self.assertIn("Under way", page.text)
        self.assertIn("Its payment is under way", page.text)
        self.assertEqual(self.get_chosen(page), late)

    def test_the_hold_ends_with_the_payment(self):
        for state in ("cancel", "error", "done"):
            with self.subTest(state=state):
                tx = self.pay_by_link(self.token, self.late, "pending")
                line = self.get_receivable(self.late)
                self.assertTrue(self.get_facts()[line.id])
                self.simulate(tx, state)
                self.assertFalse(self.get_facts().get(line.id))
        self.assertEqual(self.get_residuals(self.late), [0])
        words = self.case.log_ids.filtered(lambda one: one.event == "payment_failed")
        self.assertEqual(len(words), 2)
        self.assertIn("given up by the debtor", " ".join(words.mapped("summary")))

    def test_the_hold_ends_by_itself_after_its_days(self):
        self.pay_by_link(self.token, self.late, "pending")
        line = self.get_receivable(self.late)
        ledger = self.env["collections.ledger"]
        for days, held in ((5, True), (6, False)):
            with self.subTest(days=days), freeze_time(fields.Datetime.now() + timedelta(days=days)):
                day = self.today + timedelta(days=days)
                self.assertEqual(line.id in ledger._get_holds(self.case, day)["lines"], held)

    def test_a_payment_begun_elsewhere_holds_too(self):
        tx = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "reference": "portal",
                "amount": 1000,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.debtor.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(self.old.ids)],
            }
        )
        tx._set_pending()
        self.assertEqual(self.get_facts()[self.get_receivable(self.old).id].reason,
                         "payment_pending")  # fmt: skip
        self.assertEqual(self.get_form(self.token, self.get_receivable(self.old)), "changed")

    def test_the_night_leaves_alone_who_pays_and_speaks_after_a_failure(self):
        self.contact.state = "cancelled"
        tx = self.pay_by_link(self.token, self.old | self.late, "pending")
        self.assertFalse(self.plan())
        self.simulate(tx, "error")
        self.assertTrue(self.plan())

    def test_what_is_under_way_is_not_paid_twice(self):
        lines = self.get_receivable(self.old)
        form = self.get_form(self.token, lines)
        first = self.begin(self.token, lines, form)
        self.simulate(first, "pending")
        self.refuse("changed since", self.token, lines, form)
        self.assertEqual(self.get_form(self.token, lines), "changed")
        self.simulate(first, "done")
        self.refuse("changed since", self.token, lines, form)
        self.assertEqual(self.get_residuals(self.old), [0])

    def test_two_clicks_are_one_payment(self):
        lines = self.get_receivable(self.old | self.late)
        form = self.get_form(self.token, lines)
        first, second = self.begin(self.token, lines, form), self.begin(self.token, lines, form)
        self.assertEqual(first, second)
        for _time in range(2):
            self.simulate(first, "done")
        paid = self.env["account.payment"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(len(paid), 1)
        self.assertEqual(self.get_events().count("payment_begun"), 1)

    def test_the_amount_is_the_one_of_the_click(self):
        lines = self.get_receivable(self.old)
        form = self.get_form(self.token, lines)
        self.pay(self.old, 400)
        self.refuse("changed since", self.token, lines, form)
        for amount in ("1", None, -5, 0, "NaN"):
            with self.subTest(amount=amount):
                self.refuse("changed since", self.token, lines, amount=amount)

    def test_what_is_somebody_elses_is_refused(self):
        other = self.create_debtor("Another Shop")
        foreign = self.create_invoice(5, debtor=other)
        self.refresh()
        theirs = self.get_receivable(foreign)
        self.assertEqual(self.get_form(self.token, theirs), "changed")
        form = self.get_form(self.token, self.get_receivable(self.late))
        route = form["transaction_route"]
        for query in (f"i={theirs.id}", f"i={theirs.id}&i={self.get_receivable(self.late).id}",
                      "i=999999999", "i=-1", "i=1e3", "i=", "", "i=' OR 1=1"):  # fmt: skip
            forged = {**form, "transaction_route": f"{route.partition('?')[0]}?{query}"}
            with self.subTest(query=query):
                self.refuse("hoose", self.token, theirs, forged)
        wrong = self.get_token(self.get_case(other))
        self.assertNotIn(self.old.name, self.open(f"/c/{wrong}").text)
        forged = {**form, "transaction_route": route.replace(self.token, wrong)}
        self.refuse("changed since", self.token, theirs, forged)

    def test_ways_to_pay_that_were_not_offered_are_refused(self):
        lines = self.get_receivable(self.late)
        other = self.create_provider(self._create_company(name="Second Company"))
        for values in (
            {"provider_id": other.id},
            {"provider_id": "x"},
            {"payment_method_id": self.env.ref("payment.payment_method_card").id},
            {"flow": "token", "token_id": 1},
            {"flow": None},
        ):
            with self.subTest(**values):
                self.refuse("not available", self.token, lines, **values)
        self.refuse("whitelisted", self.token, lines, partner_id=1)
        self.assertFalse(self.case.pay_link_ids.transaction_ids)

    def test_a_link_that_opens_nothing_takes_no_payment(self):
        lines = self.get_receivable(self.late)
        form = self.get_form(self.token, lines)
        self.get_link(self.token).with_user(self.collector).action_revoke("Wrong person")
        self.refuse("Not Found", self.token, lines, form)
        self.company.collections_safe_mode = True
        form["transaction_route"] = form["transaction_route"].replace(self.token, self.get_token())
        self.refuse("This is a test", self.token, lines, form)

    def test_a_part_is_paid_where_the_company_allows_it(self):
        lines = self.get_receivable(self.old | self.late)
        self.assertNotIn('name="part"', self.open(f"/c/{self.token}").text)
        form = self.get_form(self.token, lines, part="300")
        self.assertEqual(float(form["amount"]), 1200, "not allowed: all of it")
        self.company.collections_pay_partial = True
        self.assertIn('name="part"', self.open(f"/c/{self.token}").text)
        self.assertEqual(self.get_form(self.token, lines, part="1200.01"), "bad_amount")
        tx = self.begin(self.token, lines, part="1100")
        self.assertEqual(tx.amount, 1100)
        self.simulate(tx, "done")
        self.assertEqual(self.get_residuals(self.old, self.late), [0, 100], "the oldest first")

    def test_the_rest_of_what_is_contested_in_part_is_paid(self):
        self.company.collections_dispute_rest = True
        line = self.get_receivable(self.old)
        self.env["collections.dispute"].with_user(self.collector).create(
            {
                "case_id": self.case.id,
                "line_id": line.id,
                "amount": 300,
                "reason_id": self.env.ref(
                    "collections_management.collections_dispute_reason_price"
                ).id,
                "description": "Not so",
            }
        )
        tx = self.pay_by_link(self.token, self.old | self.late)
        self.assertEqual(tx.amount, 900)
        self.assertEqual(self.get_residuals(self.old, self.late), [300, 0])

    def test_a_payment_that_comes_back_is_owed_again(self):
        tx = self.pay_by_link(self.token, self.late)
        self.assertNotIn(self.late.name, self.open(f"/c/{self.token}").text)
        move = tx.payment_id.move_id
        move._reverse_moves([{"date": self.today}], cancel=True)
        self.refresh()
        page = self.open(f"/c/{self.token}")
        self.assertIn(self.late.name, page.text)
        self.assertIn(self.get_receivable(self.late), self.get_chosen(page))
        self.assertEqual(self.case.amount_overdue, 1200)

    def test_what_came_of_it_is_told_in_words(self):
        for state, words in (
            ("cancel", "The payment was given up"),
            ("error", "The payment did not go through"),
            ("pending", "Your payment is being processed"),
        ):
            with self.subTest(state=state):
                self.pay_by_link(self.token, self.late, state)
                self.assertIn(words, self.open(f"/c/{self.token}").text)

    def test_a_refund_tells_the_case_nothing_wrong(self):
        tx = self.pay_by_link(self.token, self.late)
        refund = tx._create_child_transaction(50, is_refund=True)
        refund._set_done()
        self.assertEqual(self.get_events().count("payment_done"), 1)
        self.assertFalse(refund.collections_line_ids)

    def test_a_capture_pays_what_was_chosen(self):
        self.provider.capture_manually = True
        tx = self.begin(self.token, self.get_receivable(self.late))
        self.simulate(tx, "done")
        self.assertEqual(tx.state, "authorized")
        self.assertTrue(self.get_facts()[self.get_receivable(self.late).id])
        (tx | tx._capture())._post_process()
        self.env.invalidate_all()
        self.assertEqual(self.get_residuals(self.old, self.late), [1000, 0])
        self.assertFalse(self.get_facts().get(self.get_receivable(self.late).id))
