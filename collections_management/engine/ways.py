"""Through which of the channels of a step a debtor is reached."""

from dataclasses import dataclass

MODES = ("first", "cheapest", "worked", "all")


@dataclass(frozen=True, slots=True)
class Way:
    """A channel that reaches the debtor: its place in the step is that in the list."""

    channel: object
    address: str
    cost: float = 0.0


def choose(ways, mode, *, preferred=None, worked=None, limit=None):
    """Return the ways that are used, in the order in which they are tried.

    - What costs more than ``limit`` is left out; when all do, the cheapest stays: the debtor is
      reached all the same.
    - ``all``: every way. Otherwise one: the channel the debtor prefers, when it is among them; else
      for ``cheapest`` that, for ``worked`` the one that reached the debtor last; else the first.

    :param ways: ``[Way]`` in the order of the step
    :param preferred: the channel that the debtor asked for, or None
    :param worked: the channel that reached the debtor last, or None
    :param limit: what one message may cost, or None
    """
    if not ways:
        return []
    if limit is not None:
        affordable = [way for way in ways if way.cost <= limit]
        ways = affordable or [min(ways, key=lambda way: way.cost)]
    if mode == "all":
        return list(ways)
    wanted = [preferred, worked if mode == "worked" else None]
    for channel in filter(None, wanted):
        if match := [way for way in ways if way.channel == channel]:
            return match[:1]
    if mode == "cheapest":
        return [min(ways, key=lambda way: way.cost)]
    return list(ways[:1])
