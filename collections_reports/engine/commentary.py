"""What a person would say of the figures of a period: facts in, sentences' codes out.

Sentences tell what moved, what it is made of by arithmetic (a rise of the DSO is the part of late
payment and the part of terms and sales), and what to look at. No cause is supposed: a figure that
is missing is not spoken of.
"""

from dataclasses import dataclass
from typing import NamedTuple

# Changes below these are called steady.
STEADY_PERCENT = 2
STEADY_POINTS = 0.5
STEADY_DAYS = 1
# Thresholds of what deserves a look; each sentence tells the figure, so that the reader may judge.
LOW_CEI = 80
LOW_KEPT = 60
HIGH_DISPUTED = 10
HIGH_CONCENTRATION = 50
HIGH_OLD = 20
LOW_TARGET = 90

AGES = ("age_1", "age_2", "age_3", "age_4")


class Sentence(NamedTuple):
    """``part``: ``moved``, ``why`` or ``look``; ``values``: ``{name: (kind, value)}``."""

    part: str
    code: str
    values: dict


@dataclass(frozen=True)
class Facts:
    """The figures of a period and of the one before, of one currency; None: not known.

    ``now`` and ``before``: ``{name of a key figure: value}``. ``movers``: ``[(debtor, change of
    what he owes overdue)]``, the largest first; ``rise``: the sum of all that rose. ``top_share``:
    per cent of the overdue that the ten largest debtors owe. ``disputed``: disputed amount.
    ``ripening``: what becomes older than 90 days in the next period if it is not paid.
    """

    now: dict
    before: dict
    movers: tuple = ()
    rise: float = 0
    top_share: float | None = None
    disputed: float = 0
    ripening: float = 0

    def pair(self, name):
        """Return a figure now and before, or None when one of them is not known."""
        now, before = self.now.get(name), self.before.get(name)
        return None if now is None or before is None else (float(now), float(before))


def comment(facts):
    """Return the sentences about a period, in the order of a report."""
    if (facts.now.get("receivable") or 0) <= 0 and not facts.now.get("overdue"):
        return [Sentence("moved", "nothing_open", {})]
    rules = (
        _overdue, _ratio, _dso, _collected, _dso_parts, _ages, _movers, _cei, _old, _kept,
        _target, _disputed, _concentration, _ripening,
    )  # fmt: skip
    found = [sentence for rule in rules if (sentence := rule(facts))]
    return sorted(found, key=lambda sentence: ("moved", "why", "look").index(sentence.part))


def _say(part, code, **values):
    return Sentence(part, code, values)


def _direction(change, steady):
    return "steady" if abs(change) < steady else "up" if change > 0 else "down"


def _overdue(facts):
    if not (pair := facts.pair("overdue")):
        return None
    now, before = pair
    if not before:
        return _say("moved", "overdue_new", now=("money", now)) if now else None
    change = 100 * (now - before) / before
    code = f"overdue_{_direction(change, STEADY_PERCENT)}"
    return _say("moved", code, now=("money", now), change=("percent", abs(change)),
                amount=("money", abs(now - before)))  # fmt: skip


def _ratio(facts):
    if not (pair := facts.pair("overdue_ratio")):
        return None
    now, before = pair
    code = f"ratio_{_direction(now - before, STEADY_POINTS)}"
    return _say("moved", code, now=("percent", now), before=("percent", before))


def _dso(facts):
    if not (pair := facts.pair("dso")):
        return None
    now, before = pair
    code = f"dso_{_direction(now - before, STEADY_DAYS)}"
    return _say("moved", code, now=("days", now), before=("days", before))


def _collected(facts):
    if not (pair := facts.pair("collected")):
        return None
    now, before = pair
    if before <= 0:
        return None
    change = 100 * (now - before) / before
    code = f"collected_{_direction(change, STEADY_PERCENT)}"
    return _say("moved", code, now=("money", now), change=("percent", abs(change)))


def _dso_parts(facts):
    """DSO = best possible DSO + average days delinquent, so its movement has these two parts."""
    dso, best = facts.pair("dso"), facts.pair("dso_best")
    if not dso or not best or abs(dso[0] - dso[1]) < STEADY_DAYS:
        return None
    terms = best[0] - best[1]
    return _say("why", "dso_parts", terms=("signed_days", terms),
                late=("signed_days", dso[0] - dso[1] - terms))  # fmt: skip


def _ages(facts):
    """The age that grew most, if any did."""
    pairs = {name: facts.pair(name) for name in AGES}
    growth = {name: pair[0] - pair[1] for name, pair in pairs.items() if pair}
    if not growth or max(growth.values()) <= 0:
        return None
    name = max(growth, key=growth.get)
    return _say("why", "age_grew", age=("age", name), amount=("money", growth[name]),
                now=("money", pairs[name][0]))  # fmt: skip


def _movers(facts):
    """How much of all that rose is of the few debtors who rose most."""
    risen = [(name, change) for name, change in facts.movers if change > 0][:3]
    if not risen or facts.rise <= 0:
        return None
    amount = sum(change for _name, change in risen)
    return _say("why", "movers", names=("text", ", ".join(name for name, _change in risen)),
                amount=("money", amount), share=("percent", 100 * amount / facts.rise))  # fmt: skip


def _cei(facts):
    now = facts.now.get("cei")
    if now is None or now >= LOW_CEI:
        return None
    return _say("look", "cei_low", now=("percent", now), limit=("percent", LOW_CEI))


def _old(facts):
    now, overdue = facts.now.get("age_4"), facts.now.get("overdue")
    if not now or not overdue or 100 * now / overdue < HIGH_OLD:
        return None
    return _say("look", "old_high", amount=("money", now), share=("percent", 100 * now / overdue))


def _kept(facts):
    now = facts.now.get("promise_kept_amount")
    if now is None or now >= LOW_KEPT:
        return None
    return _say("look", "kept_low", now=("percent", now))


def _target(facts):
    now = facts.now.get("target")
    if now is None:
        return None
    code = "target_met" if now >= 100 else "target_low" if now < LOW_TARGET else None
    part = "moved" if code == "target_met" else "look"
    return _say(part, code, now=("percent", now)) if code else None


def _disputed(facts):
    overdue = facts.now.get("overdue")
    if not overdue or 100 * facts.disputed / overdue < HIGH_DISPUTED:
        return None
    return _say("look", "disputed", amount=("money", facts.disputed),
                share=("percent", 100 * facts.disputed / overdue))  # fmt: skip


def _concentration(facts):
    if facts.top_share is None or facts.top_share < HIGH_CONCENTRATION:
        return None
    return _say("look", "concentration", share=("percent", facts.top_share))


def _ripening(facts):
    if facts.ripening <= 0:
        return None
    return _say("look", "ripening", amount=("money", facts.ripening))
