"""The labelled utterances, and how many of them an engine understands. Plain Python: the benchmark
reads it too.

They are held apart from the examples that the engine learns from, and split by their text into a
half that its rules may be tuned on (``dev``) and one that they never are (``held out``).
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from hashlib import sha1
from pathlib import Path

UTTERANCES = Path(__file__).parent / "data" / "utterances.psv"
TODAY = date(2026, 11, 24)
CURRENCY = {
    "PE": "PEN", "CO": "COP", "MX": "MXN", "CL": "CLP", "BR": "BRL", "US": "USD", "GB": "GBP"
}  # fmt: skip
NOTHING = (None, "", None)


def read_utterances():
    """Yield ``(half, locale, intent, day, amount, text)``; day and amount as their column says."""
    for line in UTTERANCES.read_text(encoding="utf-8").splitlines()[1:]:
        locale, intent, day, amount, text = line.split("|", 4)
        half = "dev" if sha1(text.encode(), usedforsecurity=False).digest()[0] % 2 else "held out"
        yield half, locale, intent, day, amount, text


def get_day(column):
    """Return the day of a column: None where none is told, or not exactly."""
    if column in ("-", "?"):
        return None
    month, day = int(column[:2]), int(column[2:])
    return date(TODAY.year, month, day)


def get_amount(column):
    """Return ``(value, share, currency)`` of a column."""
    if column == "-":
        return NOTHING
    if column in ("all", "half"):
        return (None, column, None)
    value, _sep, currency = column.partition(" ")
    return (Decimal(value), "", currency or None)


def understand(understanding, locale, text):
    """Return what the engine makes of an utterance of a country."""
    country = locale[-2:]
    return understanding.understand(
        text, today=TODAY, currency=CURRENCY[country], order="MDY" if country == "US" else "DMY"
    )


def measure(understanding):
    """Return ``(figures, faults)``: ``{(half, kind, group): [right, answered, all]}``."""
    figures, faults = defaultdict(lambda: [0, 0, 0]), []
    for half, locale, intent, day, amount, text in read_utterances():
        said = understand(understanding, locale, text)
        right = said.intent == intent
        for group in ("all", locale, f"{locale[:2]} {intent}", intent):
            figures[half, "intent", group][0] += right
            figures[half, "intent", group][2] += 1
        if not right:
            faults.append((half, text, f"{intent}, taken for {said.intent} {said.confidence:.2f}"))
        if intent != "promise":
            continue
        got = (said.moment.day if said.moment else None,
               (said.amount.value, said.amount.share, said.amount.currency) if said.amount
               else NOTHING)  # fmt: skip
        wanted = (get_day(day), get_amount(amount))
        for name, mine, theirs in (("date", got[0], wanted[0]), ("amount", got[1], wanted[1])):
            answered = mine not in (None, NOTHING)
            figure = figures[half, name, "all"]
            figure[2] += 1
            figure[1] += answered
            figure[0] += answered and mine == theirs
            missed = figures[half, f"{name} told", "all"]
            if theirs not in (None, NOTHING):
                missed[0] += mine == theirs
                missed[2] += 1
            if mine != theirs:
                faults.append((half, text, f"{name} {theirs}, taken for {mine}"))
    return figures, faults
