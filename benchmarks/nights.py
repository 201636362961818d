"""Sixty consecutive nights over a real ledger, each checked against what must always be true.

A day: the invoices of the day are posted and most payments arrive; the run refreshes, segments
and plans; more payments arrive, holds are set and lifted, a supervisor approves; then what is due
leaves through a real SMTP connection. The clock is made up, the ledger is not.
"""

import random
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import freezegun

from odoo.fields import Command

from tools.house import shell

from . import bills, checks, database, real_ledger, sink

SEED = 7
NAME = "nights"
NIGHT, NOON = timedelta(hours=9), timedelta(hours=15, minutes=30)  # UTC: 4:00 and 10:30 in Lima
# Left alone by the made-up clock: what waits for sockets, and the profiler of the database.
REAL_TIME = ["smtplib", "socket", "selectors", "threading", "logging", "odoo.netsvc"]
LATE_PAYMENTS = 3  # one payment of so many comes after the plan and before the delivery


def run(path=None, count=60, customers=None, keep=False, suffix=NAME):
    """Simulate the nights; return whether nothing was violated (or there is no ledger)."""
    found = bills.find(path)
    if not found:
        print(
            "Nights over a real ledger: skipped, there is no file of receivables here."
            f" Give one with --data or {bills.VARIABLE}; see benchmarks/README.md."
        )
        return True
    data = bills.align(bills.sample(bills.read(found), customers))
    days = bills.window(data, count)
    name = database.fresh(suffix)
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder, "arrived")
        with sink.running(capture) as port:
            simulation = Simulation(name, data, days, port, capture)
            simulation.run()
    database.forget(name)
    if not keep:
        database.drop(suffix)
    return not simulation.violations


