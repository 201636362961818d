"""Times the night's work on ledgers of growing size, each piece beside its floor.

Every piece runs in a process of its own on a copy of a prepared database; floors are measured in
the same run. The best of several rounds counts: other work on the machine only ever adds time.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.house import paths, postgres, shell

from . import database, report, sink, synthetic

SIZES = (10_000, 100_000)
MAILS = 1000
WORK, FLOOR = "work", "floor"


def run(sizes=SIZES, rounds=3, mails=MAILS, keep=False):
    """Measure all sizes; write the table and the plot; return whether every bar was kept."""
    results = {}
    with shell.step("Database to start from"):
        synthetic.prepare("base")
        database.forget(f"{database.PREFIX}base")
    for size in sizes:
        name = f"ledger_{size}"
        with shell.step(f"Ledger of {size:,} invoices"):
            subprocess.run(
                [sys.executable, "-m", "benchmarks.synthetic", name, str(size)],
                cwd=paths.ROOT, check=True,
            )  # fmt: skip
        results[size] = _measure(name, size, rounds, mails)
        if not keep:
            database.drop(name)
    if not keep:
        for name in ("base", WORK, FLOOR):
            database.drop(name)
    return report.write(results, _machine(rounds))


def _measure(name, size, rounds, mails):
    """Return ``{stage: [result of each round]}``."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, sink.running() as port:
        files = {
            "values": str(Path(folder, "values.json")),
            "bodies": str(Path(folder, "bodies.json")),
        }
        for number in range(rounds):
            with shell.step(f"  {size:,} invoices, round {number + 1} of {rounds}"):
                for stage, result in _round(name, port, files, mails):
                    found.setdefault(stage, []).append(result)
    return found


def _round(name, port, files, mails):
    """Yield ``(stage, result)`` of one night on a fresh copy of a ledger, and of its floors."""
    work = database.copy(name, WORK)
    yield "floor_sql", _stage("floor_sql", work)
    yield "night", _stage("night", work, values=files["values"])
    floor = database.copy(name, FLOOR)
    _stage("open_cases", floor)
    yield "floor_orm", _stage("floor_orm", floor, values=files["values"])
    yield "rules", _stage("rules", work)
    yield "again", _stage("again", work)
    yield "deliver", _stage("deliver", work, port=port, mails=mails, bodies=files["bodies"])
    for stage in ("floor_mail", "floor_mail_one_commit"):
        yield stage, _stage(stage, work, port=port, bodies=files["bodies"])
    yield "tasks", _stage("tasks", work, mails=mails)


def _stage(stage, name, **options):
    """Run one stage in a process of its own and return what it measured."""
    pairs = [f"{key}={value}" for key, value in options.items()]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.stages", stage, name, *pairs],
        cwd=paths.ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def _machine(rounds):
    """Say what was measured on, for the reader of the table."""
    with postgres.cursor() as cr:
        cr.execute("SHOW server_version")
        version = cr.fetchone()[0]
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgresql": version,
        "rounds": rounds,
    }
