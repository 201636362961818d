from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from ..models.collections_channel import keep_history
from .common import PHONE, TEST_PHONE, VoiceCommon
from .twilio_fake import SID


@tagged("post_install", "-at_install")
class TestVoice(VoiceCommon):
    """Who is called, what keeps calls back, and what Twilio's answers lead to."""

    def get_following(self, contact):
        return self.env["collections.contact"].search([("parent_id", "=", contact.id)])

    # -- who is called ---------------------------------------------------------------------------

    def test_who_can_be_called(self):
        self.create_invoice()
        self.env["collections.ledger"]._refresh(self.company)
        case = self.get_case()
        addresses = lambda **kw: self.voice._get_addresses(case, **kw)  # noqa: E731
        self.assertEqual(addresses(), {case.id: PHONE})
        self.assertEqual(addresses(without={case.id: {PHONE}}), {})
        self.debtor.phone = "987 654-321"  # canonical by the debtor's country
        self.assertEqual(addresses(), {case.id: PHONE})
        person = self.create_debtor(
            "Ana", is_company=False, parent_id=self.debtor.id, phone="+51 911 111 111",
            collections_role="owner", country_id=self.peru.id,
        )  # fmt: skip
        self.assertEqual(addresses(), {case.id: PHONE})
        self.assertEqual(addresses(role="owner"), {case.id: "+51911111111"})
        person._mark_bad_phone()
        self.assertEqual(addresses(role="owner"), {case.id: PHONE})
        self.env["phone.blacklist"]._add([PHONE])
        self.assertEqual(addresses(), {})
        self.debtor.phone = "not a number"
        self.assertEqual(addresses(), {})

    def test_many_cases_are_as_few_queries_as_one(self):
        debtors = [
            self.create_debtor(f"Debtor {n}", phone=f"+5198765{n:04}", country_id=self.peru.id)
            for n in range(20)
        ]
        for debtor in debtors:
            self.create_invoice(debtor=debtor)
        self.env["collections.ledger"]._refresh(self.company)
        cases = self.env["collections.case"].search([("company_id", "=", self.company.id)])
        self.voice._get_addresses(cases)
        with self.assertQueryCount(4):  # the numbers, and what the debtors consent to
            self.assertEqual(len(self.voice._get_addresses(cases)), 20)

    # -- what is said ----------------------------------------------------------------------------

    def test_what_is_said_is_not_written_and_the_other_way_round(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.assertIn("We call about your account.", contact.preview)
        self.assertNotIn("Dear", contact.preview)
        contact.channel_id = self.email
        contact.invalidate_recordset()
        self.assertIn("Dear", contact.preview)
        self.assertNotIn("We call", contact.preview)

    def test_instructions_for_collectors_are_never_said(self):
        step = self.strategy.step_ids.filtered(lambda step: step.days == 3)
        step.write({"instructions": "He lies: insist.", "template_ids": [(3, self.spoken.id)]})
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        self.assertNotIn("insist", contact.preview)
        self.assertIn("one hundred dollars", contact.preview)

    def test_the_words_of_a_person_are_said(self):
        self.create_invoice(days_overdue=5)
        contact = self.plan()
        action = contact.with_user(self.supervisor).action_edit()
        wizard = self.env["collections.contact.edit"].browse(action["res_id"])
        self.assertIn("We call about your account.", wizard.body)
        self.assertNotIn("one hundred", wizard.body)
        wizard.with_user(self.supervisor).write({"body": "<p>Ana asked us to call.</p>"})
        wizard.with_user(self.supervisor).action_save()
        self.deliver()
        phone = self.phone()
        phone.pick_up()
        phone.press("1")
        self.assertEqual(phone.said[0], "Ana asked us to call.")

    # -- what keeps calls back -------------------------------------------------------------------

    def test_obstacles(self):
        get = lambda: (self.voice._get_obstacle(self.company) or [None])[0]  # noqa: E731
        self.assertIsNone(get())
        self.company.collections_safe_mode = True
        self.assertEqual(get(), "voice_no_test_phone")
        self.company.collections_voice_test_phone = TEST_PHONE
        self.assertIsNone(get())
        self.account._stop("no")
        self.assertEqual(get(), "voice_stopped")
        self.account.active = False
        self.assertEqual(get(), "voice_no_account")
        codes = self.env["collections.delivery"]._get_obstacle_codes()
        self.assertLessEqual({"voice_no_account", "voice_stopped", "voice_no_test_phone"}, {*codes})

    def test_a_refused_account_stops_and_the_queue_waits(self):
        other = self.create_debtor("Second", phone="+51955555555", country_id=self.peru.id)
        self.create_invoice(days_overdue=5, debtor=other)
        self.twilio.token = "changed at Twilio"
        contact = self.dial_all()
        self.assertEqual(self.account.state, "stopped")
        self.assertIn("20003", self.account.stop_reason)
        self.assertEqual(contact.mapped("state"), ["queued", "queued"])
        contact.scheduled_on = fields.Datetime.now()
        self.deliver()
        self.assertEqual(contact.mapped("state"), ["held", "held"])
        self.assertEqual(len(self.twilio.requests), 0)
        self.account.action_check()
        self.assertEqual(self.account.state, "stopped")
        self.twilio.token = self.account.auth_token
        self.account.action_check()
        self.assertEqual(self.account.state, "ok")
        self.deliver()
        self.assertEqual(contact.mapped("state"), ["sent", "sent"])

    def dial_all(self):
        self.create_invoice(amount=1200.5, days_overdue=5)
        contacts = self.plan()
        self.deliver()
        return contacts

    # -- Twilio's answers ------------------------------------------------------------------------

    def test_too_many_calls_wait(self):
        self.twilio.faults[PHONE] = (429, 20429)
        contact = self.dial()
        self.assertRecordValues(contact, [{"state": "queued", "reason": "voice_throttled"}])
        self.assertEqual(self.account.state, "ok")
        self.twilio.faults.clear()
        contact.scheduled_on = fields.Datetime.now()
        self.deliver()
        self.assertEqual(contact.state, "sent")

    def test_a_bad_number_is_left_for_the_next(self):
        self.create_debtor(
            "Ana", is_company=False, parent_id=self.debtor.id, phone="+51911111111",
            collections_role="accounts_payable", country_id=self.peru.id,
        )  # fmt: skip
        self.twilio.faults["+51911111111"] = (400, 21211)
        self.twilio.faults[PHONE] = (400, 21215)
        contact = self.dial()
        self.assertRecordValues(contact, [{"state": "failed", "reason": "invalid_address"}])
        following = self.get_following(contact)
        self.assertRecordValues(following, [{"channel_id": self.voice.id, "address": PHONE}])
        self.assertRecordValues(following, [{"state": "failed", "reason": "voice_country"}])
        self.assertEqual(self.get_following(following).channel_id, self.email)

    def test_a_lost_answer_is_settled_by_the_call_itself(self):
        self.twilio.faults[PHONE] = "lost"
        contact = self.dial()
        self.assertRecordValues(contact, [{"state": "uncertain", "reason": "voice_silent"}])
        self.phone().status("ringing")
        self.assertRecordValues(
            contact, [{"state": "sent", "reference": self.twilio.calls[0]["sid"]}]
        )
        self.deliver()
        self.assertEqual(len(self.twilio.calls), 1)

    def test_a_lost_answer_is_settled_by_asking(self):
        self.twilio.faults[PHONE] = "lost"
        contact = self.dial()
        call = contact.voice_call_ids
        self.ask()
        self.assertEqual(contact.state, "uncertain", "too early to ask")
        call.started_on -= timedelta(minutes=3)
        self.twilio.calls[0]["record"].update(status="completed", duration="12")
        self.ask()
        self.assertEqual((call.state, call.duration), ("completed", 12))
        self.assertRecordValues(contact, [{"state": "failed", "reason": "voice_not_confirmed"}])

    def test_what_twilio_never_got_is_asked_for_again(self):
        self.twilio.faults[PHONE] = "dropped"
        contact = self.dial()
        self.assertEqual(contact.state, "uncertain")
        contact.voice_call_ids.started_on -= timedelta(minutes=5)
        self.ask()
        self.assertEqual(contact.state, "uncertain")
        contact.voice_call_ids.started_on -= timedelta(minutes=15)
        self.ask()
        self.assertEqual(contact.state, "queued")
        self.twilio.faults.clear()
        self.deliver()
        self.assertRecordValues(contact, [{"state": "sent"}])
        self.assertEqual(len(self.twilio.calls), 1)

    def test_two_calls_that_may_be_it_are_for_a_person(self):
        self.twilio.faults[PHONE] = "lost"
        contact = self.dial()
        self.twilio.make(self.twilio.calls[0]["form"])
        contact.voice_call_ids.started_on -= timedelta(hours=1)
        self.ask()
        self.assertEqual(contact.state, "uncertain")

    def test_an_end_that_nobody_told_is_asked_for(self):
        contact, call, phone = self.call()
        phone.status("ringing")
        call.started_on -= timedelta(hours=2)
        phone.call["record"].update(status="no-answer")
        self.ask()
        self.assertEqual(call.state, "no-answer")
        self.assertRecordValues(contact, [{"state": "failed", "reason": "voice_no_answer"}])

    def test_a_service_that_is_down_loses_nothing(self):
        self.account.base_url = "http://127.0.0.1:9"
        contact = self.dial()
        self.assertRecordValues(contact, [{"state": "queued", "reason": "channel_down"}])
        self.ask()
        self.account.base_url = self.twilio.url
        contact.scheduled_on = fields.Datetime.now()
        self.deliver()
        self.assertEqual(contact.state, "sent")

    def test_a_word_before_the_worker_noted_its_sending(self):
        """The phone may be quicker than the worker's commit."""
        contact, call, phone = self.call()
        contact.state = "sending"
        phone.status("busy")
        self.assertEqual((call.state, call.is_settled), ("busy", False))
        contact.state = "sent"
        self.ask()
        self.assertRecordValues(contact, [{"state": "failed", "reason": "voice_busy"}])

    # -- the account -----------------------------------------------------------------------------

    def test_an_account_is_written_down_rightly(self):
        for values, words in (
            ({"account_sid": "SK123"}, "account SID"),
            ({"account_sid": SID + "\n"}, "account SID"),
            ({"phone_from": "987654321"}, "international"),
            ({"phone_person": "+51 9"}, "international"),
            ({"base_url": "http://api.twilio.com"}, "https"),
            ({"base_url": "ftp://127.0.0.1"}, "https"),
            ({"base_url": "https://user:pw@api.twilio.com"}, "https"),
            ({"base_url": "https://api.twilio.com?x=1"}, "https"),
            ({"plan_busy": "soon"}, "minutes"),
            ({"plan_no_answer": "0"}, "minutes"),
        ):
            with self.subTest(**values), self.assertRaisesRegex(ValidationError, words):
                self.account.copy({"active": False, **values})
        self.account.write({"base_url": "https://api.dublin.ie1.twilio.com", "plan_busy": ""})
        with self.assertRaisesRegex(ValidationError, "phone number"):
            self.company.collections_voice_test_phone = "x"

    def test_call_me(self):
        with self.assertRaisesRegex(UserError, "test number"):
            self.account.action_call_me()
        self.company.write({"collections_voice_test_phone": "900 000 000",
                            "country_id": self.peru.id})  # fmt: skip
        answer = self.account.action_call_me()
        self.assertEqual(answer["params"]["type"], "success")
        call = self.env["collections.voice.call"].search([("account_id", "=", self.account.id)])
        self.assertRecordValues(call, [{"state": "queued", "contact_id": False, "safe_mode": True,
                                        "address": TEST_PHONE}])  # fmt: skip
        phone = self.phone()
        self.assertIn("test call", phone.form["Twiml"])
        phone.hang_up(5)
        self.assertEqual((call.state, call.duration), ("completed", 5))
        self.assertTrue(self.account.last_callback_on)
        self.twilio.faults[TEST_PHONE] = (400, 21219)
        self.assertEqual(self.account.action_call_me()["params"]["type"], "danger")

    def test_what_is_asked_of_twilio(self):
        self.account.write({"record_calls": True, "ring_seconds": 20})
        _contact, call, phone = self.call()
        form = phone.call["form"]
        self.assertEqual(
            [value for name, value in form if name == "StatusCallbackEvent"],
            ["initiated", "ringing", "answered", "completed"],
        )
        self.assertLessEqual(
            {("To", PHONE), ("Timeout", "20"), ("Record", "true"), ("MachineDetection", "Enable")},
            {*form},
        )
        self.assertTrue(phone.form["Url"].endswith(f"/collections_voice/{call.token}/answer"))
        phone.pick_up()
        self.assertIn("recorded", phone.said[1])
        self.account.write({"record_calls": False, "machine": "off"})
        names = {name for name, _value in call._get_form()}
        self.assertFalse(names & {"Record", "MachineDetection"})

    # -- what others see -------------------------------------------------------------------------

    def test_health_tells_of_the_account(self):
        def line():
            [finding] = self.env["collections.health"]._get_findings(self.company).values()
            return finding["lines"].get("voice")

        self.assertEqual(line()[0], "good")
        self.account._stop("no")
        self.assertEqual(line()[0], "broken")
        health = self.env["collections.health"].create({"company_id": self.company.id})
        health._look()
        voice = health.line_ids.filtered(lambda found: found.code == "voice")
        self.assertEqual(voice.mark, "broken")
        self.account.unlink()
        self.assertIsNone(line())

    def test_the_log_tells_it_in_words(self):
        contact, _call, phone = self.call()
        phone.pick_up()
        phone.press("1")
        phone.press("9")
        phone.hang_up(33)
        logs = self.env["collections.log"].search([("contact_id", "=", contact.id)])
        summaries = " | ".join(logs.mapped("summary"))
        for words in ("said who they are", "no more calls", "after 33 seconds: Ended"):
            self.assertIn(words, summaries)
        self.assertNotIn("%(", summaries)

    def test_a_copy_calls_nobody(self):
        [query] = [
            query
            for query in get_neutralization_queries(["collections_voice"])
            if "collections_voice_account" in query
        ]
        self.assertIn("auth_token", query)
        self.env.flush_all()
        for statement in get_neutralization_queries(["collections_voice"]):
            self.env.cr.execute(statement)
        self.env.invalidate_all()
        self.assertFalse(self.account.active)
        self.assertNotIn("fake", self.account.auth_token)

    def test_after_uninstalling_the_past_stays(self):
        contact = self.dial()
        keep_history(self.voice)
        self.assertEqual((self.voice.kind, self.voice.active), ("task", False))
        self.assertEqual(contact.channel_id, self.voice)
