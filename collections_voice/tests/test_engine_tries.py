from datetime import datetime, timedelta
from itertools import permutations

from odoo.tests import BaseCase

from ..engine import tries

NOW = datetime(2026, 11, 26, 12)


class TestTries(BaseCase):
    def test_words_in_any_order_lead_to_the_same_end(self):
        words = [("initiated", 0), ("ringing", 1), ("in-progress", 2), ("completed", 3)]
        for numbered in (True, False):
            for order in permutations(words * 2, 8) if numbered else permutations(words):
                state, number = "queued", None
                for told, sequence in order[:8]:
                    sequence = sequence if numbered else None
                    if tries.is_news(state, number, told, sequence):
                        state, number = told, sequence
                self.assertEqual(state, "completed")
                if numbered:
                    break

    def test_news(self):
        for known, number, state, sequence, expected in (
            ("created", None, "initiated", 0, True),
            ("ringing", 1, "initiated", 0, False),
            ("ringing", 1, "ringing", 1, False),
            ("ringing", None, "initiated", None, False),
            ("ringing", 1, "completed", 0, True),
            ("completed", 3, "ringing", 9, False),
            ("busy", 2, "completed", 3, False),
            ("queued", None, "exploded", 5, False),
            ("queued", None, None, None, False),
        ):
            with self.subTest(known=known, state=state):
                self.assertIs(tries.is_news(known, number, state, sequence), expected)

    def test_plans(self):
        self.assertEqual(tries.parse_plan("15, 60;240"), (15, 60, 240))
        self.assertEqual(tries.parse_plan(""), ())
        self.assertEqual(tries.parse_plan(None), ())
        for text in ("x", "0", "-5", "1.5", "99999", "1," * 11):
            with self.subTest(text=text), self.assertRaises(ValueError):
                tries.parse_plan(text)

    def test_the_next_try(self):
        for done, minutes in ((1, 15), (2, 60), (3, None), (0, None)):
            expected = minutes and NOW + timedelta(minutes=minutes)
            self.assertEqual(tries.next_try((15, 60), done, NOW), expected)
        self.assertIsNone(tries.next_try((), 1, NOW))
