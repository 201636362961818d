"""Installed, worked, updated and uninstalled: the database is as it was before."""

import os
import subprocess
import sys

import pytest

from tools.house import config, paths, postgres, templates

pytestmark = pytest.mark.slow

ADDON = "collections_management"
EVERYTHING = """
    SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
     WHERE table_schema = 'public'
     UNION ALL
    SELECT 'function ' || proname FROM pg_proc
      JOIN pg_namespace space ON space.oid = pronamespace WHERE nspname = 'public'
     UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT 'record ' || module || '.' || name FROM ir_model_data
                WHERE module <> '__export__'
                  AND NOT (module = 'base' AND starts_with(name, 'module_'))  -- what is on the path
     UNION ALL SELECT 'parameter ' || key FROM ir_config_parameter
     UNION ALL SELECT 'job ' || cron_name FROM ir_cron
     UNION ALL SELECT 'attachment of ' || res_model FROM ir_attachment
                WHERE res_model LIKE 'collections.%'
     UNION ALL SELECT 'message of ' || model FROM mail_message WHERE model LIKE 'collections.%'
     UNION ALL SELECT 'activity of ' || res_model FROM mail_activity
                WHERE res_model LIKE 'collections.%'
"""
WORK = """
from datetime import timedelta
from odoo import Command, fields
company = env.company
env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
today = fields.Date.today()
partner = env["res.partner"].create({"name": "Debtor", "email": "debtor@debtor.example"})
move = env["account.move"].create({
    "move_type": "out_invoice", "partner_id": partner.id,
    "invoice_date": today - timedelta(days=40), "invoice_date_due": today - timedelta(days=35),
    "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 100, "tax_ids": []})],
})
move.action_post()
company.write({"email": "us@company.example", "collections_user_id": env.ref("base.user_admin").id})
run = env["collections.run"]._get_or_create(company, "button")
run._work()
case = env["collections.case"].search([("partner_id", "=", partner.id)])
assert run.state == "done" and case.contact_ids and case.log_ids, (run.state, run.error)
env["collections.hold"].create({"case_id": case.id, "note": "calls on Friday"})
case.message_post(body="A note")
case.activity_schedule("mail.mail_activity_data_todo", user_id=env.ref("base.user_admin").id)
env.cr.commit()
"""
UNINSTALL = f"""
env["ir.module.module"].search([("name", "=", "{ADDON}")]).button_immediate_uninstall()
"""


def snapshot(database):
    """Return everything an addon may leave behind, as a set of words."""
    with postgres.cursor(database) as cursor:
        cursor.execute(EVERYTHING)
        return {row[0] for row in cursor.fetchall()}


def shell(database, script):
    """Run a script in Odoo's shell; fail on what it logs."""
    config.write()
    done = subprocess.run(
        [sys.executable, "-m", "odoo", "shell", "-c", paths.LOCAL / "odoo.conf", "-d", database,
         "--no-http", "--log-level=warn", "--shell-interface=python"],
        input=f"exec({script!r})\n",
        env={**os.environ, **postgres.environment()},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    for word in ("WARNING", "ERROR", "Traceback"):
        assert word not in output, output


def test_uninstalling_leaves_odoo_as_it_was(fresh_db):
    database = fresh_db("cycle", ["account"])
    before = snapshot(database)
    templates.install(database, [ADDON])
    assert len(snapshot(database)) > len(before) + 500
    shell(database, WORK)
    templates.install(database, [ADDON], update=True)
    shell(database, UNINSTALL)
    left = snapshot(database) - before
    chart = {word for word in left if word.startswith("record account.")}
    assert not left - chart, sorted(left - chart)[:40]
    assert not before - snapshot(database), "nothing of Odoo is missing"
