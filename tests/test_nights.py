"""A short run of consecutive nights over a ledger, checked after each: section 5 of the plan.

The real receivables where they are at hand, a made-up ledger of the same shape elsewhere.
"""

import csv
import os
import random
import subprocess
import sys
from datetime import date, timedelta

import pytest

from benchmarks import bills, nights
from tools.house import paths

NIGHTS, CUSTOMERS = 8, 60
COMPANIES = (("A-factoring", "USD", 2013), ("B-bills", "XXX", 2015))
HEADER = "company customer invoice posting_date due_date cleared_date amount currency terms"


@pytest.fixture
def ledger(tmp_path):
    """Return the file of the real ledger, or of one made up from a fixed seed."""
    return bills.find() or make_up(tmp_path / "receivables.csv")


def make_up(path, seed=3):
    """Write bills of two companies over half a year: paid early, late, or never."""
    drawn = random.Random(seed)
    rows = []
    for company, currency, year in COMPANIES:
        for number in range(160):
            posted = date(year, 1, 1) + timedelta(days=number)
            due = posted + timedelta(days=drawn.choice([1, 15, 30, 60]))
            cleared = due + timedelta(days=int(drawn.gauss(5, 15)))
            is_open = drawn.random() < 0.15 or cleared > date(year, 6, 9)
            customer = f"{company[0]}{drawn.randint(1, 40):04d}"
            amount = f"{drawn.lognormvariate(5, 1.5):.2f}"
            rows.append(
                [company, customer, f"{company[0]}{number:05d}", posted, due]
                + ["" if is_open else cleared, amount, currency, "net"]
            )
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER.split(), *rows])
    return path


def play(path, *options):
    """Run the nights in a process of their own: they make up the clock."""
    command = [sys.executable, "-m", "benchmarks", "nights", "--data", str(path), *options]
    return subprocess.run(
        [*command, "--database", f"test_{os.getpid()}"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@pytest.mark.slow
def test_night_after_night_nothing_that_must_be_true_is_violated(ledger):
    done = play(ledger, f"--nights={NIGHTS}", f"--customers={CUSTOMERS}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"0 violations in {NIGHTS} nights" in done.stdout
    assert "step_due" in done.stdout, "nobody was ever reminded: nothing was tested"


def test_without_a_ledger_the_nights_are_skipped_with_a_note(tmp_path, capsys):
    assert nights.run(tmp_path / "nothing.csv")
    assert "skipped" in capsys.readouterr().out


def test_a_made_up_ledger_has_the_shape_of_the_real_one(tmp_path):
    found = bills.align(bills.read(make_up(tmp_path / "made_up.csv")))
    assert {bill.company for bill in found} == {"A-factoring", "B-bills"}
    assert any(bill.cleared is None for bill in found)
    assert any(bill.cleared and bill.cleared > bill.due for bill in found)
    days = bills.window(found, NIGHTS)
    assert len(days) == NIGHTS
    assert days[-1] == max(bill.posted for bill in found)
    assert len(bills.sample(found, 5)) < len(found)
