"""Rows of a spreadsheet that tells which reminder each invoice got last, read without guessing.

Nothing here knows Odoo. What cannot be read becomes a :class:`Fault` that names row and column;
the caller imports nothing until there is none.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# Words that name a column, without case and accents, in the languages of the product.
COLUMNS = {
    "invoice": ("invoice", "number", "document", "factura", "numero", "documento", "comprobante"),
    "level": ("level", "step", "nivel", "paso", "etapa"),
    "date": ("date", "sent on", "last sent", "fecha", "enviado", "fecha de envio"),
}
ORDERS = {"day": ("%d/%m/%Y", "%d/%m/%y"), "month": ("%m/%d/%Y", "%m/%d/%y")}
EPOCH = date(1899, 12, 30)  # day 0 of a spreadsheet; those of old Macintoshes begin in 1904
SERIALS = range(18_000, 80_000)  # a number in a column of dates: the years 1949 to 2119
LADDER = " · "  # between the name of a ladder and one of its levels
RANKS = [str(number) for number in range(1, 21)]


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


def read(table, order="day", epoch=EPOCH):
    """Read a table of cells.

    :param table: list of rows, each a list of cells (text, number, date, None); the first is the
        heading
    :param order: ``day`` or ``month``: which comes first in a written date such as 03/04/2026
    :param epoch: the day 0 of dates that are bare numbers
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
        if all(value is None for value in values.values()):
            continue
        values["date"] = unnumber(values["date"], epoch)
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
        other = "day" if order == "month" else "month"
        code = "other_order" if to_date(values["date"], other) else "no_date"
        faults.append(Fault(number, "date", code, text(values["date"])))
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


def unnumber(value, epoch):
    """Return the date that a bare number stands for in a spreadsheet; anything else as it is."""
    if isinstance(value, (int, float)) and int(value) in SERIALS:
        return epoch + timedelta(days=int(value))
    return value


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
    last = level.rpartition(LADDER)[2]
    digits = "".join(letter for letter in last if letter.isdecimal())
    return (not digits, int(digits[:9] or 0), level)


def propose(levels, days):
    """Return ``{level: days}``: the levels in order, each on the step of the same rank; those that
    are more than the steps stay on the last. Each ladder counts for itself.

    Levels that are all small numbers are ranks themselves: where nobody stands on the second one,
    the third is still the third.

    :param levels: as written, or ``ladder · level``
    :param days: of the steps after the due date
    """
    steps, ladders, result = sorted(days), {}, {}
    for level in levels:
        ladder, _separator, name = level.rpartition(LADDER)
        ladders.setdefault(ladder, {})[level] = name
    for names in ladders.values() if steps else ():
        numbered = all(name in RANKS for name in names.values())
        for rank, level in enumerate(sorted(names, key=level_key), start=1):
            place = RANKS.index(names[level]) + 1 if numbered else rank
            result[level] = steps[min(place, len(steps)) - 1]
    return result
