from email import message_from_bytes, policy

from odoo import Command
from odoo.tests import new_test_user, tagged

from .browser import BrowserCase
from .common import CollectionsCommon
from .test_replies import MailCase


class ToursCommon(BrowserCase, CollectionsCommon):
    """Two cases: one of the collector, one of nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.strategy.step_ids.filtered(lambda step: step.days == 30).mode = "approval"
        cls.other = cls.create_debtor("Nobody's Shop")
        cls.create_invoice(1200, days_overdue=45)
        cls.create_invoice(300, days_overdue=45, debtor=cls.other)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)
        cls.get_case().user_id = cls.collector

    def open_tour(self, action, tour, user):
        self.start_tour(f"/odoo/action-collections_management.{action}", tour, login=user.login)


@tagged("post_install", "-at_install")
class TestTours(ToursCommon):
    """A day's work of each role, in a browser."""

    def test_collector_reads_pauses_and_resumes_a_case_in_spanish(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.env.ref("base.module_collections_management")._update_translations(["es_419"])
        self.collector.lang = "es_419"
        self.plan()
        self.open_tour("collections_case_action", "collections_collector_tour", self.collector)
        hold = self.get_case().hold_ids
        self.assertRecordValues(hold, [{"note": "Paga el viernes", "is_active": False}])
        self.assertEqual(hold.lifted_by_id, self.collector)

    def test_supervisor_approves_what_waits(self):
        contacts = self.plan()
        self.assertEqual(set(contacts.mapped("state")), {"awaiting"})
        self.open_tour(
            "collections_contact_action_to_approve",
            "collections_supervisor_tour",
            self.supervisor,
        )
        self.assertEqual(set(contacts.mapped("state")), {"queued"})

    def test_manager_moves_and_renames_steps(self):
        self.start_tour(
            f"/odoo/action-collections_management.collections_strategy_action/{self.strategy.id}",
            "collections_strategy_tour",
            login=self.manager.login,
        )
        self.assertRecordValues(
            self.strategy.step_ids.sorted("days"),
            [
                {"days": -7, "name": "Step -7"},
                {"days": 3, "name": "First letter"},
                {"days": 16, "name": "Step 10"},
                {"days": 30, "name": "Step 30"},
            ],
        )

    def test_manager_previews_and_starts_a_run(self):
        self.open_tour("collections_run_action", "collections_run_tour", self.manager)
        self.assertFalse(self.env["collections.contact"].search([]), "the preview leaves nothing")
        self.assertRecordValues(
            self.env["collections.run"].search([]), [{"state": "running", "origin": "button"}]
        )

    def test_accountant_sees_collections_on_invoices(self):
        accountant = new_test_user(
            self.env,
            login="test_accountant",
            groups="account.group_account_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.start_tour(
            "/odoo/action-account.action_move_out_invoice_type",
            "collections_accountant_tour",
            login=accountant.login,
        )


@tagged("post_install", "-at_install")
class TestFirstDayTours(ToursCommon):
    """From the set-up to going live; from the preview to the message that leaves."""

    def test_manager_sets_up_and_goes_live(self):
        self.company.write(
            {
                "collections_live_on": False,
                "collections_safe_mode": True,
                "collections_test_email": "me@company.example",
            }
        )
        with self.mailbox() as box:
            self.start_tour(
                "/odoo/collections-set-up", "collections_onboarding_tour", login=self.manager.login
            )
        self.assertEqual([message.rcpt_tos for message in box.messages], [["me@company.example"]])
        self.assertRecordValues(
            self.company,
            [
                {
                    "city": "Arequipa",
                    "collections_safe_mode": False,
                    "collections_live_on": self.today,
                }
            ],
        )
        entry = self.env["account.move.line"].search([("collections_entry_date", "!=", False)])
        self.assertEqual(len(entry), 2, "old debts enter gently")

    def test_from_the_preview_to_the_message_that_arrives(self):
        """One is left out, the other is planned, approved by somebody else, and reaches him."""
        self.other.name = "Bodega Norte"
        self.debtor.email = "pagos@ferreteria.example"
        with self.mailbox() as box:
            with self.jobs():
                self.open_tour("collections_run_action", "collections_approval_tour", self.manager)
            run = self.env["collections.run"].search([])
            self.assertRecordValues(
                run, [{"review_reason": "asked", "state": "done", "user_id": self.manager.id}]
            )
            self.assertRecordValues(
                run.contact_ids, [{"partner_id": self.debtor.id, "state": "awaiting"}]
            )
            self.assertFalse(box.messages, "nothing leaves before somebody approves it")
            with self.jobs():
                self.start_tour(
                    f"/odoo/action-collections_management.collections_run_action/{run.id}",
                    "collections_approve_run_tour",
                    login=self.supervisor.login,
                )
        self.assertRecordValues(
            run.contact_ids, [{"state": "sent", "approved_by_id": self.supervisor.id}]
        )
        self.assertFalse(self.get_case(self.other).contact_ids)
        self.assert_arrived(box, run.contact_ids)

    def assert_arrived(self, box, contact):
        """The one message that arrived is that of the contact, and says what is owed."""
        [envelope] = box.messages
        self.assertEqual(envelope.rcpt_tos, ["pagos@ferreteria.example"])
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.assertEqual(mail["Subject"], f"Your account with {self.company.name}")
        self.assertEqual(mail["X-Collections-Contact"], str(contact.id))
        text = mail.get_body(("html",)).get_content()
        self.assertIn("Dear Ferretería Lima", text)
        self.assertIn("1,200.00", text)
        self.assertIn(contact.line_ids.move_id.name, text)


@tagged("post_install", "-at_install")
class TestReplyTour(BrowserCase, MailCase):
    """A debtor answers; the collector finds it, reads it and goes on."""

    def test_collector_reads_an_answer_and_lifts_the_pause(self):
        self.debtor.email = "ferreteria@debtor.example"
        contact = self.dun()
        case = contact.case_id
        case.user_id = self.collector
        self.answer(contact, body="We pay on Friday, by transfer.")
        self.start_tour("/odoo", "collections_reply_tour", login=self.collector.login)
        self.env.invalidate_all()
        self.assertEqual(contact.state, "answered")
        self.assertRecordValues(
            case.hold_ids,
            [{"reason": "answered", "is_active": False, "lifted_by_id": self.collector.id}],
        )
        self.assertFalse(self.get_tasks(case), "what was read is off the desk")


@tagged("post_install", "-at_install")
class TestToursOnAPhone(ToursCommon):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collector.name = "Rosa Díaz"  # as wide as people's names are

    def test_collector_reads_a_case(self):
        self.plan()
        self.open_tour("collections_case_action", "collections_phone_tour", self.collector)

    def test_manager_previews_and_starts_a_run(self):
        """The run is worked while the phone shows how far it is."""
        self.strategy.step_ids.mode = "automatic"
        with self.mailbox() as box, self.jobs():
            self.open_tour("collections_run_action", "collections_phone_run_tour", self.manager)
        self.assertEqual(self.env["collections.run"].search([]).state, "done")
        self.assertEqual(len(box.messages), 1)

    def test_supervisor_approves_a_run(self):
        self.debtor.email = "ferreteria@debtor.example"
        with self.mailbox() as box:
            run = self.run_night()
            self.assertFalse(box.messages)
            with self.jobs():
                self.start_tour(
                    f"/odoo/action-collections_management.collections_run_action/{run.id}",
                    "collections_phone_approve_tour",
                    login=self.supervisor.login,
                )
        self.assertEqual(len(box.messages), 2)
        self.assertEqual(run.contact_ids.approved_by_id, self.supervisor)

    def test_manager_moves_a_step(self):
        self.start_tour(
            f"/odoo/action-collections_management.collections_strategy_action/{self.strategy.id}",
            "collections_phone_strategy_tour",
            login=self.manager.login,
        )
        self.assertEqual(sorted(self.strategy.step_ids.mapped("days")), [-7, 3, 15, 30])


@tagged("post_install", "-at_install")
class TestToursOnATablet(ToursCommon):
    browser_size = "1024x768"
    touch_enabled = True

    def test_manager_drags_a_step_with_a_finger(self):
        self.start_tour(
            f"/odoo/action-collections_management.collections_strategy_action/{self.strategy.id}",
            "collections_touch_strategy_tour",
            login=self.manager.login,
        )
        self.assertEqual(sorted(self.strategy.step_ids.mapped("days")), [-7, 3, 15, 30])
