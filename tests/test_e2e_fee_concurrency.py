"""Several processes charge the same debtors at once: no day is charged twice, nobody gets two
debit notes."""

import pytest
from test_e2e_log_concurrency import finish, start

WORKERS, DEBTORS = 3, 6

PREPARE = """
from datetime import timedelta
from odoo import Command, fields

with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    company = env.company
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    journal = env["account.journal"].search([("type", "=", "sale")], limit=1)
    product = env["product.product"].create({"name": "Charges", "type": "service"})
    today = fields.Date.today()
    policy = env["collections.fee.policy"].create(
        {
            "name": "Interest", "rate_source": "own", "fixed_source": "own", "fixed_amount": 5,
            "tier_ids": [Command.create({"days": 1, "percent": 12})],
            "date_start": today - timedelta(days=300), "limit_mode": "none",
            "product_id": product.id, "journal_id": journal.id,
            "mode": "automatic", "posting": "posted",
        }
    )
    for number in range(int(sys.argv[3])):
        debtor = env["res.partner"].create({"name": f"Debtor {number}"})
        invoices = env["account.move"].create([
            {
                "move_type": "out_invoice", "partner_id": debtor.id,
                "invoice_date": today - timedelta(days=age),
                "invoice_date_due": today - timedelta(days=age),
                "invoice_line_ids": [Command.create({"name": "Goods", "price_unit": 1000})],
            }
            for age in (30, 60)
        ])
        invoices.action_post()
    env["collections.ledger"]._refresh(company)
    cases = env["collections.case"].search([("company_id", "=", company.id)], order="id")
    print(json.dumps({"policy": policy.id, "cases": cases.ids}))
"""

CHARGE = """
import random
from odoo.exceptions import ValidationError
from psycopg2 import errors

print("ready", flush=True)
sys.stdin.readline()  # all begin together, else they may never meet
refused = 0
for case_id in json.loads(sys.argv[4]):
    while True:
        try:
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                fees = env["collections.fee"]._charge(
                    env["collections.fee.policy"].browse(int(sys.argv[3])),
                    env["collections.case"].browse(case_id),
                )
                fees._book()
            break
        except (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation):
            refused += 1
print(json.dumps({"refused": refused}))
"""

VERIFY = """
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    cr.execute("SELECT count(*), count(DISTINCT (line_id, kind)), count(DISTINCT move_id)"
               " FROM collections_fee")
    fees, distinct, notes = cr.fetchone()
    cr.execute("SELECT count(*) FROM account_move WHERE invoice_origin IS NOT NULL"
               " AND state = 'posted' AND move_type = 'out_invoice'")
    [posted] = cr.fetchone()
    print(json.dumps({"fees": fees, "distinct": distinct, "notes": notes, "posted": posted}))
"""


@pytest.mark.slow
def test_processes_that_charge_at_once_charge_each_day_once(fresh_db):
    name = fresh_db("fee", ["collections_management"])
    prepared = finish(start(PREPARE, name, DEBTORS))
    workers = [
        start(CHARGE, name, prepared["policy"], prepared["cases"]) for _worker in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout.readline().strip() == "ready"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    refused = sum(finish(worker)["refused"] for worker in workers)
    assert refused, "they never met: the test shows nothing"
    found = finish(start(VERIFY, name))
    assert found == {
        "fees": DEBTORS * 4,  # interest and a sum on each of two receivables
        "distinct": DEBTORS * 4,
        "notes": DEBTORS,
        "posted": DEBTORS,
    }
