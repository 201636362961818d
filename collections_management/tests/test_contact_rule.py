from datetime import date, datetime, timedelta, timezone
from time import perf_counter

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.collections_management.engine.calendar import Past

MONDAY = datetime(2026, 11, 23, 15)  # 10:00 in Lima


class ContactRuleCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.Rule = cls.env["collections.contact.rule"]
        cls.Rule.search([]).action_archive()
        cls.peru, cls.spain, cls.brazil, cls.usa = (
            cls.env.ref(f"base.{code}") for code in ("pe", "es", "br", "us")
        )
        cls.company = cls.env["res.company"].create({
            "name": "Acreedora", "country_id": cls.peru.id,
        })  # fmt: skip
        cls.company.partner_id.tz = "America/Lima"
        cls.debtor = cls.make_debtor("Deudora SAC", country_id=cls.peru.id, is_company=True)
        cls.rule = cls.make_rule("Office")

    @classmethod
    def make_debtor(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "tz": False, **values})

    @classmethod
    def make_rule(cls, name, **values):
        values.setdefault("window_ids", [Command.create({"hour_from": 9, "hour_to": 18})])
        return cls.Rule.create({"name": name, **values})

    @classmethod
    def get_state(cls, country, code):
        return country.state_ids.filtered(lambda state: state.code == code)

    def match(self, debtor, company=None):
        company = company or self.company
        return self.Rule._match_pairs({1: (company.id, debtor.id)})[1]

    def ask(self, debtor, moment=MONDAY, history=None, channel="email"):
        return self.Rule._get_pair_verdicts(
            {1: (self.company.id, debtor.id)}, {1: channel}, moment, {1: history} if history else {}
        )[1]

    def get_zones(self, debtor):
        return self.Rule.with_company(self.company)._get_zones(debtor)[debtor.id]


@tagged("post_install", "-at_install")
class TestContactRuleMatch(ContactRuleCase):
    def test_the_first_rule_by_sequence_that_fits_decides(self):
        state = self.get_state(self.brazil, "SP")
        countries = [Command.set(self.brazil.ids)]
        rule_sp = self.make_rule(
            "SP", sequence=1, country_ids=countries, state_ids=[Command.set(state.ids)]
        )
        person = self.make_rule("BR", sequence=2, country_ids=countries, partner_kind="person")
        company = self.make_rule("BR Co", sequence=3, country_ids=countries, partner_kind="company")
        cases = [
            ({"state_id": state.id}, rule_sp),
            ({"state_id": self.get_state(self.brazil, "RJ").id}, person),
            ({"is_company": True}, company),
            ({"country_id": self.peru.id}, self.rule),
            ({"country_id": False}, self.rule),
        ]
        for values, expected in cases:
            with self.subTest(expected=expected.name):
                debtor = self.make_debtor("D", **{"country_id": self.brazil.id, **values})
                self.assertEqual(self.match(debtor), expected)
        self.rule.sequence = 0
        self.assertEqual(self.match(debtor), self.rule)

    def test_a_debtor_without_a_country_has_the_rule_of_the_companys_country(self):
        peru = self.make_rule("PE", sequence=1, country_ids=[Command.set(self.peru.ids)])
        self.assertEqual(self.match(self.make_debtor("No country")), peru)

    def test_a_rule_of_one_company_does_not_bind_another(self):
        own = self.make_rule("Own", sequence=1, company_id=self.company.id)
        other = self.env["res.company"].create({"name": "Otra"})
        self.assertEqual(self.match(self.debtor), own)
        self.assertEqual(self.match(self.debtor, other), self.rule)
        pairs = {1: (self.company.id, self.debtor.id), 2: (other.id, self.debtor.id)}
        self.assertEqual(self.Rule._match_pairs(pairs), {1: own, 2: self.rule})

    def test_without_any_rule_contact_is_allowed_at_once(self):
        self.rule.active = False
        verdict = self.ask(self.debtor, datetime(2026, 11, 22, 3))
        self.assertFalse(self.match(self.debtor))
        self.assertEqual(verdict.moment, datetime(2026, 11, 22, 3, tzinfo=timezone.utc))
        self.assertIn("No contact rule applies", self.Rule._explain(verdict))

    def test_nothing_to_ask_is_nothing_to_answer(self):
        self.assertEqual(self.Rule._get_pair_verdicts({}, {}, MONDAY), {})
        self.assertEqual(self.Rule._match_pairs({}), {})


