"""Until when a debt can be claimed: terms of years and months, and what interrupts them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Term:
    """How long a debt can be claimed, and how long before its end somebody is told."""

    years: int = 0
    months: int = 0
    alarm_months: int = 0

    @property
    def length(self):
        """The term in months."""
        return 12 * self.years + self.months


@dataclass(frozen=True, slots=True)
class Prescription:
    """When the claim is lost, when to be alarmed, and from which day the term runs."""

    since: date
    until: date
    alarm: date


def add_months(day, months):
    """Return the same day so many months later (or earlier), the last one of a shorter month."""
    index = 12 * day.year + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def compute(start, interruptions, term):
    """Return the Prescription of a debt that could be claimed since ``start``.

    An interruption makes the whole term run again from its day. One that came before the debt could
    be claimed, or after the claim was lost, changes nothing: what is lost is not revived.

    :param interruptions: days, in any order
    """
    since = start
    for day in sorted(interruptions):
        if since < day <= add_months(since, term.length):
            since = day
    until = add_months(since, term.length)
    alarm = max(since, add_months(until, -term.alarm_months))
    return Prescription(since, until, alarm)
