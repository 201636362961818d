from odoo import api, fields, models


class CollectionsLogErase(models.TransientModel):
    """Ask for the legal reason before contents are erased for good."""

    _name = "collections.log.erase"
    _description = "Erase Log Content"

    content_ids = fields.Many2many("collections.log.content", string="Contents", readonly=True)
    content_count = fields.Integer("Messages", compute="_compute_content_count")
    reason = fields.Text(
        "Legal Reason", required=True, help="It is kept in the log, with your name and the date."
    )

    @api.depends("content_ids")
    def _compute_content_count(self):
        for wizard in self:
            wizard.content_count = len(wizard.content_ids)

    def action_confirm(self):
        self.ensure_one()
        self.content_ids._erase(self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
