"""The guards of the test run: an unexpected log line and a skipped test are failures."""

import subprocess
import sys

import pytest

from tools.house import logwatch, paths

LOGGING = "import logging\nimport unittest\nlog = logging.getLogger('odoo.addons.x')\n"


def outcome(tmp_path, body):
    """Run pytest with only our guards on one file; return (exit code, output)."""
    (tmp_path / "test_x.py").write_text(LOGGING + body)
    guards = ["-p", "tools.pytest_plugins.log_guard", "-p", "tools.pytest_plugins.skip_guard"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:odoo", "-p", "no:cacheprovider", *guards, "."],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        env={"PYTHONPATH": str(paths.ROOT), "PATH": "/usr/bin:/bin"},
    )
    return done.returncode, done.stdout


def test_a_logged_warning_fails_the_test_that_let_it(tmp_path):
    code, output = outcome(tmp_path, "def test_a():\n    log.warning('lost %s', 3)\n")
    assert code == 1
    assert "WARNING odoo.addons.x: lost 3" in output
    assert "1 failed" in output


def test_an_expected_warning_is_fine(tmp_path):
    code, output = outcome(
        tmp_path,
        "class TestA(unittest.TestCase):\n    def test_a(self):\n"
        "        with self.assertLogs('odoo.addons.x', 'WARNING'):\n"
        "            log.warning('expected')\n",
    )
    assert (code, "1 passed" in output) == (0, True), output


def test_a_warning_outside_tests_fails_the_run(tmp_path):
    code, output = outcome(tmp_path, "log.error('at import')\ndef test_a():\n    pass\n")
    assert code == 1
    assert "ERROR odoo.addons.x: at import" in output


@pytest.mark.parametrize(
    ("reason", "code"), [("no browser", 1), ("credentials: set X_TOKEN to run it", 0)]
)
def test_a_skip_fails_unless_it_lacks_credentials(tmp_path, reason, code):
    found, output = outcome(tmp_path, f"def test_a():\n    raise unittest.SkipTest('{reason}')\n")
    assert found == code, output


INSTALLATION = """\
2026-01-01 10:00:00,000 7 INFO db odoo.modules.loading: loading
2026-01-01 10:00:00,001 7 WARNING db odoo.addons.x: Missing `_description`
2026-01-01 10:00:00,002 7 ERROR db odoo.sql_db: bad query
Traceback (most recent call last):
ValueError
2026-01-01 10:00:00,003 7 INFO ? odoo: WARNING is only a word here
"""


def test_an_installation_log_is_read_with_its_tracebacks():
    found = logwatch.problems(INSTALLATION)
    assert [line.splitlines()[-1] for line in found] == [
        "2026-01-01 10:00:00,001 7 WARNING db odoo.addons.x: Missing `_description`",
        "ValueError",
    ]
