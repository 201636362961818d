"""Random comparisons: who is in which arm, what the difference is, when it is certain enough.

**Assignment** is a keyed hash of the debtor: the same on every worker and every night, with nothing
to remember but the key of the experiment, and unrelated between two experiments.

**Looking every day** would find differences that are none, had each look an interval of its own.
The interval here is a *confidence sequence*: it holds the true difference at all looks at once,
with the promised probability, however often one looks and whenever one stops. It is the asymptotic
confidence sequence of I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences" (arXiv:2103.06476, 2021;
Annals of Statistics 52(6), 2024), theorem 2.2, the normal mixture of H. Robbins (1970), applied to
the difference of two means. As it rests on the central limit theorem, nobody looks before each arm
has its minimum sample. A debtor enters with a finished outcome, what he paid in a fixed number of
days, so that those who enter one after the other are a sequence of independent observations.
"""

from hashlib import blake2b
from math import ceil, log, sqrt
from typing import NamedTuple

ALPHA = 0.05
LEAST_SAMPLE = 50


class Moments(NamedTuple):
    """Of the outcomes of an arm: their number, mean and (sample) variance."""

    count: int
    mean: float
    variance: float


class Estimate(NamedTuple):
    """By how much an arm differs from the one it is compared with, at one look.

    ``lower`` and ``upper`` are None before the minimum sample is reached.
    """

    difference: float | None
    lower: float | None
    upper: float | None


class Verdict(NamedTuple):
    """What a look ends with: ``running``, ``winner`` (of this index) or ``no_difference``."""

    state: str
    winner: int | None = None


def draw(salt, key):
    """Return a number in [0, 1) that only the key of the experiment and the debtor decide."""
    digest = blake2b(str(key).encode(), digest_size=8, key=salt.encode()).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def pick(salt, key, shares):
    """Return the index of the arm a debtor belongs to, by shares in percent.

    None: he is in no arm, as the shares leave a rest.
    """
    place, bound = 100 * draw(salt, key), 0.0
    for index, percent in enumerate(shares):
        bound += percent
        if place < bound:
            return index
    return None


def moments(values):
    """Return the :class:`Moments` of outcomes."""
    count = len(values)
    mean = sum(values) / count if count else 0.0
    spread = sum((value - mean) ** 2 for value in values)
    return Moments(count, mean, spread / (count - 1) if count > 1 else 0.0)


def cap(amounts, percent):
    """Return the quantile of amounts above which they are cut off (winsorised), or None.

    It is taken before anything is known of the outcome: of what debtors owe at the start.
    """
    ordered = sorted(amounts)
    if not ordered:
        return None
    return ordered[min(max(ceil(len(ordered) * percent / 100) - 1, 0), len(ordered) - 1)]


def radius(count, spread, alpha, planned):
    """Return the half width of the confidence sequence of a mean after so many observations.

    :param spread: standard deviation of one observation
    :param planned: the number of observations at which it is as narrow as it can be
    """
    rho_squared = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned
    inner = count * rho_squared + 1
    return spread * sqrt(2 * inner / (count**2 * rho_squared) * log(sqrt(inner) / alpha))


def _pool(arm, control):
    """Return the variance within the arms."""
    inner = (arm.count - 1) * arm.variance + (control.count - 1) * control.variance
    return inner / (arm.count + control.count - 2)


def estimate(arm, control, *, sample, alpha=ALPHA, planned=None):
    """Return the :class:`Estimate` of an arm against its control.

    The difference of two means is, but for what vanishes, a mean of independent observations whose
    variance is ``n x (variance_1 / n_1 + variance_0 / n_0)``. Neither variance is taken to be less
    than that of both arms together: a small arm that happens to lack its few large payers looks
    poorer and, by its own variance, more certain of it.

    :param sample: outcomes that each arm has before anybody looks
    :param planned: outcomes of both arms at which the interval is narrowest; None: the first look
    """
    if not arm.count or not control.count:
        return Estimate(None, None, None)
    difference = arm.mean - control.mean
    if min(arm.count, control.count) < max(sample, 2):
        return Estimate(difference, None, None)
    count = arm.count + control.count
    both = _pool(arm, control)
    spread = sqrt(
        count * (max(arm.variance, both) / arm.count + max(control.variance, both) / control.count)
    )
    margin = radius(count, spread, alpha, planned or 2 * sample)
    return Estimate(difference, difference - margin, difference + margin)


def judge(estimates, *, over=False):
    """Return the :class:`Verdict` of a look.

    :param estimates: of each arm against the control, None in the place of the control
    :param over: whether the days of the experiment are over
    """
    better = [
        (item.difference, -index)
        for index, item in enumerate(estimates)
        if item and item.lower is not None and item.lower > 0
    ]
    if better:
        return Verdict("winner", -max(better)[1])
    others = [item for item in estimates if item]
    if others and all(item.upper is not None and item.upper < 0 for item in others):
        return Verdict("winner", estimates.index(None))
    return Verdict("no_difference") if over else Verdict("running")
