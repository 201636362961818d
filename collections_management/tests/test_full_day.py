"""A whole day of each role, at a desk and on a phone; what the screens did is in the database."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .browser import BrowserCase
from .test_board import BoardCommon
from .test_fee import FeeCommon
from .test_worklist_tours import WorklistTours
from .test_write_off import WriteOffCommon


class FullDay(BrowserCase):
    """One way through the screens, whatever their width."""

    browser_size = "1400x900"
    device = "desk"

    def open_page(self, action, tour, user):
        self.start_tour(f"/odoo/action-collections_management.{action}", tour, login=user.login)
        self.env.invalidate_all()

    def assert_chain(self, cases):
        self.assertFalse(self.env["collections.log"]._verify(cases))


class OnAPhone:
    browser_size = "390x844"
    touch_enabled = True
    device = "phone"


@tagged("post_install", "-at_install")
class TestCollectorsMorning(FullDay, WorklistTours):
    """Ten debtors, from the first call to the last."""

    names = tuple(f"Debtor {number:02}" for number in range(1, 11))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        outcomes = cls.env["collections.outcome"].search([("consequence", "=", "retry")])
        outcomes.hours = 30  # not on today's list again, at whatever hour this runs
        cls.env["collections.segment"]._assign(cls.company)

    def test_a_whole_morning(self):
        self.open_page(
            "collections_worklist_action", f"collections_morning_{self.device}_tour", self.collector
        )
        self.assertEqual(
            [case.contact_ids.outcome_id.code or "" for case in self.cases],
            ["promise", "disputes", "call_back", "visit_paid", "instalments", "no_answer",
             "wrong_number", "refuses", "", "paid"],
        )  # fmt: skip
        self.assert_first_half(*self.cases[:5])
        self.assert_second_half(*self.cases[5:])
        self.assertEqual(len(self.cases.contact_ids), 9, "each contact is counted once")
        self.assertEqual(self.cases.contact_ids.case_id.user_id, self.collector)
        self.assert_chain(self.cases)
        desk = self.env["collections.worklist"].with_user(self.collector)
        day = desk.load_day()
        self.assertEqual((day["done"], day["total"], day["promised"]), (10, 10, 400))

    def get_events(self, case):
        return case.log_ids.sorted("sequence").mapped("event")

    def assert_first_half(self, promising, disputing, expecting, visited, agreeing):
        self.assertRecordValues(
            promising.promise_ids,
            [{"amount": 400, "state": "open", "user_id": self.collector.id}],
        )
        self.assertEqual(promising.hold_ids.reason, "promise")
        events = self.get_events(promising)
        self.assertLess(events.index("answered"), events.index("promise_made"))
        self.assertEqual(events.count("answered"), 1, "nothing of the dialog that was discarded")
        dispute = disputing.dispute_ids
        self.assertRecordValues(
            dispute,
            [{"amount": 200, "state": "open", "description": "The price was 10, not 12",
              "opened_by_id": self.collector.id}],
        )  # fmt: skip
        self.assertEqual(disputing.hold_ids.line_id, dispute.line_id)
        local = fields.Datetime.context_timestamp(
            expecting.with_context(tz="UTC"), expecting.callback_on
        )
        self.assertEqual(expecting.callback_note, "Ask for Rosa")
        self.assertGreater(local.date(), self.today)
        self.assertEqual(expecting.activity_ids.user_id, self.collector)
        self.assertRecordValues(
            visited.visit_ids,
            [{"receipt_number": "R-77", "has_position": True, "latitude": -12.05, "accuracy": 8,
              "user_id": self.collector.id}],
        )  # fmt: skip
        self.assertEqual(visited.hold_ids.reason, "voucher")
        agreement = agreeing.agreement_ids
        self.assertRecordValues(
            agreement, [{"state": "proposed", "count": 5, "user_id": self.collector.id}]
        )
        self.assertEqual(sum(agreement.line_ids.mapped("amount")), agreeing.amount_net_overdue)

    def assert_second_half(self, silent, wrong, refusing, away, paid):
        self.assertTrue(silent.callback_on)
        self.assertEqual(silent.contact_ids.state, "failed")
        self.assertTrue(wrong.partner_id.collections_is_bad_phone)
        self.assertIn("He moved to Ayacucho", refusing.log_ids.content_ids.mapped("note"))
        self.assertTrue(refusing.activity_ids, "the supervisor gets a task")
        self.assertRecordValues(
            away,
            [{"skipped_until": self.today + timedelta(days=1),
              "skip_reason": "The debtor is away"}],
        )  # fmt: skip
        self.assertIn("put_off", self.get_events(away))
        self.assertRecordValues(
            paid.hold_ids,
            [{"reason": "voucher", "date_until": self.today + timedelta(days=3)}],
        )


@tagged("post_install", "-at_install")
class TestCollectorsMorningOnAPhone(OnAPhone, TestCollectorsMorning):
    pass


@tagged("post_install", "-at_install")
class TestSupervisorsApprovals(FullDay, BoardCommon, FeeCommon):
    """What a collector could not decide alone waits for the supervisor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment.write({"promise_limit_days": 7, "agreement_max_discount_percent": 0})
        cls.company.collections_agreement_discount_product_id = cls.product
        hers = cls.env["collections.case"].with_user(cls.ana).browse(cls.hers.ids)
        for case, name in zip(hers, ("Bodega Uno", "Casa Dos", "Taller Tres"), strict=True):
            case.sudo().partner_id.name = name
        cls.promise = hers.env["collections.promise"].create(
            {"case_id": hers[0].id, "date_due": cls.today + timedelta(days=20)}
        )
        cls.agreement = hers.env["collections.agreement"].create(
            {"case_id": hers[1].id, "count": 2, "discount_percent": 10}
        )
        cls.agreement.action_propose()
        cls.fee = cls.env["collections.fee"]._charge(cls.policy, cls.hers[2])
        cls.fee._book()
        waive = hers.env["collections.fee.waive"].create(
            {"fee_ids": [Command.set(cls.fee.ids)], "reason": "goodwill", "note": "Paga siempre"}
        )
        waive.action_waive()
        cls.env.invalidate_all()

    def test_a_supervisor_decides_and_moves_the_work(self):
        self.assertEqual(
            (self.promise.state, self.agreement.state, self.fee.waiver_state),
            ("awaiting", "awaiting", "asked"),
        )
        self.assertFalse(self.hers.hold_ids, "nobody is left alone before somebody approves")
        debit = self.fee.move_id
        self.open_page("collections_board_action", "collections_approvals_tour", self.supervisor)
        self.assertEqual(self.promise.state, "open")
        self.assertEqual(self.hers[0].hold_ids.reason, "promise")
        self.assertRecordValues(
            self.agreement.sudo(), [{"state": "proposed", "approver_id": self.supervisor.id}]
        )
        self.assertRecordValues(
            self.fee,
            [{"state": "waived", "waiver_state": "granted",
              "waiver_decided_by_id": self.supervisor.id}],
        )  # fmt: skip
        self.assertEqual(debit.amount_residual, 0, "what was waived is owed no more")
        self.assertEqual(self.his.user_id, self.ana)
        self.assertEqual(set(self.his.log_ids.mapped("event")) & {"assigned"}, {"assigned"})
        self.assert_chain(self.cases)


