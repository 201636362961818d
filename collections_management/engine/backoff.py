"""When something that another system did not take is sent again."""

from datetime import timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=6)
GIVE_UP = timedelta(days=3)
# Part of the pause that chance takes away or adds: receivers that come back are not run over.
JITTER = 0.2


def next_attempt(attempts, since, now, chance):
    """Return when the next attempt is made, or None when it has been tried for long enough.

    The pause doubles from half a minute up to six hours; after three days nobody tries any more.

    :param int attempts: attempts made so far, at least 1
    :param datetime since: when it was first to be sent
    :param datetime now: the moment of the last attempt
    :param float chance: from 0 to 1, drawn by the caller
    """
    if now - since >= GIVE_UP:
        return None
    pause = min(FIRST * 2 ** min(attempts - 1, 20), LONGEST)
    return now + pause * (1 + JITTER * (2 * chance - 1))
