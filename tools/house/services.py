"""Programs that keep running: started in the background, remembered by pid, ended politely."""

import contextlib
import os
import signal
import subprocess
import time

from . import paths
from .errors import HouseError


class Service:
    """One program, known by a name; its pid and log carry that name."""

    def __init__(self, name, mark):
        self.name = name
        self.mark = mark  # a word of its command line, to never end a stranger with a recycled pid
        self.pid_file = paths.RUN / f"{name}.pid"
        self.log = paths.LOGS / f"{name}.log"

    def pid(self):
        """Return the pid of the running program, or None."""
        import psutil

        try:
            number = int(self.pid_file.read_text())
            process = psutil.Process(number)
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and any(self.mark in word for word in process.cmdline()):
                return number
        except (OSError, ValueError, psutil.Error):
            pass
        return None

    def start(self, command, env):
        """Start the program in a session of its own, so that a Ctrl-C reaches only us."""
        paths.RUN.mkdir(parents=True, exist_ok=True)
        paths.LOGS.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=env,
                cwd=paths.ROOT,
            )
        self.pid_file.write_text(str(process.pid))
        return process

    def wait_until(self, is_ready, process, seconds=90):
        """Wait until it answers; raise a HouseError with the end of its log if it does not."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if is_ready():
                return
            if process.poll() is not None:
                break
            time.sleep(0.2)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise HouseError(f"{self.name} did not start:\n{tail}\n(everything in {self.log})")

    def stop(self, seconds=15):
        """Ask it to end, insist after a while; return whether it ran."""
        number = self.pid()
        if number:
            _signal(number, signal.SIGTERM)
            limit = time.monotonic() + seconds
            while self.pid() and time.monotonic() < limit:
                _reap(number)
                time.sleep(0.1)
            if self.pid():
                _signal(number, signal.SIGKILL)
                _reap(number)
        self.pid_file.unlink(missing_ok=True)
        return bool(number)


def _signal(number, what):
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, what)


def _reap(number):
    with contextlib.suppress(ChildProcessError):
        os.waitpid(number, os.WNOHANG)
