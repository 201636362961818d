from datetime import date, datetime, timezone

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, Form, TransactionCase, tagged

from odoo.addons.collections_management.engine import consent
from odoo.addons.collections_management.engine.consent import Word

from .common import CollectionsCommon
from .contact_rule_data import get_raw_rules

RULE = "collections_management.collections_contact_rule_"


@tagged("post_install", "-at_install")
class TestConsentEngine(BaseCase):
    def test_the_latest_word_on_a_channel_decides(self):
        yes, no = Word(True, "sms"), Word(False, "sms")
        proved = Word(True, "sms", proved=True)
        cases = [
            ((), "none", None), ((), "authorised", consent.MISSING),
            ((), "opt_in", consent.MISSING), ((yes,), "none", None),
            ((yes,), "authorised", None), ((yes,), "opt_in", consent.MISSING),
            ((proved,), "opt_in", None), ((proved, no), "opt_in", None),
            ((no, proved), "none", consent.WITHDRAWN), ((no,), "opt_in", consent.WITHDRAWN),
            ((Word(True, "email"),), "authorised", consent.MISSING),
            ((Word(False, "email"),), "none", None),
            ((Word(False),), "none", consent.WITHDRAWN), ((yes, Word(False)), "none", None),
            ((Word(True),), "authorised", None),
        ]  # fmt: skip
        for words, need, expected in cases:
            with self.subTest(words=words, need=need):
                self.assertEqual(consent.refuse(words, "sms", "+51 999 111 222", need), expected)

    def test_a_word_on_one_number_is_about_that_number_however_written(self):
        words = (Word(False, "sms", "+51 999-111-222"),)
        for address, expected in (
            ("+51999111222", consent.WITHDRAWN),
            ("(51) 999 111 222", consent.WITHDRAWN),
            ("+51999111223", None),
            (None, consent.WITHDRAWN),
        ):
            with self.subTest(address):
                self.assertEqual(consent.refuse(words, "sms", address), expected)
        self.assertTrue(consent.is_same(" Pagos@X.example", "pagos@x.example"))

    def test_what_is_a_phone(self):
        for address, expected in (
            ("+51 999 111 222", True), ("014567890", True), ("a@b.example", False), ("", False),
            (None, False), ("Av. Lima 1234567", False),
        ):  # fmt: skip
            with self.subTest(address):
                self.assertEqual(consent.is_phone(address), expected)


