"""Fail a test that lets Odoo log a warning or an error nobody expected.

A test that provokes a message says so with `assertLogs` or `mute_logger`: such
records never reach the root logger. What is logged outside any test (import,
loading of the registry) fails the run at its end.
"""

import logging

import pytest

from tools.house.logwatch import is_allowed


class Collector(logging.Handler):
    """Keeps the records that nobody expected."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.found = []
        self.outside = []

    def emit(self, record):
        message = record.getMessage()
        if not is_allowed(record.name, message):
            if record.exc_info:
                message = f"{message}\n{logging.Formatter().formatException(record.exc_info)}"
            self.found.append(f"{record.levelname} {record.name}: {message}")

    def take(self):
        """Return what was found since the last time, and forget it."""
        found, self.found = self.found, []
        return found


class LogGuard:
    """The plugin: one collector on the root logger for the whole run."""

    def __init__(self):
        self.collector = Collector()
        logging.getLogger().addHandler(self.collector)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self):
        self.collector.outside += self.collector.take()
        yield
        self.collector.outside += self.collector.take()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self):
        report = (yield).get_result()
        found = self.collector.take()
        if found and report.passed:
            report.outcome = "failed"
            report.longrepr = "Logged and not expected by the test:\n" + "\n".join(found)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        self.collector.outside += self.collector.take()
        if self.collector.outside and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if self.collector.outside:
            terminalreporter.section("logged outside any test: the run fails", red=True)
            for line in self.collector.outside:
                terminalreporter.line(line)

    def pytest_unconfigure(self):
        logging.getLogger().removeHandler(self.collector)


def pytest_configure(config):
    config.pluginmanager.register(LogGuard(), "collections-log-guard")
