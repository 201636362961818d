"""Times where many payment agreements stand, on a synthetic ledger, beside its floor.

``python -m benchmarks.agreements [--agreements 50000] [--keep]`` builds a ledger, agrees on three
instalments for each of so many receivables, and judges all of them in one pass: what is paid, late
and next is written on each, one in fifty breaks and one in fifty is completed. The floor is what no
program can do without: the statement that reads the same facts, fetched, and one update of the same
rows. A second pass, on which nothing changed, tells what every further night costs. The bar: 30
seconds for 50,000.
"""

import argparse
import json
import sys
import time

from . import database, synthetic

BAR = 30.0
NAME = "agreements"
INSTALMENTS = 3
AGREE_SQL = """
    WITH open AS (
        SELECT line.id, kase.id AS case_id, line.company_id, line.currency_id,
               line.amount_currency AS amount, line.reconciled,
               row_number() OVER (PARTITION BY line.reconciled ORDER BY line.id) AS rank
          FROM account_move_line line
          JOIN res_partner partner ON partner.id = line.partner_id
          JOIN collections_case kase ON kase.partner_id = partner.commercial_partner_id
           AND kase.company_id = line.company_id
         WHERE line.account_id = ANY(%(accounts)s) AND line.amount_currency > 0
           AND line.parent_state = 'posted'
    ), chosen AS (
        SELECT *, row_number() OVER (ORDER BY id) AS number FROM open
         WHERE rank <= CASE WHEN reconciled THEN %(count)s / 50 ELSE %(count)s * 49 / 50 END
    ), made AS (
        INSERT INTO collections_agreement (
            name, case_id, company_id, user_id, state, currency_id, amount_debt, amount_total,
            amount_discount, amount_interest, count, frequency, date_first, date_start, accepted_on,
            interest_method, interest_policy, discount_policy, tolerated, tolerated_days,
            ledger_mark, create_uid, create_date, write_uid, write_date)
        SELECT 'AG' || id, case_id, company_id, 1, 'active', currency_id, amount, amount, 0, 0,
               %(instalments)s, 'month', %(today)s + (rank %% 49)::int - 1, %(today)s - 9,
               %(today)s - 9, 'none', 'accepted', 'completed', 0, 0, 0, 1, now(), 1, now()
          FROM chosen ORDER BY number RETURNING id
    ), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS number FROM made)
    INSERT INTO collections_agreement_receivable_rel (agreement_id, line_id)
    SELECT numbered.id, chosen.id FROM numbered JOIN chosen USING (number)
"""
PROMISE_SQL = """
    WITH item AS (
        SELECT agreement.*, n, agreement.date_first + 30 * (n - 1) AS due,
               CASE WHEN n < %(instalments)s THEN round(amount_total / %(instalments)s, 2)
                    ELSE amount_total - (n - 1) * round(amount_total / %(instalments)s, 2)
               END AS part,
               row_number() OVER (ORDER BY agreement.id, n) AS rank
          FROM collections_agreement agreement CROSS JOIN generate_series(1, %(instalments)s) n
    ), promised AS (
        INSERT INTO collections_promise (
            case_id, company_id, user_id, type_id, currency_id, amount, amount_owed, date, date_due,
            date_limit, kept_percent, state, level, ledger_mark, agreement_id,
            create_uid, create_date, write_uid, write_date)
        SELECT case_id, company_id, 1, %(kind)s, currency_id, part,
               amount_total - (n - 1) * round(amount_total / %(instalments)s, 2),
               %(today)s - 9, due, due, 100, 'open', 1, 0, id, 1, now(), 1, now()
          FROM item ORDER BY rank RETURNING id
    ), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS rank FROM promised),
    covered AS (
        INSERT INTO collections_promise_line_rel (promise_id, line_id)
        SELECT numbered.id, rel.line_id
          FROM numbered JOIN item USING (rank)
          JOIN collections_agreement_receivable_rel rel ON rel.agreement_id = item.id
    )
    INSERT INTO collections_agreement_line (
        agreement_id, case_id, company_id, agreement_state, number, date_due, amount,
        amount_principal, amount_interest, state, promise_id,
        create_uid, create_date, write_uid, write_date)
    SELECT item.id, case_id, company_id, 'active', n, due, part, part, 0, 'open', numbered.id,
           1, now(), 1, now()
      FROM item JOIN numbered USING (rank)
"""
HOLD_SQL = """
    INSERT INTO collections_hold (
        case_id, company_id, agreement_id, line_id, reason, note, date_from, user_id,
        create_uid, create_date, write_uid, write_date)
    SELECT agreement.case_id, agreement.company_id, agreement.id, rel.line_id, 'agreement',
           agreement.name, %(today)s - 9, 1, 1, now(), 1, now()
      FROM collections_agreement agreement
      JOIN collections_agreement_receivable_rel rel ON rel.agreement_id = agreement.id
"""
TABLES = (
    "collections_agreement", "collections_agreement_line", "collections_promise",
    "collections_agreement_receivable_rel", "collections_promise_line_rel", "collections_hold",
)  # fmt: skip


def main():
    """Build, measure, print; the exit code tells whether the bar was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agreements", type=int, default=50_000)
    parser.add_argument("--keep", action="store_true", help="leave the database")
    options = parser.parse_args()
    synthetic.prepare(NAME)
    synthetic.build(f"{database.PREFIX}{NAME}", 2 * options.agreements)
    found = measure(f"{database.PREFIX}{NAME}", options.agreements)
    print(json.dumps(found, indent=4))
    if not options.keep:
        database.forget(f"{database.PREFIX}{NAME}")
        database.drop(NAME)
    return 0 if found["seconds"] < BAR * max(1, options.agreements / 50_000) else 1


def fill(name, count):
    """Put so many active agreements on the receivables of a ledger."""
    with database.environment(name) as env:
        company = env["res.company"].search([("collections_active", "=", True)], limit=1)
        ledger = env["collections.ledger"]
        values = {
            "accounts": ledger._get_account_ids(),
            "kind": env.ref("collections_management.collections_promise_type_agreement").id,
            "today": ledger._today(company),
            "count": count,
            "instalments": INSTALMENTS,
        }
        ledger._refresh(company)
        for statement in (AGREE_SQL, PROMISE_SQL, HOLD_SQL):
            env.cr.execute(statement, values)
        for table in TABLES:
            env.cr.execute(f"ANALYZE {table}")


def measure(name, count):
    """Return what the passes took: seconds, statements, memory, and the floor."""
    fill(name, count)
    with database.environment(name) as env:
        result = {
            "agreements": env["collections.agreement"].search_count([]),
            "floor": _time_floor(env),
        }
        env.cr.rollback()
    return result | database.measure_settling(name, "collections.agreement")


def _time_floor(env):
    """Return the seconds of reading the facts of all cases and of writing each row once."""
    begun = time.monotonic()
    env.cr.execute("SELECT DISTINCT case_id FROM collections_agreement ORDER BY case_id")
    case_ids = [case_id for [case_id] in env.cr.fetchall()]
    env.execute_query(env["collections.agreement"]._get_facts_sql(case_ids))
    env.cr.execute("UPDATE collections_agreement SET amount_paid = 1, next_date = date_first")
    env.cr.execute("UPDATE collections_agreement_line SET state = 'partly', amount_paid = 1")
    return round(time.monotonic() - begun, 2)


if __name__ == "__main__":
    sys.exit(main())
