"""A run of all tests fails when too little is covered."""

import json

import pytest

from tools.house import coverage_bars, paths, pytest_run, test_run


def make_file(covered, lines, missing_lines=(), missing_branches=()):
    return {
        "summary": {"covered_lines": covered, "num_statements": lines},
        "missing_lines": list(missing_lines),
        "missing_branches": [list(branch) for branch in missing_branches],
    }


GOOD = {"a/engine/x.py": make_file(10, 10), "a/models/y.py": make_file(82, 90)}
CASES = [
    ({}, []),
    ({"a/engine/x.py": make_file(9, 10, missing_lines=[7])}, ["a/engine/x.py is under 100 %: 7"]),
    (
        {"a/engine/x.py": make_file(10, 10, missing_branches=[(3, 5), (4, -1)])},
        ["a/engine/x.py is under 100 %: 3->5, 4->-1"],
    ),
    ({"b/engine/x.py": make_file(0, 10, missing_lines=[1])}, []),
    (
        {"a/models/y.py": make_file(79, 90)},
        ["a has 89.0 % of its lines covered, less than 90 %"],
    ),
]


@pytest.mark.parametrize(("changes", "faults"), CASES)
def test_what_is_under_its_bar_is_named(tmp_path, changes, faults):
    report = tmp_path / "coverage.json"
    report.write_text(json.dumps({"files": GOOD | changes}))
    assert coverage_bars.check(report, ["a"]) == faults


def test_an_addon_that_was_not_measured_is_named(tmp_path):
    report = tmp_path / "coverage.json"
    assert coverage_bars.check(report, ["a"]) == [
        "nothing was measured: the report of the coverage is not there"
    ]
    report.write_text(json.dumps({"files": GOOD}))
    assert coverage_bars.check(report, ["a", "b"]) == [
        "b has 0.0 % of its lines covered, less than 90 %"
    ]


@pytest.mark.parametrize(("tests", "covered", "code"), [(0, 100, 0), (0, 50, 1), (2, 100, 2)])
def test_a_run_of_all_tests_fails_by_it(monkeypatch, tmp_path, tests, covered, code):
    def run(options):
        [report] = [option for option in options if option.startswith("--cov-report=json:")]
        files = {f"{addon}/models/x.py": make_file(covered, 100) for addon in paths.addons()}
        (tmp_path / "coverage.json").write_text(json.dumps({"files": files}))
        assert report == f"--cov-report=json:{tmp_path / 'coverage.json'}"
        return tests

    monkeypatch.setattr(paths, "COVERAGE", tmp_path)
    monkeypatch.setattr(test_run, "_lint", lambda _run_id: None)
    monkeypatch.setattr(test_run.machine, "ensure", lambda: None)
    monkeypatch.setattr(test_run.templates, "ensure_template", lambda _addons: None)
    monkeypatch.setattr(pytest_run, "run", run)
    monkeypatch.setenv("COLLECTIONS_RUN_ID", "kept")
    assert test_run.run([]) == code