@tagged("post_install", "-at_install")
class TestContactRulePlace(ContactRuleCase):
    def test_the_zone_of_a_debtor_is_that_of_its_place(self):
        canaries = self.get_state(self.spain, "GC")
        cases = [
            ("country of one zone", {"country_id": self.peru.id}, ("America/Lima",)),
            ("several zones", {"country_id": self.spain.id}, ("Europe/Madrid", "Atlantic/Canary")),
            ("narrowed by state", {"country_id": self.spain.id, "state_id": canaries.id},
             ("Atlantic/Canary",)),
            ("its own zone of the country", {"country_id": self.spain.id, "tz": "Africa/Ceuta"},
             ("Africa/Ceuta",)),
            ("the zone of who created it", {"country_id": self.peru.id, "tz": "Europe/Brussels"},
             ("America/Lima",)),
            ("another zone than its state", {
                "country_id": self.spain.id, "state_id": canaries.id, "tz": "Europe/Madrid",
            }, ("Atlantic/Canary",)),
            ("a state of another country", {"country_id": self.peru.id, "state_id": canaries.id},
             ("America/Lima",)),
            ("no country", {"tz": "Europe/Brussels"}, ("America/Lima",)),
        ]  # fmt: skip
        for name, values, expected in cases:
            with self.subTest(name):
                self.assertEqual(self.get_zones(self.make_debtor(name, **values)), expected)

    def test_without_any_country_the_companys_zone_counts_and_then_utc(self):
        self.company.country_id = False
        debtor = self.make_debtor("Nowhere")
        self.assertEqual(self.get_zones(debtor), ("America/Lima",))
        self.company.partner_id.tz = False
        self.assertEqual(self.get_zones(debtor), ("UTC",))

    def test_a_debtor_who_may_be_in_two_zones_is_contacted_when_both_are_open(self):
        debtor = self.make_debtor("ES", country_id=self.spain.id)
        verdict = self.ask(debtor, datetime(2026, 11, 23, 8))  # Madrid 09:00, Canaries 08:00
        self.assertEqual(verdict.moment, datetime(2026, 11, 23, 9, tzinfo=timezone.utc))

    def test_holidays_are_those_of_the_state(self):
        catalonia, sao_paulo = date(2026, 9, 11), date(2026, 7, 9)
        cases = [
            (self.spain, "B", catalonia, True), (self.spain, "M", catalonia, False),
            (self.spain, None, catalonia, False), (self.brazil, "SP", sao_paulo, True),
            (self.brazil, "RJ", sao_paulo, False),
        ]  # fmt: skip
        for country, code, day, expected in cases:
            with self.subTest(country=country.code, state=code):
                state = self.get_state(country, code) if code else self.env["res.country.state"]
                debtor = self.make_debtor("D", country_id=country.id, state_id=state.id)
                checker = self.Rule._get_holiday_checker(self.company, debtor)
                self.assertEqual(bool(checker(day)), expected)

    def test_a_debtor_without_a_country_rests_on_the_companys_holidays(self):
        checker = self.Rule._get_holiday_checker(self.company, self.make_debtor("D"))
        self.assertTrue(checker(date(2026, 7, 28)))
        antarctica = self.make_debtor("A", country_id=self.env.ref("base.aq").id)
        checker = self.Rule._get_holiday_checker(self.company, antarctica)
        self.assertFalse(checker(date(2026, 7, 28)))


