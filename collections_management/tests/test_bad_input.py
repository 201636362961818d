import random
from datetime import date, timedelta
from email import message_from_bytes, policy

import psycopg2
from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon


class BadInputCommon(CollectionsCommon):
    def send(self):
        """Deliver and return the texts that arrived, ``{contact id: body}``."""
        with self.mailbox() as box:
            self.deliver()
        messages = [message_from_bytes(m.content, policy=policy.default) for m in box.messages]
        return {
            int(message["X-Collections-Contact"]): message.get_body(("html",)).get_content()
            for message in messages
        }

    def assert_skipped(self, contact, reason):
        self.assertRecordValues(contact, [{"state": "skipped", "reason": reason}])
        self.assertEqual(contact.case_id.log_ids.sorted("sequence")[-1].event, "skipped")
        self.assertTrue(contact.reason_text)

    def assert_silent(self, debtor, decision):
        """No contact is made for a debtor, and the case says why."""
        case = self.get_case(debtor)
        self.assertFalse(case.contact_ids)
        self.assertEqual(case.decision, decision)
        self.assertTrue(case.decision_text)
        return case

    def create_bank_line(self, amount, when, partner=None):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": when,
                "payment_ref": "transfer",
                "amount": amount,
                "partner_id": partner and partner.id,
            }
        )


