from odoo import api, fields, models

CONVERSATION_EVENTS = [
    ("conversation_in", "Debtor's message"),
    ("conversation_out", "Message to the debtor"),
    ("conversation_failed", "Message not delivered"),
    ("handed_over", "Handed over to a person"),
    ("handed_back", "Handed back to the automatic answers"),
    ("conversation_closed", "Conversation closed"),
    ("opted_out", "Asked not to be written to"),
    ("wrong_number", "Wrong number"),
]


class CollectionsLog(models.Model):
    """What was said, in the log."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=CONVERSATION_EVENTS,
        ondelete={code: "cascade" for code, _label in CONVERSATION_EVENTS},
    )

    @api.model
    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "conversation_in": [self.env._("The debtor wrote by %(channel)s")],
            "conversation_out": [self.env._("Written to the debtor by %(channel)s")],
            "conversation_failed": [self.env._("Message by %(channel)s not delivered: %(reason)s")],
            "handed_over": [
                self.env._("Conversation by %(channel)s handed over to %(to)s: %(reason)s"),
                self.env._("Conversation by %(channel)s handed over to a person: %(reason)s"),
            ],
            "handed_back": [
                self.env._("Conversation by %(channel)s handed back to the automatic answers")
            ],
            "conversation_closed": [self.env._("Conversation by %(channel)s closed")],
            "opted_out": [self.env._("The debtor asked not to be written to by %(channel)s")],
            "wrong_number": [self.env._("Somebody else answered by %(channel)s: wrong number")],
        }

    @api.model
    def _get_data_models(self):
        return super()._get_data_models() | {("handed_over", "to"): "res.users"}

    @api.model
    def _get_data_words(self):
        return super()._get_data_words() | {
            "asked": self.env._("the debtor asked for a person"),
            "hostile": self.env._("the debtor is upset"),
            "not_understood": self.env._("not understood twice"),
            "identity": self.env._("the identity could not be checked"),
            "no_identity": self.env._("there is no tax ID to check the identity with"),
            "unidentified": self.env._("nobody knows whose number it is"),
            "beyond_limits": self.env._("the promise needs approval"),
            "refused": self.env._("the promise could not be recorded"),
            "voice": self.env._("voice messages cannot be read"),
            "too_many": self.env._("too many automatic answers"),
            "no_way_to_pay": self.env._("no way to pay is set up"),
            "by_user": self.env._("taken over"),
            "bot_off": self.env._("automatic answers are off"),
            "opted_out": self.env._("the debtor asked not to be written to"),
            "fault": self.env._("fault"),
            "safe_mode": self.env._("safe mode"),
            "window_closed": self.env._("the time for free text is over"),
        }

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "conversation_in": "fa-comment-o",
            "conversation_out": "fa-comment",
            "conversation_failed": "fa-exclamation-triangle",
            "handed_over": "fa-hand-o-right",
            "handed_back": "fa-magic",
            "conversation_closed": "fa-check",
            "opted_out": "fa-ban",
            "wrong_number": "fa-phone",
        }


class CollectionsCase(models.Model):
    _inherit = "collections.case"

    @api.model
    def _get_history_domains(self):
        return super()._get_history_domains() | {
            "conversations": [("event", "in", [code for code, _label in CONVERSATION_EVENTS])]
        }


class CollectionsLogContent(models.Model):
    _inherit = "collections.log.content"

    def _erase_copies(self):
        """Wipe the words that the conversations keep, and whose they were when none is left."""
        result = super()._erase_copies()
        logs = self.log_id
        ids = {
            log._get_data().get("message")
            for log in logs
            if log.event in ("conversation_in", "conversation_out")
        }
        messages = self.env["collections.conversation.message"].sudo()
        found = messages.search(
            [
                ("conversation_id.case_id", "in", logs.case_id.ids),
                "|",
                ("id", "in", [id_ for id_ in ids if id_]),
                ("contact_id", "in", logs.contact_id.ids),
            ]
        )
        emptied = found.conversation_id.filtered(
            lambda talk: (
                not (talk.message_line_ids - found).filtered(lambda said: said._is_worth_keeping())
            )
        )
        (found | emptied.message_line_ids)._erase()
        found.conversation_id.write({"summary": False, "dialogue": False, "name": False})
        emptied._erase_address()
        return result
