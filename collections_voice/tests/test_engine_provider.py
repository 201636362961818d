import hashlib

import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import MaxRetryError, NewConnectionError

from odoo.tests import BaseCase

from odoo.addons.collections_management.engine.form_signature import is_signed, sign

from ..engine import provider

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMS = [
    ("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"),
    ("From", "+14158675309"), ("To", "+18005551212"),
]  # fmt: skip


class TestSignature(BaseCase):
    def test_the_vector_of_twilio(self):
        self.assertEqual(sign("12345", URL, PARAMS), "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
        self.assertTrue(is_signed("12345", URL, PARAMS[::-1], "RSOYDt4T1cUTdK1PDd93/VVr8B8="))

    def test_fails_closed(self):
        good = sign("12345", URL, PARAMS)
        for token, url, params, signature in (
            ("", URL, PARAMS, sign("", URL, PARAMS)),
            (None, URL, PARAMS, good),
            ("12345", URL, PARAMS, ""),
            ("12345", URL, PARAMS, "ñ"),
            ("12345", URL.replace("https", "http"), PARAMS, good),
            ("12345", URL + "&turn=2", PARAMS, good),
            ("12345", URL, PARAMS[:-1], good),
            ("12346", URL, PARAMS, good),
        ):
            with self.subTest(token=token, url=url):
                self.assertFalse(is_signed(token, url, params, signature))

    def test_a_json_body_is_signed_by_its_hash(self):
        body = b'{"CallStatus":"completed"}'
        url = f"https://x.example/a?bodySHA256={hashlib.sha256(body).hexdigest()}"
        self.assertTrue(is_signed("t", url, [("ignored", "x")], sign("t", url), body))
        self.assertFalse(is_signed("t", url, (), sign("t", url), body + b" "))
        bare = "https://x.example/a"
        self.assertFalse(is_signed("t", bare, (), sign("t", bare), body))

    @given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5))), st.text(), st.text())
    def test_another_token_does_not_sign(self, params, token, other):
        signature = sign(token, URL, params)
        self.assertEqual(is_signed(token, URL, params, signature), bool(token))
        if token != other:
            self.assertFalse(is_signed(other, URL, params, signature))


class TestAnswers(BaseCase):
    def test_what_an_answer_means(self):
        for status, code, state, word, down in (
            (201, None, "sent", "", False),
            (400, 21201, "failed", "invalid_address", False),
            (400, 21211, "failed", "invalid_address", False),
            (400, 21214, "failed", "invalid_address", False),
            (400, 21215, "failed", "voice_country", False),
            (403, 21215, "failed", "voice_country", False),
            (400, 21216, "failed", "voice_blocked", False),
            (400, 21219, "failed", "voice_trial", False),
            (400, 21210, "retry", "voice_stopped", True),
            (400, 21212, "retry", "voice_stopped", True),
            (401, 20003, "retry", "voice_stopped", True),
            (404, 20404, "retry", "voice_stopped", True),
            (401, None, "retry", "voice_stopped", True),
            (429, 20429, "retry", "voice_throttled", True),
            (429, None, "retry", "voice_throttled", True),
            (500, 20500, "uncertain", "voice_silent", False),
            (503, None, "uncertain", "voice_silent", False),
            (400, 99999, "failed", "voice_refused", False),
            (302, None, "failed", "voice_refused", False),
        ):
            with self.subTest(status=status, code=code):
                payload = {"sid": "CA1"} if status == 201 else {"code": code, "message": "no"}
                found = provider.read_answer(status, payload)
                self.assertEqual((found.state, found.code, found.down), (state, word, down))

    def test_an_answer_without_an_identifier_tells_nothing(self):
        for payload in (None, {}, [], {"sid": ""}, {"sid": 5}):
            self.assertEqual(provider.read_answer(201, payload).state, "uncertain")

    def test_silence(self):
        never = requests.ConnectionError(
            MaxRetryError(None, "/", NewConnectionError(None, "refused"))
        )
        self.assertEqual(provider.read_failure(never).state, "retry")
        for error in (
            requests.ReadTimeout("x"),
            requests.ConnectionError("reset"),
            requests.exceptions.ChunkedEncodingError(),
        ):
            self.assertEqual(provider.read_failure(error).state, "uncertain")
