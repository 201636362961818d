from odoo import models

from .collections_channel import to_mobile


class CollectionsCase(models.Model):
    """Where the company has a number of its own, people are written to from Odoo."""

    _inherit = "collections.case"

    def _get_chat(self, person):
        account = self.env["collections.whatsapp.account"]._get_for(self.company_id)
        if not account or person.collections_is_bad_phone:
            return super()._get_chat(person)
        country = person.country_id or self.partner_id.country_id or self.company_id.country_id
        address = to_mobile(person.phone or "", country.code)
        channel = self.env.ref("collections_whatsapp.collections_channel_whatsapp")
        return (channel, address) if address and channel.active else super()._get_chat(person)

    def work_conversation(self, person, values):
        """What the person was sent lately is in the conversation that begins."""
        action = super().work_conversation(person, values)
        talk = self.env["collections.conversation"].sudo().browse(action["res_id"])
        if talk.channel_id.kind == "whatsapp":
            account = self.env["collections.whatsapp.account"]._get_for(self.company_id)
            account._note_reminders(talk.channel_id, talk.address)
        return action
