from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PERSON, PHONE, TEST_PHONE, VoiceCommon


@tagged("post_install", "-at_install")
class TestVoiceCall(VoiceCommon):
    """A call from being asked for to what it leaves behind."""

    def test_from_run_to_promise(self):
        self.create_invoice(amount=1200.5, days_overdue=5)
        self.run_night()
        [call] = self.env["collections.voice.call"].search([("case_id", "=", self.get_case().id)])
        contact, phone = call.contact_id, self.phone()
        self.assertEqual((contact.state, contact.reference), ("sent", phone.call["sid"]))
        self.assertEqual(call.state, "queued")
        for state in ("initiated", "ringing", "in-progress"):
            self.assertEqual(phone.status(state).status_code, 204)
        phone.pick_up("human")
        self.assertIn(self.company.name, phone.said[0])
        self.assertIn("Ferretería Lima", phone.said[1])
        self.assertNotIn("account", " ".join(phone.spoken))
        phone.press("1")
        self.assertEqual(phone.said[0], "We call about your account.")
        self.assertIn("one thousand two hundred dollars and fifty cents", phone.said[1])
        self.assertEqual(contact.state, "answered")
        phone.press("1")
        phone.press("1")
        phone.press("1")
        self.assertIn("noted", phone.said[0])
        self.assertTrue(phone.gone)
        phone.hang_up(42)
        promise = self.get_case().promise_ids
        self.assertRecordValues(
            promise,
            [
                {
                    "amount": 1200.5, "state": "open", "channel_id": self.voice.id,
                    "date_due": self.today + timedelta(days=1),
                    "user_id": self.env.ref("base.user_root").id,
                }
            ],
        )  # fmt: skip
        self.assertRecordValues(
            call,
            [{"state": "completed", "duration": 42, "is_confirmed": True, "keys": "1 1 1 1"}],
        )
        self.assertEqual(contact.state, "answered")
        self.assertEqual(self.events(contact)[-3:], ["voice_confirmed", "answered", "voice_ended"])
        self.assertTrue(self.account.last_callback_on)

    def test_before_the_person_is_known_nothing_is_said_of_a_debt(self):
        _contact, _call, phone = self.call()
        phone.pick_up()
        phone.press("")
        phone.press("7")
        self.assertTrue(phone.gone)
        self.assertNotRegex(" ".join(phone.spoken), r"hundred|due|owe|account")

    def test_a_promise_beyond_the_limits_waits_for_a_person(self):
        self.segment.promise_max_percent = 50
        contact, _call, phone = self.call()
        phone.pick_up()
        for keys in ("1", "1", "1", "1"):
            phone.press(keys)
        self.assertEqual(contact.case_id.promise_ids.state, "awaiting")
        self.assertIn("confirm", phone.said[0])
        self.assertEqual(len(contact.case_id.activity_ids), 1)

    def test_a_promise_that_cannot_be_is_told_the_collector(self):
        contact, _call, phone = self.call()
        phone.pick_up()
        for keys in ("1", "1", "1"):
            phone.press(keys)
        self.pay(self.get_case().receivable_ids.move_id)
        phone.press("1")
        self.assertFalse(contact.case_id.promise_ids)
        self.assertIn("could not", phone.said[0])
        self.assertEqual(len(contact.case_id.activity_ids), 1)

    def test_who_paid_while_it_rang_is_thanked(self):
        _contact, _call, phone = self.call()
        self.pay(self.get_case().receivable_ids.move_id)
        phone.pick_up()
        phone.press("1")
        self.assertIn("nothing left to pay", phone.said[0])
        self.assertTrue(phone.gone)

    def test_how_to_pay_comes_by_message(self):
        contact, _call, phone = self.call()
        self.env["ir.mail_server"].create({"name": "x", "smtp_host": "127.0.0.1"})
        phone.pick_up()
        phone.press("1")
        phone.press("2")
        self.assertIn("message", phone.said[0])
        message = contact.case_id.contact_ids.filtered(lambda c: c.channel_id == self.email)
        self.assertRecordValues(
            message, [{"state": "queued", "address": "ferretería@debtor.example"}]
        )
        self.assertIn("1,200.50", message.custom_body)
        with self.mailbox() as box:
            self.deliver()
        self.assertEqual(box.contact_ids, message.ids)

    def test_how_to_pay_comes_with_the_link_the_way_the_debtor_prefers(self):
        self.leave_channels()
        self.email.cost = 1
        cheap, dear = self.env["collections.channel"].create(
            [
                {"name": "Cheap", "code": "cheap", "kind": "email", "cost": 0.01},
                {"name": "Dear", "code": "dear", "kind": "email", "cost": 2},
            ]
        )
        self.env["ir.mail_server"].create({"name": "x", "smtp_host": "127.0.0.1"})
        contact, call, _phone = self.call()
        urls = {contact.id: "https://pay.example/c/1"}
        with patch.object(type(contact), "_get_pay_urls", lambda _self: urls):
            for channel in (cheap, dear):
                self.assertTrue(call._send_pay_link())
                message = contact.case_id.contact_ids.filtered(
                    lambda one, channel=channel: one.channel_id == channel
                )
                self.assertIn('href="https://pay.example/c/1"', message.custom_body)
                contact.case_id.partner_id.collections_channel_id = dear

    def leave_channels(self):
        """Leave the channels that are not of these tests out."""
        others = [("kind", "not in", ("email", "voice")), ("is_manual", "=", False)]
        self.env["collections.channel"].search(others).active = False

    def test_without_an_address_the_collector_sends_it(self):
        self.leave_channels()
        self.debtor.email = False
        contact, _call, phone = self.call()
        phone.pick_up()
        phone.press("1")
        phone.press("2")
        self.assertIn("right now", phone.said[0])
        self.assertEqual(len(contact.case_id.activity_ids), 1)

    def test_a_person_takes_the_call(self):
        contact, _call, phone = self.call()
        phone.pick_up()
        phone.press("1")
        phone.press("3")
        dial = phone.root.find("Dial")
        self.assertEqual(dial.find("Number").text, PERSON)
        phone._follow(phone.send(dial.get("action"), DialCallStatus="no-answer"))
        self.assertIn("call you back", phone.said[0])
        self.assertEqual(len(contact.case_id.activity_ids), 1)
        self.assertIn("voice_transfer", self.events(contact))

    def test_the_own_number_of_the_collector_comes_first(self):
        contact, _call, phone = self.call()
        self.collector.partner_id.write({"phone": "+51922222222", "country_id": self.peru.id})
        contact.case_id.user_id = self.collector
        phone.pick_up()
        phone.press("1")
        phone.press("3")
        self.assertEqual(phone.root.find("Dial/Number").text, "+51922222222")

    def test_no_more_calls(self):
        contact, _call, phone = self.call()
        phone.pick_up()
        phone.press("1")
        phone.press("9")
        self.assertTrue(phone.gone)
        states = self.env["collections.consent"]._get_states(
            contact.partner_id, "voice", company=self.company
        )
        self.assertEqual(states, {contact.partner_id.id: "withdrawn"})
        phone.hang_up()
        self.assertEqual(contact.state, "answered")

    def test_a_wrong_number_is_not_called_again(self):
        person = self.create_debtor("Other", is_company=False, parent_id=self.debtor.id,
                                    collections_role="accounts_payable", phone="+51933333333",
                                    country_id=self.peru.id)  # fmt: skip
        contact, _call, phone = self.call()
        self.assertEqual(contact.address, "+51933333333")
        phone.pick_up()
        self.assertIn("If you are Other", phone.said[1])
        phone.press("9")
        phone.hang_up()
        self.assertTrue(person.collections_is_bad_phone)
        self.assertRecordValues(contact, [{"state": "failed", "reason": "invalid_address"}])
        following = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
        self.assertRecordValues(following, [{"address": PHONE, "channel_id": self.voice.id}])

    # -- nobody reached --------------------------------------------------------------------------

    def test_busy_is_tried_again_then_another_channel(self):
        contact = self.dial()
        now = fields.Datetime.now()
        with freeze_time(now):
            self.phone().status("busy")
        self.assertRecordValues(contact, [{"state": "failed", "reason": "voice_busy"}])
        for minutes in (15, 60):
            contact = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
            self.assertRecordValues(
                contact,
                [{"channel_id": self.voice.id, "state": "queued", "address": PHONE}],
            )
            self.assertAlmostEqual(
                contact.scheduled_on, now + timedelta(minutes=minutes), delta=timedelta(seconds=90)
            )
            contact.scheduled_on = fields.Datetime.now()
            self.deliver()
            self.env.invalidate_all()
            self.phone().status("busy")
        self.assertEqual(len(self.twilio.calls), 3)
        contact = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
        self.assertEqual(contact.channel_id, self.email)

    def test_who_paid_is_not_tried_again(self):
        contact = self.dial()
        self.phone().status("no-answer")
        again = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
        self.pay(self.get_case().receivable_ids.move_id)
        self.env["collections.ledger"]._refresh(self.company)
        again.scheduled_on = fields.Datetime.now()
        self.deliver()
        self.env.invalidate_all()
        self.assertEqual(again.state, "skipped")
        self.assertEqual(len(self.twilio.calls), 1)

    def test_a_try_counts_for_the_contact_rules(self):
        rule = self.env["collections.contact.rule"].create(
            {
                "name": "One call a day",
                "window_ids": [Command.create({"hour_from": 0, "hour_to": 24})],
                "holidays_ok": True,
                "cap_ids": [Command.create({"limit": 1, "days": 1, "medium": "call"})],
            }
        )
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"):
            rule.window_ids[day] = True
        contact = self.dial()
        self.assertEqual(contact.state, "sent")
        self.phone().status("no-answer")
        again = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
        again.scheduled_on = fields.Datetime.now()
        self.deliver()
        self.env.invalidate_all()
        self.assertEqual((again.state, len(self.twilio.calls)), ("queued", 1))
        self.assertGreater(again.scheduled_on, fields.Datetime.now())

    def test_a_machine_hears_nothing(self):
        contact, call, phone = self.call()
        phone.pick_up("machine_start")
        self.assertEqual(phone.said, [])
        self.assertTrue(phone.gone)
        phone.hang_up()
        self.assertRecordValues(contact, [{"state": "failed", "reason": "voice_machine"}])
        self.assertTrue(call.is_machine)

    def test_a_message_on_a_machine_names_no_debt(self):
        self.account.write({"machine": "message", "phone_back": "+5112345678"})
        contact, _call, phone = self.call()
        self.assertIn(("MachineDetection", "DetectMessageEnd"), phone.call["form"])
        phone.pick_up("machine_end_beep")
        [said] = phone.said
        self.assertIn("5, 1, 1, 2, 3", said)
        self.assertNotRegex(said, r"hundred|due|owe|debt|pay")
        phone.hang_up()
        self.assertEqual(contact.state, "delivered")

    # -- told twice, in any order ----------------------------------------------------------------

    def test_words_in_any_order_and_twice(self):
        contact, call, phone = self.call()
        phone.status("completed", number=3, CallDuration="9")
        for state, number in (("ringing", 1), ("initiated", 0), ("completed", 3), ("busy", 4)):
            self.assertEqual(phone.status(state, number=number).status_code, 204)
        self.assertEqual((call.state, call.duration), ("completed", 9))
        self.assertEqual(contact.reason, "voice_not_confirmed")
        self.assertEqual(self.events(contact).count("voice_ended"), 1)
        children = self.env["collections.contact"].search_count([("parent_id", "=", contact.id)])
        self.assertEqual(children, 1)

    def test_a_key_told_twice_counts_once(self):
        contact, call, phone = self.call()
        phone.pick_up()
        first = phone.root.find("Gather").get("action")
        for keys in ("1", "1", "1"):
            phone.press(keys)
        last = phone.root.find("Gather").get("action")
        answers = [phone.send(last, Digits="1").text for _time in range(2)]
        self.assertEqual(*answers)
        self.assertEqual(len(contact.case_id.promise_ids), 1)
        stale = phone.send(first, Digits="9")
        self.assertEqual(stale.text, answers[0])
        self.assertFalse(call.is_wrong_number)

    # -- who speaks ------------------------------------------------------------------------------

    @mute_logger("odoo.http")
    def test_only_twilio_is_heard(self):
        contact, call, phone = self.call()
        url = phone.form["StatusCallback"]
        other = self.env["collections.voice.account"].create(
            {
                "company_id": self.env["res.company"].create({"name": "Another"}).id,
                "account_sid": "AC" + "f" * 32,
                "auth_token": "another token",
                "phone_from": "+15005550006",
            }
        )
        self.assertTrue(other)
        good = {"CallStatus": "completed", "SequenceNumber": "3"}
        for name, response in (
            ("no signature", self.post(url, list(good.items()), {})),
            ("forged", self.post(url, list(good.items()), {"X-Twilio-Signature": "x"})),
            ("another company's token", phone.send(url, token="another token", **good)),
            ("another call", phone.send(url, CallSid="CA" + "0" * 32, **good)),
            ("another account", phone.send(url, AccountSid=other.account_sid, **good)),
            ("no call", phone.send(url, CallSid=None, **good)),
            ("unknown address", phone.send(url.replace(call.token, "x" * 32), **good)),
            ("changed address", phone.send(url + "?x=1", token="t", **good)),
            ("a picture", self.url_open(url, data=b"GIF89a", headers={
                "Content-Type": "image/gif", "X-Twilio-Signature": "x"})),
        ):  # fmt: skip
            with self.subTest(name=name):
                self.assertEqual(response.status_code, 403)
        self.assertEqual(self.url_open(url).status_code, 405)
        self.assertEqual(phone.send(url.replace("/status", "/other")).status_code, 404)
        self.env.invalidate_all()
        self.assertEqual((call.state, contact.state), ("queued", "sent"))

    @mute_logger("odoo.http")
    def test_without_a_secret_nobody_is_heard(self):
        _contact, call, phone = self.call()
        self.env.cr.execute("UPDATE collections_voice_account SET auth_token = ''")
        self.env.invalidate_all()
        self.twilio.token = ""
        self.assertEqual(phone.status("completed").status_code, 403)
        self.assertEqual(call.state, "queued")

    @mute_logger("odoo.http")
    def test_an_old_address_is_nobodys(self):
        _contact, call, phone = self.call()
        call.expires_on = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(phone.status("completed").status_code, 403)
        self.assertEqual(phone.send(phone.form["Url"]).status_code, 403)

    def test_a_hostile_name_is_only_said(self):
        self.debtor.name = "</Say><Dial>+1900</Dial><script>'\"&"
        _contact, call, phone = self.call()
        phone.pick_up()
        self.assertIsNone(phone.root.find(".//Dial"))
        self.assertIn("</Say><Dial>+1900</Dial>", phone.said[1])
        self.assertNotIn("<script>", call.contact_id.preview)

    def test_a_debtor_is_spoken_to_in_his_language(self):
        self.env["res.lang"]._activate_lang("es_PE")
        self.debtor.lang = "es_PE"
        _contact, _call, phone = self.call()
        phone.pick_up()
        self.assertEqual(phone.root.find(".//Say").get("language"), "es-MX")
        self.assertIn("llamada automática", phone.said[0])
        phone.press("1")
        self.assertIn("mil doscientos dólares con cincuenta centavos", " ".join(phone.said))

    # -- safe mode -------------------------------------------------------------------------------

    def test_in_safe_mode_the_test_number_rings_and_notes_nothing(self):
        self.company.write(
            {
                "collections_safe_mode": True,
                "collections_test_email": "test@company.example",
                "collections_voice_test_phone": TEST_PHONE,
            }
        )
        contact, call, phone = self.call()
        self.assertEqual(phone.call["to"], TEST_PHONE)
        self.assertEqual((call.address, call.phone, call.safe_mode), (TEST_PHONE, PHONE, True))
        phone.pick_up()
        self.assertIn("test", phone.said[1])
        for keys in ("1", "1", "1", "1", "2", "9"):
            phone.press(keys)
            self.assertFalse(contact.case_id.promise_ids)
        self.assertFalse(contact.case_id.hold_ids)
        self.assertFalse(contact.case_id.activity_ids)

    def test_a_test_call_cannot_spoil_a_number(self):
        self.company.write(
            {
                "collections_safe_mode": True,
                "collections_test_email": "test@company.example",
                "collections_voice_test_phone": TEST_PHONE,
            }
        )
        _contact, _call, phone = self.call()
        phone.pick_up()
        phone.press("9")
        self.assertTrue(phone.gone)
        self.assertFalse(self.debtor.collections_is_bad_phone)

    def test_after_an_erasure_no_table_knows_the_person(self):
        name, digits = "Ana Pérez Quispe", PHONE.removeprefix("+51")
        self.debtor.name = name
        self.spoken.body_html = '<p>We call <t t-out="object.salutation_name"/>.</p>'
        contact, call, phone = self.call()
        phone.pick_up()
        phone.press("1")
        phone.press("1")
        phone.press("1")
        phone.hang_up()
        self.assertTrue(call.event_ids.filtered("detail"))
        contents = self.env["collections.log.content"].search(
            [("case_id", "=", contact.case_id.id)]
        )
        contents.with_user(self.manager)._erase("Request 12, Law 29733 art. 20")
        tables = self.get_tables("collections_voice")
        self.assertIn("collections_voice_call", tables)
        self.assert_nowhere(
            [*tables, "collections_contact", "collections_log_content"], digits, name
        )
        self.assertFalse(call.partner_id)
        self.assertFalse(call._get_by_token(call.token), "its address is nobody's")
        self.assertEqual(call.state, "completed", "that it was made stays")
