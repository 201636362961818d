from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import tagged

from .test_security import REFUSED, SecurityCommon

# Who a method of ours is for, over RPC as on the screens. ``caller`` leans on the caller's own
# access rights and record rules alone: what it returns or changes is what they may read or write.
# A decider or requester is an accountant or a supervisor, an approver an accountant or a manager.
ROLES = (
    "caller", "collector", "decider", "requester", "supervisor", "approver", "manager", "nobody"
)  # fmt: skip
PUBLIC_METHODS = {
    "account.move": {
        "action_ask_credit_release": "caller",  # opens a form
        "action_open_collections_case": "caller",
    },
    "collections.agency": {"action_open_placed": "caller"},
    "collections.agreement": {
        "action_accept_copy": "collector",
        "action_approve": "supervisor",
        "action_ask_end": "caller",  # opens a form
        "action_ask_signed": "caller",  # opens a form
        "action_cancel": "collector",
        "action_open_moves": "caller",
        "action_open_portal": "caller",
        "action_print": "caller",  # an address, which checks for itself
        "action_propose": "collector",
        "action_refuse": "supervisor",
        "action_send": "collector",
        "action_take_back": "collector",
    },
    "collections.agreement.end": {"action_cancel": "collector", "action_refuse": "supervisor"},
    "collections.agreement.sign": {"action_accept": "collector"},
    "collections.assignment.rule": {
        "action_assign": "supervisor",
        "action_open_cases": "caller",
    },
    "collections.board": {
        "action_approve": "supervisor",
        "action_assign": "supervisor",
        "action_broadcast": "caller",
        "action_open_list": "caller",
        "action_reassign": "caller",
    },
    "collections.broadcast": {
        "action_send": "supervisor",
    },
    "collections.case": {
        "register_promise": "collector",
        "action_release_assignment": "supervisor",
        "action_reassign": "caller",
        "action_promise": "caller",
        "action_preview_fees": "caller",
        "action_open_promises": "caller",
        "action_open_fees": "caller",
        "action_follow": "caller",
        "action_agree": "caller",  # opens a form
        "action_approve_next": "supervisor",
        "action_credit_hold": "supervisor",
        "action_erase_contents": "manager",
        "action_lift_holds": "collector",
        "action_note_consent": "caller",  # opens a form
        "action_open_agreements": "caller",
        "action_open_contacts": "caller",
        "action_open_conversations": "caller",
        "action_open_disputes": "caller",
        "action_open_invoices": "caller",
        "action_open_escalations": "caller",
        "action_open_log": "caller",
        "action_open_visits": "caller",
        "action_open_write_offs": "caller",
        "action_pause": "caller",  # opens a form
        "action_plan_task": "caller",  # opens a form
        "action_refresh": "collector",
        "action_release_credit_hold": "supervisor",
        "action_verify_log": "caller",
        "action_write_off": "requester",
        "get_case": "caller",
        "get_history": "caller",
        "lift_hold": "collector",
        "list_planned": "caller",
        "log_external_contact": "collector",
        "note_consent": "collector",
        "open_dispute": "collector",
        "set_hold": "collector",
        "work_callback": "collector",
        "work_conversation": "collector",
        "work_note": "collector",
        "work_outcome": "collector",
        "work_skip": "collector",
        "work_visit": "collector",
    },
    "collections.credit.ask": {"action_ask": "caller"},
    "collections.credit.hold": {"action_confirm": "supervisor"},
    "collections.credit.release": {"action_approve": "supervisor", "action_refuse": "supervisor"},
    "collections.conversation": {
        "action_close": "collector",
        "action_hand_back": "collector",
        "action_place": "collector",
        "action_reopen": "collector",
        "action_take_over": "collector",
        "get_conversation": "caller",
        "mark_read": "caller",
        "send_message": "collector",
        "send_window_text": "collector",
    },
    "collections.dispute": {
        "action_create_credit_note": "decider",
        "action_decide": "decider",
        "action_open_credit_notes": "caller",
        "action_reopen": "collector",
        "action_withdraw": "collector",
    },
    "collections.dispute.decision": {"action_confirm": "decider"},
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
    "collections.fee": {
        "action_ask_waiver": "caller",
        "action_charge": "supervisor",
        "action_give_back": "supervisor",
        "action_grant_waiver": "supervisor",
        "action_open_move": "caller",
        "action_refuse_waiver": "supervisor",
    },
    "collections.fee.policy": {
        "action_open_fees": "caller",
    },
    "collections.fee.preview": {
        "action_charge": "collector",
    },
    "collections.fee.waive": {
        "action_waive": "collector",
    },
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
        "action_tonight": "supervisor",
    },
    "collections.preview.line": {
        "action_leave_out": "supervisor",
        "action_open_case": "supervisor",
        "get_message": "supervisor",
    },
    "collections.priority.rule": {"action_score": "supervisor"},
    "collections.promise": {
        "action_approve": "supervisor",
        "action_ask_withdraw": "caller",
        "action_new": "caller",
        "action_refuse": "supervisor",
        "action_withdraw": "collector",
    },
    "collections.promise.end": {
        "action_refuse": "supervisor",
        "action_withdraw": "collector",
    },
    "collections.reassign": {
        "action_confirm": "supervisor",
    },
    "collections.provision": {
        "action_compute": "approver",
        "action_make_entry": "approver",
        "action_open_entry": "caller",
        "action_take_back": "approver",
    },
    "collections.recovery": {"action_reverse": "approver"},
    "collections.recovery.wizard": {"action_confirm": "approver"},
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
    "collections.strategy": {"action_open_cases": "caller", "action_simulate": "caller"},
    "collections.team": {
        "action_assign": "supervisor",
        "action_open_cases": "caller",
        "action_open_unassigned": "caller",
    },
    "collections.waiting": {"action_open": "supervisor"},
    "collections.webhook": {"action_open_deliveries": "caller", "action_test": "manager"},
    "collections.webhook.delivery": {"action_send_again": "manager"},
    "collections.worklist": {
        "load_cards": "collector",
        "load_day": "collector",
        "load_desk": "collector",
        "load_more": "collector",
    },
    "collections.write.off": {
        "action_approve": "approver",
        "action_make_dossier": "requester",
        "action_open_entry": "caller",
        "action_queue_dossier": "requester",
        "action_recover": "approver",
        "action_refuse": "approver",
        "action_request": "requester",
        "action_reverse": "approver",
        "action_withdraw": "requester",
    },
    "res.partner": {
        "action_note_consent": "caller",  # opens a form
        "action_open_collections_case": "caller",
        "action_trust_email": "collector",
    },
}
# Arguments that a method needs before it comes to who calls it.
ARGUMENTS = {
    "get_case": {"debtor": 0},
    "lift_hold": {"hold": 0},
    "log_external_contact": {"reference": "x", "outcome": "x", "debtor": 0},
    "note_consent": {"granted": True, "debtor": 0},
    "open_dispute": {"receivable": 1, "reason": "price", "debtor": 0},
    "register_promise": {"amount": "1", "date": "2099-01-01", "debtor": 0},
    "send_message": {"text": "x"},
    "send_window_text": {"text_id": 1},
    "set_hold": {"debtor": 0},
    "load_cards": {"cases": []},
    "load_desk": {"case": 0},
    "work_callback": {"moment": "2099-01-01T00:00:00", "values": {"note": ""}},
    "work_conversation": {"person": 0, "values": {"reason": ""}},
    "work_note": {"note": "x", "values": {"day": False}},
    "work_outcome": {"outcome": 0, "values": {"uuid": "0123456789"}},
    "work_skip": {"reason": "x", "values": {"days": 1}},
    "work_visit": {"values": {"uuid": "0123456789"}},
}
MODULE = "odoo.addons.collections_management."
OTHERS = "odoo.addons.collections_"


