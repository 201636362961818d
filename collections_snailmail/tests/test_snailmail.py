from base64 import b64decode
from unittest.mock import patch

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.report import pdf_pages
from odoo.addons.collections_management.tests.test_letter import clean

from ..hooks import uninstall_hook
from .common import SnailmailCommon

NO_ROUTE = requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "no route")))


@tagged("post_install", "-at_install")
class TestSnailmail(SnailmailCommon):
    """A letter from the desk to snailmail, and what comes back."""

    def read_pages(self, pdf):
        reader = pdf_pages.read(b64decode(pdf))
        return reader, [clean(page.extract_text()) for page in reader.pages]

    def test_a_letter_due_is_posted(self):
        invoice = self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.assertTrue(contact.can_snailmail)
        self.ask(contact)
        self.assertRecordValues(
            contact, [{"state": "queued", "reason": "snailmail", "by_snailmail": True}]
        )
        self.assertIn("in a moment", contact.reason_text)
        with self.wire() as wire:
            self.deliver()
        contact.invalidate_recordset()
        letter = contact.snailmail_letter_id
        self.assertRecordValues(
            contact,
            [
                {
                    "state": "sent",
                    "reason": False,
                    "attempts": 1,
                    "address": "Jr. Puno 12, 08002 Cusco, Peru",
                    "reference": f"snailmail/{letter.id}",
                    "safe_mode": False,
                }
            ],
        )
        self.assertRecordValues(
            letter,
            [
                {
                    "state": "sent",
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "model": "collections.case",
                    "res_id": contact.case_id.id,
                    "city": "Cusco",
                }
            ],
        )
        self.assertIn("4711", letter.info_msg)
        self.assertEqual(self.events(contact)[-3:], ["queued", "sending", "sent"])
        self.assertEqual(self.get_receivable(invoice).collections_step_id, contact.step_id)
        (document,) = wire.documents
        self.assertEqual(document["address"]["country_code"], "PE")
        self.assertEqual(document["return_address"]["city"], "Lima")
        self.assertEqual(document["rightaddress"], 0)
        self.assertEqual(document["pdf_bin"].encode(), contact.snailmail_pdf)

    def test_its_pages_are_those_the_printer_makes(self):
        self.create_invoice(1234.56, days_overdue=5)
        contact = self.due()
        batch = self.print_letters(contact)
        printed = self.pages(batch)
        batch.with_user(self.supervisor).action_cancel()
        self.post(contact)
        reader, texts = self.read_pages(contact.snailmail_pdf)
        self.assertEqual(texts, printed)
        width, height = reader.pages[0].mediabox[2:]
        self.assertEqual((round(width), round(height)), (595, 842), "A4")

    def test_a_company_with_us_paper_posts_on_a4_and_prints_on_its_own(self):
        self.company.paperformat_id = self.env.ref("base.paperformat_us")
        other = self.create_debtor(
            "Bodega Sol", street="A", city="B", zip="1", country_id=self.peru.id
        )
        self.create_invoice(50, days_overdue=5, debtor=other)
        self.create_invoice(100, days_overdue=5)
        contacts = self.due()
        mine = contacts.filtered(lambda c: c.partner_id == self.debtor)
        wire = self.post(mine)
        self.assertEqual(len(wire.documents), 1)
        reader, _texts = self.read_pages(mine.snailmail_pdf)
        self.assertEqual(round(reader.pages[0].mediabox[3]), 842)
        batch = self.print_letters(contacts - mine)
        self.assertEqual(round(pdf_pages.read(b64decode(batch.pdf)).pages[0].mediabox[3]), 792)

    def test_a_cover_page_carries_the_address_where_the_company_wants_one(self):
        self.company.write({"snailmail_cover": True, "snailmail_duplex": True})
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        wire = self.post(contact)
        _reader, texts = self.read_pages(contact.snailmail_pdf)
        self.assertIn("Jr. Puno 12", texts[0])
        self.assertNotIn("Tear off", texts[0])
        self.assertEqual(texts[1].strip(), "", "nothing is printed behind the cover")
        self.assertIn("Tear off", texts[-1])
        self.assertNotIn("rightaddress", wire.documents[0])
        self.assertTrue(wire.calls[0]["options"]["cover"])

    def test_several_letters_have_their_own_pages_and_calls(self):
        names = [f"Bodega {number}" for number in range(3)]
        for name in names:
            debtor = self.create_debtor(
                name, street="A", city="B", zip="1", country_id=self.peru.id
            )
            self.create_invoice(100, days_overdue=5, debtor=debtor)
        contacts = self.due()
        wire = self.post(contacts)
        self.assertEqual(set(contacts.mapped("state")), {"sent"})
        self.assertEqual(len(wire.calls), 3)
        for contact in contacts:
            _reader, texts = self.read_pages(contact.snailmail_pdf)
            found = {name for name in names if name in " ".join(texts)}
            self.assertEqual(found, {contact.partner_id.name})

    def test_sending_is_committed_before_snailmail_is_called(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.ask(contact)
        committed, seen = [], []
        delivery = type(self.env["collections.delivery"])
        commit = delivery._commit

        def get_state():
            self.env.cr.execute("SELECT state FROM collections_contact WHERE id=%s", [contact.id])
            return self.env.cr.fetchone()[0]

        def note_commit(records):
            commit(records)
            committed.append(get_state())

        with patch.object(delivery, "_commit", note_commit), self.wire() as wire:

            def answer(params):
                seen.append((committed[-1], get_state()))
                wire.answer = None
                return wire._answer(params)

            wire.answer = answer
            self.deliver()
        self.assertEqual(seen, [("sending", "sending")])

    def test_each_error_is_told_in_words_and_leaves_for_another_channel(self):
        cases = {
            "NO_PRICE_AVAILABLE": ("snailmail_price", "no price for the debtor's country"),
            "MISSING_REQUIRED_FIELDS": ("snailmail_fields", "postal address"),
            "FORMAT_ERROR": ("snailmail_format", "pages of the letter"),
            "ATTACHMENT_ERROR": ("snailmail_format", "pages of the letter"),
            "UNKNOWN_ERROR": ("snailmail_refused", "refused"),
            "SOMETHING_NEW": ("snailmail_refused", "refused"),
        }
        for number, (code, (reason, words)) in enumerate(cases.items()):
            with self.subTest(code):
                debtor = self.create_debtor(
                    f"Bodega {number}", street="A", city="B", zip="1", country_id=self.peru.id
                )
                self.create_invoice(100, days_overdue=5, debtor=debtor)
                contact = self.due()
                self.post(contact, code)
                self.assertRecordValues(contact, [{"state": "failed", "reason": reason}])
                self.assertIn(words, contact.reason_text)
                self.assertEqual(contact.snailmail_letter_id.state, "error")
                self.assertEqual(self.events(contact)[-1], "failed")
                fallback = self.env["collections.contact"].search([("parent_id", "=", contact.id)])
                self.assertEqual(fallback.channel_id, self.task)
                with self.assertRaisesRegex(UserError, "stands in"):
                    self.ask(contact)

    def test_without_credit_the_rest_is_not_tried_and_waits_for_the_house(self):
        for code, words in (("CREDIT_ERROR", "no credit"), ("TRIAL_ERROR", "no account")):
            with self.subTest(code):
                for number in range(3):
                    debtor = self.create_debtor(
                        f"{code} {number}", street="A", city="B", zip="1", country_id=self.peru.id
                    )
                    self.create_invoice(100, days_overdue=5, debtor=debtor)
                contacts = self.due()
                wire = self.post(contacts, code)
                self.assertEqual(len(wire.calls), 1)
                self.assertEqual(set(contacts.mapped("state")), {"failed"})
                for contact in contacts:
                    self.assertIn(words, contact.reason_text)
                    self.assertEqual(contact.snailmail_letter_id.state, "error")
                    self.assertEqual(contact.snailmail_letter_id.error_code, code)
                children = self.env["collections.contact"].search(
                    [("parent_id", "in", contacts.ids)]
                )
                self.assertFalse(children, "no other channel while it is the house that has to act")
                letters = contacts.snailmail_letter_id
                wire = self.post(contacts)
                self.assertEqual(len(wire.calls), 3)
                self.assertEqual(set(contacts.mapped("state")), {"sent"})
                self.assertEqual(contacts.snailmail_letter_id, letters, "one letter per contact")
                self.assertEqual(set(letters.mapped("state")), {"sent"})

    def test_a_failed_letter_may_be_printed_instead(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.post(contact, "CREDIT_ERROR")
        contact.with_user(self.collector).action_retry()
        with self.wire() as wire:
            self.deliver()
        contact.invalidate_recordset()
        self.assertFalse(wire.calls)
        self.assertRecordValues(
            contact, [{"state": "held", "reason": "to_print", "by_snailmail": False}]
        )
        self.print_letters(contact).with_user(self.supervisor).action_posted()
        self.assertEqual(contact.state, "sent")

    def test_when_iap_is_down_nothing_left_and_it_is_tried_again(self):
        other = self.create_debtor(
            "Bodega Sol", street="A", city="B", zip="1", country_id=self.peru.id
        )
        self.create_invoice(50, days_overdue=5, debtor=other)
        self.create_invoice(100, days_overdue=5)
        contacts = self.due()
        wire = self.post(contacts, NO_ROUTE)
        self.assertEqual(len(wire.calls), 1, "the second is not even tried")
        self.assertEqual(set(contacts.mapped("state")), {"queued"})
        self.assertEqual(set(contacts.mapped("reason")), {"channel_down"})
        contacts.scheduled_on = "2020-01-01 00:00:00"
        with self.wire() as wire:
            self.deliver()
        contacts.invalidate_recordset()
        self.assertEqual(len(wire.calls), 2)
        self.assertEqual(set(contacts.mapped("state")), {"sent"})

    def test_silence_is_uncertain_and_nothing_posts_it_again(self):
        answers = {
            "time-out": requests.ReadTimeout(),
            "left out": lambda params: {"request_code": 200, "request": {"documents": []}},
            "nonsense": lambda params: None,
        }
        for name, answer in answers.items():
            with self.subTest(name):
                debtor = self.create_debtor(
                    name, street="A", city="B", zip="1", country_id=self.peru.id
                )
                self.create_invoice(100, days_overdue=5, debtor=debtor)
                contact = self.due()
                self.post(contact, answer)
                self.assertRecordValues(
                    contact, [{"state": "uncertain", "reason": "snailmail_silent"}]
                )
                self.assertIn("may or may not", contact.reason_text)
                self.assertEqual(self.events(contact)[-1], "uncertain")
                with self.wire() as wire:
                    self.deliver()
                    self.env["snailmail.letter"]._snailmail_cron(autocommit=False)
                self.assertFalse(wire.calls)
                with self.assertRaises(UserError):
                    self.ask(contact)

    def test_a_person_settles_what_is_uncertain(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.post(contact, requests.ReadTimeout())
        contact.with_user(self.supervisor).action_resolve_not_sent()
        with self.wire() as wire:
            self.deliver()
        contact.invalidate_recordset()
        self.assertEqual(len(wire.calls), 1)
        self.assertRecordValues(contact, [{"state": "sent", "attempts": 2}])

    def test_a_crash_while_it_leaves_is_uncertain(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.ask(contact)
        # what a worker leaves behind that dies while snailmail is called
        contact.write({"state": "sending", "claim": 4711})
        with self.wire() as wire:
            self.deliver()
        contact.invalidate_recordset()
        self.assertRecordValues(contact, [{"state": "uncertain", "reason": "crashed"}])
        self.assertFalse(wire.calls)

    def test_twice_asked_is_once_posted(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        dialogs = [contact.with_user(self.supervisor).action_snailmail() for _n in range(2)]
        wizards = [
            self.env["collections.snailmail.post"].with_user(self.supervisor).browse(d["res_id"])
            for d in dialogs
        ]
        wizards[0].action_post()
        with self.assertRaisesRegex(UserError, "No letter"):
            wizards[1].action_post()
        with self.wire() as wire:
            self.deliver()
            self.deliver()
        self.assertEqual(len(wire.calls), 1)
        with self.assertRaisesRegex(UserError, "No letter"):
            wizards[0].action_post()

    def test_what_somebody_else_has_in_hand_is_refused(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        with (
            patch.object(type(contact), "try_lock_for_update", lambda self, **_values: self[:0]),
            self.assertRaisesRegex(UserError, "Somebody else"),
        ):
            self.ask(contact)
        self.assertEqual(contact.state, "held")

    def test_snailmails_own_buttons_and_job_do_not_post_it(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.post(contact, "CREDIT_ERROR")
        letter = contact.snailmail_letter_id
        with self.wire() as wire:
            with self.assertRaisesRegex(UserError, "collections contact"):
                letter.snailmail_print()
            self.env["snailmail.letter"]._snailmail_cron(autocommit=False)
            letter.message_id.send_letter()
        self.assertFalse(wire.calls)

    def test_other_letters_of_snailmail_are_posted_as_ever(self):
        attachment = self.env["ir.attachment"].create({"name": "x.pdf", "raw": b"%PDF-1.4"})
        letter = self.env["snailmail.letter"].create(
            {
                "model": "res.partner",
                "res_id": self.debtor.id,
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "attachment_id": attachment.id,
            }
        )
        with self.wire() as wire, patch.object(self.env.cr, "commit", lambda: None):
            letter.snailmail_print()
        self.assertEqual(letter.state, "sent")
        self.assertNotIn("rightaddress", wire.documents[0])
        self.assertEqual(letter.with_user(self.auditor).state, "sent")

    def test_who_pays_meanwhile_gets_no_letter(self):
        invoice = self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.ask(contact)
        self.pay(invoice)
        with self.wire() as wire:
            self.deliver()
        contact.invalidate_recordset()
        self.assertRecordValues(contact, [{"state": "skipped", "reason": "paid"}])
        self.assertFalse(wire.calls)
        self.assertFalse(contact.snailmail_letter_id)

    def test_in_safe_mode_nothing_is_posted(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        wire = self.post(contact)
        self.assertFalse(wire.calls)
        self.assertFalse(self.env["snailmail.letter"].search([("model", "=", "collections.case")]))
        self.assertRecordValues(
            contact,
            [{"state": "sent", "safe_mode": True, "address": "Jr. Puno 12, 08002 Cusco, Peru"}],
        )
        self.assertTrue(contact.snailmail_pdf_name.startswith("TEST-"))
        for text in self.read_pages(contact.snailmail_pdf)[1]:
            self.assertIn("TEST - DO NOT POST", text)

    def test_the_dialog_tells_letters_cost_and_safe_mode(self):
        self.letter.write({"cost": 2.5, "currency_id": self.company.currency_id.id})
        other = self.create_debtor(
            "Bodega Sol", street="A", city="B", zip="1", country_id=self.peru.id
        )
        self.create_invoice(50, days_overdue=5, debtor=other)
        self.create_invoice(100, days_overdue=5)
        action = self.due().with_user(self.supervisor).action_snailmail()
        wizard = self.env[action["res_model"]].with_user(self.supervisor).browse(action["res_id"])
        self.assertEqual(wizard.letter_count, 2)
        self.assertIn("5.00", wizard.cost_text)
        self.assertFalse(wizard.safe_mode)
        self.letter.cost = 0
        self.company.collections_safe_mode = True
        wizard.invalidate_recordset()
        self.assertIn("only when it takes a letter", wizard.cost_text)
        self.assertTrue(wizard.safe_mode)

    def test_an_address_that_lacks_something_is_refused_beforehand(self):
        self.debtor.write({"country_id": False, "zip": " "})
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        with self.assertRaisesRegex(UserError, r"Ferretería Lima lacks Zip and Country"):
            self.ask(contact)
        self.assertEqual(contact.state, "held")
        self.debtor.write({"country_id": self.peru.id, "zip": "08002"})
        self.company.zip = False
        with self.assertRaisesRegex(UserError, rf"{self.company.name}, the sender, lacks Zip"):
            self.ask(contact)

    def test_an_address_that_gets_lost_meanwhile_goes_back_to_the_printer(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.ask(contact)
        self.debtor.country_id = False
        with self.wire() as wire:
            self.deliver()
        contact.invalidate_recordset()
        self.assertFalse(wire.calls)
        self.assertRecordValues(
            contact, [{"state": "held", "reason": "to_print", "by_snailmail": False}]
        )
        self.assertIn("Ferretería Lima lacks Country", contact.reason_text)

    def test_the_setting_is_off_by_default_and_can_be_turned_off_in_time(self):
        self.assertFalse(self.env["res.company"].create({"name": "New"}).collections_snailmail)
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.ask(contact)
        self.company.collections_snailmail = False
        with self.wire() as wire:
            self.deliver()
        contact.invalidate_recordset()
        self.assertFalse(wire.calls)
        self.assertRecordValues(contact, [{"state": "held", "reason": "to_print"}])
        self.assertFalse(contact.can_snailmail)
        with self.assertRaisesRegex(UserError, "Settings"):
            self.ask(contact)

    def test_pages_that_cannot_be_made_hold_their_own_letter_only(self):
        other = self.create_debtor(
            "Bodega Sol", street="A", city="B", zip="1", country_id=self.peru.id
        )
        self.create_invoice(50, days_overdue=5, debtor=other)
        self.create_invoice(100, days_overdue=5)
        contacts = self.due()
        original = type(contacts)._render_paper

        def render(records, *args):
            if records.partner_id == other:
                raise ValueError("broken")
            return original(records, *args)

        with patch.object(type(contacts), "_render_paper", render):
            wire = self.post(contacts)
        self.assertEqual(len(wire.calls), 1)
        reasons = {c.partner_id.name: (c.state, c.reason) for c in contacts}
        self.assertEqual(
            reasons, {"Ferretería Lima": ("sent", False), "Bodega Sol": ("held", "render_error")}
        )


@tagged("post_install", "-at_install")
class TestSnailmailBatch(SnailmailCommon):
    """A printed batch that snailmail posts instead."""

    def test_a_printed_batch_is_handed_over(self):
        other = self.create_debtor(
            "Bodega Sol", street="A", city="B", zip="1", country_id=self.peru.id
        )
        invoice = self.create_invoice(50, days_overdue=5, debtor=other)
        self.create_invoice(100, days_overdue=5)
        contacts = self.due()
        batch = self.print_letters(contacts)
        self.assertTrue(batch.can_snailmail)
        self.pay(invoice)
        self.ask(batch)
        self.assertRecordValues(batch, [{"state": "snailmail", "posted_by_id": self.supervisor.id}])
        with self.wire() as wire:
            self.deliver()
        contacts.invalidate_recordset()
        self.assertEqual(len(wire.calls), 1, "who has paid is not written to")
        states = {c.partner_id.name: c.state for c in contacts}
        self.assertEqual(states, {"Ferretería Lima": "sent", "Bodega Sol": "skipped"})
        for action in ("action_snailmail", "action_cancel"):
            with self.assertRaises(UserError):
                getattr(batch.with_user(self.supervisor), action)()
        batch.with_user(self.supervisor).action_posted()
        self.assertEqual(
            self.events(contacts.filtered(lambda c: c.state == "sent")).count("sent"), 1
        )

    def test_a_batch_with_an_incomplete_address_stays_as_it_is(self):
        self.debtor.country_id = False
        self.create_invoice(100, days_overdue=5)
        batch = self.print_letters(self.due())
        with self.assertRaisesRegex(UserError, "Ferretería Lima lacks Country"):
            self.ask(batch)
        self.assertEqual(batch.state, "printed")
        self.assertEqual(batch.contact_ids.state, "sending")

    def test_what_was_printed_as_a_test_does_not_leave_after_safe_mode(self):
        self.company.write(
            {"collections_safe_mode": True, "collections_test_email": "test@company.example"}
        )
        self.create_invoice(100, days_overdue=5)
        batch = self.print_letters(self.due())
        self.company.collections_safe_mode = False
        batch.invalidate_recordset()
        self.assertFalse(batch.can_snailmail)
        with self.assertRaisesRegex(UserError, "safe mode"):
            self.ask(batch)

    def test_a_letter_of_a_batch_that_failed_waits_with_the_others_again(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.ask(self.print_letters(contact))
        with self.wire("CREDIT_ERROR"):
            self.deliver()
        contact.invalidate_recordset()
        self.assertEqual(contact.state, "failed")
        contact.with_user(self.collector).action_retry()
        self.deliver()
        contact.invalidate_recordset()
        self.assertRecordValues(
            contact, [{"state": "held", "reason": "to_print", "letter_batch_id": False}]
        )


@tagged("post_install", "-at_install")
class TestSnailmailRoles(SnailmailCommon):
    """Who may post, and who sees what was posted."""

    def test_a_collector_posts_their_own_letters_only(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        contact.case_id.user_id = self.supervisor
        with self.assertRaises(AccessError):
            self.ask(contact, self.collector)
        contact.case_id.user_id = self.collector
        wire = self.post(contact, user=self.collector)
        self.assertEqual(len(wire.calls), 1)
        self.assertTrue(contact.with_user(self.collector).snailmail_letter_id.attachment_datas)

    def test_an_auditor_reads_but_does_not_post(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        with self.assertRaises(UserError):
            self.ask(contact, self.auditor)
        with self.assertRaises(UserError):
            self.print_letters(contact).with_user(self.auditor).action_snailmail()

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_letters_of_debtors_are_not_every_employees(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        contact.case_id.user_id = self.supervisor
        self.post(contact)
        letter = contact.snailmail_letter_id
        self.assertEqual(letter.with_user(self.supervisor).state, "sent")
        self.assertEqual(letter.with_user(self.auditor).state, "sent")
        with self.assertRaises(AccessError):
            letter.with_user(self.collector).read(["state"])
        employee = self.env["res.users"].create(
            {
                "name": "Employee",
                "login": "employee",
                "group_ids": [Command.set(self.env.ref("base.group_user").ids)],
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
            }
        )
        for user in (employee, self.collector):
            with self.assertRaises(AccessError):
                letter.attachment_id.with_user(user).read(["datas"])
        for user in (employee, self.collector, self.supervisor, self.manager):
            with self.assertRaises(AccessError):
                letter.with_user(user).write({"state": "pending"})

    def test_uninstalling_leaves_no_letter_that_every_employee_could_read(self):
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        self.post(contact)
        attachment = contact.snailmail_letter_id.attachment_id
        uninstall_hook(self.env)
        self.assertFalse(self.env["snailmail.letter"].search([("model", "=", "collections.case")]))
        self.assertFalse(attachment.exists())
        self.assertEqual(contact.state, "sent")

    def test_two_companies_post_apart(self):
        other = self.env["res.company"].create(
            {"name": "Other", "street": "X", "city": "Y", "zip": "1", "country_id": self.peru.id}
        )
        self.create_invoice(100, days_overdue=5)
        contact = self.due()
        stranger = self.create_user("manager", login="stranger")
        stranger.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        other.collections_snailmail = True
        with self.assertRaises(AccessError):
            self.ask(contact, stranger)
        with self.assertRaisesRegex(UserError, "No letter"):
            self.ask(contact.browse(), stranger)
        self.company.collections_snailmail = False
        contact.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "Settings"):
            self.ask(contact)
        self.company.collections_snailmail = True
        self.company.snailmail_color = False
        other.snailmail_color = True
        contact.invalidate_recordset()
        wire = self.post(contact)
        (document,) = wire.documents
        self.assertEqual(document["return_address"]["name"], self.company.name)
        self.assertFalse(wire.calls[0]["options"]["color"])
        with self.assertRaises(AccessError):
            contact.snailmail_letter_id.with_user(stranger).read(["state"])
