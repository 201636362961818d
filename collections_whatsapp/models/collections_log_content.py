from odoo import models


class CollectionsLogContent(models.Model):
    _inherit = "collections.log.content"

    def _erase_copies(self):
        """Wipe the webhooks that told of these messages, and who the persons are at WhatsApp."""
        logs = self.log_id
        contacts = logs.contact_id.sudo().filtered(lambda row: row.channel_kind == "whatsapp")
        talks = self.env["collections.conversation"].sudo().search(
            [("case_id", "in", logs.case_id.ids), ("channel_id.kind", "=", "whatsapp")]
        )  # fmt: skip
        before = set(talks.filtered("message_line_ids").mapped("address"))
        numbers = {number for number in contacts.mapped("address") if number}
        companies = logs.company_id
        result = super()._erase_copies()
        # A conversation of which something is kept goes on being his.
        numbers |= before - set(talks.mapped("address"))
        if numbers:
            self.env["collections.whatsapp.person"].sudo()._erase(companies, numbers)
            self.env["collections.whatsapp.event"].sudo()._erase(companies, numbers)
        return result
