"""Several processes append to the log of one case at once: the chain never breaks.

Each worker is a process with its own registry and cursor, and retries a refused transaction
as Odoo does for a request or a cron.
"""

import json
import subprocess
import sys

import pytest

from tools.house import paths

WORKERS, ROUNDS = 4, 25

PRELUDE = """
import json, sys
import odoo
from odoo import api, SUPERUSER_ID
from odoo.orm.registry import Registry
from odoo.tools import config

config.parse_config(["-c", sys.argv[1], "-d", sys.argv[2], "--no-http", "--log-level=critical"])
registry = Registry(sys.argv[2])
"""

PREPARE = """
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    partner = env["res.partner"].create({"name": "Ana Quispe"})
    case = env["collections.case"].create(
        {"company_id": env.company.id, "partner_id": partner.id}
    )
    print(json.dumps({"case": case.id, "start": case.log_sequence or 0}))
"""

APPEND = """
from psycopg2.errors import SerializationFailure

print("ready", flush=True)
sys.stdin.readline()  # all begin together, else they may never meet
refused = 0
for number in range(int(sys.argv[4])):
    while True:
        try:
            with registry.cursor() as cr:
                log = api.Environment(cr, SUPERUSER_ID, {})["collections.log"]
                entry = {"case_id": int(sys.argv[3]), "event": "note", "data": {"n": number}}
                log._append([entry, entry])
            break
        except SerializationFailure:
            refused += 1
print(json.dumps({"refused": refused}))
"""

VERIFY = """
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    case = env["collections.case"].browse(int(sys.argv[3]))
    faults = env["collections.log"]._verify(case)
    print(json.dumps({"faults": [str(fault) for fault in faults], "count": len(case.log_ids)}))
"""


def start(script, *args):
    command = [sys.executable, "-c", PRELUDE + script, str(paths.ODOO_CONF), *map(str, args)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def finish(process):
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return json.loads(out.splitlines()[-1])


@pytest.mark.slow
def test_four_processes_append_to_one_case_and_the_chain_holds(fresh_db):
    name = fresh_db("log", ["collections_management"])
    made = finish(start(PREPARE, name))
    workers = [start(APPEND, name, made["case"], ROUNDS) for _worker in range(WORKERS)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n", worker.stderr.read()
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    results = [finish(worker) for worker in workers]
    found = finish(start(VERIFY, name, made["case"]))
    assert found == {"faults": [], "count": made["start"] + WORKERS * ROUNDS * 2}
    assert sum(result["refused"] for result in results), "they never met: nothing was tested"
