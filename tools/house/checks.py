"""Checks made before anything is downloaded, each with one clear sentence."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile

from .errors import HouseError

PYTHON_MIN = (3, 10)
PYTHON_MAX = (3, 13)
DISK_NEEDED_GB = 6


def check_python(version=sys.version_info):
    """Odoo 19 runs on Python 3.10 to 3.13."""
    found = tuple(version[:2])
    if not PYTHON_MIN <= found <= PYTHON_MAX:
        raise HouseError(
            f"Python {found[0]}.{found[1]} cannot run Odoo 19: install Python 3.10 to 3.13 "
            "and run `make PYTHON=python3.12 ...` with its name."
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        raise HouseError(
            "This Python cannot make virtual environments: install its venv package "
            "(on Debian and Ubuntu: python3-venv)."
        ) from error


def check_disk(path, needed_gb=DISK_NEEDED_GB, usage=shutil.disk_usage):
    """Odoo unpacked, the environment and the databases take a few gigabytes."""
    while not path.exists():
        path = path.parent
    free_gb = usage(path).free / 1e9
    if free_gb < needed_gb:
        raise HouseError(
            f"Only {free_gb:.1f} GB free at {path}: {needed_gb} GB are needed; free some space "
            "or set COLLECTIONS_LOCAL to a folder on a larger disk."
        )


def check_writable(path):
    """The ignored folder must be ours to write."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HouseError(f"Cannot write to {path}: {error.strerror}.") from error
    if not os.access(path, os.W_OK):
        raise HouseError(f"Cannot write to {path}: give yourself the right to, or move the clone.")


def check_package_index(python=sys.executable):
    """pip must reach the package index it is configured with (mirror and proxy included)."""
    probe = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    probe += ["--disable-pip-version-check", "--retries=1", "--timeout=20"]
    result = subprocess.run(
        [*probe, "--dest", tempfile.gettempdir(), "iniconfig"],
        capture_output=True,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if result.returncode:
        last = (result.stderr.strip().splitlines() or ["no answer"])[-1]
        raise HouseError(
            "pip cannot reach its package index: check the network, the proxy (HTTPS_PROXY) "
            f"or pip's index setting. It said: {last}"
        )


def port_is_free(port, host="127.0.0.1"):
    """Tell whether a server could listen on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(name, default, environ=os.environ, is_free=port_is_free):
    """Return the port asked for in the environment, else the first free one from the default."""
    asked = environ.get(name)
    if asked:
        if not asked.isdigit() or not 0 < int(asked) < 65536:
            raise HouseError(f"{name}={asked} is not a port number (1 to 65535).")
        if not is_free(int(asked)):
            raise HouseError(
                f"Port {asked} ({name}) is taken by another program: stop it or choose another."
            )
        return int(asked)
    for port in range(default, default + 50):
        if is_free(port):
            return port
    raise HouseError(f"No free port from {default} to {default + 49}: set {name} to a free one.")
