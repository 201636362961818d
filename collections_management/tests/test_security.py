import csv
import io
import json
from datetime import timedelta

from odoo import Command, fields, http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon

QUIET = ("odoo.http", "odoo.addons.web.controllers.export")
REFUSED = UserError  # refused by access rights (AccessError) or by the method itself


class SecurityCommon(CollectionsCommon):
    """Two collectors with a case each, one more in another company, and people without a role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls.create_user("collector", login="test_colleague")
        cls.accountant = cls.create_person("accountant", "account.group_account_user")
        cls.invoicer = cls.create_person("invoicer", "account.group_account_invoice")
        cls.employee = cls.create_person("employee", "base.group_user")
        cls.portal = cls.create_person("portal", "base.group_portal")
        cls.other_company = cls.setup_other_company()["company"]
        cls.foreign_manager = new_test_user(
            cls.env,
            login="test_foreign_manager",
            groups="collections_management.collections_management_group_manager,"
            "account.group_account_invoice",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        cls.own = cls.create_case("Own", cls.collector)
        cls.theirs = cls.create_case("Theirs", cls.colleague)
        cls.free = cls.create_case("Free", cls.env["res.users"])
        cls.foreign = cls.env["collections.case"].create(
            {"company_id": cls.other_company.id, "partner_id": cls.theirs.partner_id.id}
        )
        cls.portal.partner_id.parent_id = cls.theirs.partner_id

    @classmethod
    def create_person(cls, name, group):
        return new_test_user(
            cls.env,
            login=f"test_{name}",
            groups=group,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def create_case(cls, name, collector):
        """A case with an overdue invoice, a contact, a hold and a log."""
        debtor = cls.create_debtor(name)
        cls.create_invoice(days_overdue=5, debtor=debtor)
        cls.env["collections.ledger"]._refresh(cls.company, partners=debtor)
        case = cls.get_case(debtor)
        case.user_id = collector
        cls.env["collections.segment"]._assign(cls.company)
        cls.env["collections.planner"]._plan(case)
        cls.env["collections.hold"].create({"case_id": case.id, "note": f"Note on {name}"})
        return case

    @classmethod
    def get_records(cls, case):
        """Everything there is of a case."""
        return (case, case.contact_ids, case.hold_ids, case.log_ids, case.balance_ids)

    @classmethod
    def create_contact(cls, case, state):
        return cls.env["collections.contact"].create(
            {
                "case_id": case.id,
                "company_id": case.company_id.id,
                "channel_id": cls.email.id,
                "step_id": cls.strategy.step_ids[0].id,
                "state": state,
                "address": "somebody@debtor.example",
            }
        )

    def get_partners(self, user):
        return self.env["collections.case"].with_user(user).search([]).partner_id


@tagged("post_install", "-at_install")
class TestWhoSeesWhat(SecurityCommon):
    def test_each_role_sees_its_cases(self):
        everybody = self.own + self.theirs + self.free
        expected = [
            (self.collector, self.own + self.free),
            (self.colleague, self.theirs + self.free),
            (self.supervisor, everybody),
            (self.manager, everybody),
            (self.auditor, everybody),
            (self.accountant, everybody),
            (self.invoicer, everybody),
            (self.foreign_manager, self.foreign),
        ]
        for user, cases in expected:
            with self.subTest(user=user.login):
                found = self.env["collections.case"].with_user(user).search([])
                self.assertEqual(set(found.ids), set(cases.ids))

    def test_who_has_no_role_sees_nothing_of_collections(self):
        models = ("case", "contact", "hold", "log", "run", "segment", "strategy", "case.balance")
        for user in (self.employee, self.portal):
            for name in models:
                with self.subTest(user=user.login, model=name), self.assertRaises(AccessError):
                    self.env[f"collections.{name}"].with_user(user).search([])

    def test_a_collector_reads_nothing_of_a_colleague_s_case(self):
        for records in self.get_records(self.theirs):
            hidden = records.with_user(self.collector)
            with self.subTest(model=records._name):
                self.assertTrue(records)
                self.assertFalse(hidden.search([("id", "in", records.ids)]))
                with self.assertRaises(AccessError):
                    hidden.read(["display_name"])
                with self.assertRaises(AccessError):
                    hidden.web_read({"display_name": {}})
                with self.assertRaises(UserError):
                    hidden.export_data(["id"])

    def test_no_question_about_the_cases_answers_about_a_colleague_s(self):
        cases = self.env["collections.case"].with_user(self.collector)
        visible = {"Own", "Free"}
        self.assertEqual({name for _id, name in cases.name_search("")}, visible)
        self.assertFalse(cases.name_search("Theirs"))
        groups = cases.formatted_read_group([], ["partner_id"], ["amount_total:sum"])
        self.assertEqual({group["partner_id"][1] for group in groups}, visible)
        found = cases.web_search_read([], {"partner_id": {"fields": {"display_name": {}}}})
        self.assertEqual(found["length"], 2)
        self.assertEqual(cases.search_count([]), 2)
        panel = cases.search_panel_select_range("user_id", enable_counters=True)
        self.assertNotIn(self.colleague.id, [value["id"] for value in panel["values"]])

    def test_a_manager_of_one_company_reads_nothing_of_another(self):
        run = self.env["collections.run"].create(
            {"company_id": self.company.id, "date": self.today}
        )
        for records in (*self.get_records(self.own), run):
            hidden = records.with_user(self.foreign_manager)
            with self.subTest(model=records._name):
                self.assertFalse(hidden.search([("id", "in", records.ids)]))
                with self.assertRaises(AccessError):
                    hidden.read(["display_name"])
        with self.assertRaises(AccessError):
            self.foreign.with_user(self.manager).read(["display_name"])

    def test_strategies_segments_and_rules_of_another_company_stay_there(self):
        own = [
            self.strategy.copy({"company_id": self.company.id}),
            self.segment.copy({"company_id": self.company.id}),
            self.env.ref("collections_management.collections_contact_rule_default").copy(
                {"company_id": self.company.id}
            ),
        ]
        for record in [*own, own[0].step_ids]:
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.foreign_manager).read(["display_name"])

    def test_the_case_form_opens_for_who_may_read_the_case(self):
        for user in (self.collector, self.supervisor, self.manager, self.auditor, self.accountant):
            with self.subTest(user=user.login):
                form = Form(self.own.with_user(user))
                self.assertEqual(form.amount_total, self.own.amount_total)

    def test_a_collector_reads_the_invoices_of_own_cases_only(self):
        invoices = self.env["account.move"].with_user(self.collector)
        moves = [("move_type", "=", "out_invoice")]
        debtors = self.own.partner_id + self.free.partner_id
        self.assertEqual(invoices.search(moves).partner_id.sudo(), debtors)
        entry = self.pay(self.own.receivable_ids.move_id).move_id
        self.assertFalse(invoices.search([("id", "in", entry.ids)]))
        with self.assertRaises(AccessError):
            invoices.search(moves)[0].write({"ref": "changed"})


@tagged("post_install", "-at_install")
class TestWhatLeaksElsewhere(SecurityCommon):
    def test_the_partner_form_opens_for_everybody_and_tells_only_who_may_know(self):
        partner = self.theirs.partner_id
        for user in (self.employee, self.collector, self.accountant):
            with self.subTest(user=user.login):
                Form(partner.with_user(user))
        for name in ("collections_case_id", "collections_why", "collections_net_overdue"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                partner.with_user(self.employee).read([name])
        row = partner.with_user(self.collector).read(["collections_case_id", "collections_why"])[0]
        self.assertEqual((row["collections_case_id"], row["collections_why"]), (False, False))
        partner.invalidate_recordset()
        row = partner.with_user(self.colleague).read(["collections_case_id", "collections_why"])[0]
        self.assertEqual(row["collections_case_id"][0], self.theirs.id)
        self.assertTrue(row["collections_why"])

    def test_a_debtor_reads_the_own_invoice_and_nothing_of_what_collections_thinks(self):
        invoice = self.theirs.receivable_ids.move_id.with_user(self.portal)
        self.assertEqual(invoice.read(["name"])[0]["name"], invoice.sudo().name)
        names = [name for name in invoice._fields if name.startswith("collections_")]
        self.assertIn("collections_hold", names)
        self.assertFalse(set(names) & set(invoice.fields_get()))
        for name in names:
            with self.subTest(field=name), self.assertRaises(AccessError):
                invoice.read([name])
            with self.subTest(search=name), self.assertRaises(AccessError):
                invoice.search([(name, "!=", False)])

    def test_an_invoicer_of_another_company_learns_nothing_of_an_invoice(self):
        invoice = self.own.receivable_ids.move_id.with_user(self.foreign_manager)
        with self.assertRaises(AccessError):
            invoice.read(["collections_why"])
        partner = self.own.partner_id.with_user(self.foreign_manager)
        self.assertFalse(partner.read(["collections_case_id"])[0]["collections_case_id"])
        self.assertFalse(partner.collections_net_overdue)

    def test_an_invoicer_reads_on_the_invoice_what_collections_does(self):
        invoice = self.own.receivable_ids.move_id.with_user(self.invoicer)
        row = invoice.read(["collections_case_id", "collections_hold", "collections_user_id"])[0]
        self.assertEqual(row["collections_case_id"][0], self.own.id)
        self.assertIn("Note on Own", row["collections_hold"])
        self.assertEqual(row["collections_user_id"][0], self.collector.id)

    def test_a_hold_of_one_case_cannot_name_a_receivable_of_another(self):
        with self.assertRaises(ValidationError):
            self.own.hold_ids.with_user(self.collector).write(
                {"line_id": self.free.receivable_ids.id}
            )


@tagged("post_install", "-at_install")
class TestWhoDoesWhat(SecurityCommon):
    def test_a_collector_changes_nothing_on_a_colleague_s_case(self):
        case = self.theirs.with_user(self.collector)
        attempts = {
            "take it": lambda: case.write({"user_id": self.collector.id}),
            "refresh it": case.action_refresh,
            "hold it": lambda: case.env["collections.hold"].create({"case_id": case.id}),
            "move a hold to it": lambda: self.own.hold_ids.with_user(self.collector).write(
                {"case_id": case.id}
            ),
            "lift its hold": self.theirs.hold_ids.with_user(self.collector).action_lift,
            "edit its hold": lambda: self.theirs.hold_ids.with_user(self.collector).write(
                {"date_until": self.today}
            ),
            "cancel its contact": self.theirs.contact_ids.with_user(self.collector).action_cancel,
            "lift its holds": case.action_lift_holds,
            "verify its log": case.action_verify_log,
            "read its history": case.get_history,
        }
        for name, attempt in attempts.items():
            with self.subTest(name), self.assertRaises(UserError):
                attempt()
        self.assertEqual(self.theirs.user_id, self.colleague)
        self.assertFalse(self.theirs.hold_ids.lifted_on)

    def test_a_collector_takes_a_free_case_but_gives_none_away(self):
        self.free.with_user(self.collector).write({"user_id": self.collector.id})
        self.assertEqual(self.free.user_id, self.collector)
        self.assertEqual(self.free.log_ids.sorted("sequence")[-1].event, "assigned")
        with self.assertRaises(AccessError):
            self.own.with_user(self.collector).write({"user_id": self.colleague.id})
        self.own.with_user(self.supervisor).write({"user_id": self.colleague.id})
        self.assertEqual(self.own.user_id, self.colleague)

    def test_nobody_writes_an_amount_or_a_state_by_hand(self):
        values = {
            "amount_total": 1.0,
            "state": "closed",
            "company_id": self.other_company.id,
            "partner_id": self.theirs.partner_id.id,
            "decision": "held",
            "strategy_id": False,
            "log_sequence": 0,
        }
        for user in (self.collector, self.supervisor, self.manager):
            for name, value in values.items():
                with self.subTest(user=user.login, field=name), self.assertRaises(REFUSED):
                    self.own.with_user(user).write({name: value})

    def test_a_hold_is_neither_deleted_nor_lifted_past_the_log(self):
        hold = self.own.hold_ids
        for user in (self.collector, self.manager):
            mine = hold.with_user(user)
            with self.assertRaises(REFUSED):
                mine.unlink()
            for name, value in (
                ("lifted_on", fields.Datetime.now()),
                ("user_id", self.colleague.id),
                ("case_id", self.free.id),
            ):
                with self.subTest(user=user.login, field=name), self.assertRaises(UserError):
                    mine.write({name: value})
        hold.with_user(self.collector).action_lift()
        self.assertEqual(hold.lifted_by_id, self.collector)
        last = self.own.log_ids.sorted("sequence")[-1]
        self.assertEqual((last.event, last.user_id), ("released", self.collector))

    def test_who_only_reads_changes_no_contact(self):
        contact = self.create_contact(self.own, "queued")
        actions = ("action_hold", "action_release", "action_cancel", "action_retry",
                   "action_approve", "action_resolve_sent", "action_resolve_not_sent")  # fmt: skip
        for user in (self.auditor, self.accountant, self.invoicer):
            for name in actions:
                with self.subTest(user=user.login, action=name), self.assertRaises(REFUSED):
                    getattr(contact.with_user(user), name)()
        self.assertEqual(contact.state, "queued")

    def test_only_a_supervisor_approves_and_settles(self):
        awaiting = self.create_contact(self.own, "awaiting")
        uncertain = self.create_contact(self.own, "uncertain")
        for contact, name in (
            (awaiting, "action_approve"),
            (uncertain, "action_resolve_sent"),
            (uncertain, "action_resolve_not_sent"),
        ):
            with self.subTest(name), self.assertRaises(UserError):
                getattr(contact.with_user(self.collector), name)()
        with self.assertRaises(UserError):
            self.own.with_user(self.collector).action_approve_next()
        awaiting.with_user(self.collector).action_hold()
        awaiting.with_user(self.collector).action_release()
        awaiting.step_id.mode = "approval"
        awaiting.with_user(self.collector).action_hold()
        awaiting.with_user(self.collector).action_release()
        self.assertEqual(awaiting.state, "awaiting", "holding and releasing is no approval")
        awaiting.with_user(self.supervisor).action_approve()
        self.assertEqual(awaiting.state, "queued")

    def test_only_a_manager_starts_a_run_and_only_a_supervisor_previews_it(self):
        runs = self.env["collections.run"]
        for user in (self.collector, self.supervisor, self.auditor, self.accountant):
            with self.subTest(start=user.login), self.assertRaises(REFUSED):
                runs.with_user(user).action_start()
        for user in (self.collector, self.auditor, self.accountant):
            with self.subTest(preview=user.login), self.assertRaises(REFUSED):
                runs.with_user(user).action_preview()
        preview = runs.with_user(self.supervisor).action_preview()["res_id"]
        with self.assertRaises(AccessError):
            self.env["collections.preview"].with_user(self.collector).browse(preview).read()
        run = runs.with_user(self.manager).action_start()["res_id"]
        with self.assertRaises(AccessError):
            runs.with_user(self.manager).browse(run).write({"state": "done"})

    def test_only_a_manager_edits_how_debtors_are_reminded(self):
        rule = self.env.ref("collections_management.collections_contact_rule_default")
        records = (self.strategy, self.strategy.step_ids[0], self.segment, rule, self.email,
                   self.template)  # fmt: skip
        for user in (self.collector, self.supervisor, self.auditor, self.accountant):
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    with self.assertRaises(AccessError):
                        record.with_user(user).write({"name": "Changed"})
                    with self.assertRaises(AccessError):
                        record.with_user(user).unlink()
        for record in records:
            record.with_user(self.manager).write({"name": "Changed"})

    def test_only_who_may_change_the_company_changes_the_settings(self):
        for user in (self.collector, self.supervisor, self.auditor, self.employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                settings = self.env["res.config.settings"].with_user(user)
                settings.create({"collections_safe_mode": False}).execute()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.company.with_user(user).write({"collections_safe_mode": True})

    def test_nobody_writes_contacts_runs_or_the_log_directly(self):
        contact, entry = self.own.contact_ids[0], self.own.log_ids[0]
        values = {"case_id": self.own.id, "company_id": self.company.id}
        for user in (self.collector, self.supervisor, self.manager, self.auditor, self.accountant):
            attempts = {
                "create a contact": lambda user=user: contact.with_user(user).create(
                    {**values, "channel_id": self.email.id}
                ),
                "send a contact": lambda user=user: contact.with_user(user).write(
                    {"state": "sent"}
                ),
                "delete a contact": contact.with_user(user).unlink,
                "create an entry": lambda user=user: entry.with_user(user).create(
                    {"case_id": self.own.id, "event": "note"}
                ),
                "change an entry": lambda user=user: entry.with_user(user).write({"data": "{}"}),
                "delete an entry": entry.with_user(user).unlink,
                "delete the case": self.own.with_user(user).unlink,
            }
            for name, attempt in attempts.items():
                with self.subTest(name, user=user.login), self.assertRaises(REFUSED):
                    attempt()


@tagged("post_install", "-at_install")
class TestRemoteCalls(SecurityCommon, HttpCase):
    """The same through the doors that a browser, a program and a spreadsheet use."""

    def log_in(self, user):
        self.authenticate(user.login, user.login.ljust(8, "x"))

    @mute_logger(*QUIET)
    def call_kw(self, model, method, *args, **kwargs):
        """Return ``(result, name of the error)`` of a call of the web client."""
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}}
            ),
            headers={"Content-Type": "application/json"},
        ).json()
        error = answer.get("error", {}).get("data", {}).get("name", "")
        return answer.get("result"), error.rpartition(".")[2]

    @mute_logger(*QUIET)
    def call_json2(self, user, model, method, **arguments):
        """Return ``(status, answer)`` of a call with an API key of the user."""
        keys = self.env["res.users.apikeys"].with_user(user)
        key = keys._generate(None, "test", fields.Datetime.now() + timedelta(days=1))
        answer = self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(arguments),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
        )
        return answer.status_code, answer.json()

    @mute_logger(*QUIET)
    def export(self, model, domain):
        """Return the rows of a CSV export, or None when it is refused."""
        answer = self.url_open(
            "/web/export/csv",
            data={
                "csrf_token": http.Request.csrf_token(self),
                "data": json.dumps(
                    {
                        "model": model,
                        "fields": [{"name": "display_name", "label": "Name"}],
                        "ids": False,
                        "domain": domain,
                        "groupby": [],
                        "import_compat": False,
                    }
                ),
            },
        )
        if answer.status_code != 200 or "csv" not in answer.headers.get("Content-Type", ""):
            return None
        return [row[0] for row in csv.reader(io.StringIO(answer.text))][1:]

    def refused_calls(self):
        """``(user, model, method, ids, arguments)`` that nobody of them may make."""
        case, contact, hold = self.theirs, self.theirs.contact_ids, self.theirs.hold_ids
        entry, run = self.theirs.log_ids[0], self.env["collections.run"]
        return [
            (self.collector, case, "read", {"fields": ["amount_total"]}),
            (self.collector, case, "web_read", {"specification": {"amount_total": {}}}),
            (self.collector, case, "write", {"vals": {"user_id": self.collector.id}}),
            (self.collector, contact, "action_cancel", {}),
            (self.collector, hold, "action_lift", {}),
            (self.collector, hold.browse(), "create", {"vals_list": [{"case_id": case.id}]}),
            (self.collector, run, "action_start", {}),
            (self.collector, run, "action_preview", {}),
            (self.collector, self.strategy, "write", {"vals": {"quiet_days": 9}}),
            (self.collector, self.company, "write", {"vals": {"collections_safe_mode": True}}),
            (self.collector, entry, "unlink", {}),
            (self.auditor, self.own, "write", {"vals": {"user_id": False}}),
            (self.auditor, entry, "unlink", {}),
            (self.manager, entry, "write", {"vals": {"data": "{}"}}),
            (self.manager, entry, "unlink", {}),
            (self.manager, self.foreign, "read", {"fields": ["amount_total"]}),
            (self.foreign_manager, case, "read", {"fields": ["amount_total"]}),
            (self.employee, case, "read", {"fields": ["amount_total"]}),
            (self.employee, case.partner_id, "read", {"fields": ["collections_why"]}),
            (self.portal, case, "read", {"fields": ["amount_total"]}),
            (self.portal, contact, "read", {"fields": ["state"]}),
            (self.portal, entry, "read", {"fields": ["data"]}),
        ]

    def test_the_web_client_is_refused_what_the_role_may_not(self):
        user = None
        for caller, records, method, arguments in self.refused_calls():
            if caller != user:
                user = caller
                self.log_in(user)
            ids = [] if method == "create" else [records.ids]
            with self.subTest(user=user.login, model=records._name, method=method):
                _result, error = self.call_kw(records._name, method, *ids, **arguments)
                self.assertIn(error, ("AccessError", "UserError"))

    def test_json_2_is_refused_what_the_role_may_not(self):
        for user, records, method, arguments in self.refused_calls():
            with self.subTest(user=user.login, model=records._name, method=method):
                ids = {"ids": records.ids} if records else {}
                status, answer = self.call_json2(user, records._name, method, **ids, **arguments)
                self.assertIn(status, (401, 403, 422), answer)

    def test_json_2_answers_what_the_role_may(self):
        status, rows = self.call_json2(
            self.collector, "collections.case", "search_read", fields=["partner_id"]
        )
        self.assertEqual(status, 200)
        self.assertEqual({row["id"] for row in rows}, {self.own.id, self.free.id})

    def test_methods_that_are_not_for_the_outside_cannot_be_called(self):
        self.log_in(self.manager)
        for model, method in (
            ("collections.run", "_work"),
            ("collections.run", "_cron_run"),
            ("collections.delivery", "_deliver"),
            ("collections.ledger", "_refresh"),
            ("collections.log", "_append"),
            ("collections.contact", "_mark_sent"),
            ("collections.case", "_merge_into"),
        ):
            with self.subTest(method=method):
                self.assertEqual(self.call_kw(model, method, [])[1], "AccessError")
                status, _answer = self.call_json2(self.manager, model, method)
                self.assertEqual(status, 403)

    def test_an_export_holds_only_what_its_reader_may_see(self):
        everybody = {"Own", "Theirs", "Free"}
        for user, names in (
            (self.collector, {"Own", "Free"}),
            (self.supervisor, everybody),
            (self.foreign_manager, {"Theirs"}),
        ):
            user.group_ids += self.env.ref("base.group_allow_export")
            self.log_in(user)
            with self.subTest(user=user.login):
                self.assertEqual(set(self.export("collections.case", [])), names)
                self.assertEqual(
                    {row.partition(" · ")[0] for row in self.export("collections.contact", [])},
                    names & everybody if user != self.foreign_manager else set(),
                )

    def test_who_may_not_read_cases_exports_none(self):
        self.employee.group_ids += self.env.ref("base.group_allow_export")
        for user in (self.employee, self.portal):
            self.log_in(user)
            with self.subTest(user=user.login):
                self.assertIsNone(self.export("collections.case", []))
