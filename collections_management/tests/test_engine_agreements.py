import random
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..engine.agreements import (
    FREQUENCIES,
    Plan,
    Terms,
    TermsError,
    due_days,
    earned,
    judge,
    nth_day,
    schedule,
    simple,
)
from ..engine.promises import Credit

START = date(2026, 1, 5)


def day(number):
    return START + timedelta(days=number)


def terms(**values):
    return Terms(**{"principal": 100_000, "count": 3, "frequency": "month", "start": START,
                    "first": day(30), **values})  # fmt: skip


@st.composite
def any_terms(draw):
    principal = draw(st.integers(3, 10**9))
    discount = draw(st.integers(0, principal // 3))
    down = draw(st.integers(0, principal // 3))
    return terms(
        principal=principal,
        discount=discount,
        down=down,
        down_on=day(draw(st.integers(0, 10))) if down else None,
        count=draw(st.integers(1, min(60, principal - discount - down))),
        frequency=draw(st.sampled_from(FREQUENCIES)),
        first=day(draw(st.integers(11, 400))),
        method=draw(st.sampled_from(("none", "declining", "flat"))),
        rate=Fraction(draw(st.integers(0, 10000)), 100),
    )


class TestSchedule(BaseCase):
    """What was agreed, in instalments."""

    @given(any_terms(), st.sets(st.integers(0, 2000), max_size=60), st.booleans())
    @settings(max_examples=300, deadline=None)
    def test_it_comes_to_the_debt_to_the_cent_on_days_that_increase(self, agreed, off, shift):
        days_off = {day(number) for number in off}
        is_off = (lambda one: one.isoweekday() > 5 or one in days_off) if shift else None
        items = schedule(agreed, is_off)
        self.assertEqual(sum(item.principal for item in items), agreed.principal - agreed.discount)
        self.assertEqual(items[-1].balance, 0)
        self.assertTrue(all(item.principal > 0 and item.interest >= 0 for item in items))
        days = [item.due for item in items]
        self.assertEqual(days, sorted(set(days)))
        own = [item for item in items if item.number]
        self.assertEqual(len(own), agreed.count)
        if shift:
            self.assertFalse(any(is_off(item.due) for item in own))
        self.assertLess(max(item.principal for item in own) - own[0].principal, agreed.count)
        if agreed.method == "none":
            self.assertFalse(sum(item.interest for item in items))
        start = agreed.down_on or agreed.start
        total = sum(item.interest for item in items)
        self.assertEqual(earned(items, start, start), 0)
        self.assertEqual(earned(items, start, items[-1].due), total)
        for before, after in zip(range(0, 900, 45), range(45, 945, 45), strict=True):
            self.assertLessEqual(
                earned(items, start, day(before)), earned(items, start, day(after))
            )
        self.assertLessEqual(earned(items, start, day(500)), total)

    def test_the_last_one_takes_the_remainder(self):
        self.assertEqual(
            [item.amount for item in schedule(terms(principal=100_00))], [3333, 3333, 3334]
        )

    def test_days(self):
        cases = [
            ("month", date(2026, 1, 31), ["2026-01-31", "2026-02-28", "2026-03-31"]),
            ("month", date(2027, 12, 30), ["2027-12-30", "2028-01-30", "2028-02-29"]),
            ("month_end", date(2026, 1, 15), ["2026-01-31", "2026-02-28", "2026-03-31"]),
            ("month_end", date(2026, 4, 30), ["2026-04-30", "2026-05-31", "2026-06-30"]),
            ("week", date(2026, 2, 25), ["2026-02-25", "2026-03-04", "2026-03-11"]),
            ("fortnight", date(2026, 2, 20), ["2026-02-20", "2026-03-07", "2026-03-22"]),
        ]
        for frequency, first, expected in cases:
            with self.subTest(frequency=frequency, first=first):
                days = [nth_day(first, frequency, index).isoformat() for index in range(3)]
                self.assertEqual(days, expected)

    def test_a_holiday_moves_one_instalment_not_the_others(self):
        agreed = terms(first=date(2026, 2, 6), frequency="week")  # a Friday
        off = {date(2026, 2, 13)}
        days = due_days(agreed, lambda one: one.isoweekday() > 5 or one in off)
        self.assertEqual(days, [date(2026, 2, 6), date(2026, 2, 16), date(2026, 2, 20)])

    def test_interest_by_hand(self):
        agreed = terms(
            principal=1_000_00, count=2, first=date(2026, 2, 4), rate=Fraction(365, 10)
        )  # 36.5 % a year: 0.1 % a day
        on_balance = schedule(terms(**_values(agreed, method="declining")))
        self.assertEqual([item.interest for item in on_balance], [3000, 1400])  # 30, then 28 days
        flat = schedule(terms(**_values(agreed, method="flat")))
        self.assertEqual([item.interest for item in flat], [2900, 2900])
        self.assertEqual(earned(on_balance, START, date(2026, 2, 18)), 3000 + 700)
        self.assertEqual(simple(1, 100, 183), 1)
        self.assertEqual(simple(1, 100, 182), 0)

    def test_interest_runs_from_the_down_payment_on_what_is_left(self):
        items = schedule(
            terms(
                principal=1_000_00, count=1, down=400_00, down_on=day(10), first=day(40),
                method="declining", rate=Fraction(365, 10), discount=100_00,
            )
        )  # fmt: skip
        self.assertEqual([(item.number, item.amount) for item in items], [(0, 40000), (1, 51500)])

    def test_what_is_no_plan(self):
        cases = [
            ({"principal": 0}, "no_debt"),
            ({"discount": -1}, "negative"),
            ({"rate": Fraction(-1)}, "negative"),
            ({"count": 0}, "no_instalment"),
            ({"down": 5}, "down_date"),
            ({"down": 50_000, "discount": 50_000, "down_on": day(1)}, "above_debt"),
            ({"principal": 2}, "too_many"),
            ({"first": day(-1)}, "past"),
            ({"down": 5, "down_on": day(-1)}, "past"),
            ({"down": 5, "down_on": day(30)}, "down_late"),
        ]
        for values, word in cases:
            with self.subTest(word=word, **values):
                with self.assertRaises(TermsError) as caught:
                    schedule(terms(**values))
                self.assertEqual(caught.exception.args, (word,))


def _values(agreed, **values):
    return {name: getattr(agreed, name) for name in agreed.__slots__} | values


def recompute(plans, entries, today):
    """Where plans stand, told unit by unit: slow, and sharing no line with the engine."""
    result = {}
    order = sorted(entries, key=lambda entry: (entry.date, entry.id))
    purse = {entry.id: entry.free for entry in order if entry.is_payment}
    for plan in sorted(plans, key=lambda plan: plan.id):
        needs = [amount for _limit, amount in plan.instalments]
        paid = [0] * len(needs)
        later = [entry for entry in order if entry.id > plan.mark]
        for entry in later:
            for _unit in range(0 if entry.is_payment else _count(entry, plan)):
                _relieve_one(needs)
        payments = [entry for entry in later if entry.is_payment]
        for entry in payments:
            for _unit in range(_count(entry, plan)):
                _pay_one(paid, needs)
        for entry in payments:
            while purse[entry.id] and _pay_one(paid, needs):
                purse[entry.id] -= 1
        result[plan.id] = _tell(plan, paid, needs, today)
    return result


def _count(entry, plan):
    return sum(amount for line, amount in entry.applied if line in plan.lines)


def _relieve_one(needs):
    index = max((i for i, need in enumerate(needs) if need), default=None)
    if index is not None:
        needs[index] -= 1


def _tell(plan, paid, needs, today):
    overdue = [
        (today - limit).days
        for i, (limit, _amount) in enumerate(plan.instalments)
        if paid[i] < needs[i] and (today - limit).days > 0
    ]
    state = "active"
    if paid == needs:
        state = "completed"
    elif len(overdue) > plan.tolerated or any(days > plan.days for days in overdue):
        state = "broken"
    return state, tuple(paid), tuple(needs), len(overdue)


def _pay_one(paid, needs):
    for i, need in enumerate(needs):
        if paid[i] < need:
            paid[i] += 1
            return True
    return False


class TestStanding(BaseCase):
    """What became of a plan, by the payments."""

    plan = Plan(1, 100, frozenset({7}), ((day(30), 40), (day(60), 40), (day(90), 40)), 1, 30)

    def judge(self, *entries, today=0, plan=None):
        plan = plan or self.plan
        standing = judge([plan], entries, today=day(today))[plan.id]
        return standing.state, standing.paid, standing.late

    def pay(self, amount, id_=101, line=7, free=0, on=0, is_payment=True):
        applied = ((line, amount),) if amount else ()
        return Credit(id_, day(on), applied, free, is_payment)

    def test_one_late_instalment_is_tolerated_for_some_days(self):
        self.assertEqual(self.judge(today=30), ("active", (0, 0, 0), 0))
        self.assertEqual(self.judge(today=31), ("active", (0, 0, 0), 1))
        self.assertEqual(self.judge(today=60), ("active", (0, 0, 0), 1))
        self.assertEqual(self.judge(today=61), ("broken", (0, 0, 0), 2))
        self.assertEqual(self.judge(self.pay(40), today=91), ("broken", (40, 0, 0), 2))
        self.assertEqual(self.judge(self.pay(80), today=120), ("active", (40, 40, 0), 1))
        self.assertEqual(self.judge(self.pay(80), today=121), ("broken", (40, 40, 0), 1))
        strict = Plan(1, 100, frozenset({7}), self.plan.instalments)
        self.assertEqual(self.judge(today=31, plan=strict), ("broken", (0, 0, 0), 1))

    def test_all_paid_is_completed_whenever(self):
        self.assertEqual(self.judge(self.pay(120)), ("completed", (40, 40, 40), 0))
        self.assertEqual(self.judge(self.pay(500), today=300), ("completed", (40, 40, 40), 0))
        self.assertEqual(self.judge(self.pay(119, on=5), today=90), ("active", (40, 40, 39), 0))

    def test_what_was_paid_before_or_for_something_else_is_none_of_it(self):
        self.assertEqual(self.judge(self.pay(120, id_=100)), ("active", (0, 0, 0), 0))
        self.assertEqual(self.judge(self.pay(120, line=8)), ("active", (0, 0, 0), 0))

    def test_a_credit_note_takes_from_the_end(self):
        note = self.pay(50, is_payment=False)
        self.assertEqual(self.judge(note, self.pay(40, 102)), ("active", (40, 0, 0), 0))
        self.assertEqual(self.judge(note, self.pay(70, 102)), ("completed", (40, 30, 0), 0))
        self.assertEqual(self.judge(self.pay(200, is_payment=False))[0], "completed")

    def test_what_is_applied_to_nothing_serves_the_oldest_plan_first(self):
        other = Plan(2, 102, frozenset({9}), ((day(10), 50),))
        found = judge(
            [other, self.plan], [self.pay(0, free=150), self.pay(0, 103, free=5)], today=day(0)
        )
        self.assertEqual(found[1].paid, (40, 40, 40))
        self.assertEqual(found[2].paid, (5,))

    def test_5000_random_histories_agree_with_a_recomputation(self):
        chance = random.Random(20261125)
        states = {"active": 0, "completed": 0, "broken": 0}
        for _history in range(5000):
            plans = [self._draw_plan(chance, id_) for id_ in range(1, chance.choice((2, 2, 3)))]
            entries = [self._draw_credit(chance, 90 + i) for i in range(chance.randint(0, 9))]
            for _reversal in range(chance.randint(0, 2)):  # a payment taken back stands no more
                entries = entries[:-1] if chance.random() < 0.3 else entries
            today = day(chance.randint(0, 150))
            found = judge(plans, entries, today=today)
            expected = recompute(plans, entries, today)
            for id_, standing in found.items():
                told = (standing.state, standing.paid, standing.needed, standing.late)
                self.assertEqual(told, expected[id_])
                states[standing.state] += 1
        self.assertTrue(all(count > 300 for count in states.values()), states)

    def _draw_plan(self, chance, id_):
        count = chance.randint(1, 5)
        return Plan(
            id_,
            chance.randint(89, 95),
            frozenset({id_ * 10 + i for i in range(chance.randint(1, 3))}),
            tuple((day(20 * (i + 1)), chance.randint(1, 30)) for i in range(count)),
            chance.randint(0, 2),
            chance.choice((0, 15, 30)),
        )

    def _draw_credit(self, chance, id_):
        lines = chance.sample((10, 11, 12, 20, 21, 22, 99), chance.randint(0, 2))
        applied = tuple((line, chance.randint(1, 40)) for line in lines)
        return Credit(
            id_, day(chance.randint(0, 150)), applied, chance.choice((0, 0, 7, 30)),
            chance.random() < 0.8,
        )  # fmt: skip
