"""Rows of a spreadsheet that tells which reminder each invoice got last, read without guessing.

Nothing here knows Odoo. What cannot be read becomes a :class:`Fault` that names row and column;
the caller imports nothing until there is none.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

# Words that name a column, without case and accents, in the languages of the product.
COLUMNS = {
    "invoice": ("invoice", "number", "document", "factura", "numero", "documento", "comprobante"),
    "level": ("level", "step", "nivel", "paso", "etapa"),
    "date": ("date", "sent on", "last sent", "fecha", "enviado", "fecha de envio"),
}
ORDERS = {"day": ("%d/%m/%Y", "%d/%m/%y"), "month": ("%m/%d/%Y", "%m/%d/%y")}


@dataclass(frozen=True)
class Row:
    """One line: ``number`` as the spreadsheet counts, ``level`` as written, ``sent`` a date."""

    number: int
    invoice: str
    level: str
    sent: date


@dataclass(frozen=True)
class Fault:
    """What is wrong: ``code`` and the cell. ``row`` 1 is the heading; ``found`` what stands there;
    ``other`` the row it collides with."""

    row: int
    column: str
    code: str
    found: str = ""
    other: int | None = None


def read(table, order="day"):
    """Read a table of cells.

    :param table: list of rows, each a list of cells (text, number, date, None); the first is the
        heading
    :param order: ``day`` or ``month``: which comes first in a written date such as 03/04/2026
    :return: ``(list[Row], list[Fault])``
    """
    if not table:
        return [], [Fault(1, "", "empty")]
    positions, faults = locate(table[0])
    if faults:
        return [], faults
    rows, seen = [], {}
    for number, cells in enumerate(table[1:], start=2):
        values = {name: cell(cells, position) for name, position in positions.items()}
        if not any(values.values()):
            continue
        found = check(number, values, order)
        invoice = text(values["invoice"])
        if invoice in seen:
            found.append(Fault(number, "invoice", "double", invoice, seen[invoice]))
        elif invoice:
            seen[invoice] = number
        faults += found
        if not found:
            sent = to_date(values["date"], order)
            rows.append(Row(number, invoice, text(values["level"]), sent))
    if not rows and not faults:
        faults.append(Fault(2, "", "empty"))
    return rows, faults


def locate(heading):
    """Return ``({column: index}, faults)`` of a heading."""
    titles = [plain(text(title)) for title in heading]
    positions, faults = {}, []
    for name, words in COLUMNS.items():
        found = [index for index, title in enumerate(titles) if title in words]
        if not found:
            faults.append(Fault(1, name, "no_column", ", ".join(filter(None, titles))))
        elif len(found) > 1:
            faults.append(Fault(1, name, "two_columns", titles[found[1]]))
        else:
            positions[name] = found[0]
    return positions, faults


def check(number, values, order):
    """Return the faults of one row."""
    faults = [Fault(number, name, "missing") for name in COLUMNS if values[name] is None]
    if values["date"] is not None and to_date(values["date"], order) is None:
        faults.append(Fault(number, "date", "no_date", text(values["date"])))
    return faults


def cell(cells, position):
    """Return a cell, None when it is blank or the row is too short."""
    value = cells[position] if position < len(cells) else None
    return value if text(value) else None


def text(value):
    """Return a cell as text; a whole number without its decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def plain(value):
    """Return a text without case and accents."""
    folded = unicodedata.normalize("NFKD", value.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def to_date(value, order):
    """Return the date of a cell, or None. A year first is never ambiguous."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    written = text(value).split(" ")[0].replace("-", "/").replace(".", "/")
    for pattern in ("%Y/%m/%d", *ORDERS[order]):
        try:
            return datetime.strptime(written, pattern).date()
        except ValueError:
            continue
    return None


def level_key(level):
    """Return what sorts levels as people count them: numbers by value, then words."""
    digits = "".join(letter for letter in level if letter.isdigit())
    return (not digits, int(digits or 0), level)


def propose(levels, days):
    """Return ``{level: days}``: the levels in order, each on the step of the same rank; those that
    are more than the steps stay on the last.

    :param levels: as written
    :param days: of the steps after the due date
    """
    steps = sorted(days)
    ranked = sorted(levels, key=level_key)
    return {level: steps[min(rank, len(steps) - 1)] for rank, level in enumerate(ranked) if steps}
