"""Times the reports next to bare SQL, and holds aging against the plain reading of the books.

    .local/bin/python -m benchmarks.reports past --invoices 1000000   # aging as of past days
    .local/bin/python -m benchmarks.reports screens --invoices 100000 # every report's page
    .local/bin/python -m benchmarks.reports screens --supervisor      # for who sees a third
    .local/bin/python -m benchmarks.reports workbook --invoices 200000
    .local/bin/python -m benchmarks.reports exact --invoices 20000    # 200 random days, to the cent
    .local/bin/python -m benchmarks.reports exact --real              # the same on real receivables

Each makes its ledger (`bn_reports_<invoices>`) unless an earlier call kept it. The floor of past
days is the sum by debtor and age, read from entries and reconciliations by one bare statement; the
aging page does more: largest first, named, totals, compared with the balance of the ledger.
"""

import argparse
import datetime
import random
import resource
import sys
import tempfile
import time
import zipfile

from odoo.tools import SQL

from tools.house import postgres, shell, templates

from . import bills, database, real_ledger, synthetic

ADDON = "collections_reports"
PAST_BAR, PAST_FLOORS = 10, 3
SCREEN_BAR = 1.0
BOOK_BAR, BOOK_ROWS, BOOK_MEMORY = 15, 100_000, 150
SEED = 17
BUCKETS = ("not_due", "age_1", "age_2", "age_3", "over")
# Written straight on the entries and their reconciliations: no residual is looked at.
PLAIN = """
    WITH paid AS (
        SELECT line_id, sum(amount) AS amount FROM (
            SELECT debit_move_id AS line_id, amount FROM account_partial_reconcile
             WHERE max_date <= %(day)s
             UNION ALL
            SELECT credit_move_id, -amount FROM account_partial_reconcile
             WHERE max_date <= %(day)s) part
      GROUP BY line_id
    ), item AS (
        SELECT partner.commercial_partner_id AS debtor,
               line.balance - coalesce(paid.amount, 0) AS v,
               %(day)s - coalesce(line.date_maturity, line.date) AS age
          FROM account_move_line line
          JOIN account_account account ON account.id = line.account_id
           AND account.account_type = 'asset_receivable'
     LEFT JOIN paid ON paid.line_id = line.id
     LEFT JOIN res_partner partner ON partner.id = line.partner_id
         WHERE line.company_id = %(company)s AND line.parent_state = 'posted'
           AND line.date <= %(day)s
    )
    SELECT debtor, CASE WHEN v < 0 THEN 'credit' WHEN age <= 0 THEN 'not_due'
                        WHEN age <= 30 THEN 'age_1' WHEN age <= 60 THEN 'age_2'
                        WHEN age <= 90 THEN 'age_3' ELSE 'over' END AS bucket, sum(v) AS amount
      FROM item WHERE v <> 0 GROUP BY 1, 2
"""
# To every debtor one every two weeks for a year, most of which arrived.
CONTACTS = """
    INSERT INTO collections_contact (case_id, company_id, step_id, channel_id, state, cycle, tone,
        scheduled_on, sent_on, create_date, cost, amount, create_uid, claim, attempts)
    SELECT kase.id, kase.company_id, (%(steps)s)[1 + (kase.id + n) %% cardinality(%(steps)s)],
           (%(channels)s)[1 + (kase.id * 7 + n) %% cardinality(%(channels)s)],
           ('{delivered,read,answered,sent}'::text[])[1 + (kase.id + n) %% 4],
           kase.id || '/' || n, 'friendly', sent.moment, sent.moment, sent.moment, 0.02, 100, 1,
           0, 1
      FROM collections_case kase CROSS JOIN generate_series(1, 24) n
CROSS JOIN LATERAL (SELECT now() - make_interval(days => n * 15, hours => kase.id %% 12)
                    AS moment) sent
"""


def make_ledger(invoices):
    """Return a database with a ledger of that many invoices and its cases, made when needed."""
    suffix = f"reports_{invoices}"
    name = f"{database.PREFIX}{suffix}"
    if templates.comment(name) == "ready":
        return name
    with shell.step(f"Ledger of {invoices:,} invoices"):
        synthetic.prepare(suffix, ADDON)
        synthetic.build(name, invoices)
    with shell.step("Cases and contacts"), database.environment(name) as env:
        company = env.ref("base.main_company")
        env["collections.ledger"]._refresh(company)
        env["collections.segment"]._assign(company)
        env.cr.commit()
        channels = env["collections.channel"].with_context(active_test=False).search([])
        steps = env["collections.step"].search([])
        env.cr.execute(CONTACTS, {"steps": steps.ids, "channels": channels.ids})
        env.cr.commit()
        env.cr.execute("ANALYZE collections_case, collections_contact")
    with shell.step("History"), database.environment(name) as env:
        rebuild = env["collections.fact.rebuild"].search([("state", "=", "running")], limit=1)
        while rebuild.state == "running":
            rebuild._work_batch()
            env.cr.commit()
        env.cr.execute("ANALYZE collections_fact")
    database.forget(name)
    templates.set_comment(name, "ready")
    return name


