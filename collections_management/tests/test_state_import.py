import base64
import io
import time
import tracemalloc
import unittest
import zipfile
from datetime import date, datetime, timedelta
from unittest.mock import patch

import openpyxl

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.collections_management.engine import state_rows
from odoo.addons.collections_management.engine.state_rows import Fault, Row

from ..wizards import collections_state_import
from .common import CollectionsCommon

HEADING = ("Factura", "Nivel", "Fecha")


class TestStateRows(unittest.TestCase):
    """The engine: cells in, rows or faults out."""

    def test_cells_of_every_kind_are_read(self):
        table = [
            ["Cliente", " NÚMERO ", "Level", "Fecha de envío"],
            ["x", "F001-1", 2.0, datetime(2026, 4, 3, 10)],
            ["x", "F001-2", "Segundo aviso", date(2026, 4, 3)],
            ["x", " F001-3 ", "1", "03/04/2026"],
            [None, None, None, None],
            ["x", "F001-4", "1", "2026-04-03 08:00"],
            ["x", "F001-5", "1", "3.4.26"],
        ]
        rows, faults = state_rows.read(table)
        self.assertFalse(faults)
        self.assertEqual([row.level for row in rows], ["2", "Segundo aviso", "1", "1", "1"])
        self.assertEqual({row.sent for row in rows}, {date(2026, 4, 3)})
        self.assertEqual(rows[2], Row(4, "F001-3", "1", date(2026, 4, 3)))

    def test_the_order_of_a_written_date_is_told_not_guessed(self):
        table = [HEADING, ["A", "1", "04/03/2026"]]
        self.assertEqual(state_rows.read(table, "month")[0][0].sent, date(2026, 4, 3))
        self.assertEqual(state_rows.read(table, "day")[0][0].sent, date(2026, 3, 4))
        faults = state_rows.read([HEADING, ["A", "1", "12/31/2026"]], "day")[1]
        self.assertEqual(faults, [Fault(2, "date", "other_order", "12/31/2026")])
        faults = state_rows.read([HEADING, ["A", "1", "31/31/2026"]], "day")[1]
        self.assertEqual(faults, [Fault(2, "date", "no_date", "31/31/2026")])

    def test_a_bare_number_in_the_column_of_dates_is_a_day_of_the_spreadsheet(self):
        table = [HEADING, ["A", 1, 46115], ["B", 1, 46115.75]]
        self.assertEqual({row.sent for row in state_rows.read(table)[0]}, {date(2026, 4, 3)})
        macintosh = state_rows.read([HEADING, ["A", 1, 44653]], epoch=date(1904, 1, 1))[0]
        self.assertEqual(macintosh[0].sent, date(2026, 4, 3))
        for value in (3, 20260403, "46115"):
            faults = state_rows.read([HEADING, ["A", 1, value]])[1]
            self.assertEqual(faults, [Fault(2, "date", "no_date", str(value))])

    def test_a_level_of_zero_is_a_level(self):
        rows, faults = state_rows.read([HEADING, ["A", 0, "2026-04-03"]])
        self.assertEqual((rows[0].level, faults), ("0", []))

    def test_each_fault_names_row_and_column(self):
        for name, table, expected in [
            ("no rows at all", [], [Fault(1, "", "empty")]),
            ("a heading alone", [HEADING], [Fault(2, "", "empty")]),
            (
                "wrong columns",
                [["Factura", "Monto"]],
                [
                    Fault(1, "level", "no_column", "factura, monto"),
                    Fault(1, "date", "no_column", "factura, monto"),
                ],
            ),
            (
                "two columns",
                [["Factura", "Number", "Nivel", "Fecha"]],
                [Fault(1, "invoice", "two_columns", "number")],
            ),
            (
                "a short row",
                [HEADING, ["A"]],
                [Fault(2, "level", "missing"), Fault(2, "date", "missing")],
            ),
            (
                "a row of no invoice",
                [HEADING, [None, 1, "2026-01-01"]],
                [Fault(2, "invoice", "missing")],
            ),
            (
                "twice the same invoice",
                [HEADING, ["A", 1, "2026-01-01"], ["A", 2, "2026-01-01"]],
                [Fault(3, "invoice", "double", "A", 2)],
            ),
        ]:
            with self.subTest(name):
                self.assertEqual(state_rows.read(table)[1], expected)

    def test_levels_are_ranked_as_people_count(self):
        proposal = state_rows.propose(["10", "Aviso 2", "1", "legal"], [30, 3, 10])
        self.assertEqual(proposal, {"1": 3, "Aviso 2": 10, "10": 30, "legal": 30})
        self.assertEqual(state_rows.propose(["1"], []), {})

    def test_numbers_are_ranks_where_a_level_is_missing(self):
        self.assertEqual(state_rows.propose(["3", "1"], [3, 10, 30]), {"1": 3, "3": 30})
        self.assertEqual(state_rows.propose(["9"], [3, 10]), {"9": 10})
        self.assertEqual(state_rows.propose(["0", "1"], [3, 10]), {"0": 3, "1": 10})

    def test_each_ladder_counts_for_itself(self):
        levels = ["2 avisos · 1", "3 avisos · 3", "3 avisos · 1", "2 avisos · 2"]
        self.assertEqual(
            state_rows.propose(levels, [3, 10, 30]),
            {"2 avisos · 1": 3, "2 avisos · 2": 10, "3 avisos · 1": 3, "3 avisos · 3": 30},
        )


