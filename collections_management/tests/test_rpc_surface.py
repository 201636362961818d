from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from .test_security import REFUSED, SecurityCommon

# Who a method of ours is for, over RPC as on the screens. ``caller`` leans on the caller's own
# access rights and record rules alone: what it returns or changes is what they may read or write.
ROLES = ("caller", "collector", "supervisor", "manager", "nobody")
PUBLIC_METHODS = {
    "account.move": {"action_open_collections_case": "caller"},
    "collections.agency": {"action_open_placed": "caller"},
    "collections.case": {
        "action_approve_next": "supervisor",
        "action_erase_contents": "manager",
        "action_lift_holds": "collector",
        "action_open_contacts": "caller",
        "action_open_invoices": "caller",
        "action_open_escalations": "caller",
        "action_open_log": "caller",
        "action_pause": "caller",  # opens a form
        "action_plan_task": "caller",  # opens a form
        "action_refresh": "collector",
        "action_verify_log": "caller",
        "get_case": "caller",
        "get_history": "caller",
        "lift_hold": "collector",
        "list_planned": "caller",
        "log_external_contact": "collector",
        "set_hold": "collector",
    },
    "collections.commission": {
        "action_bill": "manager",
        "action_cancel": "manager",
        "action_open_bill": "caller",
    },
    "collections.commission.settle": {"action_settle": "manager"},
    "collections.contact": {
        "action_approve": "supervisor",
        "action_cancel": "collector",
        "action_edit": "supervisor",
        "action_hold": "collector",
        "action_letter_returned": "collector",
        "action_print_letters": "collector",
        "action_release": "collector",
        "action_reroute": "supervisor",
        "action_resolve_not_sent": "supervisor",
        "action_resolve_sent": "supervisor",
        "action_retry": "collector",
        "approve": "supervisor",
    },
    "collections.contact.edit": {"action_restore": "supervisor", "action_save": "supervisor"},
    "collections.contact.reroute": {"action_confirm": "supervisor"},
    "collections.contact.rule": {"action_try": "caller"},  # opens a form
    "collections.escalation": {
        "action_approve": "supervisor",
        "action_build_package": "supervisor",
        "action_charge_costs": "supervisor",
        "action_give_up": "supervisor",
        "action_lose": "supervisor",
        "action_open_case": "caller",
        "action_recall": "supervisor",
        "action_refuse": "supervisor",
        "action_settle": "supervisor",
        "action_win": "supervisor",
    },
    "collections.escalation.new": {"action_confirm": "collector"},
    "collections.escalation.rule": {"action_open_escalations": "caller"},
    "collections.go.live": {
        "action_back_to_safe_mode": "manager",
        "action_go_live": "manager",
        "action_simulate": "manager",
    },
    "collections.health": {
        "action_open": "manager",
        "action_refresh": "manager",
        "action_try_mail": "manager",
    },
    "collections.health.line": {"action_open": "manager", "action_try": "manager"},
    "collections.hold": {"action_lift": "collector"},
    "collections.legal.cost": {"action_charge": "supervisor"},
    "collections.legal.step": {"action_done": "supervisor"},
    "collections.letter.batch": {
        "action_cancel": "collector",
        "action_download": "caller",  # an address, which checks for itself
        "action_finish_test": "collector",
        "action_posted": "collector",
        "action_posted_all": "collector",
        "action_take_out": "collector",
    },
    "collections.log.content": {"action_erase": "manager"},
    "collections.log.erase": {"action_confirm": "manager"},
    "collections.onboarding": {
        "action_back": "manager",
        "action_finish": "manager",
        "action_go_live": "manager",
        "action_next": "manager",
        "action_open": "manager",
        "action_preview": "manager",
        "action_send_test": "manager",
    },
    "collections.preview": {
        "action_next_day": "supervisor",
        "action_prepare": "manager",
        "action_show": "supervisor",
    },
    "collections.preview.line": {
        "action_leave_out": "supervisor",
        "action_open_case": "supervisor",
        "get_message": "supervisor",
    },
    "collections.reply": {"action_dismiss": "supervisor", "action_place": "supervisor"},
    "collections.run": {
        "action_approve": "supervisor",
        "action_hold_all": "collector",
        "action_open_awaiting": "caller",
        "action_open_contacts": "caller",
        "action_prepare": "manager",
        "action_preview": "supervisor",
        "action_start": "manager",
        "get_run_state": "caller",
        "start_run": "manager",
    },
    "collections.segment": {"action_open_cases": "caller"},
    "collections.state.import": {"action_import": "manager", "action_read": "manager"},
    "collections.statement.wizard": {"action_download": "caller", "action_mail": "caller"},
    "collections.strategy": {"action_open_cases": "caller"},
    "collections.webhook": {"action_open_deliveries": "caller", "action_test": "manager"},
    "collections.webhook.delivery": {"action_send_again": "manager"},
    "res.partner": {"action_open_collections_case": "caller", "action_trust_email": "collector"},
}
# Arguments that a method needs before it comes to who calls it.
ARGUMENTS = {
    "get_case": {"debtor": 0},
    "lift_hold": {"hold": 0},
    "log_external_contact": {"reference": "x", "outcome": "x", "debtor": 0},
    "set_hold": {"debtor": 0},
}
MODULE = "odoo.addons.collections_management."


