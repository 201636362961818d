import json

from odoo.tests import BaseCase

from ..engine import proposal

TEXT = "la verdad recién me depositan el viernes, ahí veo lo de los 500, mi dni es 45 678 912"


def say(content):
    """An answer of the protocol."""
    return json.dumps({"choices": [{"message": {"content": content}}]}).encode()


class TestProposal(BaseCase):
    def answer(self, **values):
        told = {
            "intent": "promise", "excerpt": "me depositan el viernes, ahí veo lo de los 500",
            "date": "el viernes", "amount": "500", "confidence": 0.9, **values,
        }  # fmt: skip
        return say(json.dumps(told))

    def take(self, raw, text=TEXT):
        return proposal.read_answer(raw, text, 0.8)

    def test_a_good_answer(self):
        found = self.take(self.answer())
        self.assertEqual(
            (found.intent, found.confidence, found.date, found.amount),
            ("promise", 0.9, "el viernes", "500"),
        )
        self.assertIn(found.excerpt, TEXT)
        self.assertEqual(self.take(self.answer(confidence=1)).confidence, 1.0)

    def test_long_numbers_are_not_told_and_may_be_quoted_masked(self):
        masked = proposal.mask(TEXT)
        self.assertEqual(len(masked), len(TEXT))
        self.assertIn("## ### ###", masked)
        self.assertIn("los 500", masked)
        found = self.take(self.answer(excerpt="mi dni es ## ### ###", date="", amount=None))
        self.assertEqual(found.excerpt, "mi dni es 45 678 912")
        self.assertEqual((found.date, found.amount), ("", ""))

    def test_parts_that_the_quote_does_not_hold_are_left_out(self):
        found = self.take(self.answer(date="el lunes", amount=["500"]))
        self.assertEqual((found.date, found.amount), ("", ""))

    def test_what_is_not_used(self):
        cases = [
            ("intent", self.answer(intent="yes")),
            ("intent", self.answer(intent="stop")),
            ("intent", self.answer(intent="unknown")),
            ("malformed", self.answer(intent=None)),
            ("malformed", self.answer(intent=["promise"])),
            ("excerpt", self.answer(excerpt="pago mañana todo")),
            ("excerpt", self.answer(excerpt="")),
            ("excerpt", self.answer(excerpt=7)),
            ("malformed", self.answer(confidence="high")),
            ("malformed", self.answer(confidence=True)),
            ("unsure", self.answer(confidence=0.79)),
            ("unsure", self.answer(confidence=1.01)),
            ("unsure", self.answer(confidence=float("nan"))),
            ("malformed", b"<html>"),
            ("malformed", b"\xff\xfe"),
            ("malformed", b"[" * 100_000),
            ("malformed", b"{}"),
            ("malformed", b'{"choices": []}'),
            ("malformed", b'{"choices": [{"message": null}]}'),
            ("malformed", say(None)),
            ("malformed", say("I think he will pay on Friday.")),
            ("malformed", say("[1]")),
        ]
        for reason, raw in cases:
            with self.subTest(raw=raw[:80]), self.assertRaises(proposal.Unusable) as caught:
                self.take(raw)
            self.assertEqual(str(caught.exception), reason, raw[:80])

    def test_the_request_tells_the_words_and_the_meanings_only(self):
        body = proposal.build_request(TEXT * 100, "small")
        system, user = body["messages"]
        self.assertEqual(user["content"], proposal.mask(TEXT * 100))
        self.assertEqual(len(user["content"]), proposal.MAX_TEXT)
        for intent in proposal.INTENTS:
            self.assertIn(f"- {intent}: ", system["content"])
        self.assertEqual((body["model"], body["temperature"]), ("small", 0))
