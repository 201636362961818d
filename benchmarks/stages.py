"""The pieces that are timed, each in a process of its own.

``python -m benchmarks.stages <stage> <database> [key=value ...]`` does one and prints a line of
JSON: seconds, statements, the statements of each batch, peak memory and what it did.
"""

import contextlib
import cProfile
import datetime
import gc
import json
import os
import resource
import sys
import time
from pathlib import Path

from odoo.fields import Datetime

from . import database

FAR = "2099-01-01"
NIGHT = ("refresh", "segment", "plan")
CONTACT_VALUES = (
    "case_id", "company_id", "run_id", "step_id", "channel_id", "carrier_id", "cycle",
    "repetition", "state", "reason", "planned_on", "scheduled_on", "address", "amount", "rule_id",
    "facts",
)  # fmt: skip
BALANCE_SQL = """
    SELECT partner.commercial_partner_id, sum(line.amount_residual)
      FROM account_move_line line JOIN res_partner partner ON partner.id = line.partner_id
     WHERE line.parent_state = 'posted' AND line.reconciled IS NOT TRUE
       AND line.account_id = ANY(%(accounts)s) AND line.company_id = %(company)s
  GROUP BY partner.commercial_partner_id
"""
AGING_SQL = """
    SELECT partner_id, bucket, sum(residual) FROM (
        SELECT partner.commercial_partner_id AS partner_id, line.amount_residual AS residual,
               width_bucket(%(today)s - line.date_maturity, ARRAY[1, 31, 61, 91]) AS bucket
          FROM account_move_line line JOIN res_partner partner ON partner.id = line.partner_id
         WHERE line.parent_state = 'posted' AND line.reconciled IS NOT TRUE
           AND line.account_id = ANY(%(accounts)s) AND line.company_id = %(company)s
    ) item GROUP BY partner_id, bucket
"""


class Stopwatch:
    """Measures one piece of work: time, statements, and those of each batch."""

    def __init__(self, env):
        self.env = env
        self.result = {"batches": []}

    @contextlib.contextmanager
    def timing(self, name="seconds"):
        """Time a block; the garbage of the preparation is not counted."""
        gc.collect()
        profile = cProfile.Profile() if os.environ.get("BENCH_PROFILE") else None
        cpu = database.count_processor(self.env)
        queries, started = database.count_queries(), time.perf_counter()
        if profile:
            profile.enable()
        yield
        self.result[name] = time.perf_counter() - started
        self.result["cpu"] = self.result.get("cpu", 0) + database.count_processor(self.env) - cpu
        self.result["queries"] = self.result.get("queries", 0) + database.count_queries() - queries
        if profile:
            profile.disable()
            profile.dump_stats(f"{os.environ['BENCH_PROFILE']}.{name}")

    def watch(self, model, method, key):
        """Note the statements of each call of a method that takes one batch."""
        model_class = type(model)
        original = getattr(model_class, method)

        def watched(records, *args):
            before = database.count_queries()
            answer = original(records, *args)
            size = key(answer, *args)
            if size:
                self.result["batches"].append((size, database.count_queries() - before))
            return answer

        setattr(model_class, method, watched)


def _company(env):
    return env.ref("base.main_company")


def _run(env):
    return env["collections.run"]._get_or_create(_company(env), "button")


def floor_sql(env, watch, **_options):
    """Sum what each debtor owes, and again by age, straight from the ledger."""
    values = {
        "accounts": env["collections.ledger"]._get_account_ids(),
        "company": _company(env).id,
        "today": datetime.date.today(),
    }
    rows = 0
    with watch.timing():
        for text in (BALANCE_SQL, AGING_SQL):
            env.cr.execute(text, values)
            rows += len(env.cr.fetchall())
    return rows


def night(env, watch, values=None, **_options):
    """Refresh, segment and plan, the first night: every case opens. Keep what was planned.

    What the desk does of the same night (who gets each case, its points, until when it can be
    claimed) is told apart, beside as many bare updates of all cases.
    """
    run = _run(env)
    watch.watch(run, "_plan_batch", lambda answer, *_args: answer)
    desk = _watch_desk(env, run)
    for part in NIGHT:
        with watch.timing(part):
            getattr(run, f"_stage_{part}")()
    watch.result["seconds"] = sum(watch.result[part] for part in NIGHT) - desk["seconds"]
    watch.result["cpu"] -= desk["cpu"]
    watch.result["desk"] = desk | {"floor": desk["pieces"] * _time_bare_update(env)}
    contacts = env["collections.contact"].search([("run_id", "=", run.id)], order="id")
    if values:
        rows = contacts.read(CONTACT_VALUES, load=None)
        Path(values).write_text(json.dumps(rows, default=str))
    return len(contacts)


def _watch_desk(env, run):
    """Count what :meth:`collections.run._do_work` takes; return where it is added up."""
    desk = {"seconds": 0, "cpu": 0, "pieces": 0}
    model = type(run)
    original = model._do_work

    def counted(records, stage):
        cpu, started = database.count_processor(env), time.perf_counter()
        original(records, stage)
        desk["seconds"] += time.perf_counter() - started
        desk["cpu"] += database.count_processor(env) - cpu
        desk["pieces"] += len(records._get_stage_work()[stage])

    model._do_work = counted
    return desk


