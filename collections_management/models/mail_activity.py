from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """A task that is done is a contact that was made."""
        contacts = (
            self.env["collections.contact"].sudo().search([("activity_id", "in", self.ids)])
            if "collections.case" in self.mapped("res_model")
            else self.env["collections.contact"]
        )
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        contacts._receive_status("delivered")
        return result
