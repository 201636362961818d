"""Gives out 20,000 cases in one pass, next to its floor.

    .local/bin/python -m benchmarks.assignment              # makes the database bn_assignment
    .local/bin/python -m benchmarks.assignment --cases 100000 --keep

Four teams of ten collectors, twelve rules (segment, amount, territory, language, all methods). The
floor is what nobody can do without: the cases read, as many rows written by one UPDATE, as many
entries inserted into a table like the log, in bare SQL. Then the night after, when nothing changes,
and the one in which a quarter of the collectors has left. Nobody may carry more than agreed.
"""

import argparse
import resource
import sys
import time

from odoo.fields import Command

from tools.house import templates

from . import database
from .screens import COMMERCIAL, PARTNERS

NAME = "assignment"
BAR_FLOORS = 12  # times the floor
BAR_SECONDS = 30
BAR_MB = 700
CASES = """
    INSERT INTO collections_case (company_id, currency_id, partner_id, state, amount_total,
        amount_overdue, amount_net_overdue, days_past_due, age_band)
    SELECT %(company)s, %(currency)s, id, 'open', id %% 9973, id %% 4999, id %% 4999, id %% 120, '1'
      FROM res_partner WHERE name LIKE 'Cliente %%'
"""


def main(arguments=None):
    """Build, measure, check; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.assignment", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args(arguments)
    name = f"{database.PREFIX}{NAME}"
    build(name, options.cases)
    with database.environment(name) as env:
        kept = measure(env)
    if not options.keep:
        database.forget(name)
        database.drop(NAME)
    return 0 if kept else 1


def build(name, cases):
    """Make a database with teams, rules and so many cases that nobody has."""
    templates.fresh_db(name, [database.ADDON])
    with database.environment(name) as env:
        country = env.ref("base.pe")
        values = {
            "cases": cases,
            "company": env.company.id,
            "currency": env.company.currency_id.id,
            "country": country.id,
            "states": country.state_ids.ids,
        }
        for statement in (PARTNERS, COMMERCIAL, CASES):
            env.cr.execute(statement, values)
        _make_teams(env, country, cases)
    with database.environment(name) as env:
        env.cr.execute("ANALYZE res_partner; ANALYZE collections_case")


def _make_teams(env, country, cases):
    group = env.ref("collections_management.collections_management_group_collector")
    states = country.state_ids
    for number in range(4):
        users = env["res.users"].create(
            [
                {
                    "name": f"Collector {number}.{n}",
                    "login": f"collector{number}.{n}",
                    "group_ids": [Command.link(group.id)],
                }
                for n in range(10)
            ]
        )
        team = env["collections.team"].create(
            {
                "name": f"Team {number}",
                "member_ids": [
                    Command.create(
                        {
                            "user_id": user.id,
                            "share": 100 if n % 3 else 50,
                            "case_limit": cases // 25,
                            "state_ids": [Command.set(states[:8].ids if n == 9 else [])],
                        }
                    )
                    for n, user in enumerate(users)
                ],
            }
        )
        for n, method in enumerate(("balanced", "round_robin", "balanced")):
            env["collections.assignment.rule"].create(
                {
                    "name": f"{team.name} {n}",
                    "team_id": team.id,
                    "method": method,
                    "workload": n + 1,
                    "amount_min": 1000 * n,
                    "state_ids": [Command.set(states[number::4].ids)],
                    "sequence": 10 - n,
                }
            )


def measure(env):
    """Time the floor and three nights; print; tell whether the bars and the limits are kept."""
    floor = _time_floor(env)
    rules = env["collections.assignment.rule"]
    nights = []
    for what, prepare in (
        ("everything is given out", lambda: None),
        ("nothing changes", lambda: None),
        ("a quarter has left", lambda: _let_go(env)),
    ):
        prepare()
        env.flush_all()
        env.invalidate_all()
        statements, begun = database.count_queries(), time.monotonic()
        counts = rules._assign_collectors(env.company)
        env.flush_all()
        nights.append(
            (what, counts, time.monotonic() - begun, database.count_queries() - statements)
        )
    print(f"floor: {floor:.2f} s")
    for what, counts, seconds, statements in nights:
        print(f"{what}: {seconds:.2f} s, {statements} statements, {counts}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")
    over = _get_over(env)
    print(f"collectors over their limit: {over}")
    first = nights[0][2]
    return not over and first <= min(BAR_SECONDS, BAR_FLOORS * floor) and peak <= BAR_MB


def _time_floor(env):
    """Read the cases, write as many rows and insert as many entries, and take it all back."""
    begun = time.monotonic()
    env.cr.execute("SAVEPOINT floor")
    env.cr.execute(
        "SELECT kase.id, debtor.country_id, debtor.state_id, debtor.zip, debtor.lang"
        " FROM collections_case kase JOIN res_partner debtor ON debtor.id = kase.partner_id"
    )
    ids = [row[0] for row in env.cr.fetchall()]
    env.cr.execute(
        "UPDATE collections_case kase SET user_id = %s, log_sequence = 1, log_hash = wanted.hash"
        " FROM unnest(%s::int[], %s::text[]) AS wanted (id, hash) WHERE kase.id = wanted.id",
        [env.uid, ids, ["0" * 64] * len(ids)],
    )
    env.cr.execute(
        "INSERT INTO collections_log (case_id, sequence, moment, event, data, previous_hash, hash)"
        " SELECT id, 1, now(), 'assigned', '{}', hash, hash"
        " FROM unnest(%s::int[], %s::text[]) AS wanted (id, hash)",
        [ids, ["0" * 64] * len(ids)],
    )
    env.cr.execute("ROLLBACK TO SAVEPOINT floor")
    return time.monotonic() - begun


def _let_go(env):
    """Archive a quarter of the collectors."""
    members = env["collections.team.member"].search([])
    members.user_id[::4].active = False


def _get_over(env):
    env.cr.execute(
        "SELECT count(*) FROM (SELECT kase.team_id, kase.user_id, count(*) AS cases"
        " FROM collections_case kase WHERE user_id IS NOT NULL GROUP BY 1, 2) load"
        " JOIN collections_team_member member ON member.team_id = load.team_id"
        "  AND member.user_id = load.user_id"
        " WHERE load.cases > member.case_limit"
    )
    return env.cr.fetchone()[0]


if __name__ == "__main__":
    sys.exit(main())
