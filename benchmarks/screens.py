"""Times what the screens of cases, contacts, invoices and receivables ask, with 100,000 cases.

    .local/bin/python -m benchmarks.screens              # makes the database bn_screens, measures
    .local/bin/python -m benchmarks.screens --cases 10000 --keep

Each list and kanban view is read with its own fields (`web_search_read`), each group-by of its
search view is opened (`web_read_group`), each field of its search panel counted
(`search_panel_select_range`, `search_panel_select_multi_range`), as a supervisor; and, as an
accountant, Odoo's own list of invoices with the columns of collections, and the receivables. Every
debtor has an invoice. The best of three counts; above 300 ms is told and fails. Where every row is
a group of its own, Odoo reads all groups to tell how many there are: its own grouping of journal
items by partner, measured in the same run, is the floor of these.
"""

import argparse
import os
import sys
import time

from lxml import etree

from odoo.fields import Command
from odoo.tools import SQL, sql
from odoo.tools.safe_eval import safe_eval

from tools.house import postgres, shell, templates

from . import database

BAR = 0.3
PAGE = 80
# What Odoo itself takes for a group per debtor, and what of ours has as many groups.
FLOOR = "account.move.line by partner_id"
PER_DEBTOR = ("account.move by partner_id", "collections.contact by case_id")
# model -> views, by their name in the addon: the list or kanban views, then the search view.
SCREENS = {
    "collections.case": (
        ("collections_case_view_list", "collections_case_view_kanban"),
        "collections_case_view_search",
    ),
    "collections.contact": (
        ("collections_contact_view_list",),
        "collections_contact_view_search",
    ),
}
# The same of what accountants see; of Odoo's own search view only the groups that are ours.
ITEMS = {
    "account.move": (("account.view_out_invoice_tree",), "account.view_account_invoice_filter"),
    "account.move.line": (("account_move_line_view_list",), "account_move_line_view_search"),
}
DOMAINS = {
    "collections.case": [("state", "=", "open")],
    "account.move": [("move_type", "=", "out_invoice"), ("payment_state", "=", "not_paid")],
    "account.move.line": [
        ("account_type", "=", "asset_receivable"),
        ("parent_state", "=", "posted"),
        ("reconciled", "=", False),
    ],
}
PARTNERS = """
    INSERT INTO res_partner (name, complete_name, active, is_company, type, lang, country_id,
                             state_id, autopost_bills, email)
    SELECT 'Cliente ' || n, 'Cliente ' || n, true, true, 'contact', 'en_US', %(country)s,
           (%(states)s)[1 + n %% cardinality(%(states)s)], 'ask', 'c' || n || '@debtor.example'
      FROM generate_series(1, %(cases)s) n
"""
COMMERCIAL = "UPDATE res_partner SET commercial_partner_id = id WHERE name LIKE 'Cliente %%'"
CASES = """
    INSERT INTO collections_case (company_id, currency_id, partner_id, state, user_id, segment_id,
        strategy_id, step_id, amount_total, amount_overdue, amount_net_overdue, amount_credit,
        amount_not_due, days_past_due, age_band, decision, decision_data, last_contact_date,
        needs_decision)
    SELECT %(company)s, %(currency)s, debtor.id,
           CASE WHEN n %% 10 = 0 THEN 'closed' ELSE 'open' END,
           CASE WHEN n %% 7 > 0 THEN (%(users)s)[1 + n %% cardinality(%(users)s)] END,
           step.segment, step.strategy, step.id, n %% 9973, n %% 4999, n %% 4999, 0, 0,
           n %% 120, (n %% 5)::text, 'step_due', jsonb_build_object('step', step.id),
           CURRENT_DATE - n %% 200, n %% 50 = 0
      FROM (SELECT id, id AS n FROM res_partner WHERE name LIKE 'Cliente %%') debtor
      JOIN (SELECT step.id, step.strategy_id AS strategy, segment.id AS segment,
                   row_number() OVER () - 1 AS place, count(*) OVER () AS steps
              FROM collections_step step
              JOIN collections_segment segment ON segment.strategy_id = step.strategy_id) step
        ON step.place = debtor.n %% step.steps
"""
CONTACTS = """
    INSERT INTO collections_contact (case_id, company_id, step_id, channel_id, state, scheduled_on,
                                     planned_on, amount, cycle)
    SELECT kase.id, kase.company_id, kase.step_id, %(channel)s,
           (ARRAY['sent', 'sent', 'queued', 'held', 'awaiting', 'failed'])[1 + kase.id %% 6],
           now() - (kase.id %% 90) * interval '1 day', CURRENT_DATE, kase.amount_net_overdue, '0/0'
      FROM collections_case kase
"""
# Every other debtor's invoice is a copy of the first one's, row by row.
# Each day has some: Odoo looks for duplicates among invoices of one day and amount.
MOVES = """
    INSERT INTO account_move (%(columns)s, name, sequence_number, partner_id, commercial_partner_id,
                              invoice_date)
    SELECT %(proto)s, 'BENCH/' || debtor.id, debtor.id, debtor.id, debtor.id,
           proto.invoice_date - debtor.id %% 700
      FROM account_move proto, res_partner debtor
     WHERE proto.id = %(move)s AND debtor.name LIKE 'Cliente %%' AND debtor.id <> proto.partner_id
"""
LINES = """
    INSERT INTO account_move_line (%(columns)s, move_name, move_id, partner_id, date_maturity)
    SELECT %(proto)s, move.name, move.id, move.partner_id,
           proto.date_maturity - move.partner_id %% 120
      FROM account_move_line proto, account_move move
     WHERE proto.move_id = %(move)s AND move.name LIKE 'BENCH/%%'
"""


