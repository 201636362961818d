from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .collections_contact import DONE_STATES, PENDING_STATES


class CollectionsCase(models.Model):
    """What the screens of a case show and do; nothing here decides or stores."""

    _inherit = "collections.case"

    ladder = fields.Json(
        compute="_compute_ladder", help="The strategy's steps as the case stands on them."
    )
    next_contact_state = fields.Char(compute="_compute_next_contact_words")
    next_contact_text = fields.Char(compute="_compute_next_contact_words")

    @api.depends("contact_ids.state", "contact_ids.scheduled_on")
    @api.depends_context("lang")
    def _compute_next_contact_words(self):
        for case in self:
            contact = case.next_contact_id
            names = filter(None, (contact.step_id.name, contact.channel_id.name))
            case.next_contact_state = contact.state
            case.next_contact_text = " · ".join(names) or False

    @api.depends("strategy_id", "step_id", "next_contact_id")
    @api.depends_context("lang")
    def _compute_ladder(self):
        contacts = self._get_ladder_contacts()
        for case in self:
            case.ladder = case._get_rungs(contacts.get(case.id, {}))

    def _get_ladder_contacts(self):
        """Return ``{case id: {step id: (state, moment)}}``, the latest contact of each step."""
        rows = self.env["collections.contact"].search_read(
            [
                ("case_id", "in", self.ids),
                ("step_id", "!=", False),
                ("state", "in", DONE_STATES + PENDING_STATES),
            ],
            ["case_id", "step_id", "state", "sent_on", "scheduled_on"],
            order="id",
            load="",
        )
        result = {}
        for row in rows:
            moment = row["sent_on"] or row["scheduled_on"]
            result.setdefault(row["case_id"], {})[row["step_id"]] = (row["state"], moment)
        return result

    def _get_carrier(self):
        """Return the receivable that drives the case as far as a screen can tell: the oldest one
        that nobody excluded."""
        self.ensure_one()
        held = self.hold_ids.filtered(lambda hold: hold.is_active and not hold.amount).line_id
        candidates = self.receivable_ids.filtered(
            lambda line: line.amount_residual > 0 and not line.no_followup and line not in held
        )
        return candidates[:1]

    def _get_rungs(self, contacts):
        """Return the ladder of one case as plain data.

        Each rung: ``{"id", "name", "days", "state", "date", "icon", "mandatory", "mode"}``; state
        is ``done``, ``passed`` (jumped over), ``current`` or ``future``; date is ISO or False.
        """
        self.ensure_one()
        carrier = self._get_carrier()
        due = carrier.date_maturity or carrier.date
        position = carrier.collections_days if carrier.collections_step_id else None
        pending = [id_ for id_, (state, _moment) in contacts.items() if state in PENDING_STATES]
        current = pending[-1] if pending else carrier.collections_step_id.id
        today = self.env["collections.ledger"]._today(self.company_id)
        rungs = []
        for step in self.strategy_id.step_ids.filtered("active"):
            state, moment = contacts.get(step.id, (None, None))
            reached = position is not None and step.days <= position
            if step.id == current:
                place = "current"
            elif reached:
                place = "done" if state in DONE_STATES else "passed"
            else:
                place = "future"
            if state and place != "future":
                date = moment and fields.Datetime.context_timestamp(self, moment).date()
            else:
                day = due and place != "passed" and due + timedelta(step.days)
                date = day if day and day >= today else False
            rungs.append(
                {
                    "id": step.id,
                    "name": step.name,
                    "days": step.days,
                    "state": place,
                    "date": date and fields.Date.to_string(date),
                    "icon": step.icon,
                    "mandatory": step.mandatory,
                    "mode": step.mode,
                }
            )
        return rungs

    def action_lift_holds(self):
        """End every hold of these cases that somebody set on the whole case."""
        holds = self.hold_ids.filtered(lambda hold: hold.is_active and not hold.line_id)
        return holds.action_lift()

    def action_approve_next(self):
        """Release the next contact, which awaits approval."""
        return self.next_contact_id.action_approve()

    def action_plan_task(self):
        """Ask what to do next and when, as an activity of the case."""
        self.ensure_one()
        activity_type = self.env.ref(
            "collections_management.mail_activity_type_contact", raise_if_not_found=False
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan a Task"),
            "res_model": "mail.activity.schedule",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "active_model": self._name,
                "active_id": self.id,
                "active_ids": self.ids,
                "default_activity_type_id": activity_type and activity_type.id,
                "default_res_model": self._name,
                "default_res_ids": str(self.ids),
            },
        }

    def action_pause(self):
        """Ask why and until when these cases are to be left alone."""
        if not self:
            raise UserError(self.env._("Select the cases to pause."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_hold_action_pause"
        )
        return {**action, "context": {"default_case_id": self[:1].id}}

    @api.readonly
    def get_history(self, kind="all", limit=30, before=False):
        """Return the timeline of the case, newest first, for its screen.

        :param str kind: a key of :meth:`_get_history_domains`
        :param int before: only entries before the one with this number
        :return: ``{"entries": [...], "more": bool}``
        """
        self.ensure_one()
        domain = Domain("case_id", "=", self.id)
        domain &= Domain(self._get_history_domains().get(kind, []))
        if before:
            domain &= Domain("sequence", "<", before)
        entries = self.env["collections.log"].search_read(
            domain,
            ["sequence", "moment", "event", "summary", "icon", "user_id", "contact_id"],
            order="sequence desc",
            limit=limit + 1,
        )
        return {"entries": entries[:limit], "more": len(entries) > limit}

    @api.model
    def _get_history_domains(self):
        """Extension point: ``{kind: domain on collections.log}``, the filters of the timeline."""
        return {
            "all": [],
            "messages": [
                (
                    "event",
                    "in",
                    (
                        "sent",
                        "delivered",
                        "read",
                        "answered",
                        "replied",
                        "auto_replied",
                        "failed",
                        "uncertain",
                    ),
                )
            ],
            "decisions": [
                (
                    "event",
                    "in",
                    ("segmented", "planned", "verdict", "held", "released", "approved", "skipped"),
                )
            ],
            "balances": [
                ("event", "in", ("case_opened", "refreshed", "case_closed", "case_reopened"))
            ],
            "people": [("user_id", "!=", False)],
        }