class Simulation:
    """Plays the days on one database and collects violations."""

    def __init__(self, name, data, days, port, capture):
        self.name = name
        self.data = data
        self.days = days
        self.port = port
        self.capture = capture
        self.random = random.Random(SEED)
        self.violations = []
        self.totals = Counter()
        self.decisions = Counter()
        self.shown = Counter()

    def run(self):
        """Load, play every day, print."""
        with freezegun.freeze_time(self.days[0], ignore=REAL_TIME) as clock:
            self.clock = clock
            with shell.step(f"Ledger of {len(self.data):,} real bills until {self.days[0]}"):
                self._load()
            self._print_head()
            for number, day in enumerate(self.days, start=1):
                self._play(day)
                if number % 10 == 0 or number == len(self.days):
                    self._print_row(number, day)
        self._print_end()

    def _load(self):
        companies = real_ledger.make_companies(lambda: database.environment(self.name), self.data)
        self.company_ids = sorted(companies.values())
        with database.environment(self.name) as env:
            env.ref("base.main_company").collections_active = False
            env.user.company_ids = [Command.link(id_) for id_ in self.company_ids]
            env["ir.mail_server"].search([]).active = False
            env["ir.mail_server"].create(
                {
                    "name": "Sink",
                    "smtp_host": "127.0.0.1",
                    "smtp_port": self.port,
                    "smtp_encryption": "none",
                }
            )
            self.ledger = real_ledger.RealLedger(env, companies, self.data, self.days[0])
            self.ledger.load(env)
        with database.environment(self.name) as env:
            env.cr.execute("ANALYZE")

    # -- a day -----------------------------------------------------------------------------------

    def _play(self, day):
        started = freezegun.api.real_perf_counter()
        night, noon = (datetime.combine(day, datetime.min.time()) + at for at in (NIGHT, NOON))
        payments = self.ledger.get_payments(day)
        self.random.shuffle(payments)
        late = payments[: len(payments) // LATE_PAYMENTS]
        self.clock.move_to(night)
        self._do(self._morning, day, payments[len(late) :])
        self._do(self._judged, day, self._night)  # tasks reach the collectors at once
        self._do(self._check_night, day)
        self.clock.move_to(noon)
        self._do(self._forenoon, day, late)
        self._do(self._judged, day, self._deliver)
        self._do(self._check_day, day)
        self.totals["seconds"] += freezegun.api.real_perf_counter() - started

    def _do(self, work, *args):
        with database.environment(self.name) as env:
            env = env(context={"allowed_company_ids": self.company_ids})
            work(env, *args)

    def _morning(self, env, day, payments):
        """Post what the day brings; now and then exclude an invoice from dunning."""
        posted = self.ledger.post_day(env, day)
        for bill in payments:
            self.ledger.pay(env, bill)
        self.totals["invoices"] += len(posted)
        self.totals["payments"] += len(payments)
        for move in posted:
            if self.random.random() < 0.03:
                terms = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
                terms.no_followup = True
                self.totals["excluded"] += len(terms)

    def _night(self, env, day):
        runs = env["collections.run"]
        self.run_ids = []
        for company in env["res.company"].browse(self.company_ids):
            run = runs._get_or_create(company, "cron")
            env.cr.commit()
            run._work()
            self.run_ids.append(run.id)
            if run.state != "done":
                self._blame(day, [f"run {run.id} of {company.name} is {run.state}: {run.error}"])

    def _check_night(self, env, day):
        runs = env["collections.run"].browse(self.run_ids)
        contacts = runs.contact_ids
        self.totals["planned"] += len(contacts)
        for run in runs:
            self.decisions.update(run.decisions or {})
            if run.date != day:
                self._blame(day, [f"run {run.id} decided for {run.date}"])
        self._blame(day, checks.amounts_tie(env, self.company_ids, day))
        self._blame(day, checks.every_silence_has_a_reason(env, runs))
        self._blame(day, checks.contacts_explain_themselves(contacts))

    def _forenoon(self, env, day, late):
        """What people do before the messages leave: pay, ask for a pause, approve."""
        for bill in late:
            self.ledger.pay(env, bill)
        self.totals["payments"] += len(late)
        contacts = env["collections.contact"].browse()
        waiting = contacts.search([("state", "=", "awaiting")])
        waiting.filtered(lambda _contact: self.random.random() < 0.6).action_approve()
        self._hold(env, day)
        for line in env["account.move.line"].search(
            [("no_followup", "=", True), ("reconciled", "=", False)]
        ):
            if self.random.random() < 0.05:
                line.no_followup = False

    def _hold(self, env, day):
        """Pause some cases and some single receivables; lift some holds early."""
        cases = env["collections.case"].search(
            [("state", "=", "open"), ("amount_overdue", ">", 0)], order="id"
        )
        for case in self.random.sample(cases.ids, min(3, len(cases))):
            case = cases.browse(case)
            lines = case.receivable_ids.filtered(lambda line: line.amount_residual > 0)
            line = self.random.choice(lines) if lines and self.random.random() < 0.5 else None
            env["collections.hold"].create(
                {
                    "case_id": case.id,
                    "line_id": line and line.id,
                    "reason": self.random.choice(["pause", "voucher", "opt_out"]),
                    "date_from": day,
                    "date_until": day + timedelta(days=self.random.randint(1, 9)),
                }
            )
            self.totals["holds"] += 1
        standing = env["collections.hold"].search([("is_active", "=", True)])
        standing.filtered(lambda _hold: self.random.random() < 0.05).action_lift()

    def _deliver(self, env, _day):
        env["collections.delivery"]._deliver(env["res.company"].browse(self.company_ids))

    def _judged(self, env, day, work):
        """Do work, and judge what left by the ledger and the holds of the moment before."""
        ledger = checks.Ledger(env.cr, self.company_ids, day)
        env.cr.execute(
            "SELECT case_id, line_id FROM collections_hold WHERE lifted_on IS NULL"
            " AND date_from <= %s AND (date_until IS NULL OR date_until >= %s)",
            [day, day],
        )
        holds = env.cr.fetchall()
        held_cases = {case_id for case_id, line_id in holds if not line_id}
        held_lines = {line_id for _case_id, line_id in holds if line_id}
        contact_model = env["collections.contact"]
        before = set(contact_model.search([("sent_on", "!=", False)]).ids)
        skipped = contact_model.search_count([("state", "=", "skipped")])
        work(env, day)
        env.invalidate_all()
        sent = contact_model.search([("sent_on", "!=", False), ("id", "not in", list(before))])
        self.totals["e-mails"] += len(sent.filtered(lambda c: c.channel_id.kind == "email"))
        self.totals["tasks"] += len(sent.filtered(lambda c: c.channel_id.kind == "task"))
        self.totals["skipped"] += contact_model.search_count([("state", "=", "skipped")]) - skipped
        self._blame(day, checks.nobody_wrongly_told(sent, ledger, held_cases, held_lines))
        self._blame(day, checks.quiet_days_kept(env, sent))

    def _check_day(self, env, day):
        arrived = [int(line) for line in self.capture.read_text().split()]
        self._blame(day, checks.one_case_one_contact(env, self.company_ids, arrived))
        self._blame(day, checks.log_verifies(env, self.company_ids))

    def _blame(self, day, found):
        for text in found:
            self.violations.append((day, text))
            if len(self.violations) <= 20:
                print(f"  ! {day}: {text}", flush=True)

    # -- the table -------------------------------------------------------------------------------

    COLUMNS = (
        "invoices", "payments", "holds", "excluded", "planned", "e-mails", "tasks", "skipped",
        "seconds", "violations",
    )  # fmt: skip

    def _print_head(self):
        print("nights  until      " + "".join(f"{name:>11}" for name in self.COLUMNS))

    def _print_row(self, number, day):
        self.totals["violations"] = len(self.violations)
        cells = [self.totals[name] - self.shown[name] for name in self.COLUMNS]
        print(f"{number:>6}  {day} " + "".join(f"{cell:>11.0f}" for cell in cells), flush=True)
        self.shown = self.totals.copy()

    def _print_end(self):
        cells = "".join(f"{self.totals[name]:>11.0f}" for name in self.COLUMNS)
        print(f"   all             {cells}")
        told = ", ".join(f"{code} {count:,}" for code, count in self.decisions.most_common())
        print(f"Decisions: {told}")
        print(f"{len(self.violations)} violations in {len(self.days)} nights.")
