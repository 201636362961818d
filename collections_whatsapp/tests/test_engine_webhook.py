import json
import random

from odoo.tests import BaseCase, tagged

from ..engine import progress, signature, webhook
from ..engine.phone import canonical, spellings


def wrap(value, field="messages", number="N1", waba="W1"):
    """A body of one change."""
    metadata = {"metadata": {"phone_number_id": number}} if number else {}
    change = {"field": field, "value": {**metadata, **value}}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba, "time": 1767225600, "changes": [change]}],
    }


def status(state, **values):
    return {
        "id": "wamid.1", "status": state, "moment": 1, "recipient": "", "opaque": "",
        "pricing": {}, "error": None, **values,
    }  # fmt: skip


@tagged("post_install", "-at_install")
class TestEngineWebhook(BaseCase):
    """A body of WhatsApp and what it says."""

    def tell(self, message, contacts=()):
        body = wrap({"messages": [{"id": "wamid.1", "timestamp": "1767225600", **message}],
                     "contacts": list(contacts)})  # fmt: skip
        [event] = webhook.split(json.loads(json.dumps(body)))
        self.assertEqual((event.kind, event.number, event.waba), ("message", "N1", "W1"))
        return event.data

    def test_what_a_person_says(self):
        reply = {"type": "button_reply", "button_reply": {"id": "pay", "title": "Pagar"}}
        row = {"type": "list_reply", "list_reply": {"id": "r1", "title": "Viernes"}}
        form = {"type": "nfm_reply", "nfm_reply": {"response_json": '{"a": 1}', "body": "Sent"}}
        place = {"latitude": -12.05, "longitude": -77.04, "name": "Plaza"}
        card = {"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+51 999"}]}
        cases = [
            ("text", {"body": "Hola 👋 ñ"}, "text", "Hola 👋 ñ", ""),
            ("button", {"text": "Detener", "payload": "stop"}, "button", "Detener", "stop"),
            ("interactive", reply, "button", "Pagar", "pay"),
            ("interactive", row, "button", "Viernes", "r1"),
            ("interactive", form, "text", "Sent", '{"a": 1}'),
            ("interactive", {"type": "call_permission_reply"}, "unsupported", "", ""),
            ("location", place, "location", "Plaza · -12.05, -77.04", ""),
            ("contacts", [card], "contact", "Ana +51 999", ""),
            ("reaction", {"message_id": "wamid.0", "emoji": "👍"}, "reaction", "👍", ""),
            ("reaction", {"message_id": "wamid.0"}, "reaction", "", ""),
            ("audio", {"id": "M1", "mime_type": "audio/ogg"}, "audio", "", ""),
            ("image", {"id": "M2", "caption": "voucher"}, "image", "voucher", ""),
            ("hologram", {"x": 1}, "unsupported", "", ""),
            ("text", "no object", "text", "", ""),
        ]
        for kind, content, expected, body, payload in cases:
            with self.subTest(kind=kind, content=content):
                data = self.tell({"from": "51999888777", "type": kind, kind: content})
                self.assertEqual((data["kind"], data["body"], data["payload"]),
                                 (expected, body, payload))  # fmt: skip
                self.assertEqual(data["phone"], "51999888777")

    def test_a_picture_is_told_by_its_id_alone(self):
        image = {"id": "M2", "url": "https://evil.example/x", "mime_type": "image/jpeg"}
        data = self.tell({"from": "51999888777", "type": "image", "image": image})
        self.assertEqual(data["media"], {"id": "M2", "mime_type": "image/jpeg"})

    def test_somebody_without_a_phone(self):
        data = self.tell(
            {"from_user_id": "PE.123", "type": "text", "text": {"body": "hola"}},
            [{"user_id": "PE.123", "profile": {"username": "ana"}}],
        )
        self.assertEqual((data["phone"], data["user"], data["name"]), ("", "PE.123", "ana"))

    def test_each_of_a_batch_has_its_own_author(self):
        body = wrap(
            {
                "messages": [
                    {"id": f"wamid.{n}", "from": f"5199988877{n}", "type": "text",
                     "text": {"body": str(n)}} for n in range(3)
                ],
                "contacts": [
                    {"wa_id": f"5199988877{n}", "profile": {"name": f"P{n}"}} for n in range(3)
                ],
            }
        )  # fmt: skip
        names = [event.data["name"] for event in webhook.split(body)]
        self.assertEqual(names, ["P0", "P1", "P2"])

    def test_other_news(self):
        cases = [
            ("message_template_status_update", {"event": "PAUSED"}, "template_status"),
            ("message_template_quality_update", {"new_quality_score": "RED"}, "template_quality"),
            ("template_category_update", {"new_category": "MARKETING"}, "template_category"),
            ("account_update", {"event": "ACCOUNT_RESTRICTION"}, "account"),
            ("phone_number_quality_update", {"event": "FLAGGED"}, "number_quality"),
            ("something_of_2030", {"x": 1}, "unknown"),
        ]
        for field, value, kind in cases:
            with self.subTest(field=field):
                [event] = webhook.split(wrap(value, field, number=""))
                self.assertEqual((event.kind, event.number), (kind, ""))
                self.assertEqual(event.data["moment"], 1767225600)

    def test_preferences_are_one_each(self):
        rows = [{"wa_id": "51999888777", "category": "marketing_messages", "value": "stop"}] * 2
        events = webhook.split(wrap({"user_preferences": rows}, "user_preferences"))
        self.assertEqual([event.data["value"] for event in events], ["stop", "stop"])

    def test_hostile_bodies_are_contained(self):
        for body in (None, [], "x", 7, {}, {"entry": {}}):
            with self.subTest(body=body), self.assertRaises(webhook.BadBody):
                webhook.split(body)
        harmless = [
            {"entry": []},
            {"entry": [None, 3, {"changes": "x"}]},
            {"entry": [{"id": {}, "changes": [{"field": "messages", "value": None}]}]},
            {"entry": [{"changes": [{"field": ["messages"], "value": {"messages": "x"}}]}]},
            wrap({"messages": [{"id": None}, {"id": []}], "statuses": [{"id": "x"}]}),
            wrap({"messages": [{"id": "a\x00b", "timestamp": "1e99", "type": 5}]}),
            wrap({"statuses": [{"id": "a", "status": "sent", "timestamp": -5, "errors": "x"}]}),
        ]
        for body in harmless:
            with self.subTest(body=body):
                self.assertNotIn("\x00", str(webhook.split(body)).replace("\\x00", "\x00"))

    def test_a_signature(self):
        body = '{"text": "¿mañana? 👋 \\u00f1"}'.encode()
        header = signature.sign(body, "secret")
        self.assertEqual(
            signature.sign(b"payload", "key"),
            "sha256=5d98b45c90a207fa998ce639fea6f02ecc8cc3f36fef81d694fb856b4d0a28ca",
        )
        cases = [
            (body, header, "secret", True),
            (body + b" ", header, "secret", False),
            (body, header, "other", False),
            (body, header[:-1] + "é", "secret", False),
            (body, header.removeprefix("sha256="), "secret", False),
            (body, "", "secret", False),
            (body, signature.sign(body, ""), "", False),
        ]
        for raw, told, secret, expected in cases:
            with self.subTest(told=told, secret=secret):
                self.assertIs(signature.is_signed(raw, told, secret), expected)

    def test_one_number_per_person(self):
        cases = [
            ("5215512345678", "+525512345678"),
            ("525512345678", "+525512345678"),
            ("554188887777", "+5541988887777"),
            ("5541988887777", "+5541988887777"),
            ("554133334444", "+554133334444"),
            ("541112345678", "+5491112345678"),
            ("5491112345678", "+5491112345678"),
            ("+51 999-888-777", "+51999888777"),
            ("0051999888777", None),
            ("123", None),
            ("PE.123", None),
            ("", None),
            (None, None),
        ]
        for number, expected in cases:
            with self.subTest(number=number):
                self.assertEqual(canonical(number), expected)
        self.assertEqual(spellings("+5491112345678"), ["+5491112345678", "+541112345678"])
        self.assertEqual(spellings("+51999888777"), ["+51999888777"])

    def test_statuses_come_to_the_same_in_any_order(self):
        told = [
            status("sent", pricing={"category": "utility"}),
            status("delivered", opaque="contact/7"),
            status("read"),
            status("delivered"),
        ]
        for seed in range(20):
            random.Random(seed).shuffle(told)
            found = progress.merge(told)["wamid.1"]
            self.assertEqual((found.state, found.opaque), ("read", "contact/7"))
            self.assertEqual(found.pricing, {"category": "utility"})

    def test_a_failure_counts_unless_it_arrived(self):
        failed = status("failed", error={"code": 131026})
        for told, expected in [
            ([failed], "failed"),
            ([status("sent"), failed], "failed"),
            ([failed, status("delivered")], "delivered"),
            ([status("played"), failed], "read"),
            ([status("warming_up")], ""),
        ]:
            with self.subTest(expected=expected):
                self.assertEqual(progress.merge(told)["wamid.1"].state, expected)

    def test_what_is_about_a_person_is_taken_out_of_a_body(self):
        mine = {"id": "1", "from": "5215512345678", "text": {"body": "hola, soy Ana"}}
        other = {"id": "2", "from": "51911111111", "text": {"body": "otro"}}
        told = {"id": "3", "status": "read", "recipient_id": "525512345678"}
        body = wrap(
            {
                "messages": [mine, other],
                "statuses": [told],
                "contacts": [{"wa_id": "5215512345678", "profile": {"name": "Ana"}}, "x"],
            }
        )
        left = webhook.redact(json.dumps(body), {"+525512345678"})
        self.assertNotIn("Ana", left)
        self.assertNotIn("12345678", left)
        self.assertEqual([one.data["id"] for one in webhook.split(json.loads(left))], ["2"])
        again = webhook.redact(left, {"+525512345678"})
        self.assertEqual(again, left)

    def test_what_cannot_be_taken_apart_goes_as_a_whole(self):
        number = {"+51987654321"}
        for text in ('{"entry": [', "[" * 100_000, '["51987654321"]', '{"x": ["+51 987 654 321"]}'):
            self.assertEqual(webhook.redact(text, number), "{}")
        self.assertEqual(json.loads(webhook.redact('{"entry": 1}', number)), {"entry": 1})
        strange = {"entry": [{"changes": [{"value": None}, 1]}, 2]}
        self.assertEqual(json.loads(webhook.redact(json.dumps(strange), number)), strange)
