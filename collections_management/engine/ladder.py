"""How the dunning ladder is climbed: facts of one case in, one decision out.

The rules are those of the house plan, "How the ladder is climbed". Nothing here reads a clock, a
database or Odoo: *today* is an argument, amounts are plain numbers in the receivable's own
currency, and identifiers are opaque.

Words: a *rung* is a step as the ladder sees it; the *position* of a receivable is the ``days`` of
the last rung that spoke for it (``None`` = none yet), so that a debtor who changes strategy goes
on from the same height on the new ladder.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import fsum

# Amounts come from ``numeric`` columns as floats; no currency has more than four decimals.
PRECISION = 6


@dataclass(frozen=True, slots=True)
class Rung:
    """One step. ``days`` relative to the due date; repeated every ``repeat_every`` days, at most
    ``repeat_limit`` further times (0 = never)."""

    id: int
    days: int
    mandatory: bool = False
    repeat_every: int = 0
    repeat_limit: int = 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """A strategy. ``catch_up``: ``latest`` speaks the latest rung an age has reached, ``each``
    every rung in turn. Rungs are kept sorted by ``days``."""

    rungs: tuple[Rung, ...]
    catch_up: str = "latest"
    quiet_days: int = 0

    def __post_init__(self):
        object.__setattr__(self, "rungs", tuple(sorted(self.rungs, key=lambda rung: rung.days)))


@dataclass(frozen=True, slots=True)
class Hold:
    """Why somebody is left alone. ``until`` is the last held day; ``None`` = until lifted."""

    reason: str
    until: date | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Receivable:
    """One open instalment. ``residual`` > 0, in ``currency``. ``done_on`` and ``times`` say when
    and how often the rung at ``position`` spoke for it."""

    id: int
    due: date
    currency: int
    residual: float
    position: int | None = None
    done_on: date | None = None
    times: int = 0
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the ladder needs to know of one case.

    ``credits`` and ``tolerance`` map a currency to a positive amount. ``last_event`` is the date
    of the last payment or promise. ``pending`` says that a contact is already under way.
    """

    receivables: tuple[Receivable, ...] = ()
    credits: dict = field(default_factory=dict)
    tolerance: dict = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    last_contact: date | None = None
    last_event: date | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a case today.

    ``speak`` True: ``rung`` speaks for ``carrier``, for the ``repetition``-th time (0 = the first),
    about the receivables ``covered``. ``speak`` False: silence, ``reason`` says why, ``until`` when
    the case is looked at again for that reason (``None`` = when the facts change).
    ``exhausted`` lists the receivables whose ladder is done: they wait for a person's decision.
    """

    speak: bool
    reason: str
    rung: Rung | None = None
    carrier: int | None = None
    repetition: int = 0
    covered: tuple[int, ...] = ()
    until: date | None = None
    hold: Hold | None = None
    exhausted: tuple[int, ...] = ()


def decide(ladder, facts, *, today):
    """Return the :class:`Decision` for one case.

    :param Ladder|None ladder: the strategy, None when no segment gives one
    :param Facts facts: the case
    :param date today: the day of the decision, in the company's calendar
    """
    if not facts.receivables:
        return Decision(False, "nothing_open")
    hold = longest(active(facts.holds, today))
    if hold:
        return Decision(False, "held", until=hold.until, hold=hold)
    if ladder is None:
        return Decision(False, "no_strategy")
    if not ladder.rungs:
        return Decision(False, "no_steps")
    if facts.pending:
        return Decision(False, "contact_pending")
    overdue = sorted(
        (item for item in facts.receivables if item.due < today),
        key=lambda item: (item.due, item.id),
    )
    if excess(overdue, facts):
        decision = climb(ladder, facts, overdue, today=today)
    elif overdue and len(overdue) == len(facts.receivables):
        decision = Decision(False, "within_tolerance")
    else:
        decision = remind(ladder, facts, today=today)
    return hush(ladder, facts, decision, today=today)


def hush(ladder, facts, decision, *, today):
    """Keep the quiet days between two contacts, whatever the step.

    A payment or promise since the last contact restarts the quiet period.
    """
    if not decision.speak or facts.last_contact is None:
        return decision
    start = max(facts.last_contact, facts.last_event or facts.last_contact)
    until = start + timedelta(days=ladder.quiet_days)
    if today >= until:
        return decision
    return Decision(False, "quiet", until=until, exhausted=decision.exhausted)


def climb(ladder, facts, overdue, *, today):
    """Let the oldest overdue receivable that nothing holds drive the case.

    A receivable whose ladder is done stops driving and the next oldest takes over; one that waits
    for its next rung makes the whole case wait, the younger ones ride along with it.
    """
    free = [item for item in overdue if not held(item, today)]
    if not free:
        hold = longest(held(item, today) for item in overdue)
        return Decision(False, "held", until=hold.until, hold=hold)
    loud = excess(free, facts)
    if not loud:
        return Decision(False, "within_tolerance")
    exhausted = []
    rungs = [rung for rung in ladder.rungs if rung.days > 0]
    for item in free:
        if item.currency not in loud:
            continue
        rung, repetition, wait = next_rung(ladder, rungs, item, today=today)
        if rung:
            covered = tuple(other.id for other in free)
            return Decision(
                True, "step_due", rung, item.id, repetition, covered, exhausted=tuple(exhausted)
            )
        if wait:
            return Decision(
                False, "between_steps", carrier=item.id, until=wait, exhausted=tuple(exhausted)
            )
        exhausted.append(item.id)
    return Decision(False, "ladder_done", exhausted=tuple(exhausted))


def remind(ladder, facts, *, today):
    """Group the receivables whose preventive rung is due in one message.

    The rung nearest to the due date speaks; what credits already cover is not reminded.
    """
    rungs = [rung for rung in ladder.rungs if rung.days <= 0]
    due, waits, blocked = [], [], []
    for item in facts.receivables:
        if item.due < today:
            continue
        hold = held(item, today)
        if hold:
            blocked.append(hold)
            continue
        rung, repetition, wait = next_rung(ladder, rungs, item, today=today)
        if rung:
            due.append((rung, item, repetition))
        else:
            waits.append(wait or first_overdue_day(ladder, item))
    loud = excess([item for _rung, item, _repetition in due], facts)
    speaking = [entry for entry in due if entry[1].currency in loud]
    if not speaking:
        if blocked and not due and not waits:
            hold = longest(blocked)
            return Decision(False, "held", until=hold.until, hold=hold)
        reason = "within_tolerance" if due else "not_due"
        return Decision(False, reason, until=min(filter(None, waits), default=None))
    rung, item, repetition = max(
        speaking, key=lambda entry: (entry[0].days, -entry[1].due.toordinal(), -entry[1].id)
    )
    covered = sorted((entry[1] for entry in speaking), key=lambda other: (other.due, other.id))
    return Decision(
        True, "preventive", rung, item.id, repetition, tuple(other.id for other in covered)
    )


def next_rung(ladder, rungs, item, *, today):
    """Return ``(rung, repetition, wait)`` of a receivable: the rung that is due now, or the date
    on which one will be, or ``(None, 0, None)`` when its ladder is done.

    :param list[Rung] rungs: the rungs that apply (preventive or not), sorted by days
    """
    age = (today - item.due).days
    position = item.position
    pending = rungs if position is None else [rung for rung in rungs if rung.days > position]
    reached = [rung for rung in pending if rung.days <= age]
    if reached:
        return choose(ladder, reached), 0, None
    waits = []
    current = next((rung for rung in rungs if rung.days == position), None)
    if current and current.repeat_every and item.times <= current.repeat_limit:
        again = (item.done_on or item.due) + timedelta(days=current.repeat_every)
        if again <= today:
            return current, max(item.times, 1), None
        waits.append(again)
    if pending:
        waits.append(item.due + timedelta(days=pending[0].days))
    return None, 0, min(waits, default=None)


def choose(ladder, reached):
    """Return the rung that speaks among those reached: the strategy's choice of catching up, a
    mandatory one never being jumped over."""
    if ladder.catch_up == "each":
        return reached[0]
    return next((rung for rung in reached if rung.mandatory), reached[-1])


def advance(ladder, item, rung, *, carrier, today):
    """Return the position ``(days, times)`` of a receivable after ``rung`` spoke.

    The carrier stands on the rung that spoke. A receivable that rode along climbs as far as its
    own age allows, never above what was said and never over a mandatory rung that was not said.
    """
    if item.id == carrier:
        return rung.days, item.times + 1 if item.position == rung.days else 1
    if item.position == rung.days:
        return item.position, item.times + 1
    ceiling = min((today - item.due).days, rung.days)
    days, times = item.position, item.times
    for other in ladder.rungs:
        if other.days > ceiling:
            break
        if (other.days > 0) != (rung.days > 0) or (days is not None and other.days <= days):
            continue
        if other.mandatory and other.id != rung.id:
            break
        days, times = other.days, 1
    return days, times


def excess(receivables, facts):
    """Return the currencies in which what is owed, less the unallocated credits, is above the
    tolerance: ``{currency: net amount}``."""
    owed = defaultdict(list)
    for item in receivables:
        owed[item.currency].append(item.residual)
    result = {}
    for currency, amounts in owed.items():
        net = round(fsum(amounts) - facts.credits.get(currency, 0), PRECISION)
        if net > round(facts.tolerance.get(currency, 0), PRECISION):
            result[currency] = net
    return result


def active(holds, today):
    """Return the holds that still stand on a day; a hold ends by itself after its last day."""
    return [hold for hold in holds if hold.until is None or hold.until >= today]


def held(item, today):
    """Return the hold that stands on a receivable, or None."""
    return next(iter(active((item.hold,), today)), None) if item.hold else None


def longest(holds):
    """Return the hold that lasts longest, or None; an open-ended one is the longest."""
    return max(holds, key=lambda hold: hold.until or date.max, default=None)


def first_overdue_day(ladder, item):
    """Return the day on which the first rung after the due date will speak for a receivable."""
    days = next((rung.days for rung in ladder.rungs if rung.days > 0), None)
    return None if days is None else item.due + timedelta(days=days)
