from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsBroadcast(models.TransientModel):
    """A note of a supervisor to collectors of the own teams; each finds it in Odoo's inbox, or in
    the e-mail who prefers that."""

    _name = "collections.broadcast"
    _description = "Note to Collectors"

    user_ids = fields.Many2many(
        "res.users",
        string="To",
        required=True,
        default=lambda self: self._get_reachable(),
    )
    reachable_ids = fields.Many2many("res.users", compute="_compute_reachable_ids")
    subject = fields.Char(required=True)
    body = fields.Text(required=True)

    @api.depends_context("uid")
    def _compute_reachable_ids(self):
        self.reachable_ids = self._get_reachable()

    @api.model
    def _get_reachable(self):
        """Return whom the current user may write to: who works in the own teams."""
        teams = self.env["collections.team"]._get_supervised()
        return teams.member_ids.user_id.filtered("active")

    def action_send(self):
        """Send the note to each of them."""
        self.ensure_one()
        strangers = self.user_ids - self._get_reachable()
        if strangers:
            raise UserError(
                self.env._(
                    "Only people of your teams: %(users)s works in none of them.",
                    users=strangers[0].name,
                )
            )
        body = Markup("<br/>").join((self.body or "").strip().splitlines())
        self.env["mail.thread"].message_notify(
            partner_ids=self.user_ids.partner_id.ids,
            subject=self.subject,
            body=body,
            email_layout_xmlid="mail.mail_notification_light",
        )
        message = self.env._("Sent to %(count)s", count=len(self.user_ids))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
