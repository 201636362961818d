"""What the processes of the end-to-end tests do, each with an environment of the superuser."""

import os
import signal
import smtplib
import time
from datetime import timedelta
from functools import partial

from odoo import Command, fields, sql_db
from odoo.exceptions import UserError
from odoo.service.model import retrying

from odoo.addons.collections_management.models import collections_delivery, collections_run

STAGES = ("refresh", "segment", "plan", "deliver")


# -- the house ------------------------------------------------------------------------------------


def build(env, barrier, due=90, paused=4, paid=4, young=4, mute=4):
    """Make a company with a debtor of each fate per number; return ``{fate: [partner id]}``."""
    company = env.company
    env["account.chart.template"].try_loading("generic_coa", company)
    company.write(
        {
            "email": "cobranzas@company.example",
            "collections_start_mode": "full",
            "collections_safe_mode": False,
            "collections_stale_bank_days": 0,
        }
    )
    for model in ("collections.contact.rule", "collections.segment", "ir.mail_server"):
        env[model].search([]).active = False
    env["res.company"].search([("id", "!=", company.id)]).collections_active = False
    _make_strategy(env)
    env["ir.mail_server"].create(
        {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_encryption": "none"}
    )
    fates = {"due": due, "paused": paused, "paid": paid, "young": young, "mute": mute}
    made = {fate: _make_debtors(env, fate, number) for fate, number in fates.items()}
    for fate, partners in made.items():
        _make_invoices(env, fate, partners)
    pay(env, barrier, made["paid"].ids)
    env["collections.ledger"]._refresh(company, partners=made["paused"])
    env["collections.hold"].create(
        [
            {"case_id": case.id, "reason": "pause"}
            for case in env["collections.case"].search([("partner_id", "in", made["paused"].ids)])
        ]
    )
    return {
        "partners": {fate: partners.ids for fate, partners in made.items()},
        "supervisor": _make_supervisor(env).id,
    }


def _make_strategy(env):
    template = env["mail.template"].create(
        {
            "name": "Reminder",
            "model_id": env["ir.model"]._get_id("collections.contact"),
            "subject": "Your account",
            "body_html": '<t t-out="object.receivables_table"/>',
        }
    )
    step = {
        "channel_ids": [
            Command.link(env.ref("collections_management.collections_channel_email").id)
        ],
        "template_ids": [Command.link(template.id)],
    }
    strategy = env["collections.strategy"].create(
        {
            "name": "Ladder",
            "quiet_days": 0,
            "step_ids": [
                Command.create({"name": f"Step {days}", "days": days, **step}) for days in (5, 15)
            ],
        }
    )
    env["collections.segment"].create({"name": "Everybody", "strategy_id": strategy.id})


def _make_supervisor(env):
    group = env.ref("collections_management.collections_management_group_supervisor")
    return env["res.users"].create(
        {"name": "Supervisor", "login": "e2e_supervisor", "group_ids": [Command.link(group.id)]}
    )


def _make_debtors(env, fate, number):
    return env["res.partner"].create(
        [
            {
                "name": f"Debtor {fate} {index}",
                "is_company": True,
                "email": fate != "mute" and f"{fate}{index}@debtor.example",
            }
            for index in range(number)
        ]
    )


def _make_invoices(env, fate, partners):
    due = fields.Date.today() - timedelta(days=2 if fate == "young" else 8)
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": 100 + index, "tax_ids": False})
                ],
            }
            for index, partner in enumerate(partners)
        ]
    )
    moves.action_post()


def set_sink(env, barrier, port):
    """Send through the sink on a port."""
    env["ir.mail_server"].search([]).smtp_port = port


# -- the work -------------------------------------------------------------------------------------


def begin(env, barrier):
    """Start a run, as the button does; return it."""
    run = env["collections.run"]._get_or_create(env.company, "button")
    env.cr.commit()
    return run.id


def begin_together(env, barrier):
    """Start a run in the same instant as others; return ``[run, how many runs there are]``."""
    assert not env["collections.run"].search([("state", "=", "running")])
    barrier.wait(60)  # none of us will see what another commits from here on
    run = env["collections.run"]._get_or_create(env.company, "button")
    env.cr.commit()
    return [run.id, env["collections.run"].search_count([])]


