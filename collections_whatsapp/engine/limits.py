"""How many messages may leave: per person, and persons per day."""

from collections import deque

PAIR_BURST = 45  # to one person at once, borrowed from what comes after
PAIR_SECONDS = 6.0  # one message each, in the long run
TIERS = {
    "TIER_50": 50,
    "TIER_250": 250,
    "TIER_1K": 1_000,
    "TIER_2K": 2_000,
    "TIER_10K": 10_000,
    "TIER_100K": 100_000,
    "TIER_UNLIMITED": None,
}


class PairLimit:
    """A bucket per person: full at the burst, one more every six seconds."""

    def __init__(self, burst=PAIR_BURST, seconds=PAIR_SECONDS):
        self.burst, self.seconds = burst, seconds
        self.sent = {}

    def take(self, person, now):
        """Return 0 when a message may leave now, else the seconds until it may; only a zero
        counts as a message."""
        moments = self.sent.setdefault(person, deque())
        horizon = now - self.burst * self.seconds
        while moments and moments[0] <= horizon:
            moments.popleft()
        if len(moments) < self.burst:
            moments.append(now)
            return 0.0
        return moments[0] - horizon


def read_tier(word):
    """Return how many persons a day a tier reaches: None is no limit, 0 a word nobody knows."""
    if word in TIERS:
        return TIERS[word]
    return 0
