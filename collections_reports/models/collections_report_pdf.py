import json
from urllib.parse import urlencode

from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_date, format_datetime, formatLang

from odoo.addons.collections_management.report.collections_printer import BOTTOM, TOP

from ..engine import documents, svg

# Rows of a table on paper: more is for a workbook.
ROWS = 500
TILES = 4
SIZES = (14, 12, 10.5, 9, 8)
# Width of the paper's text in millimetres, and the shape of a chart on it.
CHART_WIDTH, CHART_RATIO = 170, svg.HEIGHT / svg.WIDTH


class CollectionsReportPdf(models.AbstractModel):
    """A report on the company's paper: tiles, tables, charts as drawings, how figures are made."""

    _inherit = "collections.report"

    @api.model
    def _make_pdf(self, code, options=None, lang=None):
        """Return a report as PDF, with the rights of its reader.

        :param str lang: the reader's own language if empty
        :raise UserError: when it cannot be printed here
        """
        lang = lang or self.env.lang or self.env.user.lang or "en_US"
        reports = self.with_context(lang=lang)
        return reports._print_document(*reports._get_document(code, options))

    @api.model
    def _print_document(self, report, options, content):
        """Return a document as PDF on the paper of the current company."""
        printer = self.env["collections.printer"]
        stationery = printer._get_stationery(self.env.company, self.env.lang)
        values = {
            "content": content,
            "filters": self._get_filter_words(report, options),
            "made": self.env._(
                "Made on %(moment)s for %(reader)s, with what this person may see.",
                moment=format_datetime(self.env, content["made_on"], dt_format="short"),
                reader=self.env.user.name,
            ),
            "sections": [self._prepare_section(part, stationery) for part in content["sections"]],
            "definitions": self._get_definitions(content),
        }
        body = self.env["ir.qweb"]._render(
            "collections_reports.report_document", values, lang=self.env.lang
        )
        return printer._print(stationery, [body])[0]

    @api.model
    def _get_file_name(self, code, options=None):
        """Return the name of a report's file, without its ending."""
        report = self._get_report(code)
        read = report._read_options(options)
        day = read.get("date_to") or read.get("date") or report._today()
        title = "".join(sign for sign in report._get_title() if sign not in '/\\:*?"<>|')
        return f"{title} {day}"

    @api.model
    def _get_url(self, code, options=None):
        """Return the address of the screen of a report, with its filters."""
        actions = self.env["ir.actions.client"].sudo().search([("tag", "=", "collections_report")])
        action = next((one for one in actions if (one.params or {}).get("code") == code), None)
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url")
        if not action:
            return base
        place = action.path or f"action-{action.id}"
        # what the page reads its filters from (static/src/report/report_page.js)
        chosen = {name: value for name, value in (options or {}).items() if value}
        filters = urlencode({"filters": json.dumps({"code": code, **chosen})})
        return f"{base}/odoo/{place}?{filters}"

    # -- words -----------------------------------------------------------------------------------

    @api.model
    def _get_filter_words(self, report, options):
        """Return the filters a report was made with, as ``[(label, words)]``."""
        words = []
        for one in report._name_records(report._get_filters(), options):
            value = options.get(one["name"])
            if value in (None, "", False, []):
                continue
            words.append((one["label"], self._get_filter_value(one, value)))
        return words

    def _get_filter_value(self, one, value):
        if one["kind"] == "date":
            return format_date(self.env, value)
        if one["kind"] == "boolean":
            return self.env._("Yes")
        if one["kind"] == "choice":
            return dict(one["choices"]).get(value, value)
        if one["kind"] == "records":
            return ", ".join(name for _id, name in one["records"])
        return str(value)

    @api.model
    def _write(self, value, kind="text", currency=None, short=False):
        """Return a value of a document in words.

        :param currency: the record of its money's currency; None: written without a symbol
        :param short: as on an axis, where there is little room
        """
        if value is None or value is False or value == "":
            return "–"
        if kind == "record":
            return value["name"]
        if kind == "date":
            return format_date(self.env, value)
        if kind == "text":
            return str(value)
        if short:
            return self._write_short(value, kind, currency)
        words = self._write_number(abs(value), kind, currency)
        zero = not any(sign in "123456789" for sign in words)
        return f"−{words}" if value < 0 and not zero else words

    def _write_number(self, value, kind, currency):
        if kind == "money" and currency:
            return formatLang(self.env, value, currency_obj=currency)
        if kind == "percent":
            return formatLang(self.env, value, digits=1) + " %"
        digits = 0 if kind == "integer" else 1 if kind == "days" else 2
        return formatLang(self.env, value, digits=digits)

    def _write_short(self, value, kind, currency):
        """Return a number with two or three telling digits: 1.2 M, 45 k, 7 %."""
        size = abs(value)
        sign = "−" if value < 0 else ""
        unit = next((item for item in ((1e9, " G"), (1e6, " M"), (1e3, " k")) if size >= item[0]),
                    (1, ""))  # fmt: skip
        number = size / unit[0]
        digits = 0 if kind == "integer" or number >= 100 or number == int(number) else 1
        ending = " %" if kind == "percent" else unit[1]
        return sign + formatLang(self.env, number, digits=digits) + ending

    # -- sections --------------------------------------------------------------------------------

    def _prepare_section(self, section, stationery):
        """Return what the template shows of a section."""
        prepare = getattr(self, f"_prepare_{section['type']}")
        return {"type": section["type"], "title": section["title"], "name": section["name"],
                "note": section.get("note"), **prepare(section, stationery)}  # fmt: skip

    def _prepare_text(self, section, stationery):
        return {"paragraphs": section["paragraphs"]}

    def _prepare_figures(self, section, stationery):
        tiles = [self._prepare_tile(item) for item in section["figures"]]
        lines = [tiles[start : start + TILES] for start in range(0, len(tiles), TILES)]
        return {"lines": lines, "tiles_wide": min(TILES, max(len(tiles), 1))}

    def _prepare_tile(self, item):
        currency = self.env["res.currency"].browse(item["currency"] or [])
        value = item["value"]
        words = self._write(value, item["kind"], currency)
        if item["kind"] == "days" and value is not None:
            words = self.env._("%s days", words)
        return {"label": item["label"], "value": None if value is None else words,
                "undefined": item["undefined"], "caveat": item["caveat"],
                **self._prepare_movement(item, currency)}  # fmt: skip

    def _prepare_movement(self, item, currency):
        """Return how a figure moved: an arrow, the words and whether that is good."""
        value, previous = item["value"], item["previous"]
        if value is None or previous is None or item["kind"] in ("text", "date", "record"):
            return {"arrow": "", "before": "", "tone": ""}
        up = value > previous
        arrow = "" if value == previous else "▲" if up else "▼"
        tone = ""
        if arrow and item["better"]:
            tone = "good" if up == (item["better"] == "up") else "bad"
        before = self.env._("before: %s", self._write(previous, item["kind"], currency))
        return {"arrow": arrow, "before": before, "tone": tone}

    def _prepare_table(self, section, stationery):
        rows = section["rows"][:ROWS]
        left_out = len(section["rows"]) - len(rows) + section["more"]
        currencies = {item["currency"] for item in (*rows, *section["totals"])} - {None, False}
        money = any(item["kind"] == "money" for item in section["columns"])
        single = money and len(currencies) == 1
        written = [self._prepare_row(item, section["columns"], single) for item in rows]
        totals = [
            self._prepare_row(item, section["columns"], single, total=True)
            for item in section["totals"]
        ]
        columns = [self._prepare_column(item) for item in section["columns"]]
        size = self._fit(columns, [*written, *totals], stationery)
        cut = left_out and self.env._(
            "The first %(shown)s of %(all)s; all of them are in the workbook.",
            shown=self._write(len(rows), "integer"),
            all=self._write(len(rows) + left_out, "integer"),
        )
        return {
            "columns": columns,
            "pages": self._break_pages(written, size, stationery),
            "totals": totals,
            "size": size,
            "currency": self._get_currency_words(currencies) if single else None,
            "empty": section["empty"] or self.env._("Nothing in this period."),
            "cut": cut or None,
        }

    def _fit(self, columns, rows, stationery):
        """Shorten texts so that a row has one line, and return the size of its letters: the more
        figures, the smaller. A figure is never cut."""
        width = stationery.px * CHART_WIDTH
        longest = [
            max((len(row["cells"][number]["words"]) for row in rows), default=0)
            for number in range(len(columns))
        ]
        texts = [number for number, column in enumerate(columns) if column["shrinks"]]
        # a label may break between its words
        heads = [
            max((len(word) for word in column["label"].split()), default=0) for column in columns
        ]
        fixed = sum(
            max(longest[number], heads[number])
            for number, column in enumerate(columns)
            if not column["shrinks"]
        )
        for size in SIZES:
            # how wide a letter is, beside how high; the space between columns
            room = (width - 11 * len(columns)) / (size * 0.6) - fixed
            if room >= sum(min(longest[number], 16) for number in texts):
                break
        wanted = sum(longest[number] for number in texts)
        for number in texts:
            share = longest[number] if room >= wanted else room * longest[number] / wanted
            for row in rows:
                cell = row["cells"][number]
                cell["words"] = svg.shorten(cell["words"], max(int(share), 8))
        return size

    def _break_pages(self, rows, size, stationery):
        """Return the rows by page: a table of more than half a page begins on a page of its own,
        and each page says again what its columns are."""
        left = stationery.px * (stationery.size[1] - TOP - BOTTOM) - 60 - 6 * size
        most = max(int(left / (size * 1.36 + 7.5)), 10)
        if len(rows) <= most // 2:
            return [rows]
        return [rows[start : start + most] for start in range(0, len(rows), most)]

    def _prepare_column(self, item):
        return {
            "label": item["label"],
            "right": item["kind"] not in ("text", "record", "date"),
            "shrinks": item["kind"] in ("text", "record"),
            "colour": svg.TONES.get(item["tone"]),
        }

    def _prepare_row(self, item, columns, single, total=False):
        currency = self.env["res.currency"].browse(item["currency"] or [])
        cells = []
        for number, column in enumerate(columns):
            value = item["cells"].get(column["name"])
            missing = value is None
            words = self._write(value, column["kind"], None if single else currency)
            if column["kind"] == "money" and single and not missing:
                words = self._write_plain(value, currency)
            if total and missing:
                words = self.env._("Total") if number == 0 else ""
            number_kind = column["kind"] not in ("text", "record", "date")
            cells.append(
                {
                    "words": words,
                    "right": number_kind,
                    "negative": number_kind and not missing and value < 0,
                }
            )
        return {"cells": cells, "level": item["level"], "muted": item["muted"]}

    def _write_plain(self, value, currency):
        words = formatLang(self.env, abs(value), digits=currency.decimal_places)
        zero = not any(sign in "123456789" for sign in words)
        return f"−{words}" if value < 0 and not zero else words

    def _prepare_chart(self, section, stationery):
        def write(value):
            return self._write(value, section["value_kind"], short=True)

        drawing = svg.draw(section, write)
        width = float(stationery.mm(CHART_WIDTH).removesuffix("px"))
        size = f'width="{width:.0f}" height="{width * CHART_RATIO:.0f}"'
        drawing = drawing.replace(f'width="{svg.WIDTH}" height="{svg.HEIGHT}"', size, 1)
        currency = [section["currency"]] if section["currency"] else []
        return {
            "drawing": Markup(drawing),  # noqa: S704  (drawn by engine.svg, which escapes texts)
            "currency": self._get_currency_words(currency),
            "empty": self.env._("There is nothing to draw in this period."),
        }

    def _get_currency_words(self, ids):
        """Return in which currency the amounts of a section are; None without one."""
        name = self.env["res.currency"].browse(ids).name
        return name and self.env._("Amounts in %s", name)

    @api.model
    def _get_definitions(self, content):
        """Return how the figures of a document are made, each once."""
        found = {item["term"]: item for item in content["definitions"]}
        for section in content["sections"]:
            for item in section.get("figures", ()):
                if item["formula"] and item["label"] not in found:
                    found[item["label"]] = documents.definition(
                        item["label"], item["formula"], item["sources"], item["caveat"]
                    )
        return list(found.values())
