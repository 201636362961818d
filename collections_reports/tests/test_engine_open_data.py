import csv
import io
import subprocess
import sys
import tracemalloc
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from zipfile import ZipFile

from pyarrow import parquet

from odoo.tests import BaseCase, tagged

from ..engine import open_data
from ..engine.open_data import Column, View, describe, write_zip

COLUMNS = [
    Column("id", "integer", "Its id."),
    Column("name", "text", "Its name."),
    Column("amount", "money", "Its amount."),
    Column("day", "date", "Its day."),
    Column("moment", "moment", "Its moment."),
    Column("is_true", "boolean", "Whether."),
]
ROWS = [
    (1, "Ñandú, “S.A.”", 1234.5, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), True),
    (2, "=SUM(A1)", 0.1, None, None, False),
    (3, None, None, None, None, None),
]


@tagged("post_install", "-at_install")
class TestEngineOpenData(BaseCase):
    def zip_rows(self, rows, **options):
        file = io.BytesIO()
        write_zip(file, [("things", COLUMNS, iter(rows))], **options)
        with ZipFile(file) as archive:
            [name] = archive.namelist()
            return name, archive.read(name)

    def test_csv_says_all_and_no_formula(self):
        name, content = self.zip_rows(ROWS)
        self.assertEqual(name, "things.csv")
        self.assertTrue(content.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        self.assertEqual(
            rows,
            [
                ["id", "name", "amount", "day", "moment", "is_true"],
                ["1", "Ñandú, “S.A.”", "1234.5", "2026-01-02", "2026-01-02 03:04:05", "true"],
                ["2", "'=SUM(A1)", "0.1", "", "", "false"],
                ["3", "", "", "", "", ""],
            ],
        )

    def test_parquet_keeps_types_and_comments(self):
        name, content = self.zip_rows(ROWS, parquet=True)
        self.assertEqual(name, "things.parquet")
        table = parquet.read_table(io.BytesIO(content))
        self.assertEqual(
            table.to_pylist()[0],
            {"id": 1, "name": "Ñandú, “S.A.”", "amount": Decimal("1234.5000"),
             "day": date(2026, 1, 2), "moment": datetime(2026, 1, 2, 3, 4, 5), "is_true": True},
        )  # fmt: skip
        self.assertEqual(table.to_pylist()[1]["name"], "=SUM(A1)")
        self.assertEqual(set(table.to_pylist()[2].values()), {3, None})
        self.assertEqual(table.schema.field("amount").metadata, {b"comment": b"Its amount."})

    def test_nothing_is_a_file_with_its_columns(self):
        self.assertEqual(self.zip_rows([])[1].decode("utf-8-sig").count("\r\n"), 1)
        table = parquet.read_table(io.BytesIO(self.zip_rows([], parquet=True)[1]))
        self.assertEqual((table.num_rows, table.num_columns), (0, 6))

    def test_memory_does_not_grow_with_the_rows(self):
        for options in ({}, {"parquet": True}):
            peaks = []
            for count in (20_000, 60_000):
                rows = ((*ROWS[0][:1], f"Name {n}", *ROWS[0][2:]) for n in range(count))
                tracemalloc.start()
                with TemporaryFile() as file:
                    write_zip(file, [("things", COLUMNS, rows)], **options)
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
            self.assertLess(peaks[1], 1.3 * peaks[0] + 1_000_000, options)

    def test_parquet_reserves_no_gigabyte_of_addresses(self):
        """Odoo bounds the addresses of a worker, and pyarrow's own allocator takes a third."""
        program = """
import importlib.util, re, sys, tempfile
spec = importlib.util.spec_from_file_location("open_data", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
rows = ((number, "x") for number in range(20_000))
columns = [module.Column("id", "integer", ""), module.Column("name", "text", "")]
with tempfile.TemporaryFile() as file:
    module.write_parquet(file, columns, rows)
    assert file.tell()
print(re.search(r"VmPeak:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
        found = subprocess.run(
            [sys.executable, "-c", program, open_data.__file__],
            check=True,
            capture_output=True,
            text=True,
        )
        self.assertLess(int(found.stdout), 700_000, "kilobytes")

    def test_the_dictionary_is_markdown(self):
        text = describe("open", [View("things", "x.thing", "Things.", COLUMNS[:2], None)])
        self.assertEqual(
            text,
            "### open.things\n\nThings. Over JSON-2: `x.thing`.\n\n"
            "| column | type | what it is |\n| --- | --- | --- |\n"
            "| `id` | integer | Its id. |\n| `name` | text | Its name. |\n",
        )
