import re
from datetime import timedelta

from freezegun import freeze_time

from odoo import api, fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import CollectionsCommon


@tagged("post_install", "-at_install")
class TestStart(CollectionsCommon):
    """The first day: set-up, old debts, the switch."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.strategy.step_ids.filtered(lambda step: step.days == 30).mandatory = True
        cls.company.write(
            {
                "collections_live_on": False,
                "collections_safe_mode": True,
                "collections_test_email": "me@company.example",
                "collections_start_spread": 0,
                "collections_user_id": cls.manager.id,
            }
        )

    def go_live(self, **values):
        wizard = self.env["collections.go.live"].with_user(self.manager)
        wizard = wizard.with_company(self.company).create({"understood": True, **values})
        wizard.action_go_live()
        return wizard

    def get_night(self, days):
        preview = self.env["collections.preview"]._create_for(
            self.company, self.today + timedelta(days=days)
        )
        return preview.go_ids.mapped("step_id.days")

    # -- old debts -------------------------------------------------------------------------------

    def test_gently_an_old_debt_gets_the_first_step_first(self):
        invoice = self.create_invoice(100, days_overdue=400)
        with self.mailbox():
            self.go_live()
        self.assertEqual(self.get_receivable(invoice).collections_entry_date, self.today)
        self.assertEqual([self.get_night(days) for days in (0, 2, 3, 10, 30)],
                         [[], [], [3], [10], [30]])  # fmt: skip

    def test_else_it_meets_the_formal_notice_at_once(self):
        self.create_invoice(100, days_overdue=400)
        with self.mailbox():
            self.go_live(mode="full")
        self.assertEqual(self.get_night(0), [30])

    def test_the_oldest_are_left_to_a_person(self):
        old = self.create_invoice(100, days_overdue=181)
        other = self.create_debtor("Bodega Norte")
        self.create_invoice(50, days_overdue=180, debtor=other)
        with self.mailbox():
            self.go_live(old_days=180)
        self.plan()
        self.assertEqual(self.get_case().decision, "ladder_done")
        self.assertTrue(self.get_case().needs_decision)
        self.assertEqual(self.get_case(other).decision, "between_steps")
        self.assertFalse(self.get_receivable(old).collections_step_id)

    def test_debtors_are_spread_over_days_always_the_same(self):
        lines = self.env["account.move.line"]
        for number in range(8):
            debtor = self.create_debtor(f"Debtor{number}")
            lines |= self.get_receivable(self.create_invoice(10, 50, debtor=debtor))
        self.company.collections_start_spread = 4
        start = self.env["collections.start"]
        start._apply(self.company, self.today)
        first = {line.id: line.collections_entry_date for line in lines}
        self.assertEqual(
            set(first.values()), {self.today + timedelta(days=days) for days in range(4)}
        )
        start._apply(self.company, self.today)
        self.assertEqual({line.id: line.collections_entry_date for line in lines}, first)

    def test_new_debts_paid_ones_and_other_companies_do_not_enter(self):
        due = self.get_receivable(self.create_invoice(100, days_overdue=0))
        paid = self.create_invoice(100, days_overdue=50)
        self.pay(paid)
        self.company.collections_start_old_days = 10
        counts = self.env["collections.start"]._apply(self.company, self.today)
        self.assertEqual(counts, {"gentle": 0, "people": 0})
        self.assertFalse((due | self.get_receivable(paid)).filtered("collections_entry_date"))

    def test_what_a_real_contact_told_is_not_moved(self):
        self.company.write({"collections_start_mode": "full", "collections_safe_mode": False})
        invoice = self.create_invoice(100, days_overdue=5)
        with self.mailbox():
            self.run_night()
        line = self.get_receivable(invoice)
        self.assertEqual(line.collections_days, 3)
        self.company.collections_start_mode = "gentle"
        self.env["collections.start"]._apply(self.company, self.today + timedelta(days=9))
        self.assertRecordValues(line, [{"collections_days": 3, "collections_entry_date": False}])

    def test_after_safe_mode_comes_back_the_position_of_the_last_real_contact(self):
        self.company.write({"collections_start_mode": "full", "collections_safe_mode": False})
        invoice = self.create_invoice(100, days_overdue=10)
        with self.mailbox():
            self.run_night()
        line, case = self.get_receivable(invoice), self.get_case()
        self.assertEqual((line.collections_days, line.collections_times), (10, 1))
        real = case.contact_ids
        (real | real).write({"sent_on": real.sent_on - timedelta(days=20)})
        line.write({"date_maturity": self.today - timedelta(days=31)})
        case.last_contact_date = self.today - timedelta(days=20)
        self.company.collections_safe_mode = True
        with self.mailbox():
            self.run_night()
        self.assertEqual(line.collections_days, 30)
        self.company.collections_safe_mode = False
        self.env.invalidate_all()
        self.assertRecordValues(
            line,
            [
                {
                    "collections_days": 10,
                    "collections_times": 1,
                    "collections_step_id": real.step_id.id,
                    "collections_date": real.sent_on.date(),
                }
            ],
        )
        self.assertEqual(invoice.collections_step_id, real.step_id)
        self.assertEqual(case.last_contact_date, real.sent_on.date())
        self.assertEqual(real.state, "sent")

    # -- the switch ------------------------------------------------------------------------------

    def test_nothing_goes_live_before_it_is_ready_and_meant(self):
        self.company.collections_user_id = False
        with self.mailbox(), self.assertRaisesRegex(UserError, "No default collector"):
            self.go_live()
        self.company.collections_user_id = self.manager
        with self.mailbox(), self.assertRaisesRegex(UserError, "Confirm"):
            self.go_live(understood=False)
        self.assertTrue(self.company.collections_safe_mode)
        with self.mailbox():
            self.go_live()
        self.assertFalse(self.company.collections_safe_mode)
        self.assertEqual(self.company.collections_live_on, self.today)

    def test_the_first_week_is_shown_and_nothing_of_it_stays(self):
        self.create_invoice(100, days_overdue=400)
        wizard = self.env["collections.go.live"].with_user(self.manager)
        wizard = wizard.with_company(self.company).create({})
        self.env["collections.ledger"]._refresh(self.company)
        wizard.action_simulate()
        rows = re.findall(r"<tr><td class=''>.*?</tr>", str(wizard.week))
        self.assertEqual(len(rows), 7)
        self.assertEqual([">1<" in row for row in rows], [False] * 3 + [True] + [False] * 3)
        self.assertTrue(self.company.collections_safe_mode)
        self.assertFalse(self.company.collections_live_on)
        self.assertFalse(self.env["collections.contact"].search_count([]))

    def test_only_a_manager_goes_live(self):
        for user in (self.supervisor, self.collector, self.auditor):
            with self.assertRaises(UserError):
                self.env["collections.go.live"].with_user(user).create({})

    # -- set-up ----------------------------------------------------------------------------------

    def open_set_up(self):
        wizard = self.env["collections.onboarding"].with_user(self.manager)
        wizard = wizard.with_company(self.company)
        return wizard.browse(wizard.action_open()["res_id"])

    def test_a_company_is_set_up_step_by_step_and_stays_in_safe_mode(self):
        self.segment.company_id = self.company
        self.create_invoice(900, days_overdue=120)
        self.create_invoice(100, days_overdue=5, debtor=self.create_debtor("Bodega Norte"))
        wizard = self.open_set_up()
        self.assertIn("90 %", wizard.proposal)
        self.assertEqual((wizard.large_count, wizard.large_amount), (1, 900))
        self.assertEqual(
            wizard.strategy_id, self.env.ref("collections_management.collections_strategy_firm")
        )
        wizard.write({"city": "Lima", "street": "Av. Arequipa 100"})
        wizard.action_next()
        self.assertEqual(self.company.city, "Lima")
        wizard.user_id = self.collector
        wizard.action_next()
        self.assertEqual(self.company.collections_user_id, self.collector)
        wizard.write({"strategy_id": self.strategy.id, "add_large": True})
        wizard.action_next()
        large = self.env["collections.segment"].search([("name", "=", "Large debtors")])
        self.assertEqual(self.get_case().segment_id, large)
        with self.mailbox() as box:
            wizard.action_send_test()
        self.assertEqual([m.rcpt_tos for m in box.messages], [[wizard.test_email]])
        self.assertEqual(wizard.test_sent, wizard.test_email)
        wizard.action_next()
        wizard.review_runs = True
        wizard.action_next()
        self.assertTrue(self.company.collections_review_runs)
        self.assertIn("0 contacts", wizard.tonight)
        wizard.action_finish()
        self.assertTrue(self.company.collections_safe_mode)
        self.assertEqual(self.company.collections_set_up_on, self.today)
        again = self.open_set_up()
        self.assertEqual((again.street, again.strategy_id), ("Av. Arequipa 100", self.strategy))

    def test_an_empty_company_is_set_up_too(self):
        wizard = self.open_set_up()
        self.assertIn("No open receivables", wizard.proposal)
        self.assertEqual(wizard.large_count, 0)
        self.assertIn("<li>", wizard.missing)

    def test_a_collector_without_a_role_is_refused_by_name(self):
        wizard = self.open_set_up()
        wizard.action_next()
        wizard.user_id = self.env.ref("base.public_user").sudo().copy({"name": "Nobody"})
        with self.assertRaisesRegex(UserError, "Nobody has no role"):
            wizard.action_next()

    def test_a_test_that_the_server_refuses_says_so(self):
        wizard = self.open_set_up()
        wizard.test_email = "gone@company.example"
        with self.mailbox() as box, mute_logger("odoo.addons.mail.models.mail_mail"):
            box.refuse["gone@company.example"] = "550 no such user"
            with self.assertRaisesRegex(UserError, "did not take it"):
                wizard.action_send_test()


class ForewarningCommon(CollectionsCommon):
    """A company whose one manager is forewarned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"collections_forewarn": True, "collections_forewarn_hour": 0})
        cls.manager.email = "jefa@company.example"
        cls.create_invoice(100, days_overdue=4)
        cls.forewarning = cls.env["collections.forewarning"]
        group = cls.env.ref("collections_management.collections_management_group_manager")
        for user in group.all_user_ids - cls.manager:
            user.company_ids -= cls.company if user.company_id != cls.company else user.company_ids


