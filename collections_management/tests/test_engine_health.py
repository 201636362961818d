import unittest
from dataclasses import replace
from datetime import date, datetime, timedelta

from odoo.addons.collections_management.engine.health import Facts, judge, worst

NOW = datetime(2026, 11, 24, 12, 0)
TODAY = date(2026, 11, 24)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# A house where nothing is to be said; each case changes some of it.
FINE = Facts(
    run_state="done",
    run_started=NOW - 4 * HOUR,
    last_done=NOW - 4 * HOUR,
    cron_next=NOW + 20 * HOUR,
    fetch_state="ok",
    fetched_on=NOW - HOUR,
    bank_days=7,
    bank_last=TODAY - DAY,
    test_address=True,
    log_state="intact",
    log_checked=NOW - 3 * DAY,
)
CASES = [
    ("run", {}, ("good", "done")),
    ("run", {"active": False, "run_state": "failed"}, ("attention", "off")),
    ("run", {"run_state": None, "last_done": None}, ("attention", "never")),
    ("run", {"run_state": "running", "run_started": NOW - 6 * HOUR}, ("good", "running")),
    ("run", {"run_state": "running", "run_started": NOW - 7 * HOUR}, ("attention", "long")),
    ("run", {"run_state": "failed"}, ("broken", "failed")),
    ("run", {"run_state": "failed", "run_next_try": NOW}, ("attention", "failed_again")),
    ("run", {"last_done": NOW - 26 * HOUR}, ("good", "done")),
    ("run", {"last_done": NOW - 27 * HOUR, "run_warned": True}, ("broken", "late")),
    ("run", {"run_warned": True}, ("attention", "warned")),
    ("next_run", {}, ("good", "planned")),
    ("next_run", {"active": False, "crons_off": 3}, ("attention", "off")),
    ("next_run", {"crons_off": 1}, ("broken", "switched_off")),
    ("next_run", {"cron_next": NOW - timedelta(minutes=30)}, ("good", "planned")),
    ("next_run", {"cron_next": NOW - timedelta(minutes=31)}, ("broken", "overdue")),
    ("queue", {}, ("good", "empty")),
    ("queue", {"awaiting": 3}, ("good", "waiting")),
    ("queue", {"queued": 3, "oldest_due": NOW - 2 * HOUR}, ("good", "waiting")),
    ("queue", {"queued": 3, "oldest_due": NOW - 3 * HOUR}, ("broken", "stuck")),
    ("queue", {"uncertain": 1, "obstructed": 1}, ("attention", "uncertain")),
    ("queue", {"held": 4, "obstructed": 1}, ("attention", "obstructed")),
    ("queue", {"held": 4}, ("good", "waiting")),
    ("failures", {"reached": 100}, ("good", "none")),
    ("failures", {"reached": 100, "failed": 24}, ("attention", "some")),
    ("failures", {"reached": 100, "failed": 25}, ("broken", "many")),
    ("failures", {"reached": 0, "failed": 9}, ("attention", "some")),
    ("failures", {"reached": 0, "failed": 10}, ("broken", "many")),
    ("outgoing", {}, ("good", "ready")),
    ("outgoing", {"mail_obstacle": "no_mail_server"}, ("broken", "obstacle")),
    ("outgoing", {"mail_refused": True}, ("broken", "refused")),
    ("incoming", {}, ("good", "ok")),
    ("incoming", {"fetch_state": "none", "fetched_on": None}, ("attention", "none")),
    ("incoming", {"fetch_state": "draft"}, ("attention", "draft")),
    ("incoming", {"fetch_state": "error"}, ("broken", "error")),
    ("incoming", {"fetched_on": None}, ("attention", "late")),
    ("incoming", {"fetched_on": NOW - 25 * HOUR}, ("attention", "late")),
    ("bank", {}, ("good", "fresh")),
    ("bank", {"bank_days": 0, "bank_last": TODAY - 99 * DAY}, ("good", "not_checked")),
    ("bank", {"bank_last": None}, ("good", "none")),
    ("bank", {"bank_last": TODAY - 7 * DAY}, ("attention", "soon")),
    ("bank", {"bank_last": TODAY - 8 * DAY}, ("broken", "stale")),
    ("safe_mode", {}, ("good", "off")),
    ("safe_mode", {"safe_mode": True}, ("attention", "on")),
    ("safe_mode", {"safe_mode": True, "test_address": False}, ("broken", "no_address")),
    ("log", {}, ("good", "intact")),
    ("log", {"log_state": None, "log_checked": None}, ("attention", "never")),
    ("log", {"log_checked": NOW - 9 * DAY}, ("attention", "old")),
    ("log", {"log_state": "faulty"}, ("broken", "faulty")),
]


class TestHealth(unittest.TestCase):
    def test_each_fact_has_its_mark(self):
        for line, changes, expected in CASES:
            with self.subTest(line=line, changes=changes):
                self.assertEqual(judge(replace(FINE, **changes), NOW, TODAY)[line], expected)

    def test_a_house_in_order_says_nothing_else(self):
        marks = {mark for mark, _reason in judge(FINE, NOW, TODAY).values()}
        self.assertEqual(marks, {"good"})

    def test_the_worst_mark_counts(self):
        self.assertEqual(worst([]), "good")
        self.assertEqual(worst(["good", "attention"]), "attention")
        self.assertEqual(worst(["attention", "broken", "good"]), "broken")
