"""What the ledger says of some days and periods: read once, asked many times."""

from collections import defaultdict
from decimal import Decimal
from math import fsum

# Ages of what is open by days late; credits (amounts below zero) have none.
CREDIT = -1
NOT_DUE, AGE_1, AGE_2, AGE_3, AGE_4 = range(5)
# The days late at which each age after the first begins.
STEPS = [1, 31, 61, 91]
NAMES = {
    NOT_DUE: "not_due",
    AGE_1: "age_1",
    AGE_2: "age_2",
    AGE_3: "age_3",
    AGE_4: "age_4",
}
LATE = (AGE_1, AGE_2, AGE_3, AGE_4)


class Books:
    """Sums of a ledger in one currency; adding them up adds no error of its own (``decimal``,
    ``math.fsum``), so that a figure is right to the cent once it is rounded.

    :param owed: ``[{day: (age, amount)}]``: the sums of lines that were of the same age, or
        :data:`CREDIT` (below zero), on the same days; days on which none of them was open are not
        in it
    :param late: ``[(days, number)]``: how many debtors were overdue on just these of the days
    :param sold: ``[(date, amount)]``, and ``collected`` and ``lost`` (written off) likewise
    :param paid: ``[(date, amount, days)]``: what was paid of invoices so many days old
    :param parts: what else was asked of the ledger, by name, as it was answered
    """

    def __init__(self, owed=(), late=(), sold=(), collected=(), lost=(), paid=(), parts=None):
        self._owed = list(owed)
        self._late = [(frozenset(days), number) for days, number in late]
        self._sold, self._collected, self._lost = list(sold), list(collected), list(lost)
        self._paid = list(paid)
        self.parts = parts or {}

    def get_owed(self, day):
        """Return what was open at the end of a day: ``total`` (less credits), ``credit`` (above
        zero), ``not_due, age_1, age_2, age_3, age_4``, and their ``overdue`` without the first."""
        ages = defaultdict(list)
        for days in self._owed:
            if day in days:
                age, amount = days[day]
                ages[age].append(amount)
        sums = {age: float(sum(map(Decimal, amounts))) for age, amounts in ages.items()}
        named = {name: sums.get(age, 0) for age, name in NAMES.items()}
        return named | {
            "total": fsum(sums.values()),
            "credit": abs(sums.get(CREDIT, 0)),
            "overdue": fsum(sums.get(age, 0) for age in LATE),
        }

    def get_rolled(self, first, last):
        """Return where the debts of a day were on a later one, as ``engine.rolls.matrix`` takes
        it: ``[(age before, age after or None, amount before, amount after)]``."""
        nothing = CREDIT, 0
        found = [(days[first], days.get(last, nothing)) for days in self._owed if first in days]
        return [
            (before, None if after == CREDIT else after, amount, 0 if after == CREDIT else left)
            for (before, amount), (after, left) in found
            if before != CREDIT
        ]

    def get_moved(self, last, begin, before):
        """Return how many debtors moved from ``before`` over ``begin`` to ``last``.

        :return: ``overdue`` when the period began; ``cured``: those who were no longer at its end;
            ``caught_up``: overdue before it but not when it began; ``relapsed``: those who were
            again at its end
        """
        moved = dict.fromkeys(("overdue", "cured", "caught_up", "relapsed"), 0)
        for days, number in self._late:
            was, had, late = begin in days, before in days, last in days
            moved["overdue"] += number * was
            moved["cured"] += number * (was and not late)
            moved["caught_up"] += number * (had and not was)
            moved["relapsed"] += number * (had and not was and late)
        return moved

    def get_sold(self, first, last):
        """Return what was sold from one day to another, both included."""
        return _sum(self._sold, first, last)

    def get_collected(self, first, last):
        """Return what was collected from one day to another, both included."""
        return _sum(self._collected, first, last)

    def get_lost(self, first, last):
        """Return what was written off from one day to another, both included."""
        return _sum(self._lost, first, last)

    def get_paid(self, first, last):
        """Return ``[(amount, days)]`` of what was paid from one day to another, both included."""
        return [(amount, days) for date, amount, days in self._paid if first <= date <= last]


def _sum(rows, first, last):
    return fsum(amount for date, amount in rows if first <= date <= last)
