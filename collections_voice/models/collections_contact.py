import html

from markupsafe import Markup

from odoo import fields, models

from ..engine import provider, speech


class CollectionsContact(models.Model):
    """A contact that is an automated call."""

    _inherit = "collections.contact"

    voice_call_ids = fields.One2many(
        "collections.voice.call",
        "contact_id",
        readonly=True,
        groups="collections_management.collections_management_group_collector,"
        "collections_management.collections_management_group_auditor",
    )

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            provider.STOPPED: self.env._("Twilio refused the account: check its connection."),
            provider.BUSY: self.env._("Twilio asked for fewer calls; it is tried again."),
            provider.SILENT: self.env._(
                "Twilio did not answer: it may or may not have called. We ask it."
            ),
            "voice_no_account": self.env._("The company has no account for automated calls."),
            "voice_no_test_phone": self.env._("Safe mode is on, without a test number for calls."),
            "voice_country": self.env._("The account may not call that country."),
            "voice_blocked": self.env._("Twilio does not call that number."),
            "voice_trial": self.env._("A trial account calls only numbers that were verified."),
            "voice_refused": self.env._("Twilio refused the call."),
            "voice_busy": self.env._("The line was busy."),
            "voice_no_answer": self.env._("Nobody answered."),
            "voice_machine": self.env._("An answering machine took the call."),
            "voice_not_confirmed": self.env._("Nobody said to be the debtor."),
            "voice_failed": self.env._("The call did not get through."),
        }

    def _get_template(self):
        if self.step_id and self.channel_id.kind == "voice":
            return self.step_id._get_spoken_template(self._get_tone())
        return super()._get_template()

    def _render_content(self):
        """A call's body is all that it says; the step's text, as plain speech, is a part of it."""
        contents = super()._render_content()
        spoken = self.filtered(lambda contact: contact.channel_id.kind == "voice")
        if not spoken:
            return contents
        persons = spoken[0].channel_id._voice_get_persons(spoken)
        letters = spoken._get_letters()
        for contact in spoken:
            content = contents[contact.id]
            content["text"] = contact._get_spoken_text(content["body"])
            script = (
                self.env["collections.voice.call"]
                .sudo()
                ._get_script(contact, persons[contact.id], letters[contact.id], content["text"])
            )
            content["body"] = Markup().join(Markup("<p>%s</p>") % line for line in script)
        return contents

    def _get_spoken_text(self, body):
        """Return the step's text as plain speech; nothing for a step that has only instructions."""
        if not self.custom_body and not self._get_template():
            return ""
        return speech.to_speech(str(body or ""), html.unescape)

    def action_edit(self):
        """Of a call only the step's text is a person's to change."""
        action = super().action_edit()
        if self.channel_id.kind == "voice":
            wizard = self.env[action["res_model"]].browse(action["res_id"])
            text = self.sudo()._render_content()[self.id]["text"]
            wizard.body = Markup("<p>%s</p>") % text
        return action

    def _get_call(self):
        """Return the call that was last asked for, or none."""
        self.ensure_one()
        if self.channel_id.kind != "voice":
            return self.env["collections.voice.call"]
        return self.env["collections.voice.call"].sudo().search(
            [("contact_id", "=", self.id)], order="id desc", limit=1
        )  # fmt: skip

    def _count_tries(self, phone):
        """Return how many times these contacts rang a number."""
        return self.env["collections.voice.call"].sudo().search_count(
            [("contact_id", "in", self.ids), ("phone", "=", phone), ("sid", "!=", False)]
        )  # fmt: skip
