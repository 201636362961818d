from odoo import models


class CollectionsChannel(models.Model):
    """What a channel through which people answer can do more.

    An adapter of such a channel defines ``_<kind>_is_two_way`` and ``_<kind>_reply``, and may
    define the others; see the developer's page.
    """

    _inherit = "collections.channel"

    def _call_optional(self, verb, default, *args):
        """Return what the adapter answers to a verb, a default when it does not know it."""
        self.ensure_one()
        method = getattr(self, f"_{self.kind}_{verb}", None)
        return method(*args) if method else default

    def _is_two_way(self):
        """Tell whether people answer through this channel."""
        return self._call_optional("is_two_way", False)

    def _reply(self, message):
        """Send one message of a conversation now.

        :return: an ``engine.delivery.Outcome``; never raises
        """
        return self._get_verb("reply")(message)

    def _get_window(self, conversation):
        """Return until when (naive UTC) free text may be sent, None when it always may."""
        return self._call_optional("get_window", None, conversation)

    def _get_limits(self):
        """Return how much a message may hold: ``text``, ``buttons``, ``button_title``,
        ``list_rows``, ``url_title`` (no such key: no button of that kind)."""
        return self._call_optional("get_limits", {})

    def _get_test_address(self, company):
        """Return the address that messages of a company in safe mode go to, or False."""
        return self._call_optional("get_test_address", False, company)

    def _get_window_texts(self, conversation):
        """Return ``[{"id", "name", "text"}]``: what may be said after the window has closed."""
        return self._call_optional("get_window_texts", [], conversation)

    def _say_window_text(self, conversation, text_id, user):
        """Queue one of :meth:`_get_window_texts` to be said.

        :return: the message
        """
        return self._get_verb("say_window_text")(conversation, text_id, user)
