from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestActivityPlans(CollectionsCommon):
    """Several activities put on a case at once, each for who is to do it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.create_debtor("Grupo Andino")
        cls.create_invoice(100)
        cls.create_invoice(100, debtor=cls.other)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.case, cls.other_case = cls.get_case(), cls.get_case(cls.other)
        cls.case.user_id = cls.collector
        cls.group("supervisor").user_ids = cls.supervisor
        cls.plan_legal = cls.env.ref("collections_management.mail_activity_plan_legal")

    @classmethod
    def group(cls, role):
        return cls.env.ref(f"collections_management.collections_management_group_{role}")

    def open_wizard(self, cases, user):
        """The wizard as the Actions menu of these cases opens it."""
        action = (
            self.env["ir.actions.actions"]
            .with_user(user)
            ._for_xml_id("collections_management.mail_activity_schedule_action")
        )
        self.assertEqual(action["res_model"], "mail.activity.schedule")
        context = {"active_model": "collections.case", "active_ids": cases.ids, "plan_mode": True}
        return Form(self.env["mail.activity.schedule"].with_user(user).with_context(**context))

    def launch(self, cases, user, plan=None):
        wizard = self.open_wizard(cases, user)
        wizard.plan_id = plan or self.plan_legal
        self.assertFalse(wizard.has_error, wizard.error)
        wizard.save().action_schedule_plan()
        return cases.activity_ids.sorted(lambda a: (a.res_id, a.date_deadline, a.id))

    def test_a_collector_launches_a_plan_on_an_own_case(self):
        activities = self.launch(self.case, self.collector)
        self.assertEqual(activities.mapped("user_id"), self.collector | self.supervisor)
        self.assertEqual(
            [(a.user_id, (a.date_deadline - self.today).days) for a in activities],
            [(self.collector, 0), (self.collector, 2), (self.supervisor, 5), (self.supervisor, 15)],
        )
        self.assertIn("Before legal action", str(self.case.message_ids[0].body))
        for activity in activities:
            self.assertTrue(activity.with_user(activity.user_id).has_access("write"))

    def test_several_cases_at_once(self):
        activities = self.launch(self.case | self.other_case, self.supervisor)
        self.assertEqual(len(activities), 8)
        mine = activities.filtered(lambda a: a.res_id == self.other_case.id)
        self.assertEqual(mine.user_id, self.supervisor)  # nobody has the case

    def test_who_launches_does_what_nobody_is_there_for(self):
        wizard = self.open_wizard(self.other_case, self.collector)
        wizard.plan_id = self.plan_legal
        self.assertTrue(wizard.has_warning)
        self.assertIn("no collector", wizard.warning)
        activities = self.launch(self.other_case, self.collector)
        self.assertEqual(activities.user_id, self.collector | self.supervisor)

    def test_the_supervisor_of_a_case(self):
        self.assertEqual(self.case.supervisor_id, self.supervisor)
        self.group("supervisor").user_ids = False
        self.group("manager").user_ids = self.manager
        self.case.invalidate_recordset(["supervisor_id"])
        self.assertEqual(self.case.supervisor_id, self.manager)
        self.assertEqual(self.case.with_user(self.collector).supervisor_id, self.manager)
        self.manager.active = False
        self.case.invalidate_recordset(["supervisor_id"])
        self.assertFalse(self.case.supervisor_id)

    def test_who_may_not_launch(self):
        self.other_case.user_id = self.supervisor
        for cases, user in (
            (self.other_case, self.collector),  # a colleague's
            (self.case | self.other_case, self.collector),
            (self.case, self.auditor),
            (self.case, self.create_stranger()),
        ):
            with self.subTest(user=user.login, cases=len(cases)), self.assertRaises(AccessError):
                wizard = (
                    self.env["mail.activity.schedule"]
                    .with_user(user)
                    .create(
                        {
                            "res_model": "collections.case",
                            "res_ids": str(cases.ids),
                            "plan_id": self.plan_legal.id,
                        }
                    )
                )
                wizard.action_schedule_plan()
        self.assertFalse((self.case | self.other_case).activity_ids)

    def create_stranger(self):
        company = self.env["res.company"].create({"name": "Other"})
        return new_test_user(
            self.env,
            login="stranger",
            groups="collections_management.collections_management_group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def test_a_manager_makes_and_changes_plans_of_cases(self):
        plans = self.env["mail.activity.plan"].with_user(self.manager)
        form = Form(
            plans.with_context(default_res_model="collections.case"),
            view="collections_management.mail_activity_plan_view_form",
        )
        form.name = "Visit"
        with form.template_ids.new() as step:
            step.summary = "Go there"
            step.responsible_type = "collections_collector"
            step.delay_count = 3
            step.delay_from = "after_plan_date"
        plan = form.save()
        activity = self.launch(self.case, self.collector, plan)
        self.assertEqual(activity.user_id, self.collector)
        self.assertEqual(activity.date_deadline, self.today + timedelta(days=3))
        plan.template_ids.summary = "Go there soon"
        self.plan_legal.with_user(self.manager).name = "Before the lawyer"
        plan.unlink()

    def test_a_manager_of_collections_touches_no_other_plan(self):
        plans = self.env["mail.activity.plan"]
        other = plans.create(
            {
                "name": "Of partners",
                "res_model": "res.partner",
                "template_ids": [Command.create({"summary": "Call"})],
            }
        ).with_user(self.manager)
        with self.assertRaises(AccessError):
            other.name = "Mine now"
        with self.assertRaises(AccessError):
            other.template_ids.summary = "Mine now"
        with self.assertRaises(AccessError):
            other.unlink()
        with self.assertRaises(AccessError):
            plans.with_user(self.manager).create({"name": "New", "res_model": "res.partner"})
        own = plans.with_user(self.manager).create(
            {
                "name": "Own",
                "res_model": "collections.case",
                "template_ids": [Command.create({"summary": "Call"})],
            }
        )
        with self.assertRaises(AccessError):
            own.res_model = "res.partner"
        with self.assertRaises(AccessError):
            own.template_ids.plan_id = other
        stranger = self.create_stranger()
        self.plan_legal.company_id = self.company
        with self.assertRaises(AccessError):
            self.plan_legal.with_user(stranger).name = "Theirs"

    def test_nobody_else_makes_plans(self):
        for user in (self.collector, self.supervisor, self.auditor):
            with self.subTest(user=user.login):
                plan = self.plan_legal.with_user(user)
                self.assertTrue(plan.name)
                with self.assertRaises(AccessError):
                    plan.name = "Other"
                with self.assertRaises(AccessError):
                    plan.template_ids[:1].summary = "Other"
                with self.assertRaises(AccessError):
                    plan.create({"name": "New", "res_model": "collections.case"})

    def test_only_cases_have_a_collector(self):
        plans = self.env["mail.activity.plan"]
        step = {"summary": "Call", "responsible_type": "collections_collector"}
        with self.assertRaises(ValidationError):
            plans.create(
                {
                    "name": "Of partners",
                    "res_model": "res.partner",
                    "template_ids": [Command.create(step)],
                }
            )
        with self.assertRaises(ValidationError):
            self.plan_legal.res_model = "res.partner"

    def test_delivered_plans_speak_the_companys_language_and_stay_as_changed(self):
        self.assertEqual(self.plan_legal.template_ids[0].summary,
                         "Check invoices, deliveries and contract")  # fmt: skip
        plans = self.env["mail.activity.plan"]
        self.plan_legal.name = "Ours"
        plans._load_collections_plans()
        self.assertEqual(self.plan_legal.name, "Ours")
        self.assertEqual(len(self.plan_legal.template_ids), 4)
        self.env.ref("collections_management.mail_activity_plan_find").unlink()
        plans._load_collections_plans()
        self.assertEqual(
            self.env.ref("collections_management.mail_activity_plan_find").res_model,
            "collections.case",
        )
