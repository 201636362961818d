"""What became of a delivery, and when a failed one is tried again."""

from dataclasses import dataclass
from datetime import timedelta

# Minutes before the next attempt; the last value stands for all further ones.
BACKOFF_MINUTES = (2, 10, 30, 120, 360)
MAX_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a channel knows after one call to its provider.

    ``state``: ``sent`` (the provider took it), ``retry`` (it certainly did not leave, trying again
    may help), ``failed`` (it certainly did not leave and will not), ``uncertain`` (nobody knows).
    ``code`` is a short machine word, ``message`` what the provider said, ``reference`` the
    provider's identifier. ``down`` tells that the channel itself is unreachable, so that the rest
    of the batch waits too.
    """

    state: str
    code: str = ""
    message: str = ""
    reference: str = ""
    down: bool = False


class ChannelDown(Exception):
    """The channel cannot be reached at all; nothing has left."""


def next_attempt(attempts, now):
    """Return when attempt number ``attempts + 1`` may start, or None when there is none left.

    :param int attempts: attempts made so far, at least 1
    :param datetime now: the moment of the last one
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    minutes = BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES)) - 1]
    return now + timedelta(minutes=minutes)
