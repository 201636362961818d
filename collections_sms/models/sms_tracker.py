from odoo import models

from ..engine.outcome import judge_report
from .collections_contact import REPORTS


class SmsTracker(models.Model):
    """Reports of every provider pass through here: debtors' contacts are told."""

    _inherit = "sms.tracker"

    def _action_update_from_twilio_error(self, sms_status, error_code, error_message):
        """Keep Twilio's code, of which Odoo knows a few only, for whose message it was."""
        code = int(error_code) if (error_code or "").isdecimal() else None
        return super(
            SmsTracker, self.with_context(collections_twilio_code=code)
        )._action_update_from_twilio_error(sms_status, error_code, error_message)

    def _update_sms_notifications(
        self, notification_status, failure_type=False, failure_reason=False
    ):
        result = super()._update_sms_notifications(
            notification_status, failure_type=failure_type, failure_reason=failure_reason
        )
        self._tell_collections(notification_status, failure_type, failure_reason)
        return result

    def _tell_collections(self, status, failure, words):
        """Tell whose message each is what the provider says of it."""
        uuids = self.mapped("sms_uuid")
        code = self.env.context.get("collections_twilio_code")
        contacts = self.env["collections.contact"].sudo().search([("sms_uuid", "in", uuids)])
        for contact in contacts:
            contact._receive_sms_report(status, failure, words, code)
        said = self.env["collections.conversation.message"].sudo().search(
            [("channel_id.kind", "=", "sms"), ("external_id", "in", uuids)]
        )  # fmt: skip
        if state := {"pending": "sent", **REPORTS}.get(status):
            said._receive_status(state, {"reason": judge_report(code), "detail": words or ""})
            if state == "failed" and judge_report(code) == "sms_stopped":
                (contacts.company_id | said.company_id)._stop_collections_sms(words)
