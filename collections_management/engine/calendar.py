"""When may a debtor be contacted: hours, weekdays, holidays, caps, spacing.

Facts in, verdict out. Every moment is aware; windows are in the debtor's wall-clock time.
The search never steps by the minute: each obstacle names the next moment at which it may be
gone, and the search jumps there, so a verdict costs microseconds. A jump never crosses a clock
change (a daylight-saving gap or fold): it stops there and looks again, which makes both exact.

Sources of the parameters: FDCPA Regulation F 12 CFR 1006.6 and 1006.14 (hours in the debtor's
zone, calls in seven days), Law 2300 of 2023 of Colombia (hours, one channel a week), Law 21.320
of Chile (contacts a week, days apart), Law 29571 art. 62 of Peru (hours, no holidays).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

END_OF_DAY = time.max  # as the end of a window it means 24:00

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_NEVER = datetime.max.replace(tzinfo=timezone.utc)

_get_zone = lru_cache(maxsize=None)(ZoneInfo)


@dataclass(frozen=True, slots=True)
class Window:
    """Contact hours: ISO weekdays (1 = Monday), wall-clock start, end exclusive."""

    weekdays: frozenset[int]
    start: time
    end: time

    def __post_init__(self):
        if not self.start < self.end:
            raise ValueError(f"A window must end after it starts: {self.start} - {self.end}")
        if not self.weekdays <= frozenset(range(1, 8)):
            raise ValueError(f"Weekdays go from 1 to 7: {sorted(self.weekdays)}")


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` per `days`.

    days: 1 is the debtor's calendar day; more are rolling days of 24 hours, which is stricter
        than a calendar week or month and so never wrong.
    channel: a code, a frozenset of codes counted together, or None for all channels together.
    count: 'attempt' counts every try, 'contact' only those that reached the debtor.
    limit: 0 forbids.
    """

    limit: int
    days: int
    channel: str | frozenset[str] | None = None
    count: str = "attempt"

    def covers(self, channel):
        """Return whether a contact through this channel code falls under the cap."""
        if self.channel is None or self.channel == channel:
            return True
        return not isinstance(self.channel, str) and channel in self.channel

    def as_data(self):
        """Return the cap as a JSON-safe dict for a reason."""
        channels = self.channel or ()
        channels = [channels] if isinstance(channels, str) else sorted(channels)
        return {"limit": self.limit, "days": self.days, "channels": channels, "count": self.count}


@dataclass(frozen=True, slots=True)
class Rule:
    """One contact rule; a rule without windows allows no moment at all."""

    name: str
    windows: tuple[Window, ...]
    holidays_ok: bool = False
    caps: tuple[Cap, ...] = ()
    spacing_hours: float = 0.0
    one_channel_per_week: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A contact that counts: made, or already planned (later than the moment asked about)."""

    moment: datetime
    channel: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The earliest allowed moment (aware UTC), or None when refused, and why.

    reasons: (code, data) in the order met, data JSON-safe. Codes and their data:
        outside_hours {zone}; weekday {zone, weekday}; holiday {zone, date, name};
        cap {limit, days, channels, count}; spacing {hours};
        other_channel_this_week {channel}; never {days}, only when refused, always last.
    """

    moment: datetime | None
    rule: str = ""
    reasons: tuple[tuple[str, dict], ...] = ()
    zones: tuple[str, ...] = ()


Holidays = Callable[[date], str | None]


def earliest_allowed(
    rule: Rule | None,
    moment: datetime,
    channel: str,
    zones: tuple[str, ...],
    is_holiday: Holidays,
    history: Iterable[Past] = (),
    horizon_days: int = 60,
) -> Verdict:
    """Return the first moment at or after `moment` that the rule allows, in every zone.

    The same arguments give the same verdict, so that callers may remember it.
    """
    if moment.tzinfo is None:
        raise ValueError("The moment must know its time zone")
    at = moment.astimezone(timezone.utc)
    if rule is None:
        return Verdict(at, zones=zones)
    hours = [_Hours(rule, zone, is_holiday) for zone in zones or ("UTC",)]
    obstacles = [one.obstacle for one in hours]
    if rule.caps or history:
        obstacles += _get_history_obstacles(rule, channel, hours, history or ())
    deadline = at + timedelta(days=horizon_days)
    reasons = []
    while at <= deadline:
        for obstacle in obstacles:
            if met := obstacle(at):
                break
        else:
            return Verdict(at, rule.name, tuple(reasons), zones)
        at, *reason = met
        if tuple(reason) not in reasons:
            reasons.append(tuple(reason))
    return Verdict(None, rule.name, (*reasons, ("never", {"days": horizon_days})), zones)


