import re
from collections import defaultdict
from datetime import date
from tempfile import TemporaryFile

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from odoo import api, models

SHEET_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
SHEET_LENGTH = 31
ROWS_MOST = 1_048_000  # what a sheet holds, less the heads
TEXT_LENGTH = 32_000  # what a cell holds, and some to spare
EPOCH = date(1899, 12, 30).toordinal()  # day 0 of a sheet
NUMBERS = {"money", "number", "integer", "days", "percent"}
WIDTHS = {"text": 24, "record": 34, "date": 12, "money": 15, "percent": 11, "integer": 9}


class CollectionsReport(models.AbstractModel):
    """Reports as workbooks: totals are formulas, rows go to disk as they come."""

    _inherit = "collections.report"

    @api.model
    def _make_xlsx(self, code, options=None):
        """Return a report as the bytes of a workbook, in the reader's language and rights."""
        with TemporaryFile() as file:
            self._write_xlsx(code, options, file)
            file.seek(0)
            return file.read()

    @api.model
    def _write_xlsx(self, code, options, file):
        """Write a report as a workbook into a file that is open for binary writing."""
        report, read, content = self._get_document(code, options)
        settings = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(file, settings) as book:
            book.set_properties(
                {"title": content["title"], "company": self.env.company.name or "",
                 "comments": content["subtitle"] or ""}
            )  # fmt: skip
            writer = _Writer(book, content, self._get_xlsx_words())
            writer.write_summary()
            for section in content["sections"]:
                if section["type"] == "table":
                    writer.write_table(section, report._iter_rows(read, section))
                elif section["type"] == "chart":
                    writer.write_chart(section)
            writer.write_definitions()

    def _get_xlsx_words(self):
        return {
            "summary": self.env._("Summary"),
            "figure": self.env._("Figure"),
            "value": self.env._("Value"),
            "before": self.env._("Before"),
            "currency": self.env._("Currency"),
            "formula": self.env._("How it is made"),
            "sources": self.env._("Sources"),
            "caveat": self.env._("What it does not say"),
            "definitions": self.env._("Definitions"),
            "term": self.env._("Term"),
            "total": self.env._("Total"),
            "table": self.env._("Table"),
            "label": self.env._("Label"),
            "cut": self.env._("A sheet holds no more rows: the rest is left out."),
        }


def _get_serial(value):
    """Return a date, or its ISO text, as the number a sheet keeps for it (days since 1899-12-30).

    Its format makes it a date again; ten years of entries are faster so than as datetimes.
    """
    day = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return day.toordinal() - EPOCH


