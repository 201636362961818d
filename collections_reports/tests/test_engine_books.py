import unittest
from datetime import date, timedelta
from decimal import Decimal

from odoo.addons.collections_reports.engine.books import AGE_1, AGE_4, CREDIT, NOT_DUE, Books

BEFORE, BEGIN, LAST = date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)


class TestEngineBooks(unittest.TestCase):
    """Books read once answer for any of their days and periods."""

    def test_what_was_open_on_a_day(self):
        books = Books(
            [{LAST: (CREDIT, -20.5)}, {LAST: (NOT_DUE, 90)}, {LAST: (NOT_DUE, 10)},
             {LAST: (AGE_1, 30)}, {LAST: (AGE_4, 4.25), BEGIN: (AGE_1, 7)}]
        )  # fmt: skip
        self.assertEqual(
            books.get_owed(LAST),
            {
                "total": 113.75, "credit": 20.5, "not_due": 100, "age_1": 30, "age_2": 0,
                "age_3": 0, "age_4": 4.25, "overdue": 34.25,
            },
        )  # fmt: skip
        self.assertEqual(books.get_owed(BEGIN)["total"], 7)
        self.assertEqual(set(books.get_owed(BEFORE).values()), {0})

    def test_adding_up_adds_no_error(self):
        books = Books([{LAST: (age, 0.1)} for age in range(5)], sold=[(LAST, 0.1)] * 10)
        self.assertEqual(books.get_owed(LAST)["total"], 0.5)
        self.assertEqual(books.get_sold(LAST, LAST), 1)
        self.assertEqual(sum([0.1] * 10), 0.9999999999999999, "which plain adding would")

    def test_how_debts_rolled(self):
        books = Books(
            [{BEGIN: (NOT_DUE, 100), LAST: (AGE_1, 60)}, {BEGIN: (AGE_1, 40)},
             {LAST: (NOT_DUE, 500)}, {BEGIN: (CREDIT, -9), LAST: (CREDIT, -9)},
             {BEGIN: (AGE_4, 3), LAST: (CREDIT, -2), BEFORE: (AGE_1, 3)}]
        )  # fmt: skip
        self.assertEqual(
            books.get_rolled(BEGIN, LAST),
            [(NOT_DUE, AGE_1, 100, 60), (AGE_1, None, 40, 0), (AGE_4, None, 3, 0)],
        )
        self.assertEqual(books.get_rolled(BEFORE, LAST), [(AGE_1, None, 3, 0)])

    def test_how_debtors_moved(self):
        books = Books(
            late=[
                ([BEFORE], 2), ([BEFORE, LAST], 3), ([BEGIN], 5), ([BEGIN, LAST], 7),
                ([BEFORE, BEGIN, LAST], 11), ([LAST], 13), ([BEFORE, BEGIN], 17),
            ]
        )  # fmt: skip
        self.assertEqual(
            books.get_moved(LAST, BEGIN, BEFORE),
            {"overdue": 5 + 7 + 11 + 17, "cured": 5 + 17, "caught_up": 2 + 3, "relapsed": 3},
        )
        self.assertEqual(
            Books().get_moved(LAST, BEGIN, BEFORE),
            dict.fromkeys(("overdue", "cured", "caught_up", "relapsed"), 0),
        )

    def test_sums_of_a_period_take_both_its_ends(self):
        day = timedelta(days=1)
        rows = [(BEGIN - day, 1), (BEGIN, 2), (BEGIN + day, 4), (LAST, 8), (LAST + day, 16)]
        for name in ("sold", "collected", "lost"):
            books = Books(**{name: ((on, Decimal(amount)) for on, amount in rows)})
            get = getattr(books, f"get_{name}")
            self.assertEqual(get(BEGIN, LAST), 14, name)
            self.assertEqual(get(BEGIN, LAST), 14, f"{name}, asked again")
            self.assertEqual(get(LAST, BEGIN), 0, name)
            self.assertEqual(get(BEFORE, BEFORE), 0, name)

    def test_what_was_paid_takes_both_ends_too(self):
        day = timedelta(days=1)
        rows = [(BEGIN - day, 1, 9), (BEGIN, 2, 30), (LAST, 4, 31), (LAST + day, 8, 32)]
        self.assertEqual(Books(paid=iter(rows)).get_paid(BEGIN, LAST), [(2, 30), (4, 31)])

    def test_what_was_asked_besides_is_kept_as_it_was_answered(self):
        self.assertEqual(Books().parts, {})
        self.assertEqual(Books(parts={"dues": [1]}).parts, {"dues": [1]})
