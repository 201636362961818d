"""Every linter, each one command; run together, told one by one."""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import node, paths
from .shell import say

STYLED = (".js", ".mjs", ".json", ".scss", ".xml", ".yaml", ".yml")
NOT_CHECKED = (
    "missing-readme",  # README.rst is generated from readme/ when a release is made
    "consider-merging-classes-inherited",  # each channel adapter extends the model in its own file
)
RESULTS = paths.LOCAL / "lint"


def commands(*, fix=False):
    """Return {name: command} of the linters that have something to read."""
    venv = paths.VENV / "bin"
    prettier = [node.program("prettier"), "--write" if fix else "--check", "--log-level=warn"]
    cache = paths.LOCAL / "prettier.cache"  # left to itself it makes a node_modules here
    prettier += ["--cache", "--cache-strategy=content", f"--cache-location={cache}"]
    plugin = paths.NODE / "node_modules/@prettier/plugin-xml/src/plugin.js"
    found = {
        "ruff check": [venv / "ruff", "check", "--quiet", *(["--fix"] if fix else []), "."],
        "ruff format": [venv / "ruff", "format", "--quiet", *([] if fix else ["--check"]), "."],
    }
    styled = _files(STYLED)
    if styled:
        found["prettier"] = [*prettier, f"--plugin={plugin}", *styled]
    scripts = [name for name in _files((".js",)) if "/static/" in name]
    if scripts:
        found["eslint"] = [node.program("eslint"), *(["--fix"] if fix else []), *scripts]
    if paths.addons() and not fix:
        options = ["--rcfile=.pylintrc", f"--disable={','.join(NOT_CHECKED)}"]
        found["pylint-odoo"] = [venv / "pylint", *options, *paths.addons()]
    return {name: [str(part) for part in command] for name, command in found.items()}


def _files(suffixes):
    """Return the files with these suffixes that git knows or would add."""
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=paths.ROOT,
        text=True,
    )
    return sorted(
        name
        for name in set(listed.splitlines())
        if name.endswith(suffixes) and (paths.ROOT / name).is_file()
    )


def run_one(name):
    """Run one linter; return its result as a dict."""
    started = time.monotonic()
    done = subprocess.run(
        commands()[name],
        cwd=paths.ROOT,
        env=node.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    return {"code": done.returncode, "output": done.stdout + done.stderr, "seconds": seconds}


def run_all(run_id=None):
    """Run every linter on both cores; return whether all pass.

    With a run id the results are kept for `tests/test_house_lint.py`, which then tells
    them as tests of this run instead of making them again.
    """
    node.ensure()
    names = list(commands())
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results = dict(zip(names, pool.map(run_one, names), strict=True))
    for name, result in results.items():
        say(f"  {'x' if result['code'] else '+'} {name} ({result['seconds']:.0f} s)")
        if result["code"]:
            say(result["output"].rstrip())
    if run_id:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{run_id}.json").write_text(json.dumps(results))
    return not any(result["code"] for result in results.values())


def result_of(name):
    """Return the result of one linter in this test run, running it when there is none."""
    kept = RESULTS / f"{os.environ.get('COLLECTIONS_RUN_ID')}.json"
    if kept.exists():
        return json.loads(kept.read_text())[name]
    return run_one(name)


def apply():
    """Apply the formatters and what linters can repair; return the exit code."""
    node.ensure()
    for command in commands(fix=True).values():
        subprocess.call(command, cwd=paths.ROOT, env=node.environment())
    return 0 if run_all() else 1
