"""Times the verdicts of many promises on a synthetic ledger, beside its floor.

``python -m benchmarks.promises [--promises 50000] [--keep]`` builds a ledger, puts a promise on
each of so many receivables, and takes all verdicts in one pass. The floor is what no program can do
without: the statement that reads the same facts, fetched, and one update of the same rows. A
second pass, on which nothing changed, tells what every further night costs. The bar: 30 seconds
for 50,000.
"""

import argparse
import json
import sys
import time

from . import database, synthetic

BAR = 30.0
NAME = "promises"
INSERT_SQL = """
    WITH chosen AS (
        SELECT line.id, kase.id AS case_id, line.company_id, line.currency_id,
               line.amount_currency AS amount, row_number() OVER (ORDER BY line.id) AS rank
          FROM account_move_line line
          JOIN res_partner partner ON partner.id = line.partner_id
          JOIN collections_case kase ON kase.partner_id = partner.commercial_partner_id
           AND kase.company_id = line.company_id
         WHERE line.account_id = ANY(%(accounts)s) AND line.amount_currency > 0
           AND line.parent_state = 'posted' ORDER BY line.id LIMIT %(count)s
    ), made AS (
        INSERT INTO collections_promise (
            case_id, company_id, user_id, type_id, currency_id, amount, amount_owed, date,
            date_due, date_limit, kept_percent, state, level, ledger_mark,
            create_uid, create_date, write_uid, write_date)
        SELECT case_id, company_id, 1, %(kind)s, currency_id, amount, amount, %(today)s - 30,
               %(today)s - (rank %% 41)::int + 20, %(today)s - (rank %% 41)::int + 22, 98, 'open',
               1, 0, 1, now(), 1, now()
          FROM chosen ORDER BY rank RETURNING id
    ), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS rank FROM made)
    INSERT INTO collections_promise_line_rel (promise_id, line_id)
    SELECT numbered.id, chosen.id FROM numbered JOIN chosen USING (rank)
"""


def main():
    """Build, measure, print; the exit code tells whether the bar was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--promises", type=int, default=50_000)
    parser.add_argument("--keep", action="store_true", help="leave the database")
    options = parser.parse_args()
    synthetic.prepare(NAME)
    synthetic.build(f"{database.PREFIX}{NAME}", 2 * options.promises)
    found = measure(f"{database.PREFIX}{NAME}", options.promises)
    print(json.dumps(found, indent=4))
    if not options.keep:
        database.drop(NAME)
    return 0 if found["seconds"] < BAR * max(1, options.promises / 50_000) else 1


def measure(name, count):
    """Return what the passes took: seconds, statements, memory, and the floor."""
    with database.environment(name) as env:
        company = env["res.company"].search([("collections_active", "=", True)], limit=1)
        ledger = env["collections.ledger"]
        values = {
            "accounts": ledger._get_account_ids(),
            "kind": env["collections.promise.type"].search([], limit=1).id,
            "today": ledger._today(company),
            "count": count,
        }
        made = env["collections.promise"].search_count([])
        if made:  # the database of an earlier measurement: as if none had been judged
            env.cr.execute(
                "UPDATE collections_promise SET state = 'open', amount_paid = 0, activity_id = NULL"
            )
        else:
            ledger._refresh(company)
            env.cr.execute(INSERT_SQL, values)
            made = env.cr.rowcount
        env.cr.execute("ANALYZE collections_promise")
        env.cr.execute("ANALYZE collections_promise_line_rel")
    with database.environment(name) as env:
        floor = _time_floor(env)
        env.cr.rollback()
    return {"promises": made, "floor": floor} | database.measure_settling(
        name, "collections.promise"
    )


def _time_floor(env):
    """Return the seconds of reading the facts of all cases and of writing each promise once."""
    begun = time.monotonic()
    env.cr.execute("SELECT DISTINCT case_id FROM collections_promise ORDER BY case_id")
    case_ids = [case_id for [case_id] in env.cr.fetchall()]
    env.execute_query(env["collections.promise"]._get_facts_sql(case_ids))
    env.cr.execute("UPDATE collections_promise SET state = 'kept', amount_paid = amount")
    return round(time.monotonic() - begun, 2)


if __name__ == "__main__":
    sys.exit(main())
