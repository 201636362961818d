"""When a night that failed is tried again, and how what happens in it is named in the log file."""

from datetime import timedelta

MAX_TRIES = 3
PAUSE = timedelta(minutes=15)


def next_try(tries, ended):
    """Return when a nightly run is tried again, None when it was tried often enough.

    :param int tries: how many runs of this night have failed, the last one included
    :param datetime ended: when the last one failed
    """
    if tries >= MAX_TRIES:
        return None
    return ended + PAUSE * tries


def trace(**ids):
    """Return ``"run=3 case=41"``: the same words in every line of the log file, to search for.

    What is empty is not named; several ids of a kind are joined by commas.
    """
    words = []
    for name, value in ids.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        if joined := ",".join(str(each) for each in values if each):
            words.append(f"{name}={joined}")
    return " ".join(words)
