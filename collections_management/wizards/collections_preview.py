from contextlib import contextmanager
from datetime import datetime, time, timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date, format_datetime

PENDING = {"queued", "planned", "awaiting", "held"}
HORIZON = 60


class _Undo(Exception):
    """Raised to leave a savepoint with everything in it undone."""


class CollectionsPreview(models.TransientModel):
    """What the run of a day would do, found by doing it and taking it back.

    The very code of the run reads the ledger, segments and plans inside a savepoint; what it
    decided is copied here and the savepoint rolled back. Nothing leaves, no contact stays. For a
    later day the nights in between are lived through first, as if all they plan left and nobody
    paid.
    """

    _name = "collections.preview"
    _description = "Preview of a Run"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True)
    first_night = fields.Date(
        readonly=True, help="The first night that is lived through. Empty: today's."
    )
    is_tonight = fields.Boolean(compute="_compute_is_tonight")
    line_ids = fields.One2many("collections.preview.line", "preview_id")
    go_ids = fields.One2many(
        "collections.preview.line", "preview_id", domain=[("verdict", "=", "go")], string="Will Go"
    )
    stay_ids = fields.One2many(
        "collections.preview.line",
        "preview_id",
        domain=[("verdict", "=", "stay")],
        string="Left Alone",
    )
    go_count = fields.Integer(readonly=True)
    stay_count = fields.Integer(readonly=True)
    go_amount = fields.Monetary(string="About", readonly=True)
    cost = fields.Monetary(readonly=True, help="What these contacts cost, by each channel's price.")
    summary = fields.Char(compute="_compute_summary")
    assumption = fields.Char(compute="_compute_summary")
    gate_text = fields.Char(compute="_compute_gate_text")

    @api.depends("date", "company_id")
    def _compute_is_tonight(self):
        for preview in self:
            preview.is_tonight = preview.date == preview._get_today()

    def _get_today(self):
        return self.env["collections.ledger"]._today(self.company_id)

    @api.depends("go_count", "stay_count", "date")
    @api.depends_context("lang")
    def _compute_summary(self):
        for preview in self:
            preview.summary = self.env._(
                "%(go)s contacts would go out, %(stay)s debtors would be left alone.",
                go=preview.go_count,
                stay=preview.stay_count,
            )
            preview.assumption = not preview.is_tonight and self.env._(
                "As if everything planned until then left on its day, what waits for approval was "
                "approved, and nobody paid."
            )

    @api.depends("go_ids.state", "company_id")
    @api.depends_context("lang")
    def _compute_gate_text(self):
        for preview in self:
            preview.gate_text = preview._explain_gate()

    def _explain_gate(self):
        """Return who has to look at this run before it leaves, or False."""
        self.ensure_one()
        messages = self.go_ids.filtered(lambda line: not line.channel_id.is_manual)
        run = self.env["collections.run"].new({"company_id": self.company_id.id})
        if run._is_over_limit(messages):
            return self.env._("Over the company's limit: two persons will have to approve it.")
        reason = self.company_id._get_review_reason(self.date)
        if reason == "held":
            return self.env._("Held back: it will wait until somebody approves it.")
        if reason:
            return self.env._("It will wait until somebody approves it.")
        return False

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for preview in self:
            day = preview.date and format_date(self.env, preview.date)
            preview.display_name = (
                self.env._("Tonight, %(date)s", date=day)
                if preview.is_tonight
                else self.env._("Night of %(date)s", date=day)
            )

    @api.model
    def _create_for(self, company, day=None, first_night=None):
        """Return the preview of the run of a company.

        :param date day: which night; None: tonight's
        :param date first_night: the first night on which there will be a run; None: tonight
        """
        ledger = self.env["collections.ledger"]
        ledger._refresh(company)  # for good, as any refresh: a line needs its case
        self.env["collections.segment"]._assign(company)
        preview = self.create(
            {
                "company_id": company.id,
                "date": day or ledger._today(company),
                "first_night": first_night,
            }
        )
        preview._fill()
        return preview

    def _fill(self):
        """Rehearse the night and note its lines."""
        self.ensure_one()
        with self._rehearse() as cases:
            lines = self._prepare_go_lines(cases) + self._prepare_stay_lines(cases)
        going = [line for line in lines if line["verdict"] == "go"]
        tasks = self.env["collections.channel"].search([("is_manual", "=", True)]).ids
        asked = {
            line["case_id"]: line["amount"] for line in going if line["channel_id"] not in tasks
        }
        self.write(
            {
                "go_count": len(going),
                "stay_count": len(lines) - len(going),
                "go_amount": sum(asked.values()),
                "cost": sum(line["cost"] for line in going),
                "line_ids": [Command.clear(), *(Command.create(line) for line in lines)],
            }
        )

    def write(self, vals):
        """Of what was found only the night looked at can be changed by hand."""
        if not self.env.su and set(vals) - {"date"}:
            raise AccessError(self.env._("A preview is made by the run, not by hand."))
        return super().write(vals)

    def _check_day(self, day):
        today = self._get_today()
        if not today <= day <= today + timedelta(days=HORIZON):
            raise UserError(
                self.env._(
                    "Choose a day from today to %(last)s: further ahead it would be guesswork.",
                    last=format_date(self.env, today + timedelta(days=HORIZON)),
                )
            )

    def action_show(self):
        """Look at the day entered on the screen."""
        self.ensure_one()
        self._check_supervisor()
        self.sudo()._check_day(self.date)
        self.sudo()._fill()
        return True

    def action_tonight(self):
        """Look at tonight again."""
        self.ensure_one()
        self._check_supervisor()
        self.sudo().date = self._get_today()
        self.sudo()._fill()
        return True

    def action_next_day(self):
        """Look at the following day."""
        self.ensure_one()
        self._check_supervisor()
        day = self.date + timedelta(days=1)
        self.sudo()._check_day(day)
        self.sudo().date = day
        self.sudo()._fill()
        return True

    def _move_to_left_alone(self, cases):
        """Count cases that were just paused among those left alone."""
        lines = self.line_ids.filtered(lambda line: line.case_id in cases)
        moved = lines.filtered(lambda line: line.verdict == "go")
        doubled = moved - moved.browse({line.case_id.id: line.id for line in moved}.values())
        doubled.unlink()
        sentence = self._explain_reason("held", "pause")
        (moved - doubled).write(
            {"verdict": "stay", "reason": "held", "hold": "pause", "reason_text": sentence}
        )
        going = self.line_ids.filtered(lambda line: line.verdict == "go")
        messages = going.filtered(lambda line: not line.channel_id.is_manual)
        self.write(
            {
                "go_count": len(going),
                "stay_count": len(self.line_ids) - len(going),
                "go_amount": sum({line.case_id: line.amount for line in messages}.values()),
                "cost": sum(going.mapped("cost")),
            }
        )

    def action_prepare(self):
        """Plan this run for good, without letting anything leave before somebody approves it."""
        self.ensure_one()
        return self.env["collections.run"].with_company(self.company_id).action_prepare()

    def _check_supervisor(self):
        self.env["collections.contact"]._check_supervisor()

    # -- rehearsing ------------------------------------------------------------------------------

    @contextmanager
    def _pretend(self):
        """Undo everything that is done inside."""
        try:
            with self.env.cr.savepoint():
                yield
                raise _Undo
        except _Undo:
            self.env.invalidate_all(flush=False)

    @contextmanager
    def _rehearse(self, partners=None):
        """Live through the nights until this one; yield its open cases, and undo it all.

        :param partners: only these debtors; None: all of the company
        """
        self.ensure_one()
        today = self._get_today()
        day = max(self.first_night or today, today)
        with self._pretend():
            if day > today:  # what is queued already leaves before
                self._pretend_sending(self._get_open_cases(today, partners), today)
            while day < self.date:
                cases = self._plan_night(day, partners)
                left = self._pretend_sending(cases, day)
                day = day + timedelta(days=1) if left else self._get_next_night(cases, day)
            yield self._plan_night(self.date, partners)

    def _plan_night(self, day, partners=None):
        """Do what the run of a day does before it sends; return the open cases, who live that
        day."""
        rehearsal = self.env["collections.ledger"]._rehearse(self.company_id, day)
        rehearsal.env["collections.ledger"]._refresh(self.company_id, partners=partners)
        rehearsal.env["collections.segment"]._assign(self.company_id)
        cases = self._get_open_cases(day, partners)
        if cases:
            rehearsal.env["collections.planner"]._plan(cases)
        return cases

    def _get_open_cases(self, day, partners=None):
        """Return the open cases of the company, who live a day."""
        domain = [("company_id", "=", self.company_id.id), ("state", "=", "open")]
        if partners:
            domain.append(("partner_id", "in", partners.ids))
        rehearsal = self.env["collections.ledger"]._rehearse(self.company_id, day)
        return rehearsal.env["collections.case"].search(domain)

    def _pretend_sending(self, cases, day):
        """Note the messages and tasks that may leave by the end of a day as sent.

        :return: what left
        """
        midnight = datetime.combine(day + timedelta(days=1), time.min)
        contacts = cases.env["collections.contact"].search(
            [
                ("case_id", "in", cases.ids),
                ("state", "in", ("queued", "awaiting")),
                ("scheduled_on", "<", midnight),
            ]
        )
        positions = cases.env["collections.position"]
        climbs = positions._prepare_climbs(contacts)
        contacts.write({"state": "sent", "sent_on": datetime.combine(day, time(hour=12))})
        for contact in contacts:
            positions._climb(contact, climbs[contact.id])
            positions._note_contact(contact, day)
        return contacts

    def _get_next_night(self, cases, day):
        """Return the next night on which anything can change, when nothing left on this one."""
        [[until, scheduled]] = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT min(decision_until) FROM collections_case
                         WHERE id = ANY(%(cases)s) AND decision_until > %(day)s),
                       (SELECT min(scheduled_on)::date FROM collections_contact
                         WHERE case_id = ANY(%(cases)s) AND state IN ('queued', 'awaiting'))
                """,
                cases=cases.ids,
                day=day,
            )
        )
        days = [found for found in (until, scheduled, self.date) if found and found > day]
        return min(days, default=self.date)

    # -- what is shown ---------------------------------------------------------------------------

    def _prepare_go_lines(self, cases):
        contacts = cases.env["collections.contact"].search(
            [("company_id", "=", self.company_id.id), ("state", "in", list(PENDING))]
        )
        costs = self._get_costs(contacts.channel_id)
        amounts = self._get_amounts(contacts)
        return [
            {
                "verdict": "go",
                "case_id": contact.case_id.id,
                "step_id": contact.step_id.id,
                "channel_id": contact.channel_id.id,
                "state": contact.state,
                "scheduled_on": contact.scheduled_on,
                "address": contact.address,
                "amount": amounts[contact],
                "cost": costs[contact.channel_id],
                "reason": contact.reason,
                "reason_text": self._get_go_text(contact),
            }
            for contact in contacts
        ]

    def _get_amounts(self, contacts):
        """Return ``{contact: what it asks for}``.

        A reminder before the due date asks for what falls due, any other for what is net overdue.
        """
        reminders = contacts.filtered(lambda contact: contact.step_id and contact.step_id.days <= 0)
        told = {
            contact: {*((contact.facts or {}).get("covered") or ()), *contact.carrier_id.ids}
            for contact in reminders
        }
        lines = contacts.env["account.move.line"].browse(set().union(*told.values())).exists()
        residuals = {line.id: line.amount_residual for line in lines}
        return {
            **{contact: contact.case_id.amount_net_overdue for contact in contacts - reminders},
            **{contact: sum(residuals.get(id_, 0) for id_ in ids) for contact, ids in told.items()},
        }

    def _get_costs(self, channels):
        """Return ``{channel: cost of one contact in the company's currency}``."""
        return {
            channel: channel.currency_id._convert(
                channel.cost, self.currency_id, self.company_id, self.date
            )
            for channel in channels
        }

    def _get_go_text(self, contact):
        """Return why a contact goes, or what it still waits for."""
        if contact.state == "awaiting":
            return self.env._("Waits for approval")
        if contact.state == "held" or contact.reason:
            return contact.reason_text
        return self.env._(
            "Leaves on %(moment)s", moment=format_datetime(self.env, contact.scheduled_on)
        )

    def _prepare_stay_lines(self, cases):
        speaking = ("step_due", "preventive", "contact_pending")
        sentences = cases._get_decision_texts()
        return [
            {
                "verdict": "stay",
                "case_id": case.id,
                "amount": case.amount_net_overdue,
                "reason": case.decision,
                "reason_text": sentences[case.id],
                "hold": (case.decision_data or {}).get("hold"),
            }
            for case in cases
            if case.decision not in speaking
        ]
