"""A skipped test is a hole: it fails the run, unless it lacks an optional credential.

Such a test skips with a reason that starts with "credentials:" and names what to set.
"""

import pytest

TOLERATED = "credentials:"


class SkipGuard:
    """Remembers the skips without a good reason."""

    def __init__(self):
        self.holes = []

    def pytest_runtest_logreport(self, report):
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report)

    def pytest_collectreport(self, report):
        if report.skipped:
            self._note(report)

    def _note(self, report):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not reason.startswith(TOLERATED):
            self.holes.append(f"{report.nodeid}: {reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if self.holes and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if self.holes:
            terminalreporter.section("skipped: the run fails", red=True)
            for line in self.holes:
                terminalreporter.line(line)


def pytest_configure(config):
    config.pluginmanager.register(SkipGuard(), "collections-skip-guard")
