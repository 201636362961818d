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
from itertools import takewhile
from math import fsum
from operator import attrgetter

# Amounts come from ``numeric`` columns as floats: what lies below this, or below the last digits a
# float of that size can tell, is no debt. No currency has more than four decimals.
SPECK = 1e-6
NOISE = 1e-14

OLDEST_FIRST = attrgetter("due", "id")

# What :func:`next_rung` answers when nothing is left to say about a receivable.
DONE = (None, 0, None)


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
    every rung in turn.

    Rungs are kept sorted by ``days``, one per day (of several, a mandatory one) and split into
    those up to the due date (``preventive``) and those after it (``overdue``).
    """

    rungs: tuple[Rung, ...]
    catch_up: str = "latest"
    quiet_days: int = 0
    preventive: tuple[Rung, ...] = field(init=False, repr=False, compare=False)
    overdue: tuple[Rung, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        by_day = {}
        for rung in sorted(self.rungs, key=lambda rung: (rung.days, not rung.mandatory, rung.id)):
            by_day.setdefault(rung.days, rung)
        rungs = tuple(by_day.values())
        object.__setattr__(self, "rungs", rungs)
        object.__setattr__(self, "preventive", tuple(rung for rung in rungs if rung.days <= 0))
        object.__setattr__(self, "overdue", tuple(rung for rung in rungs if rung.days > 0))


@dataclass(frozen=True, slots=True)
class Hold:
    """Why somebody is left alone. ``until`` is the last held day; ``None`` = until lifted."""

    reason: str
    until: date | None = None
    id: int | None = None


@dataclass(slots=True, unsafe_hash=True)  # made by the hundred thousand: freezing trebles the time
class Receivable:
    """One open instalment, never changed once made. ``residual`` is in ``currency``; one that is
    not above zero is paid and never climbs. ``done_on`` and ``times`` say when and how often the
    rung at ``position`` spoke for it. ``entry`` is the day on which a debt older than the system
    enters the ladder, as if it fell due then (``None`` = it fell due on its own day)."""

    id: int
    due: date
    currency: int
    residual: float
    position: int | None = None
    done_on: date | None = None
    times: int = 0
    hold: Hold | None = None
    entry: date | None = None


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
    about the receivables ``covered``. ``speak`` False: silence, ``reason`` says why, ``until`` the
    first day on which time alone may end it (``None`` = only when the facts change).
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
    standing = [item for item in facts.receivables if item.residual > 0]
    if not standing:
        return Decision(False, "nothing_open")
    silence = mute(ladder, facts, today=today)
    if silence:
        return silence
    overdue = sorted((item for item in standing if item.due < today), key=OLDEST_FIRST)
    loud = excess(overdue, facts)
    if loud:
        decision = climb(ladder, facts, overdue, loud, today=today)
    elif len(overdue) == len(standing):
        decision = Decision(False, "within_tolerance")
    else:
        decision = remind(ladder, facts, today=today)
    return hush(ladder, facts, decision, today=today)


def mute(ladder, facts, *, today):
    """Return the silence of a whole case, whatever its receivables, or None."""
    hold = longest(active(facts.holds, today))
    if hold:
        return Decision(False, "held", until=later(hold.until, 1), hold=hold)
    if ladder is None:
        return Decision(False, "no_strategy")
    if not ladder.rungs:
        return Decision(False, "no_steps")
    if facts.pending:
        return Decision(False, "contact_pending")
    return None


def hush(ladder, facts, decision, *, today):
    """Keep the quiet days between two contacts, whatever the step; no case is ever contacted twice
    in one day.

    A payment or promise since the last contact restarts the quiet period; one dated ahead counts
    from its day on.
    """
    if not decision.speak or facts.last_contact is None:
        return decision
    start = facts.last_contact
    if facts.last_event and start < facts.last_event <= today:
        start = facts.last_event
    until = later(start, max(ladder.quiet_days, 1))
    if until and until <= today:
        return decision
    return Decision(False, "quiet", until=until, exhausted=decision.exhausted)


def climb(ladder, facts, overdue, loud, *, today):
    """Let the oldest overdue receivable that nothing holds drive the case.

    A receivable whose ladder is done stops driving and the next oldest takes over; one that waits
    for its next rung makes the whole case wait. The younger ones ride along, save those in a
    currency whose debt is covered.

    :param list[Receivable] overdue: sorted, oldest first
    :param dict loud: their currencies that are not covered, as ``excess`` tells
    """
    free = [item for item in overdue if not held(item, today)]
    if not free:
        hold = min((item.hold for item in overdue), key=last_day)
        return Decision(False, "held", until=stir(facts, today), hold=hold)
    if len(free) < len(overdue):
        loud = excess(free, facts)
    audible = [item for item in free if item.currency in loud]
    if not audible:
        return Decision(False, "within_tolerance", until=stir(facts, today))
    carrier, (rung, repetition, wait), exhausted = drive(ladder, audible, today=today)
    if carrier is None:
        return Decision(False, "ladder_done", until=stir(facts, today), exhausted=exhausted)
    if rung:
        covered = tuple(item.id for item in audible)
        return Decision(
            True, "step_due", rung, carrier.id, repetition, covered, exhausted=exhausted
        )
    ahead = takewhile(lambda item: item is not carrier, overdue)
    if any(item.currency not in loud or held(item, today) for item in ahead):
        wait = earliest(wait, stir(facts, today))
    return Decision(False, "between_steps", carrier=carrier.id, until=wait, exhausted=exhausted)


def drive(ladder, audible, *, today):
    """Return ``(carrier, its next rung, exhausted)``: the first receivable with something left to
    say, and the identifiers of all those with nothing."""
    carrier, next_step, exhausted = None, DONE, []
    top = ladder.overdue[-1].days if ladder.overdue else 0
    for item in audible:
        if carrier and (item.position is None or item.position < top):
            continue
        step = next_rung(ladder, ladder.overdue, item, today=today)
        if step == DONE:
            exhausted.append(item.id)
        elif carrier is None:
            carrier, next_step = item, step
    return carrier, next_step, tuple(exhausted)


def remind(ladder, facts, *, today):
    """Group the receivables whose preventive rung is due in one message.

    The rung nearest to the due date speaks; what credits already cover is not reminded.
    """
    due, waits, holds, late = [], [], [], []
    for item in sorted(facts.receivables, key=OLDEST_FIRST):
        if item.residual <= 0:
            continue
        hold = held(item, today)
        if hold:
            holds.append(hold)
        elif item.due < today:
            late.append(item)
        else:
            rung, repetition, wait = next_rung(ladder, ladder.preventive, item, today=today)
            if rung:
                due.append((rung, repetition, item))
            else:
                waits.append(wait)
    loud = excess([*late, *(entry[2] for entry in due)], facts)
    speaking = [entry for entry in due if entry[2].currency in loud]
    if speaking:
        rung, repetition, item = max(speaking, key=lambda entry: entry[0].days)
        covered = tuple(entry[2].id for entry in speaking)
        return Decision(True, "preventive", rung, item.id, repetition, covered)
    until = earliest(stir(facts, today), *waits)
    if holds and not due and not waits:
        return Decision(False, "held", until=until, hold=min(holds, key=last_day))
    return Decision(False, "within_tolerance" if due else "not_due", until=until)


def next_rung(ladder, rungs, item, *, today):
    """Return ``(rung, repetition, wait)`` of a receivable: the rung that is due now, or the date
    on which one will be, or ``DONE``.

    :param tuple[Rung] rungs: the rungs that apply, ``ladder.preventive`` or ``ladder.overdue``
    """
    start = ladder_start(item)
    age = (today - start).days
    position = item.position
    reached, current, wait = [], None, None
    for rung in rungs:
        if position is not None and rung.days <= position:
            current = rung
        elif rung.days <= age:
            reached.append(rung)
        else:
            wait = later(start, rung.days)
            break
    if reached:
        return choose(ladder, reached), 0, None
    times = max(item.times, 1)
    if current and current.days == position and times <= current.repeat_limit:
        again = current.repeat_every and later(item.done_on or start, current.repeat_every)
        if again and again <= today:
            return current, times, None
        wait = earliest(wait, again)
    return None, 0, wait


def ladder_start(item):
    """Return the day the rungs after the due date are counted from: the due date, or the later day
    on which an old debt enters the ladder gently."""
    return max(item.due, item.entry) if item.entry else item.due


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
    Nobody climbs down; what several channels say on one day is said once.
    """
    days, times = item.position, item.times
    if days == rung.days:
        return days, times if item.done_on == today else max(times, 1) + 1
    if item.id == carrier and (days is None or days < rung.days):
        return rung.days, 1
    ceiling = min((today - ladder_start(item)).days, rung.days)
    for other in ladder.overdue if rung.days > 0 else ladder.preventive:
        if days is not None and other.days <= days:
            continue
        if other.days > ceiling or (other.mandatory and other.id != rung.id):
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
        gross = fsum(amounts)
        net = gross - facts.credits.get(currency, 0)
        if net - facts.tolerance.get(currency, 0) > SPECK + gross * NOISE:
            result[currency] = round(net, 6)
    return result


def active(holds, today):
    """Return the holds that still stand on a day; a hold ends by itself after its last day."""
    return [hold for hold in holds if hold.until is None or hold.until >= today]


def held(item, today):
    """Return the hold that stands on a receivable, or None."""
    hold = item.hold
    return hold if hold and last_day(hold) >= today else None


def longest(holds):
    """Return the hold that lasts longest, or None; an open-ended one is the longest."""
    return max(holds, key=last_day, default=None)


def last_day(hold):
    """Return the last held day."""
    return hold.until or date.max


def stir(facts, today):
    """Return the next day on which time alone changes who takes part: a receivable becomes overdue
    or its hold ends."""
    standing = [item for item in facts.receivables if item.residual > 0]
    overdue = [later(item.due, 1) for item in standing if item.due >= today]
    released = [later(item.hold.until, 1) for item in standing if held(item, today)]
    return earliest(*overdue, *released)


def earliest(*days):
    """Return the first of some days, None among them meaning never."""
    return min(filter(None, days), default=None)


def later(day, days):
    """Return a day so many days on; None, as never is, when the calendar ends before it."""
    try:
        return day and day + timedelta(days=days)
    except OverflowError:
        return None
