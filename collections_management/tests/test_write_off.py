import io
import json
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..models import (
    collections_dossier,
    collections_dossier_files,
    collections_write_off_dossier,
)
from ..report import pdf_pages
from .browser import BrowserCase
from .common import CollectionsCommon


class WriteOffCommon(CollectionsCommon):
    """A Peruvian company with accounts for losses, and a debtor whose debt is old."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls.create_person("accountant", "account.group_account_user")
        cls.second = cls.create_person("second", "account.group_account_user")
        cls.company.country_id = cls.env.ref("base.pe")
        cls.company.account_fiscal_country_id = cls.env.ref("base.pe")
        cls.loss = cls.create_account("WO1", "expense")
        cls.gain = cls.create_account("WO2", "income_other")
        cls.tax_account = cls.create_account("WO3", "asset_current")
        cls.held = cls.create_account("WO4", "asset_current")
        cls.expense = cls.create_account("WO5", "expense")
        cls.company.write(
            {
                "collections_write_off_limit": 10_000,
                "collections_write_off_account_id": cls.loss.id,
                "collections_recovery_account_id": cls.gain.id,
                "collections_tax_recovery_account_id": cls.tax_account.id,
                "collections_provision_account_id": cls.held.id,
                "collections_provision_expense_account_id": cls.expense.id,
            }
        )
        cls.reason = cls.env.ref("collections_management.collections_write_off_reason_insolvent")
        cls.rule = cls.env["collections.write.off.rule"].create(
            {
                "name": "Test rule",
                "sequence": -1,
                "country_id": cls.env.ref("base.pe").id,
                "citation": "Law 1",
                "confidence": "high",
                "condition_ids": [
                    Command.create({"name": "Old", "kind": "age", "limit": 365}),
                    Command.create(
                        {
                            "name": "Small",
                            "kind": "total_up_to",
                            "limit": 3,
                            "unit": "TEST",
                            "alternative": "court",
                        }
                    ),
                    Command.create(
                        {"name": "Court", "statement": "legal_action", "alternative": "court"}
                    ),
                    Command.create({"name": "Not related", "statement": "related", "expected": 0}),
                ],
            }
        )
        cls.env["collections.legal.value"].create(
            {
                "code": "TEST",
                "country_id": cls.env.ref("base.pe").id,
                "currency_id": cls.company.currency_id.id,
                "value": 1000,
                "date_from": "2000-01-01",
            }
        )

    @classmethod
    def create_person(cls, name, group):
        return new_test_user(
            cls.env,
            login=f"test_{name}",
            groups=group,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def create_account(cls, code, kind):
        return cls.env["account.account"].create(
            {"code": code, "name": f"Account {code}", "account_type": kind}
        )

    def prepare(self, invoices, user=None, **values):
        """A draft for invoices, made as a person makes it."""
        user = user or self.supervisor
        self.env["collections.ledger"]._refresh(self.company)
        case = self.get_case()
        action = case.with_user(user).action_write_off()
        draft = self.env["collections.write.off"].with_user(user).browse(action["res_id"])
        keep = self.get_receivable(invoices)
        draft.line_ids.filtered(lambda line: line.line_id not in keep).unlink()
        draft.write({"reason_id": self.reason.id, **values})
        return draft

    def refused(self, words, error=UserError):
        return self.assertRaisesRegex(error, words)


@tagged("post_install", "-at_install")
class TestWriteOff(WriteOffCommon):
    """From the request to the entry, and back."""

    def test_one_person_writes_off_below_the_limit(self):
        invoice = self.create_invoice(1200, days_overdue=400)
        other = self.create_invoice(50, days_overdue=20)
        draft = self.prepare(invoice)
        self.assertFalse(draft.needs_second)
        draft.action_request()
        self.assertEqual(draft.state, "posted")
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(other.amount_residual, 50)
        move = draft.sudo().move_id
        self.assertEqual(move.state, "posted")
        self.assertRecordValues(
            move.line_ids.sorted("balance"),
            [
                {"account_id": self.get_receivable(invoice).account_id.id, "balance": -1200},
                {"account_id": self.loss.id, "balance": 1200},
            ],
        )
        self.assertEqual(self.get_case().amount_total, 50)
        events = self.get_case().log_ids.mapped("event")
        self.assertIn("written_off", events)
        self.assertEqual(draft.dossier_state, "queued")

    def test_above_the_limit_somebody_else_approves(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        draft = self.prepare(invoice, user=self.accountant)
        draft.action_request()
        self.assertEqual(draft.state, "requested")
        self.assertEqual(invoice.amount_residual, 12_000)
        with self.refused("Somebody else approves"):
            draft.action_approve()
        with self.refused("managers and accountants decide", AccessError):
            draft.with_user(self.supervisor).action_approve()
        draft.with_user(self.second).action_approve()
        self.assertEqual((draft.state, invoice.amount_residual), ("posted", 0))
        self.assertEqual(draft.decided_by_id, self.second)
        with self.refused("already"):
            draft.with_user(self.manager).action_approve()

    def test_pieces_below_the_limit_add_up(self):
        first = self.create_invoice(6000, days_overdue=400)
        second = self.create_invoice(6000, days_overdue=390)
        self.prepare(first).action_request()
        draft = self.prepare(second)
        self.assertTrue(draft.needs_second)
        draft.action_request()
        self.assertEqual(draft.state, "requested")

    def test_a_refusal_needs_words_and_leaves_the_debt(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        draft = self.prepare(invoice)
        draft.action_request()
        decided = draft.with_user(self.manager)
        with self.refused("few words"):
            decided.action_refuse()
        decided.decision_note = "Sue first"
        decided.action_refuse()
        self.assertEqual((draft.state, invoice.amount_residual), ("refused", 12_000))

    def test_what_was_asked_for_is_not_changed_by_hand(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        draft = self.prepare(invoice)
        for vals in ({"state": "posted"}, {"requested_by_id": self.manager.id}):
            with self.refused("not by hand"):
                draft.write(vals)
        draft.action_request()
        for change in (
            lambda: draft.write({"date": self.today}),
            lambda: draft.line_ids.write({"amount": 1}),
            lambda: draft.check_ids[-1].write({"answer": "no"}),
            draft.line_ids.unlink,
            draft.unlink,
        ):
            with self.refused("stands as it is"):
                change()
        made = self.env["collections.write.off"].with_user(self.supervisor).create(
            {"case_id": self.get_case().id, "state": "posted", "decided_by_id": self.manager.id}
        )  # fmt: skip
        self.assertEqual((made.state, made.decided_by_id.id), ("draft", False))

    def test_the_open_part_of_a_partly_paid_invoice(self):
        invoice = self.create_invoice(1000, days_overdue=400)
        self.pay(invoice, 400)
        draft = self.prepare(invoice)
        self.assertEqual(draft.line_ids.amount, 600)
        draft.line_ids.amount = 250
        draft.action_request()
        self.assertEqual(invoice.amount_residual, 350)
        self.assertEqual(draft.amount, 250)

    def test_a_foreign_currency_leaves_an_exchange_difference_to_odoo(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 2), (self.today, 4)])
        invoice = self.create_invoice(800, days_overdue=400, currency_id=currency.id)
        item = self.get_receivable(invoice)
        booked = item.balance
        draft = self.prepare(invoice)
        self.assertEqual(draft.amount, 200)
        draft.action_request()
        self.assertTrue(item.reconciled)
        self.assertEqual(item.amount_residual, 0)
        exchange = item.matched_credit_ids.exchange_move_id
        self.assertEqual(booked, 400)
        self.assertEqual(sum(exchange.line_ids.filtered("debit").mapped("debit")), 200)
        loss = draft.sudo().move_id.line_ids.filtered(lambda line: line.account_id == self.loss)
        self.assertRecordValues(loss, [{"balance": 200, "amount_currency": 800}])

    def test_a_currency_without_a_rate_is_refused(self):
        currency = self.env["res.currency"].create({"name": "XQX", "symbol": "Q"})
        invoice = self.create_invoice(800, days_overdue=400, currency_id=currency.id)
        draft = self.prepare(invoice)
        with self.refused("no rate of XQX"):
            draft.action_request()

    def test_the_tax_is_taken_back_by_its_share(self):
        tax = self.tax_sale_a
        tax.amount = 18
        invoice = self.create_invoice(0, days_overdue=400)
        invoice.button_draft()
        invoice.invoice_line_ids.write({"price_unit": 1000, "tax_ids": [Command.set(tax.ids)]})
        invoice.action_post()
        self.pay(invoice, 590)
        draft = self.prepare(invoice, recover_tax=True)
        draft.action_request()
        lines = draft.sudo().move_id.line_ids
        taken = lines.filtered(lambda line: line.account_id == self.tax_account)
        self.assertEqual(sum(taken.mapped("balance")), 90)
        self.assertEqual(
            sum(lines.filtered(lambda line: line.account_id == self.loss).mapped("balance")), 500
        )
        self.assertEqual(draft.tax_amount, 90)

    def test_closed_books_are_refused_and_nothing_moves_to_another_day(self):
        invoice = self.create_invoice(100, days_overdue=400)
        self.company.fiscalyear_lock_date = self.today - timedelta(days=30)
        draft = self.prepare(invoice, date=self.today - timedelta(days=31))
        with self.refused("books are closed"):
            draft.action_request()
        self.assertEqual(draft.state, "draft")
        draft.date = self.today - timedelta(days=29)
        draft.action_request()
        self.assertEqual(draft.sudo().move_id.date, self.today - timedelta(days=29))

    def test_a_date_that_cannot_be(self):
        invoice = self.create_invoice(100, days_overdue=400)
        draft = self.prepare(invoice)
        for day, words in (
            (self.today + timedelta(days=1), "today or before"),
            (self.today - timedelta(days=500), "cannot be written off before"),
        ):
            draft.date = day
            with self.refused(words):
                draft.action_request()

    def test_paid_meanwhile_is_refused_in_words(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        draft = self.prepare(invoice)
        draft.action_request()
        self.pay(invoice, 5000)
        with self.refused("was paid or credited meanwhile"):
            draft.with_user(self.manager).action_approve()
        self.assertEqual(draft.state, "requested")

    def test_two_requests_for_one_receivable(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        self.prepare(invoice).action_request()
        draft = self.prepare(invoice, user=self.accountant)
        with self.refused("already asked for"):
            draft.action_request()

    def test_two_users_at_once_are_refused(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        draft = self.prepare(invoice)
        draft.action_request()
        none = self.env["collections.write.off"]
        locking = patch.object(type(none), "try_lock_for_update", lambda self, **kw: self.browse())
        with locking, self.refused("Somebody else is working"):
            draft.with_user(self.manager).action_approve()

    def test_another_s_receivable_nothing_and_zero_are_refused(self):
        invoice = self.create_invoice(100, days_overdue=400)
        draft = self.prepare(invoice)
        other = self.create_debtor("Other")
        foreign = self.get_receivable(self.create_invoice(10, days_overdue=40, debtor=other))
        with self.refused("no receivable of", ValidationError):
            draft.sudo().line_ids = [Command.create({"line_id": foreign.id})]
        with self.refused("above zero", ValidationError):
            draft.line_ids.amount = 0
        draft.line_ids.unlink()
        with self.refused("Nothing to write off"):
            draft.action_request()

    def test_a_case_that_owes_nothing_overdue(self):
        self.create_invoice(100, days_overdue=-4)
        self.env["collections.ledger"]._refresh(self.company)
        with self.refused("nothing that is overdue"):
            self.get_case().with_user(self.supervisor).action_write_off()

    def test_a_held_receivable_is_allowed_with_a_warning(self):
        invoice = self.create_invoice(100, days_overdue=400)
        draft = self.prepare(invoice)
        self.env["collections.hold"].create(
            {
                "case_id": self.get_case().id,
                "line_id": self.get_receivable(invoice).id,
                "note": "They dispute the quality",
            }
        )
        draft.invalidate_recordset()
        draft.line_ids.invalidate_recordset()
        self.assertIn("They dispute the quality", draft.warning)
        draft.action_request()
        self.assertEqual(draft.state, "posted")

    def test_a_reversal_restores_the_debt_and_reopens_the_case(self):
        invoice = self.create_invoice(1200, days_overdue=400)
        draft = self.prepare(invoice)
        draft.action_request()
        self.assertEqual(self.get_case().state, "closed")
        with self.refused("decide", AccessError):
            draft.action_reverse()
        draft.with_user(self.accountant).action_reverse()
        self.assertEqual((draft.state, invoice.amount_residual), ("reversed", 1200))
        self.assertRecordValues(self.get_case(), [{"state": "open", "amount_total": 1200}])
        reversal = draft.sudo().reversal_id
        self.assertEqual((reversal.state, reversal.date), ("posted", self.today))
        lines = (reversal | draft.sudo().move_id).line_ids
        self.assertEqual(sum(lines.mapped("balance")), 0)

    def test_a_collector_neither_asks_nor_decides(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        draft = self.prepare(invoice)
        with self.refused("Supervisors and accountants", AccessError):
            self.get_case().with_user(self.collector).action_write_off()
        for name in ("action_request", "action_withdraw", "action_make_dossier"):
            with self.refused("Supervisors and accountants", AccessError):
                getattr(draft.with_user(self.collector), name)()

    def test_withdrawing(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        draft = self.prepare(invoice)
        draft.action_request()
        other = self.create_user("supervisor", login="test_other_supervisor")
        with self.refused("Only who asked"):
            draft.with_user(other).action_withdraw()
        draft.action_withdraw()
        self.assertEqual(draft.state, "withdrawn")


@tagged("post_install", "-at_install")
class TestWriteOffEvidence(WriteOffCommon):
    """What is proved, and what only a person can say."""

    def states(self, draft):
        return dict(
            zip(draft.check_ids.mapped("name"), draft.check_ids.mapped("state"), strict=True)
        )

    def test_the_rule_is_checked_against_the_debt(self):
        invoice = self.create_invoice(2500, days_overdue=400)
        draft = self.prepare(invoice)
        self.assertEqual(draft.rule_id, self.rule)
        self.assertEqual(
            self.states(draft),
            {"Old": "met", "Small": "met", "Court": "unknown", "Not related": "unknown"},
        )
        self.assertEqual(draft.verdict, "unknown")
        draft.check_ids.filtered(lambda c: c.statement == "related").answer = "no"
        self.assertEqual(draft.verdict, "met")
        draft.check_ids.filtered(lambda c: c.statement == "related").answer = "yes"
        self.assertEqual(draft.verdict, "not_met")

    def test_the_total_of_the_debtor_counts_what_was_written_off_before(self):
        first = self.create_invoice(2500, days_overdue=400)
        second = self.create_invoice(2500, days_overdue=400)
        self.prepare(first).action_request()
        draft = self.prepare(second)
        self.assertEqual(self.states(draft)["Small"], "not_met")
        self.assertIn("5,000", draft.check_ids[1].explanation)

    def test_a_unit_without_a_value_is_unknown(self):
        self.env["collections.legal.value"].search([("code", "=", "TEST")]).unlink()
        draft = self.prepare(self.create_invoice(2500, days_overdue=400))
        self.assertEqual(self.states(draft)["Small"], "unknown")
        self.assertIn("TEST", draft.check_ids[1].explanation)

    def test_a_unit_has_the_value_of_the_day(self):
        units = self.env["collections.legal.value"]
        units.search([("code", "=", "TEST")]).copy(
            {"date_from": self.today - timedelta(days=10), "value": 2000}
        )
        draft = self.prepare(self.create_invoice(2500, days_overdue=400))
        peru = self.env.ref("base.pe")
        day = self.today - timedelta(days=11)
        self.assertEqual(units._get_value("TEST", peru, day).value, 1000)
        self.assertEqual(units._get_value("TEST", peru, self.today).value, 2000)
        self.assertEqual(draft._get_units({"TEST"}, self.today)["TEST"], 2000)

    def test_attempts_count_with_their_proof_only(self):
        rule = self.rule
        rule.condition_ids = [
            Command.clear(),
            Command.create({"name": "Tried", "kind": "attempts", "limit": 2}),
        ]
        invoice = self.create_invoice(2500, days_overdue=400)
        self.env["collections.ledger"]._refresh(self.company)
        contacts = self.env["collections.contact"].create(
            [
                {
                    "case_id": self.get_case().id,
                    "company_id": self.company.id,
                    "channel_id": self.email.id,
                    "state": state,
                    "reference": reference,
                    "safe_mode": safe,
                    "sent_on": self.today - timedelta(days=days),
                }
                for state, reference, safe, days in (
                    ("sent", "<1@x>", False, 5),
                    ("sent", False, False, 4),
                    ("sent", "<2@x>", True, 3),  # a test went to nobody
                    ("delivered", False, False, 500),  # before the debt was due
                    ("failed", "<3@x>", False, 2),
                )
            ]
        )
        draft = self.prepare(invoice)
        self.assertEqual(self.states(draft), {"Tried": "unknown"})
        contacts[1].state = "read"
        draft.check_ids.sudo()._compute_state()
        self.assertEqual(self.states(draft), {"Tried": "met"})

    def test_changing_the_rule_takes_its_conditions_and_keeps_answers(self):
        draft = self.prepare(self.create_invoice(2500, days_overdue=400))
        draft.check_ids.filtered(lambda c: c.statement == "related").answer = "no"
        peru = self.env.ref("collections_management.collections_write_off_rule_pe")
        draft.rule_id = peru
        self.assertEqual(len(draft.check_ids), len(peru.condition_ids))
        self.assertEqual(draft.check_ids.filtered(lambda c: c.statement == "related").answer, "no")
        with self.refused("changed in the rule"):
            draft.check_ids[:1].write({"limit": 1})

    def test_every_rule_that_comes_with_the_addon_tells_its_source(self):
        rules = self.env["collections.write.off.rule"].search([]) - self.rule
        self.assertGreaterEqual(len(rules), 18)
        for rule in rules:
            self.assertTrue(rule.citation and rule.checked_on and rule.condition_ids, rule.name)


@tagged("post_install", "-at_install")
class TestRecovery(WriteOffCommon):
    """Money that comes after all."""

    def pay_on_account(self, amount, debtor=None, **values):
        payment = self.env["account.payment"].create(
            {
                "partner_id": (debtor or self.debtor).id,
                "payment_type": "inbound",
                "partner_type": "customer",
                "amount": amount,
                "date": self.today,
                **values,
            }
        )
        payment.action_post()
        return payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def book(self, write_off, user=None):
        wizard = self.env["collections.recovery.wizard"].with_user(user or self.accountant)
        return wizard.create({"write_off_id": write_off.id})

    def test_a_later_payment_is_booked_as_income_and_reported(self):
        draft = self.prepare(self.create_invoice(1200, days_overdue=400))
        draft.action_request()
        credit = self.pay_on_account(500)
        wizard = self.book(draft)
        self.assertEqual((wizard.line_id, wizard.amount), (credit, 500))
        wizard.amount = 300
        wizard.action_confirm()
        recovery = draft.recovery_ids
        self.assertRecordValues(recovery, [{"amount": 300, "state": "posted"}])
        self.assertEqual((draft.amount_recovered, draft.amount_lost), (300, 900))
        self.assertEqual(credit.amount_residual, -200)
        gain = recovery.sudo().move_id.line_ids.filtered(lambda line: line.account_id == self.gain)
        self.assertEqual(gain.balance, -300)
        with self.refused("reverse the recovery first"):
            draft.with_user(self.accountant).action_reverse()
        recovery.with_user(self.accountant).action_reverse()
        self.assertEqual((recovery.state, credit.amount_residual), ("reversed", -500))
        self.assertEqual(draft.amount_lost, 1200)
        draft.with_user(self.accountant).action_reverse()

    def test_no_more_comes_back_than_was_lost_or_is_free(self):
        draft = self.prepare(self.create_invoice(100, days_overdue=400))
        draft.action_request()
        self.pay_on_account(500)
        wizard = self.book(draft)
        self.assertEqual(wizard.amount, 100)
        wizard.amount = 101
        with self.refused("no more can come back"):
            wizard.action_confirm()
        wizard.amount = 501
        with self.refused("so much of the payment is free"):
            wizard.action_confirm()

    def test_another_s_payment_is_none(self):
        draft = self.prepare(self.create_invoice(100, days_overdue=400))
        draft.action_request()
        credit = self.pay_on_account(50, debtor=self.create_debtor("Other"))
        with self.refused("not of this debtor"):
            draft.with_user(self.accountant)._recover(credit, 50, self.today)

    def test_the_tax_that_was_taken_back_is_owed_again(self):
        draft = self.prepare(self.create_invoice(1000, days_overdue=400))
        draft.action_request()
        draft.sudo().tax_amount = 180
        credit = self.pay_on_account(100)
        recovery = draft.with_user(self.accountant)._recover(credit, 100, self.today)
        lines = recovery.sudo().move_id.line_ids
        owed = lines.filtered(lambda line: line.account_id == self.tax_account)
        self.assertEqual(owed.balance, -18)
        self.assertEqual(lines.filtered(lambda line: line.account_id == self.gain).balance, -82)

    def test_a_supervisor_books_none(self):
        draft = self.prepare(self.create_invoice(100, days_overdue=400))
        draft.action_request()
        with self.assertRaises(AccessError):
            draft.action_recover()


@tagged("post_install", "-at_install")
class TestDossier(WriteOffCommon):
    """The proof, and that it fails when somebody touched the log."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.attachment"].flush_model()

    def make(self, invoices=None, **values):
        draft = self.prepare(invoices or self.create_invoice(1200, days_overdue=400), **values)
        draft.action_request()
        draft.action_make_dossier()
        return draft

    @contextmanager
    def unpacked(self, write_off):
        with tempfile.TemporaryDirectory() as folder:
            for attachment in write_off.sudo().dossier_ids:
                if attachment.mimetype == "application/zip":
                    zipfile.ZipFile(io.BytesIO(attachment.raw)).extractall(folder)
            yield Path(folder)

    def verify(self, folder):
        done = subprocess.run(
            [sys.executable, "-I", str(folder / "verify.py")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def get_text(self, write_off):
        pdf = write_off.sudo().dossier_ids.filtered(lambda a: a.name.endswith(".pdf")).raw
        return " ".join(" ".join(p.extract_text().split()) for p in pdf_pages.read(pdf).pages)

    def test_the_dossier_ties_to_the_ledger_and_verifies_without_odoo(self):
        self.env["collections.ledger"]._refresh(self.company)
        invoice = self.create_invoice(1200, days_overdue=400)
        self.env["collections.ledger"]._refresh(self.company)
        self.get_case()._log(
            "replied", {}, content={"subject": "Re", "body": "<p>No money</p>", "address": "a@b.c"}
        )
        self.env["ir.attachment"].create(
            {
                "name": "../contract.pdf",
                "res_model": "collections.case",
                "res_id": self.get_case().id,
                "raw": b"contract",
            }
        )
        draft = self.make(invoice)
        self.assertEqual(draft.dossier_state, "ready")
        text = self.get_text(draft)
        self.assertIn("they are equal", text)
        self.assertIn(invoice.name, text)
        self.assertIn("No money", text)
        self.assertIn(f"1 / {draft.dossier_pages}", text)
        copies = self.env["ir.attachment"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", draft.sudo().move_id.id)]
        )
        self.assertEqual(
            set(copies.mapped("checksum")), set(draft.sudo().dossier_ids.mapped("checksum"))
        )
        with self.unpacked(draft) as folder:
            code, said = self.verify(folder)
            self.assertEqual((code, said[:6]), (0, "INTACT"), said)
            self.assertEqual((folder / "attachments/contract.pdf").read_bytes(), b"contract")
            self.assertTrue(list((folder / "answers").glob("*.eml")))
            head = json.loads((folder / "log/head.json").read_text())
            self.assertIn(head["hash"], text)

    def test_the_program_finds_whatever_is_changed_in_the_zip(self):
        self.create_invoice(300, days_overdue=30)
        invoice = self.create_invoice(1200, days_overdue=400)
        self.env["collections.ledger"]._refresh(self.company)
        self.get_case()._log("note", {}, content={"note": "Called"})
        draft = self.make(invoice)
        with self.unpacked(draft) as folder:
            path, sums = folder / "log/log.jsonl", folder / "SHA256SUMS"
            lines = path.read_text().splitlines()
            entries = [json.loads(line) for line in lines]
            number = next(i for i, entry in enumerate(entries) if entry["content"])
            changed = {
                "was changed after it was written": {0: entries[0] | {"event": "sent"}},
                "a text that was changed": {
                    number: entries[number]
                    | {"content": entries[number]["content"] | {"note": "Paid"}}
                },
                "not at its own place": {1: None},
                "the log ends at": {len(entries) - 1: None},
            }
            for words, changes in changed.items():
                with self.subTest(words):
                    told = [changes.get(i, entry) for i, entry in enumerate(entries)]
                    path.write_text("".join(json.dumps(e) + "\n" for e in told if e))
                    code, said = self.verify(folder)
                    self.assertEqual(code, 1)
                    self.assertIn(words, said)
                    self.assertIn("log/log.jsonl: was changed", said)
            path.write_text("\n".join(lines) + "\n")
            self.assertEqual(self.verify(folder)[0], 0)
            next(folder.glob("documents/*/*")).unlink()
            self.assertIn("missing", self.verify(folder)[1])
            self.assertTrue(sums.exists())

    def test_a_row_changed_behind_odoo_s_back_fails_visibly(self):
        invoice = self.create_invoice(1200, days_overdue=400)
        self.env["collections.ledger"]._refresh(self.company)
        self.get_case()._log("note", {"who": "x"})
        self.env.flush_all()
        cr = self.env.cr
        cr.execute("ALTER TABLE collections_log DISABLE TRIGGER USER")
        cr.execute(
            "UPDATE collections_log SET data = '{}' WHERE case_id = %s AND event = 'note'",
            [self.get_case().id],
        )
        cr.execute("ALTER TABLE collections_log ENABLE TRIGGER USER")
        cr.execute("ALTER TABLE collections_log ENABLE ALWAYS TRIGGER collections_log_guard_row")
        cr.execute("ALTER TABLE collections_log ENABLE ALWAYS TRIGGER collections_log_guard_table")
        draft = self.make(invoice)
        self.assertEqual(draft.dossier_state, "faulty")
        self.assertIn("was changed after it was written", draft.dossier_fault)
        text = self.get_text(draft)
        self.assertIn("VERIFICATION FAILED", text)
        self.assertIn("NOT INTACT", text)
        with self.unpacked(draft) as folder:
            code, said = self.verify(folder)
            self.assertEqual(code, 1, said)
            self.assertIn("was changed after it was written", said)

    def test_the_job_makes_what_waits_and_says_what_fails(self):
        draft = self.prepare(self.create_invoice(1200, days_overdue=400))
        draft.action_request()
        cron = self.env.ref("collections_management.collections_write_off_cron_dossier")
        dossier = type(self.env["collections.dossier"])
        with (
            patch.object(dossier, "_make", side_effect=UserError("No printer")),
            self.enter_registry_test_mode(),
        ):
            cron.method_direct_trigger()
        draft.invalidate_recordset()
        self.assertRecordValues(draft, [{"dossier_state": "failed", "dossier_fault": "No printer"}])
        draft.action_queue_dossier()
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        draft.invalidate_recordset()
        self.assertRecordValues(draft, [{"dossier_state": "ready", "dossier_progress": 100}])

    def test_a_job_that_is_cut_off_goes_on_from_what_it_printed(self):
        invoices = self.env["account.move"]
        for days in range(400, 404):
            invoices |= self.create_invoice(10, days_overdue=days)
        draft = self.prepare(invoices)
        draft.action_request()
        write_off = draft.sudo()
        dossier = type(self.env["collections.dossier"])
        with patch.object(
            dossier, "_print_document", autospec=True, return_value=b"%PDF-1.4 printed"
        ) as printed:
            times = iter([True, False])
            self.assertFalse(write_off._print_missing(lambda: next(times)))
            self.assertEqual(len(write_off.dossier_print_ids), 2)
            with self.enter_registry_test_mode():
                self.env.ref(
                    "collections_management.collections_write_off_cron_dossier"
                ).method_direct_trigger()
            self.assertEqual(printed.call_count, 4, "each invoice is printed once")
        write_off.invalidate_recordset()
        self.assertRecordValues(
            write_off,
            [{"dossier_state": "ready", "dossier_progress": 100, "dossier_print_ids": []}],
        )
        with self.unpacked(draft) as folder:
            self.assertEqual(len(list(folder.glob("documents/*/*.pdf"))), 4)
            self.assertEqual(self.verify(folder)[0], 0)

    def test_nobody_waits_for_a_long_dossier(self):
        draft = self.prepare(self.create_invoice(1200, days_overdue=400))
        draft.action_request()
        with patch.object(collections_write_off_dossier, "PRINTED_AT_ONCE", 0):
            action = draft.action_make_dossier()
        self.assertEqual(action["tag"], "display_notification")
        self.assertRecordValues(draft, [{"dossier_state": "queued", "dossier_ids": []}])
        draft.action_make_dossier()
        self.assertEqual(draft.dossier_state, "ready")

    def test_many_originals_are_parted_and_slices_stay_small(self):
        invoices = self.env["account.move"]
        for days in range(400, 406):
            invoices |= self.create_invoice(10, days_overdue=days)
        self.env["collections.ledger"]._refresh(self.company)
        for number in range(30):
            self.get_case()._log("note", {}, content={"body": f"<p>Note {number}</p>"})
        rows = {"contacts": 5, "texts": 4, "log": 7, "files": 9}
        with (
            patch.object(collections_dossier, "ROWS", rows),
            patch.object(collections_dossier_files.Archive.__init__, "__defaults__", (20_000,)),
        ):
            draft = self.make(invoices)
        zips = draft.sudo().dossier_ids.filtered(lambda a: a.mimetype == "application/zip")
        self.assertGreater(len(zips), 1)
        text = self.get_text(draft)
        for number in range(30):
            self.assertIn(f"Note {number}", text)
        self.assertIn(f"{draft.dossier_pages} / {draft.dossier_pages}", text)
        with self.unpacked(draft) as folder:
            self.assertEqual(self.verify(folder)[0], 0)

    def test_a_dossier_made_anew_replaces_the_old_one(self):
        draft = self.make()
        first = draft.sudo().dossier_ids.ids
        draft.action_make_dossier()
        self.assertFalse(self.env["ir.attachment"].browse(first).exists())
        self.assertEqual(len(draft.sudo().dossier_ids), 2)


@tagged("post_install", "-at_install")
class TestWriteOffTours(BrowserCase, WriteOffCommon):
    """An accountant from the queue to the dossier."""

    def setUp(self):
        super().setUp()
        self.create_invoice(1200, days_overdue=400)
        self.env["collections.ledger"]._refresh(self.company)
        self.get_case().sudo().needs_decision = True

    def run_tour(self, name):
        self.start_tour(
            "/odoo/action-collections_management.collections_case_action_to_decide",
            name,
            login=self.accountant.login,
        )
        write_off = self.get_case().write_off_ids
        self.assertRecordValues(write_off, [{"state": "posted", "dossier_state": "ready"}])

    def test_accountant_at_a_desk(self):
        self.run_tour("collections_write_off_tour")


@tagged("post_install", "-at_install")
class TestWriteOffPhoneTours(TestWriteOffTours):
    browser_size = "390x844"
    touch_enabled = True

    def test_accountant_at_a_desk(self):
        self.run_tour("collections_write_off_phone_tour")
