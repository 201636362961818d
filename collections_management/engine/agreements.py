"""Payment plans: terms in, a schedule out; the debtor's payments in, where each plan stands out.

Nothing here reads a clock, a database or Odoo: *today* is an argument, amounts are whole numbers
of the smallest amount of the currency, and rates are per cent a year, simple, by days of 365.

Words: a plan *covers* receivables (``lines``); ``mark`` is the number of the debtor's last entry
when it was accepted, so what was in the books by then is no payment of it. An instalment is *late*
once its last day (``limit``) is over and it is not paid, the oldest one being paid first.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from operator import attrgetter

FREQUENCIES = ("week", "fortnight", "month", "month_end")
DAYS = {"week": 7, "fortnight": 15}
YEAR = 365

OLDEST_FIRST = attrgetter("date", "id")


class TermsError(ValueError):
    """Terms that make no plan; ``args[0]`` is the machine word of what is wrong."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed. ``start`` is the day interest runs from; ``rate`` is per cent a year.

    ``method``: ``none``, ``declining`` (on what is left of the principal, never on interest) or
    ``flat`` (on what is financed, for the whole time).
    """

    principal: int
    count: int
    frequency: str
    start: date
    first: date
    discount: int = 0
    down: int = 0
    down_on: date | None = None
    method: str = "none"
    rate: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Instalment:
    """Number 0 is the down payment; ``balance`` is the principal left once it is paid."""

    number: int
    due: date
    principal: int
    interest: int
    balance: int

    @property
    def amount(self):
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class Plan:
    """An accepted agreement; ``instalments`` are ``(limit, amount)`` in their order.

    It breaks once more than ``tolerated`` instalments are late, or one for more than ``days``.
    """

    id: int
    mark: int
    lines: frozenset[int]
    instalments: tuple[tuple[date, int], ...]
    tolerated: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """``state`` is active, completed or broken; ``paid`` and ``needed`` go by instalment."""

    state: str
    paid: tuple[int, ...]
    needed: tuple[int, ...]
    late: int


# -- schedule ------------------------------------------------------------------------------------


def schedule(terms, is_off=None):
    """Return the instalments of some terms, exact to the unit: the last one takes the remainder.

    :param is_off: tells whether a day is no working day; instalments move to the next one
    :raise TermsError: when no plan can be made of them
    """
    _check(terms)
    financed = terms.principal - terms.discount - terms.down
    start = terms.down_on if terms.down else terms.start
    result = []
    if terms.down:
        result.append(Instalment(0, start, terms.down, 0, financed))
    days = due_days(terms, is_off)
    if days[0] <= start and terms.down:
        raise TermsError("down_late")
    shares = split(financed, terms.count)
    interests = _interests(terms, financed, shares, start, days)
    balance = financed
    for number, (day, share, interest) in enumerate(zip(days, shares, interests, strict=True), 1):
        balance -= share
        result.append(Instalment(number, day, share, interest, balance))
    return tuple(result)


def _check(terms):
    if terms.principal <= 0:
        raise TermsError("no_debt")
    if min(terms.discount, terms.down, terms.rate) < 0:
        raise TermsError("negative")
    if terms.count < 1:
        raise TermsError("no_instalment")
    if terms.down and not terms.down_on:
        raise TermsError("down_date")
    if terms.discount + terms.down >= terms.principal:
        raise TermsError("above_debt")
    if terms.principal - terms.discount - terms.down < terms.count:
        raise TermsError("too_many")
    if terms.first < terms.start or (terms.down and terms.down_on < terms.start):
        raise TermsError("past")


def due_days(terms, is_off=None):
    """Return the days of the instalments, each later than the one before."""
    days = []
    for index in range(terms.count):
        day = nth_day(terms.first, terms.frequency, index)
        if is_off:
            if days:
                day = max(day, days[-1] + timedelta(days=1))
            while is_off(day):
                day += timedelta(days=1)
        days.append(day)
    return days


def nth_day(first, frequency, index):
    """Return the day of an instalment; a month without that day has its last day instead."""
    if frequency in DAYS:
        return first + timedelta(days=DAYS[frequency] * index)
    months = first.year * 12 + first.month - 1 + index
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, last if frequency == "month_end" else min(first.day, last))


def split(amount, count):
    """Return an amount in equal parts; the last one takes the remainder."""
    share = amount // count
    return [share] * (count - 1) + [amount - share * (count - 1)]


def _interests(terms, financed, shares, start, days):
    if terms.method == "none" or not terms.rate:
        return [0] * terms.count
    if terms.method == "flat":
        return split(simple(financed, terms.rate, (days[-1] - start).days), terms.count)
    result, balance, since = [], financed, start
    for day, share in zip(days, shares, strict=True):
        result.append(simple(balance, terms.rate, (day - since).days))
        balance, since = balance - share, day
    return result


def simple(amount, rate, days):
    """Return simple interest, to the nearest unit, half of one going up."""
    return int(Fraction(amount) * Fraction(rate) * days / (100 * YEAR) + Fraction(1, 2))


def earned(instalments, start, day):
    """Return the interest of a schedule that was earned by a day: that of each period by days.

    :param instalments: of one schedule, in their order
    :param date start: the day interest runs from
    """
    total, since = 0, start
    for item in instalments:
        if item.due <= day:
            total += item.interest
        elif since < day:
            total += item.interest * (day - since).days // (item.due - since).days
        since = item.due
    return total


# -- standing ------------------------------------------------------------------------------------


def judge(plans, entries, *, today):
    """Return ``{plan id: Standing}`` of all plans of a debtor in one currency.

    What is applied to the receivables of a plan is its; what is applied to nothing serves the
    oldest plan first. A credit that is no payment (a credit note, a write-off) takes from the end
    of the plan.

    :param entries: ``engine.promises.Credit`` that stand, the plan's own ones left out
    """
    plans = sorted(plans, key=attrgetter("id"))
    entries = sorted(entries, key=OLDEST_FIRST)
    needs = {plan.id: needed(plan, entries) for plan in plans}
    rooms = {id_: sum(need) for id_, need in needs.items()}
    payments = [credit for credit in entries if credit.is_payment]
    for plan in plans:
        for payment in payments:
            if payment.id > plan.mark:
                rooms[plan.id] -= min(rooms[plan.id], applied(payment, plan))
    for payment in payments:
        free = payment.free
        for plan in plans:
            if payment.id > plan.mark:
                share = min(free, rooms[plan.id])
                rooms[plan.id] -= share
                free -= share
    return {
        plan.id: stand(plan, needs[plan.id], sum(needs[plan.id]) - rooms[plan.id], today)
        for plan in plans
    }


def applied(credit, plan):
    """Return what a credit pays of the receivables of a plan."""
    return sum(amount for line, amount in credit.applied if line in plan.lines)


def needed(plan, entries):
    """Return what each instalment needs: what was credited since takes from the last ones."""
    relief = sum(
        applied(credit, plan)
        for credit in entries
        if not credit.is_payment and credit.id > plan.mark
    )
    result = []
    for _limit, amount in reversed(plan.instalments):
        taken = min(relief, amount)
        relief -= taken
        result.append(amount - taken)
    return tuple(reversed(result))


def stand(plan, needs, paid, today):
    """Return where a plan stands that has received so much."""
    shares = []
    for need in needs:
        share = min(paid, need)
        paid -= share
        shares.append(share)
    late = [
        (today - limit).days
        for (limit, _amount), need, share in zip(plan.instalments, needs, shares, strict=True)
        if share < need and limit < today
    ]
    if sum(shares) == sum(needs):
        state = "completed"
    elif len(late) > plan.tolerated or max(late, default=0) > plan.days:
        state = "broken"
    else:
        state = "active"
    return Standing(state, tuple(shares), needs, len(late))
