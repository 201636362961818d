import unittest
from datetime import datetime, timedelta

from odoo.addons.collections_management.engine.night import next_try, trace

ENDED = datetime(2026, 11, 24, 8, 0)


class TestNight(unittest.TestCase):
    def test_a_night_is_tried_three_times_with_a_longer_pause_each(self):
        for tries, minutes in ((1, 15), (2, 30)):
            with self.subTest(tries=tries):
                self.assertEqual(next_try(tries, ENDED), ENDED + timedelta(minutes=minutes))
        for tries in (3, 4):
            with self.subTest(tries=tries):
                self.assertIsNone(next_try(tries, ENDED))

    def test_a_line_of_the_log_file_names_what_it_is_about(self):
        for ids, words in (
            ({"run": 3}, "run=3"),
            ({"run": 3, "case": 41, "contact": [7, 8]}, "run=3 case=41 contact=7,8"),
            ({"run": False, "case": 41, "contact": []}, "case=41"),
            ({"run": None}, ""),
        ):
            with self.subTest(ids=ids):
                self.assertEqual(trace(**ids), words)
