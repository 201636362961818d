import io
import zipfile
from base64 import b64decode
from datetime import timedelta

import openpyxl

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged

from .browser import BrowserCase
from .common import CollectionsCommon

RULES = "odoo.addons.collections_management.models.collections_escalation_rule"


class EscalationCommon(CollectionsCommon):
    """A debtor long overdue, an agency with a portal user, and a second supervisor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.create_user("supervisor", login="test_second_supervisor")
        cls.agent = new_test_user(
            cls.env, login="test_agent", groups="base.group_portal", lang="en_US"
        )
        cls.agency = cls.env["collections.agency"].create(
            {
                "partner_id": cls.create_debtor("Agency One").id,
                "user_ids": [Command.set(cls.agent.ids)],
                "tail_days": 10,
                "tier_ids": [
                    Command.create({"percent": 10}),
                    Command.create({"days_from": 90, "percent": 20}),
                ],
            }
        )
        cls.old = cls.create_invoice(1000, days_overdue=120)
        cls.recent = cls.create_invoice(500, days_overdue=20)
        cls.later = cls.create_invoice(70, days_overdue=-10)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.case = cls.get_case()
        cls.case.user_id = cls.collector
        cls.escalations = cls.env["collections.escalation"]

    @classmethod
    def request(cls, kind="legal", user=None, cases=None, **targets):
        """What a person asks for, by default the collector."""
        if kind == "agency":
            targets.setdefault("agency_id", cls.agency.id)
        cases = (cases or cls.case).with_user(user or cls.collector)
        requests = cls.escalations.with_user(user or cls.collector)
        return requests._request(cases, kind, "Does not answer", **targets)

    @classmethod
    def place(cls, **values):
        """A case that is with the agency."""
        escalation = cls.request("agency", **values).with_user(cls.supervisor)
        escalation.action_approve()
        return escalation.sudo()

    def refresh(self):
        self.env["collections.ledger"]._refresh(self.company)

    def settle(self, date_to=None):
        return self.env["collections.commission"]._settle(
            self.agency, self.company, date_to or self.today
        )


@tagged("post_install", "-at_install")
class TestEscalation(EscalationCommon):
    def test_legal_waits_for_another_supervisor_then_holds_the_case(self):
        escalation = self.request("legal")
        self.assertEqual(escalation.state, "requested")
        self.assertFalse(self.case.escalation_kind)
        with self.assertRaises(AccessError):
            escalation.action_approve()
        escalation.with_user(self.supervisor).action_approve()
        self.assertRecordValues(
            escalation.sudo(),
            [
                {
                    "state": "active",
                    "requested_by_id": self.collector.id,
                    "approved_by_id": self.supervisor.id,
                    "date_start": self.today,
                    "amount_start": 1500,
                    "days_start": 120,
                }
            ],
        )
        given = self.get_receivable(self.old) | self.get_receivable(self.recent)
        self.assertEqual(escalation.sudo().receivable_ids, given)  # not what is not due yet
        self.assertEqual(self.case.escalation_kind, "legal")
        self.assertRecordValues(self.case.hold_ids, [{"reason": "legal", "is_active": True}])
        self.assertFalse(self.plan())  # nothing is sent by itself
        self.assertEqual(self.case.decision, "held")
        self.assertIn("escalated", self.case.log_ids.mapped("event"))

    def test_nobody_decides_on_their_own_request(self):
        escalation = self.request("legal", user=self.supervisor)
        for name in ("action_approve", "action_refuse"):
            with self.subTest(name), self.assertRaises(UserError):
                getattr(escalation, name)()
        self.assertEqual(escalation.state, "requested")
        escalation.with_user(self.second).action_approve()
        self.assertEqual(escalation.state, "active")

    def test_a_request_is_decided_once(self):
        escalation = self.request("agency")
        escalation.with_user(self.supervisor).action_approve()
        with self.assertRaisesRegex(UserError, "Decided already"):
            escalation.with_user(self.second).action_approve()
        self.assertEqual(len(self.case.hold_ids), 1)

    def test_a_case_is_escalated_once_but_goes_on_from_the_supervisor(self):
        first = self.request("supervisor")
        self.assertEqual(first.state, "active")
        self.assertEqual(self.case.escalation_kind, "supervisor")
        self.assertFalse(self.case.hold_ids)  # the supervisor decides, the reminders go on
        self.assertTrue(first.sudo().activity_ids)
        with self.assertRaises(UserError):
            self.request("supervisor")
        second = self.request("legal")
        self.assertRecordValues(first.sudo(), [{"state": "closed", "outcome": "further"}])
        with self.assertRaises(UserError):
            self.request("agency")
        second.action_recall()  # the collector takes back what was only asked for
        self.assertEqual(second.state, "recalled")

    def test_recall_resumes_the_ladder(self):
        escalation = self.request("legal")
        escalation.with_user(self.supervisor).action_approve()
        with self.assertRaises(AccessError):
            escalation.with_user(self.collector).action_recall()
        with self.assertRaises(UserError):  # a hold of lawyers is not lifted behind their backs
            self.case.hold_ids.with_user(self.collector).action_lift()
        escalation.with_user(self.supervisor).action_recall()
        self.assertFalse(self.case.escalation_kind)
        self.assertFalse(self.case.hold_ids.is_active)
        self.assertEqual(self.plan().case_id, self.case)

    def test_what_is_paid_meanwhile_ends(self):
        escalation = self.request("legal")
        self.pay(self.old)
        self.pay(self.recent)
        escalation.with_user(self.supervisor).action_approve()  # the ledger is read first
        self.assertRecordValues(escalation.sudo(), [{"state": "closed", "outcome": "paid"}])
        self.assertFalse(self.case.hold_ids)

    def test_a_payment_ends_what_is_under_way_and_lifts_its_hold(self):
        escalation = self.place()
        self.pay(self.old)
        self.refresh()
        self.assertEqual(escalation.state, "active")  # a part is not enough
        self.pay(self.recent)
        self.refresh()
        self.assertRecordValues(escalation, [{"state": "closed", "outcome": "paid"}])
        self.assertFalse(self.case.hold_ids.is_active)
        self.assertFalse(self.case.escalation_kind)

    def test_nothing_overdue_is_not_escalated(self):
        self.pay(self.old)
        self.pay(self.recent)
        self.refresh()
        with self.assertRaisesRegex(UserError, "Nothing overdue"):
            self.request("legal")

    def test_how_it_stands_is_not_written_by_hand(self):
        escalation = self.request("legal").with_user(self.second)
        with self.assertRaises(UserError):
            escalation.write({"state": "active"})
        with self.assertRaises(AccessError):
            escalation.with_user(self.collector).write({"court": "1st"})
        escalation.write({"court": "1st"})
        with self.assertRaises(AccessError):
            self.escalations.with_user(self.second).create(
                {"case_id": self.case.id, "kind": "legal", "reason": "x"}
            )
        with self.assertRaises(UserError):
            escalation.sudo().unlink()

    def test_a_colleague_s_case_is_not_escalated(self):
        self.case.user_id = self.create_user("collector", login="test_other_collector")
        with self.assertRaises(AccessError):
            self.request("legal")

    def test_merged_debtors_keep_one_escalation(self):
        twin = self.create_debtor("Ferretería Lima SAC")
        self.create_invoice(200, days_overdue=40, debtor=twin)
        self.refresh()
        other = self.get_case(twin)
        moved = self.request("legal", user=self.supervisor, cases=other)
        moved.with_user(self.second).action_approve()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((twin | self.debtor).ids, self.debtor)
        self.assertRecordValues(moved.sudo(), [{"case_id": self.case.id, "state": "active"}])
        self.assertEqual(self.case.escalation_kind, "legal")
        self.assertEqual(self.case.hold_ids.filtered("is_active").reason, "legal")

    def test_merged_debtors_who_both_are_escalated_keep_the_first(self):
        twin = self.create_debtor("Ferretería Lima SAC")
        self.create_invoice(200, days_overdue=40, debtor=twin)
        self.refresh()
        kept = self.place()
        other = self.request("legal", user=self.supervisor, cases=self.get_case(twin))
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((twin | self.debtor).ids, self.debtor)
        self.assertEqual(kept.state, "active")
        self.assertRecordValues(other.sudo(), [{"state": "closed", "outcome": "merged"}])
        self.assertEqual(self.case.escalation_kind, "agency")

    # -- rules -----------------------------------------------------------------------------------

    def create_rule(self, **values):
        return self.env["collections.escalation.rule"].create(
            {"name": "Over 90 days", "kind": "legal", **values}
        )

    def run_rules(self):
        self.env["collections.escalation.rule"]._run(self.company)
        return self.escalations.search([("company_id", "=", self.company.id)])

    def test_a_rule_proposes_and_is_approved_by_any_supervisor(self):
        self.create_rule()
        found = self.run_rules()
        self.assertRecordValues(
            found, [{"state": "requested", "requested_by_id": False, "reason": "Over 90 days"}]
        )
        self.assertEqual(self.run_rules(), found)  # once
        found.with_user(self.supervisor).action_refuse()
        self.assertEqual(self.run_rules(), found)  # left alone for a while
        self.assertFalse(self.case.hold_ids)

    def test_rules_are_asked_in_order_and_some_act_by_themselves(self):
        self.create_rule(sequence=20)
        self.create_rule(
            name="Big", sequence=10, kind="agency", agency_id=self.agency.id, mode="automatic",
            domain="[('amount_overdue', '>', 1400)]",
        )  # fmt: skip
        small = self.create_debtor("Small")
        self.create_invoice(20, days_overdue=200, debtor=small)
        self.refresh()
        found = self.run_rules()
        kinds = {one.partner_id: (one.kind, one.state) for one in found}
        self.assertEqual(kinds, {self.debtor: ("agency", "active"), small: ("legal", "requested")})

    def test_a_rule_of_an_archived_agency_tells_its_fault_and_stops_nobody(self):
        archived = self.env["collections.agency"].create(
            {"partner_id": self.create_debtor("Gone").id, "active": False}
        )
        broken = self.create_rule(name="Gone", sequence=1, kind="agency", agency_id=archived.id)
        self.create_rule()
        with self.assertLogs(RULES, "WARNING"):
            self.assertEqual(self.run_rules().kind, "legal")
        self.assertIn("archived", broken.fault)

    def test_the_night_asks_the_rules(self):
        self.create_rule(mode="automatic")
        self.run_night()
        self.env.invalidate_all()
        self.assertEqual(self.case.escalation_kind, "legal")
        self.assertFalse(self.case.contact_ids)

    def test_a_rule_costs_a_constant_number_of_statements(self):
        self.create_rule(mode="automatic", domain="[('days_past_due', '>', 300)]")

        def add(count):
            for number in range(count):
                debtor = self.create_debtor(f"Late{number} of {count}")
                self.create_invoice(100, days_overdue=400, debtor=debtor)
            self.refresh()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.run_rules()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        add(1)  # caches
        few, many = add(2), add(8)
        self.assertLess(many - few, 6 * 8, f"{few} for 2, {many} for 8")

    # -- legal -----------------------------------------------------------------------------------

    def start_legal(self, **targets):
        escalation = self.request("legal", **targets)
        escalation.with_user(self.supervisor).action_approve()
        return escalation.sudo()

    def test_a_deadline_is_alarmed_once(self):
        legal = self.start_legal(user_id=self.second.id)
        legal.activity_unlink(["mail.mail_activity_data_todo"])
        kind = self.env.ref("collections_management.collections_legal_step_kind_claim")
        steps = legal.step_ids.create(
            [
                {"escalation_id": legal.id, "kind_id": kind.id, "alarm_days": 5,
                 "deadline": self.today + timedelta(days=days)}
                for days in (3, 20)
            ]
        )  # fmt: skip
        self.assertEqual(legal.next_deadline, self.today + timedelta(days=3))
        cron = self.env.ref("collections_management.collections_legal_step_cron")
        for _twice in range(2):
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertRecordValues(
            legal.activity_ids,
            [{"user_id": self.second.id, "date_deadline": self.today + timedelta(days=3)}],
        )
        steps[0].action_done()
        self.assertEqual(legal.next_deadline, self.today + timedelta(days=20))
        self.assertIn("legal_step", self.case.log_ids.mapped("event"))
        with self.assertRaises(ValidationError):
            steps[1].date = self.today + timedelta(days=1)

    def test_the_claim_prescribes_by_the_instrument_and_an_interruption_renews_it(self):
        peru = self.env.ref("base.pe")
        self.company.account_fiscal_country_id = peru
        self.refresh()
        due = self.get_receivable(self.old).date_maturity
        self.assertEqual(self.case.prescription_date, due.replace(year=due.year + 10))
        note = self.env.ref("collections_management.collections_legal_instrument_note")
        legal = self.start_legal(instrument_id=note.id)
        self.assertEqual(self.case.prescription_date, due.replace(year=due.year + 3))
        served = self.env.ref("collections_management.collections_legal_step_kind_served")
        step = legal.step_ids.create(
            {"escalation_id": legal.id, "kind_id": served.id, "date": self.today}
        )
        self.assertEqual(self.case.prescription_date, self.today.replace(year=self.today.year + 3))
        step.unlink()
        self.assertEqual(self.case.prescription_date, due.replace(year=due.year + 3))
        legal.with_user(self.supervisor).action_recall()
        self.assertEqual(self.case.prescription_date, due.replace(year=due.year + 10))

    def test_a_claim_that_will_prescribe_alarms_once(self):
        self.env["collections.prescription.rule"].search([]).active = False
        self.env["collections.prescription.rule"].create(
            {"name": "Short", "country_id": self.company._get_collections_country().id,
             "months": 6, "alarm_months": 3}
        )  # fmt: skip
        self.refresh()
        cron = self.env.ref("collections_management.collections_prescription_cron")
        for _twice in range(2):
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
        self.assertEqual(len(self.case.activity_ids), 1)
        self.assertEqual(self.case.prescription_told, self.case.prescription_date)

    def test_costs_are_charged_once_and_recovered_by_what_is_paid(self):
        legal = self.start_legal()
        self.env["collections.legal.cost"].create(
            [
                {"escalation_id": legal.id, "amount": 120},
                {"escalation_id": legal.id, "amount": 80, "kind": "lawyer"},
                {"escalation_id": legal.id, "amount": 55, "is_recoverable": False},
            ]
        )
        with self.assertRaises(AccessError):
            legal.with_user(self.collector).action_charge_costs()
        legal.with_user(self.supervisor).action_charge_costs()
        debit = legal.cost_ids.debit_id
        self.assertRecordValues(
            debit,
            [{"move_type": "out_invoice", "state": "draft", "amount_total": 200,
              "partner_id": self.debtor.id}],
        )  # fmt: skip
        with self.assertRaises(UserError):
            legal.with_user(self.supervisor).action_charge_costs()
        debit.action_post()
        self.pay(debit, 100)
        self.assertEqual(sorted(legal.cost_ids.mapped("amount_recovered")), [0, 40, 60])

    # -- agency ----------------------------------------------------------------------------------

    def test_an_agency_must_be_there_and_have_a_contract(self):
        with self.assertRaises(UserError):
            self.request("agency", agency_id=False)
        self.agency.contract_end = self.today - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "no contract"):
            self.request("agency")
        self.agency.contract_end = False
        escalation = self.request("agency")
        self.agency.active = False  # nothing is placed with it yet
        with self.assertRaisesRegex(UserError, "archived"):
            escalation.with_user(self.supervisor).action_approve()
        self.agency.active = True
        escalation.with_user(self.supervisor).action_approve()
        with self.assertRaisesRegex(UserError, "recall them first"):
            self.agency.active = False

    def test_the_package_ties_to_the_ledger(self):
        escalation = self.place()
        self.pay(self.recent, 100)
        self.assertEqual(escalation.package_state, "queued")
        cron = self.env.ref("collections_management.collections_escalation_cron_packages")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.assertEqual(escalation.package_state, "ready", escalation.package_error)
        content = b64decode(escalation.with_context(bin_size=False).package)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            sheet = openpyxl.load_workbook(io.BytesIO(archive.read("receivables.xlsx"))).active
            self.assertTrue(archive.read("summary.pdf").startswith(b"%PDF"))
        self.assertEqual(len([name for name in names if name.startswith("documents/")]), 2)
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        self.assertEqual([row[7] for row in rows if row[0] == "Total"], [1400])
        self.assertEqual(1400, sum(self.case.receivable_ids.mapped("amount_residual")) - 70)

    def test_commission_by_age_payment_and_reversal(self):
        start = self.today - timedelta(days=30)
        escalation = self.place()
        escalation.date_start = start
        escalation.days_start = 90
        self.pay(self.old, 333.33, date=start + timedelta(days=5))  # 90 days old: 20 %
        payment = self.pay(self.recent, 100, date=start + timedelta(days=6))  # not due then: 10 %
        first = self.settle()
        self.assertRecordValues(first, [{"amount_paid": 433.33, "amount": 76.67}])
        self.assertFalse(self.settle())  # nothing twice
        first.with_user(self.manager).action_bill()
        self.assertRecordValues(
            first.bill_id,
            [{"move_type": "in_invoice", "state": "draft",
              "partner_id": self.agency.partner_id.id}],
        )  # fmt: skip
        self.assertEqual(first.bill_id.amount_untaxed, 76.67)
        payment.action_draft()
        second = self.settle()
        self.assertRecordValues(second, [{"amount_paid": -100, "amount": -10}])
        with self.assertRaisesRegex(UserError, "smaller"):
            second.with_user(self.manager).action_bill()
        self.pay(self.old, 200)
        third = self.settle()
        self.assertEqual(third.amount, 40)
        third.with_user(self.manager).action_bill()
        self.assertEqual(third.bill_id.amount_untaxed, 30)
        self.assertEqual(second.bill_id, third.bill_id)
        with self.assertRaises(AccessError):
            third.with_user(self.supervisor).action_cancel()

    def test_commission_counts_the_days_of_the_tail_and_no_more(self):
        escalation = self.place()
        escalation.write({"date_start": self.today - timedelta(days=60)})
        escalation.with_user(self.supervisor).action_recall()
        escalation.date_end = self.today - timedelta(days=20)
        self.pay(self.old, 10, date=self.today - timedelta(days=61))  # before
        self.pay(self.old, 20, date=self.today - timedelta(days=60))
        self.pay(self.old, 40, date=self.today - timedelta(days=10))  # the last day
        self.pay(self.old, 80, date=self.today - timedelta(days=9))  # after
        self.assertEqual(self.settle().amount_paid, 60)

    def test_credit_notes_earn_nothing_and_currencies_stand_apart(self):
        euro = self.setup_other_currency("EUR", rates=[("2020-01-01", 2)])
        foreign = self.create_invoice(300, days_overdue=30, currency_id=euro.id)
        self.refresh()
        self.place()
        refund = self.create_invoice(200, days_overdue=0, move_type="out_refund")
        lines = self.get_receivable(self.old) | self.get_receivable(refund)
        lines.reconcile()
        self.pay(self.recent, 50)
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=foreign.ids
        )
        wizard.create({"payment_date": self.today, "amount": 30})._create_payments()
        amounts = {one.currency_id: (one.amount_paid, one.amount) for one in self.settle()}
        self.assertEqual(amounts, {self.company.currency_id: (50, 5), euro: (30, 3)})

    def test_another_company_s_payments_are_not_settled_here(self):
        self.place()
        self.pay(self.old, 100)
        other = self.setup_other_company()["company"]
        commissions = self.env["collections.commission"]
        self.assertFalse(commissions._settle(self.agency, other, self.today))
        self.assertEqual(self.settle().amount, 20)


@tagged("post_install", "-at_install")
class TestAgencyPortal(EscalationCommon, HttpCase):
    """The people of an agency reach its placed cases, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.password = "test_agent"
        cls.other_agent = new_test_user(
            cls.env, login="test_other_agent", groups="base.group_portal"
        )
        cls.placed = cls.place()
        cls.secret = cls.create_debtor("Secret Debtor")
        cls.create_invoice(900, days_overdue=50, debtor=cls.secret)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.unplaced = cls.escalations.create(
            {"case_id": cls.get_case(cls.secret).id, "kind": "agency", "reason": "x",
             "agency_id": cls.agency.id}
        )  # fmt: skip

    def get_page(self, path):
        response = self.url_open(path)
        self.assertEqual(response.status_code, 200)
        return response

    def test_the_list_and_the_case_tell_what_was_placed_and_no_more(self):
        self.authenticate("test_agent", "test_agent")
        text = self.get_page("/my/collections/cases").text
        self.assertIn("Ferretería Lima", text)
        self.assertNotIn("Secret Debtor", text)
        text = self.get_page(f"/my/collections/cases/{self.placed.id}").text
        self.assertIn(self.old.name, text)
        self.assertNotIn(self.later.name, text)  # not due: it was not given

    def test_every_other_case_is_refused(self):
        paths = ("", "/package")
        refused = [(self.agent, self.unplaced.id), (self.agent, 999999999),
                   (self.other_agent, self.placed.id)]  # fmt: skip
        for user, number in refused:
            self.authenticate(user.login, user.login)
            for path in paths:
                with self.subTest(user=user.login, number=number, path=path):
                    response = self.get_page(f"/my/collections/cases/{number}{path}")
                    self.assertTrue(response.url.endswith("/my/collections/cases"))
                    self.assertNotIn("Secret Debtor", response.text)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(f"/my/collections/cases/{self.placed.id}").url)

    def test_after_the_recall_nothing_is_reached(self):
        self.placed.with_user(self.supervisor).action_recall()
        self.authenticate("test_agent", "test_agent")
        self.assertNotIn("Ferretería", self.get_page("/my/collections/cases").text)
        response = self.report(kind="contacted")
        self.assertTrue(response.url.endswith("/my/collections/cases"))
        self.assertFalse(self.placed.report_ids)

    def test_a_portal_user_has_no_rights_on_the_models(self):
        for model in ("collections.escalation", "collections.agency", "collections.agency.report",
                      "collections.commission", "collections.commission.line",
                      "collections.legal.step", "collections.legal.cost"):  # fmt: skip
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.agent).search([])
        for name in ("action_recall", "action_approve"):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(self.placed.with_user(self.agent), name)()
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self.placed.with_user(self.agent).read(["partner_id"])

    def report(self, files=None, **values):
        from odoo.http import Request

        return self.url_open(
            f"/my/collections/cases/{self.placed.id}/report",
            data={"csrf_token": Request.csrf_token(self), **values},
            files=files,
        )

    def test_reports_are_kept_told_and_checked(self):
        self.authenticate("test_agent", "test_agent")
        reports = self.env["collections.agency.report"]
        promised = {"kind": "promised", "amount": "1.200,50", "note": "By transfer"}
        for values, error in (
            ({"kind": "nonsense"}, "Say what happened"),
            ({"kind": "contacted", "date": "2999-01-01"}, "has not come yet"),
            ({"kind": "contacted", "date": "yesterday"}, "this is no day"),
            ({"kind": "contacted", "amount": "much"}, "write it as"),
            ({"kind": "contacted", "amount": "nan"}, "above zero"),
            (promised, "Promised for"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, error):
                reports._report(self.placed, self.agent, values)
        with self.assertRaisesRegex(UserError, "only PDF"):
            reports._report(self.placed, self.agent, {"kind": "other"}, [("a.exe", b"x")])
        self.assertFalse(self.placed.report_ids)
        day = self.today + timedelta(days=5)
        report = reports._report(
            self.placed, self.agent,
            {**promised, "amount": "1200,50", "date_promised": str(day)}, [("a.pdf", b"%PDF")],
        )  # fmt: skip
        self.assertRecordValues(
            report, [{"amount": 1200.5, "date_promised": day, "user_id": self.agent.id}]
        )
        self.assertEqual(report.attachment_ids.mapped("name"), ["a.pdf"])
        self.assertIn(self.collector, self.placed.activity_ids.user_id)
        self.assertIn("agency_reported", self.case.log_ids.mapped("event"))


@tagged("post_install", "-at_install")
class TestEscalationTour(BrowserCase, EscalationCommon):
    browser_size = "1400x900"

    def test_supervisor_approves_legal_and_recalls_it(self):
        escalation = self.request("legal")
        self.start_tour(
            "/odoo/action-collections_management.collections_escalation_action",
            "collections_escalation_tour",
            login=self.supervisor.login,
        )
        self.assertEqual(escalation.sudo().state, "recalled")
        self.assertEqual(escalation.sudo().court, "Third Civil Court")
        self.assertFalse(self.case.hold_ids.is_active)


@tagged("post_install", "-at_install")
class TestAgencyTourOnAPhone(BrowserCase, EscalationCommon):
    browser_size = "390x844"
    touch_enabled = True

    def test_agency_works_a_case_in_spanish(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.env.ref("base.module_collections_management")._update_translations(["es_419"])
        self.agent.lang = "es_419"
        placed = self.place()
        self.start_tour("/my/collections/cases", "collections_agency_tour", login=self.agent.login)
        self.assertRecordValues(placed.report_ids, [{"kind": "contacted", "note": "Contestó"}])
