from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.prescription import Term, add_months, compute

days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
terms = st.builds(Term, st.integers(0, 20), st.integers(1, 11), st.integers(0, 24))


@tagged("post_install", "-at_install")
class TestEnginePrescription(BaseCase):
    def test_terms(self):
        for start, interruptions, term, until, alarm in (
            (date(2020, 1, 15), (), Term(10), date(2030, 1, 15), date(2030, 1, 15)),
            (date(2020, 1, 15), (), Term(3, 0, 6), date(2023, 1, 15), date(2022, 7, 15)),
            (date(2020, 2, 29), (), Term(1), date(2021, 2, 28), date(2021, 2, 28)),
            (date(2020, 8, 31), (), Term(0, 6), date(2021, 2, 28), date(2021, 2, 28)),
            # an interruption makes the whole term run again
            (date(2020, 1, 15), (date(2022, 6, 1),), Term(3), date(2025, 6, 1), date(2025, 6, 1)),
            # two, in any order
            (date(2020, 1, 1), (date(2024, 1, 1), date(2022, 1, 1)), Term(3), date(2027, 1, 1),
             date(2027, 1, 1)),
            # one on the last day still counts, one after it revives nothing
            (date(2020, 1, 1), (date(2023, 1, 1),), Term(3), date(2026, 1, 1), date(2026, 1, 1)),
            (date(2020, 1, 1), (date(2023, 1, 2),), Term(3), date(2023, 1, 1), date(2023, 1, 1)),
            # before the debt was due it interrupts nothing
            (date(2020, 1, 1), (date(2019, 6, 1),), Term(3), date(2023, 1, 1), date(2023, 1, 1)),
            # an alarm longer than the term begins with it
            (date(2020, 1, 1), (), Term(0, 3, 12), date(2020, 4, 1), date(2020, 1, 1)),
        ):  # fmt: skip
            with self.subTest(start=start, interruptions=interruptions):
                found = compute(start, interruptions, term)
                self.assertEqual((found.until, found.alarm), (until, alarm))

    @given(days, st.lists(days, max_size=6), terms)
    def test_an_interruption_never_shortens_and_the_alarm_never_is_late(self, start, days_, term):
        found = compute(start, days_, term)
        plain = compute(start, (), term)
        self.assertGreaterEqual(found.until, plain.until)
        self.assertEqual(found.until, add_months(found.since, term.length))
        self.assertTrue(found.since <= found.alarm <= found.until)
        self.assertEqual(found, compute(start, reversed(days_), term))
        late = [plain.until + timedelta(days=1 + n) for n in range(3)]
        self.assertEqual(plain, compute(start, late, term))

    @given(days, st.integers(-600, 600))
    def test_months_keep_the_day_or_the_last_one(self, day, months):
        found = add_months(day, months)
        index = 12 * (found.year - day.year) + found.month - day.month
        self.assertEqual(index, months)
        self.assertTrue(found.day == day.day or (found + timedelta(days=1)).day == 1)
