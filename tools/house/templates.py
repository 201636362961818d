"""Databases made ready once and copied in a second.

`fresh_db(name, modules)` gives an empty, installed database: it keeps one
template per list of modules and makes it again when the source of one of our
addons changed. Templates accept no connections, so nobody dirties them.
"""

import hashlib
import os
import shutil

from . import paths, postgres
from .errors import HouseError
from .shell import lock, run_logged, step

BASE_MODULES = (
    "account",
    "account_payment",
    "base_automation",
    "l10n_pe",
    "payment_demo",
    "phone_validation",
    "portal",
    "sms",
    "sms_twilio",
)
# What does not change what an installed database contains.
NOT_INSTALLED = {"tests", "readme", "__pycache__", "migrations"}

# What every test would make again, because what a test wrote is rolled back: the bundles of the
# screens (ten seconds for each test in a browser) and a company with its chart of accounts.
MAKE_READY = """
import sys
from odoo import SUPERUSER_ID, api
from odoo.orm.registry import Registry
from odoo.tools import config

config.parse_config(["-c", sys.argv[1], "-d", sys.argv[2], "--no-http"])
with Registry(sys.argv[2]).cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["ir.qweb"]._pregenerate_assets_bundles()
    company = env["res.company"].create({"name": "company_1_data"})
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    company.account_fiscal_country_id = company.account_fiscal_country_id or env.ref("base.us")
    env["ir.model.data"]._update_xmlids([{"xml_id": "__test__.company", "record": company}])
"""

# What tests wrote and took back looks to the housekeeper like emptied tables; the planner believes
# his count and joins thousands of new rows as if there were none, without an end.
LEAVE_UNCOUNTED = """
    DO $$ DECLARE name regclass; BEGIN
        FOR name IN SELECT oid FROM pg_class
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', name); END LOOP;
    END $$
"""


def fresh_db(name, modules=(), *, demo=False):
    """Make database `name` anew, with the base modules and `modules` installed; return its name."""
    copy_db(ensure_template(modules, demo=demo), name)
    return name


def ensure_template(modules=(), *, demo=False):
    """Return the name of a current template with these modules, making it when needed."""
    modules = sorted({*BASE_MODULES, *modules})
    name = template_name(modules, demo=demo)
    with lock(name):
        source = source_hash(modules)
        if comment(name) != source:
            _make_template(name, modules, source, demo)
    return name


def ensure_tests_template(modules):
    """Return the name of a current template that holds what each test would make for itself."""
    plain = ensure_template(modules)
    name = f"{plain}_tests"
    steps = hashlib.sha256((MAKE_READY + LEAVE_UNCOUNTED).encode()).hexdigest()[:8]
    source = f"{comment(plain)} {steps}"
    with lock(name):
        if comment(name) != source:
            draft = f"{name}_draft"
            with step(f"Template database {name} (screens and a company made ready)"):
                copy_db(plain, draft)
                run_logged(
                    [paths.VENV_PYTHON, "-c", MAKE_READY, paths.ODOO_CONF, draft],
                    f"ready-{name}",
                    error="Making the database of the tests ready failed",
                    env=postgres.environment(),
                    cwd=paths.ROOT,
                )
                with postgres.cursor(draft) as cr:
                    cr.execute(LEAVE_UNCOUNTED)
                _finish_template(draft, name, source)
    return name


def template_name(modules, *, demo=False):
    """Return a readable name for the base template, a digest for the others."""
    extra = sorted(set(modules) - set(BASE_MODULES))
    name = "tpl_base"
    if extra:
        name = f"tpl_{hashlib.sha256(','.join(extra).encode()).hexdigest()[:10]}"
    return f"{name}_demo" if demo else name


def source_hash(modules):
    """Digest the source of those of our addons that are in the list or that they depend on."""
    digest = hashlib.sha256()
    for addon in sorted(set(modules) & set(paths.addons())):
        folder = paths.ROOT / addon
        for root, folders, files in os.walk(folder):
            folders[:] = sorted(set(folders) - NOT_INSTALLED)
            for file in sorted(files):
                path = os.path.join(root, file)
                digest.update(os.path.relpath(path, folder).encode())
                with open(path, "rb") as content:
                    digest.update(content.read())
    return digest.hexdigest()[:16]