def build(name, cases):
    """Make a database with so many cases, each with a contact and an invoice; all by SQL."""
    templates.fresh_db(name, [database.ADDON])
    with database.environment(name) as env:
        groups = "collections_management.collections_management_group"
        users = env["res.users"].create(
            [
                {
                    "name": f"User {n}",
                    "login": f"user{n}",
                    "group_ids": [Command.link(env.ref(f"{groups}_{role}").id)],
                }
                for n, role in enumerate(["supervisor", *["collector"] * 19])
            ]
        )
        accountant = env.ref("account.group_account_manager")
        env["res.users"].create(
            {
                "name": "Accountant",
                "login": "accountant",
                "group_ids": [Command.link(accountant.id)],
            }
        )
        country = env.ref("base.pe")
        values = {
            "cases": cases,
            "company": env.company.id,
            "currency": env.company.currency_id.id,
            "country": country.id,
            "states": country.state_ids.ids,
            "users": users.ids,
            "channel": env.ref("collections_management.collections_channel_email").id,
        }
    # A session each: what refers to a table is checked by a plan made when the table was small.
    for statement in (PARTNERS, COMMERCIAL, CASES, CONTACTS):
        database.forget(name)
        with database.environment(name) as env:
            env.cr.execute("ANALYZE res_partner; ANALYZE collections_case")
            env.cr.execute(statement, values)
    with database.environment(name) as env:
        _fill_stored(env)
        _fill_invoices(env)
    with database.environment(name) as env:
        env.cr.commit()
        env.cr._cnx.autocommit = True
        env.cr.execute("VACUUM ANALYZE")
        env.cr._cnx.autocommit = False


def _fill_stored(env):
    """Fill the columns of the case that are copied from the debtor."""
    stored = [
        name for name in ("country_id", "state_id") if env["collections.case"]._fields[name].store
    ]
    for name in stored:
        env.cr.execute(
            f"UPDATE collections_case kase SET {name} = partner.{name} FROM res_partner partner"
            " WHERE partner.id = kase.partner_id"
        )


def _fill_invoices(env):
    """Post one invoice and copy it for every other debtor."""
    env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
    debtor = env["res.partner"].search([("name", "=", "Cliente 1")])
    line = Command.create({"name": "Goods", "price_unit": 100, "tax_ids": [Command.clear()]})
    move = env["account.move"].create(
        {"move_type": "out_invoice", "partner_id": debtor.id, "invoice_line_ids": [line]}
    )
    move.action_post()
    env.flush_all()
    for table, statement, own in (
        (
            "account_move",
            MOVES,
            ("name", "sequence_number", "partner_id", "commercial_partner_id", "invoice_date"),
        ),
        ("account_move_line", LINES, ("move_name", "move_id", "partner_id", "date_maturity")),
    ):
        names = [
            column
            for column in sql.table_columns(env.cr, table)
            if column not in ("id", "access_token", *own)
        ]
        env.cr.execute(
            SQL(
                statement,
                columns=SQL(", ").join(map(SQL.identifier, names)),
                proto=SQL(", ").join(SQL.identifier("proto", name) for name in names),
                move=move.id,
            )
        )


