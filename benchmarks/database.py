"""Databases of the benchmarks: opened without the web server, copied from prepared ones."""

import contextlib
import os
import resource
import time
from pathlib import Path

import odoo.sql_db
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

from tools.house import paths, templates

PREFIX = "bn_"
ADDON = "collections_management"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def configure(database):
    """Load Odoo's configuration for one database, once a process."""
    config.parse_config(
        ["-c", str(paths.ODOO_CONF), "-d", database, "--no-http", "--log-level=warn"],
        setup_logging=True,
    )


@contextlib.contextmanager
def environment(database, **context):
    """Yield an environment of the superuser; commits at the end."""
    if config["db_name"] != [database]:
        configure(database)
    with Registry(database).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, context)
        cr.commit()


def measure_settling(name, model):
    """Settle what a model holds by the ledger, and once more when little is left to do.

    :return: seconds, processor, statements and verdicts of both passes, and the peak of memory
    """
    result = {}
    for label in ("seconds", "again"):
        with environment(name) as env:
            company = env["res.company"].search([("collections_active", "=", True)], limit=1)
            statements, processor = count_queries(), count_processor(env)
            begun = time.monotonic()
            counts = env[model]._settle(company)
            env.flush_all()
            result[label] = round(time.monotonic() - begun, 2)
            result[f"{label}_processor"] = round(count_processor(env) - processor, 2)
            result[f"{label}_statements"] = count_queries() - statements
            result[f"{label}_verdicts"] = counts
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return result


def count_queries():
    """Return the number of SQL statements this process has sent."""
    return odoo.sql_db.sql_counter


def count_processor(env):
    """Return the seconds of processor used by this process and by its database server process.

    Other work on the machine slows the clock on the wall, hardly this one.
    """
    pid = env.cr._cnx.info.backend_pid
    with contextlib.suppress(OSError):  # a database server elsewhere
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return time.process_time() + (int(values[11]) + int(values[12])) / CLOCK_TICKS
    return time.process_time()


def forget(database):
    """Close the connections of this process, so that the database can be copied or dropped."""
    Registry.delete(database)
    odoo.sql_db.close_db(database)


def fresh(name, addon=ADDON):
    """Make a database with the addon installed and nothing in it."""
    return templates.fresh_db(f"{PREFIX}{name}", [addon])


def copy(source, name):
    """Copy a prepared database."""
    templates.copy_db(f"{PREFIX}{source}", f"{PREFIX}{name}")
    return f"{PREFIX}{name}"


def drop(name):
    """Drop a database of the benchmarks."""
    templates.drop_db(f"{PREFIX}{name}")
