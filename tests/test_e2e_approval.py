"""Two persons who press the button in one instant count as two, one who presses twice as one."""

import pytest
from test_e2e_crash import house, ledger  # noqa: F401

pytestmark = pytest.mark.slow


def approve_together(house, contacts, *users):  # noqa: F811
    """Let persons press the button in one instant; return what each is told."""
    pressed = house.press(("collections.contact", contacts, "action_approve"), *users)
    return [told for _done, told in pressed]


def test_two_managers_who_approve_at_once_are_two(house):  # noqa: F811
    house.do("plan")
    contacts, (maker, checker) = house.do("need_two", count=20)
    told = approve_together(house, contacts, maker, checker)
    assert sorted(text.split(" ")[1] for text in told) == ["approved:", "wait"], told
    for state, first, second, logged in house.do("tell_approvals", contact_ids=contacts):
        assert state == "queued"
        assert {first, second} == {maker, checker} == set(logged)
    assert not house.do("report")["faults"]


def test_one_manager_who_approves_twice_at_once_is_one(house):  # noqa: F811
    house.do("plan")
    contacts, (maker, _checker) = house.do("need_two", count=20)
    told = sorted(approve_together(house, contacts, maker, maker))
    assert "wait for a second person" in told[0], told
    assert "You approved these already (20)" in told[1], told
    for state, first, second, logged in house.do("tell_approvals", contact_ids=contacts):
        assert (state, first, second, set(logged)) == ("awaiting", maker, False, {maker})
    house.do("deliver")
    assert not set(house.sink.contacts) & set(contacts), "nothing of it left"