class _Hours:
    """The rule's windows and holidays in one zone."""

    __slots__ = ("is_holiday", "key", "rule", "zone")

    def __init__(self, rule, key, is_holiday):
        self.rule = rule
        self.key = key
        self.zone = _get_zone(key)
        self.is_holiday = None if rule.holidays_ok else is_holiday

    def obstacle(self, at):
        """Return (next moment worth a look, code, data) or None when open at this moment."""
        local = at.astimezone(self.zone)
        weekday, clock = local.isoweekday(), local.time()
        if self.is_holiday and (name := self.is_holiday(local.date())):
            data = {"zone": self.key, "date": local.date().isoformat(), "name": name}
            return self.jump_to_next_day(at, local), "holiday", data
        today = [window for window in self.rule.windows if weekday in window.weekdays]
        if not today:
            data = {"zone": self.key, "weekday": weekday}
            return self.jump_to_next_day(at, local), "weekday", data
        later = None
        for window in today:
            if clock < window.start:
                later = min(later or window.start, window.start)
            elif clock < window.end or window.end == END_OF_DAY:
                return None
        if later is None:
            moment = self.jump_to_next_day(at, local)
        else:
            moment = self.jump(at, local, datetime.combine(local.date(), later))
        return moment, "outside_hours", {"zone": self.key}

    def jump_to_next_day(self, at, local):
        """Return when the next local day opens, its midnight when it does not."""
        day = local.date() + _DAY
        weekday = day.isoweekday()
        starts = [window.start for window in self.rule.windows if weekday in window.weekdays]
        return self.jump(at, local, datetime.combine(day, min(starts, default=time.min)))

    def jump(self, at, local, target):
        """Return when the wall clock shows `target`, or the clock change on the way there."""
        there = at + (target - local.replace(tzinfo=None))
        offset = local.utcoffset()
        if there.astimezone(self.zone).utcoffset() == offset:
            return there
        low, high = int(at.timestamp()), int(there.timestamp())
        while high - low > 1:  # clocks change on whole seconds
            middle = (low + high) // 2
            if datetime.fromtimestamp(middle, self.zone).utcoffset() == offset:
                low = middle
            else:
                high = middle
        return datetime.fromtimestamp(high, timezone.utc)


def _get_history_obstacles(rule, channel, hours, history):
    """Return one function per limit that what was already done puts on this contact."""
    history = sorted(history, key=lambda past: past.moment)
    obstacles = []
    for cap in rule.caps:
        if cap.covers(channel):
            obstacles += _get_cap_obstacles(cap, hours, history)
    if rule.spacing_hours:
        spacing = timedelta(hours=rule.spacing_hours)
        spans = [(past.moment - spacing, past.moment + spacing) for past in history]
        obstacles.append(_until(spans, "spacing", {"hours": rule.spacing_hours}))
    if rule.one_channel_per_week:
        for past in history:
            if past.reached and past.channel != channel:
                span = (past.moment - _WEEK, past.moment + _WEEK)
                data = {"channel": past.channel}
                obstacles.append(_until([span], "other_channel_this_week", data))
    return obstacles


def _get_cap_obstacles(cap, hours, history):
    """Return the obstacles of one cap.

    A rolling cap is full for a moment when `limit` contacts in a row lie within less than the
    period together with it; past and already planned contacts count alike.
    """
    data = cap.as_data()
    if cap.limit < 1:
        return [lambda _at: (_NEVER, "cap", data)]
    moments = [
        past.moment
        for past in history
        if cap.covers(past.channel) and (past.reached or cap.count == "attempt")
    ]
    if len(moments) < cap.limit:
        return []
    if cap.days == 1:
        return [_until_next_day(one, moments, cap.limit, data) for one in hours]
    period = timedelta(days=cap.days)
    groups = zip(moments, moments[cap.limit - 1 :], strict=False)
    spans = [(last - period, first + period) for first, last in groups if last - first < period]
    return [_until(spans, "cap", data)]


def _until(spans, code, data):
    """Return an obstacle that lasts as long as the moment lies strictly within a span."""

    def obstacle(at):
        ends = [end for begin, end in spans if begin < at < end]
        return (max(ends).astimezone(timezone.utc), code, data) if ends else None

    return obstacle


def _until_next_day(hours, moments, limit, data):
    """Return an obstacle for the local days that are full already."""
    days = Counter(moment.astimezone(hours.zone).date() for moment in moments)
    full = {day for day, times in days.items() if times >= limit}

    def obstacle(at):
        local = at.astimezone(hours.zone)
        if local.date() not in full:
            return None
        return hours.jump_to_next_day(at, local), "cap", data

    return obstacle
