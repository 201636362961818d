"""The bills of a real ledger, read from a CSV file, and the window of nights in them."""

import csv
import gzip
import os
import zlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tools.house import paths

VARIABLE = "COLLECTIONS_RECEIVABLES"
DEFAULT = paths.ROOT.parent / "shared" / "data" / "receivables_train.csv.gz"
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice: who owes what from when until when."""

    company: str
    customer: str
    number: str
    posted: date
    due: date
    cleared: date | None
    amount: Decimal
    currency: str


def find(path=None):
    """Return the file of the ledger, or None where there is none."""
    path = Path(path or os.environ.get(VARIABLE) or DEFAULT)
    return path if path.exists() else None


def read(path):
    """Return the bills of a file, plain or gzipped."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [_bill(row) for row in csv.DictReader(file)]


def _bill(row):
    return Bill(
        row["company"],
        row["customer"],
        row["invoice"],
        date.fromisoformat(row["posting_date"]),
        date.fromisoformat(row["due_date"]),
        date.fromisoformat(row["cleared_date"]) if row["cleared_date"] else None,
        Decimal(row["amount"]),
        row["currency"],
    )


def sample(bills, customers):
    """Return the bills of about that many customers, always the same ones."""
    names = {(bill.company, bill.customer) for bill in bills}
    if not customers or customers >= len(names):
        return bills
    drawn = sorted(names, key=lambda name: zlib.crc32("/".join(name).encode()))[:customers]
    chosen = set(drawn)
    return [bill for bill in bills if (bill.company, bill.customer) in chosen]


def align(bills):
    """Shift the older companies by whole weeks, so that all ledgers end in the same week."""
    last = {}
    for bill in bills:
        last[bill.company] = max(last.get(bill.company, bill.posted), bill.posted)
    end = max(last.values())
    shifts = {company: (end - day) // WEEK * WEEK for company, day in last.items()}
    return [_shift(bill, shifts[bill.company]) for bill in bills]


def _shift(bill, by):
    cleared = bill.cleared and bill.cleared + by
    return replace(bill, posted=bill.posted + by, due=bill.due + by, cleared=cleared)


def window(bills, nights):
    """Return the last consecutive days of the ledger: all of it has been posted by then."""
    end = max(bill.posted for bill in bills)
    return [end - timedelta(days=nights - 1 - number) for number in range(nights)]
