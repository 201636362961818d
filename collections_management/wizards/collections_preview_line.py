from odoo import fields, models

from .collections_preview import PENDING


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
    amount = fields.Monetary(string="Net Overdue", readonly=True)
    currency_id = fields.Many2one(related="preview_id.currency_id")
    reason = fields.Char(readonly=True)
    hold = fields.Char(readonly=True)
    reason_text = fields.Char(string="Why", readonly=True)
    subject = fields.Char(compute="_compute_message")
    body = fields.Html(compute="_compute_message", sanitize=False)

    def _compute_message(self):
        """Render one message by rehearsing its case once more; only when it is looked at."""
        for line in self:
            line.subject, line.body = line._render_message()

    def _render_message(self):
        self.ensure_one()
        if self.verdict != "go":
            return False, False
        content = {}
        with self.preview_id._pretend():
            case = self.case_id.sudo()
            self.env["collections.planner"].sudo()._plan(case)
            contact = self.env["collections.contact"].sudo().search(
                [
                    ("case_id", "=", case.id),
                    ("step_id", "=", self.step_id.id),
                    ("channel_id", "=", self.channel_id.id),
                    ("state", "in", list(PENDING)),
                ],
                limit=1,
            )  # fmt: skip
            if contact:
                content = contact._render_content()[contact.id]
        return content.get("subject", False), content.get("body", False)

    def get_message(self):
        """Return ``{"subject", "body"}`` for the screen.

        Rehearsing writes and takes back, which the mere reading of a form may not do.
        """
        self.check_access("read")
        return {"subject": self.subject or "", "body": self.body or ""}

    def action_open_case(self):
        """Open the case of the line."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "collections.case",
            "res_id": self.case_id.id,
            "views": [[False, "form"]],
        }
