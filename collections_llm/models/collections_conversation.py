from dataclasses import replace

from odoo import models

from odoo.addons.collections_management.engine import amounts, moments, understanding


class CollectionsConversation(models.Model):
    """What the automatic answers do not understand, a language model may propose."""

    _inherit = "collections.conversation"

    def _understand(self, message, facts):
        """Ask when nothing was understood and nothing is being asked of the debtor. Days and
        amounts are read again, by ourselves, from the words that are quoted."""
        understood = super()._understand(message, facts)
        if not self._wants_proposal(message, facts, understood):
            return understood
        found = self.company_id._ask_collections_llm(message.body[: understanding.MAX_LENGTH])
        if not found:
            return understood
        moment, _rest = moments.scan(found.date, facts.today, facts.order)
        amount, _rest = amounts.scan(found.amount, facts.currency)
        return replace(
            understood,
            intent=found.intent,
            confidence=found.confidence,
            moment=moment,
            amount=amount,
            proposed=found.excerpt,
        )

    def _wants_proposal(self, message, facts, understood):
        """Tell whether a message is worth a question."""
        return (
            facts.is_known
            and message.kind == "text"
            and not message.payload
            and bool((message.body or "").strip())
            and understood.intent == understanding.UNKNOWN
            and not understood.moment
            and not (self.dialogue or {}).get("step")
        )
