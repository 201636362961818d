from odoo import models


class SmsTracker(models.Model):
    """Reports of every provider pass through here: debtors' contacts are told."""

    _inherit = "sms.tracker"

    def _update_sms_notifications(
        self, notification_status, failure_type=False, failure_reason=False
    ):
        super()._update_sms_notifications(
            notification_status, failure_type=failure_type, failure_reason=failure_reason
        )
        self._tell_contact()

    def _tell_contact(self):
        """Tell the contacts of these what their notifications say."""
        contacts = self.env["collections.contact"].sudo().search(
            [("sms_uuid", "in", self.mapped("sms_uuid"))]
        ).grouped("sms_uuid")  # fmt: skip
        for tracker in self:
            if contact := contacts.get(tracker.sms_uuid):
                notification = tracker.mail_notification_id
                contact._receive_sms_report(
                    notification.notification_status,
                    notification.failure_type,
                    notification.failure_reason,
                )
