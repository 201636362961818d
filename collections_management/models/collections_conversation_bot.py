from odoo import models


class CollectionsConversation(models.Model):
    """The automatic answers."""

    _inherit = "collections.conversation"

    def _answer(self, message):
        """Answer one message automatically."""
        self._hand_over("bot_off")
