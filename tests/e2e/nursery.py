"""A process with Odoo loaded that bears others by fork: each does one job and may be killed.

Run as a script it reads orders as JSON lines: ``{"bear": [job, ...]}`` answers the process ids,
``{"poll": pid}`` answers its exit code or null. A job is ``{"database", "name", "args", "out",
"log"}``: on which copy of the database it works, the name of a function (of ``jobs.py``, or
``desk.prepare``: of ``desk.py``), its arguments, and where its answer and its log go. Jobs born
together share a barrier.
"""

import gc
import importlib
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Process:
    """A job under way, as the test sees it."""

    def __init__(self, nursery, pid, job):
        self.nursery, self.pid, self.job = nursery, pid, job
        self.code = None

    def poll(self):
        """Return the exit code, None while it lives."""
        if self.code is None:
            self.code = self.nursery.order({"poll": self.pid})
        return self.code

    def wait(self, timeout=120):
        """Wait for the end and return the exit code (negative: the signal that killed it)."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            assert time.monotonic() < deadline, f"still at work: {self.log}"
            time.sleep(0.005)
        return self.code

    def result(self):
        """Wait for the end and return what the job answered."""
        assert self.wait() == 0, self.log
        return json.loads(Path(self.job["out"]).read_text())

    def kill(self):
        """Kill it at once, as ``kill -9``."""
        os.kill(self.pid, 9)

    @property
    def log(self):
        """What it logged."""
        return Path(self.job["log"]).read_text()


class Nursery:
    """The test's side: starts the script above and gives it orders."""

    def __init__(self, config, database):
        self.folder = tempfile.TemporaryDirectory(prefix="nursery-")
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py"), str(config), database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ready = False

    def order(self, order):
        """Give an order and return the answer; any thread may."""
        with self._lock:
            if not self._ready:
                assert self._process.stdout.readline() == "ready\n"
                self._ready = True
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def bear(self, database, *jobs):
        """Start jobs ``(name, args)`` on a database at once, each in a process of its own."""
        orders = []
        for name, args in jobs:
            stem = str(Path(self.folder.name) / f"{next(self._numbers)}-{name}")
            job = {"database": database, "name": name, "args": args}
            orders.append({**job, "out": f"{stem}.json", "log": f"{stem}.log"})
        pids = self.order({"bear": orders})
        return [Process(self, pid, job) for pid, job in zip(pids, orders, strict=True)]

    def close(self):
        """End the nursery and what it bore."""
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()


def _move_to(registry, database):
    """Let this process work on a copy of the database its registry was loaded from."""
    from odoo import sql_db

    registry.db_name = database
    registry._db = sql_db.db_connect(database)
    type(registry).registries[database] = registry


def _find(name):
    """Return the function of a job."""
    module, _dot, name = name.rpartition(".")
    return getattr(importlib.import_module(module or "jobs"), name)


def _live(registry, job, barrier):
    """Do a job in the new process and end it."""
    code = 1
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        from odoo import SUPERUSER_ID, api

        _move_to(registry, job["database"])
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            answer = _find(job["name"])(env, barrier, **job["args"])
        with open(job["out"], "w") as file:
            json.dump(answer, file)
        code = 0
    except BaseException:  # noqa: BLE001  (told in the log, seen by the exit code)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _serve(registry):
    answer = sys.stdout
    print("ready", file=answer, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "poll" in order:
            pid, status = os.waitpid(order["poll"], os.WNOHANG)
            reply = os.waitstatus_to_exitcode(status) if pid else None
        else:
            barrier = multiprocessing.get_context("fork").Barrier(len(order["bear"]))
            reply = []
            for job in order["bear"]:
                pid = os.fork()
                if not pid:
                    _live(registry, job, barrier)
                reply.append(pid)
        print(json.dumps(reply), file=answer, flush=True)


def _main(config_file, database):
    from odoo import sql_db
    from odoo.orm.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", config_file, "-d", database, "--no-http", "--log-level=warn"])
    registry = Registry(database)
    sql_db.close_all()  # a connection must not be shared by two processes
    gc.freeze()  # what is loaded stays shared by the processes to come
    _serve(registry)


if __name__ == "__main__":
    _main(*sys.argv[1:])