@tagged("post_install", "-at_install")
class TestStateImport(CollectionsCommon):
    """Taking over which reminder each invoice got last."""

    def make(self, rows, heading=HEADING, name="estado.xlsx"):
        book = openpyxl.Workbook()
        for row in [heading, *rows]:
            book.active.append(row)
        data = io.BytesIO()
        book.save(data)
        return self.make_file(data.getvalue(), name)

    def make_file(self, data, name):
        wizards = self.env["collections.state.import"].with_user(self.manager)
        return wizards.with_company(self.company).create(
            {"file": base64.b64encode(data), "filename": name}
        )

    def test_the_ladder_goes_on_where_the_former_system_stopped(self):
        told = self.create_invoice(100, days_overdue=25)
        fresh = self.create_invoice(50, days_overdue=25, debtor=self.create_debtor("Bodega Norte"))
        sent = self.today - timedelta(days=9)
        wizard = self.make([[told.name, 2, sent], [fresh.name, "1", sent.strftime("%d/%m/%Y")]])
        wizard.action_read()
        self.assertFalse(wizard.faults)
        self.assertEqual({level.name: level.days for level in wizard.level_ids}, {"1": 3, "2": 10})
        self.assertFalse(self.get_receivable(told).collections_date, "reading changes nothing")
        wizard.action_import()
        self.assertRecordValues(
            self.get_receivable(told),
            [{"collections_days": 10, "collections_times": 1, "collections_date": sent}],
        )
        self.assertEqual(told.collections_step_id.days, 10)
        self.assertEqual(self.get_case().last_contact_date, sent)
        self.assertFalse(self.env["collections.log"]._verify(self.get_case()))
        contacts = self.plan()
        self.assertEqual(contacts.step_id.days, 10, "only the one that had the first reminder")
        self.assertEqual(contacts.carrier_id, self.get_receivable(fresh))

    def test_instalments_are_placed_together_and_paid_ones_left_aside(self):
        terms = self.env.ref("account.account_payment_term_advance_60days")
        invoice = self.create_invoice(100, days_overdue=90, invoice_payment_term_id=terms.id,
                                      invoice_date_due=False)  # fmt: skip
        paid = self.create_invoice(10, days_overdue=20)
        self.pay(paid)
        wizard = self.make([[invoice.name, 1, self.today], [paid.name, 1, self.today]])
        wizard.action_read()
        wizard.action_import()
        open_lines = self.get_receivable(invoice).filtered(lambda line: not line.reconciled)
        self.assertGreater(len(open_lines), 1)
        self.assertEqual(set(open_lines.mapped("collections_days")), {3})
        self.assertFalse(self.get_receivable(paid).collections_date)

    def test_nothing_is_imported_until_every_row_is_right(self):
        invoice = self.create_invoice(100, days_overdue=25)
        future = self.today + timedelta(days=2)
        wizard = self.make(
            [[invoice.name, 1, self.today], ["GONE/1", 1, self.today], ["X", 1, future]]
        )
        wizard.action_read()
        for piece in ("Nothing was imported", "Row 3, column Invoice", "GONE/1", "Row 4", "future"):
            self.assertIn(piece, wizard.faults)
        with self.assertRaisesRegex(UserError, "Row 3"):
            wizard.action_import()
        self.assertFalse(self.get_receivable(invoice).collections_date)

    def test_an_invoice_of_another_company_is_unknown(self):
        other = self.setup_other_company()["company"]
        invoice = self.env["account.move"].with_company(other).create(
            {"move_type": "out_invoice", "partner_id": self.debtor.id,
             "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 1, "tax_ids": []})]}
        )  # fmt: skip
        invoice.action_post()
        invoice.name = "OTHER/7"
        wizard = self.make([["OTHER/7", 1, self.today]])
        wizard.action_read()
        self.assertIn("OTHER/7", wizard.faults)

    def test_files_that_are_none_are_refused_by_name(self):
        for name, data in (("foto.xlsx", b"\x89PNG..."), ("vacio.xlsx", b"")):
            wizard = self.make_file(data, name) if data else self.make([], name=name)
            wizard.action_read()
            self.assertTrue(wizard.faults)
        csv = "Factura;Nivel;Fecha\nNO-ES;1;2026-01-01\n".encode("latin-1")
        wizard = self.make_file(csv, "estado.csv")
        wizard.action_read()
        self.assertIn("NO-ES", wizard.faults)

    def test_only_a_manager_imports(self):
        wizard = self.make([])
        with self.assertRaises(UserError):
            wizard.with_user(self.supervisor).action_read()


class StateImportCommon(CollectionsCommon):
    def open_wizard(self, **values):
        wizards = self.env["collections.state.import"].with_user(self.manager)
        return wizards.with_company(self.company).create(values)

    def open_file(self, data, name="estado.xlsx", **values):
        return self.open_wizard(file=base64.b64encode(data), filename=name, **values)

    def make_xlsx(self, rows, change=None):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        if change:
            change(book)
        data = io.BytesIO()
        book.save(data)
        return data.getvalue()

    def read_file(self, wizard):
        wizard.action_read()
        return wizard.faults or ""


@tagged("post_install", "-at_install")
class TestStateFiles(StateImportCommon):
    """Spreadsheets as people really have them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls.create_invoice(100, days_overdue=25)

    def test_a_file_of_excel_in_spanish_is_read(self):
        rows = "Número;Etapa;Fecha de envío;Razón social\r\n"
        rows += f"{self.invoice.name};1;03/04/2026;Ñandú\r\n"
        for encoding in ("latin-1", "utf-8", "utf-8-sig", "utf-16"):
            for name in ("estado.csv", "ESTADO.TXT"):
                with self.subTest(encoding, name=name):
                    wizard = self.open_file(rows.encode(encoding), name)
                    self.assertFalse(self.read_file(wizard))
                    self.assertIn("between 04/03/2026 and 04/03/2026", wizard.summary)
        wizard.action_import()
        self.assertEqual(self.get_receivable(self.invoice).collections_date, date(2026, 4, 3))

    def test_commas_and_tabs_and_quotes_are_read(self):
        for delimiter in ",\t":
            text = delimiter.join(HEADING) + f'\n"{self.invoice.name}"' + f"{delimiter}1" * 1
            text += f"{delimiter}2026-04-03\n"
            with self.subTest(delimiter=delimiter):
                self.assertFalse(self.read_file(self.open_file(text.encode(), "x.csv")))

    def test_a_book_is_told_by_what_it_is_not_by_its_name(self):
        data = self.make_xlsx([HEADING, [self.invoice.name, 1, date(2026, 4, 3)]])
        self.assertFalse(self.read_file(self.open_file(data, "estado.csv")))
        old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
        self.assertIn("save it as XLSX or CSV", self.read_file(self.open_file(old, "estado.xls")))

    def test_dates_that_are_numbers_are_dates(self):
        def unformat(book):
            book.active["C2"].number_format = "General"
            book.active["C2"].value = 46115

        data = self.make_xlsx([HEADING, [self.invoice.name, 1, None]], unformat)
        wizard = self.open_file(data)
        self.assertFalse(self.read_file(wizard))
        wizard.action_import()
        self.assertEqual(self.get_receivable(self.invoice).collections_date, date(2026, 4, 3))

    def test_a_date_of_the_other_order_is_named(self):
        rows = f"Factura;Nivel;Fecha\n{self.invoice.name};1;12/31/2025\n"
        faults = self.read_file(self.open_file(rows.encode(), "x.csv"))
        self.assertIn("Row 2, column Date: “12/31/2025” is a date only if the other one", faults)
        self.assertFalse(self.read_file(self.open_file(rows.encode(), "x.csv", order="month")))

    def test_merged_cells_and_formulas_without_a_result_are_named(self):
        def change(book):
            book.active["B3"] = '=IF(1=1,"2","1")'
            book.active.merge_cells("C2:C3")

        other = self.create_invoice(10, days_overdue=25)
        rows = [HEADING, [self.invoice.name, 1, date(2026, 4, 3)], [other.name, None, None]]
        faults = self.read_file(self.open_file(self.make_xlsx(rows, change)))
        for column in ("Level", "Date"):
            self.assertIn(f"Row 3, column {column}: the cell is empty, or a formula", faults)
        self.assertNotIn("Row 2", faults)

    def test_a_number_that_two_open_documents_bear_is_named(self):
        twin = self.create_invoice(70, days_overdue=9, debtor=self.create_debtor("Bodega Sur"))
        bill = self.create_invoice(5, days_overdue=9, move_type="in_invoice")
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move SET name = %s, journal_id = %s WHERE id = %s",
                self.invoice.name,
                self.invoice.journal_id.copy().id,
                twin.id,
            )
        )
        self.env.invalidate_all()
        rows = [HEADING, [self.invoice.name, 1, self.today], [bill.name, 1, self.today]]
        faults = self.read_file(self.open_file(self.make_xlsx(rows)))
        self.assertIn(f"two open documents bear the number “{self.invoice.name}”", faults)
        self.assertIn(f"Row 3, column Invoice: no posted invoice “{bill.name}”", faults)
        self.pay(twin)
        self.assertNotIn("two open", self.read_file(self.open_file(self.make_xlsx(rows[:2]))))

    def test_a_book_that_is_broken_inside_is_refused_by_name(self):
        good = self.make_xlsx([HEADING, [self.invoice.name, 1, self.today]])
        for part, content in (
            ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"),
            ("xl/workbook.xml", b""),
            ("[Content_Types].xml", b"nonsense"),
            ("xl/worksheets/sheet1.xml", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
             + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (98 + n, *[97 + n] * 8)
                        for n in range(12))
             + b"]><worksheet><sheetData><row><c><v>&m;</v></c></row></sheetData></worksheet>"),
        ):  # fmt: skip
            data = io.BytesIO()
            with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(data, "w") as new:
                for name in old.namelist():
                    new.writestr(name, content if name == part else old.read(name))
            with self.subTest(part, size=len(content)):
                faults = self.read_file(self.open_file(data.getvalue(), "roto.xlsx"))
                self.assertIn("roto.xlsx cannot be read", faults)

    def test_a_small_file_that_unpacks_to_gigabytes_is_refused_unopened(self):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as book:
            with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
                for _each in range(250):
                    part.write(b" " * 2**20)
        self.assertLess(len(data.getvalue()), 2**20)
        tracemalloc.start()
        faults = self.read_file(self.open_file(data.getvalue(), "bomba.xlsx"))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertIn("bomba.xlsx holds too much", faults)
        self.assertLess(peak, 20 * 2**20)

    def test_a_cell_far_away_makes_no_table_of_billions(self):
        data = self.make_xlsx(
            [HEADING, [self.invoice.name, 1, self.today]],
            lambda book: book.active.cell(row=200_000, column=16_384, value=" "),
        )
        self.assertFalse(self.read_file(self.open_file(data)))

    def test_too_many_rows_are_refused(self):
        rows = [HEADING, *([f"F{number}", 1, self.today] for number in range(12))]
        with patch.object(collections_state_import, "MAX_ROWS", 10):
            self.assertIn("holds too much", self.read_file(self.open_file(self.make_xlsx(rows))))
        with patch.object(collections_state_import, "MAX_BYTES", 100):
            self.assertIn("holds too much", self.read_file(self.open_file(self.make_xlsx(rows))))

    def test_fifty_thousand_rows_are_checked_and_told_in_a_few_lines(self):
        text = "Factura;Nivel;Fecha\n" + "".join(
            f"F{number};{number % 4};01/02/2026\n" for number in range(50_000)
        )
        started = time.monotonic()
        faults = self.read_file(self.open_file(text.encode(), "x.csv"))
        self.assertLess(time.monotonic() - started, 20)
        self.assertIn("… and 49980 more.", faults)
        self.assertEqual(len(faults.splitlines()), 22)


@tagged("post_install", "-at_install")
class TestStateAddons(StateImportCommon):
    """The tables of the two dunning addons, with the columns and types they really have."""

    def make_credit_control(self):
        """The tables that version 19.0 of OCA's account_credit_control makes, as far as the ladder
        goes; 16.0 to 18.0 have the same columns."""
        self.env.cr.execute(
            """
            CREATE TABLE credit_control_policy (
                id serial PRIMARY KEY, name varchar NOT NULL, company_id integer,
                do_nothing boolean, active boolean);
            CREATE TABLE credit_control_policy_level (
                id serial PRIMARY KEY, policy_id integer NOT NULL, level integer NOT NULL,
                delay_days integer NOT NULL, computation_mode varchar NOT NULL,
                channel varchar NOT NULL, name jsonb NOT NULL);
            CREATE TABLE credit_control_communication (
                id serial PRIMARY KEY, partner_id integer NOT NULL, company_id integer NOT NULL,
                report_date date);
            CREATE TABLE credit_control_line (
                id serial PRIMARY KEY, move_line_id integer NOT NULL, invoice_id integer,
                partner_id integer NOT NULL, communication_id integer, company_id integer,
                currency_id integer, policy_level_id integer NOT NULL, policy_id integer,
                level integer, state varchar NOT NULL, channel varchar NOT NULL,
                date date NOT NULL, date_due date NOT NULL, date_sent date,
                manual_followup boolean, manually_overridden boolean,
                amount_due double precision NOT NULL, balance_due double precision NOT NULL);
            INSERT INTO credit_control_policy (name) VALUES ('3 time policy'), ('2 time policy');
            INSERT INTO credit_control_policy_level
                (policy_id, level, delay_days, computation_mode, channel, name)
            VALUES (1, 1, 10, 'net_days', 'email', '{"en_US": "10 days net"}'),
                   (1, 2, 30, 'end_of_month', 'email', '{"en_US": "30 days end of month"}'),
                   (1, 3, 10, 'previous_date', 'letter', '{"en_US": "10 days last reminder"}'),
                   (2, 1, 30, 'end_of_month', 'email', '{"en_US": "30 days end of month"}'),
                   (2, 2, 60, 'previous_date', 'letter', '{"en_US": "60 days last reminder"}')
            """
        )

    def add_line(self, line, level, state="sent", ago=10, policy=1, told_ago=None, **values):
        """One line of a run of account_credit_control, decided so many days ago."""
        day, communication = self.today - timedelta(days=ago), None
        if told_ago is not None:
            [[communication]] = self.env.execute_query(
                SQL(
                    "INSERT INTO credit_control_communication (partner_id, company_id, report_date)"
                    " VALUES (%s, %s, %s) RETURNING id",
                    line.partner_id.id,
                    line.company_id.id,
                    self.today - timedelta(days=told_ago),
                )
            )
        values = {
            "move_line_id": line.id,
            "invoice_id": line.move_id.id,
            "partner_id": line.partner_id.id,
            "company_id": line.company_id.id,
            "currency_id": line.currency_id.id,
            "communication_id": communication,
            "policy_id": policy,
            "policy_level_id": level + (3 if policy == 2 else 0),
            "level": level,
            "state": state,
            "channel": "email",
            "date": day,
            "date_due": line.date_maturity,
            "amount_due": line.balance,
            "balance_due": line.amount_residual,
            **values,
        }
        self.env.cr.execute(
            SQL(
                "INSERT INTO credit_control_line (%s) VALUES %s",
                SQL(", ").join(SQL.identifier(name) for name in values),
                tuple(values.values()),
            )
        )

    def make_followup(self, *delays):
        """The columns of om_account_followup (14.0 to 18.0)."""
        self.env.cr.execute(
            """
            CREATE TABLE followup_line (
                id serial PRIMARY KEY, name varchar NOT NULL, followup_id integer NOT NULL,
                delay integer NOT NULL, description jsonb, send_email boolean, send_letter boolean,
                manual_action boolean);
            ALTER TABLE account_move_line
                ADD COLUMN followup_line_id integer, ADD COLUMN followup_date date
            """
        )
        for delay in delays:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO followup_line (name, followup_id, delay, manual_action)"
                    " VALUES ('Level', 1, %s, %s)",
                    delay,
                    delay == 40,
                )
            )

    def note_followup(self, line, level, day):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line SET followup_line_id = %s, followup_date = %s"
                " WHERE id = %s",
                level,
                day,
                line.id,
            )
        )

    def get_sources(self):
        return [code for code, _name in self.env["collections.state.import"]._get_sources()]

    def test_what_can_be_read_is_what_is_there(self):
        self.assertEqual(self.get_sources(), ["file"])
        for source in ("credit_control", "followup", "group"):
            self.assertIn("nothing of this system", self.read_file(self.open_wizard(source=source)))
        self.make_credit_control()
        self.assertEqual(self.get_sources(), ["file", "credit_control"])
        self.make_followup()
        self.assertEqual(self.get_sources(), ["file", "credit_control", "followup"])
        for source in ("credit_control", "followup"):
            faults = self.read_file(self.open_wizard(source=source))
            self.assertIn("Nothing to take over", faults)

    def test_another_followup_with_a_field_of_this_name_is_none_of_ours(self):
        self.env.cr.execute("ALTER TABLE account_move_line ADD COLUMN followup_line_id integer")
        self.assertEqual(self.get_sources(), ["file"])

    def test_only_what_credit_control_sent_counts(self):
        self.make_credit_control()
        told = self.get_receivable(self.create_invoice(100, days_overdue=60))
        self.add_line(told, 1, ago=40, told_ago=40)
        self.add_line(told, 2, ago=15, told_ago=12, manual_followup=True)
        self.add_line(told, 3, "to_be_sent", ago=2)
        others = {}
        for state in ("draft", "ignored", "to_be_sent", "error", "email_error"):
            others[state] = self.get_receivable(self.create_invoice(10, days_overdue=60))
            self.add_line(others[state], 1, state)
        wizard = self.open_wizard(source="credit_control")
        self.assertFalse(self.read_file(wizard))
        self.assertRecordValues(wizard.level_ids, [{"name": "2", "count": 1, "days": 10}])
        wizard.action_import()
        self.assertRecordValues(
            told, [{"collections_days": 10, "collections_date": self.today - timedelta(days=12)}]
        )
        for state, line in others.items():
            self.assertFalse(line.collections_date, state)

    def test_while_reminders_are_on_their_way_nothing_is_taken_over(self):
        self.make_credit_control()
        line = self.get_receivable(self.create_invoice(100, days_overdue=60))
        self.add_line(line, 1)
        self.add_line(line, 2, "queued")
        wizard = self.open_wizard(source="credit_control")
        self.assertIn(
            "1 reminders of the former system are still on their way", self.read_file(wizard)
        )
        self.env.cr.execute("UPDATE credit_control_line SET state = 'email_error' WHERE level = 2")
        self.assertFalse(self.read_file(wizard))
        self.assertEqual(wizard.level_ids.name, "1")

    def test_the_last_one_sent_counts_also_after_a_change_of_policy(self):
        self.make_credit_control()
        changed = self.get_receivable(self.create_invoice(100, days_overdue=90))
        self.add_line(changed, 3, ago=40, manually_overridden=True)
        self.add_line(changed, 1, policy=2, ago=9)
        plain = self.get_receivable(self.create_invoice(100, days_overdue=90))
        self.add_line(plain, 2, ago=20, date_sent=self.today - timedelta(days=7))
        wizard = self.open_wizard(source="credit_control")
        self.assertFalse(self.read_file(wizard))
        self.assertEqual(
            {level.name: level.days for level in wizard.level_ids},
            {"2 time policy · 1": 3, "3 time policy · 2": 10},
        )
        wizard.action_import()
        self.assertRecordValues(
            changed + plain,
            [
                {"collections_days": 3, "collections_date": self.today - timedelta(days=9)},
                {"collections_days": 10, "collections_date": self.today - timedelta(days=7)},
            ],
        )

    def test_each_receivable_for_itself_paid_ones_and_other_companies_left_aside(self):
        self.make_credit_control()
        terms = self.env.ref("account.account_payment_term_advance_60days")
        parts = self.get_receivable(
            self.create_invoice(100, days_overdue=90, invoice_payment_term_id=terms.id,
                                invoice_date_due=False)
        ).sorted("date_maturity")  # fmt: skip
        self.add_line(parts[0], 2, told_ago=10)
        partly = self.create_invoice(100, days_overdue=30)
        self.pay(partly, amount=40)
        self.add_line(self.get_receivable(partly), 1, told_ago=10)
        paid = self.create_invoice(100, days_overdue=30)
        self.add_line(self.get_receivable(paid), 1)
        self.pay(paid)
        dollars = self.setup_other_currency("EUR")
        foreign = self.create_invoice(100, days_overdue=30, currency_id=dollars.id)
        self.add_line(self.get_receivable(foreign), 1, told_ago=10)
        other = self.setup_other_company()["company"]
        elsewhere = self.env["account.move"].with_company(other).create(
            {"move_type": "out_invoice", "partner_id": self.debtor.id,
             "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 1, "tax_ids": []})]}
        )  # fmt: skip
        elsewhere.action_post()
        self.add_line(self.get_receivable(elsewhere), 3)
        wizard = self.open_wizard(source="credit_control")
        self.assertFalse(self.read_file(wizard))
        self.assertEqual({level.name: level.count for level in wizard.level_ids}, {"1": 2, "2": 1})
        wizard.action_import()
        self.assertEqual(parts.mapped("collections_days"), [10, 0])
        self.assertFalse(parts[1].collections_date, "the second instalment was not reminded of")
        self.assertEqual(self.get_receivable(partly).collections_days, 3)
        self.assertEqual(self.get_receivable(foreign).collections_days, 3)
        self.assertFalse(self.get_receivable(paid).collections_date)
        self.assertFalse(self.get_receivable(elsewhere).collections_date)
        self.assertEqual(self.get_case().last_contact_date, self.today - timedelta(days=10))

    def test_followup_tells_days_and_a_level_set_by_hand_has_no_day(self):
        self.make_followup(15, 40)
        mailed = self.get_receivable(self.create_invoice(100, days_overdue=60))
        called = self.get_receivable(self.create_invoice(100, days_overdue=60))
        by_hand = self.get_receivable(self.create_invoice(100, days_overdue=20))
        never = self.get_receivable(self.create_invoice(100, days_overdue=60))
        credit = self.get_receivable(
            self.create_invoice(30, days_overdue=60, move_type="out_refund")
        )
        self.note_followup(mailed, 1, self.today - timedelta(days=30))
        self.note_followup(called, 2, self.today - timedelta(days=3))
        self.note_followup(by_hand, 1, None)
        self.note_followup(credit, 1, self.today)
        wizard = self.open_wizard(source="followup")
        self.assertFalse(self.read_file(wizard))
        self.assertEqual({level.name: level.days for level in wizard.level_ids},
                         {"15": 15, "40": 40})  # fmt: skip
        wizard.action_import()
        self.assertRecordValues(
            mailed + called + by_hand,
            [
                {"collections_days": 15, "collections_date": self.today - timedelta(days=30)},
                {"collections_days": 40, "collections_date": self.today - timedelta(days=3)},
                {"collections_days": 15, "collections_date": self.today - timedelta(days=5)},
            ],
        )
        self.assertEqual(called.collections_step_id.days, 30)
        self.assertFalse(never.collections_date or credit.collections_date)

    def test_ten_thousand_receivables_are_placed_in_sets(self):
        self.make_followup(15, 40)
        invoice = self.create_invoice(100, days_overdue=60)
        line = self.get_receivable(invoice)
        self.env.flush_all()
        debtors = self.env["res.partner"].create([{"name": f"D{n}"} for n in range(500)])
        self.env.flush_all()
        own = ("id", "partner_id", "followup_line_id", "followup_date")
        [[names]] = self.env.execute_query(
            SQL(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
                " WHERE table_name = 'account_move_line' AND column_name <> ALL(%s)",
                list(own),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO account_move_line (%s, partner_id, followup_line_id, followup_date)
                SELECT line.*, debtor, 1 + n %% 2, %s::date - n
                  FROM (SELECT %s FROM account_move_line WHERE id = %s) line,
                       unnest(%s) debtor, generate_series(1, 20) n
                """,
                SQL(names),
                self.today,
                SQL(names),
                line.id,
                debtors.ids,
            )
        )
        self.env.invalidate_all()
        wizard = self.open_wizard(source="followup")
        queries, started = self.env.cr.sql_log_count, time.monotonic()
        self.assertFalse(self.read_file(wizard))
        wizard.action_import()
        seconds, queries = time.monotonic() - started, self.env.cr.sql_log_count - queries
        self.assertLess(seconds, 30)
        self.assertLess(queries, 400)
        [[placed]] = self.env.execute_query(
            SQL("SELECT count(*) FROM account_move_line WHERE collections_days IN (15, 40)")
        )
        self.assertEqual(placed, 10_000)
