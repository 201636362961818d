import json
import socket
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon

TOKEN = "collections_management.health_token"


class HealthCommon(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.collections_active = True
        cls.env["fetchmail.server"].search([]).unlink()

    def look(self, user=None):
        """Open the health page as a manager; return it and ``{line: record}``."""
        page = self.env["collections.health"].with_user(user or self.manager)
        action = page.with_company(self.company).action_open()
        page = page.browse(action["res_id"])
        return page, {line.code: line for line in page.line_ids}

    def assert_line(self, line, mark, *words):
        self.assertEqual(line.mark, mark, line.sentence)
        for word in words:
            self.assertIn(word, f"{line.sentence} {line.advice or ''}")


@tagged("post_install", "-at_install")
class TestHealth(HealthCommon):
    def test_the_page_says_how_the_last_run_went(self):
        _page, lines = self.look()
        self.assert_line(lines["run"], "attention", "No run has been made yet")
        self.create_invoice(100, days_overdue=5)
        with self.mailbox():
            run = self.run_night()
        _page, lines = self.look()
        self.assert_line(lines["run"], "good", "1 cases", "1 sent", "0 failed")
        run.warning = "The rule of segment Special cannot be read"
        _page, lines = self.look()
        self.assert_line(lines["run"], "attention", "left something out", "Special")
        run.write({"state": "failed", "error": "the disk is full"})
        page, lines = self.look()
        self.assert_line(lines["run"], "broken", "the disk is full", "Run Now")
        self.assertEqual(page.mark, "broken")
        self.assertRegex(page.summary, "broken: start there")

    def test_a_scheduled_job_that_does_not_run_is_told(self):
        cron = self.env.ref("collections_management.collections_run_cron")
        cron.nextcall = fields.Datetime.now() + timedelta(hours=3)
        _page, lines = self.look()
        self.assert_line(lines["next_run"], "good")
        cron.nextcall = fields.Datetime.now() - timedelta(hours=3)
        _page, lines = self.look()
        self.assert_line(lines["next_run"], "broken", "has not begun")
        self.env.ref("collections_management.collections_run_cron_deliver").active = False
        _page, lines = self.look()
        self.assert_line(lines["next_run"], "broken", "1 of the 3 scheduled jobs")

    def test_the_queue_is_counted_and_opens(self):
        self.create_invoice(100, days_overdue=5)
        self.create_invoice(90, days_overdue=5, debtor=self.create_debtor("Bodega Norte"))
        contacts = self.plan()
        contacts[0].scheduled_on = fields.Datetime.now() - timedelta(hours=3)
        contacts[1].write({"state": "uncertain"})
        _page, lines = self.look()
        line = lines["queue"]
        self.assert_line(line, "broken", "1 queued", "1 with an unknown outcome", "oldest")
        action = line.action_open()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), contacts)
        contacts[0].scheduled_on = fields.Datetime.now()
        _page, lines = self.look()
        self.assert_line(lines["queue"], "attention", "say of each whether it left")

    def test_failures_are_told_by_channel_with_their_most_frequent_reason(self):
        for number in range(3):
            debtor = self.create_debtor(f"Bodega{number}")
            self.create_invoice(100, days_overdue=5, debtor=debtor)
        contacts = self.plan()
        old, *recent = contacts
        contacts.write({"state": "failed", "reason": "recipient_refused"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collections_contact SET write_date = now() AT TIME ZONE 'UTC'"
            " - interval '8 days' WHERE id = %s",
            [old.id],
        )
        recent[1].reason = "invalid_address"
        call = old.copy({"cycle": "call", "state": "planned"})
        call.write(  # a colleague reached nobody: not a fault of the house
            {"channel_id": call.channel_id._get_task_channel().id, "state": "failed"}
        )
        _page, lines = self.look()
        line = lines["failures"]
        self.assert_line(line, "attention", f"{self.email.name}: 2 of 2 failed")
        action = line.action_open()
        self.assertEqual(
            self.env[action["res_model"]].search(action["domain"]),
            contacts.browse([c.id for c in recent]),
        )

    def test_another_company_is_not_counted(self):
        other = self.setup_other_company()["company"]
        other.collections_active = True
        self.create_invoice(100, days_overdue=5)
        self.plan().write({"state": "uncertain"})
        findings = self.env["collections.health"]._get_findings(self.company + other)
        self.assertEqual(findings[self.company]["facts"].uncertain, 1)
        self.assertEqual(findings[other]["facts"].uncertain, 0)

    def test_the_cost_does_not_grow_with_the_companies(self):
        others = self.env["res.company"].create([{"name": f"Company {n}"} for n in range(6)])
        health = self.env["collections.health"]
        counts = []
        for companies in (self.company + others[:1], self.company + others):
            for _warmed_up in range(2):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                health._get_findings(companies)
            counts.append(self.env.cr.sql_log_count - before)
        # Whether e-mail can leave is the channel's to say, company by company.
        self.assertLessEqual(counts[1], counts[0] + 5, counts)

    def test_trying_the_mail_server_really_connects(self):
        self.env["ir.mail_server"].search([]).active = False
        page, lines = self.look()
        self.assert_line(lines["outgoing"], "broken", "No outgoing mail server", "none is lost")
        with self.mailbox() as box:
            page, lines = self.look()
            self.assert_line(lines["outgoing"], "good", "Press Try")
            lines["outgoing"].action_try()
            [line] = page.line_ids.filtered(lambda line: line.code == "outgoing")
            self.assert_line(line, "good", "answered on", "cobranzas@company.example")
            self.assertFalse(box.messages, "nothing is sent")
            box.refuse["noreply@odoo.com"] = "550 relaying denied"
            page.action_try_mail()
            [line] = page.line_ids.filtered(lambda line: line.code == "outgoing")
            self.assert_line(line, "broken", "relaying denied", "Correct the server")
            self.assertEqual(page.mark, "broken")

    def test_a_mail_server_that_does_not_answer_is_told_in_its_words(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with self.mailbox():
            self.env["ir.mail_server"].search([]).smtp_port = port
            page, _lines = self.look()
            with mute_logger("odoo.addons.base.models.ir_mail_server"):
                page.action_try_mail()
        [line] = page.line_ids.filtered(lambda line: line.code == "outgoing")
        self.assert_line(line, "broken", "Connection refused")

    def test_incoming_mail_is_told(self):
        _page, lines = self.look()
        self.assert_line(lines["incoming"], "attention", "answers of debtors do not arrive")
        server = self.env["fetchmail.server"].create(
            {"name": "Box", "server": "imap.example", "server_type": "imap", "port": 993}
        )
        _page, lines = self.look()
        self.assert_line(lines["incoming"], "attention", "not confirmed")
        server.write({"state": "done", "date": fields.Datetime.now()})
        _page, lines = self.look()
        self.assert_line(lines["incoming"], "good", "read in")
        server.error_date = fields.Datetime.now()
        _page, lines = self.look()
        self.assert_line(lines["incoming"], "broken", "could not be read")

    def test_stale_bank_statements_and_safe_mode_are_told(self):
        self.company.collections_stale_bank_days = 7
        journal = self.company_data["default_journal_bank"]
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "payment_ref": "x",
                "amount": 5,
                "date": self.today - timedelta(days=9),
            }
        )
        self.company.write({"collections_safe_mode": True, "collections_test_email": False})
        _page, lines = self.look()
        self.assert_line(lines["bank"], "broken", "older than 7 days", "nobody is reminded")
        self.assert_line(lines["safe_mode"], "broken", "nothing leaves at all")
        self.company.collections_test_email = "me@company.example"
        _page, lines = self.look()
        self.assert_line(lines["safe_mode"], "attention", "me@company.example")

    def test_the_last_check_of_the_log_is_told(self):
        checks = self.env["collections.log.check"]
        _page, lines = self.look()
        self.assert_line(lines["log"], "attention", "not been verified")
        check = checks.create({"company_id": self.company.id, "state": "intact"})
        _page, lines = self.look()
        self.assert_line(lines["log"], "good", "is intact")
        check.state = "faulty"
        _page, lines = self.look()
        self.assert_line(lines["log"], "broken", "did not verify")

    def test_only_managers_see_it_and_each_only_his_own(self):
        page, lines = self.look()
        for user in (self.collector, self.supervisor, self.auditor):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.look(user)
                with self.assertRaises(AccessError):
                    page.with_user(user).read(["summary"])
        other = self.create_user("manager", login="test_manager_2")
        for records in (page, lines["run"]):
            with self.assertRaises(AccessError):
                records.with_user(other).read(["display_name"])