def as_manager(env):
    """Return an environment of a manager of collections: record rules count."""
    user = env["res.users"].search([("login", "=", "bench_manager")])
    if not user:
        group = env.ref("collections_management.collections_management_group_manager")
        user = env["res.users"].create(
            {"name": "Bench", "login": "bench_manager", "group_ids": [(4, group.id)]}
        )
        env.cr.commit()
    return env(user=user.id, su=False, context={"lang": "en_US"})


def as_supervisor(env, share=3):
    """Return an environment of who supervises a team with every third case; to be rolled back."""
    group = env.ref("collections_management.collections_management_group_supervisor")
    user = env["res.users"].create(
        {"name": "Bench", "login": "bench_supervisor", "group_ids": [(4, group.id)]}
    )
    own, other = env["collections.team"].create(
        [{"name": "Own", "supervisor_ids": [(4, user.id)]}, {"name": "Other"}]
    )
    env.flush_all()
    env.cr.execute(
        SQL(
            "UPDATE collections_case SET team_id = CASE WHEN id %% %s = 0 THEN %s ELSE %s END",
            share, own.id, other.id,
        )
    )  # fmt: skip
    env.invalidate_all()
    return env(user=user.id, su=False, context={"lang": "en_US"})


def best(work, rounds=3):
    """Return the seconds of the fastest of some rounds, and what the last one returned."""
    times, result = [], None
    for _round in range(rounds):
        begun = time.monotonic()
        result = work()
        times.append(time.monotonic() - begun)
    return min(times), result


def past(options):
    """Time aging as of past days next to the floor."""
    name = make_ledger(options.invoices)
    kept = True
    today = datetime.date.today()
    with database.environment(name) as env:
        manager = as_manager(env)
        print(
            "| as of | floor | items | page | page / floor |\n| --- | ---: | ---: | ---: | ---: |"
        )
        for ago in (0, 30, 120, 300):
            day = today - datetime.timedelta(days=ago)
            values = {"day": day, "company": env.company.id}
            floor, rows = best(lambda values=values: _run_plain(env, values))
            asked = {"date": day.isoformat()}
            page, found = best(
                lambda asked=asked: manager["collections.report"].get_page("aging", asked)
            )
            items = sum(
                one["cells"]["items"] for one in found["document"]["sections"][-1]["totals"]
            )
            ratio = page / floor
            print(f"| {ago} days ago | {floor:.2f} s | {items:,.0f} | {page:.2f} s | {ratio:.1f} |")
            kept &= ratio <= PAST_FLOORS and page <= PAST_BAR and bool(rows)
    return kept


def _run_plain(env, values):
    env.cr.execute(PLAIN, values)
    return env.cr.fetchall()


def screens(options):
    """Time the page of every report and, where other reports lend it parts that follow, these: the
    bar is for each answer that a screen waits for."""
    name = make_ledger(options.invoices)
    kept = True
    with database.environment(name) as env:
        reader = as_supervisor(env) if options.supervisor else as_manager(env)
        reports = reader["collections.report"]
        print("| report | page, s | lent parts, s | statements |\n| --- | ---: | ---: | ---: |")
        for report in sorted(reports._get_reports(), key=lambda one: one._report_sequence):
            code = report._report_code
            reports.get_page(code, {})
            before = database.count_queries()
            seconds, page = best(lambda code=code: reports.get_page(code, {}))
            statements = (database.count_queries() - before) // 3
            lent = [
                best(lambda code=code, name=one["name"]: reports.get_part(code, {}, name))[0]
                for one in page["document"]["sections"]
                if one["type"] == "pending"
            ]
            late = max(seconds, *lent, 0) > SCREEN_BAR
            mark = f" above {SCREEN_BAR} s" if late else ""
            parts = ", ".join(f"{one:.2f}" for one in lent)
            print(f"| {code} | {seconds:.2f}{mark} | {parts} | {statements} |")
            kept &= not late
        env.cr.rollback()  # the supervisor and his team
    return kept