@tagged("post_install", "-at_install")
class TestContactRuleVerdict(ContactRuleCase):
    def test_a_contact_at_night_is_held_until_morning_and_says_why(self):
        verdict = self.ask(self.debtor, datetime(2026, 11, 21, 3))  # Friday 22:00 in Lima
        self.assertEqual(verdict.moment, datetime(2026, 11, 23, 14, tzinfo=timezone.utc))
        sentence = self.Rule._explain(verdict)
        for part in ("“Office”", "Mon 23 Nov 2026 09:00", "America/Lima", "outside contact hours",
                     "no contact on Saturday", "no contact on Sunday"):  # fmt: skip
            self.assertIn(part, sentence)

    def test_a_holiday_is_named(self):
        verdict = self.ask(self.debtor, datetime(2026, 12, 25, 15))
        self.assertEqual(verdict.moment, datetime(2026, 12, 28, 14, tzinfo=timezone.utc))
        self.assertIn("holiday on 12/25/2026 (Christmas Day)", self.Rule._explain(verdict))

    def test_every_reason_has_its_words(self):
        self.rule.write({
            "spacing_hours": 24, "one_channel_per_week": True,
            "cap_ids": [Command.create({"limit": 1, "days": 7})],
        })  # fmt: skip
        past = [Past((MONDAY - timedelta(hours=3)).replace(tzinfo=timezone.utc), "sms")]
        sentence = self.Rule._explain(self.ask(self.debtor, history=past))
        self.assertIn("limit of 1 in 7 days reached", sentence)
        for code, data, words in (
            ("spacing", {"hours": 24.0}, "24 hours between contacts"),
            ("other_channel_this_week", {"channel": "sms"}, "reached through sms"),
            ("never", {"days": 60}, "in the next 60 days"),
            ("a code to come", {}, "a code to come"),
        ):
            with self.subTest(code):
                self.assertIn(words, self.Rule._get_reason(code, data))

    def test_a_forbidden_medium_is_refused_and_the_others_are_not(self):
        self.env["collections.channel"].create([
            {"name": "Field", "code": "x_visit", "kind": "task", "medium": "visit"},
            {"name": "Mail", "code": "x_mail", "kind": "email"},
        ])  # fmt: skip
        self.rule.cap_ids = [Command.create({"limit": 0, "days": 30, "medium": "visit"})]
        refused = self.ask(self.debtor, channel="x_visit")
        self.assertIsNone(refused.moment)
        self.assertIn("not allowed", self.Rule._explain(refused))
        allowed = self.ask(self.debtor, channel="x_mail")
        self.assertFalse(allowed.reasons)
        self.assertIn("allowed on Mon 23 Nov 2026 10:00", self.Rule._explain(allowed))

    def test_two_written_channels_share_one_limit(self):
        channels = self.env["collections.channel"].create([
            {"name": name, "code": f"x_{name}", "kind": "email"} for name in ("a", "b", "c")
        ])  # fmt: skip
        past = [Past((MONDAY - timedelta(days=1)).replace(tzinfo=timezone.utc), "x_a")]
        cap = {"limit": 1, "days": 2, "medium": "written"}
        self.rule.cap_ids = [Command.create(cap)]
        self.assertEqual(
            self.ask(self.debtor, history=past, channel="x_b").moment,
            (MONDAY + timedelta(days=1)).replace(tzinfo=timezone.utc),
        )
        self.rule.cap_ids.channel_ids = channels[1:]
        self.assertFalse(self.ask(self.debtor, history=past, channel="x_b").reasons)

    def test_a_night_of_ten_thousand_debtors_costs_few_queries_and_little_time(self):
        partners = self.env["res.partner"].create([
            {"name": f"D{n}", "country_id": (self.peru, self.spain, self.usa)[n % 3].id}
            for n in range(1000)
        ])  # fmt: skip
        pairs = {n: (self.company.id, partners[n % 1000].id) for n in range(10_000)}
        channels = dict.fromkeys(pairs, "email")
        self.Rule._get_pair_verdicts(pairs, channels, MONDAY)  # zones and holidays read once
        self.env.invalidate_all()
        queries = self.env.cr.sql_log_count
        start = perf_counter()
        verdicts = self.Rule._get_pair_verdicts(pairs, channels, MONDAY)
        elapsed = perf_counter() - start
        self.assertEqual(len(verdicts), 10_000)
        self.assertLess(self.env.cr.sql_log_count - queries, 15)
        self.assertLess(elapsed, 1, "linear and shared: far from a verdict for each")


