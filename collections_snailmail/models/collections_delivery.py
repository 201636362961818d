from odoo import models

from ..engine.outcome import HOUSE_REASONS


class CollectionsDelivery(models.AbstractModel):
    """Letters of one batch part ways: some wait for a person, some are handed to snailmail."""

    _inherit = "collections.delivery"

    def _drop_hindered(self, contacts):
        posted = contacts._filter_snailmail()
        others = contacts - posted
        leaving = super()._drop_hindered(others) if others else others
        return leaving | self._drop_unpostable(posted) if posted else leaving

    def _drop_unpostable(self, letters):
        """Give back to the printer what may not, or cannot, be handed over any more."""
        if not letters:
            return letters
        sentences = letters._get_reason_sentences()
        if reason := letters.channel_id._snailmail_obstacle(letters.company_id):
            letters._give_back_to_print(sentences[reason])
            return letters.browse()
        missing = letters._get_missing_address()
        for letter in letters.filtered(lambda letter: letter.id in missing):
            letter._give_back_to_print(missing[letter.id])
            letters -= letter
        return letters

    def _prepare_contents(self, contacts, channel):
        """Keep the postal address in safe mode too: what is a test is the page."""
        contents = super()._prepare_contents(contacts, channel)
        for content in contents.values():
            if "postal_address" in content:
                content["address"] = content["postal_address"]
        return contents

    def _create_messages(self, contacts, contents, channel):
        """Create the letters before anything is under way, in a transaction that is repeated."""
        result = super()._create_messages(contacts, contents, channel)
        for contact in contacts._filter_snailmail():
            contact._create_snailmail(contents[contact.id])
        return result

    def _apply(self, contact, outcome, content):
        """Note the answer on the letter as well: a repeated transaction had forgotten it."""
        if "snailmail" in content:
            contact.snailmail_letter_id._note_answer(content["snailmail"])
        return super()._apply(contact, outcome, content)

    def _fall_back(self, contact):
        """No other channel stands in while it is the house that has to act."""
        if contact._filter_snailmail() and contact.reason in HOUSE_REASONS:
            return contact.browse()
        return super()._fall_back(contact)
