import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

UUID = re.compile(r"[0-9a-zA-Z-]{8,64}")
LONGEST_NOTE = 4000
LONGEST_REASON = 250
OLDEST = 31  # days: no phone is out of reach longer than that
LATEST = 366  # days: nobody agrees on a call later than that
CALLBACK = "collections_management.mail_activity_type_callback"


class CollectionsCase(models.Model):
    """What a collector does with a case in a keystroke; each call does it once.

    Every ``values`` may have ``day`` and ``next``: then the answer is the list of the day anew,
    with the card of the case ``next``.
    """

    _inherit = "collections.case"

    # -- what may be called ----------------------------------------------------------------------

    def work_outcome(self, outcome, values):
        """Note what came of a call, a message or a visit, and do what follows from it.

        :param int outcome: id of a ``collections.outcome``
        :param dict values: ``uuid`` (the same one again changes nothing), ``medium``, ``note``,
            ``person`` (id of who was spoken to), ``moment`` (ISO, of the device; None: now),
            ``duration`` (seconds), ``callback`` (the moment, where the outcome asks for one),
            ``late`` (true: note it though what it asks for could not be asked), ``reason`` (why
            now, where the contact rules speak against it)
        :return: ``{"follow": what the screen asks first or False, "contact": id or False, ...}``;
            what is asked notes the outcome with its answer. A contact against the contact rules is
            noted with its ``reason``: without one, ``follow`` is ``{"ask": "reason", "why": ...}``
        """
        self._check_desk()
        chosen = self._get_outcome(outcome, values.get("medium") or "call")
        self._get_reference(values)
        if why := self._get_unexcused(values.get("medium") or "call", values):
            return {"follow": {"ask": "reason", "why": why}, "contact": False}
        if not values.get("late") and (question := chosen._ask(self, values)):
            return self._answer(values, follow=question, contact=False)
        contact, is_new = self._log_outcome(chosen, values)
        if is_new:
            self._follow_outcome(chosen, values)
        return self._answer(values, follow=False, contact=contact.id)

    def _answer_outcome(self, outcome, values):
        """Note an outcome whose question was just answered, once, and take it off the list."""
        self._check_desk()
        chosen = self._get_outcome(outcome, values.get("medium") or "call")
        _contact, is_new = self._log_outcome(chosen, values)
        if not is_new:  # noted without the answer before
            self._set_callback(False, False)
        self._follow_outcome(chosen, {**values, "answered": True})
        self._score()

    def work_skip(self, reason, values):
        """Put the case off: it comes back on the list of a later day.

        :param str reason: why, in words
        :param dict values: ``days``, 1 to 90: how many days later; default 1
        """
        self._check_desk()
        self._check_api_text("reason", reason)
        days = values.get("days", 1)
        if type(days) is not int or not 1 <= days <= 90:
            raise UserError(self.env._("A case is put off for 1 to 90 days."))
        until = self.env["collections.ledger"]._today(self.company_id) + timedelta(days=days)
        reason = reason.strip()[:LONGEST_NOTE]
        self.sudo().write({"skipped_until": until, "skip_reason": reason})
        self._log("put_off", {"until": until}, content={"note": reason})
        self._mark_item("skipped")
        return self._answer(values)

    def work_callback(self, moment, values):
        """Note when the debtor expects to be called; the collector is reminded.

        :param str moment: ISO 8601, UTC unless it says otherwise
        :param dict values: ``note``
        """
        self._check_desk()
        self._call_back(self._parse_callback(moment), values)
        self._mark_item("done")
        return self._answer(values)

    def work_note(self, note, values):
        """Write something down in the log of the case.

        :param str note: a text that is not empty
        """
        self._check_desk()
        self._check_api_text("note", note)
        self._log("note", {}, content={"note": note.strip()[:LONGEST_NOTE]})
        return self._answer(values)

    # -- steps of it -----------------------------------------------------------------------------

    def _check_desk(self):
        """:raise AccessError: unless the caller is a collector who may change this case"""
        self.ensure_one()
        self.env["collections.worklist"]._check_desk()
        self.check_access("write")
        if self.state != "open":
            raise UserError(
                self.env._("%(debtor)s owes nothing any more: its case is closed.",
                           debtor=self.partner_id.display_name)
            )  # fmt: skip

    def _answer(self, values, **more):
        self.invalidate_recordset()
        self._score()
        return self.env["collections.worklist"]._answer(self, values, **more)

    def _get_note(self, values):
        note = values.get("note") or ""
        if not isinstance(note, str):
            raise UserError(self.env._("note: a text."))
        return note.strip()[:LONGEST_NOTE]

    def _get_outcome(self, outcome, medium):
        """Return an outcome that fits the medium.

        :raise UserError: when there is none, or it fits another medium only
        """
        found = self.env["collections.outcome"].sudo().browse(outcome).exists()
        if not found or not found.active or medium not in found._get_media():
            raise UserError(self.env._("This outcome is not one of those of this contact."))
        return found.with_env(self.env)

    def _log_outcome(self, outcome, values):
        """Make the contact of an outcome, once.

        :return: the contact, and whether it is new
        """
        reference = self._get_reference(values)
        contacts = self.env["collections.contact"].sudo()
        if known := self._get_known(values):
            if known.case_id != self:
                raise AccessError(self.env._("This contact is of another case."))
            return known, False
        medium = values.get("medium") or "call"
        moment = self._get_plausible(self._parse_device("moment", values.get("moment")))
        channel = self._get_desk_channel(medium)
        data = {"outcome": outcome.id}
        breach, _sentence = self._get_breach(medium, moment)
        if breach:
            data |= breach | {"why": self._get_reason(values) or self.env._("not asked")}
        task = self._get_open_task() if outcome.reached and medium == "call" else contacts.browse()
        contact = contacts._create_external(
            self, channel, reference, self._get_note(values), "out", moment,
            self._get_duration(values), outcome.reached, data,
        )  # fmt: skip
        contact.outcome_id = outcome
        # what the ladder asked for is done by it, and counted once
        if task:
            task.write({"sent_on": False})
            task.activity_id.action_feedback(feedback=outcome.name)
        self._set_callback(False, False)
        self.sudo().activity_unlink([CALLBACK])
        self.sudo().write({"skipped_until": False, "skip_reason": False})
        return contact, True

    @api.model
    def _parse_device(self, name, value):
        """Return the moment of a phone's clock, which may go wrong; now of None."""
        try:
            return fields.Datetime.now() if value is None else self._parse_iso(value)
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise UserError(
                self.env._("%(name)s: %(value)s is no moment; write it as 2026-12-31T15:04:00Z.",
                           name=name, value=value)
            ) from None  # fmt: skip

    @api.model
    def _get_plausible(self, moment):
        """Return the moment of a phone's clock, ours when that one cannot be."""
        now = fields.Datetime.now()
        return moment if now - timedelta(days=OLDEST) <= moment <= now else now

    def _get_reference(self, values):
        uuid = values.get("uuid")
        if not isinstance(uuid, str) or not UUID.fullmatch(uuid):
            raise UserError(self.env._("uuid: 8 to 64 letters, digits and dashes."))
        return f"desk/{uuid}"

    def _get_duration(self, values):
        duration = values.get("duration") or 0
        if type(duration) is not int or not 0 <= duration <= 86400:
            raise UserError(self.env._("duration: a whole number of seconds."))
        return duration

    def _get_desk_channel(self, medium):
        """Extension point: the channel that a contact made by hand counts for."""
        code = {"call": "task", "visit": "visit", "written": "whatsapp_by_hand"}[medium]
        return (
            self.env["collections.channel"].search([("code", "=", code)], limit=1)
            or self.env["collections.channel"]._get_task_channel()
        )

    @api.model
    def _get_desk_kind(self, medium):
        """Extension point: what a debtor grants or withdraws of a contact made by hand."""
        return {"written": "whatsapp"}.get(medium, medium)

    def _get_reason(self, values):
        """Return why somebody contacts a debtor against the contact rules, "" when not said."""
        reason = values.get("reason") or ""
        if not isinstance(reason, str):
            raise UserError(self.env._("reason: a text."))
        return reason.strip()[:LONGEST_REASON]

    def _get_unexcused(self, medium, values):
        """Return what speaks against a contact by hand that has no reason yet, "" when nothing.

        What is known already is not asked again, nor what a phone out of reach tells late.
        """
        if self._get_reason(values) or values.get("late") or self._get_known(values):
            return ""
        moment = self._get_plausible(self._parse_device("moment", values.get("moment")))
        return self._get_breach(medium, moment)[1]

    def _get_known(self, values):
        """Return the contact that was made of this call before, or none."""
        return self.env["collections.contact"].sudo().search(
            [
                ("company_id", "=", self.company_id.id),
                ("external_reference", "=", self._get_reference(values)),
            ]
        )  # fmt: skip

    def _get_open_task(self):
        """Return the tasks of the ladder that wait on the collector's desk for this case."""
        return self.env["collections.contact"].sudo().search(
            [
                ("case_id", "=", self.id),
                ("state", "=", "sent"),
                ("activity_id", "!=", False),
                ("channel_id.medium", "=", "call"),
            ]
        )  # fmt: skip

    def _follow_outcome(self, outcome, values):
        """Do what follows from an outcome and keep the list."""
        outcome._follow(self, values)
        self._mark_item("done")

    def _ask_supervisor(self, summary, note):
        """Put a task on the desk of who decides on this case."""
        user = self.supervisor_id or self.user_id or self.env.user
        self.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=note or "",
            user_id=user.id,
            date_deadline=self.env["collections.ledger"]._today(self.company_id),
        )

    # -- callback --------------------------------------------------------------------------------

    def _parse_callback(self, moment, contact=None):
        """Return a moment to come, in UTC.

        :param dict contact: the values of the contact in which it was agreed: a phone without a
            connection may tell of it when its hour has come already
        :raise UserError: when it is none, over already or too far away
        """
        now = fields.Datetime.now()
        start = self._get_plausible(self._parse_device("moment", (contact or {}).get("moment")))
        try:
            when = self._parse_iso(moment)
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise UserError(
                self.env._("%(value)s is no moment to call back.", value=moment)
            ) from None
        if not start - timedelta(minutes=1) <= when <= now + timedelta(days=LATEST):
            raise UserError(
                self.env._(
                    "%(moment)s: call back at a moment to come, within a year.",
                    moment=format_datetime(self.env, when),
                )
            )
        return when

    def _call_back(self, when, values):
        """Note when the debtor expects a call, remind the collector of it and log it."""
        note = self._get_note(values)
        self._set_callback(when, note)
        self._remind(when, note)
        self._log(
            "callback",
            {"moment": fields.Datetime.to_string(when)},
            content={"note": note} if note else None,
        )

    def _set_callback(self, moment, note):
        self.sudo().write({"callback_on": moment, "callback_note": note or False})

    def _remind(self, moment, note):
        """Leave one reminder of the callback on the collector's desk."""
        case = self.sudo()
        case.activity_unlink([CALLBACK])
        when = fields.Datetime.context_timestamp(self, moment)
        case.activity_schedule(
            CALLBACK,
            date_deadline=when.date(),
            summary=self.env._("Call back at %(time)s", time=when.strftime("%H:%M")),
            note=note or "",
            user_id=(self.user_id or self.env.user).id,
        )

    # -- list ------------------------------------------------------------------------------------

    def _mark_item(self, state):
        """Tick the case off on today's list of its collector, unless it comes back today."""
        worklists = self.env["collections.worklist"]
        day = self.env["collections.ledger"]._today(self.company_id)
        until = worklists._get_end_of_day(self.company_id, day)
        items = self.env["collections.worklist.item"].sudo().search(
            [
                ("case_id", "=", self.id),
                ("worklist_id.date", "=", day),
                ("worklist_id.user_id", "in", (self.env.user | self.user_id).ids),
            ]
        )  # fmt: skip
        if self.callback_on and self.callback_on < until:
            state = "todo"
        items.write({"state": state, "done_on": fields.Datetime.now()})


