"""What a report says, as plain data that every renderer reads: screen, workbook, PDF, e-mail.

A document is a dict of JSON values:

``title``, ``subtitle``, ``notes`` (sentences), ``sections`` and ``definitions``. A section has a
``type``: ``figures``, ``table``, ``chart`` or ``text``; for a screen also ``pending``, the place of
what the part of its name brings later. Money carries its currency as an id; what
cannot be computed is ``None`` with the reason in words, never a zero.
"""

KINDS = ("text", "money", "number", "integer", "days", "percent", "date", "record")
CHARTS = ("bar", "stacked", "line", "doughnut")


def column(name, label, kind="text", *, total=False, sums=(), ratio=(), help=None, better=None,  # noqa: A002
           tone=None):  # fmt: skip
    """Return a column of a table.

    :param str name: key of its values in the cells of a row
    :param str kind: one of :data:`KINDS`; ``record`` cells are ``{"id", "model", "name"}``
    :param bool total: summed under the table, per currency (not for money of mixed currencies)
    :param sums: names of the columns it is the sum of; a workbook writes it as a formula
    :param ratio: ``(part, whole)``: 100 x part / whole; a workbook writes it as a formula
    :param str better: ``up`` or ``down``, to colour a movement
    :param str tone: the colour of its head, as in :func:`series`
    """
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of column: {kind}")
    return {"name": name, "label": label, "kind": kind, "total": total, "sums": list(sums),
            "ratio": list(ratio), "help": help, "better": better, "tone": tone}  # fmt: skip


def row(key, cells, *, currency=None, level=0, expand=None, drill=None, drills=None, muted=False):
    """Return a row of a table.

    :param str key: unique within the table
    :param dict cells: ``{column name: value}``
    :param int currency: id of the currency of its money
    :param str expand: what to ask `get_rows` with to see the rows under it, if there are any
    :param str drill: what to ask `open_drill` with to see the records behind the row
    :param dict drills: ``{column name: what to ask open_drill with}``, for single cells
    :param bool muted: shown quieter, as a remark
    """
    return {"key": str(key), "cells": cells, "currency": currency, "level": level,
            "expand": expand, "drill": drill, "drills": drills or {}, "muted": muted}  # fmt: skip


def table(name, title, columns, rows, *, totals=None, note=None, empty=None, more=0):
    """Return a section with a table.

    :param totals: rows shown under it; None: made of the columns that have ``total``
    :param str empty: what is said when there is no row: why, and what to do
    :param int more: rows there are beyond those given
    """
    if totals is None:
        totals = add_up(columns, rows)
    return {"type": "table", "name": name, "title": title, "columns": columns, "rows": rows,
            "totals": totals, "note": note, "empty": empty, "more": more}  # fmt: skip


def add_up(columns, rows):
    """Return the total rows of a table, one per currency, of the rows at level 0.

    Sums are of decimals with ten places, so that cents do not drift.
    """
    names = [item["name"] for item in columns if item["total"]]
    sums = {}
    for item in rows:
        if item["level"]:
            continue
        found = sums.setdefault(item["currency"], dict.fromkeys(names, 0))
        for name in names:
            found[name] = round(found[name] + (item["cells"].get(name) or 0), 10)
    if not names:
        return []
    totals = []
    for currency, cells in sums.items():
        for item in columns:
            if item["ratio"]:
                part, whole = (cells.get(name) for name in item["ratio"])
                cells[item["name"]] = 100 * part / whole if part is not None and whole else None
        totals.append(row(f"total-{currency or 0}", cells, currency=currency))
    return totals


