import base64
import io
import unittest
from datetime import date, datetime, timedelta

import openpyxl

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.collections_management.engine import state_rows
from odoo.addons.collections_management.engine.state_rows import Fault, Row

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
        self.assertEqual(faults, [Fault(2, "date", "no_date", "12/31/2026")])

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
