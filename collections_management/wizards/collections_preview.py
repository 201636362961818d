from contextlib import contextmanager

from odoo import Command, api, fields, models
from odoo.tools import format_datetime

PENDING = {"queued", "planned", "awaiting", "held"}


class _Undo(Exception):
    """Raised to leave a savepoint with everything in it undone."""


class CollectionsPreview(models.TransientModel):
    """What tonight's run would do, found by doing it and taking it back.

    The ledger is read and the cases are segmented for good, as any refresh does; the very code of
    the run then plans inside a savepoint, what it decided is copied here and the savepoint rolled
    back. Nothing leaves, no contact stays.
    """

    _name = "collections.preview"
    _description = "Preview of a Run"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True)
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
    summary = fields.Char(compute="_compute_summary")

    @api.depends("go_count", "stay_count")
    def _compute_summary(self):
        for preview in self:
            preview.summary = self.env._(
                "%(go)s contacts would go out, %(stay)s debtors would be left alone.",
                go=preview.go_count,
                stay=preview.stay_count,
            )

    @api.depends("date")
    def _compute_display_name(self):
        for preview in self:
            preview.display_name = self.env._("Tonight, %(date)s", date=preview.date)

    @api.model
    def _create_for(self, company):
        """Return the preview of tonight's run of a company."""
        self.env["collections.ledger"]._refresh(company)
        self.env["collections.segment"]._assign(company)
        cases = self.env["collections.case"].search(
            [("company_id", "=", company.id), ("state", "=", "open")]
        )
        with self._pretend():
            if cases:
                self.env["collections.planner"]._plan(cases)
            lines = self._prepare_go_lines(company) + self._prepare_stay_lines(cases)
        going = [line for line in lines if line["verdict"] == "go"]
        return self.create(
            {
                "company_id": company.id,
                "date": self.env["collections.ledger"]._today(company),
                "go_count": len(going),
                "stay_count": len(lines) - len(going),
                "go_amount": sum({line["case_id"]: line["amount"] for line in going}.values()),
                "line_ids": [Command.create(line) for line in lines],
            }
        )

    @contextmanager
    def _pretend(self):
        """Undo everything that is done inside."""
        try:
            with self.env.cr.savepoint():
                yield
                raise _Undo
        except _Undo:
            self.env.invalidate_all(flush=False)

    def _prepare_go_lines(self, company):
        contacts = self.env["collections.contact"].search(
            [("company_id", "=", company.id), ("state", "in", list(PENDING))]
        )
        return [
            {
                "verdict": "go",
                "case_id": contact.case_id.id,
                "step_id": contact.step_id.id,
                "channel_id": contact.channel_id.id,
                "state": contact.state,
                "scheduled_on": contact.scheduled_on,
                "address": contact.address,
                "amount": contact.case_id.amount_net_overdue,
                "reason": contact.reason,
                "reason_text": self._get_go_text(contact),
            }
            for contact in contacts
        ]

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
        return [
            {
                "verdict": "stay",
                "case_id": case.id,
                "amount": case.amount_net_overdue,
                "reason": case.decision,
                "reason_text": case.decision_text,
                "hold": (case.decision_data or {}).get("hold"),
            }
            for case in cases
            if case.decision not in speaking
        ]
