"""Prism, which serves an OpenAPI description as a validating proxy, in `.local/prism`."""

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from . import node, paths
from .errors import HouseError
from .shell import lock, run_logged, step

PACKAGE = "@stoplight/prism-cli@5.14.2"  # newer ones want a newer Node
FOLDER = paths.LOCAL / "prism"
LISTENING = "Prism is listening"


def find_specs(name):
    """Return the path of a description, or None: it is Meta's or Twilio's, not ours to ship.

    COLLECTIONS_SPECS names the folder; without it, `shared/specs` beside the repository.
    """
    folder = Path(os.environ.get("COLLECTIONS_SPECS") or paths.ROOT.parent / "shared" / "specs")
    found = folder / name
    return found if found.exists() else None


def ensure():
    """Install Prism once and return its program."""
    program = FOLDER / "node_modules" / ".bin" / "prism"
    with lock("prism"):
        if not program.exists():
            node.ensure()
            FOLDER.mkdir(parents=True, exist_ok=True)
            with step("Prism"):
                run_logged(
                    [
                        node._npm(),
                        "i",
                        "--prefix",
                        str(FOLDER),
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund",
                        PACKAGE,
                    ],
                    "prism",
                    error="npm could not install Prism: check the network or npm's registry",
                    cwd=FOLDER,
                    env=node.environment() | {"npm_config_cache": str(paths.CACHE / "npm")},
                )
    return program


@contextmanager
def proxy(spec, target, port, log):
    """Serve a description in front of a target; yields the address of the proxy.

    :param log: a file that Prism speaks into
    """
    command = [
        *(str(ensure()), "proxy", "-h", "127.0.0.1", "-p", str(port), "--errors"),
        *(str(spec), target),
    ]
    with open(log, "w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=node.environment()
        )
    try:
        deadline = time.monotonic() + 120
        while LISTENING not in Path(log).read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise HouseError(f"Prism does not start: see {log}")
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
