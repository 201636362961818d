from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from tools.doubles.whatsapp import NUMBER, SECRET, make_status, wrap

from .common import WhatsappCommon


@tagged("post_install", "-at_install")
class TestInbox(WhatsappCommon):
    """What arrived, worked on: in any order, any number of times, for the right company."""

    def test_truncated_and_hostile_bodies_are_kept_with_the_reason(self):
        cases = [
            (b'{"entry": [', "failed"),
            (b"\xff\xfe\x00", "failed"),
            (b"[]", "failed"),
            (b"[" * 100_000, "failed"),
            (b'{"entry": [{"changes": [{"field": "new", "value": {}}]}]}', "unrouted"),
        ]
        for raw, state in cases:
            with self.subTest(raw=raw[:20]):
                event = self.tell(raw)
                self.assertEqual(event.state, state)

    def test_another_companys_number_is_kept_and_not_worked_on(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.account.copy(
            {"company_id": other.id, "phone_number_id": "555", "app_secret": "foreign"}
        )
        message = {"id": "wamid.x", "from": "51999", "type": "text", "text": {"body": "hola"}}
        event = self.tell(wrap({"messages": [message]}, number="555"))
        self.assertEqual((event.state, event.detail), ("unrouted", "555"))
        self.assertFalse(self.env["collections.conversation"].search([]))
        # Two numbers of one app share its secret: there it is no other company's business.
        foreign.app_secret = SECRET
        message["from"] = "51999888777"
        self.tell(wrap({"messages": [message]}, number="555"))
        self.assertEqual(self.env["collections.conversation"].search([]).company_id, other)

    def test_statuses_in_any_order_and_any_number_of_times(self):
        contact = self.send()
        pricing = {"pricing": {"category": "utility", "type": "regular"}}
        self.env["collections.whatsapp.price"].create(
            {
                "country_id": self.peru.id,
                "category": "utility",
                "valid_from": "2020-01-01",
                "price": 0.02,
                "currency_id": self.company.currency_id.id,
            }
        )
        rows = [
            make_status(contact.reference, "51987654321", state, **(pricing if paid else {}))
            for state, paid in [("read", 0), ("sent", 1), ("delivered", 1), ("read", 0)]
        ]
        for row in rows:
            self.tell(wrap({"statuses": [row]}))
        self.tell(wrap({"statuses": rows}))
        self.assertEqual(contact.state, "read")
        self.assertAlmostEqual(contact.cost, 0.02)
        events = contact.case_id.log_ids.sorted("sequence").mapped("event")
        self.assertEqual(events.count("read"), 1)
        self.assertNotIn("delivered", events)

    def test_a_country_without_price_is_said(self):
        contact = self.send()
        pricing = {"category": "service", "type": "regular"}
        row = make_status(contact.reference, "51987654321", "sent", pricing=pricing)
        self.tell(wrap({"statuses": [row]}))
        self.assertEqual((contact.cost, contact.whatsapp_category), (0, "service"))
        self.assertIn("no row", contact.whatsapp_cost_text)

    def test_what_fails_later_falls_to_the_next_channel(self):
        for code, reason in [(131026, "whatsapp_person"), (131049, "whatsapp_person")]:
            debtor = self.create_debtor(f"D{code}", phone=f"+51 987{code}", country_id=self.peru.id)
            contact = self.send(debtor=debtor).filtered(
                lambda c, debtor=debtor: c.partner_id == debtor
            )
            row = make_status(contact.reference, "x", "failed", errors=[{"code": code}])
            self.tell(wrap({"statuses": [row, row]}))
            self.assertRecordValues(contact, [{"state": "failed", "reason": reason}])
            fallback = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
            self.assertEqual(fallback.channel_id, self.task)

    def test_trouble_of_the_account_told_later_stops_it(self):
        contact = self.send()
        row = make_status(contact.reference, "x", "failed", errors=[{"code": 131042}])
        self.tell(wrap({"statuses": [row]}))
        self.assertEqual(self.account.state, "stopped")
        self.account._resume()
        value = {"event": "ACCOUNT_RESTRICTION"}
        self.tell(wrap(value, "account_update", number=""))
        self.assertEqual(self.account.state, "stopped")

    def test_who_opted_out_is_left_alone(self):
        contact = self.send()
        row = make_status(contact.reference, "x", "failed", errors=[{"code": 131050}])
        for _time in range(2):
            self.tell(wrap({"statuses": [row]}))
        words = self.env["collections.consent"].search([("partner_id", "=", contact.partner_id.id)])
        self.assertRecordValues(words, [{"state": "withdrawn", "kind": "whatsapp"}])

    def hear(self, text="hola", phone="51987654321", **values):
        message = {
            "id": f"wamid.{self.env['collections.whatsapp.event'].search_count([])}",
            "timestamp": str(int(fields.Datetime.now().timestamp())),
            "type": "text",
            "text": {"body": text},
            **({"from": phone} if phone else {}),
            **values,
        }
        return self.tell(wrap({"messages": [message, message]}))

    def test_a_debtor_answers(self):
        contact = self.send()
        self.hear("ya pagué 👍")
        self.talk()
        talk = self.env["collections.conversation"].search([])
        self.assertEqual((talk.case_id, talk.address), (contact.case_id, self.phone))
        said = talk.message_line_ids.sorted("id")
        self.assertEqual(said.mapped("direction")[:2], ["out", "in"])
        self.assertEqual(said[0].contact_id, contact)
        self.assertEqual(said.filtered(lambda m: m.direction == "in").body, "ya pagué 👍")
        self.assertEqual(contact.state, "answered")
        self.assertTrue(talk.is_window_open)

    def test_somebody_whose_phone_is_hidden_is_known_by_the_user_id(self):
        self.create_invoice()
        self.plan()
        self.hear(from_user_id="PE.1")
        self.hear("otra vez", phone=None, from_user_id="PE.1")
        self.hear("nuevo", phone=None, from_user_id="PE.2")
        talks = self.env["collections.conversation"].search([], order="id")
        self.assertEqual(talks.mapped("address"), [self.phone, "PE.2"])
        self.assertFalse(talks[1].case_id)

    def test_a_picture_is_fetched_by_its_id(self):
        media_id = self.graph.keep_media(b"\x89PNG picture", "image/png")
        self.hear(type="image", image={"id": media_id, "url": "https://evil.example"})
        said = self.env["collections.conversation.message"].search([("kind", "=", "image")])
        self.assertEqual(said.attachment_ids.raw, b"\x89PNG picture")
        # One that cannot be fetched is tried again, and stored without its file at last.
        event = self.hear(type="image", image={"id": "404"})
        self.assertEqual((event.state, event.attempts), ("new", 1))
        event.write({"attempts": 5, "next_try": fields.Datetime.now() - timedelta(minutes=1)})
        self.work()
        self.assertEqual(event.state, "done")
        found = self.env["collections.conversation.message"].search([("kind", "=", "image")])
        self.assertIn("could not be fetched", (found - said).body)

    def test_the_bot_or_a_person_answers(self):
        self.send()
        self.hear()
        talk = self.env["collections.conversation"].search([])
        self.graph.messages.clear()
        self.talk()
        talk._say("¿Le llamamos?", options=[{"id": "y", "title": "Sí"}, {"id": "n", "title": "No"}])
        self.talk()
        last = self.graph.messages[-1]
        self.assertEqual(last["body"]["interactive"]["type"], "button")
        said = talk.message_line_ids.sorted("id")[-1]
        self.assertEqual((said.state, said.external_id), ("sent", last["id"]))
        rows = [make_status(last["id"], "x", state) for state in ("read", "delivered")]
        self.tell(wrap({"statuses": rows}))
        self.assertEqual(said.state, "read")
        self.assertIn({"status": "read"}.items(), [
            {"status": body.get("status")}.items() for _m, _p, body in self.graph.calls
        ])  # fmt: skip

    def test_after_a_day_only_a_template_may_be_said(self):
        self.send()
        self.hear()
        talk = self.env["collections.conversation"].search([])
        talk.last_inbound_on = fields.Datetime.now() - timedelta(hours=25)
        self.assertFalse(talk.is_window_open)
        [text] = self.whatsapp._get_window_texts(talk)
        self.assertIn("Hola Ferretería Lima", text["text"])
        self.graph.messages.clear()
        self.whatsapp._say_window_text(talk, text["id"], self.collector)
        self.talk()
        self.assertEqual([m["type"] for m in self.graph.messages], ["template"])

    def test_templates_in_the_language_of_the_debtor_come_first(self):
        template = self.text
        other = template.copy({"name": "aaa_by_name", "language": "en", "status": "APPROVED"})
        self.say_in(other, {"1": "salutation_name", "2": "net_overdue_text"})
        self.send()
        self.hear()
        talk = self.env["collections.conversation"].search([])
        for lang in ("es", "en"):
            talk.lang = lang
            texts = self.whatsapp._get_window_texts(talk)
            self.assertEqual(len(texts), 2)
            self.assertIn(f"({lang})", texts[0]["name"])

    def test_who_may_read_what_arrived(self):
        event = self.tell(wrap({"statuses": []}))
        event.with_user(self.manager).read(["body"])
        with self.assertRaises(AccessError):
            event.with_user(self.collector).read(["body"])
        self.assertEqual(NUMBER, self.account.phone_number_id)

    def test_the_health_page_has_a_line(self):
        health = self.env["collections.health"]
        for state, mark in [("ok", "good"), ("slowed", "attention"), ("stopped", "broken")]:
            self.account.state = state
            finding = health._get_findings(self.company)[self.company]
            self.assertEqual(finding["lines"]["whatsapp"][0], mark)
            line = health.create({"company_id": self.company.id})._prepare_lines(finding)[-1]
            self.assertTrue(line["sentence"])

    def test_after_an_erasure_no_table_knows_the_person(self):
        name, digits = "Ana Pérez Quispe", "987654321"
        self.debtor.name = name
        contact = self.send()
        self.env["collections.whatsapp.person"]._learn(self.company, "PE.1", self.phone)
        other = {"id": "wamid.o", "from": "51911111111", "type": "text", "text": {"body": "otro"}}
        mine = {"id": "wamid.m", "from": "51987654321", "type": "text",
                "text": {"body": f"Soy {name}, pago el viernes"}}  # fmt: skip
        contacts = [{"wa_id": "51987654321", "profile": {"name": name}}]
        self.tell(wrap({"messages": [mine], "contacts": contacts}))
        failed = self.tell(wrap({"messages": [mine | {"id": "wamid.2"}, other]}))
        failed.write({"state": "failed", "detail": "x"})
        self.tell(wrap({"statuses": [make_status(contact.reference, "51987654321", "read")]}))
        self.talk()
        case = contact.case_id
        talk = self.env["collections.conversation"].search([("case_id", "=", case.id)])
        self.whatsapp._say_window_text(talk, str(self.text.id), self.collector)
        self.talk()
        contents = self.env["collections.log.content"].search([("case_id", "=", case.id)])
        contents.with_user(self.manager)._erase("Request 12, Law 29733 art. 20")
        tables = [
            *self.get_tables("collections_whatsapp"),
            *("collections_conversation", "collections_conversation_message"),
            *("collections_contact", "collections_log_content"),
        ]
        self.assertIn("collections_whatsapp_event", tables)
        self.assert_nowhere(tables, digits, name)
        self.assertIn("otro", failed.body, "another person's words stay")
        self.assertFalse(self.env["collections.whatsapp.person"].search([]))
