from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestApproval(CollectionsCommon):
    """Who looks at a run before it leaves, what may be changed of it, the preview of a night."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.create_debtor("Bodega Norte")
        cls.second = cls.create_user("supervisor", login="test_second")

    def start(self, **values):
        """A whole night with a company that looks first; returns its contacts."""
        self.company.write(values)
        self.run_ = self.run_night()
        return self.run_.contact_ids

    def approve(self, contacts, user):
        return contacts.with_user(user).with_company(self.company).action_approve()

    # -- the gate --------------------------------------------------------------------------------

    def test_a_company_that_looks_first_sends_nothing_before_a_person_said_yes(self):
        self.create_invoice(100, days_overdue=5)
        with self.mailbox() as box:
            contact = self.start(collections_review_runs=True)
            self.assertRecordValues(contact, [{"state": "awaiting", "reason": "run_review"}])
            self.assertEqual(contact.reason_text, "The run waits until somebody looks at it.")
            self.deliver()
            self.assertFalse(box.messages)
            self.assertIn("1 messages wait", self.run_.gate_text)
            self.run_.with_user(self.supervisor).action_approve()
            self.assertRecordValues(
                contact, [{"state": "queued", "approved_by_id": self.supervisor.id}]
            )
            self.deliver()
        self.assertEqual(box.contact_ids, contact.ids)
        self.assertFalse(self.run_.gate_text)

    def test_a_run_is_followed_until_what_was_approved_has_left(self):
        self.create_invoice(100, days_overdue=5)
        contact, run = self.start(collections_review_runs=True), self.run_
        self.assertEqual((run.state, run.is_moving), ("done", False), "it waits for a person")
        run.with_user(self.supervisor).action_approve()
        self.assertTrue(run.is_moving)
        contact.scheduled_on = fields.Datetime.now() + timedelta(hours=2)
        self.assertFalse(run.is_moving, "nobody looks at a page until the morning")
        contact.scheduled_on = fields.Datetime.now()
        with self.mailbox():
            self.deliver()
        self.assertEqual((contact.state, run.is_moving), ("sent", False))

    def test_without_a_wish_to_look_the_run_leaves(self):
        self.create_invoice(100, days_overdue=5)
        with self.mailbox() as box:
            contact = self.start()
        self.assertEqual(box.contact_ids, contact.ids)
        self.assertFalse(self.run_.review)

    def test_a_run_up_to_the_limit_leaves_and_one_cent_more_needs_two_persons(self):
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(50, days_overdue=5, debtor=self.other)
        with self.mailbox() as box:
            self.start(collections_second_amount=150)
            self.assertFalse(self.run_.needs_second)
            self.assertEqual(len(box.messages), 2)
        third = self.create_debtor("Casa Tres")
        self.create_invoice(100.01, days_overdue=5, debtor=third)
        with self.mailbox() as box:
            contact = self.start(collections_second_amount=100)
            self.assertTrue(self.run_.needs_second)
            self.assertFalse(box.messages)
        self.assertEqual(contact.state, "awaiting")

    def test_what_an_own_limit_of_messages_counts_are_messages(self):
        self.strategy.step_ids.write({"channel_ids": [(4, self.task.id)], "channel_mode": "all"})
        self.create_invoice(100, days_overdue=5)
        with self.mailbox() as box:
            self.start(collections_second_count=1)
        self.assertEqual(len(box.messages), 1, "a task of the collector is no message")

    def test_over_the_limit_whoever_started_the_run_cannot_confirm_it(self):
        self.create_invoice(100, days_overdue=5)
        self.company.collections_second_amount = 10
        run = self.env["collections.run"].with_user(self.manager).with_company(self.company)
        run = run.browse(run.action_prepare()["res_id"]).sudo()
        self.assertEqual(run.review_reason, "asked")
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            run.with_env(run.env(cr=cr))._work()
        self.env.invalidate_all()
        contact = run.contact_ids
        self.assertRecordValues(
            contact,
            [{"state": "awaiting", "reason": "second_person", "approved_by_id": self.manager.id}],
        )
        with self.assertRaisesRegex(UserError, "another person"):
            self.approve(contact, self.manager)
        self.approve(contact, self.supervisor)
        self.assertRecordValues(contact, [{"state": "queued", "checked_by_id": self.supervisor.id}])

    def test_over_the_limit_a_nightly_run_takes_two_different_persons(self):
        self.create_invoice(100, days_overdue=5)
        with self.mailbox() as box:
            self.company.collections_second_amount = 10
            self.env["collections.run"]._get_or_create(self.company, "cron")
            self.run_night()
            contact = self.get_case().contact_ids
            self.approve(contact, self.supervisor)
            self.assertRecordValues(contact, [{"state": "awaiting", "reason": "second_person"}])
            self.assertFalse(contact.with_user(self.supervisor).can_approve)
            self.assertTrue(contact.with_user(self.second).can_approve)
            with self.assertRaises(UserError):
                self.approve(contact, self.supervisor)
            self.approve(contact, self.second)
            self.deliver()
        self.assertEqual(box.contact_ids, contact.ids)
        entries = contact.case_id.log_ids.filtered(lambda entry: entry.event == "approved")
        self.assertEqual(set(entries.user_id), {self.supervisor, self.second})

    def test_a_released_message_still_needs_its_two_persons(self):
        self.create_invoice(100, days_overdue=5)
        self.company.collections_second_amount = 10
        contact = self.start()
        contact.with_user(self.supervisor).action_hold()
        contact.with_user(self.collector).action_release()
        self.assertEqual(contact.state, "awaiting")

    def test_what_is_still_being_planned_cannot_be_approved(self):
        self.create_invoice(100, days_overdue=5)
        self.company.collections_review_runs = True
        run = self.env["collections.run"]._get_or_create(self.company, "button")
        self.env["collections.ledger"]._refresh(self.company)
        self.env["collections.segment"]._assign(self.company)
        self.env["collections.planner"]._plan(self.get_case(), run=run)
        contact = run.contact_ids
        self.assertEqual(contact.state, "planned")
        for target in (contact, run):
            with self.assertRaisesRegex(UserError, "still planning"):
                target.with_user(self.supervisor).action_approve()
        with self.mailbox() as box:
            self.deliver()
        self.assertFalse(box.messages)

    def test_a_night_held_back_after_the_forewarning_waits(self):
        self.create_invoice(100, days_overdue=5)
        with self.mailbox() as box:
            self.start(collections_hold_night=self.today)
        self.assertEqual(self.run_.review_reason, "held")
        self.assertFalse(box.messages)

    # -- what a person may change ----------------------------------------------------------------

    def edit(self, contact, body, user=None):
        contacts = contact.with_user(user or self.supervisor).with_company(self.company)
        action = contacts.action_edit()
        wizard = contacts.env[action["res_model"]].browse(action["res_id"])
        self.assertIn("Ferretería", wizard.body)
        wizard.write({"subject": "About your\naccount", "body": body})
        wizard.action_save()

    def test_an_edited_message_goes_out_as_written(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.start(collections_review_runs=True)
        self.edit(contact, "<p>Call me, Ana</p><script>alert(1)</script>")
        self.assertNotIn("script", contact.custom_body)
        self.assertIn("Call me, Ana", contact.preview)
        self.approve(contact, self.supervisor)
        with self.mailbox() as box:
            self.deliver()
        self.assertIn(b"Call me, Ana", box.messages[0].content)
        self.assertIn(b"About your account", box.messages[0].content)

    def test_an_edited_message_does_not_leave_when_what_is_owed_changed(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.start(collections_review_runs=True)
        self.edit(contact, "<p>You owe 100</p>")
        self.approve(contact, self.supervisor)
        self.create_invoice(20, days_overdue=4)
        with self.mailbox() as box:
            self.deliver()
        self.assertFalse(box.messages)
        self.assertRecordValues(contact, [{"state": "held", "reason": "edited"}])

    def test_words_changed_after_a_yes_need_a_new_yes(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.start(collections_review_runs=True)
        self.approve(contact, self.supervisor)
        self.edit(contact, "<p>Call me</p>")
        self.assertRecordValues(contact, [{"state": "awaiting", "approved_by_id": False}])

    def test_a_message_that_left_is_not_edited_nor_rerouted(self):
        self.create_invoice(100, days_overdue=5)
        with self.mailbox():
            contact = self.start()
        for action in ("action_edit", "action_reroute"):
            with self.assertRaisesRegex(UserError, "not left yet"):
                getattr(contact.with_user(self.supervisor), action)()
            with self.assertRaises(UserError):
                getattr(contact.with_user(self.collector), action)()

    def test_rerouting_moves_those_that_the_channel_reaches(self):
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(100, days_overdue=5, debtor=self.other)
        contacts = self.start(collections_review_runs=True)
        self.other.email = False
        reach = contacts.with_user(self.supervisor).with_company(self.company)
        wizard = self.env["collections.contact.reroute"].with_user(self.supervisor).browse(
            reach.action_reroute()["res_id"]
        )  # fmt: skip
        wizard.channel_id = self.email
        self.assertEqual(wizard.reachable_count, 0, "e-mail is where they are already")
        wizard.channel_id = self.task
        self.assertEqual(wizard.reachable_count, 2)
        wizard.action_confirm()
        self.assertEqual(contacts.channel_id, self.task)
        with self.mailbox() as box:
            self.deliver()
        self.assertFalse(box.messages)
        self.assertEqual(contacts.mapped("state"), ["sent", "sent"])
        self.assertTrue(all(contacts.mapped("activity_id")))

    # -- preview of any night --------------------------------------------------------------------

    def preview(self, days=0):
        return self.env["collections.preview"]._create_for(
            self.company, self.today + timedelta(days=days)
        )

    def test_a_later_night_follows_from_those_before_it(self):
        self.create_invoice(100, days_overdue=3)
        steps = {}
        for days in (0, 1, 6, 7, 8, 27):
            preview = self.preview(days)
            steps[days] = preview.go_ids.mapped("step_id.days")
        self.assertEqual(steps, {0: [3], 1: [], 6: [], 7: [10], 8: [], 27: [30]})
        self.assertFalse(self.env["collections.contact"].search_count([]))
        self.assertFalse(self.get_case().step_id)

    def test_a_later_night_counts_what_falls_due_by_then(self):
        self.create_invoice(100, days_overdue=-2)
        preview = self.preview(5)
        self.assertEqual(preview.go_ids.mapped("step_id.days"), [3])
        self.assertEqual(preview.go_amount, 100)
        self.assertIn("nobody paid", preview.assumption)
        self.assertIn("100.00", preview.go_ids.body)
        self.assertIn("Step 3", preview.go_ids.why)
        self.assertEqual(self.get_case().amount_net_overdue, 0, "nothing of it stays")

    def test_a_reminder_shows_what_falls_due_others_what_is_overdue(self):
        self.create_invoice(100, days_overdue=-7)
        self.create_invoice(30, days_overdue=-7)
        self.create_invoice(55, days_overdue=-40)
        self.create_invoice(70, days_overdue=5, debtor=self.other)
        self.create_invoice(500, days_overdue=-7, debtor=self.other)
        preview = self.preview()
        amounts = {line.partner_id: line.amount for line in preview.go_ids}
        self.assertEqual(amounts, {self.debtor: 130, self.other: 70})
        self.assertEqual(preview.go_amount, 200)

    def test_the_cost_of_a_night_is_told(self):
        self.email.write({"cost": 0.5, "currency_id": self.company.currency_id.id})
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(100, days_overdue=5, debtor=self.other)
        self.assertEqual(self.preview().cost, 1)

    def test_from_another_night_there_is_a_way_back_to_tonight(self):
        preview = self.env["collections.preview"].with_user(self.supervisor)
        preview = preview.sudo()._create_for(self.company).with_user(self.supervisor)
        tonight = preview.date
        preview.action_next_day()
        self.assertFalse(preview.is_tonight)
        preview.action_tonight()
        self.assertEqual((preview.date, preview.is_tonight), (tonight, True))

    def test_a_case_says_at_once_that_it_is_on_hold_and_a_later_night_that_it_is_not(self):
        self.create_invoice(100, days_overdue=5)
        self.env["collections.ledger"]._refresh(self.company)
        case = self.get_case(self.debtor)
        self.assertIn("Not looked at yet", case.decision_text)
        today = self.env["collections.ledger"]._today(self.company)
        until = today + timedelta(days=1)
        hold = self.env["collections.hold"].create(
            {"case_id": case.id, "reason": "pause", "date_from": today, "date_until": until}
        )
        self.assertEqual(case.decision_text, f"On hold: {hold.display_name}.")
        preview = self.env["collections.preview"]._create_for(
            self.company, day=until + timedelta(days=1)
        )
        self.assertEqual(preview.go_ids.case_id, case)
        hold.action_lift()
        self.assertIn("Not looked at yet", case.decision_text)

    def test_who_is_left_out_of_the_preview_is_not_contacted(self):
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(70, days_overdue=5, debtor=self.other)
        preview = self.preview().with_user(self.supervisor).with_company(self.company)
        preview = preview.browse(preview.env["collections.run"].action_preview()["res_id"])
        line = preview.go_ids.filtered(lambda line: line.partner_id == self.other)
        line.action_leave_out()
        self.assertEqual((preview.go_count, preview.stay_count, preview.go_amount), (1, 1, 100))
        with self.mailbox() as box:
            contacts = self.start()
        self.assertEqual(contacts.partner_id, self.debtor)
        self.assertEqual(len(box.messages), 1)

    def test_a_night_too_far_ahead_or_gone_is_refused(self):
        preview = self.preview().with_user(self.supervisor)
        for days in (-1, 61):
            preview.date = self.today + timedelta(days=days)
            with self.assertRaisesRegex(UserError, "Choose a day"):
                preview.action_show()

    def test_a_day_of_the_rehearsal_cannot_come_from_outside(self):
        ledger = self.env["collections.ledger"].with_context(collections_day="2099-01-01")
        self.assertEqual(ledger._today(self.company), self.today)

    def test_a_preview_is_not_written_by_hand(self):
        preview = self.preview().with_user(self.supervisor)
        with self.assertRaises(AccessError):
            preview.write({"line_ids": [Command.clear()]})
