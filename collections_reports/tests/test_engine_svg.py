import unittest
from decimal import Decimal

from lxml import etree

from odoo.addons.collections_reports.engine import documents, svg

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = ("Jan", "Feb", "Mar")


def chart(kind, items, labels=MONTHS, **values):
    return documents.chart("c", "A chart", kind, list(labels), items, **values)


def series(*values, label="Collected", tone=None):
    return documents.series(label, list(values), tone=tone)


class TestSvg(unittest.TestCase):
    """Drawings say their numbers and stay within their frame, whatever comes in."""

    def draw(self, section):
        drawing = svg.draw(section, lambda value: f"{value:g}")
        return etree.fromstring(drawing)

    def texts(self, root):
        return [node.text for node in root.iter(f"{SVG}text")]

    def test_ticks_are_round_and_hold_all_values(self):
        for low, high, expected in (
            (0, 100, [0, 20, 40, 60, 80, 100]),
            (3, 7, [0, 2, 4, 6, 8]),
            (-30, 70, [-40, -20, 0, 20, 40, 60, 80]),
            (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
            (-5, -1, [-5, -4, -3, -2, -1, 0]),
            (0, 0.03, [0, 0.01, 0.02, 0.03]),
        ):
            with self.subTest(low=low, high=high):
                self.assertEqual(svg.ticks(low, high), expected)

    def test_bars_are_as_high_as_their_values(self):
        root = self.draw(chart("bar", [series(10, 20, None)]))
        bars = [node for node in root.iter(f"{SVG}rect") if node.find(f"{SVG}title") is not None]
        heights = [float(bar.get("height")) for bar in bars]
        self.assertEqual(len(heights), 2)
        self.assertAlmostEqual(heights[1], 2 * heights[0], delta=0.02)
        self.assertEqual(bars[0].find(f"{SVG}title").text, "Jan, Collected: 10")
        self.assertIn("20", self.texts(root))

    def test_many_bars_carry_no_numbers(self):
        """They would lie upon each other: the title of each bar says its value."""
        for count, told in ((svg.LABELLED_BARS, True), (svg.LABELLED_BARS + 1, False)):
            labels = [f"L{number}" for number in range(count)]
            root = self.draw(chart("bar", [series(*[7.25] * count)], labels))
            self.assertEqual("7.25" in self.texts(root), told)

    def test_a_negative_bar_hangs_from_zero(self):
        root = self.draw(chart("bar", [series(10, -10, 0)]))
        up, down, _nothing = [
            node for node in root.iter(f"{SVG}rect") if node.find(f"{SVG}title") is not None
        ]
        foot = float(up.get("y")) + float(up.get("height"))
        self.assertAlmostEqual(foot, float(down.get("y")), delta=0.02)

    def test_stacked_parts_stand_on_each_other_and_the_sum_is_told(self):
        items = [series(10, 5, -4, tone="not_due"), series(30, 0, 6, label="1-30", tone="age_1")]
        root = self.draw(chart("stacked", items))
        parts = [node for node in root.iter(f"{SVG}rect") if node.find(f"{SVG}title") is not None]
        first, second = (
            parts[0],
            next(part for part in parts if part.find(f"{SVG}title").text == "Jan, 1-30: 30"),
        )
        self.assertEqual(first.get("fill"), svg.TONES["not_due"])
        top = float(second.get("y")) + float(second.get("height"))
        self.assertAlmostEqual(top, float(first.get("y")), delta=0.02)
        self.assertIn("40", self.texts(root))
        self.assertIn("2", self.texts(root))
        self.assertIn("1-30", self.texts(root))  # the legend

    def test_a_column_of_nothing_carries_no_sum(self):
        root = self.draw(chart("stacked", [series(10, 0, None)]))
        parts = [node for node in root.iter(f"{SVG}rect") if node.find(f"{SVG}title") is not None]
        self.assertEqual(len(parts), 1)

    def test_a_line_has_a_gap_where_nothing_is_known(self):
        whole = self.draw(chart("line", [series(1, 2, 3)]))
        broken = self.draw(chart("line", [series(1, None, 3), series(None, None, None, label="X")]))
        strokes = [
            [node for node in root.iter(f"{SVG}line") if node.get("stroke-width") == "2.2"]
            for root in (whole, broken)
        ]
        self.assertEqual([len(found) for found in strokes], [2, 0])
        self.assertEqual(len(list(broken.iter(f"{SVG}circle"))), 2)

    def test_series_differ_without_colour(self):
        items = [series(1, 2, 3, label=str(number)) for number in range(4)]
        root = self.draw(chart("line", items))
        dashes = {node.get("stroke-dasharray") for node in root.iter(f"{SVG}line")
                  if node.get("stroke-width") == "2.2"}  # fmt: skip
        self.assertEqual(len(dashes), 4)

    def test_a_target_is_drawn_and_named(self):
        for kind in ("bar", "stacked", "line"):
            root = self.draw(chart(kind, [series(1, 2, 3)], line={"label": "Target", "value": 50}))
            self.assertIn("Target", self.texts(root))
            self.assertIn("50", self.texts(root))

    def test_shares_add_up_to_the_whole(self):
        root = self.draw(chart("doughnut", [series(25, 75, 0)]))
        self.assertEqual(len(list(root.iter(f"{SVG}path"))), 2)
        self.assertIn("25 · 25 %", self.texts(root))
        self.assertIn("100", self.texts(root))
        whole = self.draw(chart("doughnut", [series(5, None, None)]))
        self.assertEqual(len(list(whole.iter(f"{SVG}path"))), 1)

    def test_nothing_is_drawn_of_nothing(self):
        for section in (
            chart("line", [series(None, None, None)]),
            chart("bar", [], labels=[]),
            chart("doughnut", [series(0, -5, None)]),
        ):
            self.assertEqual(svg.draw(section, str), "")

    def test_nothing_but_zeros_and_gaps_is_not_drawn(self):
        for kind in ("bar", "stacked", "line", "doughnut"):
            section = chart(kind, [series(0, None, 0)], labels=list("abc"))
            self.assertEqual(svg.draw(section, str), "")

    def test_words_cannot_break_out(self):
        evil = '</text><script>alert("1")</script>&\x00\x07'
        drawing = svg.draw(
            chart("bar", [series(1, label=evil), series(2, label=evil)], labels=[evil]),
            lambda value: evil,
        )
        root = etree.fromstring(drawing)
        self.assertNotIn("script", {node.tag.removeprefix(SVG) for node in root.iter()})

    def test_many_labels_are_thinned_and_the_last_one_stays(self):
        labels = [f"Label {number}" for number in range(60)]
        texts = self.texts(self.draw(chart("line", [series(*range(60))], labels=labels)))
        shown = [text for text in texts if text and text.startswith("Label")]
        self.assertLess(len(shown), 20)
        self.assertEqual(shown[-1], "Label 59")

    def test_exact_numbers_of_the_database_are_drawn(self):
        values = [Decimal("10.25"), Decimal("-3"), None]
        for kind in svg_kinds():
            self.assertTrue(svg.draw(chart(kind, [series(*values)]), str))

    def test_long_words_are_cut(self):
        self.assertEqual(svg.shorten("Ferretería Lima", 11), "Ferretería…")
        self.assertEqual(svg.shorten("Lima", 4), "Lima")


def svg_kinds():
    return documents.CHARTS
