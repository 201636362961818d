import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.interest import (
    NoCeiling,
    Terms,
    accrue,
    allocate,
    pick_row,
    recharge,
    round_half_up,
    spread,
)

DUE = date(2027, 12, 20)  # before the leap year 2028
money = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)


def day(late):
    return DUE + timedelta(days=late)


def reference(due, original, payments, terms, *, since=None, until):
    """The same interest, a day at a time, in plain Decimal: no slices, no fractions.

    Days are added up per length of their year, so that each sum is exact until one division.
    """
    sums = {}
    grace = due + timedelta(days=terms.grace_days)
    if until <= grace:
        return Decimal(0)
    for late in range(1, (until - due).days + 1):
        moment = due + timedelta(days=late)
        if (since and moment < since) or (terms.first_day and moment < terms.first_day):
            continue
        if terms.forgiving and moment <= grace:
            continue
        paid = [amount for day, amount in payments if day < moment or day <= grace]
        owed = max(original - sum(paid, Decimal(0)), Decimal(0))
        length = get_length(terms, moment)
        sums[length] = sums.get(length, Decimal(0)) + owed * get_rate(terms, late, moment)
    with localcontext(prec=60):
        if set(sums) == {365, 366}:
            total = (sums[365] * 366 + sums[366] * 365) / (365 * 366 * 100)
        else:
            total = sum((amount / (length * 100) for length, amount in sums.items()), Decimal(0))
        return total.quantize(Decimal("0.01"), ROUND_HALF_UP)


def get_rate(terms, late, moment):
    """The rate of a day: the last tier reached, under the last ceiling that began."""
    percent = Decimal(0)
    for start, rate in sorted(terms.rates):
        if late >= start:
            percent = rate
    if terms.ceilings is None:
        return percent
    for start, ceiling in sorted(terms.ceilings):
        if start <= moment:
            limit = ceiling
    return min(percent, limit)


def get_length(terms, moment):
    if terms.basis != "actual":
        return int(terms.basis)
    return 366 if moment.year % 4 == 0 else 365


def draw_history(rng):
    """A random debt: due day, amount, payments, terms, window."""
    due = date(2026, 1, 1) + timedelta(days=rng.randrange(900))
    original = Decimal(rng.randrange(100, 10**8)) / 100
    left, payments = original, []
    for _n in range(rng.randrange(6)):
        amount = Decimal(rng.randrange(0, int(left * 100) + 1)) / 100
        payments.append((due + timedelta(days=rng.randrange(-40, 500)), amount))
        left -= amount
    rates = tuple(
        (late, Decimal(rng.randrange(0, 5000)) / 100)
        for late in sorted(rng.sample(range(1, 200), rng.randrange(1, 4)))
    )
    ceilings = None
    if rng.random() < 0.5:
        ceilings = tuple(
            (due - timedelta(days=50) + timedelta(days=120 * n), Decimal(rng.randrange(4000)) / 100)
            for n in range(rng.randrange(1, 4))
        )
    terms = Terms(
        rates=rates,
        basis=rng.choice(("365", "360", "actual")),
        grace_days=rng.choice((0, 0, 3, 10)),
        forgiving=rng.random() < 0.5,
        first_day=rng.choice((None, due + timedelta(days=20))),
        ceilings=ceilings,
    )
    return due, original, payments, terms, due + timedelta(days=rng.randrange(-5, 700))


