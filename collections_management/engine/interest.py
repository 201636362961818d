"""Late-payment interest and fixed charges: money and days in, exact amounts out. No clock here.

Simple interest on what was still owed each day, at the rate of that day. A payment of a day counts
from the next one, so the days of interest of a payment in one piece are its days late. Sums are
kept as fractions and rounded once: a long year or a third of a cent never gets lost.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")


class NoCeiling(Exception):
    """The legal maximum of a day is not known."""

    def __init__(self, day):
        super().__init__(day)
        self.day = day


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy charges.

    ``rates`` are ``(first day late, percent a year)``; None: the legal maximum itself.
    ``ceilings`` are ``(first day, percent a year)``, a percent of None being one that nobody has
    entered yet; None instead of them: there is no maximum.
    A debt paid within ``grace_days`` bears nothing; ``forgiving``: those days never do.
    """

    rates: tuple | None = ()
    basis: str = "365"
    grace_days: int = 0
    forgiving: bool = False
    first_day: date | None = None
    ceilings: tuple | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Days in a row with one base and one rate, both days included."""

    date_from: date
    date_to: date
    base: Decimal
    percent: Decimal
    amount: Decimal

    @property
    def days(self):
        return (self.date_to - self.date_from).days + 1


def accrue(due, original, payments, terms, *, since=None, until, unit=CENT):
    """Return the slices of the interest of a debt from ``since`` to ``until``, both included.

    The rounded amounts of the slices add up to the whole, rounded once.

    :param payments: ``(day, amount)`` of what reduced the debt
    :param since: first day not charged yet; None: from the beginning
    :param unit: smallest amount of the currency
    :raise NoCeiling: where the legal maximum is not known on a day that bears interest
    """
    forgiven = due + timedelta(days=terms.grace_days)
    if until <= forgiven:
        return ()
    start = (forgiven if terms.forgiving else due) + ONE_DAY
    start = max(filter(None, (start, since, terms.first_day)))
    if until < start:
        return ()
    payments = _forgive(due, forgiven, payments)
    parts = []
    for first, last in _split(due, payments, terms, start, until):
        base = _get_base(original, payments, first)
        percent = _get_percent(terms, (first - due).days, first) if base else Decimal(0)
        if percent > 0:
            parts.append((first, last, base, percent))
    exact = [_get_exact(*part, terms.basis) for part in parts]
    amounts = spread(exact, unit)
    return tuple(Slice(*part, amount) for part, amount in zip(parts, amounts, strict=True))


def recharge(parts, due, original, payments, terms, *, unit=CENT):
    """Return what days that were charged bear now that these payments are known.

    The days and their rates stay as they were charged; only what was owed then is looked at again.

    :param parts: the slices charged
    :param terms: of their grace and the length of a year
    """
    payments = _forgive(due, due + timedelta(days=terms.grace_days), payments)
    changes = {day + ONE_DAY for day, _amount in payments}
    exact = Fraction(0)
    for part in parts:
        for first, last in _cut(part.date_from, part.date_to, changes):
            base = _get_base(original, payments, first)
            exact += _get_exact(first, last, base, part.percent, terms.basis)
    return round_half_up(exact, unit)


def _forgive(due, forgiven, payments):
    """Let what was paid within the days of grace count as paid when it was due."""
    return [(due if day <= forgiven else day, amount) for day, amount in payments]


def _get_base(original, payments, day):
    """Return what was owed on a day."""
    paid = sum((amount for paid_on, amount in payments if paid_on < day), Decimal(0))
    return max(original - paid, Decimal(0))


def _split(due, payments, terms, start, until):
    """Return ``[(first day, last day)]`` between which nothing changes."""
    changes = {day + ONE_DAY for day, _amount in payments}
    changes.update(due + timedelta(days=late) for late, _percent in terms.rates or ())
    changes.update(day for day, _percent in terms.ceilings or ())
    if terms.basis == "actual":
        changes.update(date(year, 1, 1) for year in range(start.year + 1, until.year + 1))
    return _cut(start, until, changes)


def _cut(start, until, changes):
    """Return ``[(first day, last day)]`` of a period cut before each of these days."""
    inside = sorted(day for day in changes if start < day <= until)
    return [
        (first, following - ONE_DAY)
        for first, following in pairwise([start, *inside, until + ONE_DAY])
    ]


def _get_percent(terms, late, day):
    """Return the yearly rate of a day: the policy's tier, at most the legal maximum."""
    if terms.rates is None and terms.ceilings is None:
        return Decimal(0)
    own = None
    if terms.rates is not None:
        reached = [entry for entry in terms.rates if entry[0] <= late]
        own = max(reached)[1] if reached else Decimal(0)
    if terms.ceilings is None:
        return own
    known = [entry for entry in terms.ceilings if entry[0] <= day]
    if not known:
        if own == 0:
            return own
        raise NoCeiling(day)
    ceiling = max(known, key=lambda entry: entry[0])[1]
    if ceiling is None:
        raise NoCeiling(day)
    return ceiling if own is None else min(own, ceiling)


def _get_exact(first, last, base, percent, basis):
    """Return the interest of some days as a fraction."""
    days = (last - first).days + 1
    return Fraction(base) * Fraction(percent) * days / (100 * get_year_days(first, basis))


def get_year_days(day, basis):
    """Return the days a year counts on a day: as it says, or as the calendar has."""
    if basis != "actual":
        return int(basis)
    return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days


def spread(exact, unit=CENT):
    """Round amounts so that they add up to their exact sum, rounded once, half up."""
    result, told, total = [], Decimal(0), Fraction(0)
    for amount in exact:
        total += Fraction(amount)
        rounded = round_half_up(total, unit)
        result.append(rounded - told)
        told = rounded
    return result


def round_half_up(amount, unit=CENT):
    """Round an amount to a multiple of the unit of its currency, halves away from zero."""
    steps = Fraction(amount) / Fraction(unit)
    whole = abs(steps) + Fraction(1, 2)
    count = whole.numerator // whole.denominator
    return Decimal(-count if steps < 0 else count) * Decimal(unit)


def allocate(debts, credits_):
    """Let unallocated credits pay the oldest debts first, in the order of their days.

    :param debts: ``[(id, due, open amount)]`` of one debtor and currency
    :param credits_: ``[(day, amount)]``
    :return: ``{id: [(day, amount)]}``
    """
    left = [[id_, amount] for id_, _due, amount in sorted(debts, key=lambda debt: debt[1::-1])]
    result = {}
    for day, amount in sorted(credits_):
        for debt in left:
            part = min(amount, debt[1])
            if part > 0:
                result.setdefault(debt[0], []).append((day, part))
                debt[1] -= part
                amount -= part
    return result


def pick_row(rows, day, debt):
    """Return the value of the dated row that stands on a day for a debt of that size, or None.

    :param rows: ``[(first day, from which debt on, value)]``
    """
    known = [row for row in rows if row[0] <= day]
    if not known:
        return None
    newest = max(row[0] for row in known)
    fitting = [row for row in known if row[0] == newest and row[1] <= debt]
    return max(fitting, key=lambda row: row[1])[2] if fitting else None
