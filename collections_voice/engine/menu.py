"""The talk of a call: what is said, what a key means, what has to be done.

A turn is what we say and for how many keys we wait; where there is something to do it has an
``effect``, and :func:`after` goes on once its outcome is known. Nothing is said of a debt before
the person pressed the key that says who they are: every state behind it is ``confirmed``.
"""

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta

LONGEST = 25  # turns: nobody means to press that many keys
WEEK = 7


@dataclass(frozen=True, slots=True)
class State:
    """Where a call is. ``day``: the day that waits to be confirmed."""

    node: str = "person"
    misses: int = 0
    turns: int = 0
    confirmed: bool = False
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the talk depends on; of the debt only what may be offered, never an amount."""

    today: date
    is_company: bool = False
    recorded: bool = False
    test: bool = False
    owes: bool = True
    upcoming: bool = False
    text: bool = False
    can_link: bool = True
    can_transfer: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """``says``: ``(code, values)`` of the sentences; ``keys``: how many keys are awaited, 0 to hang
    up; ``effect``: what has to be done before the talk goes on."""

    state: State
    says: tuple = ()
    keys: int = 0
    effect: str | None = None


def begin(facts):
    """Return the first turn: who calls, and who is there."""
    says = [("greeting", {})]
    if facts.recorded:
        says.append(("recorded", {}))
    if facts.test:
        says.append(("test", {}))
    return _ask(State(), facts, says)


def press(state, keys, facts):
    """Return the turn that follows from the keys pressed; none at all is ``""``."""
    state = replace(state, turns=state.turns + 1)
    if state.turns > LONGEST:
        return _end(state)
    return _NODES[state.node](state, keys, facts) or _miss(state, facts)


def after(state, effect, outcome, facts):
    """Return the turn that follows from what became of an effect.

    :param str outcome: ``done``, ``asked``, ``failed`` or, in safe mode, ``test``
    """
    if outcome == "test":
        if not state.confirmed:
            return _end(state, ("test_done", {}))
        return _ask(replace(state, node="menu"), facts, [("test_done", {})])
    return _EFFECTS[effect](state, outcome, facts)


# -- what a key means --------------------------------------------------------------------------


def _at_person(state, keys, _facts):
    if keys == "1":
        return Turn(replace(state, node="menu", misses=0, confirmed=True), effect="confirm")
    if keys == "2":
        return _end(state, ("denied", {}))
    if keys == "9":
        return Turn(replace(state, node="over"), effect="wrong_number")
    return None


def _at_menu(state, keys, facts):
    state = replace(state, misses=0) if keys else state
    if keys == "1" and facts.owes:
        return _ask(replace(state, node="day"), facts)
    if keys == "2" and facts.owes and facts.can_link:
        return Turn(state, effect="link")
    if keys == "3" and facts.can_transfer:
        return Turn(replace(state, node="over"), effect="transfer")
    if keys == "9":
        return Turn(replace(state, node="over"), effect="stop")
    return None


def _at_day(state, keys, facts):
    days = get_days(facts.today)
    if keys == str(len(days) + 1):
        return _ask(replace(state, node="typed", misses=0), facts)
    if keys.isdecimal() and keys.isascii() and 0 < int(keys) <= len(days):
        return _confirm(state, days[int(keys) - 1], facts)
    return None


def _at_typed(state, keys, facts):
    day = read_day(keys, facts.today)
    return _confirm(state, day, facts) if day else None


def _at_confirm(state, keys, facts):
    if keys == "1":
        return Turn(replace(state, node="menu", misses=0), effect="promise")
    if keys == "2":
        return _ask(replace(state, node="day", misses=0, day=None), facts)
    return None


def _at_end(state, _keys, _facts):
    return _end(state)


def _confirm(state, day, facts):
    return _ask(replace(state, node="confirm", misses=0, day=day), facts)


def _miss(state, facts):
    """Say it once more; at the second time that nobody understands, say goodbye."""
    if state.misses:
        return _end(state)
    return _ask(replace(state, misses=1), facts, [("again", {})])


# -- what became of an effect -----------------------------------------------------------------


def _after_confirm(state, _outcome, facts):
    if not facts.owes:
        return _end(state, ("settled", {}))
    says = [("text", {})] if facts.text else []
    says.append(("upcoming" if facts.upcoming else "overdue", {}))
    return _ask(state, facts, says)


def _after_promise(state, outcome, _facts):
    code = {"done": "promised", "asked": "promise_asked"}.get(outcome, "promise_refused")
    return _end(state, (code, {"date": state.day} if outcome in ("done", "asked") else {}))


def _after_link(state, outcome, facts):
    return _ask(state, facts, [("link_sent" if outcome == "done" else "link_failed", {})])


def _after_transfer(state, outcome, _facts):
    if outcome == "done":
        return Turn(state, (("transfer", {}),), effect="dial")
    return _end(state, ("transfer_failed", {}))


def _after_stop(state, _outcome, _facts):
    return _end(state, ("stopped", {}))


def _after_wrong_number(state, _outcome, _facts):
    return _end(state, ("wrong_number", {}))


# -- what is said -----------------------------------------------------------------------------


def _ask(state, facts, says=()):
    keys = 2 if state.node == "typed" else 1
    return Turn(state, (*says, *_QUESTIONS[state.node](state, facts)), keys)


def _end(state, *says):
    return Turn(replace(state, node="over"), (*says, ("goodbye", {})))


def _ask_person(_state, facts):
    return [("company" if facts.is_company else "person", {})]


def _ask_menu(_state, facts):
    options = ["option_promise"] if facts.owes else []
    if facts.owes and facts.can_link:
        options.append("option_link")
    if facts.can_transfer:
        options.append("option_person")
    return [(option, {}) for option in (*options, "option_stop")]


def _ask_day(_state, facts):
    days = get_days(facts.today)
    says = [("day_option", {"date": day, "key": key}) for key, day in enumerate(days, start=1)]
    return [*says, ("day_other", {"key": len(days) + 1})]


def _ask_typed(_state, _facts):
    return [("day_typed", {})]


def _ask_confirm(state, _facts):
    return [("confirm_day", {"date": state.day})]


# -- days -------------------------------------------------------------------------------------


def get_days(today):
    """Return the days that are offered: tomorrow, in a week, and the next day on which wages are
    paid (the 15th or the last of the month)."""
    tomorrow = today + timedelta(days=1)
    payday = tomorrow
    while payday.day != 15 and (payday + timedelta(days=1)).day != 1:
        payday += timedelta(days=1)
    return sorted({tomorrow, today + timedelta(days=WEEK), payday})


def read_day(keys, today):
    """Return the next day with that number in its month, today included, or None."""
    if len(keys) != 2 or not (keys.isdecimal() and keys.isascii()) or not 1 <= int(keys) <= 31:
        return None
    number, year, month = int(keys), today.year, today.month
    while True:
        if number <= calendar.monthrange(year, month)[1]:
            day = date(year, month, number)
            if day >= today:
                return day
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


_NODES = {
    "person": _at_person,
    "menu": _at_menu,
    "day": _at_day,
    "typed": _at_typed,
    "confirm": _at_confirm,
    "over": _at_end,
}
_QUESTIONS = {
    "person": _ask_person,
    "menu": _ask_menu,
    "day": _ask_day,
    "typed": _ask_typed,
    "confirm": _ask_confirm,
}
_EFFECTS = {
    "confirm": _after_confirm,
    "promise": _after_promise,
    "link": _after_link,
    "transfer": _after_transfer,
    "stop": _after_stop,
    "wrong_number": _after_wrong_number,
}
