from odoo.tests import BaseCase

from ..engine.outcome import judge, judge_report


class TestOutcome(BaseCase):
    def test_what_each_word_means(self):
        for state, code, status, expected, reason, down in (
            ("success", None, None, "sent", "", False),
            ("processing", None, None, "sent", "", False),
            ("sent", None, 201, "sent", "", False),
            ("wrong_number_format", 21211, 400, "failed", "bad_number", False),
            ("unknown", 21614, 400, "failed", "bad_number", False),
            ("unknown", 21610, 400, "failed", "opted_out", False),
            ("unknown", 20003, 401, "retry", "sms_stopped", True),
            ("unknown", None, 403, "retry", "sms_stopped", True),
            ("unknown", 21212, 400, "retry", "sms_stopped", True),
            ("twilio_from_missing", 21603, 400, "retry", "sms_stopped", True),
            ("insufficient_credit", None, None, "retry", "sms_stopped", True),
            ("unregistered", None, None, "retry", "sms_stopped", True),
            ("unknown", 20429, 429, "retry", "channel_down", True),
            ("unknown", None, 429, "retry", "channel_down", True),
            ("unknown", 20503, 503, "retry", "channel_down", True),
            ("server_error", None, None, "retry", "channel_down", True),
            ("unknown", 20500, 500, "uncertain", "connection_lost", True),
            ("unknown", None, 502, "uncertain", "connection_lost", True),
            ("country_not_supported", None, None, "failed", "refused", False),
            ("unknown", 21408, 400, "failed", "refused", False),
        ):
            with self.subTest(state=state, code=code, status=status):
                outcome = judge(state, "words", "uuid", code, status)
                self.assertEqual(
                    (outcome.state, outcome.code, outcome.down), (expected, reason, down)
                )
                self.assertEqual(outcome.reference, "uuid")

    def test_why_a_message_that_was_taken_did_not_arrive(self):
        for code, reason in (
            (30003, "bad_number"),
            (30005, "bad_number"),
            (30006, "bad_number"),
            (21610, "opted_out"),
            (30002, "sms_stopped"),
            (30034, "sms_stopped"),
            (30004, "not_delivered"),
            (30007, "not_delivered"),
            (30008, "not_delivered"),
            (None, "not_delivered"),
        ):
            with self.subTest(code=code):
                self.assertEqual(judge_report(code), reason)
