from odoo.tests import BaseCase

from ..engine.outcome import judge


class TestOutcome(BaseCase):
    def test_what_each_word_means(self):
        for state, code, expected, reason, down in (
            ("success", None, "sent", "", False),
            ("processing", None, "sent", "", False),
            ("sent", None, "sent", "", False),
            ("wrong_number_format", 21211, "failed", "bad_number", False),
            ("unknown", 21614, "failed", "bad_number", False),
            ("unknown", 21610, "failed", "opted_out", False),
            ("unknown", 20003, "retry", "sms_stopped", True),
            ("twilio_from_missing", 21603, "retry", "sms_stopped", True),
            ("insufficient_credit", None, "retry", "sms_stopped", True),
            ("unregistered", None, "retry", "sms_stopped", True),
            ("unknown", 20429, "retry", "channel_down", True),
            ("server_error", None, "retry", "channel_down", True),
            ("country_not_supported", None, "failed", "refused", False),
            ("unknown", 21408, "failed", "refused", False),
        ):
            with self.subTest(state=state, code=code):
                outcome = judge(state, "words", "uuid", code)
                self.assertEqual(
                    (outcome.state, outcome.code, outcome.down), (expected, reason, down)
                )
                self.assertEqual(outcome.reference, "uuid")