def look_in(env, barrier):
    """Work at the running run once, as the scheduled job of an idle worker does.

    :return: ``[whether it ended, its state]``
    """
    run = env["collections.run"].browse(begin(env, barrier))
    ended = run._work()
    env.cr.rollback()
    return [ended, run.state]


def work(env, barrier, batch=15, meet=False, kill=None):
    """Work at the running run until it ends, as a scheduled job or a button does.

    :param bool meet: wait at the first batch of each stage until every worker has one in hand
    :param kill: ``[stage, n]``: die by SIGKILL at the n-th moment of that stage
    :return: what this worker took in hand, per stage
    """
    done = _watch_batches(env, batch, barrier if meet else None)
    if kill:
        _Reaper(*kill).arm()
    run = env["collections.run"].browse(begin(env, barrier))
    while not run._work():
        time.sleep(0.02)
        env.cr.rollback()
    return done


def plan(env, barrier):
    """Do a run up to the plan; nothing leaves."""
    run = env["collections.run"].browse(begin(env, barrier))
    for stage in STAGES[:-1]:
        assert getattr(run, f"_stage_{stage}")()


def deliver(env, barrier, batch=15, meet=False, only_one=False):
    """Send what is due, or only one batch; return how many contacts this worker took in hand."""
    done = _watch_batches(env, batch, barrier if meet else None)
    on_batch = (lambda _count: False) if only_one else None
    delivery = env["collections.delivery"]
    env["collections.run"]._retry(lambda: delivery._deliver(env.company, batch, on_batch))
    return done


def take_tasks_in_hand(env, barrier):
    """Have the tasks in hand, first in the queue, while a colleague delivers."""
    env.cr.execute("UPDATE collections_contact SET scheduled_on = now() - interval '1 hour'"
                   " WHERE reason = 'no_address'")  # fmt: skip
    env.cr.commit()
    env.cr.execute("SELECT FROM collections_contact WHERE reason = 'no_address' FOR UPDATE")
    barrier.wait(60)
    barrier.wait(60)


def deliver_beside(env, barrier):
    """Deliver while a colleague has something in hand; return how many contacts it took."""
    barrier.wait(60)
    done = deliver(env, barrier)
    barrier.wait(60)
    return done


def _watch_batches(env, batch, barrier):
    """Make batches small and count them; with a barrier, meet the others once at each kind."""
    done = {"plan": 0, "deliver": 0}
    collections_run.PLAN_BATCH = batch
    planner, delivery = type(env["collections.planner"]), type(env["collections.delivery"])
    collections_delivery.CollectionsDelivery._deliver.__defaults__ = (batch, None)

    def watch(owner, name, stage):
        original, met = getattr(owner, name), []

        def watched(self, records, *args, **kwargs):
            if barrier and not met:
                met.append(True)
                barrier.wait(60)
            result = original(self, records, *args, **kwargs)
            done[stage] += len(records)
            return result

        setattr(owner, name, watched)

    watch(planner, "_plan", "plan")
    watch(delivery, "_deliver_batch", "deliver")
    return done


class _Reaper:
    """Kills its own process at the n-th moment of a stage, as ``kill -9`` would.

    A moment lies before and after each statement, each commit, and each thing said to or heard
    from the mail server: between any two of them nothing changes that another process could see.
    """

    def __init__(self, stage, number):
        self.stage, self.left = stage, number
        self.current = None

    def arm(self):
        for stage in STAGES:
            self._follow(stage)
        for owner, names in (
            (sql_db.Cursor, ("execute", "commit")),
            (smtplib.SMTP, ("connect", "send", "getreply")),
        ):
            for name in names:
                self._surround(owner, name)

    def _follow(self, stage):
        owner, name = collections_run.CollectionsRun, f"_stage_{stage}"
        original = getattr(owner, name)

        def stage_method(run):
            self.current = stage
            return original(run)

        setattr(owner, name, stage_method)

    def _surround(self, owner, name):
        original = getattr(owner, name)

        def surrounded(*args, **kwargs):
            self._tick()
            result = original(*args, **kwargs)
            self._tick()
            return result

        setattr(owner, name, surrounded)

    def _tick(self):
        if self.current == self.stage:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