@tagged("post_install", "-at_install")
class TestOddDebtors(BadInputCommon):
    def test_a_debtor_of_whom_only_the_address_is_known_gets_the_message(self):
        self.debtor.write(
            {"phone": False, "lang": False, "country_id": False, "state_id": False, "tz": False}
        )
        self.env.ref("collections_management.collections_contact_rule_default").active = True
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.assertEqual(contact.state, "queued")
        self.assertTrue(contact.scheduled_on)
        with freeze_time(contact.scheduled_on + timedelta(minutes=1)):
            self.assertEqual(list(self.send()), contact.ids)

    def test_a_debtor_whose_address_is_nonsense_becomes_a_task(self):
        self.debtor.email = "call me, no e-mail"
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.assertRecordValues(contact, [{"channel_id": self.task.id, "reason": "no_address"}])

    def test_two_debtors_with_one_address_get_a_message_each(self):
        twin = self.create_debtor("Twin", email=self.debtor.email)
        for debtor, amount in ((self.debtor, 11), (twin, 22)):
            self.create_invoice(amount, days_overdue=5, debtor=debtor)
        contacts = self.plan()
        texts = self.send()
        self.assertEqual(set(texts), set(contacts.ids))
        for contact in contacts:
            own, other = ("11.00", "22.00") if contact.partner_id == self.debtor else (
                "22.00", "11.00")  # fmt: skip
            self.assertIn(own, texts[contact.id])
            self.assertNotIn(other, texts[contact.id])

    def test_a_name_with_html_is_text_everywhere(self):
        self.debtor.name = "<script>alert(1)</script> & Sons <b>Ltd</b>"
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        [text] = self.send().values()
        self.assertNotIn("<script>", text)
        self.assertIn("&lt;script&gt;", text)
        self.assertNotIn("<script>", contact.preview)
        self.assertNotIn("<script>", contact.why)
        self.assertEqual(contact.state, "sent")

    def test_a_name_of_500_characters_or_with_a_line_break_still_gets_the_message(self):
        for name in ("Ñ" * 500, "Two\r\nBcc: everybody@example.com", '"Quoted", comma; <x@y.z>'):
            debtor = self.create_debtor("Long", email="long@debtor.example")
            debtor.name = name
            self.create_invoice(days_overdue=5, debtor=debtor)
            contact = self.plan()
            with self.subTest(name=name[:10]), self.mailbox() as box:
                self.deliver()
                self.assertEqual(contact.state, "sent", contact.reason_text)
                self.assertEqual([m.rcpt_tos for m in box.messages], [["long@debtor.example"]])

    def test_an_archived_debtor_is_left_alone_and_it_says_so(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.debtor.active = False
        self.assertFalse(self.send())
        self.assert_skipped(contact, "archived")
        case = contact.case_id
        for _night in range(2):
            self.env["collections.planner"]._plan(case)
        self.assertEqual(case.contact_ids, contact, "it is not planned again every night")
        self.assertEqual(case.decision, "held")
        self.assertIn("archived", case.decision_text)
        self.debtor.active = True
        self.assertTrue(self.plan())

    def test_a_debtor_that_becomes_part_of_another_is_followed_there(self):
        parent = self.create_debtor("Parent")
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        case = contact.case_id
        self.debtor.write({"is_company": False, "parent_id": parent.id})
        self.assertEqual(self.debtor.commercial_partner_id, parent)
        followed = self.plan()
        self.assertEqual(followed.partner_id, parent)
        self.send()
        self.assertEqual((contact.state, case.state), ("skipped", "closed"))
        self.assertEqual(followed.state, "sent")


@tagged("post_install", "-at_install")
class TestMergedDebtors(BadInputCommon):
    def merge(self, *sources):
        partners = self.debtor.browse(source.id for source in sources) + self.debtor
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": [Command.set(partners.ids)], "dst_partner_id": self.debtor.id}
        )
        wizard.action_merge()

    def test_the_file_of_a_merged_debtor_moves_with_its_history(self):
        other = self.create_debtor("Other")
        self.create_invoice(days_overdue=5, debtor=other)
        contact = self.plan()
        case = contact.case_id
        case_log = case.log_ids
        self.merge(other)
        self.assertEqual(case.partner_id, self.debtor)
        self.assertEqual(contact.partner_id, self.debtor)
        self.assertLessEqual(case_log, case.log_ids)
        self.assertFalse(self.env["collections.log"]._verify(case))
        self.send()
        self.assertEqual(contact.state, "sent")

    def test_two_files_become_one_that_keeps_the_holds(self):
        other = self.create_debtor("Other")
        self.create_invoice(10, days_overdue=5)
        self.create_invoice(20, days_overdue=40, debtor=other)
        self.send_after_plan()
        kept, gone = self.get_case(), self.get_case(other)
        gone_contacts = gone.contact_ids
        self.create_invoice(30, days_overdue=50, debtor=other)
        self.env["collections.hold"].create({"case_id": gone.id, "note": "Asked for time"})
        self.merge(other)
        self.assertEqual((kept.state, gone.state), ("open", "merged"))
        self.assertEqual(gone.contact_ids, gone_contacts, "what was said stays where it was said")
        self.assertEqual(kept.hold_ids.filtered("is_active").note, "Asked for time")
        self.assertEqual(kept.log_ids.sorted("sequence")[-1].event, "merged")
        self.assertFalse(self.plan())
        self.assertEqual(kept.amount_total, 60)
        self.assertEqual(self.get_case(), kept)
        self.assertFalse(self.env["collections.log"]._verify(kept + gone))
        kept.hold_ids.filtered("is_active").action_lift()
        kept.last_contact_date = False
        self.assertEqual(self.plan().case_id, kept)

    def send_after_plan(self):
        self.plan()
        self.send()

    def test_what_was_planned_for_a_merged_debtor_is_withdrawn(self):
        other = self.create_debtor("Other")
        self.create_invoice(10, days_overdue=5)
        self.create_invoice(20, days_overdue=40, debtor=other)
        contacts = self.plan()
        self.merge(other)
        withdrawn = contacts.filtered(lambda contact: contact.case_id.state == "merged")
        self.assert_skipped_merged(withdrawn)
        texts = self.send()
        self.assertFalse(set(texts) & set(withdrawn.ids))
        contact = self.plan() or (contacts - withdrawn)
        self.assertEqual(contact.case_id, self.get_case())

    def assert_skipped_merged(self, contact):
        self.assertRecordValues(contact, [{"state": "skipped", "reason": "merged"}])

    def test_files_in_two_companies_are_merged_company_by_company(self):
        other = self.create_debtor("Other")
        third = self.create_debtor("Third")
        branch = self.setup_other_company()["company"]
        cases = self.env["collections.case"]
        here = cases.create({"company_id": self.company.id, "partner_id": other.id})
        there = cases.create(
            [{"company_id": branch.id, "partner_id": p.id} for p in (other, third)]
        )
        self.merge(other, third)
        self.assertEqual(here.partner_id, self.debtor)
        self.assertEqual(here.state, "open")
        self.assertEqual(sorted(there.mapped("state")), ["merged", "open"])
        self.assertEqual(there.partner_id, self.debtor)


