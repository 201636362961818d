from odoo import fields, models


class CollectionsConversationMessage(models.Model):
    _inherit = "collections.conversation.message"

    def _note_sms_stop(self):
        """Send no more text messages to who asked for that, now; nobody has to answer it."""
        self.ensure_one()
        conversation = self.conversation_id
        self.env["phone.blacklist"].sudo()._add([conversation.address])
        conversation.opted_out_on = fields.Datetime.now()
        self._note_sms_word(self.env["collections.consent"].sudo()._withdraw)
        self._note_in()
        self.state = "done"

    def _note_sms_start(self):
        """Send text messages again to who asks for them: the debtor's own, latest word."""
        self.ensure_one()
        conversation = self.conversation_id
        self.env["phone.blacklist"].sudo()._remove([conversation.address])
        conversation.opted_out_on = False
        self._note_sms_word(self.env["collections.consent"].sudo()._grant)

    def _note_sms_word(self, note):
        """Note what the debtor said about text messages, by one of the methods of consents."""
        conversation = self.conversation_id
        if conversation.case_id:
            note(
                conversation.partner_id,
                "sms",
                proof=self.body,
                address=conversation.address,
                source="sms",
                company=conversation.company_id,
            )

    def _erase(self):
        said = self.filtered(lambda message: message.channel_id.kind == "sms")
        self.env["sms.sms"]._erase_collections(said.mapped("external_id"))
        return super()._erase()
