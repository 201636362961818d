import base64
import csv
import io
import zipfile
from collections import Counter, defaultdict

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from ..engine import state_rows

MAX_ROWS = 100_000
SHOWN = 20


class CollectionsStateImport(models.TransientModel):
    """Take over which reminder each invoice got last from the system used before, so that nobody
    is told twice and the ladder goes on where it stood.

    All or nothing: while one row cannot be read or matched, nothing is imported.
    """

    _name = "collections.state.import"
    _description = "Import the Dunning State"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    source = fields.Selection(
        selection="_get_sources", required=True, default="file", string="From"
    )
    file = fields.Binary(string="Spreadsheet")
    filename = fields.Char()
    order = fields.Selection(
        [("day", "Day first: 31/12/2026"), ("month", "Month first: 12/31/2026")],
        string="Written Dates",
        required=True,
        default="day",
    )
    level_ids = fields.One2many("collections.state.import.level", "import_id", string="Levels")
    faults = fields.Text(readonly=True)
    summary = fields.Char(readonly=True)

    # -- sources ---------------------------------------------------------------------------------

    def _get_sources(self):
        """Return what can be read: a file, and the dunning addons found in this database."""
        sources = [("file", self.env._("A spreadsheet (XLSX or CSV)"))]
        if column_exists(self.env.cr, "credit_control_line", "move_line_id"):
            sources.append(("credit_control", self.env._("OCA Account Credit Control")))
        if column_exists(self.env.cr, "account_move_line", "followup_line_id"):
            sources.append(("followup", self.env._("Account Follow-up (om_account_followup)")))
        return sources

    def _read_credit_control(self):
        """Return ``[(line id, level, date)]`` of what OCA's account_credit_control sent last."""
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (sent.move_line_id)
                       sent.move_line_id, sent.level::text, coalesce(sent.date_sent, sent.date)
                  FROM credit_control_line sent
                  JOIN account_move_line line ON line.id = sent.move_line_id
                 WHERE sent.state = 'sent' AND line.company_id = %s AND %s
              ORDER BY sent.move_line_id, sent.level DESC, sent.date DESC
                """,
                self.company_id.id,
                self.env["collections.ledger"]._get_open_sql("line"),
            )
        )

    def _read_followup(self):
        """Return ``[(line id, level, date)]`` of the last level om_account_followup noted."""
        return self.env.execute_query(
            SQL(
                """
                SELECT line.id, level.delay::text,
                       coalesce(line.followup_date, line.date_maturity, line.date)
                  FROM account_move_line line
                  JOIN followup_line level ON level.id = line.followup_line_id
                 WHERE line.company_id = %s AND %s
                """,
                self.company_id.id,
                self.env["collections.ledger"]._get_open_sql("line"),
            )
        )

    def _read_file(self):
        """Return ``[(line id, level, date)]`` of the spreadsheet.

        :raise UserError: naming each row and column that is wrong
        """
        rows, faults = state_rows.read(self._get_table(), self.order)
        lines = self._match({row.invoice for row in rows})
        unknown = [row for row in rows if row.invoice not in lines]
        faults += [
            state_rows.Fault(row.number, "invoice", "unknown", row.invoice) for row in unknown
        ]
        today = self.env["collections.ledger"]._today(self.company_id)
        faults += [
            state_rows.Fault(row.number, "date", "future", str(row.sent))
            for row in rows
            if row.sent > today
        ]
        if faults:
            raise UserError(self._explain_faults(faults))
        return [(line_id, row.level, row.sent) for row in rows for line_id in lines[row.invoice]]

    def _get_table(self):
        """Return the cells of the first sheet as a list of rows.

        :raise UserError: when the file cannot be read at all
        """
        data = base64.b64decode(self.file or b"")
        if not data:
            raise UserError(self.env._("Choose the spreadsheet."))
        try:
            if (self.filename or "").lower().endswith(".csv"):
                table = self._read_csv(data)
            else:
                book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
                table = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        except (InvalidFileException, zipfile.BadZipFile, KeyError, csv.Error, ValueError) as error:
            raise UserError(
                self.env._(
                    "%(file)s cannot be read as a spreadsheet: save it as XLSX or CSV.",
                    file=self.filename or "",
                )
            ) from error
        if len(table) > MAX_ROWS:
            raise UserError(
                self.env._("At most %(count)s rows at a time: split the file.", count=MAX_ROWS)
            )
        return table

    def _read_csv(self, data):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
        heading = text.partition("\n")[0]
        delimiter = max(";,\t", key=heading.count)
        return [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]

    def _match(self, names):
        """Return ``{invoice number: [ids of its open receivables]}``; a paid one has none."""
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "posted"),
                ("name", "in", list(names)),
            ]
        )
        lines = self.env["account.move.line"].search(
            self.env["collections.ledger"]._get_open_domain()
            & fields.Domain([("move_id", "in", moves.ids), ("balance", ">", 0)])
        )
        found = {move.name: [] for move in moves}
        for line in lines:
            found[line.move_id.name].append(line.id)
        return found

    def _explain_faults(self, faults):
        columns = {
            "invoice": self.env._("Invoice"),
            "level": self.env._("Level"),
            "date": self.env._("Date"),
        }
        words = {
            "empty": self.env._("there is nothing in it"),
            "no_column": self.env._("no column of this name; found: %(found)s"),
            "two_columns": self.env._("two columns could be it: rename “%(found)s”"),
            "missing": self.env._("the cell is empty"),
            "no_date": self.env._("“%(found)s” is not a date"),
            "double": self.env._("%(found)s is in row %(other)s already"),
            "unknown": self.env._("no posted invoice “%(found)s” in this company"),
            "future": self.env._("%(found)s lies in the future"),
        }
        lines = [
            self.env._(
                "Row %(row)s, column %(column)s: %(fault)s",
                row=fault.row,
                column=columns.get(fault.column, "–"),
                fault=words[fault.code] % {"found": fault.found, "other": fault.other},
            )
            for fault in sorted(faults, key=lambda fault: fault.row)[:SHOWN]
        ]
        if len(faults) > SHOWN:
            lines.append(self.env._("… and %(count)s more.", count=len(faults) - SHOWN))
        return "\n".join([self.env._("Nothing was imported."), *lines])

    # -- doing it --------------------------------------------------------------------------------

    def _read(self):
        return getattr(self.sudo(), f"_read_{self.source}")()

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import the dunning state"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
            "target": "new",
        }

    def action_read(self):
        """Read and check everything, and propose what each former level stands for."""
        self.ensure_one()
        self.env["collections.run"]._check_manager()
        self.level_ids.unlink()
        try:
            rows = self._read()
        except UserError as error:
            self.write({"faults": str(error), "summary": False})
            return self._open()
        counts = Counter(level for _line, level, _sent in rows)
        proposal = self._propose(counts)
        self.write(
            {
                "faults": False,
                "summary": self.env._(
                    "%(count)s open receivables can be placed. Nothing is imported yet.",
                    count=len(rows),
                ),
                "level_ids": [
                    Command.create({"name": level, "count": count, "days": proposal[level]})
                    for level, count in counts.items()
                ],
            }
        )
        return self._open()

    def _propose(self, levels):
        """Return ``{level: days}``: follow-up levels are days already, others are ranked."""
        if self.source == "followup":
            return {level: int(level) for level in levels}
        segments = self.env["collections.segment"].sudo()
        domain = [("company_id", "in", (False, self.company_id.id))]
        steps = segments.search(domain)[-1:].strategy_id.step_ids
        days = [step.days for step in steps if step.days > 0] or [1]
        return state_rows.propose(levels, days)

    def action_import(self):
        """Place the receivables on the ladder: the file is read and checked once more."""
        self.ensure_one()
        self.env["collections.run"]._check_manager()
        rows = self._read()
        days = {level.name: level.days for level in self.level_ids}
        missing = {level for _line, level, _sent in rows} - set(days)
        if missing or not rows:
            raise UserError(self.env._("Read it first: there is nothing checked to import."))
        count = self.sudo()._place([(line, days[level], sent) for line, level, sent in rows])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s receivables stand where the former system left them.", count=count
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _place(self, rows):
        """Write ``[(line id, days, date)]`` on the receivables, and tell the log of their cases.

        :return: how many were placed
        """
        self.env["collections.ledger"]._refresh(self.company_id)
        self.env["collections.segment"]._assign(self.company_id)
        lines = self.env["account.move.line"].browse([row[0] for row in rows])
        cases = self.env["collections.case"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "in", lines.partner_id.commercial_partner_id.ids),
                ("state", "=", "open"),
            ]
        )
        by_partner = cases.grouped("partner_id")
        by_date, last = defaultdict(list), {}
        for line, (line_id, days, sent) in zip(lines, rows, strict=True):
            case = by_partner[line.partner_id.commercial_partner_id]
            steps = case.strategy_id.step_ids.filtered(lambda step, days=days: step.days <= days)
            by_date[sent].append((line_id, days, steps.sorted("days")[-1:].id or None, 1))
            last.setdefault(case, []).append(sent)
        for sent, placed in by_date.items():
            self.env["collections.position"]._write_positions(placed, sent)
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line SET collections_entry_date = NULL WHERE id = ANY(%s)",
                lines.ids,
            )
        )
        lines.invalidate_recordset(["collections_entry_date"])
        for case, days in last.items():
            newest = max(days)
            if not case.last_contact_date or case.last_contact_date < newest:
                case.last_contact_date = newest
        self.env["collections.log"]._append(
            [
                {
                    "case_id": case.id,
                    "event": "note",
                    "data": {"imported": len(days), "last": str(max(days))},
                    "user_id": self.env.uid,
                }
                for case, days in last.items()
            ]
        )
        return len(rows)