def _make_template(name, modules, source, demo):
    draft = f"{name}_draft"
    ours = set(modules) - set(BASE_MODULES)
    with step(f"Template database {name} ({', '.join(sorted(ours)) or 'Odoo modules'})"):
        drop_db(draft)
        if ours:
            copy_db(ensure_template(demo=demo), draft)
        install(draft, sorted(ours or modules), demo=demo, log_name=f"install-{name}")
        with postgres.cursor(draft) as cr:  # a company lives by its own clock: the tests' is UTC
            cr.execute(
                "UPDATE res_partner SET tz = 'UTC' FROM res_company company"
                " WHERE company.partner_id = res_partner.id AND res_partner.tz IS NULL"
            )
        _finish_template(draft, name, source)


def _finish_template(draft, name, source):
    """Close a draft and put it in the place of the template."""
    drop_db(name)
    with postgres.cursor() as cr:
        cr.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
        _rename_filestore(draft, name)
        cr.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    set_comment(name, source)


def install(database, modules, *, demo=False, update=False, log_name=None):
    """Install or update modules in a database (made when missing); return the log.

    An update installs what is not there yet: an addon that is newer than the database.
    """
    known = set(modules) & _installed(database) if update else set()
    options = [("-u", known), ("-i", set(modules) - known)]
    log = run_logged(
        [
            *(paths.VENV_PYTHON, "-m", "odoo", "-c", paths.ODOO_CONF, "-d", database),
            *(part for flag, names in options if names for part in (flag, ",".join(sorted(names)))),
            *("--stop-after-init", "--no-http", "--max-cron-threads=0"),
            *(["--with-demo"] if demo else []),
        ],
        log_name or f"install-{database}",
        error=f"Installing {', '.join(modules)} into '{database}' failed",
        env=postgres.environment(),
        cwd=paths.ROOT,
    )
    missing = set(modules) - _installed(database)
    if missing:
        raise HouseError(f"Odoo did not install {', '.join(sorted(missing))}: see {log}.")
    return log


def install_logs(modules):
    """Return the logs of the installation of the current template of these modules."""
    names = (template_name(BASE_MODULES), template_name(modules))
    return [paths.LOGS / f"install-{name}.log" for name in names]


def _installed(database):
    with postgres.cursor(database) as cr:
        cr.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
        return {name for (name,) in cr.fetchall()}


def exists(name):
    """Tell whether a database exists."""
    with postgres.cursor() as cr:
        cr.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return bool(cr.fetchone())


def comment(name):
    """Return the comment on a database, None when there is no such database."""
    with postgres.cursor() as cr:
        cr.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        )
        found = cr.fetchone()
    return found and (found[0] or "")


def set_comment(name, text):
    """Write the comment on a database: what it is complete for."""
    with postgres.cursor() as cr:
        cr.execute(f'COMMENT ON DATABASE "{name}" IS %s', [text])


def copy_db(source, name):
    """Make database `name` a copy of `source`, with its files, ending what uses `name`."""
    drop_db(name)
    with postgres.cursor() as cr:
        cr.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    files = filestore(source)
    if files.is_dir():  # the files of a filestore never change: links are enough
        shutil.copytree(files, filestore(name), copy_function=os.link, dirs_exist_ok=True)


def drop_db(name):
    """Drop a database and its files, ending what uses it."""
    with postgres.cursor() as cr:
        cr.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            # the database's own housekeepers are not ours to end; DROP waits for them
            "WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
            [name],
        )
        cr.execute(f'DROP DATABASE IF EXISTS "{name}"')
    shutil.rmtree(filestore(name), ignore_errors=True)


def list_dbs(prefix):
    """Return the databases whose name starts with a prefix."""
    with postgres.cursor() as cr:
        cr.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return sorted(name for (name,) in cr.fetchall())


def filestore(name):
    """Return the folder of a database's files."""
    return paths.DATA / "filestore" / name


def _rename_filestore(source, name):
    shutil.rmtree(filestore(name), ignore_errors=True)
    if filestore(source).is_dir():
        filestore(source).rename(filestore(name))
