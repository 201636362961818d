from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

import odoo.sql_db
from odoo import Command, api
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.base_automation.models.base_automation import BaseAutomation
from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..models.collections_event import Occurrence

TELL = "record.message_post(body='told %s' % env.context['collections_event']['code'])"
TELL_CASE = "record.case_id.message_post(body='told %s' % record.id)"


class Killed(BaseException):
    """The process ends in the middle of what it does."""


class AutomationCommon(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rules = cls.env["base.automation"]
        cls.addClassCleanup(rules._unregister_hook)
        rules.search([]).active = False

    @classmethod
    def create_rule(cls, *codes, code=TELL, model="collections.case", **values):
        """A rule on these events whose action is a piece of code."""
        model_id = cls.env["ir.model"]._get_id(model)
        rule = cls.env["base.automation"].create(
            {
                "name": "Test rule",
                "model_id": model_id,
                "trigger": "on_collections_event",
                "collections_event_ids": [Command.set(cls.get_event(*codes).ids)],
                **values,
            }
        )
        cls.env["ir.actions.server"].create(
            {
                "name": "Test action",
                "model_id": model_id,
                "state": "code",
                "code": code,
                "usage": "base_automation",
                "base_automation_id": rule.id,
            }
        )
        return rule

    @classmethod
    def get_event(cls, *codes):
        return cls.env["collections.event"].search([("code", "in", codes)])

    @contextmanager
    def worker(self):
        """The queue as another process sees it, with commits of its own."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield api.Environment(cr, api.SUPERUSER_ID, {})["collections.automation.firing"]

    def fire(self, **options):
        """A turn of the scheduled job."""
        with self.worker() as firings:
            firings._cron_fire(**options)
        self.env.invalidate_all()

    def fire_and_be_killed(self):
        """A turn in which the process ends; Odoo's assertRaises would take its commits back."""
        try:
            self.fire()
        except Killed:
            self.env.invalidate_all()
        else:
            self.fail("The process was not killed")

    def get_told(self, case=None):
        """What rules have said on a case, in order."""
        messages = (case or self.get_case()).message_ids.sorted("id")
        return [str(m.body)[3:-4] for m in messages if "told" in str(m.body)]


@tagged("post_install", "-at_install")
class TestAutomation(AutomationCommon):
    """Automation rules act on what happens in collections, whoever wrote it, once."""

    def test_a_night_sets_off_rules_on_cases_contacts_and_the_run(self):
        self.create_invoice(100, days_overdue=12)
        self.create_rule("case.opened", "contact.sent")
        contacts = self.create_rule("contact.sent", model="collections.contact", code=TELL_CASE)
        runs = self.create_rule("run.done", model="collections.run")
        with self.mailbox() as box:
            run = self.run_night()
        case = self.get_case()
        self.assertEqual(len(box.messages), 1)
        self.assertFalse(self.get_told())  # the run only queues
        self.assertEqual(contacts.collections_firing_ids.state, "queued")
        self.fire()
        self.assertEqual(
            self.get_told(),
            ["told case.opened", "told contact.sent", f"told {case.contact_ids.id}"],
        )
        self.assertEqual(self.get_told(run), ["told run.done"])
        self.assertRecordValues(
            runs.collections_firing_ids,
            [
                {
                    "state": "done",
                    "attempts": 1,
                    "res_id": run.id,
                    "company_id": self.company.id,
                    "error": False,
                }
            ],
        )
        self.fire()
        self.assertEqual(len(self.get_told()), 3)  # once

    def test_a_hold_is_what_its_events_are_about(self):
        self.create_invoice(100)
        self.plan()
        rule = self.create_rule("hold.set", "hold.lifted", model="collections.hold", code=TELL_CASE)
        hold = self.env["collections.hold"].create({"case_id": self.get_case().id})
        hold.action_lift()
        self.fire()
        self.assertEqual(self.get_told(), [f"told {hold.id}"] * 2)
        self.assertEqual(
            rule.collections_firing_ids.sorted("id").mapped("event"), ["hold.set", "hold.lifted"]
        )

    def test_actions_know_what_happened(self):
        code = """
event = env.context["collections_event"]
record.message_post(body="told %s %s %s %s" % (
    event["code"], event["data"]["overdue"], event["case_id"] == record.id,
    env.company.id))
"""
        self.create_rule("case.opened", code=code)
        self.create_invoice(1234.5)
        self.plan()
        self.fire()
        self.assertEqual(self.get_told(), [f"told case.opened 1234.50 True {self.company.id}"])

    def test_odoos_own_actions_work(self):
        """The delivered example: an activity for the supervisor when a decision is needed."""
        rule = self.env.ref("collections_automation.base_automation_decision")
        self.assertFalse(rule.active)
        rule.active = True
        self.create_invoice(100, days_overdue=60)
        self.strategy.step_ids[:-1].unlink()
        with self.mailbox():
            self.run_night()
            self.run_night()
        self.assertTrue(self.get_case().needs_decision)
        self.fire()
        own = self.get_case().activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref("mail.mail_activity_data_todo")
        )
        self.assertEqual(own.user_id, self.get_case().supervisor_id)
        self.assertEqual(len(own), 1)

    def test_the_condition_is_checked_when_the_rule_acts(self):
        self.create_rule("case.opened", filter_domain="[('amount_overdue', '>', 500)]")
        rich = self.create_debtor("Grupo Andino")
        self.create_invoice(100)
        self.create_invoice(900, debtor=rich)
        self.plan()
        self.fire()
        self.assertFalse(self.get_told())
        self.assertEqual(self.get_told(self.get_case(rich)), ["told case.opened"])
        skipped = self.get_firing(self.get_case())
        self.assertRecordValues(
            skipped, [{"state": "skipped", "error": "Its condition is not met."}]
        )

    def get_firing(self, record):
        return self.env["collections.automation.firing"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )

    def test_a_broken_rule_stops_nobody_and_is_told_once(self):
        broken = self.create_rule(
            "case.opened", code="record.message_post(body='told half')\n1 / 0"
        )
        self.create_rule("case.opened")
        other = self.create_debtor("Grupo Andino")
        self.create_invoice(100)
        self.create_invoice(100, debtor=other)
        self.plan()
        self.fire()
        for debtor in (self.debtor, other):
            self.assertEqual(self.get_told(self.get_case(debtor)), ["told case.opened"])
        failed = broken.collections_firing_ids
        self.assertEqual(failed.mapped("state"), ["failed"] * 2)
        self.assertIn("division by zero", failed[0].error)
        self.assertEqual(broken.collections_failed_count, 2)
        told = broken.activity_ids.filtered(lambda a: a.user_id == self.manager)
        self.assertEqual(len(told), 1)
        self.assertIn("Test rule", told.with_user(self.manager).summary)
        self.fire()
        self.assertEqual(failed.mapped("attempts"), [1, 1])  # not tried again by itself
        broken.action_server_ids.code = TELL
        failed.with_user(self.manager).action_fire_again()
        self.fire()
        self.assertEqual(failed.mapped("state"), ["done"] * 2)
        self.assertEqual(self.get_told(), ["told case.opened"] * 2)

    def test_an_error_of_the_database_is_one_too(self):
        broken = self.create_rule("case.opened", code="env.cr.execute('SELECT 1 / 0')")
        self.create_rule("case.opened")
        self.create_invoice(100)
        self.plan()
        with mute_logger("odoo.sql_db"):
            self.fire()
        self.assertEqual(broken.collections_firing_ids.state, "failed")
        self.assertEqual(self.get_told(), ["told case.opened"])

    def test_archived_rules_are_left_alone(self):
        off = self.create_rule("case.opened", active=False)
        stopped = self.create_rule("case.opened")
        self.create_invoice(100)
        self.plan()
        self.assertFalse(off.collections_firing_ids)
        stopped.active = False
        self.fire()
        self.assertFalse(self.get_told())
        self.assertRecordValues(
            stopped.collections_firing_ids,
            [{"state": "skipped", "error": "The rule was archived or changed meanwhile."}],
        )
        stopped.active = True
        self.fire()
        self.assertFalse(self.get_told())  # what was let go stays so

    def test_a_deleted_rule_leaves_the_run_alone(self):
        rule = self.create_rule("case.opened")
        rules = self.env["base.automation"]
        known = rules._get_collections_subscriptions()
        rule.unlink()
        self.create_invoice(100)
        with patch.object(type(rules), "_get_collections_subscriptions", lambda _self: known):
            self.plan()  # another process has not heard of it yet
        self.assertTrue(self.get_case())
        self.assertFalse(self.env["collections.automation.firing"].search([]))

    def test_each_company_by_itself(self):
        other = self.env["res.company"].create({"name": "Other", "collections_active": True})
        self.create_rule(
            "case.opened", filter_domain=f"[('company_id', '=', {other.id})]", name="Other's"
        )
        here = self.create_rule("case.opened")
        self.create_invoice(100)
        self.plan()
        there = self.env["collections.case"].create(
            {"company_id": other.id, "partner_id": self.create_debtor("Elsewhere").id}
        )
        there._log("case_opened", {"overdue": "1"})
        self.fire()
        self.assertEqual(self.get_told(), ["told case.opened"])
        self.assertEqual(self.get_told(there), ["told case.opened"] * 2)
        firings = here.collections_firing_ids
        self.assertEqual(firings.company_id, self.company | other)
        seen = self.env["collections.automation.firing"].with_user(self.manager).search([])
        self.assertEqual(seen.company_id, self.company)

    def test_what_is_no_longer_there(self):
        rule = self.create_rule("run.failed", model="collections.run")
        run = self.env["collections.run"]._get_or_create(self.company, "button")
        with patch.object(type(run), "_commit", lambda _self: None):
            run._end("failed", 1.0, "broken")
        firing = rule.collections_firing_ids
        self.env.cr.execute("UPDATE collections_automation_firing SET res_id = 0, run_id = NULL")
        firing.invalidate_recordset()
        self.fire()
        self.assertRecordValues(
            firing, [{"state": "skipped", "error": "The record is no longer there."}]
        )

    def test_once_per_event_and_rule(self):
        self.create_invoice(100)
        self.plan()
        rule = self.create_rule("case.opened")
        case = self.get_case()
        entry = case.log_ids.filtered(lambda entry: entry.event == "case_opened")
        events = self.env["collections.event"]
        subject = (entry.moment, case._name, case.id, case.id, entry.id)
        occurrence = Occurrence(rule.id, "case.opened", *subject)
        events._queue_occurrences([occurrence])
        events._queue_occurrences([occurrence, occurrence])
        self.assertEqual(len(rule.collections_firing_ids), 1)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            rule.collections_firing_ids.copy()

    def test_killed_at_any_moment_nothing_is_lost_or_doubled(self):
        rule = self.create_rule("case.opened")
        for name in ("One", "Two", "Three"):
            self.create_invoice(100, debtor=self.create_debtor(name))
        self.plan()
        process = BaseAutomation._process
        before = self.count_told(rule)
        self.assertEqual(before, 0)

        def kill_second(self, records, **options):
            process(self, records, **options)
            if len(done) == 1:
                raise Killed
            done.append(records)

        done = []
        with patch.object(BaseAutomation, "_process", kill_second):
            self.fire_and_be_killed()
        states = rule.collections_firing_ids.sorted("id").mapped("state")
        self.assertEqual(states, ["done", "queued", "queued"])
        self.assertEqual(self.count_told(rule), 1)
        self.fire()
        self.assertEqual(set(rule.collections_firing_ids.mapped("state")), {"done"})
        self.assertEqual(self.count_told(rule), 3)

    def count_told(self, rule):
        cases = self.env["collections.case"].browse(rule.collections_firing_ids.mapped("res_id"))
        return sum(len(self.get_told(case)) for case in cases)

    def test_what_stops_the_process_each_time_is_given_up_and_takes_nothing_along(self):
        rule = self.create_rule("case.opened")
        poison = self.create_debtor("Poison")
        for debtor in (poison, self.create_debtor("Two"), self.create_debtor("Three")):
            self.create_invoice(100, debtor=debtor)
        self.plan()
        process = BaseAutomation._process

        def stop(self, records, **options):
            if records.partner_id == poison:
                raise Killed
            process(self, records, **options)

        with patch.object(BaseAutomation, "_process", stop):
            for _turn in range(3):
                self.fire_and_be_killed()
            self.fire()
        firing = self.get_firing(self.get_case(poison))
        self.assertEqual(firing.state, "failed")
        self.assertIn("Begun 3 times", firing.error)
        self.assertEqual((rule.collections_firing_ids - firing).mapped("state"), ["done"] * 2)
        self.assertTrue(rule.activity_ids)

    def test_rules_do_not_keep_each_other_busy(self):
        self.create_invoice(100)
        self.plan()
        case = self.get_case()
        again = "env['collections.hold'].create({'case_id': record.case_id.id})"
        self.create_rule("hold.set", model="collections.hold", code="record.action_lift()")
        self.create_rule("hold.lifted", model="collections.hold", code=again)
        self.env["collections.hold"].create({"case_id": case.id})
        for _turn in range(4):
            self.fire()
        self.assertEqual(len(case.hold_ids), 2)  # set, lifted, set again: and there it ends

    def test_a_run_costs_the_same_number_of_statements_whatever_it_finds(self):
        self.create_rule("case.opened", "contact.sent", "case.closed")
        self.create_rule("case.opened")
        counts = []
        for size in (2, 5, 50):  # the first one fills the caches
            for number in range(size):
                self.create_invoice(100, debtor=self.create_debtor(f"Debtor {size} {number}"))
            self.env.flush_all()
            before = odoo.sql_db.sql_counter
            self.env["collections.ledger"]._refresh(self.company)
            counts.append(odoo.sql_db.sql_counter - before)
        self.assertEqual(counts[1], counts[2])
        firings = self.env["collections.automation.firing"].search_count([])
        self.assertEqual(firings, (2 + 5 + 50) * 2)

    def test_without_a_rule_an_entry_costs_nothing_more(self):
        self.create_invoice(100)
        self.plan()
        entry = {"case_id": self.get_case().id, "event": "case_closed"}
        plain = self.count_statements([entry])
        with patch.object(
            type(self.env["collections.event"]), "_publish_links", lambda *args: None
        ):
            self.assertEqual(self.count_statements([entry]), plain)
        self.create_rule("case.closed")
        self.count_statements([entry])
        self.assertEqual(self.count_statements([entry] * 50), plain + 1)

    def count_statements(self, entries):
        self.env["base.automation"]._get_collections_subscriptions()
        self.env["collections.webhook"]._get_subscriptions()
        before = self.env.cr.sql_log_count
        self.env["collections.log"]._append(entries)
        return self.env.cr.sql_log_count - before

    def test_what_was_done_long_ago_is_forgotten(self):
        rule = self.create_rule("case.opened")
        for name in ("One", "Two", "Three"):
            self.create_invoice(100, debtor=self.create_debtor(name))
        self.plan()
        self.fire()
        old, failed, recent = rule.collections_firing_ids
        for firing in old | failed:
            firing.done_on -= timedelta(days=31)
        failed.state = "failed"
        self.env["collections.automation.firing"]._gc_done()
        self.assertEqual(rule.collections_firing_ids, failed | recent)