class _Writer:
    """Writes the sheets of one document."""

    def __init__(self, book, content, words):
        self.book, self.content, self.words = book, content, words
        self.taken = set()
        self.formats = {}

    # -- formats ---------------------------------------------------------------------------------

    def format(self, kind="text", digits=2, *, bold=False, wrap=False, top=False):
        """Return the format of a cell, made once."""
        key = (kind, digits, bold, wrap, top)
        if key not in self.formats:
            values = {"valign": "top"}
            number = self._get_number_format(kind, digits)
            if number:
                values["num_format"] = number
            if bold:
                values["bold"] = True
            if wrap:
                values["text_wrap"] = True
            if top:
                values["top"] = 1
            self.formats[key] = self.book.add_format(values)
        return self.formats[key]

    def _get_number_format(self, kind, digits):
        if kind == "money":
            part = "#,##0" + ("." + "0" * digits if digits else "")
            return f"{part};[Color10]-{part};{part}"
        return {
            "number": "#,##0.00",
            "integer": "#,##0",
            "days": "#,##0.#",
            "percent": '0.0" %"',
            "date": "yyyy-mm-dd",
        }.get(kind)

    def head(self):
        if "head" not in self.formats:
            self.formats["head"] = self.book.add_format(
                {"bold": True, "bg_color": "#0b4f6c", "font_color": "#ffffff", "text_wrap": True,
                 "valign": "vcenter", "border": 1, "border_color": "#0b4f6c"}
            )  # fmt: skip
        return self.formats["head"]

    def digits(self, currency):
        return self._currency(currency).get("digits", 2)

    def _currency(self, currency):
        return self.content["currencies"].get(currency) or {}

    # -- sheets ----------------------------------------------------------------------------------

    def open(self, name):
        """Add a sheet with a name that is allowed and not taken."""
        clean = SHEET_FORBIDDEN.sub(" ", name or "").strip() or self.words["table"]
        title, number = clean[:SHEET_LENGTH], 2
        while title.lower() in self.taken:
            end = f" {number}"
            title, number = clean[: SHEET_LENGTH - len(end)] + end, number + 1
        self.taken.add(title.lower())
        return self.book.add_worksheet(title)

    def put(self, sheet, row, column, value, kind="text", currency=None, **look):
        """Write one value as what it is."""
        style = self.format(kind, self.digits(currency) if kind == "money" else 0, **look)
        if value is None or value is False or value == "":
            return sheet.write_blank(row, column, None, style)
        if kind == "record":
            return sheet.write_string(row, column, value["name"] or "", style)
        if kind == "date":
            return sheet.write_number(row, column, _get_serial(value), style)
        if kind == "text":
            return sheet.write_string(row, column, str(value)[:TEXT_LENGTH], style)
        return sheet.write_number(row, column, value, style)

    def write_heads(self, sheet, row, labels):
        sheet.set_row(row, 30)
        for column, label in enumerate(labels):
            sheet.write_string(row, column, label, self.head())

    def write_summary(self):
        """Write title, notes, figures and sentences."""
        sheet = self.open(self.words["summary"])
        for column, width in enumerate((40, 18, 18, 12, 60, 50, 50)):
            sheet.set_column(column, column, width)
        self.put(sheet, 0, 0, self.content["title"], bold=True)
        self.put(sheet, 1, 0, self.content["subtitle"])
        row = 2
        for note in self.content["notes"]:
            self.put(sheet, row, 0, note)
            row += 1
        for section in self.content["sections"]:
            if section["type"] == "figures":
                row = self._write_figures(sheet, row + 1, section)
            elif section["type"] == "text":
                row = self._write_text(sheet, row + 1, section)

    def _write_text(self, sheet, row, section):
        if section["title"]:
            self.put(sheet, row, 0, section["title"], bold=True)
            row += 1
        for paragraph in section["paragraphs"]:
            self.put(sheet, row, 0, paragraph)
            row += 1
        return row

    def _write_figures(self, sheet, row, section):
        if section["title"]:
            self.put(sheet, row, 0, section["title"], bold=True)
            row += 1
        names = ("figure", "value", "before", "currency", "formula", "sources", "caveat")
        self.write_heads(sheet, row, [self.words[name] for name in names])
        row += 1
        for one in section["figures"]:
            kind, currency = one["kind"], one["currency"]
            self.put(sheet, row, 0, one["label"])
            if one["value"] is None:
                self.put(sheet, row, 1, one["undefined"], wrap=True)
            else:
                self.put(sheet, row, 1, one["value"], kind, currency)
            self.put(sheet, row, 2, one["previous"], kind, currency)
            self.put(sheet, row, 3, self._currency(currency).get("name"))
            for column, name in enumerate(("formula", "sources", "caveat"), 4):
                self.put(sheet, row, column, one[name], wrap=True)
            row += 1
        return row

    def write_table(self, section, rows):
        """Write a table: heads frozen, a filter, its rows, and totals as formulas."""
        sheet = self.open(section["title"] or section["name"])
        table = _Table(self, sheet, section)
        table.fill(rows)

    def write_chart(self, section):
        """Write the values of a chart, and the chart beside them."""
        sheet = self.open(section["title"] or section["name"])
        labels = [self.words["label"], *[one["label"] for one in section["series"]]]
        self.write_heads(sheet, 0, labels)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, len(labels) - 1, 16)
        kind, currency = section["value_kind"], section["currency"]
        for row, label in enumerate(section["labels"], 1):
            self.put(sheet, row, 0, label)
            for column, one in enumerate(section["series"], 1):
                self.put(sheet, row, column, one["values"][row - 1], kind, currency)
        if section["labels"] and section["series"]:
            sheet.insert_chart(1, len(labels) + 1, self._make_chart(sheet, section))

    def _make_chart(self, sheet, section):
        kinds = {"bar": "column", "stacked": "column", "line": "line", "doughnut": "doughnut"}
        options = {"type": kinds[section["kind"]]}
        if section["kind"] == "stacked":
            options["subtype"] = "stacked"
        chart = self.book.add_chart(options)
        last = len(section["labels"])
        for column in range(1, len(section["series"]) + 1):
            chart.add_series(
                {
                    "name": [sheet.name, 0, column],
                    "categories": [sheet.name, 1, 0, last, 0],
                    "values": [sheet.name, 1, column, last, column],
                }
            )
        chart.set_title({"name": section["title"] or "", "name_font": {"size": 12}})
        chart.set_size({"width": 720, "height": 360})
        return chart

    def write_definitions(self):
        if not self.content["definitions"]:
            return
        sheet = self.open(self.words["definitions"])
        for column, width in enumerate((36, 60, 60, 60)):
            sheet.set_column(column, column, width)
        names = ("term", "formula", "sources", "caveat")
        self.write_heads(sheet, 0, [self.words[name] for name in names])
        sheet.freeze_panes(1, 0)
        for row, one in enumerate(self.content["definitions"], 1):
            for column, name in enumerate(names):
                self.put(sheet, row, column, one[name], wrap=True, bold=not column)


