import unittest

from ..engine import documents


class TestEngineDocuments(unittest.TestCase):
    """What a report says is checked where it is made."""

    def test_what_makes_no_sense_is_refused(self):
        with self.assertRaises(ValueError):
            documents.column("a", "A", "colour")
        with self.assertRaises(ValueError):
            documents.chart("c", "C", "pie in the sky", [], [])
        with self.assertRaises(ValueError):
            documents.chart("c", "C", "bar", ["x", "y"], [documents.series("s", [1])])
        with self.assertRaises(ValueError):
            documents.figure("f", "F", None)

    def test_totals_are_per_currency_and_of_the_first_level(self):
        columns = [
            documents.column("name", "Name"),
            documents.column("a", "A", "money", total=True),
            documents.column("b", "B", "money", total=True),
            documents.column("share", "%", "percent", ratio=("a", "b")),
        ]
        rows = [
            documents.row("1", {"a": 0.1, "b": 1}, currency=1),
            documents.row("2", {"a": 0.2, "b": 1}, currency=1),
            documents.row("3", {"a": 5, "b": None}, currency=2),
            documents.row("4", {"a": 50, "b": 1}, currency=1, level=1),
        ]
        first, second = documents.table("t", "T", columns, rows)["totals"]
        self.assertEqual((first["currency"], first["cells"]["a"]), (1, 0.3))
        self.assertAlmostEqual(first["cells"]["share"], 15)
        self.assertEqual((second["cells"]["a"], second["cells"]["share"]), (5, None))
        self.assertEqual(documents.add_up(columns[:1], rows), [])

    def test_what_is_lent_opens_nothing(self):
        columns = [documents.column("a", "A")]
        row = documents.row("1", {"a": 1}, expand="x", drill="y", drills={"a": "z"})
        figure = documents.figure("f", "F", 1, drill="x")
        lent = [
            documents.lend(section, "Else")
            for section in (
                documents.table("t", None, columns, [row]),
                documents.figures("f", "Own", [figure]),
                documents.chart("c", "C", "bar", ["a"], [documents.series("s", [1])], drills=["k"]),
                documents.text("w", None, ["One."], link=("All", "z")),
            )
        ]
        self.assertEqual([one["title"] for one in lent], ["Else", "Own", "C", "Else"])
        self.assertEqual(lent[0]["rows"][0] | {"cells": {}}, documents.row("1", {}))
        self.assertIsNone(lent[1]["figures"][0]["drill"])
        self.assertEqual(lent[2]["drills"], [])
        self.assertEqual((lent[3]["link"], lent[3]["drill"]), (None, None))
        some = documents.lend(
            documents.table("t", "T", [*columns, documents.column("z", "Z")], []), None, ["z"]
        )
        self.assertEqual([one["name"] for one in some["columns"]], ["z"])
        self.assertEqual(row["drill"], "y", "the one lent from stays as it is")

    def test_the_currencies_of_a_document(self):
        content = documents.document(
            "T",
            [
                None,
                documents.figures("f", "F", [documents.figure("x", "X", 1, currency=3)]),
                documents.table(
                    "t", "T", [documents.column("a", "A")], [documents.row("1", {}, currency=4)]
                ),
                documents.chart("c", "C", "line", [], [], currency=5),
                documents.text("w", "W", ["One."]),
            ],
            definitions=[documents.definition("A", "b", "c")],
        )
        self.assertEqual(documents.currency_ids(content), {3, 4, 5})
        self.assertEqual(len(content["sections"]), 4)
