import base64
import csv
import io
import zipfile
from collections import Counter, defaultdict

import openpyxl

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date
from odoo.tools.sql import column_exists

from ..engine import state_rows

MAX_BYTES = 25 * 2**20  # of the file
MAX_UNPACKED = 200 * 2**20  # of what an XLSX, which is a ZIP, holds
MAX_ROWS = 100_000
MAX_COLUMNS = 100
SHOWN = 20
TEXT_FILES = (".csv", ".txt", ".tsv")


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
        """Return what can be read: a file, and the dunning addons found in this database.

        What counts is the data: an addon that was not installed again after an upgrade left its
        tables, and they can be read.
        """
        sources = [("file", self.env._("A spreadsheet (XLSX or CSV)"))]
        if self._has_columns("credit_control_line.move_line_id", "credit_control_policy.name"):
            sources.append(("credit_control", self.env._("OCA Account Credit Control")))
        if self._has_columns("account_move_line.followup_date", "followup_line.delay"):
            sources.append(("followup", self.env._("Account Follow-up (om_account_followup)")))
        return sources

    def _has_columns(self, *names):
        return all(column_exists(self.env.cr, *name.split(".")) for name in names)

    def _read_credit_control(self):
        """Return ``[(line id, level, date)]`` of what OCA's account_credit_control sent last.

        A line of its runs is ``sent`` once its e-mail left, its letter was printed or somebody
        marked it as done; ``draft``, ``ignored``, ``to_be_sent``, ``error`` and ``email_error``
        reached nobody. It fills no ``date_sent`` by itself: the day of its communication is the
        day it was sent, which is never before the day it was decided on.

        :raise UserError: while reminders of it are on their way
        """
        self.env.flush_all()
        self._check_none_queued()
        told = (
            SQL(
                "(SELECT report_date FROM credit_control_communication"
                " WHERE id = sent.communication_id)"
            )
            if self._has_columns("credit_control_communication.report_date")
            else SQL("NULL")
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (line.id)
                       line.id, policy.name, sent.level::text,
                       coalesce(sent.date_sent, greatest(sent.date, %(told)s)) AS day
                  FROM credit_control_line sent
                  JOIN account_move_line line ON line.id = sent.move_line_id
             LEFT JOIN credit_control_policy policy ON policy.id = sent.policy_id
                 WHERE sent.state = 'sent' AND %(open)s
              ORDER BY line.id, day DESC, sent.level DESC, sent.id DESC
                """,
                told=told,
                open=self._get_open_sql(),
            )
        )
        several = len({policy for _line, policy, _level, _day in rows}) > 1
        return [
            (line, f"{policy}{state_rows.LADDER}{level}" if several and policy else level, day)
            for line, policy, level, day in rows
        ]

    def _check_none_queued(self):
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FROM credit_control_line sent
                  JOIN account_move_line line ON line.id = sent.move_line_id
                 WHERE sent.state = 'queued' AND %s
                """,
                self._get_open_sql(),
            )
        )
        if count:
            raise UserError(
                self.env._(
                    "%(count)s reminders of the former system are still on their way (queued). "
                    "Let them leave, or mark them there, and read again: nobody is to be told "
                    "twice.",
                    count=count,
                )
            )

    def _read_followup(self):
        """Return ``[(line id, level, date)]`` of the last level om_account_followup noted.

        It notes level and day on the journal item, whatever the level did: e-mail, letter or a
        task. A level set by hand has no day: the day it was due for it at the earliest.
        """
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT line.id, level.delay::text,
                       coalesce(line.followup_date,
                                least(coalesce(line.date_maturity, line.date) + level.delay, %s))
                  FROM account_move_line line
                  JOIN followup_line level ON level.id = line.followup_line_id
                 WHERE %s
              ORDER BY line.id
                """,
                self.env["collections.ledger"]._today(self.company_id),
                self._get_open_sql(),
            )
        )

    def _get_open_sql(self):
        """Return the condition on ``line`` of what is owed to the company still."""
        return SQL(
            "line.company_id = %s AND line.balance > 0 AND %s",
            self.company_id.id,
            self.env["collections.ledger"]._get_open_sql("line"),
        )

    def _read_file(self):
        """Return ``[(line id, level, date)]`` of the spreadsheet.

        :raise UserError: naming each row and column that is wrong
        """
        table, epoch = self._get_table()
        rows, faults = state_rows.read(table, self.order, epoch)
        lines, doubtful = self._match({row.invoice for row in rows})
        today = self.env["collections.ledger"]._today(self.company_id)
        for row in rows:
            if row.invoice in doubtful:
                faults.append(state_rows.Fault(row.number, "invoice", "doubtful", row.invoice))
            elif row.invoice not in lines:
                faults.append(state_rows.Fault(row.number, "invoice", "unknown", row.invoice))
            if row.sent > today:
                faults.append(state_rows.Fault(row.number, "date", "future", str(row.sent)))
        if faults:
            raise UserError(self._explain_faults(faults))
        return [(line_id, row.level, row.sent) for row in rows for line_id in lines[row.invoice]]

    def _get_table(self):
        """Return the cells of the first sheet as a list of rows, and the day 0 of its numbers.

        :raise UserError: when the file cannot be read, or holds too much to be read at once
        """
        data = base64.b64decode(self.file or b"")
        if not data:
            raise UserError(self.env._("Choose the spreadsheet."))
        if len(data) > MAX_BYTES:
            raise self._too_much()
        try:
            if data.startswith(b"PK"):
                return self._read_xlsx(data)
            if (self.filename or "").lower().endswith(TEXT_FILES):
                return self._read_csv(data), state_rows.EPOCH
        except UserError:
            raise
        except Exception as error:  # a broken book breaks its reader in many ways
            raise self._unreadable() from error
        raise self._unreadable()

    def _unreadable(self):
        return UserError(
            self.env._(
                "%(file)s cannot be read as a spreadsheet: save it as XLSX or CSV.",
                file=self.filename or "",
            )
        )

    def _too_much(self):
        return UserError(
            self.env._(
                "%(file)s holds too much: at most %(rows)s rows and %(size)s MB at a time. Leave "
                "only the three columns in it, or split it.",
                file=self.filename or "",
                rows=MAX_ROWS,
                size=MAX_BYTES // 2**20,
            )
        )

    def _read_xlsx(self, data):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise self._too_much()
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size may be anything
        table = self._limit(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
        return table, book.epoch.date()

    def _read_csv(self, data):
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = data.decode("utf-16")
        else:
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = data.decode("latin-1")
        heading = text.partition("\n")[0]
        delimiter = max(";,\t", key=heading.count)
        return self._limit(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))

    def _limit(self, rows):
        """Return the rows in a list; empty ones keep their place, and cost nothing."""
        table, count = [], 0
        for row in rows:
            filled = any(value not in (None, "") for value in row)
            count += filled
            if count > MAX_ROWS + 1:
                raise self._too_much()
            table.append(row if filled else ())
        return table

    def _match(self, names):
        """Return ``({invoice number: [ids of its open receivables]}, doubtful numbers)``.

        A paid invoice has none. Doubtful are numbers that two documents bear, of which more than
        one is open: nobody can tell which is meant.
        """
        moves = self.env["account.move"].search_fetch(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "posted"),
                ("name", "in", list(names)),
                ("move_type", "not in", self.env["account.move"].get_purchase_types()),
            ],
            ["name"],
        )
        lines = self.env["account.move.line"].search_fetch(
            self.env["collections.ledger"]._get_open_domain()
            & fields.Domain([("move_id", "in", moves.ids), ("balance", ">", 0)]),
            ["move_id"],
        )
        by_move = {move.id: [] for move in moves}
        for line in lines:
            by_move[line.move_id.id].append(line.id)
        found, doubtful = {}, set()
        for move in moves:
            if found.get(move.name) and by_move[move.id]:
                doubtful.add(move.name)
            found[move.name] = found.get(move.name, []) + by_move[move.id]
        return found, doubtful

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
            "missing": self.env._("the cell is empty, or a formula without its result"),
            "no_date": self.env._("“%(found)s” is not a date"),
            "other_order": self.env._(
                "“%(found)s” is a date only if the other one, day or month, comes first"
            ),
            "double": self.env._("%(found)s is in row %(other)s already"),
            "unknown": self.env._("no posted invoice “%(found)s” in this company"),
            "doubtful": self.env._("two open documents bear the number “%(found)s”"),
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
        """Return ``[(line id, level, date)]`` of the source.

        :raise UserError: when it cannot be read
        """
        if self.source not in dict(self._get_sources()):
            raise UserError(self.env._("There is nothing of this system in the database."))
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
        if not rows:
            nothing = self.env._(
                "Nothing to take over: no reminder of an open receivable was sent."
            )
            self.write({"faults": nothing, "summary": False})
            return self._open()
        counts = Counter(level for _line, level, _sent in rows)
        proposal = self._propose(counts)
        days = [sent for _line, _level, sent in rows]
        self.write(
            {
                "faults": False,
                "summary": self.env._(
                    "%(count)s open receivables can be placed, reminded of between %(first)s and "
                    "%(last)s. Nothing is imported yet.",
                    count=len(rows),
                    first=format_date(self.env, min(days)),
                    last=format_date(self.env, max(days)),
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
        ladders = {
            strategy: [(step.days, step.id) for step in strategy.step_ids.sorted("days")]
            for strategy in cases.strategy_id
        }
        by_date, last = defaultdict(list), defaultdict(list)
        for line, (line_id, days, sent) in zip(lines, rows, strict=True):
            case = by_partner.get(line.partner_id.commercial_partner_id, cases.browse())
            reached = [id_ for height, id_ in ladders.get(case.strategy_id, ()) if height <= days]
            by_date[sent].append((line_id, days, reached[-1] if reached else None, 1))
            last[case].append(sent)
        last.pop(cases.browse(), None)  # what no debtor of ours owes has a place, but no file
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
