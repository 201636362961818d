from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PayLinkCommon


@tagged("post_install", "-at_install")
class TestPayLink(PayLinkCommon):
    """Making links, ending them, and who may do what."""

    def test_a_batch_makes_its_links_in_a_fixed_number_of_queries(self):
        debtors = [self.create_debtor(f"D{number} Ltd") for number in range(12)]
        for debtor in debtors:
            self.create_invoice(10, debtor=debtor)
        self.refresh()
        contacts = self.env["collections.contact"].union(
            *(self.create_contact(self.get_case(debtor)) for debtor in debtors)
        )
        links = self.env["collections.pay.link"]
        self.env.flush_all()

        def count(some):
            self.env.invalidate_all()
            some.mapped("case_id.company_id.collections_pay_link_days")
            before = self.env.cr.sql_log_count
            links._issue(some)
            return self.env.cr.sql_log_count - before

        few = count(contacts[:2])
        self.assertEqual(count(contacts[2:]), few)
        self.assertEqual(len(contacts.pay_link_ids), 12)
        self.assertEqual(len(set(contacts.mapped("pay_url"))), 12)
        self.assertEqual(len(contacts.pay_link_ids), 12, "each is made once")

    def test_a_link_is_22_characters_that_the_table_does_not_hold(self):
        contact = self.create_contact()
        token = contact._get_pay_suffix()
        self.assertRegex(token, r"\A[A-Za-z0-9_-]{22}\Z")
        self.assertEqual(contact.pay_url, f"{contact.get_base_url()}/c/{token}")
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(l)::text FROM collections_pay_link l")
        for [row] in self.env.cr.fetchall():
            self.assertNotIn(token, row)
        self.assertEqual(self.get_link(token).contact_id, contact)
        for wrong in (token[:-1], token[:-1] + "!", token.swapcase(), "", None):
            self.assertFalse(self.get_link(wrong))

    def test_what_is_kept_opens_nothing_without_the_secret(self):
        token = self.get_token()
        self.env["ir.config_parameter"].set_param("database.secret", "another")
        self.assertTrue(self.get_link(token), "what was sent goes on working")
        self.assertNotEqual(self.get_token(), token, "another secret, another link")

    def test_a_text_says_it_in_words_and_code(self):
        self.template.write(
            {
                "subject": "Pay: {{ object.pay_url }}",
                "body_html": '<p><a t-att-href="object.pay_url">Pay</a></p>'
                '<t t-out="object.pay_url"/>',
            }
        )
        first, second = self.create_contact(cycle="1/1"), self.create_contact(cycle="1/2")
        contents = (first | second)._render_content()
        for contact in (first, second):
            url = contact.pay_url
            self.assertIn(f'href="{url}"', str(contents[contact.id]["body"]))
            self.assertIn(url, contents[contact.id]["subject"])
        self.assertNotEqual(first.pay_url, second.pay_url)

    def test_the_shipped_texts_say_where_to_pay(self):
        strategies = self.env["collections.strategy"].search([("id", "!=", self.strategy.id)])
        steps = strategies.step_ids.filtered(lambda step: self.email in step.channel_ids)
        self.assertGreater(len(steps), 10)
        contacts = self.env["collections.contact"]
        for number, step in enumerate(steps):
            contacts |= self.create_contact(step_id=step.id, cycle=f"1/{number}")
        contents = contacts._render_content()
        for contact in contacts:
            self.assertIn(f'href="{contact.pay_url}"', str(contents[contact.id]["body"]))
            self.assertEqual(contact.pay_line, f"Pay here: {contact.pay_url}")

    def test_paper_shows_the_link_as_a_code_only(self):
        contact = self.create_contact()
        self.assertIn("/c/", contact.payment_block)
        paper = contact.with_context(collections_paper=True)
        paper._forget_letters()
        self.assertNotIn("/c/", paper.payment_block)

    def test_a_text_with_the_link_leaves_by_the_night(self):
        self.template.body_html = '<p><a t-att-href="object.pay_url">Pay now</a></p>'
        self.strategy.step_ids.mode = "automatic"
        with self.mailbox() as box:
            self.run_night()
        contact = self.case.contact_ids.filtered(lambda one: one.state == "sent")
        self.assertEqual(len(contact), 1)
        self.assertIn(contact.pay_link_ids._get_token(), box.messages[0].content.decode())

    def test_a_link_opens_until_its_last_day(self):
        contact = self.create_contact()
        token = contact._get_pay_suffix()
        link = self.get_link(token)
        self.assertEqual(link.expires_on, self.today + timedelta(days=60))
        with freeze_time(self.today + timedelta(days=60)):
            self.assertTrue(self.get_link(token))
        with freeze_time(self.today + timedelta(days=61)):
            self.env.invalidate_all()
            self.assertFalse(self.get_link(token))
            self.assertEqual(contact._get_pay_suffix(), token, "written later, it opens longer")
            self.assertTrue(self.get_link(token))

    def test_looking_at_a_message_that_left_makes_its_link_no_younger(self):
        contact = self.create_contact()
        token = contact._get_pay_suffix()
        contact.state = "sent"
        with freeze_time(self.today + timedelta(days=61)):
            self.env.invalidate_all()
            self.assertEqual(contact._get_pay_suffix(), token)
            self.assertFalse(self.get_link(token))

    def test_days_are_a_setting_of_each_company(self):
        self.company.collections_pay_link_days = 7
        self.assertEqual(self.get_link(self.get_token()).expires_on, self.today + timedelta(days=7))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.company.collections_pay_link_days = 0
            self.env.flush_all()

    def test_a_collector_revokes_with_a_reason_and_the_log_tells(self):
        contact = self.create_contact()
        tokens = [contact._get_pay_suffix(), self.get_token()]
        case = self.case.with_user(self.collector)
        action = case.action_revoke_pay_links()
        wizard = (
            self.env["collections.pay.link.revoke"]
            .with_user(self.collector)
            .with_context(**action["context"])
            .create({"reason": "It went to the wrong person"})
        )
        wizard.action_revoke()
        for token in tokens:
            self.assertFalse(self.get_link(token))
        self.assertRecordValues(
            self.case.pay_link_ids,
            [{"revoked_by_id": self.collector.id, "state_text": "Revoked"}] * 2,
        )
        entry = self.case.log_ids.filtered(lambda one: one.event == "link_revoked")
        self.assertEqual(entry.user_id, self.collector)
        self.assertEqual(entry.summary, "Pay links revoked: 2")
        self.assertEqual(entry.content_ids.mapped("note"), ["It went to the wrong person"])
        self.assertNotEqual(contact._get_pay_suffix(), tokens[0], "the next message has a new one")
        self.assertTrue(self.get_link(contact._get_pay_suffix()))

    def test_a_reason_is_needed_and_a_link_that_opens(self):
        link = self.get_link(self.get_token()).with_user(self.collector)
        with self.assertRaisesRegex(UserError, "Say why"):
            link.action_revoke("  ")
        link.action_revoke("Wrong")
        with self.assertRaisesRegex(UserError, "None of these"):
            link.action_ask_revoke()

    def test_who_may_see_and_end_links(self):
        link = self.get_link(self.get_token())
        self.assertTrue(link.with_user(self.collector).url)
        self.assertTrue(link.with_user(self.auditor).read(["click_count"]))
        with self.assertRaises(AccessError):
            link.with_user(self.auditor).read(["url"])
        with self.assertRaises(UserError):
            link.with_user(self.auditor).action_revoke("x")
        with self.assertRaises(UserError):
            self.case.with_user(self.auditor).action_pay_link()
        for name in ("nonce", "fingerprint"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                link.with_user(self.manager).read([name])
        with self.assertRaises(AccessError):
            link.with_user(self.manager).write({"expires_on": self.today})
        stranger = self.create_user("collector", login="test_stranger")
        for action in (link.action_ask_revoke, lambda: link.action_revoke("x")):
            with self.assertRaises(AccessError):
                action.__self__.with_user(stranger).read() if hasattr(action, "__self__") else (
                    link.with_user(stranger).action_revoke("x")
                )
        accountant = self.env["res.users"].create(
            {
                "name": "Accountant",
                "login": "test_accountant",
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
                "group_ids": [Command.set(self.env.ref("account.group_account_invoice").ids)],
            }
        )
        with self.assertRaises(AccessError):
            link.with_user(accountant).read()

    def test_a_merged_debtor_keeps_his_link(self):
        token = self.get_token()
        other = self.create_debtor("Ferretería Lima SAC")
        self.create_invoice(30, debtor=other)
        self.refresh()
        target = self.get_case(other)
        self.case._merge_into(target)
        self.assertEqual(self.get_link(token).case_id, target)

    def test_the_letter_shows_the_link_as_a_code(self):
        contact = self.create_contact(
            channel_id=self.env.ref("collections_management.collections_channel_letter").id
        )
        letter = contact._get_letters()[contact.id]
        self.assertEqual(contact._get_letter_link(letter), contact.pay_url)

    def test_a_collector_copies_a_link_for_the_debtor(self):
        action = self.case.with_user(self.collector).action_pay_link()
        link = self.env["collections.pay.link"].with_user(self.collector).browse(action["res_id"])
        self.assertEqual(self.get_link(link.url.rpartition("/")[2]), link)
        again = self.case.with_user(self.collector).action_pay_link()
        self.assertEqual(again["res_id"], link.id, "one for all conversations")

    def test_other_systems_may_be_told(self):
        events = self.env["collections.event"]
        for event in ("link.opened", "link.revoked", "payment.begun", "payment.pending",
                      "payment.done", "payment.failed"):  # fmt: skip
            self.assertTrue(events.search([("code", "=", event)], limit=1), event)
        self.assertEqual(events._get_public_name("payment_done", None), "payment.done")
        self.assertEqual(events._get_public_name("sent", 1), "contact.sent")