def get_own_methods(model):
    """Return the names that this addon adds to what may be called of a model."""
    own, inherited = set(), set()
    for cls in type(model).__mro__:
        if cls.__module__.startswith(OTHERS) and not cls.__module__.startswith(MODULE):
            continue  # what another collections addon adds is classified there
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

    def create_promise(self, case):
        due = self.today + timedelta(days=2)
        return self.env["collections.promise"].create({"case_id": case.id, "date_due": due})

    def create_fee(self, case):
        """A fee that somebody asked to give up."""
        product = self.env["product.product"].create(
            {"name": "Late-payment charges", "type": "service", "taxes_id": False}
        )
        policy = self.env["collections.fee.policy"].create(
            {
                "name": "Interest",
                "company_id": self.company.id,
                "rate_source": "own",
                "tier_ids": [Command.create({"days": 1, "percent": 12})],
                "date_start": self.today - timedelta(days=3000),
                "product_id": product.id,
                "journal_id": self.company_data["default_journal_sale"].id,
            }
        )
        fee = self.env["collections.fee"]._charge(policy, case)
        fee.write({"waiver_state": "asked", "waiver_asked_by_id": self.env.uid})
        return fee

    def get_lower_people(self, role):
        """Those who may not do what is for a role."""
        books = ("accountant",) if role in ("decider", "requester", "approver") else ()
        top = {"collector": 5, "supervisor": 6, "decider": 6, "requester": 6}.get(role, 7)
        return [person for name, person in list(self.people.items())[:top] if name not in books]

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
        agreement = self.env["collections.agreement"].create({"case_id": case.id})
        records = [
            agreement,
            self.env["collections.agreement.end"].create(
                {"agreement_id": agreement.id, "reason": "x"}
            ),
            self.env["collections.agreement.sign"].create(
                {"agreement_id": agreement.id, "signed_by": "x", "copy_file": "eA=="}
            ),
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
            self.env["collections.priority.rule"].search([], limit=1),
            self.env["collections.worklist"],
            self.env["collections.waiting"],
            self.env["collections.contact.edit"].create({"contact_id": contact.id, "subject": "x"}),
            self.env["collections.contact.reroute"].create({"contact_ids": contact.ids}),
            self.env["collections.log.erase"].create({"reason": "x"}),
            self.env["collections.go.live"].create({}),
            self.env["collections.onboarding"].create({}),
            self.env["collections.state.import"].create({}),
            write_off := self.env["collections.write.off"].create({"case_id": case.id}),
            self.env["collections.recovery.wizard"].create({"write_off_id": write_off.id}),
            self.env["collections.provision"].create({"company_id": self.company.id}),
            self.create_recovery(write_off),
        ]
        promise, fee = self.create_promise(case), self.create_fee(case)
        team = self.env["collections.team"].create({"name": "Desk"})
        records += [
            promise,
            self.env["collections.promise.end"].create({"promise_id": promise.id, "reason": "x"}),
            fee,
            fee.policy_id,
            self.env["collections.fee.preview"].create({"case_id": case.id}),
            self.env["collections.fee.waive"].create({"fee_ids": fee.ids, "note": "x"}),
            team,
            self.env["collections.assignment.rule"].create({"name": "Desk", "team_id": team.id}),
            self.env["collections.board"].search([], limit=1),
            self.env["collections.broadcast"].create({"subject": "x", "body": "x"}),
            self.env["collections.reassign"].create(
                {"case_ids": case.ids, "company_id": self.company.id}
            ),
        ]
        dispute = self.env["collections.dispute"].create(
            {
                "case_id": case.id,
                "line_id": case.receivable_ids.id,
                "reason_id": self.env.ref(
                    "collections_management.collections_dispute_reason_price"
                ).id,
            }
        )
        records += [
            dispute,
            self.env["collections.dispute.decision"].create({"dispute_id": dispute.id}),
            self.env["collections.credit.hold"].create({"case_ids": case.ids, "note": "x"}),
            self.env["collections.credit.ask"].create({"note": "x"}),
            self.env["collections.credit.release"].create(
                {"case_id": case.id, "requested_by_id": self.env.uid}
            ),
        ]
        records.append(
            self.env["collections.conversation"].create(
                {
                    "company_id": self.company.id,
                    "channel_id": self.task.id,
                    "address": "+51987654321",
                    "case_id": case.id,
                }
            )
        )
        health = self.env["collections.health"].create({"company_id": self.company.id})
        health._look()
        return {record._name: record for record in [*records, health, health.line_ids[:1]]}

    def create_recovery(self, write_off):
        return self.env["collections.recovery"].create(
            {
                "write_off_id": write_off.id,
                "date": self.today,
                "amount": 1,
                "move_id": self.env["account.move"].search([], limit=1).id,
            }
        )

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
        return {
            "case": self.own.id,
            "cases": self.own.ids,
            "debtor": self.own.partner_id.id,
            "person": self.own.partner_id.id,
            "hold": self.own.hold_ids[-1:].id,
            "outcome": self.env.ref("collections_management.collections_outcome_refuses").id,
        }[name]

    def test_a_portal_user_gets_nothing_from_any_method(self):
        targets = self.get_targets()
        opening = {
            "action_agree",
            "action_ask",
            "action_ask_credit_release",
            "action_ask_end",
            "action_ask_signed",
            "action_ask_waiver",
            "action_ask_withdraw",
            "action_broadcast",
            "action_download",
            "action_mail",
            "action_new",
            "action_note_consent",
            "action_open_agreements",
            "action_open_awaiting",
            "action_open_bill",
            "action_open_case",
            "action_open_cases",
            "action_open_collections_case",
            "action_open_contacts",
            "action_open_credit_notes",
            "action_open_deliveries",
            "action_open_conversations",
            "action_open_disputes",
            "action_open_entry",
            "action_open_escalations",
            "action_open_fees",
            "action_open_invoices",
            "action_open_list",
            "action_open_log",
            "action_open_move",
            "action_open_moves",
            "action_open_placed",
            "action_open_portal",
            "action_open_promises",
            "action_open_unassigned",
            "action_open_visits",
            "action_open_write_offs",
            "action_pause",
            "action_plan_task",
            "action_preview_fees",
            "action_print",
            "action_promise",
            "action_reassign",
            "action_simulate",
            "action_try",
        }
        for user in (self.portal, self.employee):
            for name in (
                "get_case",
                "list_planned",
                "get_history",
                "action_verify_log",
                "action_follow",
            ):
                arguments = {"debtor": self.own.partner_id.id} if name == "get_case" else {}
                with self.subTest(name, user=user.login), self.assertRaises(AccessError):
                    self.call(user, targets["collections.case"], name, **arguments)
            for name in ("get_conversation", "mark_read"):
                with self.subTest(name, user=user.login), self.assertRaises(AccessError):
                    self.call(user, targets["collections.conversation"], name)
            with self.subTest("get_run_state", user=user.login), self.assertRaises(AccessError):
                self.call(user, targets["collections.run"], "get_run_state")
        reading = {
            "action_follow",
            "action_verify_log",
            "get_case",
            "get_conversation",
            "get_history",
            "get_run_state",
            "list_planned",
            "mark_read",
        }
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
            (self.theirs, "get_history", {}),
            (self.theirs, "action_follow", {}),
            (self.theirs, "get_case", {"debtor": self.theirs.partner_id.id}),
            (self.theirs, "list_planned", {"debtor": self.theirs.partner_id.id}),
            (self.theirs, "set_hold", {"debtor": self.theirs.partner_id.id}),
            (self.theirs, "lift_hold", {"hold": self.theirs.hold_ids.id}),
            (self.theirs, "log_external_contact",
             {"debtor": self.theirs.partner_id.id, "reference": "r", "outcome": "o"}),
            (self.theirs, "note_consent",
             {"debtor": self.theirs.partner_id.id, "granted": False}),
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
            "collections.strategy.simulation": {"strategy_id": self.strategy.id},
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
