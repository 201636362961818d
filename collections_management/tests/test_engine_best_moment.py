"""When a debtor answers best: a table of histories, and what holds for any."""

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.collections_management.engine.best_moment import ENOUGH, WIDTH, Best, find_best


class TestBestMoment(BaseCase):
    def test_histories(self):
        for name, answers, expected in (
            ("never answered", [], Best()),
            ("one answer is chance", [("call", 10, 3)], Best("call")),
            ("two within two hours", [("call", 10, 3), ("call", 11, 3)], Best("call", 10)),
            ("two far apart", [("call", 9, 3), ("call", 17, 3)], Best("call")),
            (
                "the channel that weighs most, not the most frequent",
                [("mail", 8, 1), ("mail", 8, 1), ("call", 15, 3)],
                Best("call"),
            ),
            ("among equals the latest", [("call", 9, 1), ("mail", 9, 1)], Best("call")),
            ("late at night", [("call", 23, 3), ("call", 23, 3)], Best("call", 22)),
        ):
            with self.subTest(name):
                self.assertEqual(find_best(answers), expected)

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 23), st.integers(1, 3))))
    def test_what_is_proposed_was_answered(self, answers):
        best = find_best(answers)
        self.assertEqual(best.channel is None, not answers)
        if best.hour is not None:
            within = range(best.hour, best.hour + WIDTH)
            hits = [
                1 for channel, hour, _w in answers if channel == best.channel and hour in within
            ]
            self.assertGreaterEqual(len(hits), ENOUGH)
            self.assertLessEqual(best.hour + WIDTH, 24)
