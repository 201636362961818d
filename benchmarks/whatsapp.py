"""`python -m benchmarks.whatsapp`: webhooks accepted, statuses worked on, messages sent.

Against the fake Graph API of `tools/doubles`, on a database of its own. The bars: a body of 1,000
statuses is accepted in under 250 ms, one worker does 500 statuses a second, two workers send 80
messages a second.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

from tools.doubles.whatsapp import NUMBER, SECRET, WABA, FakeGraph, make_status, wrap
from tools.house import paths, postgres, templates

from .database import environment

DATABASE = "bn_whatsapp"
KEY = "benchmark"
BODY = "Hola {{1}}, tienes una cuenta por pagar desde hace algunos días."


def prepare(url, count):
    """Make a company with an account, and so many debtors with a contact that is to leave."""
    templates.fresh_db(DATABASE, ["collections_whatsapp"])
    with environment(DATABASE) as env:
        company = env.company
        company.write({"collections_safe_mode": False, "collections_active": True})
        env["collections.contact.rule"].search([("active", "=", True)]).active = False
        account = env["collections.whatsapp.account"].create(
            {
                "name": "Benchmark",
                "phone_number_id": NUMBER,
                "waba_id": WABA,
                "token": "token",
                "app_secret": SECRET,
                "webhook_key": KEY,
                "base_url": url,
            }
        )
        text = env["collections.whatsapp.template"].create(
            {"account_id": account.id, "name": "aviso", "body": BODY, "status": "APPROVED"}
        )
        text.parameter_ids.source = "salutation_name"
        channel = env.ref("collections_whatsapp.collections_channel_whatsapp")
        step = env["collections.strategy"].create(
            {
                "name": "Benchmark",
                "step_ids": [
                    (0, 0, {"name": "Aviso", "days": 3, "channel_ids": [(6, 0, channel.ids)],
                            "whatsapp_template_ids": [(6, 0, text.ids)]})
                ],
            }
        ).step_ids  # fmt: skip
        partners = env["res.partner"].create(
            [{"name": f"Debtor {n}", "phone": f"+51 9{n:08d}"} for n in range(count)]
        )
        cases = env["collections.case"].create(
            [{"partner_id": partner.id, "company_id": company.id} for partner in partners]
        )
        env["collections.contact"].create(
            [
                {
                    "case_id": case.id,
                    "company_id": company.id,
                    "channel_id": channel.id,
                    "step_id": step.id,
                    "address": f"+519{n:08d}",
                    "state": "queued",
                    "scheduled_on": "2020-01-01",
                }
                for n, case in enumerate(cases)
            ]
        )


def send():
    """Send what waits, as one worker of several does."""
    with environment(DATABASE) as env:
        env["collections.delivery"]._deliver(env.company)


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


def measure_accepting(bodies):
    """Return the median and the longest seconds in which a running Odoo takes a body."""
    from odoo.addons.collections_whatsapp.engine.signature import sign

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(str(paths.VENV_PYTHON), "-m", "odoo", "-c", str(paths.ODOO_CONF), "-d", DATABASE),
            *("--http-port", str(port), "--max-cron-threads=0", "--log-level=warn"),
            *("--db-filter", f"^{DATABASE}$"),
        ],
        env=os.environ | postgres.environment(),
    )
    url = f"http://127.0.0.1:{port}/collections_whatsapp/webhook/{KEY}"
    try:
        _wait_for(port)
        times = []
        for body in [wrap({"statuses": []}), *bodies]:
            raw = json.dumps(body).encode()
            headers = {
                "Content-Type": "application/json",
                "X-Hub-Signature-256": sign(raw, SECRET),
            }
            request = urllib.request.Request(url, raw, headers)
            begun = time.monotonic()
            with urllib.request.urlopen(request) as answer:  # noqa: S310  (this machine)
                assert answer.status == 200
            times.append(time.monotonic() - begun)
    finally:
        server.terminate()
        server.wait(30)
    return statistics.median(times[1:]), max(times[1:])  # the first one loads the registry


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
            len(json.loads(event.body)["entry"][0]["changes"][0]["value"].get("statuses") or [])
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
    parser.add_argument("--send", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.send:
        send()
        return 0
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
    print("all bars kept" if kept else "a bar is not kept")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
