import csv
import io
import json
from datetime import timedelta
from unittest.mock import patch
from zipfile import ZipFile

from pyarrow import parquet

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL, file_open, mute_logger

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..hooks import uninstall_hook
from ..models.collections_open_base import SCHEMA
from ..wizards.collections_open_export import CollectionsOpenExport

MODELS = ("receivable", "case", "contact", "promise", "dispute", "agreement", "payment", "history")
FLAGS = ("receivables", "cases", "contacts", "promises", "disputes", "agreements", "payments",
         "history")  # fmt: skip


class OpenDataCommon(CollectionsCommon):
    """Two debtors of two collectors, with something in every view, and another company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs = cls.create_debtor("Bodega Cusco", vat="20100070970")
        cls.colleague = cls.create_user("collector", login="colleague")
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2016-01-01", 2)])
        for debtor in (cls.debtor, cls.theirs):
            cls.old = cls.create_invoice(1000, days_overdue=100, debtor=debtor)
            cls.create_invoice(600, days_overdue=-10, debtor=debtor, currency_id=cls.foreign.id)
            cls.create_invoice(70, days_overdue=5, debtor=debtor, move_type="out_refund")
            cls.pay(cls.old, 300)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.get_case().user_id = cls.collector
        cls.get_case(cls.theirs).user_id = cls.colleague
        for debtor in (cls.debtor, cls.theirs):
            cls.fill(cls.get_case(debtor))
        cls.env["collections.fact"]._write_day(cls.company)
        cls.env.flush_all()

    @classmethod
    def fill(cls, case):
        """A contact, a promise, a dispute and an agreement of a case."""
        currency = cls.company.currency_id
        line = case.receivable_ids.filtered(lambda line: line.amount_residual == 700)
        cls.env["collections.promise"].create(
            {"case_id": case.id, "currency_id": currency.id, "amount": 50,
             "date": cls.today, "date_due": cls.today + timedelta(days=3),
             "line_ids": [Command.set(line.ids)]}
        )  # fmt: skip
        cls.env["collections.dispute"].create(
            {"case_id": case.id, "line_id": line.id, "amount": 100,
             "reason_id": cls.env["collections.dispute.reason"].search([], limit=1).id}
        )  # fmt: skip
        cls.env["collections.agreement"].create(
            {"case_id": case.id, "currency_id": currency.id, "date_first": cls.today,
             "receivable_ids": [Command.set(line.ids)]}
        )  # fmt: skip
        cls.env["collections.contact"].create(
            {"case_id": case.id, "company_id": case.company_id.id, "channel_id": cls.email.id,
             "planned_on": cls.today, "state": "planned", "amount": 700}
        )  # fmt: skip

    def search_view(self, name, user=None):
        return self.env[f"collections.open.{name}"].with_user(user or self.auditor).search([])


@tagged("post_install", "-at_install")
class TestOpenData(OpenDataCommon):
    """What the views say, and who reads them as models."""

    def test_receivables_are_those_of_the_ledger(self):
        rows = self.search_view("receivable")
        lines = self.env["account.move.line"].search(
            self.env["collections.ledger"]._get_open_domain()
            & fields.Domain("company_id", "=", self.company.id)
        )
        self.assertEqual(set(rows.ids), set(lines.ids))
        for row, line in zip(rows.sorted("id"), lines.sorted("id"), strict=True):
            self.assertEqual(
                (row.amount_open, row.amount_open_in_currency, row.amount, row.date_due,
                 row.currency, row.debtor_id, row.days_late),
                (line.amount_residual, line.amount_residual_currency, line.balance,
                 line.date_maturity or line.date, line.currency_id.name,
                 line.partner_id.commercial_partner_id,
                 (self.today - (line.date_maturity or line.date)).days),
            )  # fmt: skip
        mine = rows.filtered(lambda row: row.debtor_id == self.theirs)
        self.assertEqual(set(mine.mapped("age")), {"credit", "not_due", "over_90"})
        self.assertEqual(mine.mapped("debtor_tax_id"), ["20100070970"] * 3)
        self.assertEqual(mine[0].collector, self.colleague.name)
        self.assertEqual(mine.mapped("is_disputed").count(True), 1)
        self.assertEqual(mine.mapped("is_promised").count(True), 1)

    def test_payments_are_no_credit_notes(self):
        rows = self.search_view("payment")
        self.assertEqual(rows.mapped("amount"), [300, 300])
        self.assertEqual(rows.mapped("amount_free"), [0, 0])
        self.assertEqual(set(rows.mapped("kind")), {"payment"})

    def test_every_view_says_what_its_model_says(self):
        case = self.get_case()
        [row] = self.search_view("case").filtered(lambda row: row.case_id == case)
        self.assertEqual((row.amount_total, row.amount_over_90), (case.amount_total, 700))
        for name, values in (
            ("contact", {"channel": "email", "state": "planned", "amount": 700}),
            ("promise", {"amount": 50, "state": "open", "date": self.today}),
            ("dispute", {"amount": 100, "state": "open", "date": self.today}),
            ("agreement", {"state": "draft"}),
        ):
            [row] = self.search_view(name).filtered(lambda row: row.case_id == case)
            for field, value in values.items():
                self.assertEqual(row[field], value, (name, field))

    def test_the_history_tells_from_when_until_when_an_amount_stood(self):
        [first] = self.search_view("history").filtered(lambda row: row.debtor_id == self.theirs)
        self.assertEqual(
            (first.date, first.amount_total, first.amount_over_90, first.amount_credit),
            (self.today - timedelta(days=1), 930, 1000, 70),
            "as of the evening before: what was paid and invoiced today is not in it",
        )
        self.assertEqual(
            (first.amount_disputed, first.source, first.collector_then, first.date_until),
            (100, "night", self.colleague.name, False),
        )
        fact = self.env["collections.fact"].browse(first.id).sudo()
        fact.copy({"day": first.date + timedelta(days=3), "amount_over_90": 0, "user_id": False})
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.search_view("history").filtered(lambda row: row.debtor_id == self.theirs)
        self.assertEqual(
            [(row.date, row.date_until, row.collector_then) for row in rows.sorted("date")],
            [(first.date, first.date + timedelta(days=2), self.colleague.name),
             (first.date + timedelta(days=3), False, False)],
        )  # fmt: skip

    def test_columns_and_comments_of_the_database_are_the_fields(self):
        for view in self.env["collections.open.base"]._get_views():
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT attname, col_description(attrelid, attnum) FROM pg_attribute
                     WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum
                    """,
                    f"{SCHEMA}.{view._open_view}",
                )
            )
            columns = view._get_columns()
            self.assertEqual(rows, [(column.name, column.comment) for column in columns])
            self.assertTrue(all(column.comment for column in columns))
            self.assertTrue(view._description.endswith("."))

    def test_the_dictionary_of_the_documentation_is_that_of_the_views(self):
        with file_open("collections_reports/../docs/open-data.md") as file:
            page = file.read()
        expected = self.env["collections.open.base"]._get_dictionary()
        self.assertEqual(page.partition("<!-- dictionary -->\n\n")[2].strip(), expected.strip())

    def test_a_reader_sees_what_the_cases_let_him_see(self):
        other = self._create_company(name="Another company")
        stranger = new_test_user(
            self.env, "stranger", company_id=other.id, company_ids=[Command.set(other.ids)],
            groups="collections_management.collections_management_group_auditor",
        )  # fmt: skip
        nobody = new_test_user(self.env, "nobody", groups="base.group_user")
        team = self.env["collections.team"].create(
            {"name": "Others", "company_id": self.company.id}
        )
        self.get_case(self.theirs).team_id = team
        self.env.flush_all()
        for name in MODELS:
            every = self.search_view(name)
            self.assertEqual(every.debtor_id, self.debtor | self.theirs, name)
            for user in (self.collector, self.supervisor):
                self.assertEqual(self.search_view(name, user).debtor_id, self.debtor, name)
            self.assertEqual(self.search_view(name, self.manager), every)
            self.assertFalse(self.search_view(name, stranger))
            hidden = every.filtered(lambda row: row.debtor_id == self.theirs)
            with self.assertRaises(AccessError):
                hidden.with_user(self.collector).read(["debtor"])
            with self.assertRaises(AccessError):
                self.search_view(name, nobody)
            for method, values in (("write", {"debtor": "x"}), ("unlink", None)):
                with self.assertRaises(AccessError):
                    call = getattr(every.with_user(self.manager), method)
                    call(values) if values else call()

    def test_an_update_replaces_views_and_makes_other_columns_anew(self):
        view = self.env["collections.open.case"]
        view.init()
        few = [column for column in view._get_columns() if column.name in ("id", "state")]
        with patch.object(type(view), "_get_columns", lambda _self: few):
            view.init()
            rows = self.env.execute_query(SQL("SELECT * FROM collections_open.cases LIMIT 1"))
            self.assertEqual(len(rows[0]), 2)
        view.init()
        self.assertTrue(self.search_view("case").mapped("amount_total"))

    def test_uninstalling_drops_the_schema(self):
        uninstall_hook(self.env)
        self.assertFalse(
            self.env.execute_query(SQL("SELECT 1 FROM pg_namespace WHERE nspname = %s", SCHEMA))
        )


