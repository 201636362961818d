from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import PayLinkHttpCase

WHATSAPP = "WhatsApp/2.23.20.0 A"
SECRETS = ("collections.", "segment", "strategy", "priority", "collector", "o_web_client")


@tagged("post_install", "-at_install")
class TestPayLinkPage(PayLinkHttpCase):
    """What the page shows, to whom, and what it does not."""

    def test_it_shows_what_is_owed_now_by_age(self):
        page = self.open(f"/c/{self.get_token()}")
        self.assertEqual(page.status_code, 200)
        for text in ("Hello, Ferretería Lima", self.old.name, self.late.name, self.next.name,
                     "1,200.00", "31-60", "Overdue by 40 days", "Due in 10 days"):  # fmt: skip
            self.assertIn(text, page.text)
        for secret in SECRETS:
            self.assertNotIn(secret, page.text)
        chosen = self.get_receivable(self.old | self.late)
        self.assertEqual(self.get_chosen(page), chosen, "what is not due is not chosen for him")
        self.pay(self.old, 400)
        page = self.open(f"/c/{self.get_token()}")
        self.assertIn("800.00", page.text, "the ledger at this moment, not the link")

    def test_it_is_kept_by_nobody_and_found_by_nobody(self):
        for path in (f"/c/{self.get_token()}", "/c/" + "x" * 22):
            headers = self.open(path).headers
            self.assertEqual(headers["Cache-Control"], "no-store")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertIn("noindex", headers["X-Robots-Tag"])
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])

    def test_it_is_little_to_load(self):
        page = self.open(f"/c/{self.get_token()}")
        own = len(page.content)
        for path in ("pay.css", "pay.js"):
            own += len(self.url_open(f"/collections_portal/static/src/pay/{path}").content)
        self.assertLess(own, 60_000)
        self.assertNotIn("/web/assets/", page.text)
        self.assertNotIn("session_id", page.cookies)

    def test_whatever_opens_nothing_is_one_page_without_a_name(self):
        expired, revoked = self.get_token(), self.create_contact()._get_pay_suffix()
        self.get_link(revoked).with_user(self.collector).action_revoke("Wrong")
        self.get_link(expired).expires_on = self.today - timedelta(days=1)
        answers = {
            (page.status_code, page.text)
            for page in map(
                self.open, (f"/c/{token}" for token in (expired, revoked, "A" * 22, "x", "'\"<b>"))
            )
        }
        self.assertEqual(len(answers), 1)
        [(status, text)] = answers
        self.assertEqual(status, 404)
        for name in (self.debtor.name, self.company.name, "og:"):
            self.assertNotIn(name, text)
        for path in ("/pay?i=1", "/pay"):
            self.assertEqual(self.open(f"/c/{revoked}{path}").status_code, 404)

    def test_who_guesses_is_stopped(self):
        token = self.get_token()
        for number in range(20):
            self.assertEqual(self.open(f"/c/{number:022d}").status_code, 404)
        self.assertEqual(self.open("/c/" + "z" * 22).status_code, 429)
        self.assertEqual(self.open(f"/c/{token}").status_code, 429)

    def test_a_preview_is_no_visit_and_tells_only_who_wrote(self):
        contact = self.create_contact(state="sent")
        token = contact._get_pay_suffix()
        for agent in (WHATSAPP, "facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0"):
            page = self.open(f"/c/{token}", agent)
            self.assertEqual(page.status_code, 200)
            self.assertIn(f'og:title" content="{self.company.name}"', page.text)
            for secret in (self.debtor.name, self.old.name, "1,000", "1,200"):
                self.assertNotIn(secret, page.text)
        self.assertEqual(self.open(f"/c/{token}", method="HEAD").status_code, 200)
        self.assertFalse(self.get_link(token).click_count)
        self.assertEqual(contact.state, "sent")
        self.assertNotIn("link_opened", self.get_events())
        page = self.open(f"/c/{token}")
        start, end = page.text.index("<head>"), page.text.index("</head>")
        self.assertNotIn(self.debtor.name, page.text[start:end])

    def test_a_visit_counts_once_and_for_its_message(self):
        contact = self.create_contact(state="sent")
        other = self.create_contact(state="sent", cycle="1/2")
        token = contact._get_pay_suffix()
        self.open(f"/c/{token}")
        self.open(f"/c/{token}")
        link = self.get_link(token)
        self.assertEqual(link.click_count, 1)
        self.assertRecordValues(
            contact | other,
            [{"state": "read", "pay_result": "opened"}, {"state": "sent", "pay_result": False}],
        )
        entry = self.case.log_ids.filtered(lambda one: one.event == "link_opened")
        self.assertEqual((entry.contact_id, entry.user_id.id), (contact, False))
        self.assertEqual(entry.summary, "The debtor opened the pay link of E-mail")
        with freeze_time(link.last_click_on + timedelta(minutes=31)):
            self.open(f"/c/{token}")
        self.assertEqual(link.click_count, 2)

    def test_a_collector_who_looks_is_no_visitor(self):
        token = self.get_token()
        self.authenticate(self.collector.login, self.collector.login)
        self.assertEqual(self.open(f"/c/{token}").status_code, 200)
        self.assertFalse(self.get_link(token).click_count)

    def test_nothing_owed_is_thanked_for(self):
        self.pay(self.old | self.late | self.next)
        page = self.open(f"/c/{self.get_token()}")
        self.assertIn("All paid, thank you", page.text)
        self.assertNotIn("<form", page.text)

    def test_a_hostile_name_is_only_a_name(self):
        self.debtor.name = '"><script>alert(1)</script>{{ 7*7 }}'
        self.old.payment_reference = "<img src=x onerror=alert(1)>"
        token = self.get_token()
        for path in ("", f"/pay?i={self.get_receivable(self.old).id}", "?fault=<script>x"):
            page = self.open(f"/c/{token}{path}")
            self.assertNotIn("<script>alert", page.text)
            self.assertNotIn("<img src=x", page.text)
            self.assertNotIn("<script>x", page.text)

    def test_what_is_contested_stands_apart_and_cannot_be_paid(self):
        line = self.get_receivable(self.old)
        self.env["collections.dispute"].with_user(self.collector).create(
            {
                "case_id": self.case.id,
                "line_id": line.id,
                "reason_id": self.env.ref(
                    "collections_management.collections_dispute_reason_price"
                ).id,
                "description": "Not so",
            }
        )
        token = self.get_token()
        page = self.open(f"/c/{token}")
        self.assertIn("Under review", page.text)
        self.assertEqual(self.get_chosen(page), self.get_receivable(self.late))
        self.assertEqual(self.get_form(token, line), "changed")

    def test_credits_are_netted(self):
        self.create_invoice(300, move_type="out_refund")
        page = self.open(f"/c/{self.get_token()}")
        self.assertIn("In your favour", page.text)
        self.assertIn("900.00", page.text)

    def test_what_is_left_out_of_messages_is_left_out_here(self):
        self.get_receivable(self.old).no_followup = True
        self.assertNotIn(self.old.name, self.open(f"/c/{self.get_token()}").text)

    def test_each_currency_stands_for_itself(self):
        currency = self.setup_other_currency("EUR")
        foreign = self.create_invoice(70, days_overdue=3, currency_id=currency.id)
        token = self.get_token()
        page = self.open(f"/c/{token}")
        self.assertEqual(page.text.count("<form"), 2)
        self.assertIn("70.00", page.text)
        both = self.get_receivable(self.old | foreign)
        self.assertEqual(self.get_form(token, both), "one_currency")

    def test_without_a_provider_it_says_how_to_pay(self):
        self.env["res.partner.bank"].create(
            {"acc_number": "191-2345678-0-12", "partner_id": self.company.partner_id.id}
        )
        self.provider.state = "disabled"
        token = self.get_token()
        page = self.open(f"/c/{token}")
        self.assertIn("191-2345678-0-12", page.text)
        self.assertNotIn("<button", page.text, "no button that does nothing")
        self.assertNotIn('type="checkbox"', page.text)
        self.assertEqual(self.get_form(token, self.get_receivable(self.old)), "no_method")

    def test_in_safe_mode_it_is_a_test(self):
        self.company.collections_safe_mode = True
        token = self.get_token()
        page = self.open(f"/c/{token}")
        self.assertIn("This is a test", page.text)
        self.assertIn(self.old.name, page.text)
        self.assertNotIn("<button", page.text)
        self.assertEqual(self.get_form(token, self.get_receivable(self.old)), "test")

    def test_it_speaks_the_debtors_language(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.env.ref("base.module_collections_portal")._update_translations(["es_419"])
        self.debtor.lang = "es_419"
        page = self.open(f"/c/{self.get_token()}")
        self.assertIn("Hola, Ferretería Lima", page.text)
        self.assertIn("Vencido", page.text)

    def test_another_company_of_the_same_debtor_is_another_page(self):
        other = self._create_company(name="Second Company")
        self.env["collections.ledger"]._refresh(other)
        invoice = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor.id,
                    "invoice_date": self.today - timedelta(days=20),
                    "invoice_date_due": self.today - timedelta(days=10),
                    "invoice_line_ids": [
                        Command.create({"name": "X", "price_unit": 77, "tax_ids": False})
                    ],
                }
            )
        )
        invoice.action_post()
        self.env["collections.ledger"]._refresh(other)
        case = self.env["collections.case"].search(
            [("company_id", "=", other.id), ("partner_id", "=", self.debtor.id)]
        )
        page = self.open(f"/c/{self.get_token(case)}")
        self.assertEqual(page.status_code, 200)
        self.assertIn("77.00", page.text)
        self.assertNotIn("1,000.00", page.text)
        self.assertNotIn("<button", page.text, "the provider is the first company's")
        line = self.get_receivable(invoice)
        self.assertEqual(self.get_form(self.get_token(), line), "changed")
