"""Whatever happens to the processes of a run, no contact is lost and none is doubled."""

import os
import random
from collections import Counter
from queue import Queue

import pytest
from e2e.nursery import Nursery
from e2e.sink import Sink

from tools.house import paths, templates

WORKERS = 4
BATCH = 10
# Where each process dies: the stage, and how many moments of it may pass at most.
DEATHS = [("refresh", 8)] * 3 + [("segment", 6)] * 2 + [("plan", 60)] * 5 + [("deliver", 260)] * 7

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ledger():
    """A database with debtors of every fate, and a nursery; the tests work on copies."""
    name = f"test_{os.getpid()}_ledger"
    templates.fresh_db(name, ["collections_management"])
    try:
        with Nursery(paths.ODOO_CONF, name) as nursery:
            [build] = nursery.bear(name, ("build", {}))
            yield {**build.result(), "database": name, "nursery": nursery}
    finally:
        templates.drop_db(name)


class House:
    """A copy of the ledger, its mail server, and processes to work on it."""

    def __init__(self, ledger, suffix):
        self.ledger = ledger
        self.database = f"test_{os.getpid()}_{suffix}"
        templates.copy_db(ledger["database"], self.database)
        self.sink = Sink()
        self.sink.start()
        self.do("set_sink", port=self.sink.port)

    def bear(self, *jobs):
        return self.ledger["nursery"].bear(self.database, *jobs)

    def start(self, name, **args):
        return self.bear((name, args))[0]

    def do(self, name, **args):
        return self.start(name, **args).result()

    def press(self, button, *users):
        """Let persons press a button in one instant: ``(model, ids, method[, args])``, or each of
        them one of their own.

        :return: ``[["done" or "refused", what the person is told]]``
        """
        buttons = button if isinstance(button, list) else [button] * len(users)
        names = ("model", "ids", "method", "args")
        jobs = [
            ("press_together", {"user_id": user, **dict(zip(names, pressed, strict=False))})
            for user, pressed in zip(users, buttons, strict=True)
        ]
        return [person.result() for person in self.bear(*jobs)]

    def get_queue(self):
        """Return the e-mails to send, in the order in which they leave."""
        contacts = self.do("report")["contacts"]
        return [c for c in contacts if c["state"] == "queued" and c["channel"] == "email"]

    def send_a_batch(self):
        """Send some of the e-mails and return them as they are then."""
        before = {contact["id"] for contact in self.get_queue()}
        self.do("deliver", batch=BATCH, only_one=True)
        return [
            contact
            for contact in check_nothing_doubled(self)["contacts"]
            if contact["id"] in before and (contact["state"] != "queued" or contact["reason"])
        ]

    def close(self):
        self.sink.stop()
        templates.drop_db(self.database)


@pytest.fixture
def house(ledger):
    """A house where nothing has been done yet."""
    made = House(ledger, "house")
    yield made
    made.close()


@pytest.fixture(scope="module")
def planned_once(ledger):
    made = House(ledger, "planned")
    made.do("plan")
    yield made
    made.close()


@pytest.fixture
def planned(planned_once):
    """A house with contacts to send: each test sends another batch of them."""
    planned_once.do("let_time_pass")
    yield planned_once
    planned_once.sink.mode, planned_once.sink.plan = "ok", {}


def check_nothing_doubled(house):
    """Compare the messages at the sink with the contacts."""
    found = house.do("report")
    contacts = found["contacts"]
    speaking = [c for c in contacts if c["state"] not in ("skipped", "cancelled")]
    keys = Counter((c["case"], c["step_id"], c["cycle"]) for c in speaking)
    assert max(keys.values()) == 1, "one contact per case, step and cycle"
    arrived = Counter(house.sink.contacts)
    mails = {c["id"]: c["state"] for c in contacts if c["channel"] == "email"}
    assert set(arrived) <= set(mails), "nothing else arrived"
    for contact_id, state in mails.items():
        allowed = {"sent": (1,), "uncertain": (0, 1)}.get(state, (0,))
        assert arrived[contact_id] in allowed, f"{state}: arrived {arrived[contact_id]} times"
    assert not found["faults"], "every chain holds"
    return found


def check_nothing_lost(house):
    """Compare the contacts with who should have one, after everything was sent."""
    house.do("deliver")
    found = check_nothing_doubled(house)
    speaking = [c for c in found["contacts"] if c["state"] not in ("skipped", "cancelled")]
    partners = house.ledger["partners"]
    told = {contact["partner_id"] for contact in speaking}
    assert told == {*partners["due"], *partners["mute"]}, "nobody forgotten, nobody else told"
    assert {c["state"] for c in speaking} <= {"sent", "uncertain"}, "nothing is stuck"
    assert not any(c["claim"] for c in found["contacts"])
    return found


def test_a_run_killed_twenty_times_loses_no_contact_and_doubles_none(house):
    dice = random.Random(20)
    for stage, moments in DEATHS:
        victim = house.start("work", kill=[stage, dice.randint(1, moments)])
        assert victim.wait() == -9, f"the process was to die in {stage}: {victim.log}"
    living = Queue()
    for later in (2, 9, 17):  # killed from outside, while the server is about to answer
        number = house.sink.count + later
        house.sink.plan[number] = lambda: living.get(timeout=60).kill()
        victim = house.start("work")
        living.put(victim)
        assert victim.wait() == -9, victim.log
        assert house.sink.contacts[number - 1] in doubtful(house.do("report"))
    house.do("work")
    found = check_nothing_lost(house)
    assert [run["state"] for run in found["runs"]] == ["done"]
    assert 3 <= len(doubtful(found)) <= 10, "each death leaves at most one message in doubt"


