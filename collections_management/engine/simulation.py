"""What a strategy can do under a contact rule: its steps walked from the due date of one debtor.

Facts in, outcome out: nothing here reads a clock or Odoo.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from .calendar import Holidays, Past, Rule, Verdict, earliest_allowed

PLANNED = "planned"
MOVED = "moved"
LATE = "late"
REFUSED = "refused"
NO_CONSENT = "no_consent"


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact that a strategy wants: days from the due date, through a channel; ``barred``:
    the rule asks for a consent first."""

    key: object
    days: int
    channel: str
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of it: ``planned`` on its day, ``moved`` to a later one, ``late`` after the day
    of the next step, ``refused`` by the rule, or ``no_consent``."""

    contact: Contact
    wanted: datetime
    result: str
    verdict: Verdict | None = None

    @property
    def can_be_made(self):
        return self.result in (PLANNED, MOVED)


def walk(
    rule: Rule | None,
    contacts: Iterable[Contact],
    due: datetime,
    zones: tuple[str, ...],
    is_holiday: Holidays,
) -> list[Outcome]:
    """Walk the contacts of a ladder for one debtor who never answers; each counts for the next.

    due: the due day, aware, at the hour at which the nights plan
    """
    contacts = sorted(contacts, key=lambda contact: contact.days)
    days = sorted({contact.days for contact in contacts})
    following = dict(pairwise(days))
    zone = ZoneInfo(zones[0] if zones else "UTC")
    history, outcomes = [], []
    for contact in contacts:
        wanted = due + timedelta(days=contact.days)
        if contact.barred:
            outcomes.append(Outcome(contact, wanted, NO_CONSENT))
            continue
        verdict = earliest_allowed(rule, wanted, contact.channel, zones, is_holiday, history)
        if verdict.moment is None:
            outcomes.append(Outcome(contact, wanted, REFUSED, verdict))
            continue
        late = (verdict.moment.astimezone(zone).date() - wanted.astimezone(zone).date()).days
        gap = following.get(contact.days)
        if not late:
            result = PLANNED
        elif gap is not None and contact.days + late >= gap:
            result = LATE
        else:
            result = MOVED
        outcomes.append(Outcome(contact, wanted, result, verdict))
        if result != LATE:  # the next step speaks instead
            history.append(Past(verdict.moment, contact.channel))
    return outcomes
