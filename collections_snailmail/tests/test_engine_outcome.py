import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from odoo.tests import BaseCase, tagged

from ..engine.outcome import read_answer, read_failure


@tagged("post_install", "-at_install")
class TestOutcome(BaseCase):
    """What snailmail's answer, or its silence, means."""

    def test_an_answer(self):
        cases = [
            ("sent", False, ("sent", "")),
            ("error", "CREDIT_ERROR", ("failed", "snailmail_credit")),
            ("error", "TRIAL_ERROR", ("failed", "snailmail_trial")),
            ("error", "NO_PRICE_AVAILABLE", ("failed", "snailmail_price")),
            ("error", "MISSING_REQUIRED_FIELDS", ("failed", "snailmail_fields")),
            ("error", "FORMAT_ERROR", ("failed", "snailmail_format")),
            ("error", "ATTACHMENT_ERROR", ("failed", "snailmail_format")),
            ("error", "UNKNOWN_ERROR", ("failed", "snailmail_refused")),
            ("error", "NEW_CODE_OF_2030", ("failed", "snailmail_refused")),
            ("pending", False, ("uncertain", "snailmail_silent")),
        ]
        for state, code, expected in cases:
            with self.subTest(state=state, code=code):
                outcome = read_answer(state, code, "said", "snailmail/7")
                self.assertEqual((outcome.state, outcome.code), expected)
                self.assertEqual(outcome.reference, "snailmail/7")
                self.assertFalse(outcome.down)

    def test_only_what_is_not_known_by_a_code_is_quoted(self):
        self.assertEqual(read_answer("error", "UNKNOWN_ERROR", "said", "").message, "said")
        self.assertEqual(read_answer("error", "CREDIT_ERROR", "said", "").message, "")

    def test_silence(self):
        def refused(status):
            response = requests.Response()
            response.status_code = status
            return requests.HTTPError("refused", response=response)

        unreachable = requests.ConnectionError(
            MaxRetryError(None, "/", NewConnectionError(None, "no route"))
        )
        cases = [
            (requests.ConnectTimeout(), True),
            (unreachable, True),
            (refused(404), True),
            (refused(429), True),
            (refused(408), False),
            (refused(500), False),
            (refused(503), False),
            (requests.ReadTimeout(ReadTimeoutError(None, "/", "slow")), False),
            (requests.ConnectionError(ProtocolError("aborted", OSError())), False),
            (ValueError("no JSON"), False),
            (None, False),
        ]
        for error, never_left in cases:
            with self.subTest(error=error):
                outcome = read_failure(error, "words", "snailmail/7")
                self.assertEqual(outcome.state, "retry" if never_left else "uncertain")
                self.assertEqual(outcome.down, never_left)