def doubtful(found):
    return [c["id"] for c in found["contacts"] if c["state"] in ("sending", "uncertain")]


def test_four_workers_share_a_run_and_none_does_it_twice(house):
    house.do("begin")
    workers = house.bear(*[("work", {"batch": 5, "meet": True})] * WORKERS)
    done = [worker.result() for worker in workers]
    assert all(share["plan"] and share["deliver"] for share in done), "each did some of the work"
    assert not any("Traceback" in worker.log for worker in workers)
    found = check_nothing_lost(house)
    assert [run["state"] for run in found["runs"]] == ["done"]
    assert {c["state"] for c in found["contacts"]} == {"sent"}


def test_a_mail_server_that_goes_down_half_way_is_tried_again(planned):
    def go_down():
        planned.sink.mode = "gone"

    planned.sink.plan[planned.sink.count + 7] = go_down
    contacts = planned.send_a_batch()
    waiting = [contact for contact in contacts if contact["state"] == "queued"]
    assert len(contacts) - len(waiting) == 7
    assert {c["reason"] for c in waiting} == {"connection_lost", "channel_down"}
    planned.sink.stop()
    planned.do("let_time_pass")
    refused = planned.send_a_batch()
    assert {(c["state"], c["reason"]) for c in refused} == {("queued", "channel_down")}
    planned.sink.mode = "ok"
    planned.sink.start()
    planned.do("let_time_pass")
    assert {c["state"] for c in planned.send_a_batch()} == {"sent"}


def test_a_connection_lost_while_a_message_left_is_settled_by_a_person(planned):
    sink = planned.sink
    for misfortune in ("dies after data", "dies in data"):
        sink.plan[sink.count + 3] = misfortune
        planned.send_a_batch()
    found = planned.do("report")
    arrived = [id_ for id_ in doubtful(found) if id_ in sink.contacts]
    never_left = [id_ for id_ in doubtful(found) if id_ not in sink.contacts]
    assert len(arrived) == len(never_left) == 1
    planned.do("let_time_pass")
    planned.send_a_batch()
    assert doubtful(check_nothing_doubled(planned)) == doubtful(found), "not sent by itself"
    supervisor = planned.ledger["supervisor"]
    planned.do("resolve", user_id=supervisor, contact_ids=arrived, left=True)
    planned.do("resolve", user_id=supervisor, contact_ids=never_left, left=False)
    planned.send_a_batch()
    found = check_nothing_doubled(planned)
    assert not doubtful(found)
    assert found["events"][str(never_left[0])].count("sending") == 2
    assert found["events"][str(arrived[0])].count("sending") == 1


def test_an_invoice_paid_between_plan_and_deliver_is_skipped_and_says_so(planned):
    queued = planned.get_queue()
    now, later = queued[0], queued[BATCH + 1]
    planned.do("pay", partner_ids=[now["partner_id"]])
    planned.sink.plan[planned.sink.count + 5] = lambda: planned.do(
        "pay", partner_ids=[later["partner_id"]]
    )
    contacts = planned.send_a_batch() + planned.send_a_batch()
    skipped = [contact for contact in contacts if contact["state"] == "skipped"]
    assert {c["id"] for c in skipped} == {now["id"], later["id"]}
    assert {c["reason"] for c in skipped} == {"paid"}
    assert all("paid" in contact["reason_text"] for contact in skipped)
    events = planned.do("report")["events"]
    assert {events[str(contact["id"])][-1] for contact in skipped} == {"skipped"}


def test_a_colleague_writing_on_the_case_while_its_message_leaves_puts_nothing_in_doubt(planned):
    def write_on_the_case():
        planned.do("note", contact_id=planned.sink.contacts[-1])

    first = planned.sink.count + 1
    planned.sink.plan = dict.fromkeys((first, first + 1, first + 7), write_on_the_case)
    assert {c["state"] for c in planned.send_a_batch()} == {"sent"}


def test_a_debtor_paused_while_the_batch_leaves_is_not_told(planned):
    queued = planned.get_queue()
    last = queued[BATCH - 1]["id"]
    planned.sink.plan[planned.sink.count + 2] = lambda: planned.do("pause", contact_id=last)
    contacts = planned.send_a_batch()
    skipped = [contact for contact in contacts if contact["state"] != "sent"]
    assert [(c["id"], c["state"], c["reason"]) for c in skipped] == [(last, "skipped", "held")]


def test_four_deliverers_share_the_contacts(house):
    house.do("plan")
    workers = house.bear(*[("deliver", {"batch": 5, "meet": True})] * WORKERS)
    done = [worker.result() for worker in workers]
    assert all(share["deliver"] for share in done)
    found = check_nothing_lost(house)
    assert sum(share["deliver"] for share in done) == len(found["contacts"])
    assert {c["state"] for c in found["contacts"]} == {"sent"}


def test_what_a_colleague_has_in_hand_stops_nobody(planned):
    waiting = planned.get_queue()
    busy, free = planned.bear(("take_tasks_in_hand", {}), ("deliver_beside", {}))
    assert free.result()["deliver"] == len(waiting) > 0
    busy.result()
    assert not planned.get_queue()
