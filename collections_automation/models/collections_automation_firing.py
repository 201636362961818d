import json
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.collections_management.models.collections_delivery import CONFLICTS

from .base_automation import TRIGGER

_logger = logging.getLogger(__name__)

BATCH = 100
# Times it is begun before it is given up: a process that is stopped while acting, each time.
MAX_ATTEMPTS = 3
KEPT_DAYS = 30
MANAGER = "collections_management.collections_management_group_manager"


class CollectionsAutomationFiring(models.Model):
    """One event that one rule is to act on: done by the scheduled job, once.

    What the rule does and the note that it did are one transaction: killed at any moment, either
    both are there or none is, and the job begins again. An action that fails is told to the
    managers and not tried again by itself.
    """

    _name = "collections.automation.firing"
    _description = "Automation Rule Set Off"
    _order = "id desc"
    _rec_name = "event"

    automation_id = fields.Many2one(
        "base.automation", string="Rule", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    event = fields.Char(required=True, readonly=True)
    moment = fields.Datetime(string="Happened", required=True, readonly=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", required=True, readonly=True, model_field="res_model"
    )
    log_id = fields.Many2one("collections.log", readonly=True, ondelete="restrict")
    run_id = fields.Many2one("collections.run", readonly=True, ondelete="cascade")
    chain = fields.Json(readonly=True, help="The rules whose actions led to this.")
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("done", "Done"),
            ("skipped", "Not concerned"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="queued",
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    error = fields.Char(string="Why Not", readonly=True)
    done_on = fields.Datetime(readonly=True)

    _log_unique = models.UniqueIndex(
        "(automation_id, log_id) WHERE log_id IS NOT NULL", "A rule acts once on an event."
    )
    _run_unique = models.UniqueIndex(
        "(automation_id, run_id, event) WHERE run_id IS NOT NULL", "A rule acts once on an event."
    )
    _queued_idx = models.Index("(attempts, id) WHERE state = 'queued'")

    def action_open_record(self):
        """Open what it is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }

    def action_fire_again(self):
        """Queue those that failed again, after the rule was put right."""
        if not self.env.user.has_group(MANAGER):
            raise UserError(self.env._("A collections manager lets rules act again."))
        self.check_access("read")
        failed = self.filtered(lambda firing: firing.state == "failed").sudo()
        failed.write({"state": "queued", "attempts": 0, "error": False, "done_on": False})
        self.env.ref("collections_automation.collections_automation_cron").sudo()._trigger()
        return True

    @api.model
    def _cron_fire(self, batch_size=BATCH):
        """Let rules act on what happened, one commit each."""
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=self.search_count([("state", "=", "queued")]))
        while firings := self._claim(batch_size):
            for firing in firings:
                firing._work()
                if commit(1) <= 0:
                    return

    @api.model
    def _claim(self, batch_size):
        """Return what to act on next, its attempt counted and committed before it is made.

        What was begun before and never ended comes last and by itself, so that one that stops the
        process takes nothing else along.
        """
        self.flush_model()
        ids = self._count_attempt("= 0", batch_size) or self._count_attempt("> 0", 1)
        self.env["ir.cron"]._commit_progress()
        firings = self.browse(ids)
        firings.invalidate_recordset()
        return firings

    def _count_attempt(self, attempts, limit):
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collections_automation_firing SET attempts = attempts + 1
                 WHERE id IN (SELECT id FROM collections_automation_firing
                               WHERE state = 'queued' AND attempts %s
                            ORDER BY attempts, id LIMIT %s FOR UPDATE SKIP LOCKED)
             RETURNING id
                """,
                SQL(attempts),
                limit,
            )
        )
        return sorted(row[0] for row in rows)

    def _work(self):
        """Let the rule act on one event, and note it."""
        self.ensure_one()
        try:
            firing = self.try_lock_for_update()
            firing.invalidate_recordset(flush=False)
            if firing.state == "queued":  # else a colleague did it meanwhile
                firing._act()
            self.env.flush_all()
        except CONFLICTS as error:  # a colleague's commit came between
            self.env.cr.rollback()
            _logger.info("a rule acts on event %s at its next turn: %s", self.id, error)
        except Exception as error:  # noqa: BLE001 - whatever an administrator's action raises
            self.env.cr.rollback()
            _logger.info("rule %s failed on event %s: %r", self.automation_id.id, self.id, error)
            self._fail(str(error) or repr(error))

    def _act(self):
        if self.attempts > MAX_ATTEMPTS:
            self._fail(
                self.env._(
                    "Begun %(count)s times and never ended: what it does stops the process.",
                    count=MAX_ATTEMPTS,
                )
            )
            return
        rule = self._in_company(self.automation_id)
        record = self._in_company(self.env[self.res_model].browse(self.res_id)).exists()
        reason = self._get_obstacle(rule, record)
        if not reason:
            rule._process(record)
        self.write(
            {
                "state": "skipped" if reason else "done",
                "error": reason,
                "done_on": fields.Datetime.now(),
            }
        )

    def _in_company(self, record):
        """Return a record as the actions see it: in the company where it happened, with the event
        in the context."""
        return record.with_context(
            allowed_company_ids=self.company_id.ids, collections_event=self._get_event_context()
        )

    def _get_obstacle(self, rule, record):
        """Return why the rule has nothing to do here, or False."""
        if not rule.active or rule.trigger != TRIGGER or rule.model_name != self.res_model:
            return self.env._("The rule was archived or changed meanwhile.")
        if not record:
            return self.env._("The record is no longer there.")
        if not rule._filter_post(record):
            return self.env._("Its condition is not met.")
        return False

    def _get_event_context(self):
        """Extension point: what actions find as ``env.context["collections_event"]``.

        Documented in ``readme/USAGE.md``: a key is added, never renamed.
        """
        entry, run = self.log_id, self.run_id
        return {
            "code": self.event,
            "moment": self.moment,
            "data": json.loads(entry.data) if entry else (run and run._get_state_data()) or {},
            "case_id": entry.case_id.id or None,
            "contact_id": entry.contact_id.id or None,
            "run_id": entry.run_id.id or run.id or None,
            "user_id": entry.user_id.id or None,
            "rules": (*(self.chain or ()), self.automation_id.id),
        }

    def _fail(self, error):
        self.write({"state": "failed", "error": error[:500], "done_on": fields.Datetime.now()})
        self.automation_id._tell_failed(self)

    @api.autovacuum
    def _gc_done(self):
        """Forget what was done long ago; what failed stays until somebody has looked at it."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        domain = [("state", "in", ("done", "skipped")), ("done_on", "<", limit)]
        self.search(domain, limit=10000).unlink()
