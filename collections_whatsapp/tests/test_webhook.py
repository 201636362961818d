import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from tools.doubles.whatsapp import SECRET, wrap

from ..engine.signature import sign
from .common import WhatsappCommon

BIG = 3 * 1024 * 1024 + 1


@tagged("post_install", "-at_install")
class TestWebhook(WhatsappCommon, HttpCase):
    """What WhatsApp posts: believed when it is signed, and kept."""

    def url(self, key=None):
        return f"/collections_whatsapp/webhook/{key or self.account.webhook_key}"

    def post(self, body, secret=SECRET, key=None, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Hub-Signature-256": sign(raw, secret), **headers}
        return self.url_open(self.url(key), data=raw, headers=headers)

    def count(self):
        return self.env["collections.whatsapp.event"].search_count([])

    def test_meta_sees_whose_address_it_is(self):
        good = {
            "hub.mode": "subscribe",
            "hub.challenge": "123",
            "hub.verify_token": self.account.verify_token,
        }
        for change, status in [
            ({}, 200), ({"hub.verify_token": "ñ"}, 403), ({"hub.mode": "x"}, 403),
        ]:  # fmt: skip
            answer = self.url_open(self.url(), params=good | change)
            self.assertEqual(answer.status_code, status)
        self.assertEqual(self.url_open(self.url(), params=good).text, "123")
        self.account.verify_token = False
        empty = self.url_open(self.url(), params=good | {"hub.verify_token": ""})
        self.assertEqual(empty.status_code, 403)

    @mute_logger("odoo.http")
    def test_only_what_is_signed_is_kept(self):
        body = wrap({"statuses": []})
        before = self.count()
        self.assertEqual(self.post(body, "other").status_code, 403)
        self.assertEqual(self.post(body, key="unknown").status_code, 403)
        raw = json.dumps(body).encode()
        for header in ("", "sha256=", "sha1=abc"):
            headers = {"X-Hub-Signature-256": header} if header else {}
            answer = self.url_open(self.url(), data=raw, headers=headers)
            self.assertEqual(answer.status_code, 403)
        self.account.app_secret = False
        self.assertEqual(self.post(body, "x").status_code, 403)
        self.account.app_secret = SECRET
        self.assertEqual(self.post(b"x" * BIG).status_code, 413)
        self.assertEqual(self.count(), before)
        self.assertEqual(self.post(body).status_code, 200)
        self.assertEqual(self.count(), before + 1)
