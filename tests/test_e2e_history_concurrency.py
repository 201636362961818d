"""A night writes while the history is being rebuilt: each waits for the other, and the totals are
the sum of the facts."""

import select

import pytest
from test_e2e_log_concurrency import finish, start

PREPARE = """
from datetime import timedelta
from odoo import Command, fields

with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    company = env.company
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    today = fields.Date.today()
    debtor = env["res.partner"].create({"name": "Debtor"})

    def owe(amount, age):
        day = today - timedelta(days=age)
        invoice = env["account.move"].create({
            "move_type": "out_invoice", "partner_id": debtor.id, "invoice_date": day,
            "invoice_date_due": day,
            "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": amount,
                                                 "tax_ids": []})],
        })
        invoice.action_post()
        return invoice

    owe(100, 200)
    env["collections.ledger"]._refresh(company)
    rebuilds = env["collections.fact.rebuild"]
    rebuilds._start(company)
    rebuilds._cron_rebuild()
    rebuilds._get_done(company).date_to = today - timedelta(days=2)
    # entered late, and paid since: what the old history says of the day before is not true
    invoice = owe(50, 100)
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    ).create({"payment_date": today - timedelta(days=1)})._create_payments()
    rebuilds._start(company)
    env["collections.run"]._get_or_create(company, "cron")
    print(json.dumps({}))
"""

REBUILD = """
from unittest.mock import patch

with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    rebuilds, crons = env["collections.fact.rebuild"], type(env["ir.cron"])
    commit = crons._commit_progress

    def wait(self, processed=0, **values):
        if processed:  # the end of it, not committed yet
            print("ready", flush=True)
            sys.stdin.readline()
        return commit(self, processed, **values)

    with patch.object(crons, "_commit_progress", wait):
        rebuilds._cron_rebuild()
    print(json.dumps({}))
"""

NIGHT = """
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    run = env["collections.run"].search([], limit=1)
    cr.commit()
    print("ready", flush=True)
    run._retry(run._write_facts)
    cr.commit()
    print(json.dumps({"written": True}))
"""

VERIFY = """
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    company, facts = env.company, env["collections.fact"]
    cr.execute("SELECT DISTINCT day FROM collections_fact ORDER BY day")
    days = [day for [day] in cr.fetchall()]
    sums = {}
    for name, statement in (
        ("facts", facts._get_facts_over_sql(days, company)),
        ("totals", env["collections.fact.total"]._get_totals_over_sql(days, company)),
    ):
        cr.execute(
            "SELECT on_day::text, sum(amount_total)::float FROM ("
            + cr.mogrify(statement.code, statement.params).decode() + ") x GROUP BY 1"
        )
        sums[name] = dict(cr.fetchall())
    print(json.dumps(sums))
"""


@pytest.mark.slow
def test_a_night_waits_for_the_rebuilding_and_adds_to_it(fresh_db):
    name = fresh_db("history", ["collections_reports"])
    finish(start(PREPARE, name))
    rebuild = start(REBUILD, name)
    assert rebuild.stdout.readline().strip() == "ready"
    night = start(NIGHT, name)
    assert night.stdout.readline().strip() == "ready"
    ended, _write, _error = select.select([night.stdout], [], [], 5)
    assert not ended, "the night did not wait"
    rebuild.stdin.write("go\n")
    rebuild.stdin.flush()
    finish(rebuild)
    assert finish(night) == {"written": True}
    found = finish(start(VERIFY, name))
    assert found["facts"] == found["totals"]
    assert sorted(set(found["facts"].values())) == [100, 150]
    assert found["facts"][max(found["facts"])] == 100
