"""Runs the steps against a database, two lanes at once, and goes on where it stopped."""

import contextlib
import gc
import multiprocessing
import time
from datetime import date, datetime
from datetime import time as clock

import psycopg2
from freezegun import freeze_time

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_all, connection_info_for, db_connect

from . import company, plan, progress, steps
from .errors import DemoError
from .people import LANGUAGE

NEEDED = ("account", "account_payment", "l10n_pe", "portal")
QUIET = {
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_create_nolog": True,
    "mail_notrack": True,
    "tz": "America/Lima",
}
LOCK = 0x0D00C0
RETRIES = 5


def read_story(database):
    """Return what the database already holds: (parameters or None, whether it is complete)."""
    with contextlib.closing(_cursor(database)) as cr:
        cr.execute("SELECT to_regclass('ir_module_module')")
        if not cr.fetchone()[0]:
            raise DemoError(f"'{database}' is not an Odoo database.")
        cr.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
        missing = set(NEEDED) - {name for (name,) in cr.fetchall()}
        if missing:
            raise DemoError(f"'{database}' lacks these Odoo modules: {', '.join(sorted(missing))}.")
        story = progress.story(cr)
        return story, bool(story) and progress.done(cr, "complete") == 1


def read_summary(database, today, read):
    """Return what `read(cr, today)` finds."""
    with contextlib.closing(_cursor(database)) as cr:
        return read(cr, today)


def make(database, story, *, jobs, say):
    """Do every step that is not done yet."""
    story_plan = plan.make(story["seed"], story["size"], story["today"])
    parts = {
        "first": steps.first(story_plan, story["seed"]),
        **{number: steps.lane(story_plan, number) for number in steps.LANES},
        "last": steps.last(story_plan),
    }
    registry = Registry(database)
    with _alone(database), _as_of(story["today"]):
        with registry.cursor() as cr:
            _check_clean(cr, database)
            progress.begin(cr, {**story, "today": str(story["today"])})
            done = {name: progress.done(cr, name) for name in parts}
        total = sum(step.cost for part in parts.values() for step in part)
        before = sum(step.cost for name, part in parts.items() for step in part[: done[name]])
        meter = progress.Meter(total, before, say)
        spent = before + _work(registry, "first", parts["first"], meter.show, before)
        spent += _lanes(registry, parts, jobs, meter, spent)
        _work(registry, "last", parts["last"], meter.show, spent)
        meter.show(total, "complete")
        with registry.cursor() as cr:
            progress.count(cr, "complete", 1)
            cr.execute("ANALYZE")


def _as_of(today):
    """Put the clock to the story's last day: Odoo dates exchange differences by it."""
    if today == date.today():
        return contextlib.nullcontext()
    return freeze_time(datetime.combine(today, clock.min.replace(hour=17)), tick=True)


def _cursor(database):
    try:
        return db_connect(database).cursor()
    except psycopg2.OperationalError as error:
        raise DemoError(f"Cannot open database '{database}': {error}") from error


def _check_clean(cr, database):
    """Refuse a database that is in use for something else."""
    if progress.story(cr):
        return
    cr.execute("SELECT count(*) FROM account_move WHERE state = 'posted'")
    posted = cr.fetchone()[0]
    if posted:
        raise DemoError(
            f"'{database}' already has {posted} posted entries that are not the demo's."
            " Take an empty database: the demo would change your company."
        )


@contextlib.contextmanager
def _alone(database):
    """Hold a lock, so that two calls never work on one database."""
    _name, info = connection_info_for(database)
    lock = psycopg2.connect(**info)
    try:
        lock.autocommit = True
        with lock.cursor() as cr:
            cr.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if not cr.fetchone()[0]:
                raise DemoError(f"Another call is already filling '{database}'.")
        yield
    finally:
        lock.close()


def _environment(cr):
    """Return the environment the steps work in: both companies, nothing sent or tracked."""
    env = api.Environment(cr, SUPERUSER_ID, QUIET)
    language = env["res.lang"].search_count([("code", "=", LANGUAGE)])
    context = QUIET | ({"lang": LANGUAGE} if language else {})
    env = env(context=context)
    firms = company.companies(env)
    return env(context=context | ({"allowed_company_ids": firms.ids} if firms else {}))


def _work(registry, name, todo, show, spent=0.0):
    """Do the steps of a part that are not done; return what they cost in all."""
    with registry.cursor() as cr:
        done = progress.done(cr, name)
    cost = sum(step.cost for step in todo[:done])
    for number, step in enumerate(todo[done:], done + 1):
        show(spent + cost, step.text)
        _step(registry, name, number, step)
        gc.collect()
        cost += step.cost
    return cost


def _step(registry, name, number, step):
    """Do one step in one transaction; again when the other lane was in the way."""
    for attempt in range(RETRIES):
        try:
            with registry.cursor() as cr:
                step.work(_environment(cr))
                cr.flush()
                progress.count(cr, name, number)
            return
        except (psycopg2.errors.SerializationFailure, psycopg2.errors.DeadlockDetected):
            if attempt == RETRIES - 1:
                raise
            time.sleep(0.2 * (attempt + 1))


def _lanes(registry, parts, jobs, meter, spent):
    """Work through the lanes, side by side when there are processors for it."""
    if jobs < 2:
        cost = 0.0
        for lane in steps.LANES:
            cost += _work(registry, lane, parts[lane], meter.show, spent + cost)
        return cost
    close_all()  # no connection may be shared with the children
    fork = multiprocessing.get_context("fork")
    costs = [fork.Value("d", 0.0) for _lane in steps.LANES]
    children = [
        fork.Process(target=_child, args=(registry, lane, parts[lane], cost))
        for lane, cost in zip(steps.LANES, costs, strict=True)
    ]
    for child in children:
        child.start()
    try:
        while any(child.is_alive() for child in children):
            time.sleep(0.5)
            meter.show(spent + sum(cost.value for cost in costs), "invoices and payments")
    finally:
        for child in children:
            child.join()
    if any(child.exitcode for child in children):
        raise DemoError("The work stopped. What was done is kept: call the command again.")
    return sum(step.cost for lane in steps.LANES for step in parts[lane])


def _child(registry, lane, todo, cost):
    gc.freeze()  # a quarter of the time would go into looking at what never becomes garbage
    gc.disable()

    def show(finished, _text):
        cost.value = finished

    try:
        _work(registry, lane, todo, show)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
