"""Times interest on many overdue receivables of a synthetic ledger: computed, written, booked.

``python -m benchmarks.fees [--receivables 10000] [--keep]`` builds a ledger and charges interest of
two rates on a quarter, a half and all of so many receivables, each of other debtors. The bar: four
times as many take at most six times the processor. The debit notes of fifty debtors are booked
beside their floor: as many invoices of the same lines, made and posted by Odoo alone; the bar is
1.5 floors.
"""

import argparse
import json
import resource
import sys
from datetime import timedelta

from odoo.fields import Command

from . import database, synthetic

NAME = "fees"
LINEAR, BOOKING = 6, 1.5
DEBTORS = 50
OVERDUE_SQL = """
    SELECT kase.id, count(*)
      FROM collections_case kase
      JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
      JOIN account_move_line line
        ON line.partner_id = partner.id AND line.company_id = kase.company_id
     WHERE line.account_id = ANY(%s) AND line.parent_state = 'posted' AND NOT line.reconciled
       AND line.amount_currency > 0 AND line.date_maturity < %s
  GROUP BY kase.id ORDER BY kase.id
"""


def main():
    """Build, measure, print; the exit code tells whether the bars were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receivables", type=int, default=10_000)
    parser.add_argument("--keep", action="store_true", help="leave the database")
    options = parser.parse_args()
    name = f"{database.PREFIX}{NAME}"
    synthetic.prepare(NAME)
    synthetic.build(name, 7 * options.receivables)
    found = measure(name, options.receivables)
    print(json.dumps(found, indent=4))
    if not options.keep:
        database.forget(name)
        database.drop(NAME)
    return 0 if found["growth"] <= LINEAR and found["booking"] <= BOOKING else 1


def measure(name, receivables):
    """Return what was charged and how long it took, in seconds of processor."""
    with database.environment(name) as env:
        company = env["res.company"].search([("collections_active", "=", True)], limit=1)
        ledger = env["collections.ledger"]
        ledger._refresh(company)
        policy = _make_policy(env, company)
        accounts, today = ledger._get_account_ids(), ledger._today(company)
        env.cr.execute(OVERDUE_SQL, [accounts, today])
        overdue = iter(env.cr.fetchall())
        found = {"sizes": []}
        for size in (receivables // 4, receivables // 2, receivables):
            cases = _take(env, overdue, size)
            found["sizes"].append(_charge(env, policy, cases))
        first, last = found["sizes"][0], found["sizes"][-1]
        found["growth"] = round(
            last["processor"] / first["processor"] * 4 * first["fees"] / last["fees"], 2
        )
        found |= _book(env, policy)
        env.cr.rollback()
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def _make_policy(env, company):
    product = env["product.product"].create({"name": "Late payment", "type": "service"})
    return env["collections.fee.policy"].create(
        {
            "name": "Interest",
            "company_id": company.id,
            "rate_source": "own",
            "tier_ids": [
                Command.create({"days": days, "percent": percent})
                for days, percent in ((1, 12), (31, 18))
            ],
            "limit_mode": "none",
            "date_start": env["collections.ledger"]._today(company) - timedelta(days=3000),
            "product_id": product.id,
            "journal_id": env["account.journal"].search([("type", "=", "sale")], limit=1).id,
            "mode": "approval",
            "posting": "posted",
        }
    )


def _take(env, overdue, size):
    """Return the next cases that have so many overdue receivables together."""
    ids, taken = [], 0
    while taken < size:
        case_id, count = next(overdue)
        ids.append(case_id)
        taken += count
    return env["collections.case"].browse(ids)


def _charge(env, policy, cases):
    """Compute the charges of some cases, then write them down."""
    env.flush_all()
    env.invalidate_all()
    queries, begun = database.count_queries(), database.count_processor(env)
    charges = env["collections.fee.calculator"]._compute_charges(policy, cases)
    computed = database.count_processor(env)
    fees = env["collections.fee"]._create_charges(policy, charges, {})
    env.flush_all()
    written = database.count_processor(env)
    return {
        "cases": len(cases),
        "fees": len(fees),
        "computed": round(computed - begun, 2),
        "written": round(written - computed, 2),
        "processor": round(written - begun, 2),
        "statements": database.count_queries() - queries,
    }


def _book(env, policy):
    """Book the fees of some debtors; then make the same invoices by Odoo alone."""
    fees = env["collections.fee"].search([("policy_id", "=", policy.id)], order="case_id, id")
    cases = fees.case_id[:DEBTORS]
    fees = fees.filtered(lambda fee: fee.case_id in cases)
    env.flush_all()
    env.invalidate_all()
    begun = database.count_processor(env)
    moves = fees._book()
    env.flush_all()
    ours = database.count_processor(env) - begun
    values = [_copy(move) for move in moves]
    env.invalidate_all()
    begun = database.count_processor(env)
    env["account.move"].create(values).action_post()
    env.flush_all()
    floor = database.count_processor(env) - begun
    return {
        "notes": len(moves),
        "note_lines": len(fees),
        "booked": round(ours, 2),
        "booked_floor": round(floor, 2),
        "booking": round(ours / floor, 2),
    }


def _copy(move):
    """Return the values of the same invoice, of nothing of ours."""
    return {
        "move_type": "out_invoice",
        "partner_id": move.partner_id.id,
        "journal_id": move.journal_id.id,
        "currency_id": move.currency_id.id,
        "invoice_date": move.invoice_date,
        "invoice_date_due": move.invoice_date_due,
        "invoice_line_ids": [
            Command.create(
                {
                    "name": line.name,
                    "product_id": line.product_id.id,
                    "account_id": line.account_id.id,
                    "price_unit": line.price_unit,
                    "tax_ids": [Command.set(line.tax_ids.ids)],
                }
            )
            for line in move.invoice_line_ids
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
