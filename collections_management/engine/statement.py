"""A statement of account in one currency: running balance and age of what is open."""

from dataclasses import dataclass, replace
from decimal import Decimal

ZERO = Decimal(0)
AGE_LIMITS = (0, 30, 60, 90)  # days past due; the last age has no limit


@dataclass(frozen=True, slots=True)
class Movement:
    """What changed the balance on a day; ``balance`` is what it came to."""

    day: object
    kind: str
    name: str
    amount: Decimal
    reference: str = ""
    balance: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Item:
    """What was still open at the end: a receivable, or a credit when ``residual`` is negative."""

    day: object
    due: object
    kind: str
    name: str
    amount: Decimal
    residual: Decimal
    reference: str = ""
    age: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a debtor in a currency.

    ``ages``: open receivables not due, 1-30, 31-60, 61-90 and over 90 days past due; together with
    ``credit`` (zero or negative) they are the closing balance.
    """

    opening: Decimal
    closing: Decimal
    movements: tuple
    items: tuple
    ages: tuple
    credit: Decimal

    @property
    def overdue(self):
        """What is past due, credits not counted."""
        return sum(self.ages[1:], ZERO)

    @property
    def is_empty(self):
        """Whether there is nothing to tell."""
        return not (self.opening or self.closing or self.movements or self.items)


def build(opening, movements, items, *, day):
    """Return the :class:`Account` of a debtor in a currency.

    :param Decimal opening: balance before the first day
    :param movements: of the period, in order
    :param items: what was open at the end of ``day``
    """
    balance, running = opening, []
    for movement in movements:
        balance += movement.amount
        running.append(replace(movement, balance=balance))
    aged = tuple(replace(item, age=(day - item.due).days) for item in items)
    ages = [ZERO] * (len(AGE_LIMITS) + 1)
    for item in aged:
        if item.residual > 0:
            ages[sum(item.age > limit for limit in AGE_LIMITS)] += item.residual
    credit = sum((item.residual for item in aged if item.residual < 0), ZERO)
    return Account(opening, balance, tuple(running), aged, tuple(ages), credit)
