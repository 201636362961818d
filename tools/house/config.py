"""Odoo's configuration file and the small launchers in `.local/bin`."""

import os

from . import paths, postgres, state

OCA_ADDONS = paths.LOCAL / "oca" / "odoo" / "addons"

LAUNCHERS = {
    "odoo": 'exec "$PYTHON" -m odoo -c "$CONF" "$@"',
    "pytest": 'exec "$PYTHON" -m tools pytest "$@"',
    "python": 'exec "$PYTHON" "$@"',
    "psql": 'exec psql "$@"',
}


def addons_path():
    """Return every folder Odoo looks for addons in: ours, OCA's, its own."""
    own = [paths.ROOT] if paths.addons() else []
    oca = [OCA_ADDONS] if OCA_ADDONS.is_dir() else []
    return [str(path) for path in (*own, *oca, *state.load().get("addons_path", []))]


def write():
    """Write `.local/odoo.conf` and the launchers."""
    found = postgres.connection()
    settings = {
        "addons_path": ",".join(addons_path()),
        "data_dir": paths.DATA,
        "db_host": found["host"],
        "db_port": found["port"],
        "db_user": found["user"],
        "db_password": found["password"],
        "http_interface": "127.0.0.1",
        "admin_passwd": "admin",
        "list_db": True,
        "without_demo": True,
        "limit_time_real": 1200,
        "limit_time_cpu": 1200,
    }
    lines = ["[options]", *(f"{key} = {value}" for key, value in settings.items() if value != "")]
    _write_if_changed(paths.ODOO_CONF, "\n".join(lines) + "\n", 0o600)
    paths.BIN.mkdir(parents=True, exist_ok=True)
    kept = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "COLLECTIONS_PG_EMBEDDED")
    env = postgres.environment()
    exports = [f"export {name}='{env[name]}'" for name in kept if env.get(name)]
    exports.append(f"export PATH='{env['PATH'].split(os.pathsep)[0]}':\"$PATH\"")
    for name, command in LAUNCHERS.items():
        text = "\n".join(
            [
                "#!/bin/sh",
                *exports,
                f"PYTHON='{paths.VENV_PYTHON}' CONF='{paths.ODOO_CONF}'",
                command,
            ]
        )
        _write_if_changed(paths.BIN / name, text + "\n", 0o700)


def _write_if_changed(path, text, mode):
    if path.exists() and path.read_text() == text:
        return
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.chmod(mode)
    draft.replace(path)