@tagged("post_install", "-at_install")
class TestConsent(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consents = cls.env["collections.consent"]
        cls.create_invoice(100, days_overdue=5)

    def make_rule(self, **values):
        return self.env["collections.contact.rule"].create(
            {
                "name": "Asks first",
                "consent": "authorised",
                "window_ids": [
                    Command.create(
                        {"hour_from": 0, "hour_to": 24, "saturday": True, "sunday": True}
                    )
                ],
                "holidays_ok": True,
                **values,
            }
        )

    def test_a_withdrawn_channel_is_not_used_and_the_task_says_why(self):
        self.consents._withdraw(self.debtor, "email", proof="STOP", source="reply")
        contact = self.plan()
        self.assertRecordValues(
            contact, [{"channel_id": self.task.id, "reason": "consent_withdrawn"}]
        )
        self.assertIn("does not want this channel", contact.reason_text)
        self.deliver()
        self.env.invalidate_all()
        self.assertIn("find another way", contact.activity_id.note)

    def test_another_person_of_the_debtor_takes_the_place_of_a_withdrawn_address(self):
        self.env["res.partner"].create(
            {"name": "Ana", "parent_id": self.debtor.id, "email": "ana@debtor.example",
             "collections_role": "accounts_payable"}
        )  # fmt: skip
        self.consents._withdraw(self.debtor, "email", address="Ana@debtor.example")
        contact = self.plan()
        self.assertRecordValues(
            contact, [{"channel_id": self.email.id, "address": self.debtor.email_normalized}]
        )

    def test_a_rule_that_asks_for_consent_waits_for_it(self):
        self.make_rule()
        contact = self.plan()
        self.assertRecordValues(contact, [{"channel_id": self.task.id, "reason": "no_consent"}])
        self.assertFalse(self.email._get_addresses(contact.case_id))
        self.consents._grant(self.debtor, "email", proof="Clause 7")
        self.assertEqual(
            self.email._get_addresses(contact.case_id),
            {contact.case_id.id: self.debtor.email_normalized},
        )

    def test_opt_in_needs_a_proof_and_phone_rules_leave_e_mail_alone(self):
        rule = self.make_rule(consent="opt_in")
        self.plan()
        case = self.get_case()
        self.consents._grant(self.debtor, "email")
        self.assertFalse(self.email._get_addresses(case), "no proof")
        self.consents._grant(self.debtor, "email", proof="Ticked the box")
        self.assertTrue(self.email._get_addresses(case))
        self.consents._withdraw(self.debtor, "letter")
        self.assertTrue(self.email._get_addresses(case), "another channel")
        other = self.create_debtor("Bodega")
        self.create_invoice(50, debtor=other)
        self.plan()
        rule.consent_scope = "phone"
        self.assertTrue(self.email._get_addresses(self.get_case(other)))
        asked = {1: (self.company.id, other.id, "+51 999 111 222")}
        self.assertEqual(self.consents._get_refusals("sms", asked), {1: "no_consent"})

    def test_a_withdrawal_takes_back_what_waits(self):
        contact = self.plan()
        self.assertEqual(contact.state, "queued")
        self.consents._withdraw(self.debtor, "letter")
        self.assertEqual(contact.state, "queued", "another channel")
        self.consents._withdraw(self.debtor, None)
        self.assertRecordValues(contact, [{"state": "skipped", "reason": "consent_withdrawn"}])
        with self.mailbox() as box:
            self.deliver()
        self.assertFalse(box.messages)

    def test_what_a_rule_asks_for_meanwhile_is_asked_again_before_it_leaves(self):
        contact = self.plan()
        self.make_rule()
        with self.mailbox() as box:
            self.deliver()
        self.env.invalidate_all()
        self.assertFalse(box.messages)
        self.assertRecordValues(contact, [{"state": "skipped", "reason": "no_consent"}])

    def test_states_and_the_log_tell_the_latest_word(self):
        self.plan()
        partner = self.create_debtor("Ana", parent_id=self.debtor.id, is_company=False)
        both = self.debtor | partner
        self.assertEqual(self.consents._get_states(both, "email"), dict.fromkeys(both.ids))
        word = self.consents._grant(partner, "email", proof="Yes", source="bot")
        self.assertEqual((word.partner_id, word.person_id), (self.debtor, partner))
        self.assertEqual(
            self.consents._get_states(both, "email"), dict.fromkeys(both.ids, "granted")
        )
        self.consents._withdraw(self.debtor)
        self.assertEqual(
            self.consents._get_states(both, "email"), dict.fromkeys(both.ids, "withdrawn")
        )
        events = self.get_case().log_ids.sorted("sequence")[-3:]
        self.assertIn("consent_granted", events.mapped("event"))
        self.assertIn("Must not be used any more: every channel", [one.summary for one in events])

    def test_a_message_is_a_proof(self):
        message = self.debtor.message_post(body="Use my mail")
        word = self.consents._grant(self.debtor, "email", proof=message)
        self.assertRecordValues(word, [{"message_id": message.id, "is_proved": True}])

    def test_the_history_only_grows(self):
        word = self.consents._grant(self.debtor, "email", proof="Yes")
        for refused in (lambda: word.write({"state": "withdrawn"}), word.unlink):
            with self.assertRaises(UserError):
                refused()

    def test_a_collector_notes_it_by_hand_with_proof(self):
        self.plan()
        case = self.get_case()
        case.user_id = self.collector
        action = case.with_user(self.collector).action_note_consent()
        consents = self.consents.with_user(self.collector).with_context(**action["context"])
        with Form(consents) as form:
            form.state, form.kind = "granted", "email"
            with self.assertRaisesRegex(UserError, "how the debtor granted"):
                form.save()
            form.proof = "By phone"
        self.assertRecordValues(
            form.record,
            [{"partner_id": self.debtor.id, "user_id": self.collector.id, "is_proved": True}],
        )
        self.assertEqual(case.with_user(self.collector).consent_ids, form.record)
        auditor = self.consents.with_user(self.auditor)
        self.assertTrue(auditor.search_count([]))
        with self.assertRaises(AccessError):
            auditor.create({"partner_id": self.debtor.id})
        other = self.env["res.company"].create({"name": "Otra"})
        foreign = self.consents._grant(self.debtor, "email", proof="x", company=other)
        self.assertNotIn(foreign, consents.search([]))
        self.assertEqual(self.consents._get_states(self.debtor, "email", company=other),
                         {self.debtor.id: "granted"})  # fmt: skip

    def test_other_systems_note_it_with_its_proof(self):
        self.plan()
        case = self.get_case()
        cases = self.env["collections.case"].with_user(self.manager)
        for values, argument in (
            ({"granted": "yes"}, "granted"),
            ({"granted": True, "channel": "pigeon", "proof": "x"}, "channel"),
            ({"granted": True, "channel": "email"}, "proof"),
            ({"granted": False, "address": ""}, "address"),
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, f"^{argument}:"):
                cases.note_consent(debtor=self.debtor.id, **values)
        answer = cases.note_consent(granted=False, debtor=self.debtor.id, channel="email")
        self.assertEqual((answer["case"], answer["state"]), (case.id, "withdrawn"))
        self.assertFalse(self.email._get_addresses(case))

    def test_asking_costs_the_same_for_many(self):
        for number in range(30):
            self.create_invoice(10, debtor=self.create_debtor(f"Debtor{number}"))
        self.plan()
        cases = self.env["collections.case"].search([("company_id", "=", self.company.id)])
        self.make_rule()
        counts = []
        for some in (cases[:2], cases):
            self.email._get_addresses(some)
            before = self.env.cr.sql_log_count
            self.email._get_addresses(some)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)