@tagged("post_install", "-at_install")
class TestSupervisorsApprovalsOnAPhone(OnAPhone, TestSupervisorsApprovals):
    pass


@tagged("post_install", "-at_install")
class TestAccountantsWriteOff(FullDay, WriteOffCommon):
    """From the queue of decisions to the dossier, by two people."""

    def test_two_accountants_write_off_and_keep_the_proof(self):
        invoice = self.create_invoice(12_000, days_overdue=400)
        self.env["collections.ledger"]._refresh(self.company)
        case = self.get_case()
        case.needs_decision = True
        self.open_page(
            "collections_case_action_to_decide", "collections_write_off_ask_tour", self.accountant
        )
        write_off = case.write_off_ids
        self.assertRecordValues(
            write_off, [{"state": "requested", "requested_by_id": self.accountant.id}]
        )
        self.assertEqual(invoice.amount_residual, 12_000, "nothing is booked by one person")
        with self.downloads() as folder:
            self.open_page(
                "collections_write_off_action_to_approve",
                "collections_write_off_approve_tour",
                self.second,
            )
            [file] = folder.iterdir()
            self.assertEqual(file.suffix, ".pdf")
            content = file.read_bytes()
        self.assertRecordValues(
            write_off,
            [{"state": "posted", "decided_by_id": self.second.id, "dossier_state": "ready"}],
        )
        self.assertIn(content, write_off.dossier_ids.mapped("raw"))
        self.assertRecordValues(
            write_off.move_id.line_ids.sorted("balance"),
            [
                {"account_id": self.get_receivable(invoice).account_id.id, "balance": -12_000},
                {"account_id": self.loss.id, "balance": 12_000},
            ],
        )
        self.assertEqual((invoice.amount_residual, case.amount_total), (0, 0))
        self.assertIn("written_off", case.log_ids.mapped("event"))
        self.assert_chain(case)


@tagged("post_install", "-at_install")
class TestAccountantsWriteOffOnAPhone(OnAPhone, TestAccountantsWriteOff):
    pass
