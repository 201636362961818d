"""Times My Day and the page of a case with 100,000 cases and 2,000,000 log entries.

    .local/bin/python -m benchmarks.worklist             # makes the database bn_worklist, measures
    .local/bin/python -m benchmarks.worklist --cases 10000 --keep

Counted are the points of all cases and the lists of the night, once; then, as a collector of 2,000
cases, each call of the screen: the day, a card ahead, an outcome, a note, putting off, a callback;
and the page of a case: its form with all tabs, chatter, timeline and what its desk needs; and, as
the supervisor of its forty collectors, the board. The best of five counts; above 300 ms for a call
is told and fails. The log is synthetic: its hashes are none, nothing here reads them.
"""

import os
import sys
import time
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL, sql

from odoo.addons.mail.tools.discuss import Store

from tools.house import postgres, shell

from . import database, screens

ROUNDS = 5
ENTRIES_A_CASE = 20
# As a log grows: by time, not by case; some entries are of a person: fifty calls a day each.
LOG = """
    INSERT INTO collections_log (case_id, sequence, moment, event, user_id, contact_id, data,
                                 previous_hash, hash)
    SELECT kase.id, %(n)s,
           now() - (%(entries)s - %(n)s) * interval '2 days' - (kase.id %% 48) * interval '1 hour',
           (ARRAY['sent', 'answered', 'read', 'refreshed', 'planned'])[1 + %(n)s %% 5],
           CASE WHEN %(n)s %% 5 = 0 AND (kase.id + %(n)s) %% 20 = 0 THEN kase.user_id END,
           CASE WHEN %(n)s %% 5 < 3 THEN contact.id END,
           '{"overdue": "100.00"}', 'x', 'x'
      FROM collections_case kase
      JOIN collections_contact contact ON contact.case_id = kase.id
"""
HEADS = "UPDATE collections_case SET log_sequence = %s, log_hash = 'x'"
COLLECTORS, TEAMS = 40, 4
TEAMED = """
    UPDATE collections_case kase SET team_id = member.team_id, user_id = member.user_id
      FROM (SELECT team_id, user_id, row_number() OVER (ORDER BY id) - 1 AS place
              FROM collections_team_member) member
     WHERE kase.user_id IS NOT NULL AND kase.id %% %s = member.place
"""
# One debtor in five has paid this month: his invoice's entry once more, the other way round.
PAYMENTS = """
    INSERT INTO account_move ({columns}, name, move_type, journal_id, date, invoice_date)
    SELECT {proto}, replace(proto.name, 'BENCH', 'PAID'), 'entry', %(bank)s,
           CURRENT_DATE - proto.partner_id %% 25, NULL
      FROM account_move proto WHERE proto.name LIKE 'BENCH/%%' AND proto.partner_id %% 5 = 0
"""
PAYMENT_LINES = """
    INSERT INTO account_move_line ({columns}, move_name, move_id, date, balance, debit, credit,
                                   amount_currency, amount_residual, reconciled)
    SELECT {proto}, paid.name, paid.id, paid.date, -proto.balance, proto.credit, proto.debit,
           -proto.amount_currency, 0, true
      FROM account_move paid
      JOIN account_move_line proto ON proto.move_name = replace(paid.name, 'PAID', 'BENCH')
     WHERE paid.name LIKE 'PAID/%%'
"""
RECEIPTS = """
    INSERT INTO collections_receipt (case_id, company_id, move_id, currency_id, amount, date, state,
                                     user_id, team_id)
    SELECT kase.id, kase.company_id, paid.id, kase.currency_id, 100, paid.date, 'silenced',
           kase.user_id, kase.team_id
      FROM account_move paid JOIN collections_case kase ON kase.partner_id = paid.partner_id
     WHERE paid.name LIKE 'PAID/%%'
"""


def build(name, cases):
    """Make the database of the screens, with a log."""
    screens.build(name, cases)
    with database.environment(name) as env:
        _fill_teams(env)
        for number in range(1, ENTRIES_A_CASE + 1):
            env.cr.execute(LOG, {"entries": ENTRIES_A_CASE, "n": number})
            env.cr.commit()
        env.cr.execute(HEADS, [ENTRIES_A_CASE])
        env.cr.execute("UPDATE res_partner SET phone = '+51987654321' WHERE name LIKE 'Cliente %'")
        env.cr.commit()
        env.cr._cnx.autocommit = True
        env.cr.execute("VACUUM ANALYZE")
        env.cr._cnx.autocommit = False


