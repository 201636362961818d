"""Odoo's own tests, with our addons installed and without: what fails only with them is our fault.

    .local/bin/python -m tests.odoo_suites                 # everything, about an hour
    .local/bin/python -m tests.odoo_suites --fast          # what touches our models closest
    .local/bin/python -m tests.odoo_suites --modules sms portal
    .local/bin/python -m tests.odoo_suites --only without  # one side, kept for the next comparison

Both sides run on a fresh database each, by Odoo's own runner. The names of what ran and of what
failed are kept in `.local/run/suites-<side>.json`; the exit code tells whether they differ.
"""

import argparse
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from tools.house import paths, postgres, shell, templates

MODULES = ("account", "account_payment", "portal", "mail", "sms", "base_automation")
# The classes whose models our addon extends: posting, due dates, payments, merging of partners.
FAST = (
    "/account:TestAccountPayment",
    "/account:TestAccountPaymentItems",
    "/account:TestAccountPartner",
    "/base_automation:TestAutomation",
    "/sms",
)
SIDES = ("without", "with")
LINE = re.compile(
    r"^\S+ \S+ \d+ [A-Z]+ \S+ odoo\.(?:addons|tests)\.(?P<where>[\w.]+): "
    r"(?:Starting (?P<begun>[\w.]+) \.\.\."
    r"|(?:FAIL|ERROR): (?!setUpClass )(?:Subtest )?(?P<bad>[\w.]+)"
    r"|ERROR: setUpClass \(odoo\.addons\.(?P<unset>[\w.]+)\)|skipped (?P<skipped>[\w.]+) :)"
)


def read(log):
    """Return what a log of Odoo's runner tells.

    :return: ``{"ran": [...], "failed": [...], "skipped": [...]}``, names as ``module.Class.test``;
        of a class that could not be set up, failed holds the whole name
    """
    found = {"ran": set(), "failed": set(), "skipped": set()}
    for line in log.splitlines():
        if match := LINE.match(line):
            module = match["where"].split(".")[0]
            for kind, group in (("ran", "begun"), ("failed", "bad"), ("skipped", "skipped")):
                if match[group]:
                    found[kind].add(f"{module}.{match[group]}")
            if match["unset"]:
                found["failed"].add(match["unset"])
    return {kind: sorted(names) for kind, names in found.items()}


def compare(without, with_ours):
    """Return the tests that failed with our addons only, and those they made disappear."""
    broken = set(with_ours["failed"]) - set(without["failed"])
    silenced = set(without["ran"]) - set(with_ours["ran"])
    silenced |= (set(with_ours["skipped"]) - set(without["skipped"])) & set(without["ran"])
    return {"broken": sorted(broken), "silenced": sorted(silenced)}


def run_side(side, tags):
    """Run the tests of some tags on a fresh database of one side and return what :func:`read` does.

    :raise RuntimeError: when Odoo's runner did not get to its end
    """
    name = f"test_{os.getpid()}_suites_{side}"
    log = paths.LOGS / f"suites-{side}.log"
    templates.fresh_db(name, paths.addons() if side == "with" else ())
    started = time.monotonic()
    try:
        log.unlink(missing_ok=True)
        subprocess.run(_command(name, tags, log), cwd=paths.ROOT, env=_environment(), check=False)
    finally:
        templates.drop_db(name)
    text = log.read_text(errors="replace")
    if "post-tests in" not in text:
        raise RuntimeError(f"The tests {side} our addons did not end: see {log}.")
    return {**read(text), "seconds": round(time.monotonic() - started)}


def _command(name, tags, log):
    return [
        *(str(paths.VENV_PYTHON), "-m", "odoo", "-c", str(paths.ODOO_CONF), "-d", name),
        *("--test-enable", f"--test-tags={','.join(tags)}", "--stop-after-init"),
        *("--max-cron-threads=0", f"--db-filter=^{name}$", f"--http-port={_free_port()}"),
        *("--limit-time-real=36000", "--limit-time-cpu=36000", f"--logfile={log}"),
    ]


def _environment():
    return postgres.environment() | {"ODOO_TEST_MAX_FAILED_TESTS": "100000"}


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def run(tags, sides=SIDES, *, keep=True):
    """Run both sides, or one beside the kept result of the other; return what differs.

    :param bool keep: keep the results for a later comparison
    """
    found = {}
    for side in SIDES:
        kept = paths.RUN / f"suites-{side}.json"
        if side in sides:
            with shell.step(f"Odoo's tests {side} our addons"):
                found[side] = {"tags": list(tags), **run_side(side, tags)}
            if keep:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps(found[side], indent=1))
        else:
            with contextlib.suppress(FileNotFoundError):
                found[side] = json.loads(kept.read_text())
    if set(found) != set(SIDES) or found["with"]["tags"] != found["without"]["tags"]:
        return None
    return {**compare(found["without"], found["with"]), **found}


def tell(result):
    """Print the figures and what differs; return the exit code."""
    if result is None:
        shell.say("Only one side has run with these tests: nothing to compare yet.")
        return 0
    for side in SIDES:
        figures = {kind: len(result[side][kind]) for kind in ("ran", "failed", "skipped")}
        shell.say(f"{side:8}{figures} in {result[side]['seconds']} s")
    both = set(result["with"]["failed"]) & set(result["without"]["failed"])
    for title, names in (
        ("fail with our addons only", result["broken"]),
        ("do not run any more with our addons", result["silenced"]),
        ("fail on both sides (Odoo's own, or this machine's)", sorted(both)),
    ):
        shell.say(f"{len(names)} {title}" + "".join(f"\n  {name}" for name in names))
    return 1 if result["broken"] or result["silenced"] else 0


def main(arguments=None):
    """Run what was asked for; return 1 when our addons make a difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="+", default=MODULES)
    parser.add_argument("--tags", nargs="+", help="Odoo's test tags, in place of modules")
    parser.add_argument("--fast", action="store_true", help="a small part")
    parser.add_argument("--only", choices=SIDES, help="one side; the other's result is kept")
    options = parser.parse_args(arguments)
    tags = options.tags or (FAST if options.fast else [f"/{name}" for name in options.modules])
    Path(paths.LOGS).mkdir(parents=True, exist_ok=True)
    return tell(run(tags, (options.only,) if options.only else SIDES))


if __name__ == "__main__":
    sys.exit(main())
