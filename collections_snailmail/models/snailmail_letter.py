from odoo import fields, models
from odoo.exceptions import UserError

ANSWER = ("state", "error_code", "info_msg")


class SnailmailLetter(models.Model):
    """A letter of collections leaves through delivery and no other way.

    Snailmail's own job prints again whatever stands in an error, and its button prints at once.
    Neither knows whether the debtor has paid, what delivery has in hand, or that it is a test.
    """

    _inherit = "snailmail.letter"

    collections_contact_ids = fields.One2many(
        "collections.contact", "snailmail_letter_id", readonly=True
    )

    def _filter_collections(self):
        """Return those that belong to contacts, whoever asks."""
        return self.filtered(lambda letter: letter.sudo().collections_contact_ids)

    def _snailmail_print(self, immediate=True):
        return super(SnailmailLetter, self - self._filter_collections())._snailmail_print(immediate)

    def snailmail_print(self):
        if self._filter_collections():
            raise UserError(
                self.env._("This letter belongs to a collections contact: post it there.")
            )
        return super().snailmail_print()

    def _snailmail_create(self, route):
        """Tell where our letters have their address: in the left window, as DIN 5008 wants it."""
        params = super()._snailmail_create(route)
        left = set(self._filter_collections().filtered(lambda letter: not letter.cover).ids)
        for document in params["documents"]:
            if document["letter_id"] in left:
                document["rightaddress"] = 0
        return params

    def _get_answer(self):
        """Return what snailmail said of a letter, to be noted again when it gets lost."""
        return {name: self[name] for name in ANSWER}

    def _note_answer(self, answer):
        changed = {name: value for name, value in answer.items() if self[name] != value}
        if changed:
            self.write(changed)

    def _settle_collections(self):
        """Cancel what did not leave in a sending that is over; another one takes it up again."""
        self.filtered(lambda letter: letter.state == "pending").cancel()
