from odoo import fields, models


class CollectionsConversationMessage(models.Model):
    """A template that a person chose after the window had closed."""

    _inherit = "collections.conversation.message"

    whatsapp_content = fields.Json(
        "WhatsApp Content", readonly=True, help="The template and what its variables say."
    )

    def _erase(self):
        self.write({"whatsapp_content": False})
        return super()._erase()