def _time_bare_update(env):
    """Return the seconds of writing one column of every case, which is then taken back."""
    started = time.perf_counter()
    env.cr.execute("UPDATE collections_case SET priority = coalesce(priority, 0) + 1")
    taken = time.perf_counter() - started
    env.cr.rollback()
    return taken


def open_cases(env, watch, **_options):
    """Only open the cases, for the floor of the contacts."""
    with watch.timing():
        _run(env)._stage_refresh()
    return env["collections.case"].search_count([])


def floor_orm(env, watch, values, **_options):
    """Create as many contacts with the same values through the ORM, and flush."""
    rows = json.loads(Path(values).read_text())
    for row in rows:
        del row["id"]
    with watch.timing():
        for start in range(0, len(rows), 1000):
            env["collections.contact"].create(rows[start : start + 1000])
        env.flush_all()
    return len(rows)


def rules(env, watch, **_options):
    """Ask the contact rules for every open case."""
    cases = env["collections.case"].search([("state", "=", "open")])
    cases.fetch(["company_id", "partner_id"])
    history = env["collections.ledger"]._get_history(cases)
    codes = dict.fromkeys(cases.ids, "email")
    with watch.timing():
        found = env["collections.contact.rule"]._get_verdicts(cases, codes, Datetime.now(), history)
    return len(found)


def _mail_server(env, port):
    env["ir.mail_server"].search([]).active = False
    env["ir.mail_server"].create(
        {
            "name": "Sink",
            "smtp_host": "127.0.0.1",
            "smtp_port": int(port),
            "smtp_encryption": "none",
        }
    )


def _choose(env, code, count):
    """Approve what awaits it and let that many contacts of a channel be due; the rest waits."""
    contacts = env["collections.contact"].search(
        [("state", "in", ("queued", "awaiting"))], order="id"
    )
    contacts.write({"state": "queued", "scheduled_on": FAR})
    chosen = contacts.filtered(lambda contact: contact.channel_id.code == code)[:count]
    chosen.scheduled_on = Datetime.now()
    env.cr.commit()
    env.invalidate_all()
    return chosen


def deliver(env, watch, port, mails, bodies, **_options):
    """Send that many planned e-mails; keep what they said."""
    _mail_server(env, port)
    chosen = _choose(env, "email", int(mails))
    delivery = env["collections.delivery"]
    watch.watch(delivery, "_deliver_batch", lambda _answer, batch: len(batch))
    with watch.timing():
        delivery._deliver(_company(env))
    sent = chosen.filtered(lambda contact: contact.state == "sent")
    contents = [
        {"subject": c.content_id.subject, "body": c.content_id.body, "to": c.content_id.address}
        for c in sent
    ]
    Path(bodies).write_text(json.dumps(contents))
    return len(sent)


def tasks(env, watch, mails, **_options):
    """Put that many planned tasks on the collectors' desks."""
    chosen = _choose(env, "task", int(mails))
    delivery = env["collections.delivery"]
    watch.watch(delivery, "_deliver_batch", lambda _answer, batch: len(batch))
    with watch.timing():
        delivery._deliver(_company(env))
    return len(chosen.filtered(lambda contact: contact.state == "sent"))


def again(env, watch, **_options):
    """Refresh, segment and plan once more: what a night costs on which little happens."""
    run = _run(env)
    run.write({"state": "done"})
    env.cr.commit()
    run = _run(env)
    with watch.timing():
        for part in NIGHT:
            getattr(run, f"_stage_{part}")()
    return run.case_count


def floor_mail(env, watch, port, bodies, auto_commit=True, **_options):
    """Send as many ``mail.mail`` with the same words, each committed, as Odoo's own queue does."""
    _mail_server(env, port)
    env.cr.commit()
    contents = json.loads(Path(bodies).read_text())
    sender = _company(env).email_formatted
    with watch.timing():
        mails = env["mail.mail"].create(
            [
                {
                    "subject": content["subject"],
                    "body_html": content["body"],
                    "email_from": sender,
                    "email_to": content["to"],
                    "auto_delete": False,
                }
                for content in contents
            ]
        )
        env.cr.commit()
        mails.send(auto_commit=auto_commit)
    return len(mails.filtered(lambda mail: mail.state == "sent"))


def floor_mail_one_commit(env, watch, port, bodies, **_options):
    """The same without a commit a message: a crash half-way sends all of them again."""
    return floor_mail(env, watch, port, bodies, auto_commit=False)


STAGES = {
    function.__name__: function
    for function in (
        floor_sql,
        night,
        open_cases,
        floor_orm,
        rules,
        again,
        deliver,
        tasks,
        floor_mail,
        floor_mail_one_commit,
    )
}


def _get_peak_mb():
    """Return the peak of this process's memory: `getrusage` counts its parent's too."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments):
    """Do one stage and print what it took."""
    stage, name, *pairs = arguments
    with database.environment(name) as env:
        watch = Stopwatch(env)
        watch.result["count"] = STAGES[stage](env, watch, **dict(p.split("=", 1) for p in pairs))
    watch.result["peak_mb"] = _get_peak_mb()
    print(json.dumps(watch.result))


if __name__ == "__main__":
    main(sys.argv[1:])
