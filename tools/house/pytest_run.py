"""pytest with pytest-odoo on a database of its own, copied from a template."""

import os
import shutil
import subprocess
from contextlib import nullcontext

from . import config, paths, postgres, templates

KEEP = "COLLECTIONS_TEST_DB"


def run(arguments, *, database=None, log=None, **variables):
    """Run pytest; return its exit code.

    The database is made for this run and dropped after it. Set COLLECTIONS_TEST_DB to
    the name of a database of yours to use it as it is and keep it.

    :param log: a file to speak into instead of the terminal
    :param variables: what else is in its environment
    """
    kept = os.environ.get(KEEP)
    name = kept or database or f"test_{os.getpid()}"
    if not kept:
        templates.copy_db(templates.ensure_tests_template(paths.addons()), name)
    (paths.LOCAL / "tmp").mkdir(exist_ok=True)
    try:
        with open(log, "w") if log else nullcontext() as output:
            return subprocess.call(
                command(name, arguments),
                cwd=paths.ROOT,
                env=environment(name) | variables,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
            )
    finally:
        shutil.rmtree(paths.LOCAL / "tmp" / name, ignore_errors=True)
        if not kept:
            templates.drop_db(name)


def environment(name):
    """Return the environment of the tests: PG* for those that start programs of their own."""
    return postgres.environment() | {
        "ODOO_RC": str(config_for(name)),
        "COLLECTIONS_DB": name,
        "HYPOTHESIS_STORAGE_DIRECTORY": str(paths.LOCAL / "hypothesis"),
        "PYTHONUNBUFFERED": "1",
    }


def command(name, arguments):
    """Return the pytest command line for a database."""
    return [
        *(str(paths.VENV_PYTHON), "-m", "pytest", "--odoo-http", "--odoo-log-level=warn"),
        *("-c", str(paths.ROOT / "pyproject.toml"), f"--rootdir={paths.ROOT}"),
        *(f"--odoo-config={config_for(name)}", f"--odoo-database={name}"),
        *("--odoo-extra", f"db-filter=^{name}$"),
        # the bound of a worker that answers requests, not of hundreds of tests in one process
        *("--odoo-extra", "limit-memory-hard=0"),
        f"--basetemp={paths.LOCAL / 'tmp' / name}",
        *arguments,
    ]


def config_for(_name):
    """Return the configuration file of the tests."""
    config.write()
    return paths.ODOO_CONF
