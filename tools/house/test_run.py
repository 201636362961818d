"""`make test`: lint beside the preparation of the database, every test, and what they cover."""

import os
import re
import subprocess
import threading
import traceback
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from . import coverage_bars, lint, machine, paths, prism, pytest_run, templates
from .shell import say


def run(arguments):
    """Run all tests, or only what the arguments name; return pytest's exit code."""
    whole = not [argument for argument in arguments if not argument.startswith("-")]
    if not whole:
        machine.ensure()
        prism.ensure()
        return pytest_run.run(arguments)
    run_id = str(os.getpid())
    os.environ["COLLECTIONS_RUN_ID"] = run_id
    say("Preparing the test database, with the linters beside it")
    linting = threading.Thread(target=_lint, args=[run_id])
    linting.start()
    try:
        machine.ensure()
        prism.ensure()
        templates.ensure_tests_template(paths.addons())
    finally:
        linting.join()
    code = _run_parts(arguments)
    faults = coverage_bars.check(_report_coverage(), paths.addons())
    for fault in faults:
        say(f"COVERAGE: {fault}")
    return code or int(bool(faults))


def _lint(run_id):
    """Run the linters; a failure to run them shows as failed tests."""
    try:
        lint.run_all(run_id)
    except Exception:  # noqa: BLE001 - told by tests/test_house_lint.py, which runs them again
        say(traceback.format_exc())


CORE = "collections_management"
LARGE = ("collections_reports", "collections_whatsapp")


def parts():
    """Return ``{name: folders or files}`` of what is run side by side, each on a database of its
    own: the house's tests, which make their own databases and processes; those of the largest
    addon in two halves; those of other large ones; all others. The longest come first, so that
    no processor waits long for the last."""
    files = sorted(path for path in (paths.ROOT / CORE / "tests").glob("test_*.py"))
    core = [str(path.relative_to(paths.ROOT)) for path in files]
    rest = [addon for addon in paths.addons() if addon not in (CORE, *LARGE)]
    return {
        "house": ["tests"],
        "core1": core[::2],
        "core2": core[1::2],
        **{addon.rpartition("_")[2]: [f"{addon}/tests"] for addon in LARGE},
        "others": [f"{addon}/tests" for addon in rest],
    }


def _run_parts(arguments):
    """Run the parts side by side, one for each processor; return the exit code of the
    first that failed, or 0.

    Each writes into a log, which is printed when it ends; until then a line a minute tells where
    each of them is, so that what hangs is seen even if somebody else ends the run.
    """
    paths.COVERAGE.mkdir(parents=True, exist_ok=True)
    for old in paths.COVERAGE.glob("data*"):
        old.unlink()
    together = 1 if os.environ.get(pytest_run.KEEP) else max(os.cpu_count() or 1, 2)
    chosen = parts()
    logs = {name: paths.LOGS / f"test-{name}.log" for name in chosen}
    for log in logs.values():
        log.unlink(missing_ok=True)
    codes = {}
    with ThreadPoolExecutor(together) as pool:
        runs = {
            pool.submit(
                pytest_run.run,
                [*_coverage_options(), *arguments, *folders],
                database=f"test_{os.getpid()}_{name}",
                log=logs[name],
                COVERAGE_FILE=str(paths.COVERAGE / f"data.{name}"),
            ): name
            for name, folders in chosen.items()
        }
        running = set(runs)
        while running:
            ended, running = wait(running, timeout=60, return_when=FIRST_COMPLETED)
            for run in ended:
                name = runs[run]
                codes[name] = run.result()
                _tell_end(name, codes[name], logs[name])
            if running and not ended:
                say(" | ".join(_tell_place(runs[run], logs[runs[run]]) for run in running))
    return next(filter(None, (codes[name] for name in logs)), 0)


def _tell_end(name, code, log):
    if log.exists():
        print(log.read_text(errors="replace"))
        log.unlink()
    say(f"Tests of the {name}: {'passed' if not code else f'failed, exit code {code}'}")


def _tell_place(name, log):
    """Return where a part is: the test file its log told last."""
    if not log.exists():
        return f"{name}: waits"
    files = re.findall(r"^(\S+\.py) \S*", log.read_text(errors="replace"), re.MULTILINE)
    return f"{name}: {files[-1] if files else 'begins'}"


def _coverage_options():
    """Return pytest-cov's options: what is measured; the reports are made of all parts."""
    sources = [f"--cov={name}" for name in paths.addons()]
    return [*sources, "--cov-config=pyproject.toml", "--cov-report="]


def _report_coverage():
    """Join what the parts covered: totals in the terminal, a page per file; return the path of
    the report in JSON that the bars are read from."""
    report = paths.COVERAGE / "coverage.json"
    report.unlink(missing_ok=True)
    tool = [str(paths.VENV_PYTHON), "-m", "coverage"]
    for command in (
        ["combine", "--quiet", str(paths.COVERAGE)],
        ["report"],
        ["html", "--quiet"],
        ["json", "--quiet", "-o", str(report)],
    ):
        subprocess.call([*tool, *command], cwd=paths.ROOT)
    return report
