"""Messages on their way to a provider: one at a time, or a group while another is under way."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor


class Flight:
    """Starts messages and gathers what became of them; a context manager.

    With ``size`` 1 a message is sent at once, in the caller's thread. Otherwise a group leaves from
    threads, and while it is under way the caller may prepare the next one: at most two groups are
    in the air, so at most twice ``size`` messages are in doubt after a crash.

    :param send: function of the arguments of a message that returns its ``Outcome``
    """

    def __init__(self, send, size=1):
        self.send = send
        self.groups = deque()
        self.pool = ThreadPoolExecutor(2 * size) if size > 1 else None

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def start(self, messages):
        """Send a group: ``{key: arguments}``."""
        self.groups.append({key: self._send(args) for key, args in messages.items()})

    def _send(self, args):
        if self.pool:
            return self.pool.submit(self.send, *args)
        job = Future()
        job.set_result(self.send(*args))
        return job

    def land(self):
        """Wait as long as no other group may start; return ``{key: Outcome}`` of what landed."""
        return self._gather(1 if self.pool else 0)

    def land_all(self):
        """Wait for all that is in the air; return ``{key: Outcome}``."""
        return self._gather(0)

    def _gather(self, flying):
        outcomes = {}
        while len(self.groups) > flying:
            outcomes |= {key: job.result() for key, job in self.groups.popleft().items()}
        return outcomes
