"""Prism, which serves a provider's description of its API to the contract tests, in `.local/prism`.

How the tests run it: collections_management/tests/prism.py.
"""

import os

from . import node, paths
from .shell import lock, run_logged, step

PACKAGE = "@stoplight/prism-cli@5.14.2"  # newer ones want a newer Node
FOLDER = paths.LOCAL / "prism"
PROGRAM = FOLDER / "node_modules" / ".bin" / "prism"


def ensure():
    """Install Prism once, where there are descriptions to serve."""
    shared = paths.ROOT.parent / "shared" / "specs"
    if not os.environ.get("COLLECTIONS_SPECS") and not shared.exists():
        return
    with lock("prism"):
        if PROGRAM.exists():
            return
        npm = node._npm()
        FOLDER.mkdir(parents=True, exist_ok=True)
        with step("Prism"):
            run_logged(
                [
                    *(npm, "i", "--prefix", str(FOLDER)),
                    *("--ignore-scripts", "--no-audit", "--no-fund", PACKAGE),
                ],
                "prism",
                error="npm could not install Prism: check the network or npm's registry",
                cwd=FOLDER,
                env=node.environment() | {"npm_config_cache": str(paths.CACHE / "npm")},
            )
