"""A database of the previous version is upgraded by the present code, twice: nothing is lost."""

import json
import os
import subprocess
import sys
import tarfile

import pytest

from tools.house import config, logwatch, paths, postgres, templates

ADDON = "collections_management"
PREVIOUS = paths.ROOT / "tests" / "data" / f"{ADDON}-19.0.1.0.0.tar.xz"

pytestmark = pytest.mark.slow

PRELUDE = """
import json, sys
from datetime import timedelta
from odoo import Command, api, fields, SUPERUSER_ID
from odoo.orm.registry import Registry
from odoo.tools import config

config.parse_config(["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=warn"])
with Registry(sys.argv[2]).cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
"""
# Three companies: one collects since a while, one is still in safe mode, one was made and left.
BUILD = """
    live, trying = env["res.company"].create([{"name": "Live"}, {"name": "Trying"}])
    for company in (live, trying):
        env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        env = env(context={"allowed_company_ids": company.ids})
        due = fields.Date.today() - timedelta(days=8)
        partner = env["res.partner"].create({"name": f"Debtor of {company.name}"})
        move = env["account.move"].create({
            "move_type": "out_invoice", "partner_id": partner.id, "invoice_date": due,
            "invoice_date_due": due, "company_id": company.id,
            "invoice_line_ids": [Command.create(
                {"name": "Goods", "price_unit": 123.45, "tax_ids": False})],
        })
        move.action_post()
        run = env["collections.run"].create({"company_id": company.id, "date": due,
            "origin": "cron", "state": "failed", "error": "the disk was full"})
        env["collections.ledger"]._refresh(company, run=run)
        env["collections.segment"]._assign(company, run=run)
        env["collections.planner"]._plan(env["collections.case"].search([
            ("company_id", "=", company.id)]), run=run)
    live.collections_safe_mode = False
    contact = env["collections.contact"].search([("company_id", "=", live.id)], limit=1)
    contact.write({"state": "sent", "safe_mode": False, "sent_on": "2026-03-02 15:00:00"})
    cr.commit()
"""
REPORT = """
    cases = env["collections.case"].search([], order="id")
    names = ["partner_id", "state", "segment_id", "strategy_id", "amount_total", "decision",
             "days_past_due"]
    print(json.dumps({
        "cases": cases.read(names, load=None),
        "contacts": env["collections.contact"].search([], order="id").read(
            ["case_id", "step_id", "cycle", "state", "safe_mode"], load=None),
        "runs": env["collections.run"].search([], order="id").read(
            ["company_id", "state", "error", "case_count"], load=None),
        "entries": env["collections.log"].search_count([]),
        "faults": [str(fault) for fault in env["collections.log"]._verify(cases)],
        "version": env.ref("base.module_collections_management").latest_version,
    }))
"""
NEWS = """
    companies = env["res.company"].search([("name", "in", ("Live", "Trying"))], order="name")
    names = ["name", "collections_live_on", "collections_start_mode", "collections_safe_mode"]
    print(json.dumps({
        "companies": [{name: str(company[name]) for name in names} for company in companies],
        "tries": env["collections.run"].search([]).mapped("tries"),
        "token": bool(env["ir.config_parameter"].get_param("collections_management.health_token")),
    }))
"""


def do(conf, name, script):
    """Run a script in a process that knows the addon of a configuration; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + script, str(conf), name],
        cwd=paths.ROOT, capture_output=True, text=True, check=False, timeout=300,
        env=postgres.environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else None


def run_odoo(conf, name, *options):
    """Install or update the addon; return what went wrong in the log."""
    done = subprocess.run(
        [sys.executable, "-m", "odoo", "-c", str(conf), "-d", name, *options, "--stop-after-init",
         "--no-http", "--max-cron-threads=0"],
        cwd=conf.parent, capture_output=True, text=True, check=False, timeout=600,
        env=postgres.environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return logwatch.problems(done.stderr)


@pytest.fixture
def previous(tmp_path):
    """Return the configuration of an Odoo with the addon as it was."""
    with tarfile.open(PREVIOUS) as files:
        files.extractall(tmp_path / "addons", filter="data")
    config.write()
    settings = paths.ODOO_CONF.read_text().replace(
        f"addons_path = {paths.ROOT},", f"addons_path = {tmp_path / 'addons'},"
    )
    conf = tmp_path / "odoo.conf"
    conf.write_text(settings)
    return conf


@pytest.fixture
def database():
    """Return an Odoo that never saw another of our addons: the template lists today's, and those
    that install themselves would be asked of yesterday's, which is alone."""
    name = templates.fresh_db(f"test_{os.getpid()}_migration")
    with postgres.cursor(name) as cr:
        cr.execute(
            """WITH unknown AS (DELETE FROM ir_module_module WHERE name = ANY(%s) RETURNING id)
               DELETE FROM ir_model_data USING unknown
                WHERE model = 'ir.module.module' AND res_id = unknown.id""",
            [paths.addons()],
        )
    yield name
    templates.drop_db(name)


def test_an_upgrade_keeps_what_was_there_and_can_be_run_twice(previous, database):
    assert run_odoo(previous, database, "-i", ADDON) == []
    do(previous, database, BUILD)
    before = do(previous, database, REPORT)
    assert (len(before["cases"]), len(before["runs"])) == (2, 2)
    assert before["version"] == "19.0.1.0.0"
    assert run_odoo(paths.ODOO_CONF, database, "-u", ADDON) == []
    after = do(paths.ODOO_CONF, database, REPORT)
    assert after.pop("version") > before.pop("version")
    assert after["faults"] == [], "every chain verifies"
    assert after == before, "nothing is lost and nothing is changed"
    news = do(paths.ODOO_CONF, database, NEWS)
    assert news["tries"] == [1, 1]
    assert news["token"]
    live, trying = news["companies"]
    assert (live["collections_live_on"], live["collections_start_mode"]) == ("2026-03-02", "full")
    assert trying["collections_live_on"] == "False", "who has not started yet still will"
    assert trying["collections_start_mode"] == "gentle"
    with postgres.cursor(database) as cr:  # as if the first upgrade had been interrupted
        cr.execute(
            "UPDATE ir_module_module SET latest_version = '19.0.1.0.0' WHERE name = %s", [ADDON]
        )
    assert run_odoo(paths.ODOO_CONF, database, "-u", ADDON) == []
    again = do(paths.ODOO_CONF, database, REPORT)
    again.pop("version")
    assert again == before
    assert do(paths.ODOO_CONF, database, NEWS) == news
