import json
from datetime import timedelta
from email import message_from_bytes, policy

from odoo import Command
from odoo.tests import new_test_user, tagged

from .browser import BrowserCase
from .test_agreement import AgreementCommon

# A pixel.
SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # noqa: E501
SECRETS = ("Do not trust", "collections.agreement", "segment", "strategy", "priority")


@tagged("post_install", "-at_install")
class TestAgreementPortal(BrowserCase, AgreementCommon):
    """The debtor reads and signs; nobody else does, and nothing else shows."""

    def setUp(self):
        super().setUp()
        self.agreement = self.propose(note="Do not trust him")
        self.path = f"/my/agreements/{self.agreement.id}"
        self.token = self.agreement.access_token

    def sign(self, token=None, name="María Quispe", signature=SIGNATURE):
        response = self.url_open(
            f"{self.path}/accept?access_token={token or ''}",
            data=json.dumps({"params": {"name": name, "signature": signature}}),
            headers={"Content-Type": "application/json"},
        )
        return response.json()["result"]

    def create_portal_user(self, partner, login):
        return new_test_user(
            self.env, login=login, groups="base.group_portal",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
            partner_id=self.env["res.partner"].create(
                {"name": login, "parent_id": partner.id, "email": f"{login}@x.example"}
            ).id,
        )  # fmt: skip

    def test_the_link_opens_it_and_tells_nothing_internal(self):
        page = self.url_open(f"{self.path}?access_token={self.token}")
        self.assertEqual(page.status_code, 200)
        for text in (self.agreement.name, "Ferretería Lima", self.invoice.name, "900"):
            self.assertIn(text, page.text)
        for secret in SECRETS:
            self.assertNotIn(secret, page.text)
        self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")

    def test_without_the_link_nobody_reads_it(self):
        for query in ("", "?access_token=", "?access_token=x"):
            with self.subTest(query=query):
                page = self.url_open(self.path + query)
                self.assertEqual(page.status_code, 404)
                self.assertNotIn(self.agreement.name, page.text)
                self.assertEqual(self.url_open(f"{self.path}/pdf{query}").status_code, 404)
        self.assertIn("error", self.sign("x"))
        self.assertEqual(self.agreement.state, "proposed")

    def test_the_debtor_reads_it_as_himself_another_does_not(self):
        self.create_portal_user(self.debtor, "own_portal")
        self.create_portal_user(self.create_debtor("Another"), "other_portal")
        self.authenticate("own_portal", "own_portal")
        self.assertEqual(self.url_open(self.path).status_code, 200)
        self.authenticate("other_portal", "other_portal")
        self.assertEqual(self.url_open(self.path).status_code, 404)
        self.assertIn("error", self.sign())
        self.agreement.with_user(self.collector).action_take_back()
        self.authenticate("own_portal", "own_portal")
        self.assertEqual(self.url_open(self.path).status_code, 404, "a draft is ours")

    def test_he_signs_and_it_begins(self):
        for values in ({"name": " "}, {"signature": ""}, {"signature": "no picture"}):
            with self.subTest(**values):
                self.assertIn("error", self.sign(self.token, **values))
        self.assertEqual(self.agreement.state, "proposed")
        self.assertTrue(self.sign(self.token)["force_refresh"])
        self.assertRecordValues(
            self.agreement,
            [{"state": "active", "signed_by": "María Quispe", "signed_how": "portal"}],
        )
        self.assertTrue(self.agreement.signature)
        self.assertEqual(len(self.agreement.line_ids.promise_id), 3)
        accepted = self.case.log_ids.filtered(lambda entry: entry.event == "agreement_accepted")
        self.assertFalse(accepted.user_id, "nobody of ours did it")
        self.assertIn("error", self.sign(self.token), "once")
        self.assertIn("María Quispe", self.url_open(f"{self.path}?access_token={self.token}").text)
        self.assertTrue(self.case.activity_ids.filtered(lambda one: "was signed" in one.summary))
        self.assertTrue(self.agreement.message_ids.attachment_ids, "what was signed is kept")

    def test_a_collector_does_not_sign_for_him(self):
        self.authenticate(self.collector.login, self.collector.login)
        self.assertIn("error", self.sign(self.token))
        self.assertEqual(self.agreement.state, "proposed")

    def test_what_was_paid_meanwhile_is_told_at_the_signature(self):
        self.pay(self.invoice, 100)
        self.assertIn("is owed now", self.sign(self.token)["error"])
        self.assertEqual(self.agreement.state, "proposed")

    def test_a_proposal_taken_back_has_no_link(self):
        self.agreement.with_user(self.collector).action_take_back()
        self.assertEqual(self.url_open(f"{self.path}?access_token={self.token}").status_code, 404)

    def test_the_document_is_a_pdf(self):
        page = self.url_open(f"{self.path}/pdf?access_token={self.token}")
        self.assertEqual(page.headers["Content-Type"], "application/pdf")
        self.assertTrue(page.content.startswith(b"%PDF"))

    def test_the_message_brings_the_link(self):
        self.debtor.lang = "en_US"
        self.agreement.with_user(self.collector).action_send()
        with self.mailbox() as box:
            self.deliver()
        [message] = box.messages
        self.assertEqual(message.rcpt_tos, [self.debtor.email])
        body = message_from_bytes(message.content, policy=policy.default).get_body()
        self.assertIn(f"{self.path}?access_token={self.token}", body.get_content())
        self.assertEqual(self.agreement.contact_ids.state, "sent")

    def test_in_safe_mode_it_goes_to_the_test_address(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "me@company.example"}
        )
        self.agreement.with_user(self.collector).action_send()
        with self.mailbox() as box:
            self.deliver()
        self.assertEqual([message.rcpt_tos for message in box.messages], [["me@company.example"]])

    def test_a_message_about_what_changed_does_not_leave(self):
        self.agreement.with_user(self.collector).action_send()
        self.agreement.with_user(self.collector).action_take_back()
        with self.mailbox() as box:
            self.deliver()
        self.assertFalse(box.messages)
        self.assertEqual(self.agreement.contact_ids.reason, "agreement_changed")


@tagged("post_install", "-at_install")
class TestAgreementTours(BrowserCase, AgreementCommon):
    """At a desk and on a phone."""

    def activate_spanish(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.env.ref("base.module_collections_management")._update_translations(["es_419"])

    def test_collector_works_it_out_and_proposes_it(self):
        self.start_tour(
            f"/odoo/action-collections_management.collections_case_action/{self.case.id}",
            "collections_agreement_tour",
            login=self.collector.login,
        )
        agreement = self.case.agreement_ids
        self.assertRecordValues(agreement, [{"state": "proposed", "count": 5}])

    def test_the_same_on_a_phone(self):
        self.browser_size, self.touch_enabled = "390x844", True
        self.start_tour(
            f"/odoo/action-collections_management.collections_case_action/{self.case.id}",
            "collections_phone_agreement_tour",
            login=self.collector.login,
        )
        self.assertEqual(self.case.agreement_ids.state, "proposed")

    def test_the_debtor_signs_on_his_phone_in_spanish(self):
        self.activate_spanish()
        self.debtor.lang = "es_419"
        self.browser_size, self.touch_enabled = "390x844", True
        agreement = self.propose(
            interest_method="flat", interest_rate=24, amount_down=100, date_down=self.today,
            date_first=self.today + timedelta(days=30),
        )  # fmt: skip
        self.start_tour(agreement.get_portal_url(), "collections_agreement_sign_tour", login=None)
        self.assertEqual(agreement.state, "active")
        self.assertEqual(agreement.signed_how, "portal")