@tagged("post_install", "-at_install")
class TestShippedRules(TransactionCase):
    """The rules as installed: whom they fit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Rule = cls.env["collections.contact.rule"]
        shipped = cls.env["ir.model.data"].search(
            [("model", "=", cls.Rule._name), ("module", "=", "collections_management")]
        )
        cls.Rule.search([("id", "not in", shipped.mapped("res_id"))]).active = False
        cls.company = cls.env["res.company"].create(
            {"name": "Acreedora", "country_id": cls.env.ref("base.pe").id}
        )

    def make_debtor(self, country, state=None, is_company=False):
        country = self.env["res.country"].search([("code", "=", country)])
        found = country.state_ids.filtered(lambda one: one.code == state)
        return self.env["res.partner"].create(
            {"name": "D", "country_id": country.id, "state_id": found.id, "tz": False,
             "is_company": is_company}
        )  # fmt: skip

    def match(self, debtor):
        return self.Rule._match_pairs({1: (self.company.id, debtor.id)})[1]

    def ask(self, debtor, *moment):
        pairs = {1: (self.company.id, debtor.id)}
        return self.Rule._get_pair_verdicts(pairs, {1: "email"}, datetime(*moment))[1]

    def test_they_are_all_active_after_installation(self):
        for name in get_raw_rules():
            with self.subTest(name):
                self.assertTrue(self.env.ref(RULE + name).active)

    def test_the_rule_of_a_debtor_follows_its_place_its_kind_and_who_acts(self):
        cases = [
            ("PE", None, False, "own", "pe_consumer"), ("PE", None, True, "own", "pe_business"),
            ("CO", None, False, "others", "co_consumer"),
            ("BR", "SP", False, "own", "br_sp_consumer"),
            ("BR", "MG", False, "own", "br_consumer"), ("BR", None, False, "own", "br_consumer"),
            ("BR", "RJ", False, "own", "br_rj_consumer"), ("BR", "SP", True, "own", "default"),
            ("EC", None, False, "own", "ec_consumer_creditor"),
            ("EC", None, False, "others", "ec_consumer"),
            ("EC", None, True, "others", "ec_business"),
            ("US", "NY", False, "own", "us_consumer_creditor"),
            ("US", "NY", False, "others", "us_consumer_agency"),
            ("GB", None, False, "own", "uk_consumer"), ("FR", None, False, "own", "default"),
        ]  # fmt: skip
        for country, state, is_company, actor, name in cases:
            self.company.collections_actor = actor
            with self.subTest(country, state=state, company=is_company, actor=actor):
                debtor = self.make_debtor(country, state, is_company)
                self.assertEqual(self.match(debtor), self.env.ref(RULE + name))

    def test_a_debtor_abroad_is_under_the_law_of_his_own_country(self):
        colombia, chile = self.make_debtor("CO"), self.make_debtor("CL", "CL-RM")
        # Saturday 7 March 2026, 10:00 in Bogotá: nothing in Peru, allowed in Colombia
        self.assertFalse(self.ask(colombia, 2026, 3, 7, 15).reasons)
        peru = self.ask(self.make_debtor("PE"), 2026, 3, 7, 15)
        self.assertEqual(peru.moment, datetime(2026, 3, 9, 12, tzinfo=timezone.utc))
        # 20 July is a holiday of Colombia, not of Peru
        self.assertEqual(self.ask(colombia, 2026, 7, 20, 15).reasons[0][0], "holiday")
        # 11:00 UTC: 06:00 in Lima, 08:00 in Santiago
        self.assertFalse(self.ask(chile, 2026, 3, 3, 11).reasons)
        self.assertTrue(self.ask(chile, 2026, 3, 3, 10, 59).reasons)

    def test_the_summary_tells_what_a_rule_asks_for(self):
        rule = self.env.ref(RULE + "co_consumer").with_context(lang="en_US")
        self.assertEqual(
            rule.summary,
            "Mon-Fri 07:00-19:00; Sat 08:00-15:00; not on holidays; at most 1 a day (all contacts);"
            " never: visits; one channel a week; only channels that the debtor authorised",
        )
        chile = self.env.ref(RULE + "cl_consumer").with_context(lang="en_US")
        self.assertIn("at most 1 in 7 days (calls and visits)", chile.summary)
        self.assertEqual(chile.retention_years, 2)

    def test_a_rule_in_use_is_read_again_after_a_year(self):
        manager = self.env["res.users"].create({
            "name": "M", "login": "rule_manager", "company_id": self.company.id,
            "company_ids": [Command.set(self.company.ids)],
            "group_ids": [Command.link(
                self.env.ref("collections_management.collections_management_group_manager").id
            )],
        })  # fmt: skip
        rule, unused = self.env.ref(RULE + "pe_consumer"), self.env.ref(RULE + "co_consumer")
        (rule | unused).write({"company_id": self.company.id, "checked_on": date(2020, 1, 1)})
        debtor = self.make_debtor("PE")
        case = self.env["collections.case"].create(
            {"company_id": self.company.id, "partner_id": debtor.id}
        )
        self.env["collections.contact"].create(
            {"case_id": case.id, "rule_id": rule.id, "planned_on": fields.Date.today(),
             "channel_id": self.env.ref("collections_management.collections_channel_email").id,
             "company_id": self.company.id}
        )  # fmt: skip
        self.Rule._cron_remind()
        self.Rule._cron_remind()
        self.assertEqual(rule.activity_ids.user_id, manager)
        self.assertEqual(len(rule.activity_ids), 1, "once")
        self.assertIn("Law 29571", rule.activity_ids.note)
        self.assertFalse(unused.activity_ids)
        rule.activity_ids.unlink()
        rule.checked_on = fields.Date.today()
        self.Rule._cron_remind()
        self.assertFalse(rule.activity_ids)
