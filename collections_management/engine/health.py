"""What a manager must look at: facts of the house in, a mark and a reason for each line out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

GOOD, ATTENTION, BROKEN = "good", "attention", "broken"
MARKS = (GOOD, ATTENTION, BROKEN)

NIGHT = timedelta(hours=26)  # a day, and the time a long night may take
LONG_RUN = timedelta(hours=6)
CRON_GRACE = timedelta(minutes=30)
QUEUE_GRACE = timedelta(hours=2)
LOG_GRACE = timedelta(days=8)  # it is verified every week
FETCH_GRACE = timedelta(days=1)
MANY_FAILURES = 10
FAILURE_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a company; moments are naive UTC."""

    active: bool = True
    run_state: str | None = None
    run_started: datetime | None = None
    run_next_try: datetime | None = None
    run_warned: bool = False
    last_done: datetime | None = None
    crons_off: int = 0
    cron_next: datetime | None = None
    queued: int = 0
    oldest_due: datetime | None = None
    held: int = 0
    obstructed: int = 0
    awaiting: int = 0
    uncertain: int = 0
    reached: int = 0
    failed: int = 0
    mail_obstacle: str | None = None
    mail_refused: bool = False
    fetch_state: str = "none"  # none, draft, error, ok
    fetched_on: datetime | None = None
    bank_days: int = 0
    bank_last: date | None = None
    safe_mode: bool = False
    test_address: bool = False
    log_state: str | None = None
    log_checked: datetime | None = None


def judge(facts, now, today):
    """Return ``{line: (mark, reason)}``, the lines in the order in which they are read."""
    return {
        "run": _judge_run(facts, now),
        "next_run": _judge_next_run(facts, now),
        "queue": _judge_queue(facts, now),
        "failures": _judge_failures(facts),
        "outgoing": _judge_outgoing(facts),
        "incoming": _judge_incoming(facts, now),
        "bank": _judge_bank(facts, today),
        "safe_mode": _judge_safe_mode(facts),
        "log": _judge_log(facts, now),
    }


def worst(marks):
    """Return the worst of some marks; without any, all is good."""
    return max(marks, key=MARKS.index, default=GOOD)


def _judge_run(facts, now):
    late = facts.last_done and now - facts.last_done > NIGHT
    if not facts.active:
        return ATTENTION, "off"
    if facts.run_state is None:
        return ATTENTION, "never"
    if facts.run_state == "running":
        long = facts.run_started and now - facts.run_started > LONG_RUN
        return (ATTENTION, "long") if long else (GOOD, "running")
    if facts.run_state == "failed":
        return (ATTENTION, "failed_again") if facts.run_next_try else (BROKEN, "failed")
    if late:
        return BROKEN, "late"
    return (ATTENTION, "warned") if facts.run_warned else (GOOD, "done")


def _judge_next_run(facts, now):
    if not facts.active:
        return ATTENTION, "off"
    if facts.crons_off or not facts.cron_next:
        return BROKEN, "switched_off"
    if now - facts.cron_next > CRON_GRACE:
        return BROKEN, "overdue"
    return GOOD, "planned"


def _judge_queue(facts, now):
    if facts.oldest_due and now - facts.oldest_due > QUEUE_GRACE:
        return BROKEN, "stuck"
    if facts.uncertain:
        return ATTENTION, "uncertain"
    if facts.obstructed:
        return ATTENTION, "obstructed"
    waiting = facts.queued or facts.held or facts.awaiting
    return GOOD, "waiting" if waiting else "empty"


def _judge_failures(facts):
    if not facts.failed:
        return GOOD, "none"
    share = facts.failed / (facts.failed + facts.reached)
    if facts.failed >= MANY_FAILURES and share >= FAILURE_SHARE:
        return BROKEN, "many"
    return ATTENTION, "some"


def _judge_outgoing(facts):
    if facts.mail_obstacle:
        return BROKEN, "obstacle"
    return (BROKEN, "refused") if facts.mail_refused else (GOOD, "ready")


def _judge_incoming(facts, now):
    if facts.fetch_state == "error":
        return BROKEN, "error"
    if facts.fetch_state != "ok":
        return ATTENTION, facts.fetch_state
    late = not facts.fetched_on or now - facts.fetched_on > FETCH_GRACE
    return (ATTENTION, "late") if late else (GOOD, "ok")


def _judge_bank(facts, today):
    if not facts.bank_days:
        return GOOD, "not_checked"
    if not facts.bank_last:
        return GOOD, "none"
    age = (today - facts.bank_last).days
    if age > facts.bank_days:
        return BROKEN, "stale"
    return (ATTENTION, "soon") if age == facts.bank_days else (GOOD, "fresh")


def _judge_safe_mode(facts):
    if not facts.safe_mode:
        return GOOD, "off"
    return (ATTENTION, "on") if facts.test_address else (BROKEN, "no_address")


def _judge_log(facts, now):
    if facts.log_state == "faulty":
        return BROKEN, "faulty"
    if not facts.log_checked:
        return ATTENTION, "never"
    return (ATTENTION, "old") if now - facts.log_checked > LOG_GRACE else (GOOD, "intact")