@tagged("post_install", "-at_install")
class TestHealthRoute(HealthCommon, HttpCase):
    """What a monitoring program is told."""

    def ask(self, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.url_open("/collections/health", headers=headers)
        return answer.status_code, answer.text

    def test_a_broken_house_answers_503_with_counts_and_no_names(self):
        self.create_invoice(1234.5, days_overdue=5)
        contact = self.plan()
        contact.scheduled_on = fields.Datetime.now() - timedelta(hours=3)
        token = self.env["ir.config_parameter"].get_param(TOKEN)
        status, text = self.ask(token)
        self.assertEqual(status, 503)
        report = json.loads(text)
        [company] = [row for row in report["companies"] if row["id"] == self.company.id]
        self.assertEqual(company["lines"]["queue"], "broken")
        self.assertEqual(company["counts"]["queued"], 1)
        self.assertEqual(company["counts"]["oldest_queued_minutes"], 180)
        for secret in (self.debtor.name, self.debtor.email, "1234", contact.address):
            self.assertNotIn(secret, text)

    def test_a_house_in_order_answers_200(self):
        cron = self.env.ref("collections_management.collections_run_cron")
        cron.nextcall = fields.Datetime.now() + timedelta(hours=3)
        token = self.env["ir.config_parameter"].get_param(TOKEN)
        with self.mailbox():
            status, text = self.ask(token)
        self.assertEqual(status, 200, text)
        self.assertIn(json.loads(text)["mark"], ("good", "attention"))

    def test_without_the_token_nothing_is_told(self):
        for token in (None, "wrong", "ñ"):
            with self.subTest(token=token):
                if token == "ñ":
                    token = token.encode()
                    headers = {b"Authorization": b"Bearer " + token}
                    status = self.url_open("/collections/health", headers=headers).status_code
                else:
                    status, _text = self.ask(token)
                self.assertEqual(status, 401)

    def test_an_api_key_of_a_manager_opens_it_and_no_other(self):
        for user, expected in ((self.manager, {200, 503}), (self.supervisor, {401})):
            keys = self.env["res.users.apikeys"].with_user(user).sudo()
            key = keys._generate("rpc", "monitor", fields.Datetime.now() + timedelta(days=1))
            with self.subTest(user=user.login):
                self.assertIn(self.ask(key)[0], expected)

    def test_the_token_is_made_once(self):
        parameters = self.env["ir.config_parameter"]
        before = parameters.get_param(TOKEN)
        self.assertGreater(len(before), 30)
        self.env["collections.health"]._ensure_token()
        self.assertEqual(parameters.get_param(TOKEN), before)
        parameters.search([("key", "=", TOKEN)]).unlink()
        self.assertEqual(self.ask(before)[0], 401, "no token: nobody is let in by one")


class HealthTours(HealthCommon, HttpCase):
    def walk(self):
        self.env["ir.mail_server"].search([]).active = False
        self.manager.action_id = False
        self.start_tour(
            "/odoo/action-collections_management.collections_health_action",
            "collections_health_tour",
            login=self.manager.login,
        )


@tagged("post_install", "-at_install")
class TestHealthTour(HealthTours):
    browser_size = "1400x900"

    def test_manager_looks_and_tries_the_mail_server(self):
        self.walk()


@tagged("post_install", "-at_install")
class TestHealthTourOnAPhone(HealthTours):
    browser_size = "390x844"
    touch_enabled = True

    def test_manager_looks_and_tries_the_mail_server(self):
        self.walk()
