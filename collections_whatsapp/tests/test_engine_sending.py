from datetime import date

from odoo.tests import BaseCase, tagged

from ..engine import cost, limits, messages, templates
from ..engine.errors import CODES, TREATMENT, classify, read_error, to_outcome

BODY = "Hola {{1}}, tienes {{2}} por pagar desde hace varios días."
PARTS = {
    "header_kind": "document",
    "header": "",
    "body": BODY,
    "footer": "Ferretería",
    "buttons": [
        {"type": "reply", "text": "Detener", "url": ""},
        {"type": "url", "text": "Pagar", "url": "https://pay.example/c/{{1}}"},
    ],
}


@tagged("post_install", "-at_install")
class TestEngineSending(BaseCase):
    """What is sent, how fast, what it costs and what a refusal means."""

    def test_each_error_of_the_table(self):
        cases = [
            (190, "retry", True), (131005, "retry", True), (200, "retry", True),
            (368, "retry", True), (131042, "retry", True), (131057, "retry", True),
            (130429, "retry", True), (80007, "retry", True), (131056, "retry", False),
            (131048, "retry", True), (131026, "failed", False), (131049, "failed", False),
            (131050, "failed", False), (131047, "failed", False), (132001, "failed", False),
            (132015, "retry", False), (100, "failed", False), (131009, "failed", False),
            (131000, "uncertain", False), (2, "uncertain", False),
        ]  # fmt: skip
        for code, state, down in cases:
            with self.subTest(code=code):
                outcome = to_outcome(read_error({"code": code, "message": "said"}))
                self.assertEqual((outcome.state, outcome.down), (state, down))
                self.assertEqual(outcome.message, f"{code}: said")
        self.assertEqual(set(CODES) | {"unreachable"}, set(TREATMENT))

    def test_a_code_of_2030(self):
        cases = [
            (999999, 400, "bug"), (999999, 500, "unknown"), (None, 503, "unknown"),
            (None, 401, "setup"), (None, 429, "slow"), (None, 404, "bug"),
        ]  # fmt: skip
        for code, http, kind in cases:
            with self.subTest(code=code, http=http):
                self.assertEqual(classify(code, http), kind)
        for garbage in (None, "x", [], {"code": "190"}, {"code": True}):
            self.assertEqual(read_error(garbage, 500).kind, "unknown")

    def test_the_words_for_a_person_come_first(self):
        error = {
            "code": 131026, "message": "tech", "error_user_title": "No WhatsApp",
            "error_user_msg": "Try SMS", "error_data": {"details": "Undeliverable"},
        }  # fmt: skip
        self.assertEqual(read_error(error).message, "131026: No WhatsApp. Try SMS. Undeliverable")

    def test_one_person_is_not_flooded(self):
        pair = limits.PairLimit()
        self.assertEqual([pair.take("a", 0) for _ in range(45)], [0] * 45)
        self.assertGreater(pair.take("a", 0), 0)
        self.assertEqual(pair.take("b", 0), 0)
        self.assertEqual(pair.take("a", 271), 0)

    def test_tiers(self):
        for word, expected in [("TIER_250", 250), ("TIER_UNLIMITED", None), ("TIER_X", 0)]:
            self.assertEqual(limits.read_tier(word), expected)

    def test_what_a_message_costs(self):
        prices = [
            cost.Price(1, "PE", "utility", date(2026, 1, 1), 0.02),
            cost.Price(2, "PE", "utility", date(2026, 10, 1), 0.03),
            cost.Price(3, "", "utility", date(2026, 1, 1), 0.05),
        ]
        cases = [
            ("PE", "utility", date(2026, 9, 30), 1),
            ("PE", "utility", date(2026, 10, 1), 2),
            ("CL", "utility", date(2026, 10, 1), 3),
            ("CL", "marketing", date(2026, 10, 1), None),
            ("PE", "utility", date(2025, 12, 31), None),
        ]
        for country, category, day, expected in cases:
            with self.subTest(country=country, day=day):
                row = cost.find_price(prices, country, category, day)
                self.assertEqual(row and row.id, expected)
        for pricing, billed in [
            ({"type": "regular"}, True),
            ({"type": "free_customer_service", "billable": True}, False),
            ({"billable": False}, False),
            ({"category": "utility"}, True),
        ]:
            self.assertIs(cost.is_billed(pricing), billed)

    def test_what_whatsapp_refuses_in_a_template(self):
        url = {"type": "url", "text": "Pagar", "url": "https://pay.example/c/{{1}}"}
        cases = [
            ({"body": BODY}, None),
            ({"body": ""}, "empty"),
            ({"body": "x" * 1025}, "long"),
            ({"body": "{{1}} tiene una deuda pendiente"}, "edge"),
            ({"body": "Tiene una deuda pendiente de {{1}}."}, "edge"),
            ({"body": "Hola estimado cliente {{1}} {{2}} tiene una deuda"}, "side_by_side"),
            ({"body": "Hola {{1}} y {{2}} y {{3}} si"}, "many"),
            ({"body": "Hola estimado {{2}} tiene una deuda"}, "numbering"),
            ({"body": "Hola estimado {{nombre}} tiene una deuda"}, None),
            ({"body": BODY, "footer": "{{1}}"}, "footer"),
            ({"body": BODY, "header": "x" * 61}, "long"),
            ({"body": BODY, "buttons": [url]}, None),
            ({"body": BODY, "buttons": [url] * 3}, "buttons"),
            ({"body": BODY, "buttons": [url | {"text": "x" * 26}]}, "label"),
            ({"body": BODY, "buttons": [url | {"url": "http://pay.example"}]}, "url"),
            ({"body": BODY, "buttons": [url | {"url": "https://a/{{1}}/x"}]}, "url"),
            ({"body": BODY, "buttons": [url | {"url": "https://{{1}}.a/{{2}}"}]}, "url"),
        ]
        for values, expected in cases:
            with self.subTest(values=values):
                fault = templates.find_fault(**values)
                self.assertEqual(fault and fault[0], expected)

    def test_a_template_as_it_is_sent(self):
        values = {"1": "Ana\nMaría", "2": "S/ 1,200.00", "url:1": "https://pay.example/c/abc"}
        components = templates.to_send(PARTS, values, {"id": "M1", "filename": "estado.pdf"})
        self.assertEqual([c["type"] for c in components], ["header", "body", "button"])
        self.assertEqual(
            components[1]["parameters"],
            [{"type": "text", "text": "Ana María"}, {"type": "text", "text": "S/ 1,200.00"}],
        )
        self.assertEqual(components[2]["index"], "1")
        self.assertEqual(components[2]["parameters"], [{"type": "text", "text": "abc"}])
        named = {**PARTS, "body": "Hola estimado {{nombre}}, gracias", "buttons": []}
        [_header, body] = templates.to_send(named, {"nombre": ""}, {"id": "M1"})
        self.assertEqual(
            body["parameters"], [{"type": "text", "text": "-", "parameter_name": "nombre"}]
        )
        self.assertIn("Hola Ana María, tienes S/ 1,200.00", templates.to_text(PARTS, values))
        fixed = {**PARTS, "header_kind": "", "body": "Hay una deuda pendiente", "buttons": [
            {"type": "url", "text": "Pagar", "url": "https://pay.example"}]}  # fmt: skip
        self.assertEqual(templates.to_send(fixed, {}), [])

    def test_a_template_comes_back_as_it_was_submitted(self):
        for parts in (
            {**PARTS, "samples": {"1": "Ana", "2": "S/ 10"}},
            {**PARTS, "body": "Hola estimado {{nombre}}, gracias", "samples": {"nombre": "Ana"}},
            {**PARTS, "header_kind": "text", "header": "Aviso", "buttons": [], "samples": {"1": "A",
             "2": "B"}},
        ):  # fmt: skip
            with self.subTest(body=parts["body"]):
                self.assertEqual(templates.read_components(templates.to_submit(parts)), parts)

    def test_a_button_that_would_open_another_address_is_found(self):
        for value, fault in (
            ("https://pay.example/c/abc", None),
            ("abc", None),
            ("", None),
            ("https://old.example/c/abc", ("https://pay.example/c/{{1}}", "https://old.example/c/abc")),
        ):  # fmt: skip
            with self.subTest(value=value):
                self.assertEqual(templates.find_foreign(PARTS, {"url:1": value}), fault)

    def test_what_is_fixed_needs_no_example_and_a_header_has_its_own(self):
        url = {"type": "url", "text": "Pagar", "url": "https://pay.example"}
        parts = {**PARTS, "body": "Hay una deuda pendiente", "buttons": [url], "samples": {}}
        header, body, *_footer, buttons = templates.to_submit({**parts, "handle": "4::aW"})
        self.assertEqual(header["example"], {"header_handle": ["4::aW"]})
        self.assertNotIn("example", body)
        self.assertNotIn("example", buttons["buttons"][0])

    def test_parts_that_are_not_known_are_left_aside(self):
        parts = templates.read_components([{"type": "CAROUSEL", "cards": []}, {"type": "BODY"}])
        self.assertEqual((parts["body"], parts["buttons"]), ("", []))

    def test_the_best_form_of_what_is_said(self):
        def option(title):
            return {"id": title, "title": title}

        cases = [
            ({}, "text"),
            ({"options": [option("Sí"), option("No")]}, "button"),
            ({"options": [option(str(n)) for n in range(5)]}, "list"),
            ({"options": [option("x" * 21)]}, "list"),
            ({"url": "https://a.example", "url_title": "Pagar"}, "cta_url"),
            ({"url": "https://a.example"}, "text"),
            ({"url": "https://a.example", "url_title": "x", "options": [option("Sí")]}, "button"),
        ]
        for values, expected in cases:
            with self.subTest(values=values):
                kind, content = messages.say("Hola", **values)
                self.assertEqual(content.get("type", kind), expected)
                if values.get("url") and expected != "cta_url":
                    self.assertIn("https://a.example", str(content))

    def test_limits_of_what_is_said(self):
        long = "x" * 65_000
        self.assertEqual(len(messages.text(long)["body"]), 4096)
        self.assertEqual(len(messages.buttons(long, [])["body"]["text"]), 1024)
        option = {"id": "i", "title": "Cantidad o entrega faltante"}
        [row] = messages.choices("?", [option], "Opciones")["action"]["sections"][0]["rows"]
        self.assertEqual(
            row,
            {"id": "i", "title": "Cantidad o entrega falt…",
             "description": "Cantidad o entrega faltante"},
        )  # fmt: skip
        rows = messages.choices(long, [{"id": "i", "title": long}] * 12, long)
        [section] = rows["action"]["sections"]
        self.assertEqual((len(section["rows"]), len(section["rows"][0]["title"])), (10, 24))

    def test_a_file_with_and_without_words(self):
        self.assertEqual(messages.media("M1"), {"id": "M1"})
        self.assertEqual(
            messages.media("M1", "Su estado", "estado.pdf"),
            {"id": "M1", "caption": "Su estado", "filename": "estado.pdf"},
        )

    def test_to_whom(self):
        self.assertEqual(messages.envelope("+51999", "text", {})["to"], "51999")
        self.assertEqual(messages.envelope("PE.1", "text", {})["recipient"], "PE.1")
