from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, tagged

from .test_team import TeamCommon


class BoardCommon(TeamCommon):
    """Ana and Ben have three cases each; Ana was asked and one of hers paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collections.assignment.rule"]._assign_collectors(cls.company)
        cls.hers = cls.cases.filtered(lambda case: case.user_id == cls.ana)
        cls.his = cls.cases.filtered(lambda case: case.user_id == cls.ben)
        cls.target = cls.env["collections.target"].create(
            {"team_id": cls.team.id, "user_id": cls.ana.id, "amount": 400, "contact_count": 10}
        )
        cls.team.member_ids.case_limit = 4

    @classmethod
    def notice(cls, case, amount, day=None, **values):
        """A payment of a debtor, noticed as the night does, credited to who has the case."""
        invoice = case.receivable_ids.filtered(lambda line: line.amount_residual > 0).move_id[:1]
        payment = cls.pay(invoice, amount, day or cls.today)
        line = payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        receipt = cls.env["collections.receipt"].create(
            {
                "case_id": case.id,
                "company_id": cls.company.id,
                "move_id": payment.move_id.id,
                "currency_id": line.currency_id.id,
                "amount": abs(line.amount_currency),
                "date": payment.date,
                **values,
            }
        )
        cls.env["collections.ledger"]._refresh(cls.company)
        return receipt

    def get_row(self, user, team=None, reader=None):
        return (
            self.env["collections.board"]
            .with_user(reader or self.supervisor)
            .search([("user_id", "=", user.id), ("team_id", "=", (team or self.team).id)])
        )

    def say(self, case, user, event="sent"):
        case.with_user(user).sudo()._log(event, {}, user_id=user.id)


@tagged("post_install", "-at_install")
class TestBoard(BoardCommon):
    """What a supervisor sees of the team, and does from there."""

    def test_a_row_tells_the_load_and_the_work(self):
        self.say(self.hers[0], self.ana)
        self.say(self.hers[0], self.ana)
        self.say(self.hers[1], self.ana)
        self.notice(self.hers[0], 100)
        row = self.get_row(self.ana)
        overdue = sum(self.hers.filtered(lambda c: c.state == "open").mapped("amount_net_overdue"))
        self.assertRecordValues(
            row,
            [
                {
                    "is_active": True,
                    "case_count": len(self.hers.filtered(lambda c: c.state == "open")),
                    "case_limit": 4,
                    "amount_overdue": overdue,
                    "contacted_today": 2,
                    "contacted_week": 2,
                    "recovered": 100,
                    "target_amount": 400,
                    "target_share": 25,
                    "status": False,
                }
            ],
        )
        self.assertEqual(row.load_share, 100 * row.case_count // 4)
        self.assertEqual(row.display_name, "Ana")
        self.assertEqual(self.get_row(self.ana).id, row.id, "a row keeps its number")

    def test_those_away_covered_and_left_are_told(self):
        self.env["collections.absence"].create(
            {"user_id": self.ben.id, "substitute_id": self.ana.id,
             "date_from": self.today, "date_to": self.today}
        )  # fmt: skip
        self.assertIn("Ana covers", self.get_row(self.ben).status)
        self.assertEqual(self.get_row(self.ana).covering_count, 3)
        listened = self.get_row(self.ana).action_open_list()
        self.assertEqual(
            self.env["collections.case"].search(listened["domain"]),
            self.cases.sorted("amount_net_overdue", reverse=True),
        )
        self.ben.active = False
        self.assertIn("Has left", self.get_row(self.ben).status)

    def test_what_nobody_has_is_a_row_too(self):
        self.his.write({"user_id": False})
        row = self.get_row(self.env["res.users"])
        self.assertEqual((row.case_count, row.status), (3, "Nobody has these cases"))
        found = self.env["collections.case"].search(row.action_open_list()["domain"])
        self.assertEqual(set(found), set(self.his))

    def test_many_cases_cost_no_more_than_few(self):
        board = self.env["collections.board"].with_user(self.supervisor)
        names = ["user_id", "case_count", "amount_overdue", "status", "recovered"]
        specification = {name: {} for name in names}

        def statements():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            board.web_search_read([], specification)
            return self.env.cr.sql_log_count - before

        self.team.member_ids.case_limit = 0
        statements()
        few = statements()
        for n in range(5):
            debtor = self.create_debtor(f"More{n}")
            self.create_invoice(50, debtor=debtor)
        self.env["collections.ledger"]._refresh(self.company)
        self.assign()
        self.env.invalidate_all()
        self.assertEqual(self.get_row(self.ana).case_count + self.get_row(self.ben).case_count, 11)
        statements()  # what a new debtor cleared is cached again
        self.assertLessEqual(statements(), few)

    def test_the_board_says_nothing_to_collectors(self):
        with self.assertRaises(AccessError):
            self.env["collections.board"].with_user(self.ana).search([])

    def test_the_queue_of_approvals(self):
        self.strategy.step_ids.mode = "approval"
        self.env["collections.planner"]._plan(self.hers)
        self.env["collections.planner"]._plan(self.his)
        action = self.get_row(self.ana).action_approve()
        page = self.env[action["res_model"]].with_user(self.supervisor).browse(action["res_id"])
        [row] = page.rows
        self.assertEqual((row["key"], row["count"]), ("messages", len(self.hers)))
        found = self.env["collections.contact"].search(row["domain"])
        self.assertEqual(found.case_id, self.hers)

    def test_a_note_reaches_the_team_and_nobody_else(self):
        row = self.get_row(self.ana) | self.get_row(self.ben)
        action = row.action_broadcast()
        form = Form(
            self.env["collections.broadcast"]
            .with_user(self.supervisor)
            .with_context(**action["context"])
        )
        form.subject = "Holiday"
        form.body = "Call <today>\nplease"
        self.ana.notification_type = "inbox"
        wizard = form.save()
        wizard.action_send()
        message = self.env["mail.message"].search([("subject", "=", "Holiday")])
        self.assertEqual(message.partner_ids, (self.ana | self.ben).partner_id)
        self.assertIn("Call &lt;today&gt;<br>please", str(message.body).replace("<br/>", "<br>"))
        wizard.user_ids = self.eva
        with self.assertRaises(UserError):
            wizard.action_send()
        with self.assertRaises(AccessError):
            self.env["collections.broadcast"].with_user(self.ana).create(
                {"subject": "No", "body": "No"}
            )


@tagged("post_install", "-at_install")
class TestTargets(BoardCommon):
    """Progress comes from the ledger and the log."""

    def test_what_is_recovered_is_what_stands_in_the_ledger(self):
        paid = self.notice(self.hers[0], 60)
        self.notice(self.hers[1], 100)
        self.notice(self.his[0], 50)
        self.say(self.hers[0], self.ana)
        self.assertRecordValues(
            self.target,
            [{"recovered": 160, "recovered_share": 40, "contacts": 1, "promises": 0}],
        )
        whole = self.env["collections.target"].create({"team_id": self.team.id, "amount": 420})
        self.assertEqual(whole.recovered, 210)
        paid.move_id._reverse_moves(cancel=True)
        self.target.invalidate_recordset()
        self.assertEqual(self.target.recovered, 100, "what was reversed counts no more")

    def test_promises_count_for_who_obtained_them_on_their_day(self):
        promises = self.env["collections.promise"]
        for user, case in (
            (self.ana, self.hers[0]),
            (self.ana, self.hers[1]),
            (self.ben, self.his[0]),
        ):
            promises.with_user(user).create({"case_id": case.id, "date_due": self.today})
        self.assertEqual(self.target.promises, 2)
        promises.search([("case_id", "=", self.hers[1].id)]).state = "awaiting"
        self.target.invalidate_recordset()
        self.assertEqual(self.target.promises, 1, "one that waits for approval is none yet")
        self.target.date_from = self.target.date_to
        expected = int(self.target.date_to == self.today)
        self.assertEqual(self.target.promises, expected)
        whole = self.env["collections.target"].create({"team_id": self.team.id, "amount": 1})
        self.assertEqual(whole.promises, 2)

    def test_it_is_credited_to_who_had_the_case_then(self):
        receipt = self.notice(self.hers[0], 60)
        self.assertEqual((receipt.user_id, receipt.team_id), (self.ana, self.team))
        self.hers[0].write({"user_id": self.ben.id})
        self.assertEqual(receipt.user_id, self.ana)
        self.assertEqual(self.target.recovered, 60)

    def test_a_foreign_payment_counts_as_the_ledger_has_it(self):
        currency = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        invoice = self.create_invoice(100, debtor=self.hers[0].partner_id, currency_id=currency.id)
        payment = self.pay(invoice)
        line = payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.env["collections.receipt"].create(
            {
                "case_id": self.hers[0].id,
                "company_id": self.company.id,
                "move_id": payment.move_id.id,
                "currency_id": currency.id,
                "amount": 100,
                "date": self.today,
            }
        )
        self.assertEqual(self.target.recovered, -line.balance)
        self.assertEqual(self.target.recovered, 200)

    def test_the_night_credits_what_it_notices(self):
        self.env["collections.planner"]._plan(self.hers)
        contact = self.hers[0].contact_ids
        contact.write({"state": "delivered", "sent_on": self.today})
        self.hers[0].last_contact_date = self.today
        self.company.collections_thank_days = 30
        self.pay(self.hers[0].receivable_ids.move_id[:1], 10)
        self.env["collections.ledger"]._refresh(self.company)
        receipt = self.env["collections.receipt"].search([("case_id", "=", self.hers[0].id)])
        self.assertEqual((receipt.user_id, receipt.team_id), (self.ana, self.team))

    def test_outside_its_days_nothing_counts(self):
        self.target.write(
            {"date_from": self.today + timedelta(1), "date_to": self.today + timedelta(9)}
        )
        self.notice(self.hers[0], 60)
        self.assertEqual((self.target.recovered, self.target.state), (0, "coming"))
        self.target.write(
            {"date_from": self.today - timedelta(9), "date_to": self.today - timedelta(1)}
        )
        self.assertEqual(self.target.state, "missed")
        self.target.date_to = self.today
        self.assertEqual(self.target.state, "behind")
        self.target.amount = 60
        self.assertEqual(self.target.state, "met")

    def test_one_statement_for_all_targets(self):
        targets = self.target
        for n in range(1, 8):
            targets += self.target.copy(
                {"date_from": self.today - timedelta(60 * n),
                 "date_to": self.today - timedelta(60 * n - 9)}
            )  # fmt: skip
        self.env.flush_all()

        def statements(some):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("recovered")
            return self.env.cr.sql_log_count - before

        statements(targets)
        self.assertEqual(statements(targets[:2]), statements(targets))

    def test_who_sets_targets(self):
        values = {"team_id": self.team.id, "user_id": self.ben.id, "amount": 10}
        targets = self.env["collections.target"]
        targets.with_user(self.supervisor).create(values).unlink()
        for user in (self.ana, self.rival, self.auditor):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                targets.with_user(user).create(values)
        self.assertEqual(targets.with_user(self.ana).search([]), self.target)
        self.assertFalse(targets.with_user(self.ben).search([]))
        with self.assertRaisesRegex(ValidationError, "covers these days"):
            self.target.copy()


@tagged("post_install", "-at_install")
class TestReassign(BoardCommon):
    """Many cases at once, with a look at what it means before."""

    def open_wizard(self, cases, user=None):
        cases = cases.with_user(user or self.supervisor)
        action = cases.action_reassign()
        return self.env[action["res_model"]].with_user(user or self.supervisor).browse(
            action["res_id"]
        )  # fmt: skip

    def test_the_preview_is_what_happens(self):
        wizard = self.open_wizard(self.his)
        self.assertEqual(wizard.given_count, 0)
        with Form(wizard) as form:
            form.user_id = self.ana
            self.assertIn("+3", form.preview)
            self.assertIn("more than agreed", form.preview)
        self.assertEqual(wizard.given_count, 3)
        wizard.note = "Ben takes the south"
        wizard.action_confirm()
        self.assertEqual(self.cases.user_id, self.ana)
        self.assertTrue(all(self.his.mapped("assignment_locked")))
        self.assertFalse(any(self.hers.mapped("assignment_locked")))
        entry = self.get_entries(self.his[0], "assigned")[-1]
        self.assertEqual(entry.user_id, self.supervisor)
        self.assertEqual(entry.content_ids.note, "Ben takes the south")
        self.assertEqual(entry.summary, "Assigned from Ben to Ana in team Lima: by hand")
        self.assertIn("Assigned by hand by", self.his[0].assignment_text)
        self.assign()
        self.assertEqual(self.cases.user_id, self.ana, "it stands")
        self.assertFalse(self.env["collections.log"]._verify(self.cases)[:1])

    def test_spread_over_the_team_keeps_to_what_people_carry(self):
        eve = self.create_user("collector", login="test_eve", name="Eve")
        self.team.member_ids = [Command.create({"user_id": eve.id, "case_limit": 2})]
        wizard = self.open_wizard(self.his)
        wizard.write({"mode": "spread", "user_ids": eve.ids})
        self.assertIn("Stay where they are: <b>1</b>", str(wizard.preview))
        wizard.action_confirm()
        self.assertEqual(self.count(), {"Ana": 3, "Ben": 1, "Eve": 2})
        wizard = self.open_wizard(self.cases)
        wizard.write({"mode": "spread", "user_ids": False, "method": "round_robin"})
        wizard.action_confirm()
        self.assertEqual(self.count(), {"Ana": 2, "Ben": 2, "Eve": 2})
        texts = self.cases.mapped("assignment_text")
        self.assertTrue([text for text in texts if text.startswith("Given out by hand by")])

    def test_to_a_team_and_back_to_the_rules(self):
        wizard = self.open_wizard(self.his)
        wizard.write({"mode": "team", "team_id": self.team.id})
        wizard.action_confirm()
        self.assertFalse(self.his.user_id)
        self.assertEqual(self.his.team_id, self.team)
        wizard = self.open_wizard(self.his)
        wizard.mode = "release"
        self.assertIn("among them: <b>3</b>", str(wizard.preview))
        wizard.action_confirm()
        self.assertFalse(any(self.his.mapped("assignment_locked")))
        self.assign()
        self.assertEqual(self.count(), {"Ana": 3, "Ben": 3})

    def test_within_the_own_teams_only(self):
        wizard = self.open_wizard(self.his)
        self.assertEqual(wizard.supervised_ids, self.team)
        self.assertEqual(wizard.candidate_ids, self.ana | self.ben)
        wizard.write({"mode": "one", "user_id": self.eva.id})
        with self.assertRaises(AccessError):
            wizard.action_confirm()
        wizard.write({"mode": "spread", "team_id": self.other.id})
        with self.assertRaises(AccessError):
            wizard.action_confirm()
        self.assertEqual(self.his.user_id, self.ben)
        with self.assertRaises(AccessError):
            self.open_wizard(self.cases, self.rival)
        with self.assertRaises(UserError):
            self.his.with_user(self.ben).action_reassign()

    def test_what_is_missing_is_said(self):
        wizard = self.open_wizard(self.his)
        with self.assertRaisesRegex(UserError, "Choose the collector"):
            wizard.action_confirm()
        wizard.write({"mode": "spread", "team_id": False})
        with self.assertRaisesRegex(UserError, "Choose the team"):
            wizard.action_confirm()
        self.team.member_ids.unlink()
        wizard.team_id = self.team
        with self.assertRaisesRegex(UserError, "Nobody of this team"):
            wizard.action_confirm()
        with self.assertRaisesRegex(UserError, "Select the cases"):
            self.cases.browse().with_user(self.supervisor).action_reassign()

    def call(self, case):
        outcome = self.env.ref("collections_management.collections_outcome_refuses")
        case.with_user(self.ana).work_outcome(outcome.id, {"uuid": f"board-call-{case.id}"})

    def test_calls_and_promises_of_a_collector_are_on_the_board(self):
        self.call(self.hers[0])
        self.env["collections.promise"].with_user(self.ana).create(
            {"case_id": self.hers[0].id, "date_due": self.today}
        )
        self.hers[1].broken_promise_count = 1
        self.assertRecordValues(
            self.get_row(self.ana),
            [{"contacted_today": 1, "promise_due_count": 1, "promise_broken_count": 1}],
        )
        self.assertRecordValues(
            self.get_row(self.ben),
            [{"contacted_today": 0, "promise_due_count": 0, "promise_broken_count": 0}],
        )

    def test_what_is_paid_after_a_call_is_recovered(self):
        """A collector who called asked the debtor as a step of the ladder does."""
        self.call(self.hers[0])
        for case in self.hers[:2]:
            self.pay(case.receivable_ids.move_id[:1], 50)
        self.env["collections.ledger"]._refresh(self.company)
        self.assertEqual(self.get_row(self.ana).recovered, 50, "the other one was not asked")

    def test_following_a_case(self):
        self.his[0].with_user(self.supervisor).action_follow()
        self.assertIn(self.supervisor.partner_id, self.his[0].message_partner_ids)


class BoardTours(BoardCommon, HttpCase):
    def start(self, tour):
        self.start_tour(
            "/odoo/action-collections_management.collections_board_action",
            tour,
            login=self.supervisor.login,
        )


@tagged("post_install", "-at_install")
class TestBoardTours(BoardTours):
    def test_a_supervisor_listens_in_and_moves_the_work(self):
        self.start("collections_board_tour")
        self.assertEqual(self.count(), {"Ana": 6})
        self.assertTrue(self.env["mail.message"].search([("subject", "=", "Well done")]))


@tagged("post_install", "-at_install")
class TestBoardToursOnAPhone(BoardTours):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_supervisor_reassigns_on_a_phone(self):
        self.start("collections_board_phone_tour")
        self.assertEqual(self.count(), {"Ana": 6})