def figure(name, label, value, kind="money", *, currency=None, previous=None, better=None,
           formula=None, sources=None, caveat=None, undefined=None, drill=None):  # fmt: skip
    """Return one figure of a section of figures.

    :param value: the value, or None when it is undefined: ``undefined`` says why
    :param previous: the value of the day or period compared with
    :param str better: ``up`` or ``down``: which direction is good
    """
    if value is None and not undefined:
        raise ValueError(f"{name} has no value and no reason why")
    return {"name": name, "label": label, "value": value, "kind": kind, "currency": currency,
            "previous": previous, "better": better, "formula": formula, "sources": sources,
            "caveat": caveat, "undefined": undefined, "drill": drill}  # fmt: skip


def figures(name, title, items, *, note=None):
    """Return a section of figures (tiles on a screen)."""
    return {"type": "figures", "name": name, "title": title, "figures": items, "note": note}


def series(label, values, *, tone=None):
    """Return a series of a chart; ``tone`` names its colour: ``not_due``, ``age_1`` to ``age_4``
    (amber to red), ``good``, ``bad``, ``plain``, ``quiet``; None: the next of the palette."""
    return {"label": label, "values": values, "tone": tone}


def chart(name, title, kind, labels, items, *, value_kind="money", currency=None, note=None,
          drills=None, line=None):  # fmt: skip
    """Return a section with a chart; its values are also told as text to who cannot see it.

    :param list labels: of the horizontal axis
    :param list items: :func:`series`, each with as many values as labels (None: a gap)
    :param list drills: for each label what to ask `open_drill` with
    :param line: a horizontal line, as ``{"label", "value"}`` (a target)
    """
    if kind not in CHARTS:
        raise ValueError(f"Unknown kind of chart: {kind}")
    for item in items:
        if len(item["values"]) != len(labels):
            raise ValueError(f"{item['label']}: {len(item['values'])} values, {len(labels)} labels")
    return {"type": "chart", "name": name, "title": title, "kind": kind, "labels": labels,
            "series": items, "value_kind": value_kind, "currency": currency, "note": note,
            "drills": drills or [], "line": line}  # fmt: skip


def text(name, title, paragraphs, *, link=None):
    """Return a section of sentences.

    :param link: ``(words, drill)`` of what the screen offers under them, or None
    """
    words, drill = link or (None, None)
    return {"type": "text", "name": name, "title": title, "paragraphs": list(paragraphs),
            "link": words, "drill": drill}  # fmt: skip


def pending(name, title):
    """Return the place of what takes longer, for a screen: its name is that of the part that brings
    what comes there."""
    return {"type": "pending", "name": name, "title": title}


def definition(term, formula, sources, caveat=None):
    """Return how a figure is made: its formula, where its parts come from, what it does not say."""
    return {"term": term, "formula": formula, "sources": sources, "caveat": caveat}


def document(title, sections, *, subtitle=None, notes=(), definitions=()):
    """Return a document; sections that are None are left out."""
    return {
        "title": title,
        "subtitle": subtitle,
        "notes": list(notes),
        "sections": [section for section in sections if section],
        "definitions": list(definitions),
    }


def lend(section, title=None, columns=()):
    """Return a section for another report: with its title, and nothing in it that opens, since
    only the report it comes from can open it.

    :param columns: names of the columns of a table to lend; nothing: all of them
    """
    lent = {**section, "title": section["title"] or title}
    if columns and "columns" in section:
        lent["columns"] = [one for one in section["columns"] if one["name"] in columns]
    if "figures" in section:
        lent["figures"] = [{**one, "drill": None} for one in section["figures"]]
    if "rows" in section:
        shut = {"expand": None, "drill": None, "drills": {}}
        lent["rows"] = [{**one, **shut} for one in section["rows"]]
    if "drills" in section:
        lent["drills"] = []
    if "link" in section:
        lent["link"] = lent["drill"] = None
    return lent


def currency_ids(content):
    """Return the ids of the currencies a document speaks of."""
    found = set()
    for section in content["sections"]:
        found.add(section.get("currency"))
        for item in section.get("figures", ()):
            found.add(item["currency"])
        for item in (*section.get("rows", ()), *section.get("totals", ())):
            found.add(item["currency"])
    return found - {None, False}