def workbook(options):
    """Time a workbook of every entry, and the memory it takes."""
    name = make_ledger(options.invoices)
    with database.environment(name) as env:
        manager = as_manager(env)
        reports = manager["collections.report"]
        reports.get_page("aging", {"detail": True})  # what the first page of a process loads
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        begun = time.monotonic()
        with tempfile.TemporaryFile() as file:
            reports._write_xlsx("aging", {"detail": True}, file)
            seconds = time.monotonic() - begun
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
            size = file.tell() // 2**20
            rows = _count_rows(file)
        bar = BOOK_BAR * max(rows / BOOK_ROWS, 1)
        print(f"{rows:,} rows, {size} MB, in {seconds:.1f} s (bar {bar:.0f} s);"
              f" memory grew by {grown} MB")  # fmt: skip
        return seconds <= bar and grown < BOOK_MEMORY


def _count_rows(file):
    """Return how many rows the sheets of a workbook have, read piece by piece."""
    found = 0
    with zipfile.ZipFile(file) as book:
        for name in book.namelist():
            if "worksheets/" in name:
                with book.open(name) as sheet:
                    rest = b""
                    while piece := sheet.read(2**20):
                        found += (rest + piece).count(b"<row ") - rest.count(b"<row ")
                        rest = piece[-8:]
    return found


def exact(options):
    """Compare aging with the plain reading on random days: every debtor and bucket, to the cent."""
    name = make_real() if options.real else make_ledger(options.invoices)
    rng = random.Random(SEED)
    wrong = checked = 0
    with database.environment(name) as env:
        companies = env["res.company"].search([])
        env.user.company_ids = companies
        env.cr.execute("SELECT min(date), max(date) FROM account_move_line")
        first, last = env.cr.fetchone()
        span = (last - first).days
        for number in range(options.days):
            day = first + datetime.timedelta(days=rng.randrange(-3, span + 60))
            for company in companies:
                count, faults = _compare(env, company, day)
                checked += count
                wrong += faults
            if (number + 1) % 50 == 0:
                print(f"{number + 1} days, {checked:,} sums, {wrong} wrong", flush=True)
    return not wrong and checked > options.days


def _compare(env, company, day):
    """Return how many sums of a day were compared, and how many were not equal."""
    local = env["collections.report.aging"].with_context(allowed_company_ids=company.ids)
    options = local._read_options({"date": day.isoformat()})
    buckets = local._get_buckets(options)
    local.env.flush_all()
    query = SQL("SELECT * FROM (%s) summed", local._get_sums_sql(options, buckets, "partner"))
    env.cr.execute(query)
    names = [column.name for column in env.cr.description]
    shown = {}
    for values in env.cr.fetchall():
        row = dict(zip(names, values, strict=True))
        for bucket in (*BUCKETS, "credit"):
            if row[bucket]:
                shown[row["key"], bucket] = round(row[bucket], 4)
    plain = {
        (debtor, bucket): round(amount, 4)
        for debtor, bucket, amount in _run_plain(env, {"day": day, "company": company.id})
    }
    keys = {*shown, *plain}
    return len(keys), sum(shown.get(key) != plain.get(key) for key in keys)


def make_real():
    """Return a database with the real receivables as they stood at their end, made when needed."""
    name = f"{database.PREFIX}reports_real"
    if templates.comment(name) == "ready":
        return name
    found = bills.find()
    if not found:
        raise SystemExit("There is no file of real receivables here: see benchmarks/README.md.")
    data = bills.align(bills.read(found))
    last = max(bill.cleared or bill.posted for bill in data) + datetime.timedelta(days=1)
    with shell.step(f"Ledger of {len(data):,} real bills"):
        database.fresh("reports_real", ADDON)
        companies = real_ledger.make_companies(lambda: database.environment(name), data)
        with database.environment(name) as env:
            env.user.company_ids = env["res.company"].search([])
            real_ledger.RealLedger(env, companies, data, last).load(env)
        with database.environment(name) as env:
            env.cr.execute("ANALYZE")
    database.forget(name)
    templates.set_comment(name, "ready")
    return name


PARTS = {"past": past, "screens": screens, "workbook": workbook, "exact": exact}


def main(arguments=None):
    """Do one part; return the exit code: 1 when a bar or a comparison failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=200)
    parser.add_argument("--supervisor", action="store_true")
    parser.add_argument("--real", action="store_true")
    options = parser.parse_args(arguments)
    postgres.ensure()
    return 0 if PARTS[options.part](options) else 1


if __name__ == "__main__":
    sys.exit(main())
