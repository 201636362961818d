"""How many wrong guesses one address may make."""

from collections import OrderedDict


class Throttle:
    """Counts faults by key in a window of time; remembers a bounded number of keys.

    Kept by each worker process for itself: it makes guessing slow and cheap to refuse, while what
    makes it hopeless are the 128 bits.
    """

    def __init__(self, limit=20, seconds=60, keys=10000):
        self.limit = limit
        self.seconds = seconds
        self.keys = keys
        self._faults = OrderedDict()  # key -> (start of its window, faults in it)

    def is_blocked(self, key, now):
        """Tell whether a key made too many faults.

        :param float now: seconds of a clock that only goes forward
        """
        start, count = self._faults.get(key, (now, 0))
        return now - start < self.seconds and count >= self.limit

    def add_fault(self, key, now):
        """Count one fault."""
        start, count = self._faults.pop(key, (now, 0))
        if now - start >= self.seconds:
            start, count = now, 0
        self._faults[key] = (start, count + 1)
        while len(self._faults) > self.keys:
            self._faults.popitem(last=False)

    def forget(self):
        """Forget all faults."""
        self._faults.clear()
