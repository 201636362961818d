from odoo import models


class CollectionsLogContent(models.Model):
    _inherit = "collections.log.content"

    def _erase_copies(self):
        """Wipe what the calls keep: numbers, what was said, the keys."""
        contacts = self.log_id.contact_id
        calls = self.env["collections.voice.call"].sudo()
        calls.search([("contact_id", "in", contacts.ids)])._erase()
        return super()._erase_copies()
