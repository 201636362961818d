"""Contract tests: Prism serves a provider's own description of its API, in front of a fake.

It answers 422 to a request that the description does not allow, and 500 to an answer of the fake
that it does not describe. Descriptions and Prism are not ours to ship: without them such tests
are skipped with a sentence that says how to get them. `make test` brings Prism by itself.
"""

import os
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest import SkipTest
from urllib.error import HTTPError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds until Prism listens, on a busy machine
LISTENING = "Prism is listening on "
BREACHES = ("terminated with error", "iolation")
LAST = "/the-last-request"
# Name of the description, and where its publisher has the original: two addons speak with Twilio.
TWILIO = ("twilio_mock.derived.json", "github.com/twilio/twilio-oai, twilio_api_v2010.json")


def find_spec(name, origin):
    """Return the path of a description: in the folder that COLLECTIONS_SPECS names, else in
    `shared/specs` beside the repository.

    :param origin: where its publisher has it
    """
    folder = Path(os.environ.get("COLLECTIONS_SPECS") or ROOT.parent / "shared" / "specs")
    if not (folder / name).exists():
        raise SkipTest(
            f"credentials: COLLECTIONS_SPECS names the folder of {name}, derived from the"
            f" provider's own description of its API: {origin}"
        )
    return folder / name


def find_program():
    """Return Prism's command and its environment."""
    environment = os.environ | {
        "PATH": f"{os.environ['PATH']}{os.pathsep}{ROOT / '.local' / 'venv' / 'bin'}"
    }
    local = ROOT / ".local" / "prism" / "node_modules" / ".bin" / "prism"
    program = str(local) if local.exists() else shutil.which("prism")
    if not program or not shutil.which("node", path=environment["PATH"]):
        raise SkipTest(
            "credentials: Prism is missing; `make test` brings it where there are descriptions"
        )
    return program, environment


class Contract:
    """A running proxy: its address, and what it said."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self.url = None
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if LISTENING in line:
                self.url = line.split(LISTENING, 1)[1].split()[0].rstrip("/")
                self._ready.set()
        self._ready.set()  # it ended

    def wait(self):
        if not self._ready.wait(PATIENCE) or not self.url:
            raise AssertionError(f"Prism did not start: {''.join(self.lines)}")

    def get_breaches(self):
        """Return the lines that tell of a request or an answer outside the description.

        A last request of our own tells when it has said everything before: ended at once, it would
        take its last lines along.
        """
        with suppress(HTTPError):
            urlopen(f"{self.url}{LAST}", timeout=20)  # noqa: S310  (this machine)
        deadline = time.monotonic() + 20
        while not any(LAST in line for line in self.lines):
            if time.monotonic() > deadline:
                raise AssertionError(f"Prism said nothing of {LAST}: {''.join(self.lines)}")
            time.sleep(0.02)
        said = list(self.lines)
        end = next(n for n, line in enumerate(said) if LAST in line)
        self.end()
        return [line for line in said[:end] if any(word in line for word in BREACHES)]

    def end(self):
        if self.process.stdout.closed:
            return
        self.process.terminate()
        self.process.wait(20)
        self._reader.join(20)
        self.process.stdout.close()


@contextmanager
def contract(spec, upstream):
    """Serve a description in front of an address; yields the :class:`Contract`."""
    program, environment = find_program()
    with subprocess.Popen(
        [program, "proxy", "-h", "127.0.0.1", "-p", "0", "--errors", str(spec), upstream],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    ) as process:  # fmt: skip
        running = Contract(process)
        try:
            running.wait()
            yield running
        finally:
            running.end()