@tagged("post_install", "-at_install")
class TestForewarning(ForewarningCommon):
    """The e-mail before a run."""

    def forewarn(self):
        with self.mailbox() as box, self.enter_registry_test_mode():
            with self.registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                env["collections.forewarning"]._cron_forewarn()
        return [m.content.decode() for m in box.messages if m.rcpt_tos == [self.manager.email]]

    def test_managers_read_once_a_day_what_will_go_out(self):
        [text] = self.forewarn()
        self.assertIn("/collections/night/", text.replace("=\r\n", "").replace("=\n", ""))
        self.assertIn("Step 3", text)
        self.assertFalse(self.forewarn(), "once a day")
        self.assertFalse(self.env["collections.contact"].search_count([]))

    def test_before_its_hour_and_about_an_empty_night_there_is_silence(self):
        self.company.collections_forewarn_hour = 23.99
        self.assertFalse(self.forewarn())
        self.company.collections_forewarn_hour = 0
        self.env["account.move"].search([("company_id", "=", self.company.id)]).button_draft()
        self.assertFalse(self.forewarn())


@tagged("post_install", "-at_install")
class TestForewarningLink(ForewarningCommon, HttpCase):
    """The page behind the link: it asks, and only its button holds the night back."""

    def get_path(self, user=None, day=None):
        token = self.forewarning._sign(
            self.company,
            user or self.manager,
            day or self.forewarning._get_next_night(self.company),
        )
        return f"/collections/night/{token}"

    def press(self, path, what):
        page = self.url_open(path)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]
        return self.url_open(path, data={"csrf_token": token, "what": what})

    def test_opening_the_link_changes_nothing_and_the_button_holds_the_night(self):
        path, day = self.get_path(), self.forewarning._get_next_night(self.company)
        self.assertIn("Hold it back", self.url_open(path).text)
        self.assertFalse(self.company.collections_hold_night)
        self.assertIn("is held back", self.press(path, "hold").text)
        self.assertEqual(self.company.collections_hold_night, day)
        self.assertIn("goes ahead", self.press(path, "release").text)
        self.assertFalse(self.company.collections_hold_night)

    def test_a_link_pressed_after_the_run_holds_what_has_not_left(self):
        self.company.collections_review_runs = True
        run = self.env["collections.run"]._get_or_create(self.company, "cron")
        self.env["collections.ledger"]._refresh(self.company)
        self.env["collections.segment"]._assign(self.company)
        self.env["collections.planner"]._plan(self.get_case(), run=run)
        run._open_gate()
        contact = self.get_case().contact_ids
        self.assertEqual(contact.state, "awaiting")
        page = self.press(self.get_path(day=self.today), "hold")
        self.assertIn("messages are held", page.text)
        self.assertEqual(contact.state, "held")

    def test_a_forged_link_and_one_of_who_is_no_manager_any_more_are_refused(self):
        path = self.get_path()
        for bad in (path[:-4] + "AAAA", "/collections/night/x", "/collections/night/AQ"):
            with self.subTest(bad):
                self.assertEqual(self.url_open(bad).status_code, 404)
        self.assertEqual(self.url_open(self.get_path(self.supervisor)).status_code, 404)
        self.manager.group_ids -= self.env.ref(
            "collections_management.collections_management_group_manager"
        )
        self.assertEqual(self.url_open(path).status_code, 404)


