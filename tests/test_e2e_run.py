"""Several processes start and end one run: there is never a second one, and none ends too soon."""

from queue import Queue

import pytest
from test_e2e_crash import House, check_nothing_lost, house, ledger  # noqa: F401  (fixtures)

STARTERS = 4

pytestmark = pytest.mark.slow


def test_runs_started_in_the_same_instant_are_one_run(house):  # noqa: F811
    starters = house.bear(*[("begin_together", {})] * STARTERS)
    started = [starter.result() for starter in starters]
    assert len({run for run, _count in started}) == 1, "the losers get the winner's run"
    assert {count for _run, count in started} == {1}
    assert not any("ERROR" in starter.log for starter in starters), "nobody was refused"
    assert house.do("begin") == started[0][0]


def test_an_idle_worker_does_not_end_a_run_whose_last_batch_still_leaves(house):  # noqa: F811
    found = Queue()
    house.sink.plan[house.sink.count + 5] = lambda: found.put(house.do("look_in"))
    worker = house.start("work", batch=1000)  # all it sends is one batch, its last
    assert found.get(timeout=120) == [False, "running"], "somebody else is still sending"
    worker.result()
    [run] = check_nothing_lost(house)["runs"]
    assert (run["state"], run["stage"]) == ("done", "done"), "who sends last ends it"


def test_a_run_whose_sender_died_is_ended_by_the_next_worker(house):  # noqa: F811
    victim = house.start("work", batch=1000, kill=["deliver", 200])
    assert victim.wait() == -9, victim.log
    assert house.do("look_in") == [True, "done"]
    check_nothing_lost(house)
