from odoo import fields, models


class CollectionsPayLinkRevoke(models.TransientModel):
    """Asks why pay links are revoked."""

    _name = "collections.pay.link.revoke"
    _description = "Revoke Pay Links"

    link_ids = fields.Many2many("collections.pay.link", string="Pay Links", readonly=True)
    reason = fields.Char(required=True)

    def action_revoke(self):
        """Revoke the links."""
        self.link_ids.action_revoke(self.reason)
        return {"type": "ir.actions.act_window_close"}