@tagged("post_install", "-at_install")
class TestOddAmounts(BadInputCommon):
    def test_an_invoice_of_nothing_opens_no_file(self):
        self.create_invoice(0, days_overdue=5)
        self.assertFalse(self.plan())
        self.assertFalse(self.get_case())

    def test_a_huge_amount_is_right_to_the_cent(self):
        self.create_invoice(999999999999.99, days_overdue=5)
        self.create_invoice(0.01, days_overdue=4)
        contact = self.plan()
        self.assertEqual(contact.case_id.amount_total, 1000000000000.00)
        [text] = self.send().values()
        self.assertIn("1,000,000,000,000.00", text)
        self.assertIn("999,999,999,999.99", text)

    def test_who_is_owed_more_than_he_owes_is_left_alone(self):
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(150, days_overdue=2, move_type="out_refund")
        self.assertFalse(self.plan())
        case = self.assert_silent(self.debtor, "within_tolerance")
        self.assertEqual((case.amount_credit, case.amount_net_overdue), (150, -50))

    def test_who_has_only_credits_has_no_file(self):
        self.create_invoice(150, days_overdue=2, move_type="out_refund")
        self.assertFalse(self.plan())
        self.assertFalse(self.get_case())

    def test_a_negative_receivable_by_hand_nets_the_file(self):
        self.create_invoice(100, days_overdue=5)
        receivable = self.company_data["default_account_receivable"]
        revenue = self.company_data["default_account_revenue"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {"account_id": receivable.id, "partner_id": self.debtor.id, "credit": 40}
                    ),
                    Command.create({"account_id": revenue.id, "debit": 40}),
                ],
            }
        )
        entry.action_post()
        contact = self.plan()
        self.assertEqual(contact.amount, 60)
        [text] = self.send().values()
        self.assertIn("60.00", text)

    def test_a_currency_without_a_rate_is_told_in_its_own_amounts(self):
        currency = self.env["res.currency"].create(
            {"name": "XPT", "symbol": "¤", "rounding": 0.01, "position": "after"}
        )
        self.assertFalse(currency.rate_ids)
        self.create_invoice(77.7, days_overdue=5, currency_id=currency.id)
        contact = self.plan()
        [text] = self.send().values()
        self.assertEqual(contact.state, "sent")
        self.assertIn("77.70", text)
        balance = contact.case_id.balance_ids
        self.assertRecordValues(balance, [{"currency_id": currency.id, "amount_overdue": 77.7}])

    def test_debts_in_two_currencies_are_never_added(self):
        euro = self.setup_other_currency("EUR")
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(40, days_overdue=5, currency_id=euro.id)
        self.create_invoice(60, days_overdue=3, currency_id=euro.id, move_type="out_refund")
        contact = self.plan()
        balances = {b.currency_id: b.amount_net_overdue for b in contact.case_id.balance_ids}
        self.assertEqual(balances, {self.company.currency_id: 100, euro: -20})
        [text] = self.send().values()
        self.assertIn("100.00", text)
        self.assertNotIn("40.00", text, "credits cover the euros")

    def test_a_partial_payment_leaves_the_rest_to_be_asked_for(self):
        invoice = self.create_invoice(100, days_overdue=5)
        self.pay(invoice, 30)
        contact = self.plan()
        self.assertEqual(contact.amount, 70)
        [text] = self.send().values()
        self.assertIn("70.00", text)

    def test_a_reversed_payment_brings_the_debt_back(self):
        invoice = self.create_invoice(100, days_overdue=5)
        self.plan()
        payment = self.pay(invoice)
        self.send()
        self.assertFalse(self.plan())
        case = self.get_case()
        self.assertEqual(case.state, "closed")
        payment.action_draft()
        payment.action_cancel()
        contact = self.plan()
        self.assertEqual(case.state, "open")
        self.assertEqual(contact.case_id, case)
        self.assertIn("case_reopened", case.log_ids.mapped("event"))

    def test_instalments_climb_each_on_its_own(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 60)
                ],
            }
        )
        invoice = self.create_invoice(
            100,
            invoice_date=self.today - timedelta(days=12),
            invoice_date_due=False,
            invoice_payment_term_id=term.id,
        )
        self.assertEqual(len(self.get_receivable(invoice)), 2)
        contact = self.plan()
        self.assertEqual(contact.step_id.days, 10)
        self.send()
        first, second = self.get_receivable(invoice).sorted("date_maturity")
        self.assertEqual((first.collections_days, second.collections_days), (10, 0))
        self.assertFalse(second.collections_step_id)
        self.assertEqual(contact.case_id.amount_overdue, 50)


