"""Plays random histories of promises and agreements on a real ledger, and compares each verdict.

    .local/bin/python -m benchmarks.histories              # 5,000 of each, two processes
    .local/bin/python -m benchmarks.histories promises --count 200 --seed 7

Odoo itself writes the books: invoices, payments early, late, in part, in another currency or
applied to nothing, credit notes, entries that adjust, payments set back to draft or reversed. The
verdicts of the nightly refresh are compared with a recomputation from the records, cent by cent:
the generator and the recomputation are those of the tests (``tests/promise_histories.py`` and
``tests/agreement_histories.py``), which play a few of them every time. Debtors live in batches in
one ledger that grows; what disagrees is told with the seed of its batch.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter

from tools.house import postgres

from . import database

NAME = "histories"
SEED = 20261125
FIRST = 10  # debtors of the first batch: until then the database knows nothing of its tables
TABLES = ("account_move", "account_move_line", "account_payment", "account_partial_reconcile")


def main(arguments=None):
    """Play, tell; return 1 when a verdict disagrees."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.histories", description=__doc__)
    parser.add_argument("kinds", nargs="*", help="promises, agreements; default: both, at once")
    parser.add_argument("--count", type=int, default=5000, help="histories of each kind")
    parser.add_argument("--batch", type=int, default=100, help="debtors at a time")
    parser.add_argument("--seed", type=int, default=SEED, help="of the first batch")
    parser.add_argument("--keep", action="store_true", help="leave the databases")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        [kind] = options.kinds
        print(json.dumps(play(kind, options.count, options.batch, options.seed)))
        return 0
    found = [_finish(*worker) for worker in [_start(kind, options) for kind in
             options.kinds or ("promises", "agreements")]]  # fmt: skip
    for result in found:
        tell(result)
    return 1 if any(result["faults"] for result in found) else 0


def _start(kind, options):
    """Start a process that plays the histories of one kind in a database of its own."""
    name = f"{NAME}_{kind}"
    base = database.fresh(name)
    with database.environment(base) as env:
        prepare(env)
    database.forget(base)
    command = [
        *(sys.executable, "-m", "benchmarks.histories", kind, "--worker"),
        *("--count", str(options.count), "--batch", str(options.batch)),
        *("--seed", str(options.seed)),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return name, process, options.keep


def _finish(name, process, keep):
    out, _errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}")
    if not keep:
        database.drop(name)
    return json.loads(out.splitlines()[-1])


def prepare(env):
    """Make a company whose payments reach the books, as in a test."""
    company = env.company
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    bank = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
    )
    bank.inbound_payment_method_line_ids.payment_account_id = env["account.chart.template"].ref(
        "account_journal_payment_debit_account_id"
    )
    company.write(
        {
            "collections_active": True,
            "collections_safe_mode": False,
            "collections_stale_bank_days": 0,
        }
    )


def play(kind, count, batch, seed):
    """Play at least so many histories of a kind, batch by batch; return what was seen."""
    name = f"{database.PREFIX}{NAME}_{kind}"
    database.configure(name)  # else the addon is not found
    from odoo.addons.collections_management.tests import agreement_histories, promise_histories

    make = {
        "promises": promise_histories.PromiseHistories,
        "agreements": agreement_histories.AgreementHistories,
    }[kind]
    played, states, done, faults = 0, Counter(), Counter(), []
    begun = time.monotonic()
    while played < count:
        with database.environment(name) as env:
            histories = make(env, random.Random(seed))
            more, seen, wrong = histories.play(min(batch, FIRST + played, FIRST + count - played))
            env.cr.execute(f"ANALYZE {', '.join(TABLES)}")
        played += more
        states += seen
        done += histories.done
        faults += [f"seed {seed}: {fault}" for fault in wrong]
        seed += 1
        print(
            f"{kind}: {played:,} in {time.monotonic() - begun:.0f} s, {len(faults)} disagree",
            *wrong[:5],
            sep="\n  ",
            file=sys.stderr,
            flush=True,
        )
    return {
        "kind": kind,
        "played": played,
        "seconds": round(time.monotonic() - begun),
        "states": states,
        "done": done,
        "faults": faults,
    }


def tell(result):
    """Print what was played as a section of the results."""
    compared = sum(result["states"].values())
    print(f"\n## {result['kind'].capitalize()}\n")
    print(f"{result['played']:,} debtors, {compared:,} verdicts compared, ", end="")
    print(f"{len(result['faults'])} disagree; {result['seconds']:,} s.\n")
    for title in ("states", "done"):
        words = sorted(result[title].items(), key=lambda item: -item[1])
        print("- " + "; ".join(f"{word} {number:,}" for word, number in words))
    for fault in result["faults"]:
        print(f"- {fault}")


if __name__ == "__main__":
    os.environ.update(postgres.environment())
    sys.exit(main())
