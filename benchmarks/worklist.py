"""Times My Day and the page of a case with 100,000 cases and 2,000,000 log entries.

    .local/bin/python -m benchmarks.worklist             # makes the database bn_worklist, measures
    .local/bin/python -m benchmarks.worklist --cases 10000 --keep

Counted are the points of all cases and the lists of the night, once; then, as a collector of 5,000
cases, each call of the screen: the day, a card ahead, an outcome, a note, putting off, a callback;
and the page of a case: its timeline and what its desk needs. The best of five counts; above 300 ms
for a call is told and fails. The log is synthetic: its hashes are none, nothing here reads them.
"""

import os
import sys
import time
from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

from tools.house import postgres, shell

from . import database, screens

ROUNDS = 5
ENTRIES_A_CASE = 20
LOG = """
    INSERT INTO collections_log (case_id, sequence, moment, event, user_id, contact_id, data,
                                 previous_hash, hash)
    SELECT kase.id, n,
           now() - (%(entries)s - n) * interval '2 days' - (kase.id %% 9) * interval '1 hour',
           (ARRAY['refreshed', 'planned', 'sent', 'answered', 'read'])[1 + n %% 5], kase.user_id,
           CASE WHEN n %% 5 IN (2, 3, 4) THEN contact.id END, '{"overdue": "100.00"}', 'x', 'x'
      FROM collections_case kase
      JOIN collections_contact contact ON contact.case_id = kase.id
      CROSS JOIN generate_series(1, %(entries)s) n
     WHERE kase.id BETWEEN %(low)s AND %(high)s
"""
HEADS = "UPDATE collections_case SET log_sequence = %s, log_hash = 'x'"
CHUNK = 20_000


def build(name, cases):
    """Make the database of the screens, with a log."""
    screens.build(name, cases)
    with database.environment(name) as env:
        env.cr.execute("SELECT min(id), max(id) FROM collections_case")
        low, high = env.cr.fetchone()
        for start in range(low, high + 1, CHUNK):
            env.cr.execute(
                LOG, {"entries": ENTRIES_A_CASE, "low": start, "high": start + CHUNK - 1}
            )
            env.cr.commit()
        env.cr.execute(HEADS, [ENTRIES_A_CASE])
        env.cr.execute("UPDATE res_partner SET phone = '+51987654321' WHERE name LIKE 'Cliente %'")
        env.cr.commit()
        env.cr._cnx.autocommit = True
        env.cr.execute("VACUUM ANALYZE")
        env.cr._cnx.autocommit = False


def measure_night(env):
    """Return ``[(what, seconds)]`` of what the night does for all cases at once."""
    company = env.company
    rules, lists = env["collections.priority.rule"], env["collections.worklist"]
    return [
        ("points of every case, the first time", _time(env, lambda: rules._score(company))),
        ("points of every case, another night", _time(env, lambda: rules._score(company))),
        ("lists of two days", _time(env, lambda: lists._prepare_night(company))),
    ]


def measure_desk(env):
    """Return ``[(what, seconds)]`` of each call of the screens, as a collector."""
    desk = env["collections.worklist"]
    rows = desk.load_day()["rows"]
    cases = [env["collections.case"].browse(row["case"]) for row in rows]
    outcome = env["collections.outcome"].search([("code", "=", "no_answer")])
    later = (fields.Datetime.now() + timedelta(days=2)).isoformat()
    counter = iter(range(10_000))

    def next_case():
        return cases[next(counter) % len(cases)]

    def values():
        return {"day": True, "uuid": f"benchmark-{next(counter)}", "next": cases[-1].id}

    calls = {
        "the day": desk.load_day,
        "three cards ahead": lambda: desk.load_cards([case.id for case in cases[:3]]),
        "an outcome": lambda: next_case().work_outcome(outcome.id, values()),
        "a note": lambda: next_case().work_note("Spoke to Ana", values()),
        "a callback": lambda: next_case().work_callback(later, values()),
        "putting off": lambda: next_case().work_skip("He is away", values()),
        "timeline of a case": cases[0].get_history,
        "payments of a case": lambda: cases[0].get_history("payments"),
        "desk of a case": lambda: desk.load_desk(cases[0].id),
        "page of a case": lambda: _read_page(cases[0]),
    }
    return [(name, screens.best(env, work, ROUNDS)) for name, work in calls.items()]


def _read_page(case):
    arch = screens._get_arch(case, "collections_case_view_form")
    names = {
        node.get("name")
        for node in arch.xpath("//field[not(ancestor::list) and not(ancestor::kanban)]")
    }
    spec = {
        name: {"fields": {"display_name": {}}, "limit": 40} if case._fields[name].relational else {}
        for name in names & set(case._fields)
    }
    return case.web_read(spec)


def _time(env, work):
    started = time.perf_counter()
    work()
    taken = time.perf_counter() - started
    env.cr.commit()
    return taken


def main(arguments=None):
    """Build, measure, tell; return 1 when a call is above the bar."""
    return screens.run("worklist", __doc__, build, measure, arguments)


def measure(env):
    """Tell what the night takes; return the calls of the collector with the most cases."""
    for what, seconds in measure_night(env):
        shell.say(f"{seconds * 1000:8.0f} ms        {what}")
    [[login]] = env.execute_query(
        SQL(
            "SELECT users.login FROM collections_case kase"
            " JOIN res_users users ON users.id = kase.user_id"
            " WHERE users.login LIKE 'user%%' AND users.login <> 'user0'"
            " GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        )
    )
    user = env["res.users"].search([("login", "=", login)])
    return measure_desk(env(user=user.id, su=False))


if __name__ == "__main__":
    os.environ.update(postgres.environment())
    sys.exit(main())
