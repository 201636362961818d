from odoo import models

from .collections_contact import REPORTS


class SmsTracker(models.Model):
    """Reports of every provider pass through here: debtors' contacts are told."""

    _inherit = "sms.tracker"

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
        contacts = self.env["collections.contact"].sudo().search([("sms_uuid", "in", uuids)])
        for contact in contacts:
            contact._receive_sms_report(status, failure, words)
        said = self.env["collections.conversation.message"].sudo().search(
            [("channel_id.kind", "=", "sms"), ("external_id", "in", uuids)]
        )  # fmt: skip
        if state := {"pending": "sent", **REPORTS}.get(status):
            said._receive_status(state, {"reason": "not_delivered", "detail": words or ""})