@tagged("post_install", "-at_install")
class TestContactRuleRecord(ContactRuleCase):
    def test_the_summary_reads_as_a_sentence(self):
        self.rule.write({
            "window_ids": [Command.create({
                "monday": False, "tuesday": False, "thursday": False, "friday": False,
                "saturday": True, "hour_from": 8.5, "hour_to": 24,
            })],
            "cap_ids": [
                Command.create({"limit": 1}),
                Command.create({"limit": 2, "days": 7, "medium": "call"}),
                Command.create({"limit": 0, "days": 30, "medium": "visit"}),
            ],
            "spacing_hours": 48, "one_channel_per_week": True,
        })  # fmt: skip
        self.assertEqual(
            self.rule.summary,
            "Wed, Sat 08:30-24:00; Mon-Fri 09:00-18:00; not on holidays; "
            "at most 1 a day (all contacts); at most 2 in 7 days (calls); never: visits; "
            "48 hours between contacts; one channel a week",
        )
        self.rule.holidays_ok = True
        self.assertNotIn("holidays", self.rule.summary)

    def test_the_default_rule_holds_office_hours(self):
        default = self.env.ref("collections_management.collections_contact_rule_default")
        self.assertIn("Mon-Fri 09:00-18:00; not on holidays; at most 1 a day", default.summary)

    def test_a_limit_on_named_channels_names_them(self):
        channel = self.env["collections.channel"].create(
            {"name": "Pigeon", "code": "x_pigeon", "kind": "task"}
        )
        self.rule.cap_ids = [Command.create({"channel_ids": [Command.link(channel.id)]})]
        self.assertIn("at most 1 a day (Pigeon)", self.rule.summary)

    def test_a_rule_that_cannot_work_is_refused_with_its_name(self):
        no_days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), False)
        barcelona = self.get_state(self.spain, "B")
        cases = [
            ("no hours", {"window_ids": []}),
            ("no weekday", {"window_ids": [Command.create(no_days)]}),
            ("less than a minute", {
                "window_ids": [Command.create({"hour_from": 9.0, "hour_to": 9.001})],
            }),
            ("law without citation", {"kind": "law"}),
            ("state of another country", {
                "country_ids": [Command.set(self.peru.ids)],
                "state_ids": [Command.set(barcelona.ids)],
            }),
        ]  # fmt: skip
        for name, values in cases:
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "Broken"):
                self.make_rule("Broken", **values)

    def test_impossible_numbers_are_refused(self):
        cases = [
            {"window_ids": [Command.create({"hour_from": 18, "hour_to": 9})]},
            {"window_ids": [Command.create({"hour_from": -1, "hour_to": 9})]},
            {"window_ids": [Command.create({"hour_from": 9, "hour_to": 25})]},
            {"cap_ids": [Command.create({"limit": -1})]},
            {"cap_ids": [Command.create({"days": 0})]},
            {"cap_ids": [Command.create({"days": 32})]},
            {"spacing_hours": -1},
            {"spacing_hours": 745},
        ]
        for values in cases:
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.make_rule("Broken", **values)

    def test_a_person_may_try_the_rules_on_a_debtor(self):
        with Form(self.env["collections.contact.rule.try"].with_company(self.company)) as form:
            self.assertFalse(form.verdict)
            form.moment = datetime(2026, 11, 21, 3)
            form.partner_id = self.debtor
            self.assertIn("held until Mon 23 Nov 2026 09:00", form.verdict)
            self.assertEqual(form.rule_id, self.rule)
            self.assertEqual(form.zones, "America/Lima")
        self.assertEqual(self.rule.action_try()["target"], "new")


@tagged("post_install", "-at_install")
class TestContactRuleAccess(ContactRuleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(
                cls.env,
                f"rule_{role}",
                f"collections_management.collections_management_group_{role}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for role in ("collector", "supervisor", "manager", "auditor")
        }

    def test_only_a_manager_changes_rules(self):
        for role in ("collector", "supervisor", "auditor"):
            rule = self.rule.with_user(self.users[role])
            with self.subTest(role):
                self.assertTrue(rule.summary)
                for refused in (
                    lambda rule=rule: rule.write({"holidays_ok": True}),
                    lambda rule=rule: rule.unlink(),
                    lambda rule=rule: rule.window_ids.write({"hour_to": 24}),
                    lambda rule=rule: rule.copy(),
                ):
                    with self.assertRaises(AccessError):
                        refused()
        rule = self.rule.with_user(self.users["manager"])
        rule.write({
            "holidays_ok": True, "cap_ids": [Command.create({"limit": 1})],
            "window_ids": [Command.update(rule.window_ids.id, {"hour_to": 24})],
        })  # fmt: skip
        self.assertIn("Mon-Fri 09:00-24:00; at most 1 a day", rule.summary)

    def test_rules_of_another_company_are_out_of_sight(self):
        other = self.env["res.company"].create({"name": "Otra"})
        foreign = self.make_rule("Foreign", company_id=other.id)
        own = self.make_rule("Own", company_id=self.company.id)
        for role, user in self.users.items():
            with self.subTest(role):
                seen = self.Rule.with_user(user).search([])
                self.assertEqual(seen & (foreign | own | self.rule), own | self.rule)
                with self.assertRaises(AccessError):
                    _ = foreign.window_ids.with_user(user).hour_to

    def test_every_role_may_try_the_rules(self):
        for role, user in self.users.items():
            with self.subTest(role):
                trial = self.env["collections.contact.rule.try"].with_user(user).create({
                    "partner_id": self.debtor.id, "moment": MONDAY,
                })  # fmt: skip
                self.assertIn("allowed on Mon 23 Nov 2026 10:00", trial.verdict)
