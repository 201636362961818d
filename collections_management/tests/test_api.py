import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import CollectionsCommon

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def get_shape(value):
    """Return the keys and kinds of a JSON value; a text and its absence (false) are one kind."""
    if isinstance(value, dict):
        return {key: get_shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [get_shape(value[0])] if value else []
    if isinstance(value, str) or value is False:
        return "text"
    return "truth" if value is True else "number"


class ApiCommon(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.write({"vat": "20100070970", "ref": "C-041"})
        cls.strategy.step_ids.mode = "approval"


@tagged("post_install", "-at_install")
class TestApiDocument(ApiCommon, HttpCase):
    """Every example of docs/api.md, run as it is written, against a live server."""

    def run_script(self, script, **variables):
        with self.allow_requests(all_requests=True):
            done = subprocess.run(
                ["sh", "-eu", "-c", script],
                env={"PATH": "/usr/bin:/bin", **variables},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def get_key(self, user):
        keys = self.env["res.users.apikeys"].with_user(user)
        moment = fields.Datetime.now() + timedelta(days=1)
        return keys.sudo()._generate("rpc", "Test", moment)

    def test_every_example_answers_as_written(self):
        self.create_invoice(1234.5, days_overdue=5)
        contact = self.plan()
        blocks = BLOCK.findall(DOCUMENT.read_text())
        [_kind, shared] = blocks.pop(0)
        variables = {
            "ODOO_URL": self.base_url(),
            "API_KEY": self.get_key(self.manager),
            "DEBTOR": str(self.debtor.id),
            "CONTACT": str(contact.id),
        }
        self.assertEqual([kind for kind, _text in blocks], ["sh", "json"] * (len(blocks) // 2))
        self.assertEqual(len(blocks), 20)
        answers = {}
        for (_sh, script), (_json, expected) in zip(blocks[::2], blocks[1::2], strict=True):
            with self.subTest(script=script):
                answer = json.loads(self.run_script(shared + script, **variables))
                self.assertEqual(get_shape(answer), get_shape(json.loads(expected)))
                method = script.split()[1].split("/")[1]
                answers[method] = answer
                names = {"set_hold": "HOLD", "start_run": "RUN"}
                if method in names:
                    variables[names[method]] = str(answer["id"])
        self.assertEqual(answers["get_case"]["amount_overdue"], 1234.5)
        self.assertEqual(answers["approve"], {"queued": [contact.id], "awaiting": [], "other": []})
        self.assertEqual(answers["get_run_state"]["state"], "running")

    def test_every_event_is_in_the_list(self):
        [row] = re.findall(r"^\| `X-Collections-Event` \|(.*)", DOCUMENT.read_text(), re.MULTILINE)
        codes = self.env["collections.event"].search([]).mapped("code")
        self.assertEqual(sorted(re.findall(r"`([^`]+)`", row)), sorted([*codes, "test"]))

    def test_refusals_name_the_argument(self):
        self.create_invoice(100)
        self.plan()
        [_kind, shared] = BLOCK.findall(DOCUMENT.read_text())[0]
        variables = {"ODOO_URL": self.base_url(), "DEBTOR": "1"}
        script = shared + 'ask collections.case/get_case \'{"vat": "1"}\''
        key = self.get_key(self.manager)
        with self.assertLogs("odoo.http", "WARNING"):
            answer = json.loads(self.run_script(script, API_KEY=key, **variables))
        self.assertRegex(answer["message"], "^vat: no case of 1")
        script = shared + "ask collections.case/get_case '{}'"
        answer = json.loads(self.run_script(script, API_KEY="wrong", **variables))
        self.assertIn("Invalid apikey", answer["message"])


@tagged("post_install", "-at_install")
class TestApi(ApiCommon):
    def setUp(self):
        super().setUp()
        self.invoice = self.create_invoice(100, days_overdue=5)
        self.contact = self.plan()
        self.case = self.get_case()
        self.cases = self.env["collections.case"].with_user(self.collector)

    def call(self, **values):
        return self.cases.log_external_contact(
            **{
                "reference": "pbx-1",
                "outcome": "Pays on Friday",
                "debtor": self.debtor.id,
                **values,
            }
        )

    def test_balances_tie_to_the_ledger_per_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "company_id": self.company.id, "rate": 0.5,
             "name": self.today - timedelta(days=90)}
        )  # fmt: skip
        self.create_invoice(40, days_overdue=20, currency_id=euro.id)
        self.create_invoice(30, days_overdue=5, move_type="out_refund")
        self.pay(self.invoice, 25)
        self.env["collections.ledger"]._refresh(self.company)
        found = self.cases.get_case(ref="C-041")
        self.assertEqual(found["amount_overdue"], 155)  # 100 - 25, and 40 euros of two dollars
        self.assertEqual(found["amount_credit"], 30)
        self.assertEqual(found["amount_net_overdue"], 125)
        balances = {each["currency"]: each["amount_net_overdue"] for each in found["balances"]}
        self.assertEqual(balances, {"USD": 45, "EUR": 40})
        residuals = sorted(each["residual"] for each in found["receivables"])
        self.assertEqual(residuals, [-30, 40, 75])

    def test_a_debtor_is_named_in_three_ways_and_by_any_of_his_contacts(self):
        person = self.env["res.partner"].create({"name": "Ana", "parent_id": self.debtor.id})
        for name in (
            {"debtor": self.debtor.id},
            {"debtor": person.id},
            {"vat": "20100070970"},
            {"ref": " C-041 "},
            {"debtor": self.debtor.id, "company": self.company.id},
        ):
            with self.subTest(name=name):
                self.assertEqual(self.cases.get_case(**name)["id"], self.case.id)

    def test_bad_arguments_are_told_by_name(self):
        other = self.create_debtor("Other SAC", ref="C-041")
        self.create_invoice(5, debtor=other)
        self.env["collections.ledger"]._refresh(self.company)
        debtor = {"debtor": self.debtor.id}
        for method, arguments, message in (
            ("get_case", {}, "^Give one of debtor, vat and ref"),
            ("get_case", {"vat": "1", "ref": "2"}, "^Give one of debtor, vat and ref"),
            ("get_case", {"debtor": "7"}, "^debtor: the id"),
            ("get_case", {"debtor": 0}, "^debtor: the id"),
            ("get_case", {"debtor": True}, "^debtor: the id"),
            ("get_case", {"debtor": 999999999}, "^debtor: no case of 999999999"),
            ("get_case", {"vat": ""}, "^vat: a text"),
            ("get_case", {"ref": "C-041"}, "^ref: 2 debtors have C-041; give debtor"),
            ("get_case", {**debtor, "company": 999999999}, "^company: 999999999 is not one"),
            ("list_planned", {"limit": 0}, "^limit:"),
            ("list_planned", {"limit": 1001}, "^limit:"),
            ("list_planned", {"offset": "x"}, "^offset:"),
            ("set_hold", {**debtor, "reason": "x"}, "^reason: x is none of pause"),
            ("set_hold", {**debtor, "until": "31/12/2099"}, "^until: 31/12/2099 is no day"),
            ("set_hold", {**debtor, "until": "2020-01-01"}, "^until: 2020-01-01 is over"),
            ("set_hold", {**debtor, "note": 5}, "^note: a text"),
            ("set_hold", {**debtor, "receivable": 1}, "^receivable: 1 is no open"),
            ("lift_hold", {"hold": 999999999}, "^hold: there is no hold"),
            ("lift_hold", {"hold": "x"}, "^hold: there is no hold"),
        ):
            with self.subTest(method=method, arguments=arguments):
                with self.assertRaisesRegex(UserError, message):
                    getattr(self.cases, method)(**arguments)
        for arguments, message in (
            ({"reference": ""}, "^reference: a text"),
            ({"outcome": None}, "^outcome: a text"),
            ({"medium": "pigeon"}, "^medium: no channel carries pigeon"),
            ({"channel": "pigeon"}, "^channel: pigeon is none of"),
            ({"direction": "up"}, "^direction: up is neither"),
            ({"duration": -1}, "^duration: a whole number"),
            ({"duration": "9"}, "^duration: a whole number"),
            ({"reached": "yes"}, "^reached: true or false"),
            ({"moment": "yesterday"}, "^moment: yesterday is no moment"),
            ({"moment": 5}, "^moment: 5 is no moment"),
            ({"moment": "2999-01-01T00:00:00Z"}, "^moment: .* is not over yet"),
        ):
            with self.subTest(arguments=arguments), self.assertRaisesRegex(UserError, message):
                self.call(**arguments)
        self.assertEqual(self.case.contact_ids, self.contact, "nothing is half-written")

    def test_a_call_is_logged_once_and_counts_as_a_contact(self):
        moment = fields.Datetime.now() - timedelta(hours=1)
        first = self.call(duration=95, moment=f"{moment.isoformat()}Z")
        again = self.call(duration=3, outcome="Something else")
        self.assertEqual((first["created"], again["created"]), (True, False))
        self.assertEqual(first["id"], again["id"])
        contact = self.env["collections.contact"].browse(first["id"])
        self.assertRecordValues(
            contact,
            [
                {
                    "state": "answered",
                    "sent_on": moment,
                    "duration": 95,
                    "direction": "out",
                    "channel_id": self.task.id,
                    "create_uid": self.collector.id,
                }
            ],
        )
        entry = self.env["collections.log"].search([("contact_id", "=", contact.id)])
        self.assertEqual((entry.event, entry.user_id), ("answered", self.collector))
        self.assertEqual(entry.content_ids.note, "Pays on Friday")
        self.assertEqual(self.case.last_contact_date, moment.date())
        [past] = self.env["collections.ledger"]._get_history(self.case)[self.case.id]
        self.assertEqual(past.moment.replace(tzinfo=None), moment)
        self.assertFalse(self.env["collections.log"]._verify(self.case))

    def test_a_call_keeps_the_next_message_back_for_the_quiet_days(self):
        self.strategy.quiet_days = 3
        self.contact.with_user(self.supervisor).action_cancel()
        self.invoice.line_ids.write({"collections_date": False, "collections_days": False})
        self.call()
        self.assertFalse(self.plan())
        self.assertEqual(self.case.decision, "quiet")

    def test_who_calls_us_uses_up_none_of_our_contacts(self):
        self.call(direction="in")
        self.assertFalse(self.env["collections.ledger"]._get_history(self.case)[self.case.id])
        self.assertEqual(self.case.last_contact_date, self.today)

    def test_nobody_reached_is_an_attempt_and_no_contact(self):
        found = self.call(reached=False)
        self.assertEqual(found["state"], "failed")
        self.assertFalse(self.case.last_contact_date)
        [past] = self.env["collections.ledger"]._get_history(self.case)[self.case.id]
        self.assertFalse(past.reached)

    def test_a_call_against_the_rules_is_kept_with_its_reason_or_asked_about(self):
        rule = self.env["collections.contact.rule"].create(
            {
                "name": "No calls",
                "kind": "law",
                "citation": "Art. 7",
                "window_ids": [Command.create({"hour_from": 0, "hour_to": 24})],
                "cap_ids": [Command.create({"limit": 0, "days": 1, "medium": "spoken"})],
            }
        )
        logs = self.env["collections.log"]
        first = self.call(reason="She asked for it")
        entry = logs.search([("contact_id", "=", first["id"])])
        self.assertIn(f"outside rule “{rule.name}”: She asked for it", entry.summary)
        self.assertFalse(self.case.activity_ids.filtered(lambda one: "Art. 7" in (one.note or "")))
        second = self.call(reference="another")
        entry = logs.search([("contact_id", "=", second["id"])])
        self.assertIn("not said", entry.summary)
        [task] = self.case.activity_ids.filtered(lambda one: "Art. 7" in (one.note or ""))
        self.assertIn("why", task.summary)
        self.call(reference="theirs", direction="in")
        with self.assertRaisesRegex(UserError, "^reason:"):
            self.call(reference="third", reason=" ")

    def test_an_older_call_does_not_take_the_quiet_days_back(self):
        self.call()
        old = fields.Datetime.now() - timedelta(days=9)
        self.call(reference="pbx-0", moment=old.isoformat())
        self.assertEqual(self.case.last_contact_date, self.today)

    def test_a_reference_belongs_to_one_debtor(self):
        self.call()
        other = self.create_debtor("Other SAC")
        self.create_invoice(5, debtor=other)
        self.env["collections.ledger"]._refresh(self.company)
        with self.assertRaisesRegex(UserError, "^reference: pbx-1 is a contact of another debtor"):
            self.call(debtor=other.id)

    def test_a_hold_takes_back_what_is_planned(self):
        line = self.get_receivable(self.invoice)
        hold = self.cases.set_hold(debtor=self.debtor.id, receivable=line.id, note="Returned goods")
        self.assertEqual((hold["receivable"], hold["active"]), (line.id, True))
        self.assertEqual(self.contact.state, "skipped")
        self.assertEqual(self.cases.get_case(vat="20100070970")["holds"], [hold])
        lifted = self.cases.lift_hold(hold["id"])
        self.assertFalse(lifted["active"])
        self.assertEqual(self.cases.lift_hold(hold["id"]), lifted)

    def test_what_is_planned_of_one_and_of_all(self):
        other = self.create_debtor("Other SAC")
        self.create_invoice(5, debtor=other)
        self.plan()
        found = self.cases.list_planned(limit=1)
        self.assertEqual((found["total"], len(found["contacts"])), (2, 1))
        found = self.cases.list_planned(debtor=self.debtor.id)
        self.assertEqual([each["id"] for each in found["contacts"]], self.contact.ids)
        self.assertEqual(found["contacts"][0]["amount"], 100)

    def test_who_may(self):
        with self.assertRaises(AccessError):
            self.cases.with_user(self.auditor).set_hold(debtor=self.debtor.id)
        with self.assertRaises(AccessError):
            self.cases.with_user(self.auditor).log_external_contact(
                "pbx-1", "x", debtor=self.debtor.id
            )
        self.assertEqual(
            self.cases.with_user(self.auditor).get_case(ref="C-041")["id"], self.case.id
        )
        with self.assertRaises(UserError):
            self.contact.with_user(self.collector).approve()
        with self.assertRaises(UserError):
            self.env["collections.run"].with_user(self.supervisor).start_run()
        self.case.user_id = self.supervisor
        with self.assertRaisesRegex(UserError, "^ref: no case"):
            self.cases.get_case(ref="C-041")
        with self.assertRaisesRegex(UserError, "^ids: there is no contact"):
            self.contact.with_user(self.collector).approve()
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="collections_management.collections_management_group_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        cases = self.cases.with_user(stranger)
        with self.assertRaisesRegex(UserError, "^debtor: no case"):
            cases.get_case(debtor=self.debtor.id)
        with self.assertRaisesRegex(UserError, "^company: "):
            cases.get_case(debtor=self.debtor.id, company=self.company.id)
        self.assertEqual(cases.list_planned()["total"], 0)

    def test_approving(self):
        answer = self.contact.with_user(self.supervisor).approve()
        self.assertEqual(answer, {"queued": self.contact.ids, "awaiting": [], "other": []})
        answer = self.contact.with_user(self.supervisor).approve()
        self.assertEqual(answer, {"queued": [], "awaiting": [], "other": self.contact.ids})
