from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CollectionsLegalStep(models.Model):
    """What was done or must be done by a day on the legal track."""

    _name = "collections.legal.step"
    _description = "Legal Step"
    _order = "deadline, date, id"
    _rec_name = "kind_id"

    escalation_id = fields.Many2one(
        "collections.escalation",
        string="Legal Track",
        required=True,
        ondelete="cascade",
        index=True,
        domain=[("kind", "=", "legal")],
    )
    case_id = fields.Many2one(related="escalation_id.case_id", store=True, index=True)
    company_id = fields.Many2one(related="escalation_id.company_id", store=True)
    partner_id = fields.Many2one(related="escalation_id.partner_id")
    kind_id = fields.Many2one("collections.legal.step.kind", required=True, ondelete="restrict")
    deadline = fields.Date(help="The last day for it. Alarmed some days before.")
    alarm_days = fields.Integer(default=5, help="Days before the deadline that somebody is told.")
    date = fields.Date(string="Done on", help="Empty: still to be done.")
    interrupts = fields.Boolean(
        string="Interrupts Prescription",
        compute="_compute_interrupts",
        store=True,
        readonly=False,
    )
    note = fields.Char()
    told_on = fields.Date(string="Alarmed on", readonly=True, copy=False)

    _alarm_positive = models.Constraint("CHECK (alarm_days >= 0)", "Days cannot be negative.")
    _to_do_idx = models.Index("(deadline) WHERE date IS NULL AND told_on IS NULL")

    @api.depends("kind_id")
    def _compute_interrupts(self):
        for step in self:
            step.interrupts = step.kind_id.interrupts

    @api.constrains("escalation_id", "date", "deadline")
    def _check_step(self):
        for step in self:
            if step.escalation_id.kind != "legal":
                raise ValidationError(self.env._("Legal steps belong to a legal track."))
            today = self.env["collections.ledger"]._today(step.company_id)
            if step.date and step.date > today:
                raise ValidationError(
                    self.env._("A step is done on a day that has come; until then it has a"
                               " deadline.")
                )  # fmt: skip
            if not step.date and not step.deadline:
                raise ValidationError(self.env._("Give the day it was done, or its deadline."))

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        steps.filtered("date")._on_done()
        return steps

    def write(self, vals):
        if "deadline" in vals or "alarm_days" in vals:
            vals = {**vals, "told_on": False}
        done = self.filtered(lambda step: not step.date) if vals.get("date") else self.browse()
        result = super().write(vals)
        done._on_done()
        if not done and {"date", "interrupts"} & set(vals):
            self._refresh_prescription()
        return result

    def unlink(self):
        companies = self.mapped(lambda step: (step.company_id, step.partner_id))
        result = super().unlink()
        for company, partner in companies:
            self.env["collections.prescription.rule"].sudo()._refresh(company, partner)
        return result

    def _on_done(self):
        """Tell the log what was done, and let the prescription run again."""
        self.env["collections.log"].sudo()._append(
            {
                "case_id": step.case_id.id,
                "event": "legal_step",
                "data": {
                    "step_kind": step.kind_id.id,
                    "date": step.date,
                    "interrupts": step.interrupts or None,
                },
                "content": {"note": step.note} if step.note else None,
            }
            for step in self
        )
        self._refresh_prescription()

    def _refresh_prescription(self):
        for company, steps in self.grouped("company_id").items():
            self.env["collections.prescription.rule"].sudo()._refresh(company, steps.partner_id)

    def action_done(self):
        """Note that these steps were done today."""
        self.check_access("write")
        for step in self.filtered(lambda step: not step.date):
            step.date = self.env["collections.ledger"]._today(step.company_id)
        return True

    @api.model
    def _cron_alarm(self, batch_size=200):
        """Tell who is in charge of the deadlines that come near, each once."""
        today = fields.Date.context_today(self)
        commit_progress = self.env["ir.cron"]._commit_progress
        steps = self.search(
            [
                ("date", "=", False),
                ("told_on", "=", False),
                ("deadline", "!=", False),
                ("escalation_id.state", "=", "active"),
            ],
            order="deadline",
        ).filtered(lambda step: step.deadline - timedelta(days=step.alarm_days) <= today)
        commit_progress(remaining=len(steps))
        for step in steps[:batch_size]:
            step = step.try_lock_for_update()
            if not step or step.told_on or step.date:
                continue
            user = step.escalation_id._get_responsible() or self.env.user
            told = step.with_context(lang=user.lang)
            told.escalation_id.activity_schedule(
                "mail.mail_activity_data_warning",
                date_deadline=step.deadline,
                summary=told.env._("Deadline: %(step)s", step=told.kind_id.name),
                note=step.note or "",
                user_id=user.id,
            )
            step.told_on = today
            if not commit_progress(1):
                break
        if len(steps) > batch_size:
            self.env.ref("collections_management.collections_legal_step_cron")._trigger()