@tagged("post_install", "-at_install")
class TestLedgerTie(BadInputCommon):
    def sum_ledger(self):
        """An independent sum of what is open: ``{(debtor, currency): (total, overdue)}``."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT debtor.commercial_partner_id, line.currency_id,
                   SUM(line.amount_residual_currency),
                   SUM(CASE WHEN line.amount_residual_currency > 0
                             AND COALESCE(line.date_maturity, line.date) < %s
                            THEN line.amount_residual_currency ELSE 0 END),
                   SUM(line.amount_residual)
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner debtor ON debtor.id = line.partner_id
             WHERE move.state = 'posted' AND line.company_id = %s
               AND account.account_type = 'asset_receivable'
          GROUP BY 1, 2 HAVING BOOL_OR(line.amount_residual_currency <> 0)
            """,
            [self.today, self.company.id],
        )
        return {row[:2]: row[2:] for row in self.env.cr.fetchall()}

    def test_amounts_equal_the_ledger_to_the_cent_in_each_currency(self):
        dice = random.Random(7)
        euro = self.setup_other_currency("EUR", rates=[("2020-01-01", 3.7)])
        debtors = [self.create_debtor(f"Debtor {number}") for number in range(5)]
        for _entry in range(24):
            self.make_an_entry(dice, dice.choice(debtors), euro)
        self.env["collections.ledger"]._refresh(self.company)
        ledger = self.sum_ledger()
        for debtor in debtors:
            case = self.get_case(debtor)
            own = {key[1]: sums for key, sums in ledger.items() if key[0] == debtor.id}
            balances = {balance.currency_id.id: balance for balance in case.balance_ids}
            self.assertEqual(set(balances), set(own))
            for currency_id, (total, overdue, _base) in own.items():
                self.assertAlmostEqual(balances[currency_id].amount_total, float(total), 4)
                self.assertAlmostEqual(balances[currency_id].amount_overdue, float(overdue), 4)
            self.assertAlmostEqual(case.amount_total, float(sum(s[2] for s in own.values())), 4)
            ages = ("not_due", "1_30", "31_60", "61_90", "over_90")
            by_age = sum(case[f"amount_{age}"] for age in ages)
            self.assertAlmostEqual(by_age - case.amount_credit, case.amount_total, 4)

    def make_an_entry(self, dice, debtor, euro):
        """An invoice or credit note of any amount and age, perhaps paid in part or in whole."""
        currency = dice.choice([euro, self.company.currency_id])
        kind = dice.choice(["out_invoice"] * 4 + ["out_refund"])
        amount = dice.randrange(1, 10**7) / 100
        invoice = self.create_invoice(
            amount,
            days_overdue=dice.randrange(-30, 120),
            debtor=debtor,
            currency_id=currency.id,
            move_type=kind,
        )
        if kind == "out_invoice" and dice.random() < 0.5:
            share = dice.choice([0.1, 0.33, 1])
            self.pay(invoice, currency.round(amount * share) or amount)


