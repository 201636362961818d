"""When and through what a debtor answers best, from when it answered before."""

from collections import Counter
from dataclasses import dataclass

WIDTH = 2  # hours of the window that is proposed
ENOUGH = 2  # answers in it: one may be chance


@dataclass(frozen=True, slots=True)
class Best:
    """``channel`` is None when nothing was ever answered, ``hour`` when no hour stands out."""

    channel: object = None
    hour: int | None = None  # the window is [hour, hour + WIDTH)


def find_best(answers):
    """Return the ``Best`` of ``[(channel, local hour, weight)]``; the latest come first.

    The channel with the most weight, the one answered last among equals; of its answers the two
    hours that hold the most, when there are enough of them in there.
    """
    weights, order = Counter(), {}
    for place, (channel, _hour, weight) in enumerate(answers):
        weights[channel] += weight
        order.setdefault(channel, place)
    if not weights:
        return Best()
    channel = max(weights, key=lambda one: (weights[one], -order[one]))
    hours = Counter(hour for other, hour, _weight in answers if other == channel)
    start = max(
        range(24 - WIDTH + 1), key=lambda first: (_count(hours, first), hours[first], -first)
    )
    return Best(channel, start if _count(hours, start) >= ENOUGH else None)


def _count(hours, first):
    return sum(hours[first + offset] for offset in range(WIDTH))