def get_own_methods(model):
    """Return the names that this addon adds to what may be called of a model."""
    own, inherited = set(), set()
    for cls in type(model).__mro__:
        ours = cls.__module__.startswith(MODULE) and ".tests." not in cls.__module__
        names = {
            name
            for name, value in vars(cls).items()
            if callable(value) and not name.startswith("_")
        }
        (own if ours else inherited).update(names)
    return {name for name in own - inherited if is_public(model, name)}


def is_public(model, name):
    try:
        return bool(get_public_method(model, name))
    except AccessError:
        return False


@tagged("post_install", "-at_install")
class TestRpcSurface(SecurityCommon):
    """Everything this addon opens to remote calls, each with the role it is for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {
            "portal": cls.portal,
            "employee": cls.employee,
            "auditor": cls.auditor,
            "accountant": cls.accountant,
            "invoicer": cls.invoicer,
            "collector": cls.collector,
            "supervisor": cls.supervisor,
        }

    def create_contact(self, case, state, **values):
        contact = super().create_contact(case, state)
        contact.write(values)
        return contact

    def get_lower_people(self, role):
        """Those who may not do what is for a role."""
        top = {"collector": 5, "supervisor": 6, "manager": 7}[role]
        return list(self.people.values())[:top]

    def call(self, user, records, name, **arguments):
        """Call as ``/json/2`` does, on records that the caller did not read before."""
        self.env.flush_all()
        self.env.invalidate_all()
        records = records.with_user(user)
        return get_public_method(records, name)(records, **arguments)

    def get_targets(self):
        """One record of each model, as near as can be to what a caller would aim at."""
        case, contact = self.own, self.create_contact(self.own, "awaiting")
        preview = self.env["collections.preview"]._create_for(self.company)
        batch = self.env["collections.letter.batch"].create({"company_id": self.company.id})
        webhook = self.env["collections.webhook"].create(
            {
                "name": "Hook",
                "url": "https://hook.example",
                "company_id": self.company.id,
                "event_ids": [(6, 0, self.env["collections.event"].search([], limit=1).ids)],
            }
        )
        escalation = self.env["collections.escalation"].create(
            {"case_id": case.id, "kind": "legal", "reason": "x"}
        )
        agency = self.env["collections.agency"].create({"partner_id": self.debtor.id})
        records = [
            escalation,
            self.env["collections.legal.cost"].create(
                {"escalation_id": escalation.id, "amount": 1}
            ),
            self.env["collections.legal.step"].create(
                {
                    "escalation_id": escalation.id,
                    "kind_id": self.env["collections.legal.step.kind"].search([], limit=1).id,
                    "deadline": self.today,
                }
            ),
            self.env["collections.escalation.new"].create(
                {"case_ids": case.ids, "reason": "x", "kind": "legal"}
            ),
            self.env["collections.commission.settle"].create({"agency_id": agency.id}),
            self.env["collections.commission"].create(
                {
                    "agency_id": agency.id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "date_to": self.today,
                }
            ),
            case,
            case.partner_id,
            case.receivable_ids.move_id[:1],
            contact,
            case.hold_ids,
            case.log_ids.content_ids[:1],
            preview,
            preview.line_ids[:1],
            batch,
            webhook,
            webhook._queue("test", {}),
            self.env["collections.run"]._get_or_create(self.company, "button"),
            self.env["collections.reply"].create(
                {"company_id": self.company.id, "state": "unplaced"}
            ),
            self.env["collections.contact.edit"].create({"contact_id": contact.id, "subject": "x"}),
            self.env["collections.contact.reroute"].create({"contact_ids": contact.ids}),
            self.env["collections.log.erase"].create({"reason": "x"}),
            self.env["collections.go.live"].create({}),
            self.env["collections.onboarding"].create({}),
            self.env["collections.state.import"].create({}),
        ]
        health = self.env["collections.health"].create({"company_id": self.company.id})
        health._look()
        return {record._name: record for record in [*records, health, health.line_ids[:1]]}

    def test_every_public_method_has_a_role(self):
        found = {}
        for name, model in self.env.items():
            if not model._abstract and (methods := get_own_methods(model)):
                found[name] = methods
        known = {name: set(methods) for name, methods in PUBLIC_METHODS.items()}
        self.assertEqual(found, known, "classify it here, or begin its name with an underscore")
        for methods in PUBLIC_METHODS.values():
            self.assertLessEqual(set(methods.values()), set(ROLES))

    def test_every_method_is_refused_below_its_role(self):
        targets = self.get_targets()
        tried = 0
        for model, methods in PUBLIC_METHODS.items():
            for name, role in methods.items():
                if role == "caller":
                    continue
                for user in self.get_lower_people(role):
                    tried += 1
                    arguments = {
                        key: value or self._get_argument(key)
                        for key, value in ARGUMENTS.get(name, {}).items()
                    }
                    with (
                        self.subTest(f"{model}.{name}", user=user.login),
                        self.assertRaises(REFUSED),
                        self.env.cr.savepoint(),
                    ):
                        self.call(user, targets[model], name, **arguments)
        self.assertGreater(tried, 200)

    def _get_argument(self, name):
        return {"debtor": self.own.partner_id.id, "hold": self.own.hold_ids.id}[name]

    def test_a_portal_user_gets_nothing_from_any_method(self):
        targets = self.get_targets()
        opening = {"action_pause", "action_plan_task", "action_try", "action_open_contacts",
                   "action_open_invoices", "action_open_log", "action_open_cases",
                   "action_open_awaiting", "action_open_deliveries", "action_download",
                   "action_mail", "action_open_collections_case", "action_open_bill",
                   "action_open_case", "action_open_escalations", "action_open_placed"}  # fmt: skip
        for user in (self.portal, self.employee):
            for name in ("get_case", "list_planned", "get_history", "action_verify_log"):
                arguments = {"debtor": self.own.partner_id.id} if name == "get_case" else {}
                with self.subTest(name, user=user.login), self.assertRaises(AccessError):
                    self.call(user, targets["collections.case"], name, **arguments)
            with self.subTest("get_run_state", user=user.login), self.assertRaises(AccessError):
                self.call(user, targets["collections.run"], "get_run_state")
        reading = {"get_case", "list_planned", "get_history", "action_verify_log", "get_run_state"}
        callers = {
            name
            for methods in PUBLIC_METHODS.values()
            for name, role in methods.items()
            if role == "caller"
        }
        self.assertEqual(callers, opening | reading, "tell what it does for a portal user")

    def test_a_collector_reaches_no_colleague_s_case_by_any_method(self):
        contact = self.create_contact(self.theirs, "queued")
        held = self.create_contact(self.theirs, "held", cycle="1/2")
        attempts = [
            (self.theirs, "action_refresh", {}),
            (self.theirs, "action_lift_holds", {}),
            (self.theirs, "action_verify_log", {}),
            (self.theirs, "get_case", {"debtor": self.theirs.partner_id.id}),
            (self.theirs, "list_planned", {"debtor": self.theirs.partner_id.id}),
            (self.theirs, "set_hold", {"debtor": self.theirs.partner_id.id}),
            (self.theirs, "lift_hold", {"hold": self.theirs.hold_ids.id}),
            (self.theirs, "log_external_contact",
             {"debtor": self.theirs.partner_id.id, "reference": "r", "outcome": "o"}),
            (self.theirs.hold_ids, "action_lift", {}),
            (contact, "action_hold", {}),
            (contact, "action_cancel", {}),
            (contact, "action_retry", {}),
            (held, "action_release", {}),
        ]  # fmt: skip
        for records, name, arguments in attempts:
            with (
                self.subTest(f"{records._name}.{name}"),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                self.call(self.collector, records, name, **arguments)
        self.assertEqual((contact.state, held.state), ("queued", "held"))
        self.assertFalse(self.call(self.collector, self.theirs, "get_history")["entries"])
        run = self.env["collections.run"]._get_or_create(self.company, "button")
        contact.run_id = run
        self.call(self.collector, run, "action_hold_all")
        self.assertEqual(contact.state, "queued")

    def test_a_wizard_serves_whoever_opened_it_and_own_companies_only(self):
        contact = self.create_contact(self.own, "awaiting")
        values = {
            "collections.state.import": {},
            "collections.onboarding": {},
            "collections.go.live": {},
            "collections.contact.rule.try": {},
            "collections.contact.edit": {"contact_id": contact.id, "subject": "x"},
            "collections.contact.reroute": {"contact_ids": contact.ids},
            "collections.log.erase": {"reason": "x"},
        }
        second = self.create_user("manager", login="test_second_manager")
        for name, vals in values.items():
            wizards = self.env[name].with_user(self.manager)
            wizard = wizards.create(vals)
            with self.subTest(name, who="somebody else"), self.assertRaises(AccessError):
                wizard.with_user(second).read(["display_name"])
            if "company_id" in wizard._fields:
                with self.subTest(name, company="another"), self.assertRaises(AccessError):
                    wizards.create({**vals, "company_id": self.other_company.id})
        foreign = self.create_contact(self.foreign, "awaiting", company_id=self.other_company.id)
        edits = self.env["collections.contact.edit"].with_user(self.supervisor)
        with self.assertRaises(AccessError):
            edits.create({"contact_id": foreign.id, "subject": "x"})
        erase = self.env["collections.log.erase"].with_user(self.manager)
        contents = foreign.case_id.log_ids.content_ids
        self.foreign._log("note", {}, content={"note": "Secret"})
        contents = self.foreign.log_ids.content_ids
        self.assertTrue(contents)
        with self.assertRaises(AccessError):
            erase.create({"content_ids": contents.ids, "reason": "x"}).action_confirm()
        self.assertFalse(contents.erased_on)

    def test_nobody_forges_an_answer(self):
        secret = self.env["mail.message"].create({"body": "Salaries", "model": False})
        reply = self.env["collections.reply"].create(
            {"company_id": self.company.id, "state": "unplaced", "case_id": self.own.id}
        )
        for values in (
            {"message_id": secret.id, "state": "new"},
            {"state": "done"},
            {"kind": "failed", "is_address_bad": True},
            {"contact_id": self.own.contact_ids[:1].id},
            {"company_id": self.other_company.id},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                reply.with_user(self.supervisor).write(values)
        reply.with_user(self.supervisor).write({"case_id": self.free.id})
        self.assertEqual(reply.case_id, self.free)

    def test_who_sets_a_hold_is_who_it_says(self):
        hold = self.env["collections.hold"].with_user(self.collector).create(
            {"case_id": self.own.id, "user_id": self.colleague.id, "lifted_on": self.today}
        )  # fmt: skip
        self.assertEqual(hold.user_id, self.collector)
        self.assertFalse(hold.lifted_on)

    def test_holding_while_a_run_plans_is_no_way_past_two_persons(self):
        self.company.collections_second_amount = 1
        contact = self.own.contact_ids[:1]
        contact.write({"state": "planned", "reason": False})
        run = self.env["collections.run"]._get_or_create(self.company, "cron")
        run.stage = "plan"
        contact.run_id = run
        contact.with_user(self.collector).action_hold()
        with self.assertRaisesRegex(UserError, "still planning"):
            contact.with_user(self.collector).action_release()
        with self.enter_registry_test_mode():
            run._open_gate()
        run.stage = "deliver"
        self.assertTrue(run.needs_second, "what is held back counts for the limit")
        contact.with_user(self.collector).action_release()
        self.assertRecordValues(contact, [{"state": "awaiting", "needs_second": True}])

    def test_a_detour_over_a_task_is_no_way_past_two_persons(self):
        contact = self.own.contact_ids[:1]
        contact.write({"state": "awaiting", "needs_second": True})
        for channel in (self.task, self.email):
            wizard = contact.with_user(self.supervisor).action_reroute()["res_id"]
            wizard = (
                self.env["collections.contact.reroute"].with_user(self.supervisor).browse(wizard)
            )
            wizard.channel_id = channel
            wizard.action_confirm()
        self.assertRecordValues(
            contact, [{"state": "awaiting", "channel_id": self.email.id, "checked_by_id": False}]
        )

    def test_a_retry_sends_only_what_was_released(self):
        contact = self.create_contact(self.own, "failed", needs_second=True)
        contact.with_user(self.collector).action_retry()
        self.assertEqual(contact.state, "awaiting", "nobody approved it")
