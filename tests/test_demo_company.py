"""The demo company: a plan that repeats itself, and a ledger that ties."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tools.demo_company import people, plan, profiles
from tools.house import paths, phones, postgres, templates

TODAY = date(2026, 11, 20)
SIZE = 60  # so many that the department has something of everything
FIRST, SECOND = "test_demo_first", "test_demo_second"


# -- the plan, without Odoo ---------------------------------------------------


@pytest.fixture(scope="module")
def story():
    return plan.make(7, 300, TODAY)


def test_the_same_seed_tells_the_same_story(story):
    assert plan.make(7, 300, TODAY) == story
    assert plan.make(8, 300, TODAY).invoices != story.invoices


def test_the_default_company_is_as_big_as_promised(story):
    assert len(story.debtors) == 300
    assert 2900 <= len(story.invoices) <= 3100
    assert 0.10 <= len(story.credits) / len(story.invoices) <= 0.14
    assert {debtor.profile.code for debtor in story.debtors} == {
        profile.code for profile in profiles.PROFILES
    }


def test_everything_happens_within_the_24_months_before_today(story):
    first = TODAY - timedelta(days=plan.SPAN)
    for facts in (story.invoices, story.credits, story.payments):
        assert all(first <= fact.day <= TODAY for fact in facts)


def test_no_credit_note_or_payment_comes_before_its_invoice(story):
    days = {invoice.order: invoice.day for invoice in story.invoices}
    assert all(note.day >= days[note.order] for note in story.credits)
    assert all(
        payment.day >= days[part.order] for payment in story.payments for part in payment.parts
    )


@pytest.mark.parametrize("size", [1, 5, 16, 20, 75])
def test_any_size_can_be_asked_for(size):
    small = plan.make(7, size, TODAY)
    assert len(small.debtors) == size
    assert len(small.invoices) == pytest.approx(10 * size, abs=1 + size)


@pytest.mark.parametrize("size", [20, 300])
def test_every_awkward_debtor_is_there(size):
    marks = Counter(
        mark for debtor in plan.make(7, size, TODAY).debtors for mark in debtor.person.marks
    )
    assert marks == Counter(mark for _profile, mark in profiles.MARKS)


def test_tax_numbers_carry_a_right_check_digit(story):
    for debtor in story.debtors:
        if debtor.person.id_type == "l10n_pe.it_RUC":
            digits = [int(digit) for digit in debtor.person.vat]
            weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
            total = sum(a * b for a, b in zip(weights, digits, strict=False))
            assert (11 - total % 11) % 10 == digits[10], debtor.person


def test_addresses_can_never_reach_anyone(story):
    for debtor in story.debtors:
        for person in (debtor.person, *debtor.person.contacts):
            assert not person.email or person.email.endswith(".example")


def test_a_person_does_not_depend_on_the_size_of_the_company():
    profile = profiles.PROFILES[1]
    assert people.make(3, profile, 7) == people.make(3, profile, 7)
    assert people.make(3, profile, 7) != people.make(4, profile, 7)


# -- the ledger, through Odoo -------------------------------------------------


def _command(database, tmp_path, *options):
    logins = tmp_path / "logins.json"
    return [
        *(sys.executable, "-m", "tools.demo_company", "--database", database),
        *("--today", str(TODAY), "--logins", str(logins), *options),
    ]


def _run(database, tmp_path, *options):
    return subprocess.run(
        _command(database, tmp_path, *options),
        cwd=paths.ROOT,
        env={**os.environ, **postgres.environment()},
        capture_output=True,
        text=True,
        check=False,
    )


def _run_interrupted(database, tmp_path, steps):
    """Start the command and kill it, children and all, once some steps are done."""
    with subprocess.Popen(
        _command(database, tmp_path, "--size", str(SIZE)),
        cwd=paths.ROOT,
        env={**os.environ, **postgres.environment()},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        while process.poll() is None and _steps(database) < steps:
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def _steps(database):
    with postgres.cursor(database) as cr:
        cr.execute(
            "SELECT coalesce(sum(value::int), 0) FROM ir_config_parameter "
            "WHERE key LIKE 'demo_company.steps.%'"
        )
        return cr.fetchone()[0]


@pytest.fixture(scope="module")
def tmp(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def ledger(tmp):
    """A small demo company made by two processes, and what the command said."""
    templates.fresh_db(FIRST, paths.addons())
    _run_interrupted(FIRST, tmp, steps=2)  # companies, debtors and users: the slow beginning
    templates.copy_db(FIRST, SECOND)
    yield _run(FIRST, tmp, "--jobs", "2")
    templates.drop_db(FIRST)


@pytest.fixture(scope="module")
def resumed(tmp, ledger):
    """The same company, its making killed again half-way and taken up by one process."""
    _run_interrupted(SECOND, tmp, steps=6)
    yield _run(SECOND, tmp, "--jobs", "1")
    templates.drop_db(SECOND)


def _figures(database):
    """Return every document with its amounts, and every debtor's open amount."""
    queries = (
        """SELECT move.name, partner.ref, move.date, move.state, move.payment_state,
                  move.amount_total, move.amount_residual, move.amount_residual_signed
             FROM account_move move LEFT JOIN res_partner partner ON partner.id = move.partner_id
            WHERE move.move_type IN ('out_invoice', 'out_refund')
            ORDER BY move.company_id, move.name, move.date""",
        """SELECT payment.payment_reference, payment.date, payment.amount, payment.state
             FROM account_payment payment ORDER BY 1, 2, 3""",
        """SELECT partner.ref, line.company_id, line.currency_id, sum(line.amount_residual),
                  sum(line.amount_residual_currency), sum(line.balance), count(*)
             FROM account_move_line line
             JOIN account_account account ON account.id = line.account_id
             JOIN res_partner partner ON partner.id = line.partner_id
            WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        "SELECT payment_ref, amount, is_reconciled FROM account_bank_statement_line ORDER BY 1, 2",
    )
    figures = []
    with postgres.cursor(database) as cr:
        for query in queries:
            cr.execute(query)
            figures.append(cr.fetchall())
    return figures


def _values(query):
    with postgres.cursor(FIRST) as cr:
        cr.execute(query)
        return cr.fetchall()


@pytest.mark.slow
def test_the_command_makes_the_company_without_a_warning(ledger):
    assert ledger.returncode == 0, ledger.stdout + ledger.stderr
    assert "Odoo logged 0 warnings" in ledger.stdout
    assert "PROBLEM" not in ledger.stdout
    assert "100 %" in ledger.stdout


@pytest.mark.slow
def test_open_items_are_the_balance_of_every_debtor(ledger):
    rows = _values(
        """SELECT line.partner_id, sum(line.balance), sum(line.amount_residual)
             FROM account_move_line line JOIN account_account account
               ON account.id = line.account_id
            WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
            GROUP BY line.company_id, line.partner_id"""
    )
    assert rows
    assert [row for row in rows if row[1] != row[2]] == []


@pytest.mark.slow
def test_nothing_is_left_in_draft(ledger):
    assert _values("SELECT name FROM account_move WHERE state = 'draft'") == []
    assert _values("SELECT name FROM account_payment WHERE state = 'draft'") == []


@pytest.mark.slow
def test_invoices_are_numbered_in_the_order_of_time(ledger):
    rows = _values(
        """SELECT count(*) FROM (
               SELECT invoice_date, lag(invoice_date) OVER (
                      PARTITION BY journal_id, sequence_prefix ORDER BY sequence_number) AS before
                 FROM account_move WHERE move_type = 'out_invoice') AS dates
            WHERE invoice_date < before"""
    )
    assert rows == [(0,)]


# What the statements of all debtors say: {"company/debtor": [balance, {currency: totals}]}.
STATEMENTS = """
import json, sys
from datetime import date

from odoo import SUPERUSER_ID, api
from odoo.orm.registry import Registry
from odoo.tools import config

config.parse_config(["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=warn"])
day = date.fromisoformat(sys.argv[3])
with Registry(sys.argv[2]).cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    debtors = env["account.move.line"].search(
        [("account_type", "=", "asset_receivable"), ("parent_state", "=", "posted")]
    ).partner_id.commercial_partner_id
    found = {}
    for company in env["res.company"].search([]):
        statements = env["collections.statement"]._get_statements(
            company, debtors, date(2000, 1, 1), day
        )
        for statement in statements.values():
            accounts = {
                currency.name: {
                    "closing": str(account.closing),
                    "open": str(sum((item.residual for item in account.items), 0)),
                    "aged": str(sum(account.ages) + account.credit),
                }
                for currency, account in statement.accounts.items()
            }
            if accounts:
                key = f"{company.id}/{statement.partner.id}"
                found[key] = [str(statement.balance), accounts]
    print(json.dumps(found))
"""


def _get_statements(day):
    done = subprocess.run(
        [sys.executable, "-c", STATEMENTS, str(paths.ODOO_CONF), FIRST, str(day)],
        cwd=paths.ROOT, env={**os.environ, **postgres.environment()},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _get_ledger(day):
    """Return ``{(company/debtor, currency): (open in that currency, entries in the company's)}``.

    By sums of entries and of reconciliations: of nothing that the statements read from.
    """
    return {
        (f"{company}/{debtor}", currency): (Decimal(residual), Decimal(balance))
        for company, debtor, currency, residual, balance in _values(
            f"""
            WITH line AS (
                SELECT line.id, line.company_id, partner.commercial_partner_id AS debtor_id,
                       line.currency_id, line.amount_currency, line.balance
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id AND move.state = 'posted'
                  JOIN account_account account ON account.id = line.account_id
                   AND account.account_type = 'asset_receivable' AND NOT account.non_trade
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.date <= '{day}'
            ), part AS (
                SELECT debit_move_id AS line_id, -debit_amount_currency AS amount
                  FROM account_partial_reconcile WHERE max_date <= '{day}'
             UNION ALL
                SELECT credit_move_id, credit_amount_currency
                  FROM account_partial_reconcile WHERE max_date <= '{day}'
            ), entry AS (
                SELECT id, amount_currency AS amount, balance FROM line
             UNION ALL
                SELECT line_id, amount, 0 FROM part
            )
            SELECT line.company_id, line.debtor_id, currency.name, sum(entry.amount)::text,
                   sum(entry.balance)::text
              FROM entry JOIN line ON line.id = entry.id
              JOIN res_currency currency ON currency.id = line.currency_id
          GROUP BY 1, 2, 3"""
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize("days_ago", [0, 45, 400])
def test_the_statement_of_every_debtor_equals_the_ledger(ledger, days_ago):
    """As of today and of two days in the past, to the cent, per currency and in the company's."""
    day = TODAY - timedelta(days=days_ago)
    statements, entries = _get_statements(day), _get_ledger(day)
    wrong = []
    for (key, currency), (residual, _balance) in entries.items():
        account = statements.get(key, [0, {}])[1].get(currency)
        totals = {Decimal(total) for total in account.values()} if account else {Decimal(0)}
        if totals != {residual}:
            wrong.append((key, currency, residual, account))
    balances = Counter()
    for (key, _currency), (_residual, balance) in entries.items():
        balances[key] += balance
    wrong += [
        (key, balance, statements[key][0])
        for key, balance in balances.items()
        if Decimal(statements[key][0] if key in statements else 0) != balance
    ]
    assert wrong == []
    assert len(entries) >= SIZE / 2, "there was something to compare"
    assert {(key, name) for key in statements for name in statements[key][1]} <= set(entries)


@pytest.mark.slow
def test_what_is_open_today_is_what_odoo_says(ledger):
    rows = _values(
        """SELECT line.company_id, partner.commercial_partner_id, currency.name,
                  sum(line.amount_residual_currency)::text
             FROM account_move_line line
             JOIN account_account account ON account.id = line.account_id
              AND account.account_type = 'asset_receivable' AND NOT account.non_trade
             JOIN res_partner partner ON partner.id = line.partner_id
             JOIN res_currency currency ON currency.id = line.currency_id
            WHERE line.parent_state = 'posted' GROUP BY 1, 2, 3"""
    )
    statements = _get_statements(TODAY)
    told = {
        (key, name): Decimal(totals["open"])
        for key, (_balance, accounts) in statements.items()
        for name, totals in accounts.items()
    }
    for company, debtor, currency, residual in rows:
        assert told.get((f"{company}/{debtor}", currency), Decimal(0)) == Decimal(residual)


@pytest.mark.slow
def test_there_is_one_user_for_each_role(ledger, tmp):
    rows = json.loads((tmp / "logins.json").read_text())
    roles = Counter(row["role"] for row in rows)
    assert roles.pop("collector") == 2
    assert set(roles) == {"admin", "supervisor", "manager", "auditor", "accountant", "portal"}
    logins = {login for (login,) in _values("SELECT login FROM res_users WHERE active")}
    assert {row["login"] for row in rows} <= logins


@pytest.mark.slow
def test_who_has_a_phone_is_asked_by_whatsapp(ledger, tmp, monkeypatch):
    [[overdue]] = _values(
        """SELECT count(*) FROM collections_case debtor JOIN collections_segment segment
               ON segment.id = debtor.segment_id
            WHERE segment.name ->> 'en_US' = 'Con celular' AND debtor.days_past_due > 0"""
    )
    assert overdue
    assert _values("SELECT name FROM collections_whatsapp_parameter WHERE source IS NULL") == []
    monkeypatch.setattr(phones, "KNOWN", tmp / "known.json")
    with postgres.cursor(FIRST) as cr:
        options = [str(option) for option in phones.connect(cr, {"odoo": 8169, "phones": 8130})]
    assert options[-1].startswith("http://localhost:8169/collections_whatsapp/webhook/")
    known = json.loads(phones.KNOWN.read_text())
    assert known["business"] == "Distribuidora Andina SAC"
    assert known["people"]
    buttons = [template["components"][-1]["buttons"][-1] for template in known["templates"]]
    assert {button["url"] for button in buttons} == {"http://localhost:8169/c/{{1}}"}
    assert _values("SELECT base_url FROM collections_whatsapp_account") == [
        ("http://127.0.0.1:8130",)
    ]


# What the people of the department did, and whether its amounts are those of the ledger.
DEPARTMENT = """
import json, sys
from collections import Counter

from odoo import SUPERUSER_ID, api
from odoo.orm.registry import Registry
from odoo.tools import config

config.parse_config(["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=warn"])
FIELDS = {
    "promise": "state", "agreement": "state", "dispute": "state", "fee": "state",
    "escalation": "kind", "write.off": "state", "recovery": "state",
}
with Registry(sys.argv[2]).cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    company = env["res.company"].search([], order="id", limit=1)
    env = env(context={"allowed_company_ids": company.ids})
    found = {
        name: Counter(env[f"collections.{name}"].search([]).mapped(field))
        for name, field in FIELDS.items()
    }
    promises = env["collections.promise"].search([])
    write_offs = env["collections.write.off"].search([("state", "=", "posted")])
    disputes = env["collections.dispute"].search([("state", "=", "credited")])
    fees = env["collections.fee"].search([])
    recoveries = env["collections.recovery"].search([])
    loss = company.collections_write_off_account_id
    gain = company.collections_recovery_account_id
    lines = env["account.move.line"].search([("parent_state", "=", "posted")])
    ties = {
        "written off": (sum(write_offs.mapped("amount")), sum(
            lines.filtered(lambda line: line.account_id == loss).mapped("balance"))),
        "recovered": (sum(recoveries.mapped("amount")), -sum(
            lines.filtered(lambda line: line.account_id == gain).mapped("balance"))),
        "credited": (sum(disputes.mapped("amount_accepted")),
                     sum(disputes.refund_ids.mapped("amount_total"))),
        "charged": (sum(fees.mapped("amount")), sum(fees.move_id.mapped("amount_total"))),
        "still charged": (
            sum(fees.filtered(lambda fee: fee.state == "charged").mapped("amount")),
            sum(fees.move_id.mapped("amount_residual"))),
    }
    standing = promises.filtered(lambda promise: promise.state in ("open", "due"))
    cases = env["collections.case"].search([])
    wrong_log = env["collections.log"]._verify(cases)
    print(json.dumps({
        "states": found,
        "ties": {name: [round(one, 2), round(other, 2)] for name, (one, other) in ties.items()},
        "held": standing.case_id <= env["collections.hold"].search(
            [("lifted_on", "=", False)]).case_id,
        "log": len(wrong_log),
        "outcomes": env["collections.contact"].search_count([("outcome_id", "!=", False)]),
        "visits": env["collections.visit"].search_count([]),
        "callbacks": env["collections.case"].search_count([("callback_on", "!=", False)]),
        "credit": env["collections.case"].search_count([("is_credit_hold", "=", True)]),
        "lists": env["collections.worklist"].search_count([]),
        "days": len({entry.moment.date() for entry in cases.log_ids}),
    }))
"""


@pytest.fixture(scope="module")
def department(ledger):
    done = subprocess.run(
        [sys.executable, "-c", DEPARTMENT, str(paths.ODOO_CONF), FIRST],
        cwd=paths.ROOT, env={**os.environ, **postgres.environment()},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_department_has_something_of_everything(department):
    states = {name: set(found) for name, found in department["states"].items()}
    wanted = {"open", "due", "kept", "partly", "broken", "replaced", "withdrawn", "awaiting"}
    assert states["promise"] >= wanted
    assert states["agreement"] >= {"proposed", "awaiting", "active", "broken"}
    assert states["dispute"] >= {"open", "credited", "rejected"}
    assert states["fee"] >= {"charged", "waived"}
    assert states["escalation"] == {"supervisor", "legal", "agency"}
    assert states["write.off"] == {"requested", "posted"}
    assert states["recovery"] == {"posted"}
    assert department["outcomes"] > 15
    for thing in ("visits", "callbacks", "credit", "lists"):
        assert department[thing], thing


@pytest.mark.slow
def test_the_amounts_of_the_department_are_those_of_the_ledger(department):
    for name, (said, booked) in department["ties"].items():
        assert said == booked, name
    assert department["ties"]["written off"][0] > 0


@pytest.mark.slow
def test_the_department_left_a_log_that_verifies_over_weeks(department):
    assert department["log"] == 0
    assert department["days"] > 15
    assert department["held"], "whoever promised is left alone"


@pytest.mark.slow
def test_a_second_call_changes_nothing(ledger, tmp):
    before = _figures(FIRST)
    again = _run(FIRST, tmp)
    assert again.returncode == 0, again.stderr
    assert "already" in again.stdout
    assert _figures(FIRST) == before


@pytest.mark.slow
def test_another_seed_is_refused_by_a_database_that_has_a_story(ledger, tmp):
    refused = _run(FIRST, tmp, "--seed", "8")
    assert refused.returncode == 1
    assert "seed 7, not 8" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
def test_killed_and_resumed_it_comes_to_the_same_figures(ledger, resumed):
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert "Going on" in resumed.stdout
    assert _figures(SECOND) == _figures(FIRST)


def test_a_database_that_is_not_there_gets_a_clear_message(tmp):
    refused = _run("test_demo_nowhere", tmp)
    assert refused.returncode == 1
    assert "test_demo_nowhere" in refused.stderr
    assert "Traceback" not in refused.stderr
