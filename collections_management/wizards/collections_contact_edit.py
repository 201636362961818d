from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty


class CollectionsContactEdit(models.TransientModel):
    """Change the words of one message before it leaves; the step's text stays as it is."""

    _name = "collections.contact.edit"
    _description = "Edit a Message"

    contact_id = fields.Many2one(
        "collections.contact", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        related="contact_id.partner_id", string="Debtor", related_sudo=False
    )
    address = fields.Char(related="contact_id.address", related_sudo=False)
    subject = fields.Char(required=True)
    body = fields.Html(string="Message", sanitize_attributes=True, sanitize_style=True)
    is_edited = fields.Boolean(compute="_compute_is_edited")

    def _compute_is_edited(self):
        for wizard in self:
            wizard.is_edited = bool(wizard.contact_id.custom_body)

    def action_save(self):
        """Keep the new words on the contact; whoever approved the old ones approves again."""
        self.ensure_one()
        contact = self.contact_id
        contact._check_supervisor()
        contact._check_revocable()
        if is_html_empty(self.body):
            raise UserError(self.env._("The message is empty: cancel the contact instead."))
        contact.sudo().write(
            {
                "custom_subject": " ".join(self.subject.split())[:250],
                "custom_body": self.body,
                "custom_totals": contact._get_custom_totals(),
                **self._get_approval_vals(),
            }
        )
        contact._log("note", {"edited": True})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_restore(self):
        """Go back to the text of the step."""
        self.ensure_one()
        self.contact_id._check_supervisor()
        self.contact_id._check_revocable()
        self.contact_id.sudo().write(
            {
                "custom_subject": False,
                "custom_body": False,
                "custom_totals": False,
                **self._get_approval_vals(),
            }
        )
        self.contact_id._log("note", {"edited": False})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _get_approval_vals(self):
        """Return what a change does to approvals: words changed after a yes need a new yes."""
        contact = self.contact_id
        if contact.state == "queued" and contact._needs_approval():
            return {"state": "awaiting", "approved_by_id": False, "checked_by_id": False}
        return {"approved_by_id": False} if contact.needs_second else {}
