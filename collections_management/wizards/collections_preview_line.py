from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .collections_preview import PENDING

LEFT_OUT_DAYS = 7


class CollectionsPreviewLine(models.TransientModel):
    """One contact that would go, or one debtor that would be left alone and why."""

    _name = "collections.preview.line"
    _description = "Line of a Preview"
    _order = "verdict, step_id, channel_id, amount desc, id"

    preview_id = fields.Many2one("collections.preview", required=True, ondelete="cascade")
    verdict = fields.Selection(
        [("go", "Will go"), ("stay", "Left alone")], required=True, readonly=True
    )
    case_id = fields.Many2one("collections.case", readonly=True, ondelete="cascade")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Debtor")
    user_id = fields.Many2one(related="case_id.user_id", string="Collector")
    step_id = fields.Many2one("collections.step", readonly=True, ondelete="cascade")
    channel_id = fields.Many2one("collections.channel", readonly=True, ondelete="cascade")
    state = fields.Char(readonly=True)
    scheduled_on = fields.Datetime(readonly=True)
    address = fields.Char(readonly=True)
    amount = fields.Monetary(
        readonly=True,
        help="What the message asks for: what is net overdue, or what falls due. Of a debtor who "
        "is left alone, what is net overdue.",
    )
    cost = fields.Monetary(readonly=True)
    currency_id = fields.Many2one(related="preview_id.currency_id")
    reason = fields.Char(readonly=True)
    hold = fields.Char(readonly=True)
    reason_text = fields.Char(string="Why", readonly=True)
    subject = fields.Char(compute="_compute_message")
    body = fields.Html(compute="_compute_message", sanitize=False)
    why = fields.Html(string="Why This, Why Now", compute="_compute_message", sanitize=False)

    def _compute_message(self):
        """Render one message by rehearsing its case once more; only when it is looked at."""
        for line in self:
            line.subject, line.body, line.why = line._render_message()

    def _render_message(self):
        self.ensure_one()
        if self.verdict != "go":
            return False, False, False
        content = {}
        with self.preview_id.sudo()._rehearse(self.case_id.sudo().partner_id) as cases:
            contact = cases.env["collections.contact"].search(
                [
                    ("case_id", "=", self.case_id.id),
                    ("step_id", "=", self.step_id.id),
                    ("channel_id", "=", self.channel_id.id),
                    ("state", "in", list(PENDING)),
                ],
                limit=1,
            )
            if contact:
                content = contact._render_content()[contact.id]
                content["why"] = contact.why
        return content.get("subject", False), content.get("body", False), content.get("why", False)

    def get_message(self):
        """Return ``{"subject", "body", "why"}`` for the screen.

        Rehearsing writes and takes back, which the mere reading of a form may not do.
        """
        self.check_access("read")
        return {"subject": self.subject or "", "body": self.body or "", "why": self.why or ""}

    def action_open_case(self):
        """Open the case of the line."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "collections.case",
            "res_id": self.case_id.id,
            "views": [[False, "form"]],
        }

    def action_leave_out(self):
        """Leave these debtors alone for a while: their cases are paused, the lines move over."""
        self.check_access("read")
        going = self.filtered(lambda line: line.verdict == "go")
        if not going:
            raise UserError(self.env._("These debtors are left alone already."))
        until = going.preview_id.date + timedelta(days=LEFT_OUT_DAYS)
        cases = going.case_id
        self.env["collections.hold"].create(
            [
                {
                    "case_id": case.id,
                    "reason": "pause",
                    "date_until": until,
                    "note": self.env._("Left out of a run after its preview."),
                }
                for case in cases
            ]
        )
        going.preview_id.sudo()._move_to_left_alone(cases)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s left out: paused until %(date)s.",
                    count=len(cases),
                    date=format_date(self.env, until),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