def _fill_teams(env):
    """Give the cases to forty collectors of four teams, all of one supervisor, with targets."""
    group = env.ref("collections_management.collections_management_group_collector")
    users = env["res.users"].search([("login", "=like", "user%"), ("login", "!=", "user0")])
    users |= env["res.users"].create(
        [
            {"name": f"More {n}", "login": f"more{n}", "group_ids": [Command.link(group.id)]}
            for n in range(COLLECTORS - len(users))
        ]
    )
    supervisor = env["res.users"].search([("login", "=", "user0")])
    teams = env["collections.team"].create(
        [
            {
                "name": f"Team {n}",
                "supervisor_ids": [Command.link(supervisor.id)],
                "member_ids": [
                    Command.create({"user_id": user.id, "case_limit": 2000})
                    for user in users[n::TEAMS]
                ],
            }
            for n in range(TEAMS)
        ]
    )
    env["collections.target"].create(
        [
            {"team_id": member.team_id.id, "user_id": member.user_id.id, "amount": 50_000}
            for member in teams.member_ids
        ]
    )
    env.flush_all()
    env.cr.execute(TEAMED, [COLLECTORS])
    bank = env["account.journal"].search([("type", "=", "bank")], limit=1)
    for table, statement, own in (
        ("account_move", PAYMENTS, ("name", "move_type", "journal_id", "date", "invoice_date")),
        (
            "account_move_line",
            PAYMENT_LINES,
            ("move_name", "move_id", "date", "balance", "debit", "credit", "amount_currency",
             "amount_residual", "reconciled"),
        ),
    ):  # fmt: skip
        names = [
            name
            for name in sql.table_columns(env.cr, table)
            if name not in ("id", "access_token", *own)
        ]
        statement = statement.format(
            columns=", ".join(f'"{name}"' for name in names),
            proto=", ".join(f'proto."{name}"' for name in names),
        )
        env.cr.execute(statement, {"bank": bank.id})
    env.cr.execute(RECEIPTS)


def measure_board(env):
    """Return ``[(what, seconds)]`` of what a supervisor's board asks."""
    board = env["collections.board"]
    found = []
    for view in ("collections_board_view_kanban", "collections_board_view_list"):
        spec = _get_spec(board, screens._get_arch(board, view))
        work = screens.best(env, lambda spec=spec: board.web_search_read([], spec), ROUNDS)
        found.append((view, work))
    by_team = lambda: board.web_read_group([], ["team_id"], ["case_count:sum"])  # noqa: E731
    grouped = screens.best(env, by_team, ROUNDS)
    return [*found, ("board by team", grouped)]


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
        "chatter of a case": lambda: _read_chatter(cases[0]),
    }
    return [(name, screens.best(env, work, ROUNDS)) for name, work in calls.items()]


def _read_page(case):
    """Read the form as the web client does, its tabs with the columns of their lists included."""
    return case.web_read(_get_spec(case, screens._get_arch(case, "collections_case_view_form")))


def _get_spec(records, arch):
    """Return what the web client asks for a view: relations by name, lists by their columns."""
    spec = {}
    for node in arch.iterchildren(etree.Element):
        field = records._fields.get(node.get("name")) if node.tag == "field" else None
        if field is None:
            spec |= _get_spec(records, node)
        elif not field.relational:
            spec[field.name] = {}
        else:
            comodel = records.env[field.comodel_name]
            columns = {"display_name": {}}
            for view in node.xpath("./list | ./kanban"):
                columns |= _get_spec(comodel, view)
            limit = {"limit": 40} if field.type.endswith("2many") else {}
            spec[field.name] = {"fields": columns} | limit
    return spec


def _read_chatter(case):
    """Read what stands beside the form: messages, tasks, followers, files."""
    asked = ["activities", "attachments", "followers", "scheduledMessages", "suggestedRecipients"]
    store = Store().add(case, request_list=asked, as_thread=True)
    found = case.env["mail.message"]._message_fetch(domain=None, thread=case, limit=30)
    return store.add(found["messages"]).get_result()


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
    found = measure_desk(env(user=user.id, su=False))
    supervisor = env["res.users"].search([("login", "=", "user0")])
    return found + measure_board(env(user=supervisor.id, su=False))


if __name__ == "__main__":
    os.environ.update(postgres.environment())
    sys.exit(main())
