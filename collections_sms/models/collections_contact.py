from collections import defaultdict

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import html2plaintext

from ..engine import segments
from ..engine.outcome import judge_report

# What Odoo's notification says at last -> what the contact is told.
REPORTS = {"sent": "delivered", "bounce": "failed", "exception": "failed"}


class CollectionsContact(models.Model):
    _inherit = "collections.contact"

    sms_uuid = fields.Char(
        readonly=True, copy=False, index="btree_not_null", help="Its number at the provider."
    )
    sms_segments = fields.Integer(
        "Segments", readonly=True, help="Of 160 plain characters, or 70 with other letters."
    )

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "sms_stopped": self.env._("The SMS provider refuses us: see Settings > Collections."),
            "bad_number": self.env._("The number cannot receive text messages."),
            "opted_out": self.env._("The debtor told the provider to stop text messages."),
            "not_delivered": self.env._("The network did not deliver the text message."),
        }

    def _render_sms(self):
        """Render the text messages of these contacts, grouped by text and language.

        :return: as of ``_render_content``, with ``text`` and ``segments``
        """
        result, groups = {}, defaultdict(self.browse)
        self._forget_letters()
        for contact in self:
            groups[contact._get_sms_template(), contact._get_lang()] |= contact
        for (template, lang), contacts in groups.items():
            bodies = template.sudo().with_context(lang=lang)._render_field("body", contacts.ids)
            for contact in contacts:
                own = contact.custom_body and html2plaintext(contact.custom_body)
                body = own or bodies[contact.id] or ""
                text = contact.channel_id._sms_to_text(body, contact.company_id)
                result[contact.id] = {
                    "subject": "",
                    "body": Markup("<p>%s</p>") % Markup("<br/>").join(text.split("\n")),
                    "address": contact.address or "",
                    "text": text,
                    "segments": segments.count_segments(text),
                }
        return result

    def _get_sms_template(self):
        """Return the text it speaks with: the step's in its tone, else the one that is shipped."""
        self.ensure_one()
        return self.step_id._get_sms_template(self._get_tone())

    def _render_content(self):
        """Show text messages as text messages, also before they leave."""
        texts = self.filtered(lambda contact: contact.channel_id.kind == "sms")
        result = super(CollectionsContact, self - texts)._render_content()
        return result | texts._render_sms()

    def _catch_up_with_reports(self):
        """Take reports that arrived before we had noted that the message left."""
        for contact in self.filtered(lambda contact: contact.state in ("sent", "uncertain")):
            tracker = self.env["sms.tracker"].sudo().search([("sms_uuid", "=", contact.sms_uuid)])
            told = tracker.mail_notification_id
            contact._receive_sms_report(
                told.notification_status, told.failure_type, told.failure_reason
            )

    def _receive_sms_report(self, status, failure, words, code=None):
        """Take what Odoo's notification of the message says.

        :param status: the notification's status
        :param failure: its failure type
        :param words: of the provider
        :param code: Twilio's error code, when it told one
        """
        self.ensure_one()
        if status == "pending" and self.state == "uncertain":  # it did leave
            self._receive_status("sent")
        if state := REPORTS.get(status):
            reason = {"reason": judge_report(code), "detail": words or ""}
            if failure in ("sms_invalid_destination", "sms_not_allowed"):
                reason["reason"] = "bad_number"
            if not self.safe_mode and self.state in ("sending", "uncertain", "sent"):
                self._note_sms_fault(reason["reason"], self.address)
            self._receive_status(state, reason if state == "failed" else None)

    def _note_sms_fault(self, reason, address):
        """Note what a failure says of the number itself: it is of no use, or its owner asked the
        provider to keep our text messages away."""
        if reason == "bad_number":
            self.env["res.partner"]._mark_bad_number(address)
        elif reason == "opted_out":
            self.env["collections.consent"].sudo()._withdraw(
                self.partner_id,
                "sms",
                proof=self.env._("The provider refused our text: this number asked for no more"),
                address=address,
                source="sms",
                company=self.company_id,
            )