# -- what others do meanwhile ---------------------------------------------------------------------


def pay(env, barrier, partner_ids):
    """Register that debtors paid what they owe, as an accountant does."""
    for invoice in env["account.move"].search(
        [("partner_id", "in", partner_ids), ("move_type", "=", "out_invoice")]
    ):
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()


def note(env, barrier, contact_id):
    """Write on the case of a contact, as a collector does."""
    env["collections.contact"].browse(contact_id).case_id._log("note", {"by": "a colleague"})


def pause(env, barrier, contact_id):
    """Set a hold on the case of a contact, as a collector does."""
    case = env["collections.contact"].browse(contact_id).case_id
    env["collections.hold"].create({"case_id": case.id, "reason": "pause"})


def resolve(env, barrier, user_id, contact_ids, left):
    """Settle uncertain contacts, as a supervisor does."""
    contacts = env["collections.contact"].browse(contact_ids).with_user(user_id)
    if left:
        contacts.action_resolve_sent()
    else:
        contacts.action_resolve_not_sent()


def need_two(env, barrier, count):
    """Have messages wait for two persons; return their ids and those of two supervisors."""
    contacts = env["collections.contact"].search(
        [("state", "=", "queued"), ("channel_id.is_manual", "=", False)], limit=count
    )
    contacts.write({"state": "awaiting", "needs_second": True, "reason": "run_limit"})
    group = env.ref("collections_management.collections_management_group_supervisor")
    users = env["res.users"].create(
        [
            {"name": name, "login": f"e2e_{name}", "group_ids": [Command.link(group.id)]}
            for name in ("maker", "checker")
        ]
    )
    return [contacts.ids, users.ids]


def press_together(env, barrier, user_id, model, ids, method, args=()):
    """Press a button in the same instant as another, retried as a request is.

    :return: ``["done" or "refused", what the person is told]``
    """
    records = env[model].browse(ids).with_user(user_id)
    records.mapped("display_name")  # the screen that both look at
    env.cr.execute("SELECT 1")  # none of us will see what another commits from here on
    barrier.wait(60)
    try:
        answer = retrying(partial(getattr(records, method), *args), env)
    except UserError as error:
        env.cr.rollback()  # as a request that fails is
        return ["refused", str(error)]
    is_told = isinstance(answer, dict) and "params" in answer
    return ["done", answer["params"]["message"] if is_told else ""]


def tell_approvals(env, barrier, contact_ids):
    """Return how each stands, and who said yes to it, by the log."""
    contacts = env["collections.contact"].browse(contact_ids)
    entries = env["collections.log"].search(
        [("contact_id", "in", contact_ids), ("event", "=", "approved")]
    )
    return [
        [
            contact.state,
            contact.approved_by_id.id,
            contact.checked_by_id.id,
            entries.filtered(lambda entry, c=contact: entry.contact_id == c).user_id.ids,
        ]
        for contact in contacts
    ]


def let_time_pass(env, barrier):
    """Let the pause before the next attempt be over; messages are due before tasks."""
    env.cr.execute(
        """
        UPDATE collections_contact contact
           SET scheduled_on = now() - interval '1 minute' * CASE WHEN is_manual THEN 1 ELSE 2 END
          FROM collections_channel channel
         WHERE channel.id = contact.channel_id AND contact.state = 'queued'
        """
    )


def report(env, barrier):
    """Tell everything a test compares."""
    cases = env["collections.case"].search([])
    names = ["partner_id", "step_id", "cycle", "channel_id", "state", "claim", "reason", "detail",
             "attempts", "reason_text"]  # fmt: skip
    contacts = env["collections.contact"].search([], order="id")
    return {
        "contacts": [
            {**row, "channel": contact.channel_id.code, "case": contact.case_id.id}
            for contact, row in zip(contacts, contacts.read(names, load=None), strict=True)
        ],
        "runs": env["collections.run"].search([]).read(["state", "stage", "error"], load=None),
        "faults": [str(fault) for fault in env["collections.log"]._verify(cases)],
        "events": {
            contact.id: env["collections.log"]
            .search([("contact_id", "=", contact.id)], order="sequence")
            .mapped("event")
            for contact in contacts
        },
    }
