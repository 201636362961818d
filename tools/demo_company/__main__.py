"""`python -m tools.demo_company --database demo`: the demo company in an Odoo database."""

import argparse
import datetime
import logging
import multiprocessing
import os
import sys
import time
import zoneinfo
from pathlib import Path

from tools.house import paths
from tools.house.logwatch import is_allowed

from .errors import DemoError

SIZE, SEED = 300, 7


def main(arguments=None):
    """Fill the database; return the exit code."""
    options = _options(arguments)
    started = time.monotonic()
    problems = _odoo(options)

    from . import build, summary, users

    try:
        story, complete = build.read_story(options.database)
        wanted = _wanted(options, story)
        if complete:
            users.write_logins(options.logins)
            print(f"The demo company is in '{options.database}' already ({_told(wanted)}).")
            return 0
        print(f"{'Going on with' if story else 'Making'} the demo company ({_told(wanted)})")
        build.make(options.database, wanted, jobs=options.jobs, say=_say)
    except KeyboardInterrupt:
        print("Stopped. What was done is kept: call the command again.", file=sys.stderr)
        return 130
    except DemoError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    users.write_logins(options.logins)
    found = build.read_summary(options.database, wanted["today"], summary.read)
    summary.show(found)
    _say(f"Made in {time.monotonic() - started:.0f} s; Odoo logged {problems.value} warnings.")
    return 1 if found["problems"] else 0


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m tools.demo_company", description=__doc__)
    parser.add_argument("--database", required=True, help="with Odoo's modules installed")
    parser.add_argument("--size", type=_positive, help=f"debtors (default {SIZE})")
    parser.add_argument("--seed", type=int, help=f"another number, another story ({SEED})")
    parser.add_argument("--today", type=datetime.date.fromisoformat, help="YYYY-MM-DD")
    parser.add_argument("--config", type=Path, default=paths.ODOO_CONF, help="of Odoo")
    parser.add_argument(
        "--logins", type=Path, default=paths.DEMO / "logins.json", help="file to write them to"
    )
    parser.add_argument(
        "--jobs", type=_positive, default=min(2, os.cpu_count() or 1), help="processes (1 or 2)"
    )
    return parser.parse_args(arguments)


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _odoo(options):
    """Load Odoo's configuration; return a counter of what it warns about, in any process."""
    from odoo.tools import config

    config.parse_config(
        ["-c", str(options.config), "-d", options.database, "--no-http", "--log-level=warn"],
        setup_logging=True,
    )
    problems = multiprocessing.Value("i", 0)  # shared with the processes that are forked

    class Counter(logging.Handler):
        def emit(self, record):
            if not is_allowed(record.name, record.getMessage()):
                with problems.get_lock():
                    problems.value += 1

    logging.getLogger().addHandler(Counter(logging.WARNING))
    return problems


def _today():
    """Return the day it is in Lima, where the company is."""
    return datetime.datetime.now(zoneinfo.ZoneInfo("America/Lima")).date()


def _wanted(options, story):
    """Return seed, size and today: those of the database when it has a story already."""
    asked = {"seed": options.seed, "size": options.size, "today": options.today}
    if not story:
        usual = {"seed": SEED, "size": SIZE, "today": _today()}
        return {key: usual[key] if asked[key] is None else asked[key] for key in usual}
    kept = story | {"today": datetime.date.fromisoformat(story["today"])}
    for key, value in asked.items():
        if value is not None and value != kept[key]:
            raise DemoError(
                f"'{options.database}' holds the demo company with {key} {kept[key]},"
                f" not {value}. Take another database, or leave --{key} out."
            )
    return kept


def _told(story):
    return f"{story['size']} debtors, seed {story['seed']}, as of {story['today']}"


def _say(text):
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
