"""Expected credit losses from a company's own history: the simplified approach of IFRS 9.

IFRS 9, 5.5.15 asks of trade receivables for the losses expected over their whole life; B5.5.35
allows a *provision matrix*: historical loss rates by age and group of debtors, adjusted for what is
known of the future (5.5.17 c, B5.5.52). Two usual ways to measure the rates:

**Loss-rate.** At each of N month-ends (cohorts) the open debts are grouped by age. Some months
later (the horizon) it is seen what never came in::

    rate(bucket) = sum over cohorts of lost / sum over cohorts of open

**Roll-rate** (migration). From each month-end to the next, debts stay in their bucket, roll into an
older one, are collected or are lost (written off, or older than the age of default)::

    p(b, c) = sum over months of what rolled from b to c / sum over months of what was open in b
    rate(b) = (p(b, lost) + sum over c > b of p(b, c) * rate(c)) / (1 - p(b, b))

the chance to be lost in the end, of an absorbing Markov chain. Where buckets are as wide as a month
nothing stays, and the rate is the well-known product of the roll rates up to default. In default
the rate is 1.

A debt only grows older, so the chain is worked out from the oldest bucket back, in one pass.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

NOT_DUE = -1  # the bucket of what is not due, or younger than the first age
SEGMENT, ALL, NONE = "segment", "all", "none"
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Flow:
    """What became of the debts of one bucket at one month-end.

    :param int bucket: first day late of their bucket at the month-end, or :data:`NOT_DUE`
    :param int later: the bucket that their age put them in later, if they were still open
    :param int count: how many debts
    :param Decimal amount: open at the month-end = collected + lost + remaining
    :param Decimal lost: written off by then, or open and older than the age of default
    :param Decimal remaining: still open later, not in default
    """

    month: date
    segment: int | None
    bucket: int
    later: int
    count: int
    amount: Decimal
    lost: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class Minimum:
    """How much history a rate needs before it says something."""

    months: int = 6
    count: int = 30


@dataclass(frozen=True, slots=True)
class Measure:
    """A rate of one segment and bucket, and what it rests on.

    :param share: lost of each unit that is open, 0 to 1; None: too few data
    :param str scope: :data:`SEGMENT` (of its own), :data:`ALL` (of all segments together) or
        :data:`NONE`
    """

    share: Decimal | None
    scope: str
    months: int = 0
    count: int = 0
    amount: Decimal = Decimal(0)
    lost: Decimal = Decimal(0)


def get_cohorts(day, window, ahead):
    """Return ``[(month-end, month-end some months later)]`` of the last cohorts known in full on a
    day, the oldest first.

    :param int window: how many
    :param int ahead: months after which it is seen what became of them
    """
    number = day.year * 12 + day.month - 1
    if _month_end(number) > day:
        number -= 1
    last = number - ahead
    months = range(last - window + 1, last + 1)
    return [(_month_end(month), _month_end(month + ahead)) for month in months]


def _month_end(number):
    """Return the last day of a month, counted from the year 0."""
    year, month = divmod(number + 1, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def measure_losses(flows, buckets, segments, minimum):
    """Return ``{(segment, bucket): Measure}`` by the loss-rate method.

    What a segment knows too little of is taken from all segments together, if they know enough.
    """
    groups = _group(flows)
    measures = {}
    for segment in segments:
        for bucket in buckets:
            rows, scope = _choose(groups, segment, bucket, minimum)
            measures[segment, bucket] = _sum_up(rows, scope)
    return measures


def measure_rolls(flows, buckets, segments, minimum, *, default, entered):
    """Return ``{(segment, bucket): Measure}`` by the roll-rate method.

    :param int default: the first bucket that is in default
    :param dict entered: ``{bucket: share}`` to go on with where too little is known
    """
    groups = _group(flows)
    measures = {}
    for segment in segments:
        known = {}
        for bucket in sorted(buckets, reverse=True):
            rows, scope = _choose(groups, segment, bucket, minimum)
            found = _sum_up(rows, scope)
            if bucket >= default:
                found = replace(found, share=Decimal(1), scope=SEGMENT)
            elif (share := _roll(rows, found, bucket, known)) is None:
                found = replace(found, share=None, scope=NONE)
            else:
                found = replace(found, share=share)
            known[bucket] = entered.get(bucket, Decimal(0)) if found.share is None else found.share
            measures[segment, bucket] = found
    return measures


def _roll(rows, found, bucket, known):
    """Return the chance to be lost in the end, or None when nothing is known or nothing ever left
    the bucket."""
    if found.scope == NONE:
        return None
    ahead, stayed = found.lost, Decimal(0)
    for row in rows:
        if row.later == bucket:
            stayed += row.remaining
        else:
            ahead += row.remaining * known[row.later]
    left = found.amount - stayed
    return _clip(ahead / left) if left > 0 else None


def _group(flows):
    """Return ``{(segment, bucket): rows}`` and, under ``("all", bucket)``, those of all."""
    groups = defaultdict(list)
    for flow in flows:
        groups[flow.segment, flow.bucket].append(flow)
        groups[ALL, flow.bucket].append(flow)
    return groups


def _choose(groups, segment, bucket, minimum):
    """Return ``(rows, scope)``: of the segment when they are enough, else of all."""
    own, every = groups[segment, bucket], groups[ALL, bucket]
    if _is_enough(own, minimum):
        return own, SEGMENT
    return every, ALL if _is_enough(every, minimum) else NONE


def _is_enough(rows, minimum):
    months = {row.month for row in rows}
    return (
        len(months) >= minimum.months
        and sum(row.count for row in rows) >= minimum.count
        and sum(row.amount for row in rows) > 0
    )


def _sum_up(rows, scope):
    amount = sum((row.amount for row in rows), Decimal(0))
    lost = sum((row.lost for row in rows), Decimal(0))
    return Measure(
        share=_clip(lost / amount) if scope != NONE else None,
        scope=scope,
        months=len({row.month for row in rows}),
        count=sum(row.count for row in rows),
        amount=amount,
        lost=lost,
    )


def _clip(share):
    return min(max(share, Decimal(0)), Decimal(1))


def to_percent(share):
    """Return a share as a percentage with two decimals, as it is kept."""
    return (100 * share).quantize(CENT, ROUND_HALF_UP)


def look_forward(percent, change):
    """Return a historical percentage changed by what is expected of the future, 0 to 100.

    :param Decimal change: in percent: 10 makes 5 % to 5.5 % (IFRS 9 B5.5.52)
    """
    changed = percent * (100 + change) / 100
    return min(max(changed, Decimal(0)), Decimal(100)).quantize(CENT, ROUND_HALF_UP)


def find_falls(percents):
    """Return ``[(bucket, older bucket)]`` where an older bucket loses less than a younger one.

    Losses are expected to grow with age; where they do not, somebody should look, and nothing is
    smoothed away.

    :param dict percents: ``{bucket: percent}``
    """
    buckets = sorted(percents)
    return [
        (younger, older)
        for younger, older in pairwise(buckets)
        if percents[older] < percents[younger]
    ]


def get_sensitivity(lines, change, places):
    """Return what would be provided if every percentage were changed.

    :param lines: ``[(amount, percent)]`` as provided
    :param Decimal change: in percent of each percentage
    :param int places: decimals of the currency
    """
    cent = Decimal(1).scaleb(-places)
    return sum(
        (
            (amount * min(percent * (100 + change) / 100, Decimal(100)) / 100)
            .quantize(cent, ROUND_HALF_UP)
            for amount, percent in lines
        ),
        Decimal(0),
    )  # fmt: skip