@tagged("post_install", "-at_install")
class TestOwnTriggers(AutomationCommon):
    """Odoo's own triggers go on working on what the ORM writes."""

    def test_a_hold_created_or_changed(self):
        self.create_invoice(100)
        self.plan()
        note = self.env["ir.model.fields"]._get("collections.hold", "note")
        self.create_rule(
            model="collections.hold",
            code=TELL_CASE,
            trigger="on_create_or_write",
            trigger_field_ids=[Command.set(note.ids)],
        )
        hold = (
            self.env["collections.hold"]
            .with_user(self.collector)
            .create({"case_id": self.get_case().id})
        )
        self.assertEqual(self.get_told(), [f"told {hold.id}"])
        hold.note = "Pays on Friday"
        self.assertEqual(self.get_told(), [f"told {hold.id}"] * 2)

    def test_a_contact_set_to_a_state(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.plan()
        state = self.env["ir.model.fields"]._get("collections.contact", "state")
        held = state.selection_ids.filtered(lambda selection: selection.value == "held")
        rule = self.create_rule(
            model="collections.contact",
            code=TELL_CASE,
            trigger="on_state_set",
            trg_selection_field_id=held.id,
        )
        self.assertEqual(rule.filter_domain, "[('state', '=', 'held')]")
        contact.with_user(self.collector).action_hold()
        self.assertEqual(self.get_told(), [f"told {contact.id}"])
        contact.with_user(self.collector).action_release()
        self.assertEqual(self.get_told(), [f"told {contact.id}"])


@tagged("post_install", "-at_install")
class TestRules(AutomationCommon):
    """Who may make such a rule, and which make sense."""

    def test_an_administrator_makes_one_in_the_form(self):
        admin = new_test_user(self.env, login="system", groups="base.group_system")
        with Form(self.env["base.automation"].with_user(admin)) as form:
            form.name = "By hand"
            form.model_id = self.env["ir.model"]._get("collections.contact")
            form.trigger = "on_collections_event"
            self.assertEqual(
                set(form.collections_event_choice_ids[:].mapped("code")),
                {"contact.sent", "contact.failed", "contact.answered"},
            )
            form.collections_event_ids.add(self.get_event("contact.answered"))
        self.assertEqual(form.record.collections_event_ids, self.get_event("contact.answered"))

    def test_another_model_or_trigger_takes_the_events_away(self):
        rule = self.create_rule("contact.sent", "case.opened")
        rule.action_server_ids.unlink()
        rule.trigger = "on_create"
        self.assertFalse(rule.collections_event_ids)

    def test_rules_that_would_never_act(self):
        for model, codes in (
            ("collections.case", ["run.done"]),
            ("collections.case", []),
            ("collections.run", ["case.opened"]),
            ("collections.contact", ["contact.sent", "hold.set"]),
            ("res.partner", ["case.opened"]),
            ("res.partner", []),
        ):
            with self.subTest(model=model, codes=codes), self.assertRaises(ValidationError):
                self.create_rule(*codes, model=model)

    def test_models_without_events_are_not_offered_the_trigger(self):
        rules = self.env["base.automation"]
        for model, expected in (
            ("collections.case", True),
            ("collections.hold", True),
            ("collections.strategy", False),
            ("res.partner", False),
        ):
            rule = rules.new({"model_id": self.env["ir.model"]._get_id(model)})
            self.assertEqual(rule.has_collections_events, expected, model)

    def test_who_may(self):
        rule = self.create_rule("case.opened", code="1 / 0")
        other = self.create_rule(trigger="on_create", code="1")
        self.create_invoice(100)
        self.plan()
        self.fire()
        firing = rule.collections_firing_ids
        for user in (self.manager, self.auditor):
            with self.subTest(user=user.login):
                self.assertEqual(rule.with_user(user).name, "Test rule")
                firing.with_user(user).web_read({"automation_id": {"fields": {"display_name": {}}}})
                with self.assertRaises(AccessError):
                    other.with_user(user).read(["name"])
                for values in ({"active": False}, {"filter_domain": "[]"}):
                    with self.assertRaises(AccessError):
                        rule.with_user(user).write(values)
                with self.assertRaises(AccessError):
                    rule.with_user(user).unlink()
                with self.assertRaises(AccessError):
                    rule.with_user(user).action_server_ids.write({"code": "2"})
                with self.assertRaises(AccessError):
                    firing.with_user(user).write({"state": "queued"})
        for user in (self.supervisor, self.collector):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    rule.with_user(user).read(["name"])
                with self.assertRaises(AccessError):
                    firing.with_user(user).read(["error"])
        for user in (self.auditor, self.supervisor, self.collector):
            with self.assertRaises(UserError):
                firing.with_user(user).action_fire_again()
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="collections_management.collections_management_group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        with self.assertRaises(AccessError):
            firing.with_user(stranger).action_fire_again()
        action = firing.with_user(self.manager).action_open_record()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("collections.case", firing.res_id)
        )