@tagged("post_install", "-at_install")
class TestWhilePlanned(BadInputCommon):
    def test_an_invoice_reset_to_draft_is_not_asked_for(self):
        invoice = self.create_invoice(days_overdue=5)
        contact = self.plan()
        invoice.button_draft()
        self.assertFalse(self.send())
        self.assert_skipped(contact, "superseded")
        invoice.action_post()
        again = self.plan()
        self.assertEqual(list(self.send()), again.ids)

    def test_an_invoice_deleted_is_not_asked_for_and_leaves_the_log_intact(self):
        invoice = self.create_invoice(days_overdue=5)
        contact = self.plan()
        case = contact.case_id
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertFalse(self.send())
        self.assert_skipped(contact, "superseded")
        self.assertTrue(contact.why)
        self.plan()
        self.assertEqual(case.state, "closed")
        self.assertFalse(self.env["collections.log"]._verify(case))

    def test_a_cancelled_invoice_that_was_dunned_can_be_deleted(self):
        invoice = self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.send()
        self.assertEqual(contact.state, "sent")
        hold = self.env["collections.hold"].create(
            {"case_id": contact.case_id.id, "line_id": self.get_receivable(invoice).id}
        )
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertFalse(hold.exists())
        self.assertEqual(contact.state, "sent")
        self.assertTrue(contact.why)

    def test_an_invoice_reversed_is_not_asked_for(self):
        invoice = self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": invoice.journal_id.id}).modify_moves()
        self.assertFalse(self.send())
        self.assertEqual(contact.state, "skipped")

    def test_an_excluded_receivable_is_not_asked_for(self):
        invoice = self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.get_receivable(invoice).no_followup = True
        self.assertFalse(self.send())
        self.assertEqual(contact.state, "skipped")
        self.assertFalse(self.plan())
        self.assertEqual(contact.case_id.decision, "held")
        self.get_receivable(invoice).no_followup = False
        self.assertTrue(self.plan())

    def test_a_payment_on_the_bank_that_nobody_matched_holds_the_debtor(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        line = self.create_bank_line(100, self.today, self.debtor)
        self.assertFalse(self.send())
        self.assert_skipped(contact, "held")
        self.assertFalse(self.plan())
        self.assertIn("payment", contact.case_id.decision_text)
        line.unlink()
        self.assertTrue(self.plan())

    def test_nobody_is_asked_while_the_bank_is_stale(self):
        self.create_invoice(days_overdue=5)
        self.create_bank_line(1, self.today - timedelta(days=10))
        self.company.collections_stale_bank_days = 7
        self.assertFalse(self.plan())
        case = self.assert_silent(self.debtor, "held")
        self.assertIn("bank", case.decision_text)
        self.create_bank_line(1, self.today)
        self.assertTrue(self.plan())

    def test_a_hold_ends_by_itself_and_the_file_goes_on(self):
        self.create_invoice(days_overdue=5)
        self.plan()
        case = self.get_case()
        last = self.today + timedelta(days=2)
        self.env["collections.hold"].create({"case_id": case.id, "date_until": last})
        self.assertEqual(case.contact_ids.state, "skipped")
        with freeze_time(last):
            self.assertFalse(self.plan())
            self.assertEqual(case.decision_until, last + timedelta(days=1))
        with freeze_time(last + timedelta(days=1)):
            contact = self.plan()
            self.assertEqual(contact.step_id.days, 3)

    def test_each_company_asks_for_its_own(self):
        branch = self.setup_other_company()["company"]
        branch.write({"email": "branch@company.example", "collections_safe_mode": False})
        self.create_invoice(100, days_overdue=5)
        self.env["account.move"].with_company(branch).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.debtor.id,
                "invoice_date": self.today - timedelta(days=40),
                "invoice_date_due": self.today - timedelta(days=35),
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": 900, "tax_ids": False})
                ],
            }
        ).action_post()
        contact = self.plan()
        self.assertRecordValues(contact, [{"company_id": self.company.id, "amount": 100}])
        [text] = self.send().values()
        self.assertNotIn("900.00", text)
        self.env["collections.ledger"]._refresh(branch)
        there = self.env["collections.case"].search([("company_id", "=", branch.id)])
        self.assertRecordValues(there, [{"partner_id": self.debtor.id, "amount_total": 900}])


