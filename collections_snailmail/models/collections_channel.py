from contextlib import contextmanager

from odoo import models


class SnailmailSession:
    """One sending of letters: what has stopped all of it, once something has."""

    stopped = None  # an Outcome


class CollectionsChannel(models.Model):
    """The letter adapter, for the letters that a person handed to snailmail."""

    _inherit = "collections.channel"

    def _snailmail_obstacle(self, company):
        """Return the reason why no letter of a company may be handed over, else None."""
        return None if company.sudo().collections_snailmail else "snailmail_off"

    def _letter_render(self, contacts):
        """Add to what is handed over its pages and its postal address."""
        contents = super()._letter_render(contacts)
        contacts._filter_snailmail()._add_snailmail_pages(contents)
        return contents

    @contextmanager
    def _letter_session(self, contacts):
        with super()._letter_session(contacts):
            yield SnailmailSession()
            contacts._filter_snailmail().snailmail_letter_id._settle_collections()

    def _letter_send(self, contact, content, session):
        if not contact._filter_snailmail():
            return super()._letter_send(contact, content, session)
        return contact._send_snailmail(content, session)
