"""Whether what is known of a debt meets the conditions of a rule for writing it off.

A rule is a list of conditions. Conditions of one group are alternatives: one that is met is
enough. Every group has to be met. What nobody knows is never taken for met.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

MET = "met"
NOT_MET = "not_met"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """``kind`` is ``age``, ``attempts``, ``total_up_to`` or ``statement``.

    ``limit``: days, number of attempts, or an amount in units of ``unit`` (empty: in the company's
    currency). ``statement``: the code of what a person states, ``expected`` the answer that meets
    it. ``group``: empty stands alone.
    """

    key: int
    kind: str
    limit: Decimal = Decimal(0)
    unit: str = ""
    statement: str = ""
    expected: bool = True
    group: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known.

    ``ages``: days since each receivable was due, None when it has no due date. ``attempts``: tries
    to collect after the due date that have a proof of sending; ``unproven``: those that have none.
    ``total``: all that the debtor is written off, in the company's currency. ``units``: what a
    legal unit is worth on the day, missing when no value is set. ``statements``: True, False, or
    None for what nobody has answered.
    """

    ages: tuple = ()
    attempts: int = 0
    unproven: int = 0
    total: Decimal | None = None
    units: Mapping = field(default_factory=dict)
    statements: Mapping = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a condition came to: its state, a machine word for why, and the figures of it."""

    key: int
    state: str
    why: str
    found: Decimal | None = None
    limit: Decimal | None = None


def check(conditions: Iterable[Condition], facts: Facts) -> list[Finding]:
    """Return the finding of every condition, in their order.

    :raise ValueError: for a kind that nobody knows
    """
    findings = []
    for condition in conditions:
        if condition.kind not in _CHECKS:
            raise ValueError(f"evidence: unknown kind {condition.kind!r}")
        findings.append(_CHECKS[condition.kind](condition, facts))
    return findings


def conclude(conditions: Iterable[Condition], findings: Iterable[Finding]) -> str:
    """Return what the findings come to together; a rule without conditions tells nothing."""
    groups = {}
    for condition, finding in zip(conditions, findings, strict=True):
        name = condition.group or f"#{condition.key}"
        groups.setdefault(name, []).append(finding.state)
    if not groups:
        return UNKNOWN
    states = [_any(group) for group in groups.values()]
    if NOT_MET in states:
        return NOT_MET
    return UNKNOWN if UNKNOWN in states else MET


def _any(states):
    """Alternatives: one that is met is enough, one that is unknown might be."""
    if MET in states:
        return MET
    return UNKNOWN if UNKNOWN in states else NOT_MET


def _state(is_met):
    return MET if is_met else NOT_MET


def _check_age(condition, facts):
    """The youngest receivable decides: every one has to be old enough."""
    if not facts.ages or None in facts.ages:
        return Finding(condition.key, UNKNOWN, "no_due_date", None, condition.limit)
    youngest = Decimal(min(facts.ages))
    return Finding(
        condition.key, _state(youngest > condition.limit), "age", youngest, condition.limit
    )


def _check_attempts(condition, facts):
    """Tries without a proof might be proved yet: they make it unknown, never met."""
    found = Decimal(facts.attempts)
    if found >= condition.limit:
        state, why = MET, "attempts"
    elif found + facts.unproven >= condition.limit:
        state, why = UNKNOWN, "unproven"
    else:
        state, why = NOT_MET, "attempts"
    return Finding(condition.key, state, why, found, condition.limit)


def _check_total(condition, facts):
    value = facts.units.get(condition.unit) if condition.unit else Decimal(1)
    if value is None:
        return Finding(condition.key, UNKNOWN, "no_unit", facts.total)
    limit = condition.limit * value
    if facts.total is None:
        return Finding(condition.key, UNKNOWN, "no_total", None, limit)
    return Finding(condition.key, _state(facts.total <= limit), "total", facts.total, limit)


def _check_statement(condition, facts):
    answer = facts.statements.get(condition.statement)
    if answer is None:
        return Finding(condition.key, UNKNOWN, "unanswered")
    return Finding(condition.key, _state(answer == condition.expected), "yes" if answer else "no")


_CHECKS = {
    "age": _check_age,
    "attempts": _check_attempts,
    "total_up_to": _check_total,
    "statement": _check_statement,
}
