"""Entry of every `make` target: `python3 -m tools <command>`.

Commands that need more than the standard library start themselves again inside
the virtual environment, which is made first.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys

from tools.house import checks, paths, shell, venv
from tools.house.errors import HouseError


def main(arguments):
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m tools", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="bring everything a working Odoo needs")
    database = commands.add_parser("db", help="make a fresh database from a cached template")
    database.add_argument("name")
    database.add_argument("modules", nargs="*", help="addons beside the base modules ('all': ours)")
    database.add_argument("--demo", action="store_true", help="with Odoo's demo data")
    for name, help_text in (
        ("demo", "the demo company in a running Odoo"),
        ("test", "lint and all tests"),
        ("lint", "lint only"),
        ("format", "apply the formatters"),
        ("pytest", "pytest on a fresh database"),
        ("bench", "nights over a real ledger, and what they cost at size"),
        ("i18n", "export the terms and merge the translations"),
        ("screenshots", "the pictures of the manual, from the running demo"),
    ):
        commands.add_parser(name, help=help_text, add_help=False)
    commands.add_parser("stop", help="stop what runs")
    commands.add_parser("clean", help="stop what runs and remove everything made at run time")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command not in ("test", "pytest", "demo", "bench", "screenshots"):
        parser.error(f"unknown arguments: {' '.join(rest)}")

    if options.command == "clean":
        return _clean()
    if options.command != "stop":
        checks.check_writable(paths.LOCAL)
        with shell.lock("venv"):
            venv.ensure()
    elif not paths.VENV_PYTHON.exists():
        return 0
    if not venv.inside():
        return _inside_venv(arguments)

    from tools.house import commands as inside

    return inside.run(options, rest) or 0


def _inside_venv(arguments):
    """Become the same command inside the environment: Ctrl-C and exit codes stay ours."""
    os.chdir(paths.ROOT)
    sys.stdout.flush()
    python = str(paths.VENV_PYTHON)
    return os.execv(python, [python, "-m", "tools", *arguments])


def _clean():
    if paths.VENV_PYTHON.exists():
        subprocess.call([str(paths.VENV_PYTHON), "-m", "tools", "stop"], cwd=paths.ROOT)
    shutil.rmtree(paths.LOCAL, ignore_errors=True)
    shell.say(f"Removed {paths.LOCAL}")
    return 0


def _interrupt(*_arguments):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(main(sys.argv[1:]))
    except HouseError as error:
        sys.exit(shell.fail(error))
    except KeyboardInterrupt:
        sys.exit(130)
