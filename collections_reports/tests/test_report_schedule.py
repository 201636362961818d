from datetime import datetime, timedelta
from email import message_from_bytes, policy
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.tests.common import CollectionsCommon

from ..engine import documents
from .show_common import add_report
from .test_report_pdf import read_pages, squeeze

SENDING = "odoo.addons.collections_reports.models.collections_report_sending"


def make_cases(report, options):
    """Return a document with the debtors the reader sees, and what they owe."""
    cases = report.env["collections.case"].search(report._get_case_domain(options), order="id")
    currency = report.env.company.currency_id.id
    columns = [documents.column("name", "Debtor"),
               documents.column("total", "Owed", "money", total=True)]  # fmt: skip
    rows = [
        documents.row(case.id, {"name": case.partner_id.name, "total": case.amount_total},
                      currency=currency)
        for case in cases
    ]  # fmt: skip
    total = sum(cases.mapped("amount_total"))
    return documents.document(
        report.env._("Cases"),
        [
            documents.figures(
                "main", "Main", [documents.figure("total", "Owed", total, currency=currency)]
            ),
            documents.table("cases", "Cases", columns, rows),
        ],
        subtitle=report._get_period_words(options),
    )


@tagged("post_install", "-at_install")
class TestReportSchedule(CollectionsCommon):
    """Reports by mail: to each what he may see, once, whatever happens to the others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_report(cls, "test", make_cases, title="Cases")
        for user in cls.collector | cls.supervisor | cls.manager:
            user.email = f"{user.login}@company.example"
        cls.other_debtor = cls.create_debtor("Bodega Norte")
        cls.create_invoice(100, days_overdue=5)
        cls.create_invoice(70, days_overdue=5, debtor=cls.other_debtor)
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.team = cls.env["collections.team"].create(
            {
                "name": "Lima",
                "company_id": cls.company.id,
                "supervisor_ids": [Command.set(cls.supervisor.ids)],
                "member_ids": [Command.create({"user_id": cls.collector.id})],
            }
        )
        own, other = cls.get_case(), cls.get_case(cls.other_debtor)
        own.write({"user_id": cls.collector.id, "team_id": cls.team.id})
        other.write(
            {
                "user_id": cls.manager.id,
                "team_id": cls.env["collections.team"].create({"name": "X"}).id,
            }
        )
        cls.cron = cls.env.ref("collections_reports.collections_report_schedule_cron")

    def create_schedule(self, **values):
        schedule = self.env["collections.report.schedule"].create(
            {
                "name": "Monday's cases",
                "code": "test",
                "company_ids": [Command.set(self.company.ids)],
                "company_id": self.company.id,
                "user_ids": [Command.set(self.manager.ids)],
                "period": "last_month",
                **values,
            }
        )
        self.env.flush_all()
        return schedule

    def make_due(self, schedule):
        schedule.next_on = fields.Datetime.now() - timedelta(minutes=5)
        self.env.flush_all()

    def run_cron(self, schedule=None):
        """Run the job as it runs, and return the messages by address."""
        if schedule:
            self.make_due(schedule)
        with self.mailbox() as box, self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        return {
            envelope.rcpt_tos[0]: message_from_bytes(envelope.content, policy=policy.default)
            for envelope in box.messages
        }

    def read_mail(self, message):
        """Return the words of the mail and of its PDF, squeezed."""
        [file] = [part for part in message.iter_attachments() if part.get_filename()]
        pages = read_pages(file.get_payload(decode=True))
        return squeeze(message.get_body(("html",)).get_content()), "".join(pages)

    # -- to whom, with which rights ---------------------------------------------------------------

    def test_all_recipients_get_their_mail_in_one_run_and_one_refused_stops_nobody(self):
        users = self.collector | self.supervisor | self.manager
        for number, user in enumerate(users):
            user.email = f"reader{number}@company.example"
        schedule = self.create_schedule(user_ids=[Command.set(users.ids)])
        self.make_due(schedule)
        with self.mailbox() as box, self.enter_registry_test_mode():
            box.refuse["reader1@company.example"] = "550 Nobody of that name"
            with (
                mute_logger("odoo.addons.mail.models.mail_mail"),
                mute_logger("odoo.addons.base.models.ir_mail_server"),
            ):
                self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(
            sorted(envelope.rcpt_tos[0] for envelope in box.messages),
            ["reader0@company.example", "reader2@company.example"],
        )
        states = {one.user_id: one.state for one in schedule.sending_ids}
        self.assertEqual(
            states, {self.collector: "sent", self.supervisor: "pending", self.manager: "sent"}
        )

    def test_each_gets_what_he_may_see(self):
        for user, owed, seen, unseen in (
            (self.collector, "$100.00", ["FerreteríaLima"], ["BodegaNorte"]),
            (self.supervisor, "$100.00", ["FerreteríaLima"], ["BodegaNorte"]),
            (self.manager, "$170.00", ["FerreteríaLima", "BodegaNorte"], []),
        ):
            with self.subTest(user=user.login):
                schedule = self.create_schedule(user_ids=[Command.set(user.ids)])
                body, pdf = self.read_mail(self.run_cron(schedule)[user.email])
                self.assertIn(owed, body)
                for words in seen:
                    self.assertIn(words, pdf)
                for words in unseen:
                    self.assertNotIn(words, pdf)
                self.assertIn("Openthelivereport", body)

    def test_a_role_is_the_highest_one_and_teams_narrow_it(self):
        schedule = self.create_schedule(user_ids=[], to_collectors=True)
        self.assertIn(self.collector, schedule._get_recipients())
        self.assertNotIn(self.supervisor, schedule._get_recipients())
        stranger = self.create_user("collector", login="stranger")
        self.assertIn(stranger, schedule._get_recipients())
        schedule.team_ids = self.team
        self.assertEqual(schedule._get_recipients(), self.collector)
        schedule.write({"to_collectors": False, "to_supervisors": True})
        self.assertEqual(schedule._get_recipients(), self.supervisor)
        schedule.write({"to_supervisors": False, "user_ids": [Command.set(stranger.ids)]})
        stranger.active = False
        self.assertFalse(schedule._get_recipients())

    def test_another_company_is_in_nobodys_file(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        schedule = self.create_schedule(company_ids=[Command.set((self.company | other).ids)])
        env = (
            self.env["collections.report.sending"]
            .new({"schedule_id": schedule.id, "user_id": self.manager.id})
            ._get_recipient_env()
        )
        self.assertEqual(env.companies, self.company)
        self.assertFalse(env.su)
        schedule.company_ids = other
        self.assertEqual(self.run_cron(schedule), {})
        self.assertIn("none of the companies", schedule.sending_ids.reason)

    def test_the_recipients_language(self):
        self.env["res.lang"]._activate_lang("es_419")
        self.manager.lang = "es_419"
        seen = []

        def make(report, options):
            seen.append((report.env.lang, report.env.uid))
            return make_cases(report, options)

        add_report(self, "other", make)
        self.run_cron(self.create_schedule(code="other"))
        self.assertEqual(seen, [("es_419", self.manager.id)])

    def test_who_has_nothing_of_the_segments_gets_no_mail(self):
        segment = self.env["collections.segment"].create(
            {"name": "Big", "strategy_id": self.strategy.id}
        )
        self.get_case().segment_id = segment
        self.get_case(self.other_debtor).segment_id = self.segment
        schedule = self.create_schedule(
            segment_ids=[Command.set(self.segment.ids)],
            user_ids=[Command.set((self.manager | self.collector).ids)],
        )
        mails = self.run_cron(schedule)
        self.assertEqual(set(mails), {"test_manager@company.example"})
        self.assertNotIn("FerreteríaLima", self.read_mail(mails["test_manager@company.example"])[1])
        states = schedule.sending_ids.sorted("id").mapped("state")
        self.assertEqual(sorted(states), ["nothing", "sent"])

    # -- what goes wrong --------------------------------------------------------------------------

    def test_one_failing_recipient_stops_nobody(self):
        nobody = new_test_user(
            self.env, login="nobody", groups="base.group_user", email="nobody@company.example",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        self.supervisor.email = False
        users = nobody | self.supervisor | self.manager
        schedule = self.create_schedule(user_ids=[Command.set(users.ids)])
        mails = self.run_cron(schedule)
        self.assertEqual(set(mails), {"test_manager@company.example"})
        told = "".join(schedule.message_ids.mapped("body"))
        self.assertIn("You may not read the report “Cases”.", told)
        self.assertIn("the user has no e-mail address", told)
        self.assertEqual(schedule.failed_count, 2)

    @mute_logger(SENDING)
    def test_a_report_that_breaks_stops_its_own_mail_only(self):
        def make(report, options):
            if report.env.user == self.collector:
                raise ZeroDivisionError("oh")
            return make_cases(report, options)

        add_report(self, "other", make)
        users = self.collector | self.manager
        schedule = self.create_schedule(code="other", user_ids=[Command.set(users.ids)])
        mails = self.run_cron(schedule)
        self.assertEqual(set(mails), {"test_manager@company.example"})
        self.assertIn("The report could not be made: oh", schedule.message_ids[0].body)

    def test_a_crash_sends_nothing_twice(self):
        schedule = self.create_schedule()
        sending = schedule._create_sendings("2026-03-02")
        sending.state = "sending"  # committed; then the machine went down
        self.assertEqual(self.run_cron(), {})
        self.assertEqual(sending.state, "uncertain")
        self.assertIn("may have arrived", schedule.message_ids[0].body)
        sending.with_user(self.manager).action_send_again()
        self.assertEqual(len(self.run_cron()), 1)
        self.assertEqual(sending.state, "sent")

    def test_it_is_committed_as_leaving_before_it_leaves(self):
        schedule = self.create_schedule()
        states = []

        def look(_self, **_options):
            self.env.cr.execute("SELECT state FROM collections_report_sending WHERE schedule_id=%s",
                                [schedule.id])  # fmt: skip
            states.append(self.env.cr.fetchone()[0])

        with patch.object(type(self.env["mail.mail"]), "send", look):
            self.run_cron(schedule)
        self.assertEqual(states, ["sending"])

    def test_a_mail_server_that_is_away_is_tried_again(self):
        schedule = self.create_schedule()
        self.make_due(schedule)
        for attempt in range(1, 4):
            with self.mailbox() as box, self.enter_registry_test_mode():
                box.refuse["test_manager@company.example"] = "451 Come back later"
                with (
                    mute_logger("odoo.addons.mail.models.mail_mail"),
                    mute_logger("odoo.addons.base.models.ir_mail_server"),
                ):
                    self.cron.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(schedule.sending_ids.attempts, attempt)
        self.assertEqual(schedule.sending_ids.state, "failed")

    # -- when -------------------------------------------------------------------------------------

    def test_once_a_period_and_what_was_missed_once(self):
        self.company.partner_id.tz = "America/Lima"
        schedule = self.create_schedule(frequency="daily", hour=7)
        schedule.next_on = datetime.now() - timedelta(days=20)
        self.env.flush_all()
        self.assertEqual(len(self.run_cron()), 1)
        self.assertGreater(schedule.next_on, datetime.now())
        self.assertEqual(self.run_cron(), {})
        # asked for again, the period is told already
        schedule._create_sendings(schedule.sending_ids.period)
        self.assertEqual(len(schedule.sending_ids), 1)

    def test_it_lives_by_the_clock_of_the_company(self):
        self.company.partner_id.tz = "America/Lima"
        schedule = self.create_schedule(frequency="weekly", weekday="0", hour=7.5)
        after = datetime(2026, 3, 2, 12, 29)  # Monday 07:29 in Lima
        self.assertEqual(schedule._get_next(after), datetime(2026, 3, 2, 12, 30))
        self.assertEqual(
            schedule._get_next(datetime(2026, 3, 2, 12, 30)), datetime(2026, 3, 9, 12, 30)
        )

    def test_dates_follow_the_day(self):
        schedule = self.create_schedule(options={"compare": "2020-01-01", "team_ids": [1]})
        with patch.object(
            type(self.env["collections.ledger"]), "_today", lambda *_args: fields.Date.to_date(
                "2026-03-04")
        ):  # fmt: skip
            self.assertEqual(
                schedule._get_options(),
                {"team_ids": [1], "date": "2026-02-28", "date_from": "2026-02-01",
                 "date_to": "2026-02-28", "compare": "2026-01-31"},
            )  # fmt: skip
            schedule.period = "today"
            self.assertEqual(schedule._get_options()["date_from"], "2026-03-01")
            schedule.period = False
            self.assertEqual(schedule._get_options()["compare"], "2020-01-01")

    def test_nobody_is_written_to_when_archived(self):
        schedule = self.create_schedule()
        schedule.active = False
        self.assertFalse(schedule.next_on)
        self.assertEqual(self.run_cron(schedule), {})

    # -- buttons ----------------------------------------------------------------------------------

    def test_send_now_once(self):
        schedule = self.create_schedule().with_user(self.manager)
        schedule.action_send_now()
        answer = schedule.action_send_now()
        self.assertIn("on its way", answer["params"]["message"])
        self.assertEqual(len(self.run_cron()), 1)
        schedule.action_send_now()
        self.assertEqual(len(schedule.sending_ids), 2)

    def test_send_regularly_keeps_the_filters_of_the_screen(self):
        reports = self.env["collections.report"].with_user(self.manager).with_company(self.company)
        action = reports.open_schedule(
            "test", {"team_ids": self.team.ids, "segment_ids": self.segment.ids}
        )
        model = self.env[action["res_model"]].with_user(self.manager).with_company(self.company)
        form = Form(model.with_context(**action["context"]))
        schedule = form.save()
        self.assertEqual(schedule.options["team_ids"], self.team.ids)
        self.assertEqual(schedule.segment_ids, self.segment)
        self.assertEqual(schedule.user_ids, self.manager)
        self.assertIn("Teams: Lima", schedule.options_text)
        self.assertIn("Segments: Everybody", schedule.options_text)
        self.assertNotIn(str(self.today.year), schedule.options_text, "the period tells the dates")
        schedule.period = False
        self.assertIn(str(self.today.year), schedule.options_text)
        self.assertTrue(schedule.next_on)

    def test_preview_opens_the_file_with_the_callers_rights(self):
        schedule = self.create_schedule(file_format="xlsx")
        action = schedule.with_user(self.manager).action_preview()
        self.assertIn("/collections/report/test/xlsx?options=%7B", action["url"])
        nobody = new_test_user(self.env, login="nobody2", groups="base.group_user")
        with self.assertRaises(AccessError):
            schedule.with_user(nobody).action_preview()

    def test_a_workbook_comes_too(self):
        schedule = self.create_schedule(file_format="both")
        [message] = self.run_cron(schedule).values()
        names = [part.get_filename() for part in message.iter_attachments()]
        self.assertEqual(sorted(name.rsplit(".")[-1] for name in names), ["pdf", "xlsx"])
        [book] = [part for part in message.iter_attachments() if part.get_filename()[-1] == "x"]
        self.assertTrue(book.get_payload(decode=True).startswith(b"PK"))

    def test_files_do_not_stay(self):
        before = self.env["ir.attachment"].search_count([("mimetype", "=", "application/pdf")])
        self.run_cron(self.create_schedule())
        after = self.env["ir.attachment"].search_count([("mimetype", "=", "application/pdf")])
        self.assertEqual(after, before)

    # -- refused ----------------------------------------------------------------------------------

    def test_only_a_manager_writes_to_others(self):
        collector = self.env["collections.report.schedule"].with_user(self.collector)
        values = {"name": "Mine", "code": "test", "company_id": self.company.id,
                  "company_ids": [Command.set(self.company.ids)]}  # fmt: skip
        mine = collector.with_env(self.env(user=self.collector, su=False)).create(
            {**values, "user_ids": [Command.set(self.collector.ids)]}
        )
        for refused in (
            {"user_ids": [Command.link(self.manager.id)]},
            {"to_managers": True},
            {"user_ids": [Command.clear()]},
        ):
            with self.subTest(refused=refused), self.assertRaises(ValidationError):
                mine.write(refused)
        self.assertIn("Mine", self.env["collections.report.schedule"].with_user(
            self.manager).search([]).mapped("name"))  # fmt: skip

    def test_nobody_schedules_a_report_he_may_not_read(self):
        values = {
            "name": "Not mine",
            "code": "overview",
            "company_id": self.company.id,
            "company_ids": [Command.set(self.company.ids)],
            "user_ids": [Command.set(self.collector.ids)],
        }
        model = self.env(user=self.collector, su=False)["collections.report.schedule"]
        with self.assertRaisesRegex(AccessError, "You may not read the report “Overview”"):
            model.create(values)

    def test_others_schedules_are_not_read(self):
        schedule = self.create_schedule()
        sending = schedule._create_sendings("2026-03-02")
        for user in self.collector | self.auditor:
            with self.assertRaises(AccessError):
                schedule.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                sending.with_user(user).read(["state"])
            with self.assertRaises(AccessError):
                sending.with_user(user).action_send_again()
        with self.assertRaises(AccessError):
            sending.with_user(self.manager).write({"state": "pending"})
        other = self.env["res.company"].create({"name": "Elsewhere"})
        schedule.write({"company_id": other.id})
        with self.assertRaises(AccessError):
            schedule.with_user(self.manager).read(["name"])

    def test_filters_that_cannot_be_read_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            self.create_schedule(options={"date_from": "soon"}, period=False)
        with self.assertRaisesRegex(UserError, "There is no report “nothing”"):
            self.create_schedule(code="nothing")
        with self.assertRaisesRegex(ValidationError, "has no recipient"):
            self.create_schedule(user_ids=[])
