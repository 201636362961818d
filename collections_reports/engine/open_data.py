"""The flat model for BI tools as plain data: its dictionary, and its files.

A column is ``(name, type, comment)``; the types are those of :data:`TYPES`. Rows are tuples in the
order of the columns. Files are written row by row or in groups, so memory does not grow with them.
"""

import csv
import io
import os
from collections import namedtuple
from decimal import Decimal
from itertools import islice
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

Column = namedtuple("Column", "name type comment")
View = namedtuple("View", "name model comment columns date")

# type -> how PostgreSQL and people call it
TYPES = {
    "integer": "integer",
    "text": "text",
    "money": "numeric",
    "date": "date",
    "moment": "timestamp (UTC)",
    "boolean": "boolean",
}
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
PLACES = Decimal("0.0001")
GROUP = 5000  # rows of a Parquet row group


def describe(schema, views):
    """Return the dictionary of views as Markdown."""
    lines = []
    for view in views:
        lines += [
            f"### {schema}.{view.name}",
            "",
            f"{view.comment} Over JSON-2: `{view.model}`.",
            "",
            "| column | type | what it is |",
            "| --- | --- | --- |",
            *(f"| `{name}` | {TYPES[kind]} | {comment} |" for name, kind, comment in view.columns),
            "",
        ]
    return "\n".join(lines)


def write_zip(file, tables, *, parquet=False):
    """Write tables into a zip file, one file each.

    :param tables: an iterable of ``(name, columns, rows)``
    :param bool parquet: Parquet files instead of CSV files
    """
    compression = ZIP_STORED if parquet else ZIP_DEFLATED
    with ZipFile(file, "w", compression, allowZip64=True) as archive:
        for name, columns, rows in tables:
            if parquet:
                with archive.open(f"{name}.parquet", "w", force_zip64=True) as part:
                    write_parquet(part, columns, rows)
            else:
                with archive.open(f"{name}.csv", "w", force_zip64=True) as part:
                    write_csv(part, columns, rows)


def write_csv(file, columns, rows):
    """Write rows as CSV: UTF-8 with a byte order mark, so that Excel reads its letters."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(column.name for column in columns)
    for row in rows:
        writer.writerow(
            _to_cell(column.type, value) for column, value in zip(columns, row, strict=True)
        )
    text.flush()
    text.detach()


def _to_cell(kind, value):
    """Return a value as CSV says it; no text begins a formula in a spreadsheet."""
    if value is None:
        return ""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "moment":
        return value.isoformat(sep=" ", timespec="seconds")
    if kind == "text" and value.startswith(FORMULAS):
        return f"'{value}"
    return value


def write_parquet(file, columns, rows):
    """Write rows as Parquet, by pyarrow, a group of rows at a time."""
    # Read once, when pyarrow is imported: its own allocator reserves a gigabyte of addresses, and
    # Odoo allows a worker two and a half (--limit-memory-hard).
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    import pyarrow
    from pyarrow import parquet

    types = {
        "integer": pyarrow.int64(),
        "text": pyarrow.string(),
        "money": pyarrow.decimal128(20, 4),
        "date": pyarrow.date32(),
        "moment": pyarrow.timestamp("s"),
        "boolean": pyarrow.bool_(),
    }
    schema = pyarrow.schema(
        [
            pyarrow.field(name, types[kind], metadata={"comment": comment})
            for name, kind, comment in columns
        ]
    )
    with parquet.ParquetWriter(file, schema) as writer:
        rows = iter(rows)
        while group := list(islice(rows, GROUP)):
            arrays = [
                pyarrow.array([_to_value(column.type, value) for value in values],
                              type=types[column.type])
                for column, values in zip(columns, zip(*group, strict=True), strict=True)
            ]  # fmt: skip
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _to_value(kind, value):
    if kind == "money" and value is not None:
        return Decimal(str(value)).quantize(PLACES)
    return value