class CollectionsContact(models.Model):
    """What came of it, as one of the outcomes of the house."""

    _inherit = "collections.contact"

    outcome_id = fields.Many2one("collections.outcome", readonly=True, ondelete="restrict")


class CollectionsLog(models.Model):
    """What the desk writes into the log."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[("callback", "To call back"), ("put_off", "Put off")],
        ondelete={"callback": "cascade", "put_off": "cascade"},
    )

    @api.model
    def _get_data_models(self):
        return super()._get_data_models() | {
            "outcome": "collections.outcome",
            "visit": "collections.visit",
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {"callback": "fa-phone", "put_off": "fa-hourglass-o"}

    @api.model
    def _get_summary_formats(self):
        formats = super()._get_summary_formats()
        made = [
            self.env._("%(channel)s: %(outcome)s (outside rule “%(rule)s”: %(why)s)"),
            self.env._("%(channel)s: %(outcome)s (%(objection)s: %(why)s)"),
            self.env._("%(channel)s: %(outcome)s (outside rule “%(rule)s”)"),
            self.env._("%(channel)s: %(outcome)s"),
            self.env._("%(channel)s (outside rule “%(rule)s”: %(why)s)"),
            self.env._("%(channel)s (%(objection)s: %(why)s)"),
        ]
        return formats | {
            "answered": made + formats["answered"],
            "failed": made + formats["failed"],
            "callback": [self.env._("To call back at %(moment)s")],
            "put_off": [self.env._("Put off until %(until)s")],
        }
