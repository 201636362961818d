"""Running other programs, with their output in a log and progress on the screen."""

import contextlib
import fcntl
import subprocess
import sys
import time

from . import paths
from .errors import HouseError


def say(text=""):
    """Print one line at once, also when the output is a file or a pipe."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title):
    """Show a step while it works and how long it took."""
    started = time.monotonic()
    say(f"  . {title} ...")
    try:
        yield
    except BaseException:
        say(f"  x {title} (after {time.monotonic() - started:.0f} s)")
        raise
    say(f"  + {title} ({time.monotonic() - started:.0f} s)")


def run_logged(command, log_name, *, error, **options):
    """Run a command with its output in `.local/logs/<log_name>.log`.

    On failure raise a HouseError made of `error` and the last lines of the log.
    """
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / f"{log_name}.log"
    with log.open("wb") as output:
        code = subprocess.call(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **options,
        )
    if code:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        say(tail)
        raise HouseError(f"{error} (exit code {code}, everything in {log})")
    return log


@contextlib.contextmanager
def lock(name):
    """Let one process at a time through, waiting for the other."""
    paths.RUN.mkdir(parents=True, exist_ok=True)
    with (paths.RUN / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  . waiting for another process that holds '{name}'")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fail(error):
    """Print an error for a person and leave."""
    print(f"\nError: {error}", file=sys.stderr, flush=True)
    return 1
