import random
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..engine.promises import Credit, Promise, judge

TODAY = date(2026, 11, 25)


def day(offset):
    return TODAY + timedelta(days=offset)


def promise(id_=1, amount=100, due=0, grace=0, mark=0, lines=(1,), owed=1000, percent=100):
    return Promise(id_, amount, day(due), day(due + grace), mark, frozenset(lines), owed, percent)


def paid(id_, offset, *applied, free=0, is_payment=True):
    return Credit(id_, day(offset), applied, free, is_payment)


class TestPromisesEngine(BaseCase):
    """Payments in, verdicts out."""

    def check(self, promises, entries, *expected):
        """Compare with ``(state, paid)`` of each promise, in the order of their ids."""
        verdicts = judge(promises, entries, today=TODAY)
        self.assertEqual(
            [(verdicts[item].state, verdicts[item].paid) for item in sorted(verdicts)],
            list(expected),
        )

    def test_time_decides_while_nothing_is_paid(self):
        for due, grace, state in (
            (1, 0, "open"), (0, 0, "due"), (-1, 1, "due"), (-2, 1, "broken"), (-1, 0, "broken"),
        ):  # fmt: skip
            with self.subTest(due=due, grace=grace):
                self.check([promise(due=due, grace=grace)], [], (state, 0))

    def test_what_is_applied_in_time_counts(self):
        for offset, amount, percent, expected in (
            (-1, 100, 100, ("kept", 100)),
            (-1, 250, 100, ("kept", 100)),
            (-1, 99, 100, ("partly", 99)),
            (-1, 99, 99, ("kept", 99)),
            (0, 100, 100, ("broken", 0)),
        ):
            with self.subTest(offset=offset, amount=amount, percent=percent):
                item = promise(due=-1, percent=percent)
                self.check([item], [paid(5, offset, (1, amount))], expected)

    def test_it_is_kept_before_its_day(self):
        self.check([promise(due=9)], [paid(5, 0, (1, 100))], ("kept", 100))
        self.check([promise(due=9)], [paid(5, 0, (1, 40))], ("open", 40))

    def test_what_was_in_the_books_is_no_payment_since(self):
        self.check([promise(due=-1, mark=5)], [paid(5, -1, (1, 100))], ("broken", 0))
        self.check([promise(due=-1, mark=5)], [paid(6, -9, (1, 100))], ("kept", 100))

    def test_what_pays_something_else_does_not_count(self):
        self.check([promise(due=-1)], [paid(5, -1, (2, 100))], ("broken", 0))

    def test_what_is_applied_to_nothing_counts(self):
        self.check([promise(due=-1)], [paid(5, -1, (2, 30), free=70)], ("partly", 70))

    def test_money_serves_the_first_promise_first(self):
        both = [promise(1, due=-2, lines=(1, 2)), promise(2, due=-1, lines=(1, 2))]
        self.check(both, [paid(5, -2, (1, 150))], ("kept", 100), ("partly", 50))
        self.check(both, [paid(5, -2, (1, 60), free=60)], ("kept", 100), ("partly", 20))
        self.check(both, [paid(5, -1, (1, 100))], ("broken", 0), ("kept", 100))
        swapped = [promise(1, due=-1), promise(2, due=-2)]
        self.check(swapped, [paid(5, -2, (1, 100))], ("broken", 0), ("kept", 100))

    def test_what_is_applied_goes_before_what_is_free(self):
        both = [promise(1, due=-2, lines=(1,)), promise(2, due=-1, lines=(2,))]
        self.check(
            both, [paid(5, -3, free=100), paid(6, -2, (1, 100))], ("kept", 100), ("kept", 100)
        )

    def test_a_credit_note_lowers_what_is_left_to_keep(self):
        note = paid(4, -2, (1, 30), is_payment=False)
        for owed, amount, expected in (
            (100, 70, ("kept", 70)),  # all that was left
            (100, 69, ("partly", 69)),
            (200, 70, ("partly", 70)),  # there was more to pay than was promised
            (130, 100, ("kept", 100)),
        ):
            with self.subTest(owed=owed, amount=amount):
                self.check([promise(due=-1, owed=owed)], [note, paid(5, -1, (1, amount))], expected)

    def test_nothing_left_to_pay_is_kept(self):
        note = paid(4, -2, (1, 100), is_payment=False)
        self.check([promise(due=-1, owed=100)], [note], ("kept", 0))
        self.check([promise(due=-1, owed=60)], [note], ("kept", 0))
        late = paid(4, 0, (1, 100), is_payment=False)
        self.check([promise(due=-1, owed=100)], [late], ("broken", 0))

    @settings(max_examples=5000, deadline=None)
    @given(st.integers(0, 2**32))
    def test_it_agrees_with_a_plain_recomputation(self, seed):
        """Cent by cent, in another way: each cent of each payment looks for its promise."""
        promises, entries = draw(random.Random(seed))
        verdicts = judge(promises, entries, today=TODAY)
        self.assertEqual({id_: (v.state, v.paid) for id_, v in verdicts.items()},
                         recompute(promises, entries))  # fmt: skip

    @settings(max_examples=500, deadline=None)
    @given(st.integers(0, 2**32))
    def test_money_is_neither_made_nor_lost(self, seed):
        """What is paid in all is at most what came, and another payment never makes it worse."""
        chance = random.Random(seed)
        promises, entries = draw(chance)
        verdicts = judge(promises, entries, today=TODAY)
        came = sum(sum(a for _l, a in c.applied) + c.free for c in entries if c.is_payment)
        total = sum(verdict.paid for verdict in verdicts.values())
        self.assertLessEqual(total, came)
        more = [*entries, Credit(99, day(chance.randint(-6, 3)), (), chance.randint(1, 30))]
        after = judge(promises, more, today=TODAY)
        self.assertGreaterEqual(sum(verdict.paid for verdict in after.values()), total)
        for id_, verdict in verdicts.items():
            self.assertGreaterEqual(after[id_].paid, verdict.paid)

    @settings(max_examples=500, deadline=None)
    @given(st.integers(0, 2**32))
    def test_a_verdict_is_final_once_its_time_is_over(self, seed):
        """What comes after the last day, and time itself, changes nothing of it."""
        promises, entries = draw(random.Random(seed))
        before = judge(promises, entries, today=TODAY)
        later = [*entries, Credit(99, day(30), ((1, 50),), 50)]
        after = judge(promises, later, today=day(40))
        for item in promises:
            if item.limit < TODAY:
                self.assertEqual(before[item.id], after[item.id])