def measure(env, screens, is_ours=lambda _name: True):
    """Return ``[(screen, seconds)]`` of everything the screens ask.

    :param is_ours: whether a group-by, by its field, is measured
    """
    found = []
    for model, (views, search) in screens.items():
        records = env[model]
        for view in views:
            found += _measure_view(records, view)
        arch = _get_arch(records, search)
        for node in arch.xpath("//search/group/filter"):
            group = safe_eval(node.get("context"))["group_by"]
            if not is_ours(group):
                continue
            if ":" not in group and records._fields[group].type in ("date", "datetime"):
                group += ":month"  # as the web client does
            domain = DOMAINS[model] if model in ITEMS else []
            work = _bind(records.web_read_group, domain, [group], ["__count"], limit=PAGE)
            found.append((f"{model} by {group}", best(env, work)))
        for node in arch.xpath("//searchpanel/field"):
            method = "multi_range" if node.get("select") == "multi" else "range"
            work = _bind(
                getattr(records, f"search_panel_select_{method}"), node.get("name"),
                enable_counters=True, limit=200,
            )  # fmt: skip
            found.append((f"{model} panel {node.get('name')}", best(env, work)))
    return found


def _measure_view(records, view):
    arch = _get_arch(records, view)
    names = [node.get("name") for node in arch.iter("field") if node.get("name") in records._fields]
    spec = {
        name: {"fields": {"display_name": {}}} if records._fields[name].relational else {}
        for name in names
    }
    domain = DOMAINS.get(records._name, [])
    order = arch.get("default_order")
    for title, kept in ((view, domain), (f"{view}, everything", [])):
        work = _bind(records.web_search_read, kept, spec, limit=PAGE, order=order)
        yield title, best(records.env, work)


def _get_arch(records, view):
    view = records.env.ref(view if "." in view else f"{database.ADDON}.{view}")
    return etree.fromstring(records.get_view(view.id)["arch"])


def _bind(method, *args, **kwargs):
    return lambda: method(*args, **kwargs)


def best(env, work, rounds=3):
    """Return the seconds of the best of some rounds, each from an empty cache to the database."""
    taken = []
    for _round in range(rounds):
        env.invalidate_all()
        started = time.perf_counter()
        work()
        env.flush_all()
        taken.append(time.perf_counter() - started)
    return min(taken)


def main(arguments=None):
    """Build, measure, tell; return 1 when something is above the bar."""
    return run("screens", __doc__, build, measure_all, arguments)


def run(name, text, build, measure, arguments=None):
    """Be the program of a benchmark of calls: its options, its database, what it tells.

    :param build: called with the name of the database and how many cases to make
    :param measure: called with the environment; returns ``[(call, seconds)]``
    :return: 1 when a call is above the bar, else 0
    """
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="leave the database")
    parser.add_argument("--again", action="store_true", help="measure in the database that is left")
    options = parser.parse_args(arguments)
    base = f"{database.PREFIX}{name}"
    if not options.again:
        with shell.step(f"{options.cases:,} cases"):
            build(base, options.cases)
    with database.environment(base) as env:
        found = measure(env)
        env.cr.rollback()
    floor = dict(found).get(FLOOR, 0)
    slow = {
        call
        for call, seconds in found
        if call != FLOOR and seconds > (max(BAR, floor) if call in PER_DEBTOR else BAR)
    }
    for call, seconds in sorted(found, key=lambda row: -row[1]):
        mark = "FLOOR " if call == FLOOR else "SLOW  " if call in slow else "      "
        shell.say(f"{seconds * 1000:8.0f} ms  {mark}{call}")
    if not (options.keep or options.again):
        database.forget(base)
        database.drop(name)
    return 1 if slow else 0


def measure_all(env):
    """Return ``[(screen, seconds)]`` of what a supervisor and an accountant open."""
    found = []
    for login, screens, is_ours in (
        ("user0", SCREENS, lambda _name: True),
        ("accountant", ITEMS, lambda name: name.startswith(("collections_", "partner_id"))),
    ):
        user = env["res.users"].search([("login", "=", login)])
        found += measure(env(user=user.id, su=False), screens, is_ours)
    return found


if __name__ == "__main__":
    os.environ.update(postgres.environment())
    sys.exit(main())
