"""Whatever happens to the workers that send by WhatsApp: none is doubled, none is lost."""

import os
import random
import time
from collections import Counter

import pytest
from e2e.nursery import Nursery

from tools.doubles.whatsapp import NUMBER, SECRET, WABA, FakeGraph, make_status, wrap
from tools.house import paths, templates

COUNT = 600
KILLS = 10

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database():
    name = f"test_{os.getpid()}_whatsapp"
    templates.fresh_db(name, ["collections_whatsapp"])
    yield name
    templates.drop_db(name)


def get_opaques(graph):
    """Return our own id of each message that WhatsApp took."""
    return [message["body"]["biz_opaque_callback_data"] for message in graph.messages]


def test_workers_killed_while_they_send_double_nothing_and_a_status_settles_the_rest(database):
    rng = random.Random(5)
    with FakeGraph(auto=False) as graph, Nursery(paths.ODOO_CONF, database) as nursery:

        def do(name, **args):
            [job] = nursery.bear(database, (f"whatsapp_jobs.{name}", args))
            return job.result()

        do("build", url=graph.url, secret=SECRET, number=NUMBER, waba=WABA, count=COUNT)
        for _turn in range(KILLS):
            before = len(graph.messages)
            workers = nursery.bear(database, *[("whatsapp_jobs.deliver", {})] * 2)
            while len(graph.messages) < before + rng.randint(1, 12):
                assert any(worker.poll() is None for worker in workers), workers[0].log
                time.sleep(0.001)
            workers[0].kill()
            time.sleep(rng.random() / 10)
            workers[1].kill()
            for worker in workers:
                worker.wait()
        do("deliver")

        taken = Counter(get_opaques(graph))
        assert max(taken.values()) == 1, "a message left twice"
        contacts = {f"contact/{row['id']}": row for row in do("report")}
        states = Counter(row["state"] for row in contacts.values())
        assert states["sent"] + states["uncertain"] == COUNT, states
        # what died with a worker is in doubt, and some of it had left
        doubtful = {key for key, row in contacts.items() if row["state"] == "uncertain"}
        assert doubtful
        assert doubtful & set(taken), "no worker was killed between sending and noting"

        rows = [
            make_status(message["id"], message["to"], "delivered", opaque)
            for message, opaque in zip(graph.messages, get_opaques(graph), strict=True)
        ]
        rng.shuffle(rows)
        do("tell", body=wrap({"statuses": rows}))
        references = {
            opaque: message["id"]
            for message, opaque in zip(graph.messages, get_opaques(graph), strict=True)
        }
        for row in do("report"):
            key = f"contact/{row['id']}"
            if key in taken:
                assert (row["state"], row["reference"]) == ("delivered", references[key])
            else:  # never left: a person decides, no machine sends it again
                assert row["state"] == "uncertain", row
