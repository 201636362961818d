import unittest
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.collections_reports.engine import periods
from odoo.addons.collections_reports.engine.periods import get_range, get_range_before, next_slot

WEDNESDAY = date(2026, 3, 4)


def is_weekend(day):
    return day.weekday() > 4


class TestPeriods(unittest.TestCase):
    """Periods seen from a day, and when a mail is due."""

    def test_ranges(self):
        for name, first, last in (
            ("today", (3, 4), (3, 4)),
            ("yesterday", (3, 3), (3, 3)),
            ("this_week", (3, 2), (3, 4)),
            ("last_week", (2, 23), (3, 1)),
            ("this_month", (3, 1), (3, 4)),
            ("last_month", (2, 1), (2, 28)),
            ("this_quarter", (1, 1), (3, 4)),
            ("this_year", (1, 1), (3, 4)),
        ):
            with self.subTest(name=name):
                expected = (date(2026, *first), date(2026, *last))
                self.assertEqual(get_range(name, WEDNESDAY), expected)
        self.assertEqual(
            get_range("last_quarter", WEDNESDAY), (date(2025, 10, 1), date(2025, 12, 31))
        )
        self.assertEqual(get_range("last_year", WEDNESDAY), (date(2025, 1, 1), date(2025, 12, 31)))

    def test_the_period_before(self):
        for name, first, last in (
            ("today", date(2026, 3, 3), date(2026, 3, 3)),
            ("yesterday", date(2026, 3, 2), date(2026, 3, 2)),
            ("last_month", date(2026, 1, 1), date(2026, 1, 31)),
            ("this_month", date(2026, 2, 1), date(2026, 2, 28)),
            ("last_week", date(2026, 2, 16), date(2026, 2, 22)),
        ):
            with self.subTest(name=name):
                self.assertEqual(get_range_before(name, WEDNESDAY), (first, last))

    def test_an_unknown_period_is_refused(self):
        with self.assertRaises(ValueError):
            get_range("last_decade", WEDNESDAY)
        with self.assertRaises(ValueError):
            next_slot("hourly", 7, datetime(2026, 3, 4))

    @given(st.sampled_from(periods.RANGES), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    def test_a_period_ends_before_tomorrow_and_the_one_before_ends_before_it(self, name, today):
        first, last = get_range(name, today)
        self.assertLessEqual(first, last)
        self.assertLessEqual(last, today)
        before_first, before_last = get_range_before(name, today)
        self.assertLessEqual(before_first, before_last)
        self.assertEqual(before_last, first - timedelta(days=1))

    def test_a_daily_mail_leaves_free_days_out(self):
        friday = datetime(2026, 3, 6, 7, 30)
        self.assertEqual(
            next_slot("daily", 7.5, friday, is_free=is_weekend), datetime(2026, 3, 9, 7, 30)
        )
        early = datetime(2026, 3, 6, 7, 29)
        self.assertEqual(next_slot("daily", 7.5, early, is_free=is_weekend), friday)

    def test_a_weekly_mail_comes_on_its_day(self):
        after = datetime(2026, 3, 4, 9)
        self.assertEqual(next_slot("weekly", 8, after, weekday=0), datetime(2026, 3, 9, 8))
        self.assertEqual(next_slot("weekly", 10, after, weekday=2), datetime(2026, 3, 4, 10))
        self.assertEqual(next_slot("weekly", 8, after, weekday=2), datetime(2026, 3, 11, 8))

    def test_a_monthly_mail_waits_for_a_working_day(self):
        after = datetime(2026, 2, 2, 9)
        # 1 March 2026 is a Sunday
        self.assertEqual(
            next_slot("monthly", 7, after, month_day=1, is_free=is_weekend),
            datetime(2026, 3, 2, 7),
        )
        # the 31st of February is its last day; Saturday: the Friday before
        self.assertEqual(
            next_slot("monthly", 7, after, month_day=31, is_free=is_weekend),
            datetime(2026, 2, 27, 7),
        )

    def test_a_month_without_a_working_day_keeps_its_day(self):
        after = datetime(2026, 2, 2, 9)
        slot = next_slot("monthly", 7, after, month_day=5, is_free=lambda _day: True)
        self.assertEqual(slot, datetime(2026, 2, 5, 7))

    def test_nobody_ever_works(self):
        with self.assertRaises(ValueError):
            next_slot("daily", 7, datetime(2026, 3, 4), is_free=lambda _day: True)

    def test_an_hour_beyond_the_day_is_its_last_minute(self):
        after = datetime(2026, 3, 4)
        self.assertEqual(next_slot("daily", 24, after), datetime(2026, 3, 4, 23, 59))

    @given(
        st.sampled_from(periods.FREQUENCIES), st.floats(0, 23.99),
        st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(0, 6),
        st.integers(1, 31),
    )  # fmt: skip
    def test_one_after_the_other(self, frequency, hour, after, weekday, month_day):
        rule = {"weekday": weekday, "month_day": month_day, "is_free": is_weekend}
        first = next_slot(frequency, hour, after, **rule)
        second = next_slot(frequency, hour, first, **rule)
        self.assertGreater(first, after)
        self.assertGreater(second, first)
