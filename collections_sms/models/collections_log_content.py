from odoo import models


class CollectionsLogContent(models.Model):
    """Odoo keeps text messages and their numbers in tables of its own."""

    _inherit = "collections.log.content"

    def _erase_copies(self):
        contacts = self.log_id.contact_id.sudo()
        told = contacts.mail_message_id.sudo().notification_ids
        told.filtered(lambda row: row.notification_type == "sms").write(
            {"sms_number": False, "failure_reason": False}
        )
        self.env["sms.sms"]._erase_collections(contacts.mapped("sms_uuid"))
        return super()._erase_copies()
