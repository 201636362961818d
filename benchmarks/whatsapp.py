"""`python -m benchmarks.whatsapp`: webhooks accepted, statuses worked on, messages sent.

Against the fake Graph API of `tools/doubles`, on a database of its own. The bars: a body of 1,000
statuses is accepted in under 250 ms, one worker does 500 statuses a second, two workers send 80
messages a second.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.e2e import whatsapp_jobs
from tools.doubles.whatsapp import NUMBER, SECRET, WABA, FakeGraph, make_status, wrap
from tools.house import paths, postgres, templates

from .database import environment

DATABASE = "bn_whatsapp"


def prepare(url, count):
    """Make a company with an account, and so many debtors with a contact that is to leave."""
    templates.fresh_db(DATABASE, ["collections_whatsapp"])
    with environment(DATABASE) as env:
        whatsapp_jobs.build(env, url=url, secret=SECRET, number=NUMBER, waba=WABA, count=count)


def send():
    """Send what waits, as one worker of several does."""
    with environment(DATABASE) as env:
        whatsapp_jobs.deliver(env)


def measure_sending(graph, workers):
    """Return messages a second of so many workers, and how many messages went twice."""
    command = [str(paths.VENV_PYTHON), "-m", "benchmarks.whatsapp", "--send"]
    env = os.environ | postgres.environment()
    running = [subprocess.Popen(command, cwd=paths.ROOT, env=env) for _n in range(workers)]
    while not graph.messages:
        time.sleep(0.02)
    begun = time.monotonic()
    for process in running:
        process.wait()
    seconds = time.monotonic() - begun
    ids = [message["body"]["biz_opaque_callback_data"] for message in graph.messages]
    return len(ids) / seconds, len(ids) - len(set(ids))


def get_bodies(states):
    """Return webhooks of up to 1,000 statuses each of everything that was sent."""
    with environment(DATABASE) as env:
        rows = env["collections.contact"].search_read([("reference", "!=", False)], ["reference"])
    bodies = []
    for state in states:
        statuses = [make_status(row["reference"], "51", state) for row in rows]
        bodies += [
            wrap({"statuses": statuses[n : n + 1000]}) for n in range(0, len(statuses), 1000)
        ]
    return bodies


@contextmanager
def run_odoo(cron_threads):
    """Run Odoo on the database; yield a function that posts a signed body and returns seconds."""
    from odoo.addons.collections_whatsapp.engine.signature import sign

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(str(paths.VENV_PYTHON), "-m", "odoo", "-c", str(paths.ODOO_CONF), "-d", DATABASE),
            *("--http-port", str(port), f"--max-cron-threads={cron_threads}", "--log-level=warn"),
            *("--db-filter", f"^{DATABASE}$"),
        ],
        env=os.environ | postgres.environment(),
    )
    url = f"http://127.0.0.1:{port}/collections_whatsapp/webhook/{whatsapp_jobs.KEY}"

    def post(body):
        raw = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(raw, SECRET)}
        begun = time.monotonic()
        request = urllib.request.Request(url, raw, headers)
        with urllib.request.urlopen(request) as answer:  # noqa: S310  (this machine)
            assert answer.status == 200
        return time.monotonic() - begun

    try:
        _wait_for(port)
        post(wrap({"statuses": []}))  # loads the registry
        yield post
    finally:
        server.terminate()
        server.wait(30)


def measure_accepting(bodies):
    """Return the median and the longest seconds in which a running Odoo takes a body."""
    with run_odoo(cron_threads=0) as post:
        times = [post(body) for body in bodies]
    return statistics.median(times), max(times)


def get_stream(seconds, rate):
    """Return webhooks of 1 to 50 statuses, so many statuses a second: three of each message, in
    any order, one in twenty told twice."""
    rng = random.Random(5)
    with environment(DATABASE) as env:
        env.cr.execute(
            "UPDATE collections_contact SET state = 'sent', sent_on = now(),"
            " reference = 'wamid.bench' || id RETURNING reference"
        )
        references = [row[0] for row in env.cr.fetchall()]
        env.cr.commit()
    states = ("sent", "delivered", "read")
    rows = [make_status(key, "51", state) for key in references for state in states]
    rows += rng.sample(rows, len(rows) // 20)
    rng.shuffle(rows)
    rows = rows[: seconds * rate]
    bodies = []
    while rows:
        size = rng.randint(1, 50)
        bodies.append(wrap({"statuses": rows[:size]}))
        rows = rows[size:]
    return bodies


def measure_sustained(seconds, rate):
    """Post statuses at a rate to an Odoo that works on them in one job thread meanwhile.

    :return: ``(statuses a second posted, longest seconds of an answer, seconds after the last one
        until all was worked on, contacts that are not what they were told last)``
    """
    bodies = get_stream(seconds, rate)
    count = sum(len(get_statuses(body)) for body in bodies)
    with run_odoo(cron_threads=1) as post, ThreadPoolExecutor(8) as pool:
        begun, posted, jobs = time.monotonic(), 0, []
        for body in bodies:
            time.sleep(max(0, begun + posted / rate - time.monotonic()))
            jobs.append(pool.submit(post, body))
            posted += len(get_statuses(body))
        longest = max(job.result() for job in jobs)
        ended = time.monotonic()
        while _count_waiting():
            time.sleep(0.2)
        late = time.monotonic() - ended
    return count / (ended - begun), longest, late, _count_wrong(bodies)


def get_statuses(body):
    return body["entry"][0]["changes"][0]["value"].get("statuses") or []


def _count_waiting():
    with environment(DATABASE) as env:
        return env["collections.whatsapp.event"].search_count([("state", "=", "new")])


def _count_wrong(bodies):
    """Return how many contacts are not at the latest state told, or logged one of them twice."""
    order = ("sent", "delivered", "read")
    told = {}
    for body in bodies:
        for row in get_statuses(body):
            told[row["id"]] = max(told.get(row["id"], 0), order.index(row["status"]))
    with environment(DATABASE) as env:
        contacts = env["collections.contact"].search_read(
            [("reference", "like", "wamid.bench%")], ["reference", "state"]
        )
        env.cr.execute(
            "SELECT count(*) FROM (SELECT FROM collections_log WHERE event IN ('delivered', 'read')"
            " GROUP BY contact_id, event HAVING count(*) > 1) AS twice"
        )
        [twice] = env.cr.fetchone()
    wrong = [row for row in contacts if row["state"] != order[told.get(row["reference"], 0)]]
    return len(wrong) + twice


def _wait_for(port):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.3)
    raise RuntimeError("Odoo does not start")


def measure_working():
    """Return statuses a second of one worker, and how many contacts are read after it."""
    with environment(DATABASE) as env:
        events = env["collections.whatsapp.event"]
        count = sum(
            len(get_statuses(json.loads(event.body)))
            for event in events.search([("state", "=", "new")])
        )
        env.cr.commit()
        begun = time.monotonic()
        events._cron_process()
        seconds = time.monotonic() - begun
        read = env["collections.contact"].search_count([("state", "=", "read")])
    return count / seconds, read


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whatsapp", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="debtors")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sustain", type=int, default=0, help="seconds of 500 statuses each")
    parser.add_argument("--send", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.send:
        send()
        return 0
    if options.sustain:
        return _judge_sustained(options.sustain)
    with FakeGraph(auto=False) as graph:
        prepare(graph.url, options.count)
        speed, twice = measure_sending(graph, options.workers)
    print(f"sent: {speed:.0f} a second by {options.workers} workers, {twice} twice")
    bodies = get_bodies(["delivered", "sent", "read"])
    median, longest = measure_accepting(bodies)
    print(f"accepted: {median * 1000:.0f} ms for 1,000 statuses, {longest * 1000:.0f} at most")
    worked, read = measure_working()
    print(f"worked on: {worked:.0f} statuses a second by one worker; {read} read")
    kept = speed >= 76 and not twice and median < 0.25 and worked >= 500 and read == options.count
    return _tell(kept)


def _judge_sustained(seconds):
    rate = 500
    prepare("http://127.0.0.1:1", seconds * rate // 3)
    speed, longest, late, wrong = measure_sustained(seconds, rate)
    print(
        f"sustained: {speed:.0f} statuses a second for {seconds} s, longest answer"
        f" {longest * 1000:.0f} ms, all worked on {late:.1f} s after the last; {wrong} wrong"
    )
    return _tell(speed >= rate * 0.98 and longest < 5 and late < 10 and not wrong)


def _tell(kept):
    print("all bars kept" if kept else "a bar is not kept")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