class _Table:
    """One table on its sheet. The currency of a row has a column of its own when there is money."""

    def __init__(self, writer, sheet, section):
        self.writer, self.sheet, self.section = writer, sheet, section
        self.columns = section["columns"]
        self.has_money = any(one["kind"] == "money" for one in self.columns)
        self.place = {}
        self.labels, widths = [], []
        for one in self.columns:
            self.place[one["name"]] = len(self.labels)
            self.labels.append(one["label"])
            widths.append(WIDTHS.get(one["kind"], 12))
            if len(self.labels) == 1 and self.has_money:
                self.labels.append(writer.words["currency"])
                widths.append(10)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        self.totals = [one["name"] for one in self.columns if one["total"]]
        self.cells = [
            (self.place[one["name"]], one["name"], one["kind"], self._get_formula(one))
            for one in self.columns
        ]
        self.text = writer.format()
        self.styles = {}

    def fill(self, rows):
        sheet = self.sheet
        self.writer.write_heads(sheet, 0, self.labels)
        sheet.freeze_panes(1, 1)
        number = 0
        sums = defaultdict(lambda: dict.fromkeys(self.totals, 0))
        for row in rows:
            if row["level"]:
                continue
            if number >= ROWS_MOST:
                self.writer.put(sheet, number + 1, 0, self.writer.words["cut"])
                break
            number += 1
            self._add(sums, row)
            self._write_row(number, row)
        if number:
            sheet.autofilter(0, 0, number, len(self.labels) - 1)
            self._write_totals(number, sums)

    def _add(self, sums, row):
        """Keep the totals, so that a reader that does not compute shows them too."""
        cells = row["cells"]
        found = sums[row["currency"]]
        for name in self.totals:
            found[name] += cells.get(name) or 0

    def _write_row(self, number, row):
        """Write the cells of a row: the loop of a hundred thousand rows, so it looks up little."""
        sheet, cells, currency = self.sheet, row["cells"], row["currency"]
        styles = self.styles.get(currency) or self._make_styles(currency)
        for column, name, kind, make_formula in self.cells:
            value = cells.get(name)
            if value is None or value is False or value == "":
                continue
            if make_formula:
                sheet.write_formula(number, column, make_formula(number), styles[name], value)
            elif kind in NUMBERS:
                sheet.write_number(number, column, value, styles[name])
            elif kind == "date":
                sheet.write_number(number, column, _get_serial(value), styles[name])
            else:
                text = value["name"] or "" if kind == "record" else str(value)
                sheet.write_string(number, column, text[:TEXT_LENGTH], styles[name])
        if self.has_money:
            sheet.write_string(number, 1, styles[None], self.text)

    def _make_styles(self, currency):
        """Return ``{column name: format}`` of the rows in a currency, and its name under None."""
        styles = {
            one["name"]: self.writer.format(one["kind"], self._digits(one, currency))
            for one in self.columns
        }
        styles[None] = self.writer._currency(currency).get("name") or ""
        self.styles[currency] = styles
        return styles

    def _digits(self, column, currency):
        return self.writer.digits(currency) if column["kind"] == "money" else 0

    def _get_formula(self, column):
        """Return what makes the formula of a row for a column that is made of others, or None."""
        places = [
            xl_col_to_name(self.place[name]) for name in column["sums"] or column["ratio"] or ()
        ]
        if column["sums"]:
            return lambda row: f"=ROUND({'+'.join(f'{one}{row + 1}' for one in places)},6)"
        if column["ratio"]:
            part, whole = places
            return lambda row: f'=IF({whole}{row + 1}>0,100*{part}{row + 1}/{whole}{row + 1},"")'
        return None

    def _write_totals(self, last, sums):
        """Write a total for each currency, under the rows: what the filter hides is counted too."""
        if not self.totals:
            return
        for offset, currency in enumerate(sums, 1):
            row = last + offset
            name = self.writer._currency(currency).get("name")
            self.writer.put(self.sheet, row, 0, self.writer.words["total"], bold=True, top=True)
            if self.has_money:
                self.writer.put(self.sheet, row, 1, name, bold=True, top=True)
            for one in self.columns:
                if one["total"]:
                    self._write_total(row, last, one, currency, sums)
                elif one["ratio"]:
                    self._write_total_ratio(row, one, sums[currency])

    def _write_total(self, row, last, one, currency, sums):
        column = self.place[one["name"]]
        letter = xl_col_to_name(column)
        area = f"{letter}2:{letter}{last + 1}"
        formula = f"=ROUND(SUM({area}),6)"
        if len(sums) > 1:
            formula = f"=ROUND(SUMIF(B2:B{last + 1},B{row + 1},{area}),6)"
        style = self.writer.format(one["kind"], self._digits(one, currency), bold=True, top=True)
        self.sheet.write_formula(row, column, formula, style, round(sums[currency][one["name"]], 6))

    def _write_total_ratio(self, row, one, sums):
        part, whole = (sums.get(name) for name in one["ratio"])
        value = 100 * part / whole if part is not None and whole and whole > 0 else ""
        style = self.writer.format(one["kind"], 0, bold=True, top=True)
        formula = self._get_formula(one)(row)
        self.sheet.write_formula(row, self.place[one["name"]], formula, style, value)