@tagged("post_install", "-at_install")
class TestOpenDataOutside(OpenDataCommon, HttpCase):
    """JSON-2 and the export, as they are called from outside."""

    def call(self, user, model, method="search_read", **arguments):
        keys = self.env["res.users.apikeys"].with_user(user)
        key = keys._generate(None, "test", fields.Datetime.now() + timedelta(days=1))
        answer = self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(arguments),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
        )
        return answer.status_code, answer.json()

    def test_json2_reads_with_the_rights_of_the_key(self):
        for user, names in (
            (self.collector, {self.debtor.name}),
            (self.auditor, {self.debtor.name, self.theirs.name}),
        ):
            status, rows = self.call(
                user, "collections.open.receivable",
                domain=[["days_late", ">", 90]], fields=["debtor", "amount_open", "case_id"],
            )  # fmt: skip
            self.assertEqual((status, {row["debtor"] for row in rows}), (200, names))
            self.assertEqual({row["amount_open"] for row in rows}, {700})
        with mute_logger("odoo.http"):
            status, _error = self.call(
                self.manager, "collections.open.case", "write",
                ids=[self.get_case().id], vals={"state": "closed"},
            )  # fmt: skip
            self.assertEqual(status, 403)
            nobody = new_test_user(self.env, "nobody", groups="base.group_user")
            status, _error = self.call(nobody, "collections.open.case", domain=[])
            self.assertEqual(status, 403)

    def export(self, user, **values):
        user.group_ids |= self.env.ref("base.group_allow_export")
        export = self.env["collections.open.export"].with_user(user).create(values)
        action = export.action_download()
        self.authenticate(user.login, user.login.ljust(8, "x"))
        answer = self.url_open(action["url"])
        self.assertEqual(answer.status_code, 200)
        return ZipFile(io.BytesIO(answer.content))

    def test_a_csv_export_is_what_the_reader_sees(self):
        archive = self.export(self.collector)
        self.assertEqual(set(archive.namelist()), {f"{name}.csv" for name in FLAGS})
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8-sig")
            self.assertNotIn(self.theirs.name, text, name)
            self.assertIn(self.debtor.name, text, name)
        rows = list(csv.DictReader(
            io.StringIO(archive.read("receivables.csv").decode("utf-8-sig"))
        ))  # fmt: skip
        mine = self.search_view("receivable", self.collector)
        self.assertEqual({int(row["id"]) for row in rows}, set(mine.ids))
        self.assertEqual(
            sum(float(row["amount_open"]) for row in rows), sum(mine.mapped("amount_open"))
        )

    def test_a_period_chooses_by_the_day_of_each_view(self):
        archive = self.export(self.auditor, date_to=self.today - timedelta(days=1))
        for name, count in (("receivables", 6), ("cases", 2), ("promises", 0), ("payments", 0),
                            ("contacts", 0), ("disputes", 0)):  # fmt: skip
            text = archive.read(f"{name}.csv").decode("utf-8-sig")
            self.assertEqual(text.count("\r\n") - 1, count, name)
        archive = self.export(self.auditor, date_from=self.today, date_to=self.today)
        self.assertEqual(archive.read("promises.csv").decode().count("\r\n"), 3)

    def test_a_parquet_export_keeps_the_types(self):
        chosen = {f"with_{name}": name == "receivables" for name in FLAGS}
        archive = self.export(self.auditor, file_format="parquet", **chosen)
        self.assertEqual(archive.namelist(), ["receivables.parquet"])
        table = parquet.read_table(io.BytesIO(archive.read("receivables.parquet")))
        rows = self.search_view("receivable")
        self.assertEqual(
            float(sum(table.column("amount_open").to_pylist())), sum(rows.mapped("amount_open"))
        )
        self.assertEqual(table.column("date_due").to_pylist(), rows.mapped("date_due"))

    def test_what_cannot_be_exported_is_refused_in_words(self):
        exports = self.env["collections.open.export"]
        with self.assertRaisesRegex(AccessError, "may not export"):
            exports.with_user(self.collector).create({}).action_download()
        user = self.auditor
        user.group_ids |= self.env.ref("base.group_allow_export")
        nothing = {f"with_{name}": False for name in FLAGS}
        for values, words in (
            (nothing, "Choose what"),
            ({"date_from": self.today, "date_to": self.today - timedelta(days=1)}, "before it"),
        ):
            with self.assertRaisesRegex(UserError, words):
                exports.with_user(user).create(values).action_download()
        export = exports.with_user(user).create({"file_format": "parquet"})
        with (
            patch.object(CollectionsOpenExport, "_can_write_parquet", lambda _self: False),
            self.assertRaisesRegex(UserError, "pyarrow"),
        ):
            export.action_download()
        self.assertTrue(export.has_parquet)

    @mute_logger("odoo.http")
    def test_the_export_of_somebody_else_is_gone(self):
        self.manager.group_ids |= self.env.ref("base.group_allow_export")
        export = self.env["collections.open.export"].with_user(self.manager).create({})
        self.authenticate(self.collector.login, self.collector.login.ljust(8, "x"))
        answer = self.url_open(f"/collections/open_data/{export.id}")
        self.assertNotEqual(answer.headers["Content-Type"], "application/zip")
        with self.assertRaises(AccessError):
            export.with_user(self.collector).read(["file_format"])
