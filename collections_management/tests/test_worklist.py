import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon

PIXEL = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg=="
    )
).decode()


class WorklistCommon(CollectionsCommon):
    """Three debtors of one collector, from the most urgent to the least."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["collections.priority.rule"].search([]).active = False
        cls.rules = cls.env["collections.priority.rule"].create(
            [
                {"name": "Old", "points": 200, "domain": "[('days_past_due', '>', 60)]"},
                {"name": "Large", "points": 50, "domain": "[('amount_decile', '=', 10)]"},
                {
                    "name": "Just spoken",
                    "points": -150,
                    "domain": "[('last_contact_date', '>=', 'today -1d')]",
                },
                {
                    "name": "Answered",
                    "points": 30,
                    "domain": "[('hold_ids', 'any', [('reason', '=', 'answered')])]",
                },
            ]
        )
        cls.debtors = cls.debtor
        for name, amount, days in (("Bodega Old", 100, 90), ("Casa Large", 900, 5)):
            cls.debtors |= (debtor := cls.create_debtor(name, phone="+51 987 654 321"))
            cls.create_invoice(amount, days, debtor)
        cls.create_invoice(50, 5)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.plain, cls.old, cls.large = (cls.get_case(debtor) for debtor in cls.debtors)
        cls.cases = cls.plain | cls.old | cls.large
        cls.cases.user_id = cls.collector
        cls.score()
        cls.desk = cls.env["collections.worklist"].with_user(cls.collector)
        cls.outcomes = {
            outcome.code: outcome for outcome in cls.env["collections.outcome"].search([])
        }

    @classmethod
    def score(cls):
        return cls.env["collections.priority.rule"]._score(cls.company)

    def work(self, case, code, **values):
        uuid = f"test-{code}-{case.id}-{len(case.contact_ids)}".replace("_", "-")
        values = {"uuid": uuid, **values}
        own = case.with_user(self.collector)
        return own.work_outcome(self.outcomes[code].id, values)

    @classmethod
    def make_rule(cls, medium):
        """A law that allows no contact by a medium, and every other at any moment."""
        return cls.env["collections.contact.rule"].create(
            {
                "name": f"No {medium}",
                "kind": "law",
                "citation": "Art. 7",
                "holidays_ok": True,
                "window_ids": [
                    Command.create(
                        {"hour_from": 0, "hour_to": 24, "saturday": True, "sunday": True}
                    )
                ],
                "cap_ids": [Command.create({"limit": 0, "days": 1, "medium": medium})],
            }
        )

    def get_order(self, day):
        return [row["case"] for row in day["rows"] if row["state"] == "todo"]


@tagged("post_install", "-at_install")
class TestPriority(WorklistCommon):
    def test_points_say_who_is_first_and_why(self):
        self.assertEqual(
            [(case.priority, case.priority_text) for case in (self.old, self.large, self.plain)],
            [(200, "Old +200"), (50, "Large +50"), (0, False)],
        )
        self.assertEqual(self.score(), 0, "nothing changed: nothing is written")

    def test_points_never_go_below_zero_and_a_closed_case_has_none(self):
        self.large.last_contact_date = self.today
        self.score()
        self.assertEqual(self.large.priority, 0)
        self.assertEqual(self.large.priority_text, "Just spoken -150, Large +50")
        self.pay(self.old.receivable_ids.move_id)
        self.env["collections.ledger"]._refresh(self.company)
        self.score()
        self.assertRecordValues(self.old, [{"priority": 0, "amount_decile": 0}])

    def test_the_share_of_the_debt_is_relative_to_the_company(self):
        self.assertEqual(
            self.cases.sorted("amount_net_overdue").mapped("amount_decile"), [4, 7, 10]
        )

    def test_a_rule_on_another_table_is_asked_too(self):
        self.env["collections.hold"].create({"case_id": self.plain.id, "reason": "answered"})
        self.plain._score()
        self.assertEqual(self.plain.priority_text, "Answered +30")

    def test_one_case_is_scored_without_the_others(self):
        self.rules[1].points = 60
        self.large._score()
        self.rules[0].points = 10
        self.large._score()
        self.assertEqual(self.cases.mapped("priority"), [0, 200, 60])

    def test_the_number_of_statements_does_not_grow_with_the_cases(self):
        for number in range(5):
            self.create_invoice(10, 70, self.create_debtor(f"More {number}"))
        self.env["collections.ledger"]._refresh(self.company)
        self.env["collections.priority.rule"].search([]).mapped("points")
        self.env.flush_all()
        with self.assertQueryCount(9):
            self.score()

    def test_a_rule_that_cannot_be_read_is_refused_and_stops_no_night(self):
        with self.assertRaisesRegex(ValidationError, "Old"):
            self.rules[0].domain = "[('nothing', '=', 1)]"
        self.env.cr.execute(
            "UPDATE collections_priority_rule SET domain = '[(''gone'', ''='', 1)]' WHERE id = %s",
            [self.rules[0].id],
        )
        self.rules.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "Old"):
            self.score()
        run = self.env["collections.run"].create(
            {"company_id": self.company.id, "date": self.today}
        )
        with mute_logger("odoo.addons.collections_management.models.collections_priority_rule"):
            for _night in range(2):
                self.env["collections.priority.rule"]._score(self.company, run=run)
        self.assertIn("Old", run.warning)
        [task] = self.rules.activity_ids.filtered(lambda one: one.user_id == self.manager)
        self.assertEqual(task.res_id, self.rules[0].id, "asked once to mend it")
        self.assertIn("Old", task.note)
        self.assertEqual(self.cases.mapped("priority"), [0, 0, 50])

    def test_the_night_scores_and_prepares_two_days(self):
        self.cases.write({"priority": 0})
        self.run_night()
        self.assertEqual(self.old.priority, 200)
        lists = self.env["collections.worklist"].search([("user_id", "=", self.collector.id)])
        self.assertEqual(len(lists), 2)
        self.assertEqual(sorted(lists.mapped(lambda one: len(one.item_ids))), [0, 3])

    def test_a_first_day_without_a_night_says_why_each_comes_first(self):
        self.cases.write({"priority": 0, "priority_data": False, "amount_decile": 0})
        day = self.desk.load_day()
        self.assertEqual(self.get_order(day), [self.old.id, self.large.id, self.plain.id])
        self.assertEqual([row["why"] for row in day["rows"]], ["Old", "Large", ""])
        self.assertEqual(day["card"]["why"], [("Old", 200)])

    def test_who_may_edit_rules(self):
        with self.assertRaises(AccessError):
            self.rules[0].with_user(self.collector).points = 5
        self.rules[0].with_user(self.supervisor).points = 5
        with self.assertRaises(UserError):
            self.rules.with_user(self.collector).action_score()
        self.rules.with_user(self.supervisor).action_score()
        self.assertEqual(self.old.priority, 5)


@tagged("post_install", "-at_install")
class TestWorklist(WorklistCommon):
    def test_the_day_begins_with_the_most_urgent(self):
        day = self.desk.load_day()
        self.assertEqual(self.get_order(day), [self.old.id, self.large.id, self.plain.id])
        self.assertEqual((day["done"], day["total"], day["promised"]), (0, 3, False))
        self.assertEqual(day["card"]["case"], self.old.id)
        self.assertEqual(day["rows"][0]["why"], "Old")

    def test_capacity_is_the_members_own_or_the_companys(self):
        self.company.collections_daily_capacity = 2
        self.assertEqual(self.desk.load_day()["total"], 2)
        self.env["collections.worklist"].search([]).unlink()
        self.env["collections.team"].create(
            {
                "name": "Team",
                "member_ids": [Command.create({"user_id": self.collector.id, "daily_capacity": 1})],
            }
        )
        self.assertEqual(self.get_order(self.desk.load_day()), [self.old.id])
        self.assertEqual(self.desk.load_more(1)["total"], 2)

    def test_tomorrow_has_whom_today_has_not(self):
        self.company.collections_daily_capacity = 1
        self.env["collections.worklist"]._prepare_night(self.company)
        lists = self.env["collections.worklist"].search([], order="date")
        self.assertEqual(lists.item_ids.case_id, self.old | self.large)
        self.assertEqual(self.desk.load_day()["tomorrow"]["count"], 1)

    def test_a_list_that_was_begun_is_not_chosen_again(self):
        self.desk.load_day()
        self.rules[1].points = 900
        self.score()
        self.env["collections.worklist"]._prepare_night(self.company)
        self.assertEqual(self.get_order(self.desk.load_day())[0], self.old.id)

    def test_a_list_nobody_opened_follows_the_night(self):
        self.env["collections.worklist"]._prepare_night(self.company)
        self.rules[1].points = 900
        self.score()
        self.env["collections.worklist"]._prepare_night(self.company)
        self.assertEqual(self.get_order(self.desk.load_day())[0], self.large.id)

    def test_who_is_held_or_put_off_is_left_out_and_who_answered_is_not(self):
        self.env["collections.hold"].create({"case_id": self.old.id, "reason": "pause"})
        self.env["collections.hold"].create({"case_id": self.large.id, "reason": "answered"})
        self.plain.skipped_until = self.today + timedelta(days=1)
        self.assertEqual(self.get_order(self.desk.load_day()), [self.large.id])

    def test_who_has_paid_since_leaves_the_list(self):
        self.desk.load_day()
        self.pay(self.old.receivable_ids.move_id)
        self.env["collections.ledger"]._refresh(self.company)
        day = self.desk.load_day()
        self.assertEqual(day["total"], 2)
        self.assertNotIn(self.old.id, [row["case"] for row in day["rows"]])

    def test_skip_with_a_reason(self):
        self.desk.load_day()
        answer = self.old.with_user(self.collector).work_skip(
            "He is away", {"days": 3, "day": True}
        )
        self.assertEqual(answer["card"]["case"], self.large.id)
        self.assertEqual((answer["done"], answer["total"]), (1, 3))
        self.assertRecordValues(
            self.old,
            [{"skipped_until": self.today + timedelta(days=3), "skip_reason": "He is away"}],
        )
        entry = self.old.log_ids.sorted("sequence")[-1]
        self.assertEqual((entry.event, entry.content_ids.note), ("put_off", "He is away"))
        self.assertNotIn("away", entry.data, "what a person wrote is kept apart")
        for reason, days in (("", 1), ("x", 0), ("x", 91), ("x", "1"), (None, 1)):
            with self.subTest(reason=reason, days=days), self.assertRaises(UserError):
                self.large.with_user(self.collector).work_skip(reason, {"days": days})

    def test_a_callback_comes_back_at_its_hour_on_top(self):
        self.desk.load_day()
        now = fields.Datetime.now()
        own = self.large.with_user(self.collector)
        own.work_callback((now + timedelta(days=2)).isoformat(), {"note": "Ask for Ana"})
        self.assertEqual(self.large.activity_ids.user_id, self.collector)
        self.assertIn("Ask for Ana", self.large.activity_ids.note)
        row = next(row for row in self.desk.load_day()["rows"] if row["case"] == self.large.id)
        self.assertEqual(row["state"], "done", "agreed for another day: dealt with today")
        self.large.callback_on = now - timedelta(minutes=1)
        item = self.env["collections.worklist.item"].search([("case_id", "=", self.large.id)])
        item.state = "todo"
        self.assertEqual(self.get_order(self.desk.load_day())[0], self.large.id)
        self.work(self.large, "refuses")
        self.assertFalse(self.large.callback_on)
        self.assertFalse(self.large.activity_ids.filtered(lambda one: "Ana" in (one.note or "")))

    def test_a_callback_in_the_past_or_no_moment_is_refused(self):
        own = self.old.with_user(self.collector)
        far = fields.Datetime.now() + timedelta(days=500)
        for moment in ("2020-01-01T10:00:00", "soon", "", None, 5, far.isoformat()):
            with self.subTest(moment), self.assertRaises(UserError):
                own.work_callback(moment, {})
        self.assertFalse(self.old.callback_on)

    def test_a_case_that_was_closed_meanwhile_says_so(self):
        self.pay(self.old.receivable_ids.move_id)
        self.env["collections.ledger"]._refresh(self.company)
        with self.assertRaisesRegex(UserError, "owes nothing"):
            self.work(self.old, "no_answer")

    def test_each_sees_his_own_list_and_a_supervisor_his_peoples(self):
        self.desk.load_day()
        other = new_test_user(
            self.env,
            login="another",
            groups="collections_management.collections_management_group_collector",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        lists = self.env["collections.worklist"]
        self.assertFalse(lists.with_user(other).search([]))
        with self.assertRaises(AccessError):
            lists.with_user(other).load_day(self.collector.id)
        with self.assertRaises(AccessError):
            lists.with_user(self.auditor).load_day()
        seen = lists.with_user(self.supervisor).load_day(self.collector.id)
        self.assertEqual((len(seen["rows"]), seen["own"]), (3, False))
        team = self.env["collections.team"].create(
            {"name": "Other", "member_ids": [Command.create({"user_id": self.collector.id})]}
        )
        with self.assertRaises(AccessError):
            lists.with_user(self.supervisor).load_day(self.collector.id)
        team.supervisor_ids = self.supervisor
        self.assertEqual(
            len(lists.with_user(self.supervisor).load_day(self.collector.id)["rows"]), 3
        )
        self.assertTrue(lists.with_user(self.manager).load_day(self.collector.id)["rows"])
        with self.assertRaises(AccessError):
            lists.with_user(self.collector).create({"user_id": other.id})

    def test_looking_at_a_day_does_not_begin_it(self):
        self.env["collections.worklist"].with_user(self.supervisor).load_day(self.collector.id)
        lists = self.env["collections.worklist"].search([("user_id", "=", self.collector.id)])
        self.assertFalse(lists.filtered("started_on"))

    def test_another_collectors_case_cannot_be_worked(self):
        self.old.user_id = self.supervisor
        for call in (
            lambda case: case.work_skip("x", {}),
            lambda case: case.work_note("x", {}),
            lambda case: case.work_callback("2099-01-01T00:00:00", {}),
            lambda case: case.work_outcome(self.outcomes["busy"].id, {"uuid": "12345678"}),
            lambda case: case.work_visit({"uuid": "12345678"}),
        ):
            with self.assertRaises(AccessError):
                call(self.old.with_user(self.collector))
        self.assertFalse(self.desk.load_cards(self.old.ids))


@tagged("post_install", "-at_install")
class TestOutcome(WorklistCommon):
    def test_an_outcome_is_a_contact_that_was_made(self):
        self.desk.load_day()
        answer = self.work(self.old, "refuses", note="No money before May", day=True)
        contact = self.old.contact_ids
        self.assertRecordValues(
            contact,
            [{"state": "answered", "channel_id": self.task.id,
              "outcome_id": self.outcomes["refuses"].id}],
        )  # fmt: skip
        self.assertEqual(self.old.last_contact_date, self.today)
        self.assertEqual(answer["done"], 1)
        entry = self.old.log_ids.sorted("sequence")[-1]
        self.assertEqual(entry.summary, "Task: Refuses to pay")
        self.assertEqual(entry.content_ids.note, "No money before May")
        self.assertEqual(self.old.activity_ids.user_id, self.old.supervisor_id)
        self.assertEqual(self.old.priority, 50, "Old, less just spoken")

    def test_the_same_outcome_sent_twice_counts_once(self):
        for _time in range(2):
            self.work(self.old, "refuses", uuid="0123456789")
        self.assertEqual(len(self.old.contact_ids), 1)
        self.assertEqual(len(self.old.activity_ids), 1)

    def test_no_answer_is_tried_again_within_the_allowed_hours(self):
        self.work(self.old, "no_answer")
        self.assertEqual(self.old.contact_ids.state, "failed")
        self.assertFalse(self.old.last_contact_date, "nobody was reached")
        wait = self.old.callback_on - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 3 * 3600, delta=60)

    def test_who_is_tried_again_today_was_worked_once(self):
        self.desk.load_day()
        for _time in range(2):
            day = self.work(self.old, "no_answer", day=True)
            self.assertEqual((day["done"], day["total"]), (1, 3))
        self.large.with_user(self.collector).work_skip("He is away", {})
        self.assertEqual(self.desk.load_day()["done"], 2)

    def test_what_was_worked_and_then_paid_stays_worked(self):
        self.desk.load_day()
        self.work(self.old, "no_answer")
        item = self.env["collections.worklist.item"].search([("case_id", "=", self.old.id)])
        item.state = "todo"
        self.pay(self.old.receivable_ids.move_id)
        self.env["collections.ledger"]._refresh(self.company)
        day = self.desk.load_day()
        self.assertEqual((day["done"], day["total"]), (1, 3))

    def test_a_wrong_number_is_marked_until_it_is_corrected(self):
        partner = self.old.partner_id
        self.work(self.old, "wrong_number", person=partner.id)
        self.assertTrue(partner.collections_is_bad_phone)
        card = self.old.with_user(self.collector)._get_card()
        self.assertTrue(card["people"][0]["bad_phone"])
        self.assertIn("No phone that works", card["risks"])
        partner.phone = "+51 911 111 111"
        self.assertFalse(partner.collections_is_bad_phone)

    def test_paid_already_holds_for_some_days(self):
        self.work(self.old, "paid")
        self.assertRecordValues(
            self.old.hold_ids,
            [{"reason": "voucher", "date_until": self.today + timedelta(days=3),
              "user_id": self.collector.id}],
        )  # fmt: skip

    def test_deceased_is_left_alone_for_good(self):
        self.work(self.old, "deceased")
        self.assertRecordValues(self.old.hold_ids, [{"reason": "deceased", "date_until": False}])
        self.assertTrue(self.old.activity_ids)
        self.assertEqual(self.plan().case_id, self.plain | self.large)

    def test_will_call_back_asks_when_and_is_noted_with_the_answer(self):
        answer = self.work(self.old, "call_back")
        self.assertEqual((answer["follow"], answer["contact"]), ({"ask": "callback"}, False))
        self.assertFalse(self.old.contact_ids)
        later = fields.Datetime.now().replace(microsecond=0) + timedelta(hours=2)
        answer = self.work(
            self.old, "call_back", callback=f"{later.isoformat()}Z", note="After lunch"
        )
        self.assertFalse(answer["follow"])
        self.assertRecordValues(self.old, [{"callback_on": later, "callback_note": "After lunch"}])
        self.assertEqual(self.old.contact_ids.outcome_id.code, "call_back")

    def test_a_phone_tells_later_of_a_callback_whose_hour_has_come(self):
        made, agreed = (fields.Datetime.now() - timedelta(minutes=ago) for ago in (90, 30))
        values = {"callback": f"{agreed.isoformat()}Z", "moment": f"{made.isoformat()}Z"}
        self.work(self.old, "call_back", **values)
        self.assertEqual(self.old.callback_on, agreed.replace(microsecond=0))
        values["callback"] = f"{(made - timedelta(hours=1)).isoformat()}Z"
        with self.assertRaisesRegex(UserError, "to come"):
            self.work(self.large, "call_back", **values)

    def get_dialog(self, code):
        """Choose an outcome that asks something; return the model of its dialog, set up for it."""
        answer = self.work(self.old, code)
        action = answer["follow"]
        self.assertFalse(answer["contact"])
        self.assertEqual(action["target"], "new")
        return (
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )

    def test_a_promise_is_noted_with_its_call_or_neither(self):
        self.desk.load_day()
        dialog = self.get_dialog("promise")
        self.assertFalse(self.old.contact_ids, "cancelled: nobody promised anything")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            dialog.create({"amount": -1})
        self.assertFalse(self.old.contact_ids)
        promise = dialog.create({"amount": 60})
        self.assertEqual(promise.case_id, self.old)
        self.assertEqual(self.old.contact_ids.outcome_id.code, "promise")
        self.assertIn(self.old.id, [row["case"] for row in self.desk.load_day()["rows"]
                                    if row["state"] == "done"])  # fmt: skip
        events = self.old.log_ids.sorted("id").mapped("event")
        self.assertLess(events.index("answered"), events.index("promise_made"))
        dialog.create({"amount": 70, "replaces_ids": [Command.set(promise.ids)]})
        self.assertEqual(len(self.old.contact_ids), 1, "the same call is counted once")

    def test_a_dispute_and_an_agreement_are_noted_with_their_call(self):
        reason = self.env["collections.dispute.reason"].search([], limit=1)
        line = self.old.receivable_ids
        plan = self.get_dialog("instalments").create({"count": 2})
        self.assertEqual(plan.case_id, self.old)
        self.get_dialog("disputes").create({"line_id": line.id, "reason_id": reason.id})
        self.assertEqual(
            self.old.contact_ids.outcome_id.mapped("code"), ["disputes", "instalments"]
        )

    def test_what_could_not_be_asked_is_still_to_be_written_down(self):
        """A phone without a connection notes that somebody promised: what, is asked for again."""
        self.desk.load_day()
        answer = self.work(self.old, "promise", late=True)
        self.assertFalse(answer["follow"])
        self.assertEqual(self.old.contact_ids.id, answer["contact"])
        first = self.desk.load_day()["rows"][0]
        self.assertEqual((first["case"], first["state"]), (self.old.id, "todo"))
        self.assertIn("still to be written down", self.old.callback_note)
        self.get_dialog("promise").create({"amount": 60})
        self.assertFalse(self.old.callback_on)

    def test_an_answer_is_about_its_case_and_of_who_may_give_it(self):
        dialog = self.get_dialog("promise")
        dialog.create({"case_id": self.large.id, "amount": 60})
        self.assertFalse(self.cases.contact_ids, "no call of another debtor")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            dialog.with_context(collections_outcome="x").create({"amount": 60})

    def test_what_was_promised_is_on_the_card_and_counts_for_the_day(self):
        promises = self.env["collections.promise"].with_user(self.collector)
        promise, other = (
            promises.create({"case_id": case.id, "amount": amount, "date_due": self.today})
            for case, amount in ((self.old, 60), (self.large, 15))
        )
        self.assertEqual(self.desk.load_day()["promised"], 75)
        [sentence] = self.old.with_user(self.collector)._get_card()["promises"]
        self.assertIn("60", sentence)
        other.action_withdraw("A mistake")
        self.assertEqual(self.desk.load_day()["promised"], 60)
        self.assertFalse(self.large.with_user(self.collector)._get_card()["promises"])
        supervisor = self.env["collections.worklist"].with_user(self.manager)
        self.assertEqual(supervisor.load_day()["promised"], 0, "each his own")
        self.assertTrue(promise.exists())

    def test_who_broke_a_promise_comes_earlier(self):
        rule = self.env.ref("collections_management.collections_priority_rule_broken_promise")
        rule.active = True
        self.plain.broken_promise_count = 1
        self.score()
        self.assertEqual(self.plain.priority_text, f"{rule.name} +{rule.points}")

    def test_an_outcome_of_visits_does_not_fit_a_call(self):
        with self.assertRaises(UserError):
            self.work(self.old, "nobody_there")
        for uuid in (None, "", "short", "a b c d e f g h", "x" * 65):
            with self.subTest(uuid), self.assertRaises(UserError):
                self.work(self.old, "busy", uuid=uuid)
        self.assertFalse(self.old.contact_ids)

    def test_the_ladders_task_is_done_by_the_call(self):
        self.strategy.step_ids.write(
            {"channel_ids": [Command.set(self.task.ids)], "mode": "automatic"}
        )
        self.plan()
        self.deliver()
        self.env.invalidate_all()
        task = self.old.contact_ids
        self.assertEqual((task.state, len(task.activity_id)), ("sent", 1))
        self.work(self.old, "refuses")
        self.assertEqual(task.state, "delivered")
        history = self.env["collections.ledger"]._get_history(self.old)[self.old.id]
        self.assertEqual(len(history), 1, "counted once")

    def test_a_call_against_the_rules_is_warned_of_and_needs_a_reason(self):
        rule = self.make_rule("call")
        card = self.old.with_user(self.collector)._get_card()
        self.assertIn(rule.name, card["warning"])
        self.assertIn("Art. 7", card["warning"])
        self.assertEqual((card["warnings"]["written"], card["warnings"]["visit"]), ("", ""))
        before = self.old.contact_ids
        answer = self.work(self.old, "refuses", uuid="outside-the-rule-1")
        self.assertEqual(answer["follow"]["ask"], "reason")
        self.assertIn("Art. 7", answer["follow"]["why"])
        self.assertEqual(self.old.contact_ids, before, "not noted without a reason")
        answer = self.work(self.old, "refuses", uuid="outside-the-rule-1", reason="He asked for it")
        self.assertFalse(answer["follow"])
        summary = self.old.log_ids.filtered(lambda one: one.event == "answered")[-1:].summary
        self.assertIn(f"outside rule “{rule.name}”: He asked for it", summary)
        again = self.work(self.old, "refuses", uuid="outside-the-rule-1")
        self.assertEqual(again["contact"], answer["contact"], "known already: not asked again")

    def test_what_a_phone_tells_late_is_noted_without_a_reason_and_says_so(self):
        self.make_rule("call")
        self.work(self.old, "refuses", late=True)
        summary = self.old.log_ids.filtered(lambda one: one.event == "answered")[-1:].summary
        self.assertIn("not asked", summary)

    def test_a_reason_goes_with_the_answer_of_a_dialog(self):
        rule = self.make_rule("call")
        answer = self.work(self.old, "promise")
        self.assertEqual(answer["follow"]["ask"], "reason")
        answer = self.work(self.old, "promise", reason="He asked for it")
        context = answer["follow"]["context"]
        self.assertEqual(context["collections_outcome"]["reason"], "He asked for it")
        case = self.old.with_user(self.collector).with_context(**context)
        case._answer_outcome(context["collections_outcome"]["id"], context["collections_outcome"])
        summary = self.old.log_ids.filtered(lambda one: one.event == "answered")[-1:].summary
        self.assertIn(f"outside rule “{rule.name}”: He asked for it", summary)

    def test_a_withdrawn_channel_is_warned_of_by_hand_too(self):
        self.env["collections.consent"]._withdraw(self.old.partner_id, "call", proof="No calls")
        card = self.old.with_user(self.collector)._get_card()
        self.assertIn("does not want this channel", card["warnings"]["call"])
        self.assertFalse(card["warnings"]["written"])
        self.assertEqual(self.work(self.old, "refuses")["follow"]["ask"], "reason")
        self.work(self.old, "refuses", reason="Court order")
        summary = self.old.log_ids.filtered(lambda one: one.event == "answered")[-1:].summary
        self.assertIn("any more: Court order", summary)

    def test_the_card_tells_the_duties_of_the_rule(self):
        rule = self.make_rule("call")
        duty = self.env["collections.contact.statement"].create(
            {"name": "Tell nobody", "citation": "Art. 8", "rule_ids": [Command.set(rule.ids)]}
        )
        card = self.old.with_user(self.collector)._get_card()
        self.assertEqual(
            card["duties"], [{"kind": "forbidden", "name": duty.name, "citation": "Art. 8"}]
        )

    def test_the_terms_of_an_outcome_are_checked(self):
        for values in (
            {"consequence": "hold", "days": 0},
            {"consequence": "retry", "hours": 0},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.outcomes["refuses"].write(values)


@tagged("post_install", "-at_install")
class TestVisit(WorklistCommon):
    def get_visit(self, **values):
        return {
            "uuid": "3fa85f64-5717-4562",
            "outcome": self.outcomes["visit_paid"].id,
            "moment": (fields.Datetime.now() - timedelta(minutes=40)).isoformat() + "Z",
            "latitude": -12.0464,
            "longitude": -77.0428,
            "accuracy": 12.4,
            "photo": PIXEL,
            "receipt": "R-001",
            "note": "Paid in cash",
            **values,
        }

    def visit(self, case=None, **values):
        return (case or self.old).with_user(self.collector).work_visit(self.get_visit(**values))

    def test_a_visit_is_noted_with_both_clocks(self):
        self.desk.load_day()
        answer = self.visit(day=True)
        self.assertEqual((answer["created"], answer["done"]), (True, 1))
        visit = self.old.visit_ids
        self.assertRecordValues(
            visit,
            [{"receipt_number": "R-001", "has_position": True, "accuracy": 12,
              "user_id": self.collector.id}],
        )  # fmt: skip
        self.assertAlmostEqual(
            (visit.received_on - visit.visited_on).total_seconds(), 2400, delta=60
        )
        self.assertTrue(visit.photo)
        self.assertEqual(visit.contact_id.channel_id.medium, "visit")
        self.assertEqual(visit.contact_id.sent_on, visit.visited_on)
        self.assertEqual(self.old.hold_ids.reason, "voucher")
        self.assertTrue(
            [n for n in self.old.log_ids.content_ids.mapped("note") if "R-001" in (n or "")]
        )

    def test_a_visit_against_the_rules_needs_a_reason(self):
        rule = self.make_rule("visit")
        answer = self.visit()
        self.assertEqual(answer["follow"]["ask"], "reason")
        self.assertFalse(self.old.visit_ids)
        self.visit(reason="The debtor invited me")
        self.assertEqual(self.old.visit_ids.reason, "The debtor invited me")
        summary = self.old.log_ids.filtered(lambda one: one.event == "answered")[-1:].summary
        self.assertIn(f"outside rule “{rule.name}”: The debtor invited me", summary)
        by_form = self.env["collections.visit"].with_user(self.collector)
        values = {"case_id": self.old.id, "outcome_id": self.outcomes["visit_paid"].id}
        with self.assertRaisesRegex(UserError, "Art. 7"), self.env.cr.savepoint():
            by_form.create(values)
        self.assertTrue(by_form.create({**values, "reason": "Asked for"}).contact_id)
        self.visit(uuid="3fa85f64-late-0001", late=True)
        self.assertEqual(len(self.old.visit_ids), 3, "a phone out of reach is not asked")

    def test_sent_twice_it_is_noted_once(self):
        first, second = self.visit(), self.visit()
        self.assertEqual(first["visit"], second["visit"])
        self.assertFalse(second["created"])
        self.assertEqual(len(self.old.hold_ids), 1)
        with self.assertRaises(UserError):
            self.visit(self.large)

    def test_a_phone_may_refuse_its_place_or_have_a_wrong_clock(self):
        self.visit(latitude=None, longitude=None, position_reason="Refused", photo=None,
                   moment="2001-01-01T00:00:00Z")  # fmt: skip
        visit = self.old.visit_ids
        self.assertRecordValues(visit, [{"has_position": False, "position_reason": "Refused"}])
        self.assertEqual(visit.visited_on.year, 2001, "as the device said")
        self.assertEqual(visit.contact_id.sent_on.date(), fields.Datetime.now().date())

    def test_bad_input_is_refused_and_nothing_is_half_written(self):
        for values in (
            {"outcome": self.outcomes["no_answer"].id},
            {"outcome": None},
            {"moment": "yesterday"},
            {"latitude": 91},
            {"longitude": "west"},
            {"photo": "no picture"},
            {"photo": base64.b64encode(b"x" * 6_000_001).decode()},
            {"receipt": 5},
            {"uuid": None},
        ):
            with self.subTest(list(values)), self.assertRaises(UserError):
                self.visit(**values)
        self.assertFalse(self.old.visit_ids)
        self.assertFalse(self.old.contact_ids)

    def test_a_visit_is_never_changed(self):
        self.visit()
        with self.assertRaises(UserError):
            self.old.visit_ids.with_user(self.manager).note = "Other"
        with self.assertRaises(UserError):
            self.old.visit_ids.unlink()

    def test_what_was_promised_on_a_visit_is_asked_for_after_it(self):
        action = self.visit(outcome=self.outcomes["promise"].id)["follow"]
        self.assertEqual(action["res_model"], "collections.promise")
        self.assertIn("still to be written down", self.old.callback_note)
        promises = self.env["collections.promise"].with_user(self.collector)
        promises.with_context(**action["context"]).create({"amount": 60})
        self.assertFalse(self.old.callback_on)
        self.assertEqual(self.old.contact_ids, self.old.visit_ids.contact_id, "one contact")

    def test_a_visit_is_noted_at_the_desk_too(self):
        form = Form(self.env["collections.visit"].with_user(self.collector).with_context(
            default_case_id=self.old.id
        ))  # fmt: skip
        form.outcome_id = self.outcomes["nobody_there"]
        visit = form.save()
        self.assertTrue(visit.uuid)
        self.assertEqual(visit.contact_id.state, "failed")


@tagged("post_install", "-at_install")
class TestCard(WorklistCommon):
    def test_the_card_has_what_a_call_needs(self):
        self.env["res.partner"].create(
            {"parent_id": self.old.partner_id.id, "name": "Ana", "email": "ana@x.example"}
        )
        card = self.old.with_user(self.collector)._get_card()
        self.assertEqual([person["name"] for person in card["people"]], ["Bodega Old", "Ana"])
        self.assertEqual(card["people"][0]["whatsapp"], "51987654321")
        self.assertEqual(card["people"][0]["dial"], "+51987654321")
        self.assertEqual(card["why"], [("Old", 200)])
        self.assertEqual(card["last"], "Never contacted yet.")
        self.assertEqual([item["days"] for item in card["receivables"]], [90])
        self.assertIn("Bodega Old", card["whatsapp"])

    def test_the_balances_of_a_page_are_sought_by_its_case(self):
        own = self.old.with_user(self.collector)
        names = {name: {} for name in self.env["collections.case.balance"]._fields}
        self.env.flush_all()
        self.env.invalidate_all()
        statements = []
        execute = type(self.env.cr).execute

        def listen(cursor, query, *args, **kwargs):
            statements.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", listen):
            [read] = own.web_read({"balance_ids": {"fields": names}})
        self.assertEqual(read["balance_ids"][0]["amount_61_90"], 100)
        asked = [text for text in statements if "AS amount_over_90" in text]
        self.assertEqual(len(asked), 1, asked)
        self.assertIn('"collections_case_balance"."case_id" IN', asked[0])

    def test_the_debtor_answers_best_when_he_did(self):
        for number in range(2):
            self.work(self.old, "refuses", uuid=f"call-number-{number}")
        best = self.old.with_user(self.collector)._get_best()
        self.assertEqual(best["channel"], "task")
        self.assertIsNotNone(best["hour"])

    def test_the_timeline_has_everything(self):
        own = self.old.with_user(self.collector)
        own.work_note("Spoke to the neighbour", {})
        self.pay(self.old.receivable_ids.move_id, amount=40)
        history = own.get_history()
        self.assertTrue(any(entry["summary"].startswith("Paid") for entry in history["entries"]))
        self.assertEqual(
            [entry["note"] for entry in own.get_history("notes")["entries"]],
            ["Spoke to the neighbour"],
        )
        [payment] = own.get_history("payments")["entries"]
        self.assertIn("40", payment["summary"])
        self.work(self.old, "refuses")
        self.assertEqual(len(own.get_history("calls")["entries"]), 1)
        self.assertEqual(dict(history["kinds"])["payments"], "Payments")

    def test_a_payment_is_on_one_page_of_the_timeline(self):
        own = self.old.with_user(self.collector)
        self.pay(self.old.receivable_ids.move_id, amount=40)
        for number in range(7):
            own.work_note(f"Note {number}", {})
        pages, before = [], False
        while True:
            page = own.get_history(limit=3, before=before)
            pages += page["entries"]
            if not page["more"]:
                break
            before = page["before"]
        ids = [entry["id"] for entry in pages]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(len([1 for entry in pages if entry["event"] == "payment"]), 1)
