"""How well the automatic answers understand: python3 benchmarks/understanding.py [--faults]

Reads the labelled utterances (held apart from the examples), split by their text into a half that
the rules may be tuned on and one that they never are, and tells the shares of both.
"""

import sys
from collections import defaultdict
from datetime import date
from decimal import Decimal
from hashlib import sha1
from importlib import import_module, util
from pathlib import Path

ADDON = Path(__file__).parent.parent / "collections_management"
UTTERANCES = ADDON / "tests" / "data" / "utterances.psv"
TODAY = date(2026, 11, 24)
CURRENCY = {"PE": "PEN", "CO": "COP", "MX": "MXN", "CL": "CLP", "BR": "BRL", "US": "USD", "GB": "GBP"}


def load_engine():
    """Load the engine without Odoo: it is plain Python."""
    spec = util.spec_from_file_location(
        "engine", ADDON / "engine" / "__init__.py", submodule_search_locations=[str(ADDON / "engine")]
    )
    sys.modules["engine"] = util.module_from_spec(spec)
    return import_module("engine.understanding")


def read_utterances():
    """Yield ``(half, locale, intent, day, amount, text)``; day and amount as their column says."""
    for line in UTTERANCES.read_text(encoding="utf-8").splitlines()[1:]:
        locale, intent, day, amount, text = line.split("|", 4)
        half = "dev" if sha1(text.encode()).digest()[0] % 2 else "held out"
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
        return (None, "", None)
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
               else (None, "", None))  # fmt: skip
        wanted = (get_day(day), get_amount(amount))
        for name, mine, theirs in (("date", got[0], wanted[0]), ("amount", got[1], wanted[1])):
            answered = mine not in (None, (None, "", None))
            figure = figures[half, name, "all"]
            figure[2] += 1
            figure[1] += answered
            figure[0] += answered and mine == theirs
            missed = figures[half, f"{name} told", "all"]
            if theirs not in (None, (None, "", None)):
                missed[0] += mine == theirs
                missed[2] += 1
            if mine != theirs:
                faults.append((half, text, f"{name} {theirs}, taken for {mine}"))
    return figures, faults


def main():
    figures, faults = measure(load_engine())
    for half in ("dev", "held out"):
        print(f"\n{half}")
        for (which, kind, group), (right, answered, count) in sorted(figures.items()):
            if which == half:
                of = answered if kind in ("date", "amount") else count
                print(f"  {kind:12} {group:22} {right:4} of {of:4}  {100 * right / max(of, 1):6.2f} %")
    if "--faults" in sys.argv:
        for half, text, fault in faults:
            if half == "dev":
                print(f"  {text!r}: {fault}")
    print(f"\n{len(faults)} faults; --faults tells those of the half that may be tuned on")


if __name__ == "__main__":
    main()