@tagged("post_install", "-at_install")
class TestOddSettings(BadInputCommon):
    def test_a_strategy_without_steps_leaves_its_debtors_alone(self):
        self.strategy.step_ids.unlink()
        self.create_invoice(days_overdue=5)
        self.assertFalse(self.plan())
        self.assert_silent(self.debtor, "no_steps")

    def test_two_steps_on_one_day_are_refused_with_a_sentence(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError) as caught:
            self.strategy.step_ids[0].copy({"days": self.strategy.step_ids[1].days})
        message = self.env["collections.step"]._sql_error_to_message(caught.exception)
        self.assertIn("same day", message)

    def test_two_steps_that_change_places_are_saved(self):
        first, second = self.strategy.step_ids[1:3]
        days = (first.days, second.days)
        self.strategy.step_ids = [
            Command.update(first.id, {"days": days[1]}),
            Command.update(second.id, {"days": days[0]}),
        ]
        self.assertEqual((second.days, first.days), days)

    def test_the_rule_of_a_segment_is_refused_when_it_cannot_be_read(self):
        for domain in (
            "[('nonsense', '=', 1)]",
            "[('amount_total', '=',",
            "[('amount_total', 'sounds like', 1)]",
            "__import__('os').system('true')",
            "42",
        ):
            with self.subTest(domain=domain), self.assertRaisesRegex(ValidationError, "Everybody"):
                self.segment.domain = domain

    def test_the_rule_of_a_segment_that_broke_later_is_told_by_name(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collections_segment SET domain = %s WHERE id = %s",
            ["[('field_of_an_addon_that_is_gone', '=', 1)]", self.segment.id],
        )
        self.segment.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "Everybody"):
            self.env["collections.segment"]._assign(self.company)

    def test_an_archived_step_does_not_speak(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        contact.step_id.active = False
        self.assertFalse(self.send())
        self.assertEqual(contact.state, "skipped")
        self.assertFalse(self.plan())

    def test_an_archived_segment_serves_nobody(self):
        self.create_invoice(days_overdue=5)
        self.segment.active = False
        self.assertFalse(self.plan())
        self.assert_silent(self.debtor, "no_strategy")

    def test_a_strategy_in_use_is_not_archived(self):
        with self.assertRaisesRegex(UserError, "Everybody"):
            self.strategy.active = False
        self.segment.active = False
        self.strategy.active = False

    def test_an_archived_channel_sends_nothing(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.email.active = False
        self.assertFalse(self.send())
        self.assert_skipped(contact, "channel_archived")
        self.assertEqual(self.plan().channel_id, self.task, "the debtor is reached otherwise")

    def test_a_step_whose_channel_is_archived_becomes_a_task(self):
        self.create_invoice(days_overdue=5)
        self.email.active = False
        contact = self.plan()
        self.assertRecordValues(contact, [{"channel_id": self.task.id, "state": "queued"}])

    def test_a_text_of_40000_characters_arrives_whole(self):
        self.template.body_html = f"<p>{'word ' * 8000}</p><p>The end</p>"
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        [text] = self.send().values()
        self.assertEqual(contact.state, "sent")
        self.assertIn("The end", text)
        self.assertEqual(text.count("word"), 8000)

    def test_a_company_without_an_address_holds_its_messages_until_it_has_one(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.company.email = False
        self.assertFalse(self.send())
        self.assertRecordValues(contact, [{"state": "held", "reason": "no_sender"}])
        self.company.email = "again@company.example"
        self.assertEqual(list(self.send()), contact.ids)

    def test_safe_mode_without_a_test_address_holds_everything(self):
        self.create_invoice(days_overdue=5)
        self.company.write({"collections_safe_mode": True, "collections_test_email": False})
        contact = self.plan()
        self.assertFalse(self.send())
        self.assertRecordValues(contact, [{"state": "held", "reason": "no_test_address"}])

    def test_an_address_of_the_company_that_is_none_is_refused_by_its_name(self):
        with self.assertRaisesRegex(ValidationError, "not an address"):
            self.company.collections_test_email = "not an address"


@tagged("post_install", "-at_install")
class TestClock(BadInputCommon):
    """New York puts its clocks forward on Sunday, 8 March 2026."""

    FRIDAY_NIGHT = "2026-03-07 01:00:00"  # in UTC; 20:00 of the 6th there
    MONDAY_MORNING = "2026-03-09 13:00:00"  # 09:00 there: the offset is four hours by then

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = date(2026, 3, 6)
        cls.debtor.write(
            {
                "country_id": cls.env.ref("base.us").id,
                "state_id": cls.env.ref("base.state_us_27").id,
            }
        )
        cls.env.ref("collections_management.collections_contact_rule_default").active = True

    def plan_on_friday_night(self):
        with freeze_time(self.FRIDAY_NIGHT):
            self.create_invoice(days_overdue=5)
            return self.plan()

    def send_at(self, moment):
        with freeze_time(moment):
            return list(self.send())

    def test_what_is_planned_on_friday_night_leaves_on_monday_at_nine_of_the_debtor(self):
        contact = self.plan_on_friday_night()
        self.assertEqual(contact.scheduled_on, fields.Datetime.to_datetime(self.MONDAY_MORNING))
        self.assertFalse(self.send_at("2026-03-09 12:59:00"))
        self.assertEqual(contact.state, "queued")
        self.assertEqual(self.send_at(self.MONDAY_MORNING), contact.ids)
        self.assertEqual(contact.step_id.days, 3, "the week-end in between does not change it")

    def test_a_worker_that_comes_at_night_waits_for_the_morning(self):
        contact = self.plan_on_friday_night()
        self.assertFalse(self.send_at("2026-03-10 03:00:00"))
        self.assertEqual(contact.state, "queued")
        self.assertEqual(contact.scheduled_on, fields.Datetime.to_datetime("2026-03-10 13:00:00"))
        self.assertEqual(self.send_at("2026-03-10 13:00:00"), contact.ids)

    def test_a_debtor_that_moves_is_written_to_in_the_new_hours(self):
        contact = self.plan_on_friday_night()
        self.debtor.write({"country_id": self.env.ref("base.jp").id, "state_id": False})
        self.assertFalse(self.send_at(self.MONDAY_MORNING), "22:00 in Tokyo")
        self.assertEqual(contact.scheduled_on, fields.Datetime.to_datetime("2026-03-10 00:00:00"))
        self.assertEqual(self.send_at("2026-03-10 00:00:00"), contact.ids)
