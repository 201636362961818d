"""`make test`: lint beside the preparation of the database, every test, and what they cover."""

import os
import threading
import traceback

from . import coverage_bars, lint, machine, paths, pytest_run, templates
from .shell import say


def run(arguments):
    """Run all tests, or only what the arguments name; return pytest's exit code."""
    whole = not [argument for argument in arguments if not argument.startswith("-")]
    if not whole:
        machine.ensure()
        return pytest_run.run(arguments)
    run_id = str(os.getpid())
    os.environ["COLLECTIONS_RUN_ID"] = run_id
    say("Preparing the test database, with the linters beside it")
    linting = threading.Thread(target=_lint, args=[run_id])
    linting.start()
    try:
        machine.ensure()
        templates.ensure_template(paths.addons())
    finally:
        linting.join()
    report = paths.COVERAGE / "coverage.json"
    report.unlink(missing_ok=True)
    code = pytest_run.run([*coverage_options(report), *arguments])
    faults = coverage_bars.check(report, paths.addons())
    for fault in faults:
        say(f"COVERAGE: {fault}")
    return code or int(bool(faults))


def _lint(run_id):
    """Run the linters; a failure to run them shows as failed tests."""
    try:
        lint.run_all(run_id)
    except Exception:  # noqa: BLE001 - told by tests/test_house_lint.py, which runs them again
        say(traceback.format_exc())


def coverage_options(report):
    """Return pytest-cov's options: the addons, a page per file, the totals in the terminal, and
    the report in JSON that the bars are read from."""
    sources = [f"--cov={name}" for name in paths.addons()]
    html = f"--cov-report=html:{paths.COVERAGE / 'html'}"
    return [
        *(*sources, "--cov-config=pyproject.toml", html, "--cov-report=term:skip-covered"),
        f"--cov-report=json:{report}",
    ]
