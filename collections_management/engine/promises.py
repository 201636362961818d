"""What became of promises to pay: the debtor's payments in, a verdict for each promise out.

Nothing here reads a clock, a database or Odoo: *today* is an argument, amounts are whole numbers
of the currency's smallest unit, and all promises and entries are of one debtor and one currency.

Words: a *credit* is an entry that lowers what the debtor owes. One that is a payment keeps
promises; any other one (a credit note, a write-off) only lowers what is left to keep. ``mark``
is the number of the debtor's last entry when a promise was made: what was in the books by then is
no payment since, whatever is done with it later.
"""

from dataclasses import dataclass
from datetime import date
from operator import attrgetter

PENDING = ("open", "due")
FINAL = ("kept", "partly", "broken")

OLDEST_FIRST = attrgetter("date", "id")
SOONEST_FIRST = attrgetter("due", "id")


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to pay ``amount`` on ``due``, for ``lines`` that owed ``owed`` when it was made.

    A payment counts until ``limit``, the day with its grace; the promise is kept from ``percent``
    of what it needs.
    """

    id: int
    amount: int
    due: date
    limit: date
    mark: int
    lines: frozenset[int]
    owed: int
    percent: int = 100


@dataclass(frozen=True, slots=True)
class Credit:
    """An entry that stands: ``applied`` to receivables, ``free`` what is applied to nothing."""

    id: int
    date: date
    applied: tuple[tuple[int, int], ...] = ()
    free: int = 0
    is_payment: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """``state`` is open, due, kept, partly or broken; ``paid`` is what was paid in time."""

    state: str
    paid: int
    needed: int


def judge(promises, entries, *, today):
    """Return ``{promise id: Verdict}`` of all promises of a debtor in one currency.

    Money serves the promise that is due first. What is applied to a receivable serves promises
    about it only; what is applied to nothing serves any promise made before it came.
    """
    promises = sorted(promises, key=SOONEST_FIRST)
    entries = sorted(entries, key=OLDEST_FIRST)
    needs = {promise.id: needed(promise, entries) for promise in promises}
    rooms = dict(needs)
    payments = [credit for credit in entries if credit.is_payment]
    for payment in payments:
        for line, amount in payment.applied:
            spend(payment, amount, [item for item in promises if line in item.lines], rooms)
    for payment in payments:
        spend(payment, payment.free, promises, rooms)
    return {
        promise.id: _judge_one(promise, needs[promise.id], rooms[promise.id], today)
        for promise in promises
    }


def needed(promise, entries):
    """Return what has to be paid: the amount, or less when its receivables were credited.

    A credit note lowers a promise only where less is left to pay than was promised.
    """
    relief = sum(
        amount
        for credit in entries
        if not credit.is_payment and counts(credit, promise)
        for line, amount in credit.applied
        if line in promise.lines
    )
    return max(min(promise.amount, promise.owed - relief), 0)


def counts(credit, promise):
    """Tell whether a credit came after the promise was made and before its time was over."""
    return credit.id > promise.mark and credit.date <= promise.limit


def spend(payment, amount, promises, rooms):
    """Give an amount of a payment to the promises in turn, each no more than its room."""
    for promise in promises:
        if amount <= 0:
            return
        if counts(payment, promise):
            share = min(amount, rooms[promise.id])
            rooms[promise.id] -= share
            amount -= share


def _judge_one(promise, needs, room, today):
    paid = needs - room
    if paid * 100 >= needs * promise.percent:
        state = "kept"
    elif today <= promise.limit:
        state = "due" if today >= promise.due else "open"
    else:
        state = "partly" if paid else "broken"
    return Verdict(state, paid, needs)
