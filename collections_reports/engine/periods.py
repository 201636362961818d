"""Periods that move with the day: "last month" of a report, and when a scheduled mail is due."""

import calendar
from datetime import date, datetime, time, timedelta

RANGES = (
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_quarter",
    "last_quarter",
    "this_year",
    "last_year",
)
FREQUENCIES = ("daily", "weekly", "monthly")


def get_range(name, today):
    """Return the first and the last day of a period seen from a day.

    What is not over yet ends today; weeks begin on Monday.
    """
    if name == "today":
        return today, today
    if name == "yesterday":
        day = today - timedelta(days=1)
        return day, day
    which, unit = name.split("_")
    first = _get_start(unit, today)
    if which == "this":
        return first, today
    last = first - timedelta(days=1)
    return _get_start(unit, last), last


def get_range_before(name, today):
    """Return the period of the same kind that came before, to compare with."""
    if name in ("today", "yesterday"):
        first, _last = get_range(name, today)
        return get_range(name, first - timedelta(days=1) if name == "today" else first)
    first, _last = get_range(name, today)
    return get_range(f"last_{name.split('_')[1]}", first)


def _get_start(unit, day):
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    if unit == "year":
        return date(day.year, 1, 1)
    raise ValueError(f"Unknown period: {unit}")


def next_slot(frequency, hour, after, *, weekday=0, month_day=1, is_free=lambda _day: False):
    """Return the next moment a mail is due, strictly after another, both by the local clock.

    :param float hour: of the day, as 7.5
    :param int weekday: of a weekly mail, Monday being 0
    :param int month_day: of a monthly mail; the last day in a shorter month, and the next working
        day if that one is free
    :param is_free: tells whether nobody works on a day; a daily mail leaves it out
    """
    if frequency not in FREQUENCIES:
        raise ValueError(f"Unknown frequency: {frequency}")
    minutes = min(round(hour * 60), 24 * 60 - 1)
    moment = time(minutes // 60, minutes % 60)
    # a month and the longest bridge of free days is as far as the next one can be
    for days in range(100):
        day = after.date() + timedelta(days=days)
        if _is_day(frequency, day, weekday, month_day, is_free):
            slot = datetime.combine(day, moment)
            if slot > after:
                return slot
    raise ValueError("Nobody works for a hundred days")


def _is_day(frequency, day, weekday, month_day, is_free):
    if frequency == "daily":
        return not is_free(day)
    if frequency == "weekly":
        return day.weekday() == weekday
    return day == _get_month_day(day.year, day.month, month_day, is_free)


def _get_month_day(year, month, month_day, is_free):
    """Return the working day of a month on or after a day of it, before it where none is left."""
    last = calendar.monthrange(year, month)[1]
    wanted = date(year, month, min(month_day, last))
    days = [date(year, month, number) for number in range(1, last + 1)]
    later = [day for day in days if day >= wanted and not is_free(day)]
    earlier = [day for day in days if day < wanted and not is_free(day)]
    return (later or earlier[::-1] or [wanted])[0]
