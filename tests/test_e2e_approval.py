"""Two persons who press the button in one instant count as two, one who presses twice as one."""

import pytest
from test_e2e_crash import house, ledger  # noqa: F401

pytestmark = pytest.mark.slow


def test_two_managers_who_approve_at_once_are_two(house):  # noqa: F811
    house.do("plan")
    contacts, (maker, checker) = house.do("need_two", count=20)
    pressed = house.bear(
        *[("approve_together", {"user_id": user, "contact_ids": contacts})
          for user in (maker, checker)]
    )  # fmt: skip
    told = [person.result() for person in pressed]
    assert sorted(text.split(" ")[1] for text in told) == ["approved:", "wait"], told
    for state, first, second, logged in house.do("tell_approvals", contact_ids=contacts):
        assert state == "queued"
        assert {first, second} == {maker, checker} == set(logged)
    assert not house.do("report")["faults"]


def test_one_manager_who_approves_twice_at_once_is_one(house):  # noqa: F811
    house.do("plan")
    contacts, (maker, _checker) = house.do("need_two", count=20)
    pressed = house.bear(*[("approve_together", {"user_id": maker, "contact_ids": contacts})] * 2)
    told = sorted(person.result() for person in pressed)
    assert "wait for a second person" in told[0], told
    assert "You approved these already (20)" in told[1], told
    for state, first, second, logged in house.do("tell_approvals", contact_ids=contacts):
        assert (state, first, second, set(logged)) == ("awaiting", maker, False, {maker})
    house.do("deliver")
    assert not set(house.sink.contacts) & set(contacts), "nothing of it left"
