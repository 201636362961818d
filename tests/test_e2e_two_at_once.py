"""Two persons decide one thing in one instant: one of them does it, the other is told so, and the
log of the case holds. Both are processes of their own, and neither sees what the other began."""

import base64
from datetime import date, timedelta

import pytest
from test_e2e_crash import House, ledger  # noqa: F401

COPY = base64.b64encode(b"%PDF-1.4 signed").decode()
SUPERUSER = 1  # as which the page of the portal signs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(ledger):  # noqa: F811
    """A house in which one of each thing waits for a decision; each test decides another one."""
    house = House(ledger, "desk")
    house.waiting = house.do("desk.prepare")
    yield house
    house.close()


def press(desk, button, *users):
    """Let two press in one instant; return what is told to the one who was refused."""
    pressed = desk.press(button, *(users or desk.waiting["deciders"]))
    assert sorted(word for word, _told in pressed) == ["done", "refused"], pressed
    return dict(pressed)["refused"]


def tell(desk, model, name, fields):
    """Return fields of what was decided, and how often each event was logged about its case."""
    found = desk.do("desk.tell", model=model, ids=[desk.waiting[name]], names=fields)
    assert not found["faults"]
    return found["fields"], found["events"]


def test_two_promises_about_one_receivable(desk):
    values = {
        "case_id": desk.waiting["case"],
        "line_ids": [[6, 0, [desk.waiting["line"]]]],
        "date_due": str(date.today() + timedelta(days=3)),
    }
    told = press(desk, ("collections.promise", [], "create", [[values]]))
    assert "has recorded a promise about the same receivables" in told
    found, events = tell(desk, "collections.case", "case", ["promise_ids"])
    assert len(found["promise_ids"]) == events.count("promise_made") == 1


def test_two_approvals_of_one_promise(desk):
    told = press(desk, ("collections.promise", [desk.waiting["promise"]], "action_approve"))
    assert "does not wait for approval any more" in told
    found, events = tell(desk, "collections.promise", "promise", ["state", "hold_ids"])
    assert found["state"] == "open"
    assert len(found["hold_ids"]) == events.count("promise_approved") == 1


def test_one_dispute_found_right_and_not_right(desk):
    ids = [desk.waiting["dispute"]]
    told = press(
        desk,
        [
            ("collections.dispute", ids, "_accept", [50, "He is right for a half"]),
            ("collections.dispute", ids, "_reject", ["He is not right"]),
        ],
    )
    assert "not open any more" in told or "is deciding" in told
    found, events = tell(desk, "collections.dispute", "dispute", ["state", "refund_ids"])
    accepted = found["state"] == "accepted"
    assert len(found["refund_ids"]) == events.count("dispute_accepted") == accepted
    assert events.count("dispute_rejected") == (not accepted)


def test_one_agreement_signed_on_our_page_and_on_paper(desk):
    ids = [desk.waiting["agreement"]]
    told = press(
        desk,
        [
            ("collections.agreement", ids, "action_accept_copy", ["María", COPY, "signed.pdf"]),
            ("collections.agreement", ids, "_accept", ["María", "portal"]),
        ],
        desk.waiting["deciders"][0],
        SUPERUSER,
    )
    assert "by now: open it again" in told or "is working on this debt" in told
    found, events = tell(desk, "collections.agreement", "agreement", ["state", "hold_ids"])
    assert found["state"] == "active"
    assert len(found["hold_ids"]) == events.count("agreement_accepted") == 1
    assert events.count("promise_made") == 2, "one for each instalment"


def test_two_approvals_of_one_write_off(desk):
    told = press(desk, ("collections.write.off", [desk.waiting["write_off"]], "action_approve"))
    assert "already" in told or "is working on this debt" in told
    found, events = tell(desk, "collections.write.off", "write_off", ["state", "move_id"])
    assert found["state"] == "posted"
    assert events.count("written_off") == 1
    assert found["move_id"]


def test_a_webhook_deleted_while_it_is_told(desk):
    pressed = desk.press(
        [
            ("collections.webhook", [desk.waiting["webhook"]], "unlink"),
            ("collections.case", [desk.waiting["told"]], "_log", ["promise_made", {}]),
        ],
        SUPERUSER,
        SUPERUSER,
    )
    assert [word for word, _told in pressed] == ["done", "done"], pressed
    _found, events = tell(desk, "collections.case", "told", ["state"])
    assert events.count("promise_made") == 1


def test_two_releases_of_one_credit_hold(desk):
    told = press(desk, ("collections.credit.release", [desk.waiting["release"]], "action_approve"))
    assert "decided this request already" in told
    found, events = tell(desk, "collections.credit.release", "release", ["state"])
    assert found["state"] == "approved"
    assert events.count("credit_released") == events.count("credit_approved") == 1
