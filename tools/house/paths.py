"""Where things live. Everything made at run time is under one ignored folder."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = Path(os.environ.get("COLLECTIONS_LOCAL") or ROOT / ".local").absolute()

BIN = LOCAL / "bin"
CACHE = LOCAL / "cache"
COVERAGE = LOCAL / "coverage"
DATA = LOCAL / "data"
DEMO = LOCAL / "demo"
LOGS = LOCAL / "logs"
NODE = LOCAL / "node"
ODOO = LOCAL / "odoo"
PG = LOCAL / "pg"
RUN = LOCAL / "run"
VENV = LOCAL / "venv"

ODOO_CONF = LOCAL / "odoo.conf"
STATE = LOCAL / "state.json"
VENV_PYTHON = VENV / "bin" / "python"


def addons():
    """Return our addons: every top-level folder with a manifest."""
    return sorted(path.parent.name for path in ROOT.glob("*/__manifest__.py"))