@tagged("post_install", "-at_install")
class TestClock(CollectionsCommon):
    """A day is a day of the company, wherever its reader sits and whoever runs the job."""

    def test_the_zone_of_a_company(self):
        company = self.company
        company.partner_id.write({"tz": False, "country_id": self.env.ref("base.pe").id})
        self.assertEqual(company._get_collections_zone(), "America/Lima")
        company.partner_id.tz = "America/Bogota"
        self.assertEqual(company._get_collections_zone(), "America/Bogota")
        company.partner_id.write({"tz": False, "country_id": False})
        self.assertEqual(company._get_collections_zone(), self.env.user.tz or "UTC")

    def test_age_holds_and_balances_turn_at_the_companys_midnight(self):
        self.company.partner_id.tz = "America/Lima"
        day = fields.Date.to_date("2026-03-10")
        with freeze_time("2026-03-11 02:00:00"):  # the 10th in Lima
            self.assertEqual(self.env["collections.ledger"]._today(self.company), day)
            invoice = self.create_invoice(
                100, invoice_date=fields.Date.add(day, days=-30),
                invoice_date_due=fields.Date.add(day, days=-5),
            )  # fmt: skip
            self.env["collections.ledger"]._refresh(self.company)
            case = self.get_case()
            reader = case.with_user(self.collector).with_context(tz="Asia/Tokyo")
            self.assertEqual(case.days_past_due, 5)
            line = self.get_receivable(invoice).with_context(tz="Asia/Tokyo")
            self.assertEqual(line.collections_age, 5)
            self.assertEqual(reader.balance_ids.amount_1_30, 100)
            hold = self.env["collections.hold"].create({"case_id": case.id, "date_until": day})
            self.assertEqual(hold.date_from, day)
            self.assertTrue(hold.with_context(tz="Asia/Tokyo").is_active)
            holds = self.env["collections.hold"].with_context(tz="Asia/Tokyo")
            self.assertIn(hold, holds.search([("is_active", "=", True)]))

    def test_a_rehearsal_keeps_the_hour(self):
        self.company.partner_id.tz = "America/Lima"
        with freeze_time("2026-03-11 02:00:00"):
            ledger = self.env["collections.ledger"]
            tonight = ledger._rehearse(self.company, ledger._today(self.company))
            self.assertEqual(str(tonight._now()), "2026-03-11 02:00:00")
            later = ledger._rehearse(self.company, fields.Date.to_date("2026-03-13"))
            self.assertEqual(str(later._now()), "2026-03-14 02:00:00")
            self.assertEqual(later._today(self.company), fields.Date.to_date("2026-03-13"))
