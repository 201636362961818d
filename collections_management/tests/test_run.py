from datetime import timedelta
from email import message_from_string, policy
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestRun(CollectionsCommon):
    def test_the_channel_that_the_debtor_prefers_comes_first(self):
        other = self.email.copy({"name": "Other mail", "code": "other", "sequence": 99})
        self.strategy.step_ids.channel_ids = self.email + other
        self.debtor.collections_channel_id = other
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(100, days_overdue=5, debtor=self.create_debtor("Second"))
        channels = {contact.partner_id: contact.channel_id for contact in self.plan()}
        self.assertEqual(channels.pop(self.debtor), other)
        self.assertEqual([*channels.values()], [self.email])

    def test_a_message_costs_no_more_than_its_share_of_the_debt(self):
        currency = self.company.currency_id.id
        dear = self.email.copy({"name": "Dear", "code": "dear", "sequence": 1, "cost": 0.5,
                                "currency_id": currency})  # fmt: skip
        self.strategy.step_ids.channel_ids = self.email + dear
        self.company.collections_cost_percent = 0.1
        small, large = self.create_debtor("Small"), self.create_debtor("Large")
        self.create_invoice(499.99, days_overdue=5, debtor=small)
        self.create_invoice(500, days_overdue=5, debtor=large)
        channels = {contact.partner_id: contact.channel_id for contact in self.plan()}
        self.assertEqual(channels, {small: self.email, large: dear})

    def test_the_cheapest_and_the_last_that_worked(self):
        currency = self.company.currency_id.id
        dear = self.email.copy({"name": "Dear", "code": "dear", "sequence": 1, "cost": 0.5,
                                "currency_id": currency})  # fmt: skip
        steps = self.strategy.step_ids
        steps.write({"channel_ids": [(6, 0, (self.email + dear).ids)], "channel_mode": "cheapest"})
        second = self.create_debtor("Second")
        self.create_invoice(100, days_overdue=-60, debtor=second)
        self.plan()
        self.env["collections.contact"].create(
            {
                "case_id": self.get_case(second).id,
                "company_id": self.company.id,
                "channel_id": self.email.id,
                "state": "delivered",
                "sent_on": "2020-01-01",
            }
        )
        self.create_invoice(100, days_overdue=5)
        self.assertEqual(self.plan().channel_id, self.email)
        steps.channel_mode = "worked"
        self.create_invoice(100, days_overdue=5, debtor=second)
        self.create_invoice(100, days_overdue=5, debtor=self.create_debtor("Third"))
        channels = {contact.partner_id.name: contact.channel_id for contact in self.plan()}
        self.assertEqual(channels, {"Second": self.email, "Third": dear})

    def test_what_a_message_costs_is_noted_when_it_leaves(self):
        self.email.write({"cost": 0.5, "currency_id": self.company.currency_id.id})
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(100, days_overdue=20, debtor=self.create_debtor("Other"))
        with self.mailbox():
            run = self.run_night()
        told = run.contact_ids.filtered(lambda contact: contact.state == "sent")
        messages = told.filtered(lambda contact: contact.channel_id == self.email)
        self.assertEqual(set(messages.mapped("cost")), {0.5})
        self.assertEqual(run.cost, sum(told.mapped("cost")))
        self.assertGreater(run.cost, 0)

    def test_a_night_takes_the_ledger_to_the_debtor(self):
        invoice = self.create_invoice(120.5, days_overdue=5)
        with self.mailbox() as box:
            run = self.run_night()
        case = self.get_case()
        self.assertRecordValues(run, [{"state": "done", "stage": "done", "case_count": 1}])
        contact = case.contact_ids
        self.assertRecordValues(
            contact, [{"state": "sent", "channel_id": self.email.id, "repetition": 0}]
        )
        self.assertEqual(contact.step_id.days, 3)
        self.assertEqual(box.contact_ids, contact.ids)
        line = self.get_receivable(invoice)
        self.assertRecordValues(
            line,
            [{"collections_step_id": contact.step_id.id, "collections_date": self.today}],
        )
        self.assertEqual(invoice.collections_step_id, contact.step_id)
        events = case.log_ids.sorted("sequence").mapped("event")
        self.assertEqual(
            events, ["case_opened", "segmented", "planned", "verdict", "sending", "sent"]
        )
        self.assertFalse(self.env["collections.log"]._verify(case))

    def test_the_message_names_who_writes_and_to_whom(self):
        self.company.email = "cobranzas@company.example"
        self.company.name = "Compañía, S.A."
        self.create_invoice(120.5, days_overdue=5)
        with self.mailbox() as box:
            self.run_night()
        [message] = box.messages
        read = message_from_string(message.content.decode(), policy=policy.default)
        [sender], [debtor] = read["From"].addresses, read["To"].addresses
        self.assertEqual(
            (sender.display_name, sender.addr_spec),
            ("Compañía, S.A.", "cobranzas@company.example"),
        )
        self.assertEqual(debtor.display_name, self.debtor.name)
        self.assertEqual(message.mail_from, "cobranzas@company.example")

    def test_planning_twice_plans_once(self):
        self.create_invoice(days_overdue=5)
        first = self.plan()
        self.assertEqual(len(first), 1)
        self.assertFalse(self.plan())
        with self.mailbox():
            self.deliver()
        self.assertFalse(self.plan())

    def test_who_has_paid_between_plan_and_deliver_is_not_dunned(self):
        invoice = self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.pay(invoice)
        with self.mailbox() as box:
            self.deliver()
        self.assertRecordValues(contact, [{"state": "skipped", "reason": "paid"}])
        self.assertFalse(box.messages)
        self.assertEqual(contact.case_id.log_ids.sorted("sequence")[-1].event, "skipped")

    def test_without_a_mail_server_messages_are_held_and_leave_when_there_is_one(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.env["ir.mail_server"].search([]).active = False
        self.deliver()
        self.assertRecordValues(contact, [{"state": "held", "reason": "no_mail_server"}])
        with self.mailbox() as box:
            self.deliver()
        self.assertEqual(contact.state, "sent")
        self.assertEqual(box.contact_ids, contact.ids)

    def test_a_refused_recipient_falls_back_to_a_task(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        with self.mailbox() as box:
            box.refuse["ferretería@debtor.example"] = "550 no such user"
            box.refuse[contact.address] = "550 no such user"
            self.deliver()
            self.deliver()
        self.assertRecordValues(contact, [{"state": "failed", "reason": "recipient_refused"}])
        fallback = contact.case_id.contact_ids - contact
        self.assertRecordValues(
            fallback, [{"state": "sent", "channel_id": self.task.id, "parent_id": contact.id}]
        )
        self.assertTrue(fallback.activity_id)

    def test_a_busy_server_is_tried_again_later(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        with self.mailbox() as box:
            box.after = lambda envelope: "451 try later"
            self.deliver()
            self.assertRecordValues(contact, [{"state": "queued", "attempts": 1}])
            self.assertGreater(contact.scheduled_on, contact.create_date)
            box.after = None
            contact.scheduled_on = contact.create_date
            self.deliver()
        self.assertRecordValues(contact, [{"state": "sent", "attempts": 2}])

    def test_in_safe_mode_everything_goes_to_the_test_address(self):
        self.create_invoice(days_overdue=5)
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "me@company.example"}
        )
        contact = self.plan()
        with self.mailbox() as box:
            self.deliver()
        self.assertEqual([m.rcpt_tos for m in box.messages], [["me@company.example"]])
        self.assertTrue(contact.safe_mode)
        line = contact.line_ids
        self.assertTrue(line.collections_step_id)
        self.company.collections_safe_mode = False
        self.assertRecordValues(contact, [{"state": "cancelled", "reason": "safe_mode_ended"}])
        self.assertFalse(line.collections_step_id)
        self.assertTrue(self.plan(), "going live starts the ladder on true ground")

    def test_a_debtor_without_an_address_becomes_a_task(self):
        self.debtor.email = False
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.assertRecordValues(
            contact, [{"channel_id": self.task.id, "reason": "no_address", "state": "queued"}]
        )
        self.deliver()
        self.assertEqual(contact.state, "sent")
        contact.activity_id.action_feedback(feedback="Called")
        self.assertEqual(contact.state, "delivered")

    def test_all_channels_of_a_step_speak(self):
        self.strategy.step_ids.write({"channel_ids": [(4, self.task.id)], "channel_mode": "all"})
        self.create_invoice(days_overdue=5)
        contacts = self.plan()
        self.assertEqual(contacts.channel_id, self.email + self.task)
        with self.mailbox() as box:
            self.deliver()
        self.assertEqual(contacts.mapped("state"), ["sent", "sent"], contacts.mapped("reason_text"))
        self.assertEqual(len(box.messages), 1)
        self.assertFalse(self.plan())

    def test_the_preview_shows_both_sides_and_leaves_no_trace(self):
        self.create_invoice(250, days_overdue=5)
        quiet = self.create_debtor("Bodega Norte")
        self.create_invoice(80, days_overdue=5, debtor=quiet)
        self.env["collections.ledger"]._refresh(self.company)
        self.env["collections.hold"].create({"case_id": self.get_case(quiet).id, "note": "calls"})
        self.env["collections.segment"]._assign(self.company)
        entries = self.env["collections.log"].search_count([])
        run = self.env["collections.run"].with_user(self.supervisor)
        action = run.with_company(self.company).action_preview()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((preview.go_count, preview.stay_count), (1, 1))
        go, stay = preview.go_ids.with_user(self.supervisor), preview.stay_ids
        self.assertEqual(go.partner_id, self.debtor)
        self.assertIn("250.00", go.body)
        self.assertEqual((stay.partner_id, stay.reason, stay.hold), (quiet, "held", "pause"))
        self.assertFalse(self.env["collections.contact"].search_count([]))
        self.assertEqual(self.env["collections.log"].search_count([]), entries)

    def test_who_pays_a_part_before_it_leaves_is_given_time_again(self):
        self.strategy.quiet_days = 4
        self.create_invoice(100, days_overdue=5)
        with self.mailbox():
            self.plan()
            self.deliver()
        self.get_case().last_contact_date = self.today - timedelta(days=5)
        other = self.create_invoice(100, days_overdue=35)
        contact = self.plan()
        self.assertEqual(contact.step_id.days, 30)
        self.pay(other, 40)
        with self.mailbox() as box:
            self.deliver()
        self.assertRecordValues(contact, [{"state": "skipped", "reason": "quiet"}])
        self.assertFalse(box.messages)

    def test_erasing_a_message_wipes_every_copy_and_the_chain_verifies(self):
        self.create_invoice(100, days_overdue=5)
        with self.mailbox():
            self.run_night()
        contact = self.get_case().contact_ids
        self.assertIn("100.00", contact.mail_message_id.body)
        contact.content_id.with_user(self.manager)._erase("Request of the debtor, 12 May")
        self.assertRecordValues(contact, [{"address": False, "state": "sent"}])
        self.assertFalse(contact.content_id.body)
        self.assertNotIn("100.00", contact.mail_message_id.body or "")
        self.assertFalse(self.env["collections.log"]._verify(contact.case_id))

    def test_what_awaits_approval_leaves_the_list_when_it_is_paid(self):
        self.strategy.step_ids.mode = "approval"
        invoice = self.create_invoice(100, days_overdue=5)
        contact = self.plan()
        self.assertEqual(contact.state, "awaiting")
        self.plan()
        self.assertEqual(contact.state, "awaiting")
        self.create_invoice(50, days_overdue=2)
        self.pay(invoice)
        self.plan()
        self.assertRecordValues(contact, [{"state": "skipped", "reason": "paid"}])

    def test_an_approved_contact_leaves(self):
        self.strategy.step_ids.mode = "approval"
        self.create_invoice(100, days_overdue=5)
        contact = self.plan()
        with self.mailbox() as box:
            self.deliver()
            self.assertFalse(box.messages)
            contact.with_user(self.supervisor).action_approve()
            self.deliver()
        self.assertEqual(box.contact_ids, contact.ids)
        approval = contact.case_id.log_ids.filtered(lambda entry: entry.event == "approved")
        self.assertEqual(approval.user_id, self.supervisor)

    def test_a_rule_that_was_mended_is_asked_again_the_next_night(self):
        rule = self.env["collections.contact.rule"].create(
            {
                "name": "Never",
                "window_ids": [Command.create({"monday": True, "hour_from": 9, "hour_to": 18})],
                "cap_ids": [Command.create({"limit": 0, "days": 7})],
            }
        )
        self.create_invoice(100, days_overdue=5)
        contact = self.plan()
        self.assertRecordValues(contact, [{"state": "held", "reason": "refused_by_rule"}])
        rule.active = False
        again = self.plan()
        self.assertEqual(contact.state, "skipped")
        self.assertEqual(again.state, "queued")


@tagged("post_install", "-at_install")
class TestRobustRun(CollectionsCommon):
    """A night goes on beside what is broken, and is tried again when it fails."""

    def break_rule(self, segment, domain):
        """Let a rule be as it is when the addon of its field is gone."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collections_segment SET domain = %s WHERE id = %s", [domain, segment.id]
        )
        segment.invalidate_recordset()

    def run_broken_night(self):
        with (
            self.assertLogs("odoo.addons.collections_management", "WARNING") as caught,
            mute_logger("odoo.sql_db"),
            # The mailbox is for the debtors: the managers' notice is not sent.
            patch.object(type(self.env["mail.activity"]), "action_notify"),
            self.mailbox(),
        ):
            run = self.run_night()
        return run, caught.output

    def test_one_broken_segment_is_left_out_and_named(self):
        special = self.env["collections.segment"].create(
            {"name": "Special", "sequence": 1, "domain": "[('user_id', '!=', False)]"}
        )
        other = self.create_debtor("Bodega Norte")
        self.create_invoice(80, days_overdue=5)
        self.create_invoice(90, days_overdue=5, debtor=other)
        self.env["collections.ledger"]._refresh(self.company)
        self.get_case(other).user_id = self.collector
        self.env["collections.segment"]._assign(self.company)
        self.assertEqual(self.get_case(other).segment_id, special)
        for domain in (
            "[('field_of_an_addon_that_is_gone', '=', 1)]",
            "[('amount_total', '=',",
            "[('id', 'in', 'x')]",
        ):
            self.break_rule(special, domain)
            with self.subTest(domain=domain):
                with mute_logger("odoo.sql_db"):
                    self.assertTrue(special.fault)
                run, logged = self.run_broken_night()
                self.assertRecordValues(run, [{"state": "done", "case_count": 2, "error": False}])
                self.assertIn("Special", run.warning)
                self.assertIn(f"run={run.id} segment={special.id}", logged[0])
        self.assertRecordValues(
            self.get_case().contact_ids, [{"state": "sent", "reason": False, "detail": False}]
        )
        self.assertEqual(self.get_case(other).segment_id, special, "who was there stays")
        self.assertFalse(self.get_case(other).contact_ids, "and is not dunned by another rule")
        self.assertIn(self.manager, special.activity_ids.user_id)
        self.assertEqual(
            len(special.activity_ids), len(special.activity_ids.user_id), "asked once each"
        )
        special.domain = "[('user_id', '!=', False)]"
        self.assertFalse(special.activity_ids)
        with self.mailbox():
            self.assertFalse(self.run_night().warning)

    def test_a_rule_the_database_refuses_is_left_out_as_well(self):
        self.create_invoice(80, days_overdue=5)
        special = self.segment.copy({"name": "Special", "sequence": 1})
        refused = type(special)._get_condition

        def get_condition(segment, cases, company):
            if segment == special:
                return SQL("(amount_total / 0) > 1")
            return refused(segment, cases, company)

        with patch.object(type(special), "_get_condition", get_condition):
            run, _logged = self.run_broken_night()
            self.assertRecordValues(run, [{"state": "done", "case_count": 1}])
            self.assertIn("Special cannot be read: division by zero", run.warning)
            with self.assertRaisesRegex(UserError, "division by zero"), mute_logger("odoo.sql_db"):
                self.env["collections.segment"]._assign(self.company)
        self.assertEqual(self.get_case().segment_id, self.segment)

    def break_run(self, run):
        """Let a run fail while it plans."""
        planner = type(self.env["collections.planner"])
        with (
            patch.object(planner, "_plan", side_effect=ValueError("the disk is full")),
            self.assertLogs("odoo.addons.collections_management", "ERROR") as caught,
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            run.with_env(self.env(cr=cr))._work()
        self.assertIn(f"run={run.id}", caught.output[0])
        self.assertRecordValues(run, [{"state": "failed", "error": "the disk is full"}])

    def test_a_night_that_failed_is_tried_again_twice_after_a_pause(self):
        self.create_invoice(80, days_overdue=5)
        runs = self.env["collections.run"]
        now = fields.Datetime.now()
        run = runs._get_or_create(self.company, "cron")
        for number, minutes in ((1, 15), (2, 30)):
            self.assertRecordValues(run, [{"origin": "cron", "tries": number}])
            with freeze_time(now):
                self.break_run(run)
            self.assertEqual(run.next_try, now + timedelta(minutes=minutes))
            self.assertFalse(run.activity_ids, "nobody is asked while it mends itself")
            now = run.next_try
            with freeze_time(now - timedelta(seconds=1)):
                runs._try_again()
                self.assertEqual(self.get_last_run(), run, "the pause is kept")
            with freeze_time(now):
                runs._try_again()
                runs._try_again()
            self.assertEqual(self.get_last_run().tries, number + 1)
            run = self.get_last_run()
        with freeze_time(now):
            self.break_run(run)
        self.assertFalse(run.next_try)
        with freeze_time(now + timedelta(hours=2)):
            runs._try_again()
        self.assertEqual(self.get_last_run(), run, "three tries are enough")
        self.assertIn(self.manager, run.activity_ids.user_id)
        self.assertEqual(run.activity_ids[0].summary, "Tonight's run failed 3 times")

    def get_last_run(self):
        return self.env["collections.run"].search([("company_id", "=", self.company.id)], limit=1)

    def test_the_next_try_does_the_work_of_the_night(self):
        self.create_invoice(80, days_overdue=5)
        run = self.env["collections.run"]._get_or_create(self.company, "cron")
        self.break_run(run)
        run.date_end -= timedelta(minutes=15)
        with self.mailbox() as box, self.enter_registry_test_mode():
            self.env.ref(
                "collections_management.collections_run_cron_resume"
            ).method_direct_trigger()
        self.assertRecordValues(
            self.get_last_run(), [{"state": "done", "tries": 2, "origin": "cron"}]
        )
        self.assertEqual(box.contact_ids, self.get_case().contact_ids.ids)

    def test_what_is_not_tried_again(self):
        self.create_invoice(80, days_overdue=5)
        runs = self.env["collections.run"]
        run = runs._get_or_create(self.company, "button")
        self.break_run(run)
        self.assertFalse(run.next_try, "who started it by hand sees that it failed")
        run = runs._get_or_create(self.company, "cron")
        self.break_run(run)
        run.date_end -= timedelta(minutes=15)
        self.company.collections_active = False
        runs._try_again()
        self.assertEqual(self.get_last_run(), run)
        self.company.collections_active = True
        run.date -= timedelta(days=1)
        runs._try_again()
        self.assertEqual(self.get_last_run(), run, "yesterday's night is over")
        run.date += timedelta(days=1)
        with self.mailbox():
            by_hand = self.run_night()
        runs._try_again()
        self.assertEqual(self.get_last_run(), by_hand, "a person did it in the meantime")
