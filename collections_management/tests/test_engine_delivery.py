import unittest
from datetime import datetime, timedelta

from odoo.addons.collections_management.engine.delivery import (
    BACKOFF_MINUTES,
    MAX_ATTEMPTS,
    next_attempt,
)

NOW = datetime(2026, 11, 24, 8, 0)


class TestDelivery(unittest.TestCase):
    def test_each_attempt_waits_as_long_as_the_table_says_and_the_last_is_the_last(self):
        for attempts in range(1, MAX_ATTEMPTS):
            minutes = BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES)) - 1]
            with self.subTest(attempts=attempts):
                self.assertEqual(next_attempt(attempts, NOW), NOW + timedelta(minutes=minutes))
        for attempts in (MAX_ATTEMPTS, MAX_ATTEMPTS + 1):
            with self.subTest(attempts=attempts):
                self.assertIsNone(next_attempt(attempts, NOW))