def draw(chance):
    """Return random promises and entries of one debtor."""
    promises = [
        promise(
            id_,
            amount=chance.randint(1, 40),
            due=chance.randint(-6, 3),
            grace=chance.randint(0, 2),
            mark=chance.randint(0, 8),
            lines=chance.sample((1, 2, 3), chance.randint(1, 3)),
            owed=chance.randint(1, 60),
            percent=chance.choice((100, 100, 95, 50)),
        )
        for id_ in range(1, chance.randint(2, 5))
    ]
    entries = [
        Credit(
            id_,
            day(chance.randint(-8, 3)),
            tuple(
                (line, chance.randint(1, 20))
                for line in chance.sample((1, 2, 3, 4), chance.randint(0, 3))
            ),
            chance.choice((0, 0, chance.randint(1, 25))),
            chance.random() > 0.2,
        )
        for id_ in range(1, chance.randint(1, 12))
    ]
    return promises, entries


def recompute(promises, entries):
    """Return ``{promise id: (state, paid)}``, one cent at a time."""
    queue = sorted(promises, key=lambda item: (item.due, item.id))
    left = {}
    for item in queue:
        credited = 0
        for credit in entries:
            if not credit.is_payment and item.mark < credit.id and credit.date <= item.limit:
                credited += sum(amount for line, amount in credit.applied if line in item.lines)
        left[item.id] = max(0, min(item.amount, item.owed - credited))
    needs = dict(left)
    cents = []
    for credit in sorted(entries, key=lambda item: (item.date, item.id)):
        if credit.is_payment:
            for line, amount in credit.applied:
                cents += [(0, credit, line)] * amount
            cents += [(1, credit, None)] * credit.free
    for _kind, credit, line in sorted(cents, key=lambda cent: cent[0]):
        for item in queue:
            fits = line is None or line in item.lines
            if fits and left[item.id] and credit.id > item.mark and credit.date <= item.limit:
                left[item.id] -= 1
                break
    return {
        item.id: (
            tell(item, needs[item.id], needs[item.id] - left[item.id]),
            needs[item.id] - left[item.id],
        )
        for item in promises
    }


def tell(item, need, paid):
    """Return the state in words of the calendar."""
    if paid >= need * item.percent / 100:
        return "kept"
    if item.limit < TODAY:
        return "partly" if paid else "broken"
    return "open" if item.due > TODAY else "due"
