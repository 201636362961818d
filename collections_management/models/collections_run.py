import gc
import logging
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine.night import next_try, trace
from .collections_delivery import CONFLICTS

_logger = logging.getLogger(__name__)

STAGES = ("refresh", "segment", "plan", "deliver")
# First key of the advisory locks: at most one worker refreshes or segments a run.
RUN_LOCK = 0x0C011EC8
# First key of the advisory locks that let runs of a company start one after the other.
START_LOCK = 0x0C011EC9
PLAN_BATCH = 4000


@contextmanager
def uncollected():
    """Work without Python's garbage collector, which would look at each of the many objects of a
    batch again and again: they die by themselves when it ends."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class CollectionsRun(models.Model):
    """One execution of the nightly work of a company; its stage is where a crash resumes."""

    _name = "collections.run"
    _description = "Collections Run"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    name = fields.Char(compute="_compute_name", store=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    date = fields.Date(required=True, readonly=True, help="The day it decides for.")
    origin = fields.Selection(
        [("cron", "Nightly"), ("button", "Started by hand")], default="button", readonly=True
    )
    user_id = fields.Many2one("res.users", readonly=True, default=lambda self: self.env.user)
    state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("failed", "Failed")],
        default="running",
        required=True,
        readonly=True,
    )
    stage = fields.Selection(
        [
            ("refresh", "Reading the ledger"),
            ("segment", "Segmenting"),
            ("plan", "Planning"),
            ("deliver", "Delivering"),
            ("done", "Done"),
        ],
        default="refresh",
        required=True,
        readonly=True,
    )
    date_start = fields.Datetime(readonly=True, default=fields.Datetime.now)
    date_end = fields.Datetime(readonly=True)
    duration = fields.Float(readonly=True, help="Seconds of work, all stages.")
    case_count = fields.Integer(string="Cases", readonly=True)
    opened_count = fields.Integer(string="Opened", readonly=True)
    closed_count = fields.Integer(string="Closed", readonly=True)
    segmented_count = fields.Integer(string="Changed Segment", readonly=True)
    contact_ids = fields.One2many("collections.contact", "run_id")
    contact_count = fields.Integer(compute="_compute_contact_counts")
    sent_count = fields.Integer(compute="_compute_contact_counts")
    failed_count = fields.Integer(compute="_compute_contact_counts")
    waiting_count = fields.Integer(compute="_compute_contact_counts")
    cost = fields.Monetary(
        compute="_compute_contact_counts", help="What its messages cost so far, where it is known."
    )
    decisions = fields.Json(readonly=True)
    decision_summary = fields.Char(compute="_compute_decision_summary")
    error = fields.Text(readonly=True)
    warning = fields.Text(readonly=True, help="What it had to leave out, and why.")
    tries = fields.Integer(
        default=1,
        readonly=True,
        aggregator=None,
        help="Which try of this night it is: a nightly run that failed is tried again.",
    )
    next_try = fields.Datetime(compute="_compute_next_try", help="When it is tried again.")

    _running_unique = models.UniqueIndex(
        "(company_id) WHERE state = 'running'", "A run of this company is under way already."
    )

    @api.depends("company_id", "date")
    def _compute_name(self):
        for run in self:
            run.name = f"{fields.Date.to_string(run.date)} · {run.company_id.name or ''}"

    @api.depends("contact_ids.state")
    def _compute_contact_counts(self):
        counts, costs = Counter(), Counter()
        for run, state, count, cost in self.env["collections.contact"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count", "cost:sum"]
        ):
            counts[run.id, state] = count
            costs[run.id] += cost or 0
        groups = {
            "sent_count": ("sent", "delivered", "read", "answered"),
            "failed_count": ("failed", "uncertain"),
            "waiting_count": ("planned", "held", "awaiting", "queued", "sending"),
        }
        for run in self:
            run.cost = costs[run.id]
            run.contact_count = sum(n for (id_, _state), n in counts.items() if id_ == run.id)
            for name, states in groups.items():
                run[name] = sum(counts[run.id, state] for state in states)

    @api.depends("decisions")
    @api.depends_context("lang")
    def _compute_decision_summary(self):
        sentences = self.env["collections.case"]._get_decision_sentences()
        blank = {"step": "…", "hold": "…"}
        for run in self:
            ordered = sorted((run.decisions or {}).items(), key=lambda item: -item[1])
            run.decision_summary = " · ".join(
                f"{count}: {sentences.get(code, code) % blank}" for code, count in ordered
            )

    @api.depends("state", "origin", "tries", "date_end")
    def _compute_next_try(self):
        for run in self:
            waits = run.state == "failed" and run.origin == "cron" and run.date_end
            run.next_try = waits and next_try(run.tries, run.date_end)

    # -- starting --------------------------------------------------------------------------------

    def action_start(self):
        """Start a run of the current company, or go on with the one that was interrupted.

        The work happens in the scheduled job, which is woken at once: the screen is free.
        """
        self._check_manager()
        run = self.sudo()._get_or_create(self.env.company, "button")
        self.env.ref("collections_management.collections_run_cron_resume").sudo()._trigger()
        return {
            "type": "ir.actions.act_window",
            "res_model": "collections.run",
            "res_id": run.id,
            "views": [[False, "form"]],
        }

    def action_preview(self):
        """Open what tonight's run of the current company would do; nothing leaves."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise UserError(self.env._("A supervisor previews the run."))
        preview = self.env["collections.preview"].sudo()._create_for(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What will go out tonight"),
            "res_model": "collections.preview",
            "res_id": preview.id,
            "views": [[False, "form"]],
        }

    def _check_manager(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_manager"
        ):
            raise UserError(self.env._("Only a collections manager starts a run."))

    @api.model
    def _get_or_create(self, company, origin, tries=1):
        """Return the running run of a company, or a new one.

        Whoever starts in the same instant waits for the other's commit and gets that run, which
        this transaction may not see yet.
        """
        domain = [("company_id", "=", company.id), ("state", "=", "running")]
        if run := self.search(domain, limit=1):
            return run
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", (START_LOCK, company.id))
        with self.env.registry.cursor() as latest:
            if run := self.with_env(self.env(cr=latest)).search(domain, limit=1):
                return self.browse(run.id)
        return self.create(
            {
                "company_id": company.id,
                "origin": origin,
                "date": self.env["collections.ledger"]._today(company),
                "tries": tries,
            }
        )

    @api.model
    def _cron_run(self):
        """The nightly run of every company that has not had today's."""
        companies = self.env["res.company"].search([("collections_active", "=", True)])
        for company in companies.filtered(self._is_due):
            self._get_or_create(company, "cron")
        self._cron_resume()

    @api.model
    def _cron_resume(self):
        """Work the runs under way: those just started, those that a stop interrupted, and another
        try of those that failed tonight."""
        commit_progress = self.env["ir.cron"]._commit_progress
        self._try_again()
        self._commit()  # what others started in the meantime is seen from here on
        runs = self.search([("state", "=", "running")])
        commit_progress(remaining=len(runs))
        for run in runs:
            if not run._work():  # another worker is at it: see in a minute that it has ended
                self._wake(fields.Datetime.now() + timedelta(minutes=1))
            if not commit_progress(1):
                break

    @api.model
    def _try_again(self):
        """Start another run where the last one of today is a nightly one that failed."""
        now = fields.Datetime.now()
        latest = self._read_group(
            [("date", ">=", now.date() - timedelta(days=1))], ["company_id"], ["id:max"]
        )
        for run in self.browse([id_ for _company, id_ in latest]):
            company = run.company_id
            if (
                run.next_try
                and run.next_try <= now
                and company.collections_active
                and run.date == self.env["collections.ledger"]._today(company)
            ):
                self._get_or_create(company, "cron", run.tries + 1)

    @api.model
    def _wake(self, moment):
        """Have the runs under way looked at, at that moment."""
        self.env.ref("collections_management.collections_run_cron_resume")._trigger(moment)

    def _is_due(self, company):
        """Tell whether the nightly run of a company is still to be made today."""
        today = self.env["collections.ledger"]._today(company)
        return not self.search_count(
            [("company_id", "=", company.id), ("date", "=", today), ("origin", "=", "cron")],
            limit=1,
        )

    # -- working ---------------------------------------------------------------------------------

    def _work(self):
        """Do what is left of the run; several workers may do so at once.

        :return: True when the run ended, False when another worker is still at it
        """
        self.ensure_one()
        started = time.monotonic()
        try:
            for stage in STAGES:
                self.invalidate_recordset()
                if self.state != "running":
                    return True
                if STAGES.index(stage) < self._get_stage_index():
                    continue
                begun = time.monotonic()
                if not getattr(self, f"_stage_{stage}")():
                    _logger.info("%s: another worker is at stage %s", trace(run=self.id), stage)
                    return False
                _logger.info(
                    "%s: stage %s, %.1f s", trace(run=self.id), stage, time.monotonic() - begun
                )
            self._retry(lambda: self._end("done", time.monotonic() - started))
        except Exception as error:
            self.env.cr.rollback()
            _logger.exception("%s: stopped in stage %s", trace(run=self.id), self.stage)
            reason = str(error)
            self._retry(lambda: self._end("failed", time.monotonic() - started, reason))
        return True

    def _get_stage_index(self):
        return STAGES.index(self.stage) if self.stage in STAGES else len(STAGES)

    def _end(self, state, seconds, error=False):
        self.invalidate_recordset()
        if self.state == "running":
            self.write(
                {
                    "state": state,
                    "stage": "done" if state == "done" else self.stage,
                    "date_end": fields.Datetime.now(),
                    "duration": self.duration + seconds,
                    "error": error,
                }
            )
            if state == "failed":
                self._follow_up()
            self.env["collections.event"]._publish_run(self)
        self._commit()

    def _follow_up(self):
        """See to it that a nightly run that failed is tried again; at last tell the managers."""
        if self.next_try:
            self._wake(self.next_try)
        elif self.origin == "cron":
            for user in self.company_id._get_collections_managers():
                self.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("Tonight's run failed %(count)s times", count=self.tries),
                    note=self.error,
                    user_id=user.id,
                )

    @contextmanager
    def _alone(self):
        """Yield whether this worker alone may do the stage; the lock dies with the process."""
        self._commit()
        with self.env.registry.cursor() as guard:
            guard.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", (RUN_LOCK, self.id))
            yield guard.fetchone()[0]

    def _stage_refresh(self):
        with self._alone() as mine:
            self.invalidate_recordset()
            if not mine:
                return False
            if self.stage == "refresh":
                counts = self._retry(
                    lambda: self.env["collections.ledger"]._refresh(self.company_id, run=self)
                )
                self.write(
                    {
                        "opened_count": self.opened_count + counts["opened"] + counts["reopened"],
                        "closed_count": self.closed_count + counts["closed"],
                    }
                )
                self._commit()
                self._do_work("refresh")
                self.stage = "segment"
                self._commit()
        return True

    def _get_stage_work(self):
        """Extension point: ``{stage: {order: method}}``, what the night does with all cases of the
        company after it has refreshed or segmented them.

        Each is committed by itself, and may be done again after a crash: rows that are written
        twice in one transaction have all their foreign keys checked again.
        """
        return {"refresh": {}, "segment": {}}

    def _do_work(self, stage):
        """Do what follows a stage, piece by piece."""
        work = self._get_stage_work()[stage]
        for order in sorted(work):
            self._retry(work[order])
            self._commit()

    def _stage_segment(self):
        with self._alone() as mine:
            self.invalidate_recordset()
            if not mine:
                return False
            if self.stage == "segment":
                changed = self._retry(
                    lambda: self.env["collections.segment"]._assign(self.company_id, run=self)
                )
                self.segmented_count += changed
                self._commit()
                self._do_work("segment")
                self.stage = "plan"
                self._commit()
        return True

    def _stage_plan(self):
        while (count := self._retry(self._plan_batch)) is not None:
            if not count:
                break
        if self._has_unplanned():
            return False  # another worker has the rest in hand
        self._retry(self._leave_plan)
        return True

    def _plan_batch(self):
        """Plan one batch that no other worker has in hand and commit.

        :return: the number of cases planned
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM collections_case WHERE %s ORDER BY id LIMIT %s"
                " FOR NO KEY UPDATE SKIP LOCKED",
                self._get_unplanned_sql(),
                PLAN_BATCH,
            )
        )
        if not rows:
            self._commit()
            return 0
        cases = self.env["collections.case"].browse([row[0] for row in rows])
        with uncollected():
            self.env["collections.planner"]._plan(cases, run=self)
        self._commit()
        return len(cases)

    def _get_unplanned_sql(self):
        return SQL(
            "company_id = %s AND state = 'open' AND planned_run_id IS DISTINCT FROM %s",
            self.company_id.id,
            self.id,
        )

    def _has_unplanned(self):
        rows = self.env.execute_query(
            SQL("SELECT FROM collections_case WHERE %s LIMIT 1", self._get_unplanned_sql())
        )
        return bool(rows)

    def _leave_plan(self):
        self.invalidate_recordset()
        if self.stage == "plan":
            rows = self.env.execute_query(
                SQL(
                    "SELECT decision, count(*) FROM collections_case"
                    " WHERE planned_run_id = %s GROUP BY decision",
                    self.id,
                )
            )
            decisions = dict(rows)
            self.write(
                {
                    "stage": "deliver",
                    "decisions": decisions,
                    "case_count": sum(decisions.values()),
                }
            )
        self._commit()

    def _stage_deliver(self):
        delivery = self.env["collections.delivery"]
        self._retry(lambda: delivery._deliver(self.company_id))
        return not delivery._is_leaving(self)  # another worker may have its last batch in hand

    def _commit(self):
        """Keep what is done: the run works in batches that a crash cannot take back."""
        self.env["ir.cron"]._commit_progress()

    def _retry(self, work, times=20):
        """Do a piece of work again when another worker's commit came in between."""
        for attempt in range(times):
            try:
                return work()
            except CONFLICTS:
                self.env.cr.rollback()
                self.env.invalidate_all()
                if attempt + 1 == times:
                    raise
                time.sleep(0.02 * (attempt + 1))
        return None

    def action_open_contacts(self):
        """Open the contacts this run planned."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_contact_action"
        )
        return {**action, "domain": [("run_id", "=", self.id)], "context": {}}