@tagged("post_install", "-at_install")
class TestInterestEngine(BaseCase):
    """Interest to the day and to the cent, without a database."""

    def accrue(self, payments=(), original="1000", late=30, **terms):
        since = terms.pop("since", None)
        terms.setdefault("rates", ((1, Decimal(12)),))
        return accrue(
            DUE, Decimal(original), payments, Terms(**terms), since=since, until=day(late)
        )

    def total(self, *args, **kwargs):
        return sum((part.amount for part in self.accrue(*args, **kwargs)), Decimal(0))

    def test_a_thousand_random_histories_agree_with_a_day_by_day_reference(self):
        rng = random.Random(20261125)
        for number in range(1000):
            due, original, payments, terms, until = draw_history(rng)
            with self.subTest(number=number):
                expected = reference(due, original, payments, terms, until=until)
                slices = accrue(due, original, payments, terms, until=until)
                self.assertEqual(sum((p.amount for p in slices), Decimal(0)), expected)

    def test_a_window_leaves_out_what_was_charged_before(self):
        rng = random.Random(7)
        for number in range(300):
            due, original, payments, terms, until = draw_history(rng)
            since = due + timedelta(days=rng.randrange(1, 300))
            with self.subTest(number=number):
                slices = accrue(due, original, payments, terms, since=since, until=until)
                expected = reference(due, original, payments, terms, since=since, until=until)
                self.assertEqual(sum((p.amount for p in slices), Decimal(0)), expected)
                self.assertTrue(all(part.date_from >= since for part in slices))

    def test_payments_known_later_leave_what_would_have_been_charged(self):
        rng = random.Random(11)
        lowered = 0
        for number in range(500):
            due, original, payments, terms, until = draw_history(rng)
            known = rng.sample(payments, rng.randrange(len(payments) + 1))
            with self.subTest(number=number):
                charged = accrue(due, original, known, terms, until=until)
                expected = reference(due, original, payments, terms, until=until)
                borne = recharge(charged, due, original, payments, terms)
                self.assertEqual(borne, expected)
                lowered += borne < sum(part.amount for part in charged)
        self.assertGreater(lowered, 50)

    def test_thirty_days_of_a_thousand_at_twelve_percent(self):
        [part] = self.accrue(late=11)
        self.assertEqual((part.days, str(part.amount)), (11, "3.62"))
        self.assertEqual(str(self.total(late=11, basis="360")), "3.67")

    def test_paid_one_day_late_bears_one_day(self):
        slices = self.accrue([(day(1), Decimal(1000))])
        self.assertEqual([(part.date_from, part.days) for part in slices], [(day(1), 1)])

    def test_paid_on_the_due_date_bears_nothing(self):
        self.assertEqual(self.accrue([(DUE, Decimal(1000))]), ())

    def test_a_part_paid_lowers_the_base_from_the_next_day(self):
        slices = self.accrue([(day(5), Decimal(400))], late=10)
        self.assertEqual(
            [(part.days, str(part.base)) for part in slices], [(5, "1000"), (5, "600")]
        )

    def test_the_length_of_the_year_changes_on_new_year(self):
        slices = self.accrue(late=20, basis="actual")
        self.assertEqual([part.days for part in slices], [11, 9])

    def test_within_the_grace_nothing_is_due_and_after_it_all_of_it(self):
        self.assertEqual(self.total(late=10, grace_days=10), 0)
        self.assertEqual(self.total(late=11, grace_days=10), self.total(late=11))
        [part] = self.accrue(late=11, grace_days=10, forgiving=True)
        self.assertEqual(part.days, 1)
        self.assertEqual(self.total([(day(9), Decimal(1000))], grace_days=10), 0)

    def test_the_rate_grows_with_the_days_late(self):
        slices = self.accrue(late=40, rates=((1, Decimal(12)), (31, Decimal(24))))
        self.assertEqual([(part.days, part.percent) for part in slices], [(30, 12), (10, 24)])

    def test_a_legal_maximum_wins_from_its_day(self):
        ceilings = ((day(-100), Decimal(20)), (day(6), Decimal(9)))
        slices = self.accrue(late=10, ceilings=ceilings)
        self.assertEqual([(p.days, p.percent) for p in slices], [(5, 12), (5, 9)])
        slices = self.accrue(late=10, rates=None, ceilings=ceilings)
        self.assertEqual([(p.days, p.percent) for p in slices], [(5, 20), (5, 9)])

    def test_an_unknown_maximum_stops_what_would_be_charged(self):
        with self.assertRaises(NoCeiling) as stopped:
            self.accrue(ceilings=((day(3), Decimal(9)),))
        self.assertEqual(stopped.exception.day, day(1))
        with self.assertRaises(NoCeiling):
            self.accrue(ceilings=((day(-9), Decimal(9)), (day(3), None)))
        self.assertEqual(self.accrue(ceilings=(), rates=((1, Decimal(0)),)), ())
        self.assertEqual(self.accrue(rates=None), ())
        self.assertEqual(self.accrue(rates=((99, Decimal(9)),)), ())

    def test_nothing_before_the_policy_starts(self):
        [part] = self.accrue(late=11, first_day=day(10))
        self.assertEqual((part.date_from, part.days), (day(10), 2))
        self.assertEqual(self.accrue(late=11, first_day=day(12)), ())

    @given(st.lists(money, max_size=12), st.sampled_from(["0.01", "0.05", "1", "0.001"]))
    def test_rounded_parts_add_up_to_the_rounded_whole(self, amounts, unit):
        parts = [Fraction(amount) / 7 for amount in amounts]
        unit = Decimal(unit)
        self.assertEqual(
            sum(spread(parts, unit), Decimal(0)), round_half_up(sum(parts, Fraction(0)), unit)
        )

    def test_halves_go_away_from_zero(self):
        for amount, expected in (("0.005", "0.01"), ("-0.005", "-0.01"), ("2.674", "2.67")):
            self.assertEqual(round_half_up(Decimal(amount)), Decimal(expected))

    @given(st.lists(money, max_size=6), st.lists(money, max_size=6))
    def test_credits_pay_no_more_than_there_is(self, debts, credits_):
        items = [(n, day(n), amount) for n, amount in enumerate(debts)]
        found = allocate(items, [(day(n), amount) for n, amount in enumerate(credits_)])
        for id_, _due, amount in items:
            self.assertLessEqual(sum(part for _day, part in found.get(id_, ())), amount)
        given_out = sum((part for parts in found.values() for _day, part in parts), Decimal(0))
        self.assertEqual(given_out, min(sum(debts, Decimal(0)), sum(credits_, Decimal(0))))

    def test_the_oldest_debt_is_covered_first(self):
        found = allocate(
            [(1, day(5), Decimal(10)), (2, day(0), Decimal(10))], [(day(9), Decimal(15))]
        )
        self.assertEqual(found, {2: [(day(9), Decimal(10))], 1: [(day(9), Decimal(5))]})

    def test_the_newest_row_for_the_size_of_the_debt(self):
        rows = [
            (day(0), Decimal(0), 40), (day(0), Decimal(1000), 70), (day(50), Decimal(100), 45),
        ]  # fmt: skip
        for late, debt, expected in (
            (-1, 5, None), (0, 5, 40), (10, 1000, 70), (60, 5000, 45), (60, 5, None),
        ):  # fmt: skip
            self.assertEqual(pick_row(rows, day(late), Decimal(debt)), expected)
