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


CORE = paths.ROOT / test_run.CORE / "tests"


@pytest.fixture
def house(monkeypatch, tmp_path):
    """Let nothing really run: only what is asked of whom is looked at."""
    monkeypatch.setattr(paths, "COVERAGE", tmp_path / "coverage")
    monkeypatch.setattr(paths, "LOGS", tmp_path)
    monkeypatch.setattr(test_run, "_lint", lambda _run_id: None)
    monkeypatch.setattr(test_run.machine, "ensure", lambda: None)
    monkeypatch.setattr(test_run.templates, "ensure_tests_template", lambda _addons: None)
    monkeypatch.setenv("COLLECTIONS_RUN_ID", "kept")


@pytest.mark.parametrize(
    ("addons", "tests", "covered", "code"),
    [(0, 0, 100, 0), (0, 0, 50, 1), (2, 0, 100, 2), (0, 3, 100, 3), (2, 3, 50, 3)],
)
def test_a_run_of_all_tests_fails_by_any_part_and_by_its_coverage(
    house, monkeypatch, tmp_path, capsys, addons, tests, covered, code
):
    def run(options, *, database, log, **_variables):
        log.write_text(f"what {database} said")
        return tests if database.endswith("_house") else addons

    report = tmp_path / "report.json"
    files = {f"{addon}/models/x.py": make_file(covered, 100) for addon in paths.addons()}
    report.write_text(json.dumps({"files": files}))
    monkeypatch.setattr(test_run, "_report_coverage", lambda: report)
    monkeypatch.setattr(pytest_run, "run", run)
    assert test_run.run([]) == code
    said = capsys.readouterr().out
    for name in test_run.parts():
        assert said.count(f"_{name} said") == 1
        assert f"Tests of the {name}: " in said


def test_each_part_has_a_database_and_a_measure_of_its_own_and_all_tests_are_in_one(
    house, monkeypatch, tmp_path
):
    calls = []
    monkeypatch.setattr(
        pytest_run, "run", lambda options, **given: calls.append((options, given)) or 0
    )
    monkeypatch.setattr(test_run, "_report_coverage", lambda: tmp_path / "none")
    test_run.run(["-x"])
    assert len({given["database"] for _options, given in calls}) == len(calls) > 1
    assert len({given["COVERAGE_FILE"] for _options, given in calls}) == len(calls)
    assert all("-x" in options for options, _given in calls)
    asked = [folder for options, _given in calls for folder in options if folder[0] != "-"]
    core = {f"{file.parent.parent.name}/tests/{file.name}" for file in CORE.glob("test_*.py")}
    others = {f"{addon}/tests" for addon in paths.addons()} - {f"{CORE.parent.name}/tests"}
    assert sorted(asked) == sorted({"tests", *core, *others})


def test_where_a_part_is_can_be_told_while_it_runs(tmp_path):
    log = tmp_path / "test-some.log"
    assert test_run._tell_place("some", log) == "some: waits"
    log.write_text("collected 3 items\n")
    assert test_run._tell_place("some", log) == "some: begins"
    log.write_text("collected 3 items\n\ntests/test_a.py ..   [ 60%]\ntests/test_b.py .")
    assert test_run._tell_place("some", log) == "some: tests/test_b.py"
