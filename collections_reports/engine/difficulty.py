"""How much of a portfolio could be expected to come in, given what it is made of.

Indirect standardisation, as in epidemiology (standardised mortality ratio: Breslow and Day,
*Statistical Methods in Cancer Research II*, IARC 1987, chapter 2): the recovery rate of each
stratum (age x size) over the whole company is applied to what each collector had in it at the
beginning. Recovered / expected says how he did against the same kind of debt. The ratios of two
collectors are each against the company, not against each other: their portfolios may not overlap.
"""

from collections import defaultdict
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

AGES = ("not_due", "age_1", "age_2", "age_3", "age_4")
BANDS = 4
FEW_DEBTORS = 20
SPECK = 1e-9


class Item(NamedTuple):
    """What a debtor owed at the beginning in one stratum, and how much of it was recovered."""

    owner: int
    debtor: int
    stratum: tuple
    opening: float
    recovered: float


class Ratio(NamedTuple):
    """Recovered against expected. ``ratio``, ``lower`` and ``upper`` are None with few data."""

    debtors: int
    opening: float
    recovered: float
    expected: float
    ratio: float | None
    lower: float | None
    upper: float | None


def age(days):
    """Return the age bucket of so many days past due."""
    return AGES[0 if days <= 0 else min(1 + (days - 1) // 30, 4)]


def limits(amounts, bands=BANDS):
    """Return the limits between bands of equally many debtors, by what each owes in all."""
    ordered = sorted(amounts)
    return [ordered[len(ordered) * step // bands] for step in range(1, bands)] if ordered else []


def band(amount, bounds):
    """Return the number of the band of an amount: 0 for the smallest debtors."""
    return sum(amount >= bound for bound in bounds)


def rates(items):
    """Return ``{stratum: share of the opening amount that was recovered}``."""
    sums = defaultdict(lambda: [0.0, 0.0])
    for item in items:
        sums[item.stratum][0] += item.opening
        sums[item.stratum][1] += item.recovered
    return {
        stratum: recovered / opening if opening > SPECK else 0.0
        for stratum, (opening, recovered) in sums.items()
    }


def compare(items, known, *, few=FEW_DEBTORS, confidence=0.95):
    """Return the :class:`Ratio` of one portfolio.

    The interval treats debtors, not payments, as independent: the spread of what each paid beyond
    what was expected of him (linearisation of a ratio; Cochran, *Sampling Techniques*, 1977, 6.3).

    :param items: of one owner
    :param known: the rates of the whole company, see :func:`rates`
    :param few: with fewer debtors nothing is said about the ratio
    """
    opening = recovered = expected = 0.0
    gaps = defaultdict(float)
    for item in items:
        hoped = item.opening * known.get(item.stratum, 0.0)
        opening += item.opening
        recovered += item.recovered
        expected += hoped
        gaps[item.debtor] += item.recovered - hoped
    if len(gaps) < few or expected <= SPECK:
        return Ratio(len(gaps), opening, recovered, expected, None, None, None)
    ratio = recovered / expected
    mean = sum(gaps.values()) / len(gaps)
    spread = sum((gap - mean) ** 2 for gap in gaps.values()) * len(gaps) / (len(gaps) - 1)
    margin = NormalDist().inv_cdf(0.5 + confidence / 2) * sqrt(spread) / expected
    lower, upper = max(ratio - margin, 0.0), ratio + margin
    return Ratio(len(gaps), opening, recovered, expected, ratio, lower, upper)
