"""Odoo's own tests pass with our addons as without: a quick part, all by `tests.odoo_suites`."""

import pytest

from tests import odoo_suites

STAMP = "2026-01-01 10:00:00,000 7"
LOG = f"""\
{STAMP} INFO db odoo.addons.sms.tests.test_a: Starting TestA.test_one ...
{STAMP} INFO db odoo.addons.sms.tests.test_a: Starting TestA.test_two ...
{STAMP} ERROR db odoo.addons.sms.tests.test_a: FAIL: TestA.test_two
Traceback (most recent call last):
{STAMP} ERROR db odoo.addons.sms.tests.test_a: ERROR: Subtest TestA.test_one (x=1)
{STAMP} INFO db odoo.addons.sms.tests.test_a: skipped TestA.test_two : no browser
{STAMP} ERROR db odoo.tests.suite: ERROR: setUpClass (odoo.addons.mail.tests.test_b.TestB)
"""


def test_a_log_tells_what_ran_and_what_failed():
    assert odoo_suites.read(LOG) == {
        "ran": ["sms.TestA.test_one", "sms.TestA.test_two"],
        "failed": ["mail.tests.test_b.TestB", "sms.TestA.test_one", "sms.TestA.test_two"],
        "skipped": ["sms.TestA.test_two"],
    }


def test_only_what_our_addons_break_or_silence_counts():
    without = {"ran": ["a", "b", "c"], "failed": ["a"], "skipped": []}
    ours = {"ran": ["a", "b"], "failed": ["a", "b"], "skipped": []}
    assert odoo_suites.compare(without, ours) == {"broken": ["b"], "silenced": ["c"]}
    assert odoo_suites.compare(without, without) == {"broken": [], "silenced": []}
    skipping = {"ran": ["a", "b", "c"], "failed": ["a"], "skipped": ["b"]}
    assert odoo_suites.compare(without, skipping)["silenced"] == ["b"]


@pytest.mark.slow
def test_a_quick_part_of_odoos_tests_fails_no_more_with_our_addons():
    found = odoo_suites.run(odoo_suites.FAST, keep=False)
    assert len(found["with"]["ran"]) > 30, "next to nothing ran"
    assert (found["broken"], found["silenced"]) == ([], [])
