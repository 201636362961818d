from uuid import uuid4

from odoo import models

from odoo.addons.collections_management.engine.delivery import Outcome

# Twilio refuses more; Odoo's credits cut at about as much.
MAX_TEXT = 1600


class CollectionsChannel(models.Model):
    """Conversations by text message: no buttons, no window, and a link is part of the text."""

    _inherit = "collections.channel"

    def _sms_is_two_way(self):
        return True

    def _sms_get_limits(self):
        return {"text": MAX_TEXT}

    def _sms_tell(self, case, address, words):
        return self._tell_in_a_contact(case, address, False, words["text"])

    def _sms_reply(self, message):
        """Say one thing in a conversation."""
        company = message.company_id
        if obstacle := self._sms_obstacle(company):
            return Outcome("retry", *obstacle)
        text = self._sms_to_text(message.body, company)
        uuid = uuid4().hex
        conversation = message.conversation_id
        self.env["sms.tracker"].sudo().create({"sms_uuid": uuid})
        self.env["sms.sms"].sudo().create(
            {
                "uuid": uuid,
                "number": conversation.address,
                "body": text,
                "partner_id": conversation.partner_id.id,
                "record_company_id": company.id,
                "state": "process",
            }
        )
        return self._sms_call(self._sms_get_api(company), company, conversation.address, text, uuid)
