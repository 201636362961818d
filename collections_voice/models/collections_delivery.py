from odoo import fields, models

from ..engine import provider, tries


class CollectionsDelivery(models.AbstractModel):
    """What follows from a call that was asked for, or that reached nobody."""

    _inherit = "collections.delivery"

    def _get_obstacle_codes(self):
        return super()._get_obstacle_codes() + [
            provider.STOPPED, "voice_no_account", "voice_no_test_phone",
        ]  # fmt: skip

    def _apply(self, contact, outcome, content):
        entries = super()._apply(contact, outcome, content)
        if contact.channel_id.kind == "voice":
            contact._get_call()._note_dial(outcome)
            if outcome.code == provider.STOPPED:
                accounts = self.env["collections.voice.account"]
                accounts._get_of(contact.company_id)._stop(outcome.message)
        return entries

    def _fall_back(self, contact):
        """Call again as the account's plan says, before another channel is tried."""
        call = contact._get_call()
        if call and contact.step_id and (again := self._call_again(contact, call)):
            return again
        return super()._fall_back(contact)

    def _call_again(self, contact, call):
        """Return the contact of the next try, or none when there is no further one.

        Delivery looks at it again when its time comes: who has paid, or may not be called at that
        moment, is not.
        """
        pauses = call.account_id._get_pauses(contact.reason)
        spoken = contact._get_spoken()[contact] | contact
        moment = tries.next_try(pauses, spoken._count_tries(call.phone), fields.Datetime.now())
        phones = contact.channel_id._get_person_phones(contact.case_id, contact.step_id.role)
        if not moment or call.phone not in dict(phones.get(contact.case_id.id, ())):
            return contact.browse()
        turn = spoken._get_next_turn(contact.channel_id)
        again = self._create_fallback(contact, contact.channel_id, call.phone, turn)
        again.scheduled_on = moment
        return again
