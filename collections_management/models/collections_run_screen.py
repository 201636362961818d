from datetime import timedelta

from odoo import api, fields, models

from .collections_contact import DONE_STATES

SOON = timedelta(minutes=5)


class CollectionsRun(models.Model):
    """What the screen of a run shows: why cases were left alone, what became of its contacts."""

    _inherit = "collections.run"

    decision_rows = fields.Json(compute="_compute_decision_rows", string="Decisions in Rows")
    contact_rows = fields.Json(compute="_compute_contact_rows", string="Contacts in Rows")
    progress = fields.Float(
        compute="_compute_progress", help="Share of the cases looked at, in per cent."
    )

    is_moving = fields.Boolean(
        compute="_compute_is_moving", help="It runs, or contacts of it are leaving now."
    )

    @api.depends("state", "contact_ids.state", "contact_ids.scheduled_on")
    def _compute_is_moving(self):
        soon = fields.Datetime.now() + SOON
        groups = self.env["collections.contact"]._read_group(
            [
                ("run_id", "in", self.ids),
                "|",
                ("state", "=", "sending"),
                "&",
                ("state", "=", "queued"),
                ("scheduled_on", "<=", soon),
            ],
            ["run_id"],
        )
        leaving = {run.id for [run] in groups}
        for run in self:
            run.is_moving = run.state == "running" or run.id in leaving

    @api.depends("decisions")
    @api.depends_context("lang")
    def _compute_decision_rows(self):
        labels = self._get_decision_labels()
        for run in self:
            ordered = sorted((run.decisions or {}).items(), key=lambda item: -item[1])
            run.decision_rows = [
                {
                    "key": code,
                    "label": labels.get(code, code),
                    "count": count,
                    "kind": "go" if code in ("step_due", "preventive") else "stay",
                    "model": "collections.case",
                    "domain": [("planned_run_id", "=", run.id), ("decision", "=", code)],
                }
                for code, count in ordered
            ]

    @api.model
    def _get_decision_labels(self):
        """Extension point: ``{decision: words for many cases}``."""
        return self.env["collections.case"]._get_decision_sentences() | {
            "step_due": self.env._("A step is due."),
            "preventive": self.env._("A reminder before the due date."),
            "held": self.env._("On hold."),
        }

    @api.depends("contact_ids.state")
    @api.depends_context("lang")
    def _compute_contact_rows(self):
        labels = dict(
            self.env["collections.contact"]._fields["state"]._description_selection(self.env)
        )
        counts = {}
        for run, state, count in self.env["collections.contact"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        ):
            counts.setdefault(run.id, {})[state] = count
        kinds = dict.fromkeys(DONE_STATES, "go") | dict.fromkeys(("failed", "uncertain"), "bad")
        for run in self:
            found = counts.get(run.id, {})
            run.contact_rows = [
                {
                    "key": state,
                    "label": label,
                    "count": found[state],
                    "kind": kinds.get(state, "stay"),
                    "model": "collections.contact",
                    "domain": [("run_id", "=", run.id), ("state", "=", state)],
                }
                for state, label in labels.items()
                if state in found
            ]

    @api.depends("state", "stage", "case_count")
    def _compute_progress(self):
        running = self.filtered(lambda run: run.state == "running" and run.stage == "plan")
        cases = self.env["collections.case"].sudo()
        planned = dict(
            cases._read_group(
                [("planned_run_id", "in", running.ids)], ["planned_run_id"], ["__count"]
            )
        )
        opened = dict(
            cases._read_group(
                [("company_id", "in", running.company_id.ids), ("state", "=", "open")],
                ["company_id"],
                ["__count"],
            )
        )
        for run in self:
            if run in running:
                total = opened.get(run.company_id, 0)
                run.progress = 100 * planned.get(run, 0) / total if total else 100
            else:
                run.progress = 100 if run.stage in ("deliver", "done") else 0
