"""The virtual environment: made once, again when the requirements change."""

import hashlib
import os
import subprocess
import sys

from . import checks, paths, state
from .shell import run_logged, step

REQUIREMENTS = ("requirements.txt", "requirements-odoo.txt", "requirements-dev.txt")


def _fingerprint():
    digest = hashlib.sha256(sys.version.encode())
    for name in REQUIREMENTS:
        digest.update((paths.ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current():
    """Tell whether the environment exists and matches the requirements."""
    return paths.VENV_PYTHON.exists() and state.load().get("requirements") == _fingerprint()


def ensure():
    """Make or update the virtual environment with everything in requirements-dev.txt."""
    if is_current():
        return
    checks.check_python()
    checks.check_disk(paths.LOCAL)
    with step("Python requirements"):
        if not (paths.VENV / "bin" / "pip").exists():  # pip comes last
            run_logged(
                [sys.executable, "-m", "venv", "--clear", paths.VENV],
                "venv",
                error="The virtual environment could not be made",
            )
        checks.check_package_index(str(paths.VENV_PYTHON))
        pip = [paths.VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
        pip.append("--no-compile")
        run_logged(
            [*pip, "-r", paths.ROOT / "requirements-dev.txt"],
            "pip",
            error="pip could not install the Python requirements",
        )
        state.remember(requirements=_fingerprint())


def inside():
    """Tell whether this process already runs inside the environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(paths.VENV)


def site_packages():
    """Return the environment's own site-packages folder."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return subprocess.check_output([str(paths.VENV_PYTHON), "-c", code], text=True).strip()
