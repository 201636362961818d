"""How a call goes on: the order of its states, and when the debtor is tried again."""

from datetime import timedelta

ORDER = ("queued", "initiated", "ringing", "in-progress")
FINAL = ("completed", "busy", "no-answer", "failed", "canceled")
LONGEST_PLAN = 10
LONGEST_PAUSE = 7 * 24 * 60  # minutes


def is_news(known, known_number, state, number):
    """Tell whether a word of the provider is later than what we know; words come in any order.

    :param known_number: the ``SequenceNumber`` of what we know, None when it had none
    """
    if state not in ORDER + FINAL or known in FINAL:
        return False
    if state in FINAL:
        return True
    if number is not None and known_number is not None:
        return number > known_number
    return known not in ORDER or ORDER.index(state) > ORDER.index(known)


def parse_plan(text):
    """Return the pauses of a plan such as "60, 240", in minutes.

    :raise ValueError: when it is none
    """
    pauses = tuple(int(part) for part in (text or "").replace(";", ",").split(",") if part.strip())
    if len(pauses) > LONGEST_PLAN or any(not 1 <= pause <= LONGEST_PAUSE for pause in pauses):
        raise ValueError(text)
    return pauses


def next_try(pauses, tries, now):
    """Return when the debtor is called again after so many tries, or None: no more."""
    if not 1 <= tries <= len(pauses):
        return None
    return now + timedelta(minutes=pauses[tries - 1])
