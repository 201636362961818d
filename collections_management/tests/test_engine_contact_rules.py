"""The shipped contact rules at their boundaries, and over a simulated year."""

import random
from collections import Counter
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo

import holidays

from odoo.tests import BaseCase, tagged

from odoo.addons.collections_management.engine import calendar, places, public_holidays

from .contact_rule_data import MEDIA, get_engine_rule, get_raw_rules

WEEK = "12345"
COLOMBIA = [(WEEK, "07:00", "19:00"), ("6", "08:00", "15:00")]
SATURDAYS = [(WEEK, "08:00", "20:00"), ("6", "08:00", "14:00")]
# Rule, country, state, zone, [(weekdays, from, to)]: copied from the table of the law by hand.
HOURS = [
    ("pe_consumer", "PE", None, "America/Lima", [(WEEK, "07:00", "20:00")]),
    ("pe_business", "PE", None, "America/Lima", [(WEEK, "08:00", "19:00")]),
    ("co_consumer", "CO", None, "America/Bogota", COLOMBIA),
    ("co_business", "CO", None, "America/Bogota", COLOMBIA),
    ("mx_consumer", "MX", "DIF", "America/Mexico_City", [(WEEK, "07:00", "22:00")]),
    ("mx_business", "MX", "DIF", "America/Mexico_City", [(WEEK, "08:00", "20:00")]),
    ("cl_consumer", "CL", "CL-RM", "America/Santiago", [(WEEK + "6", "08:00", "20:00")]),
    ("cl_business", "CL", "CL-RM", "America/Santiago", [(WEEK, "08:00", "20:00")]),
    ("ar_consumer", "AR", None, "America/Argentina/Buenos_Aires", [(WEEK, "09:00", "20:00")]),
    ("ar_business", "AR", None, "America/Argentina/Buenos_Aires", [(WEEK, "09:00", "19:00")]),
    ("br_consumer", "BR", "MG", "America/Sao_Paulo", [(WEEK, "09:00", "19:00")]),
    ("br_sp_consumer", "BR", "SP", "America/Sao_Paulo", SATURDAYS),
    ("br_rj_consumer", "BR", "RJ", "America/Sao_Paulo", [(WEEK, "09:00", "19:00")]),
    ("br_es_consumer", "BR", "ES", "America/Sao_Paulo", [(WEEK, "08:00", "19:00")]),
    ("br_am_consumer", "BR", "AM", "America/Manaus", [(WEEK, "08:00", "19:00")]),
    ("br_al_consumer", "BR", "AL", "America/Sao_Paulo", SATURDAYS),
    ("ec_consumer", "EC", "17", "America/Guayaquil", [(WEEK, "07:00", "20:00")]),
    ("ec_consumer_creditor", "EC", "17", "America/Guayaquil", [(WEEK, "07:00", "20:00")]),
    ("ec_business", "EC", "17", "America/Guayaquil", [(WEEK, "08:00", "18:00")]),
    ("es_consumer", "ES", "M", "Europe/Madrid", [(WEEK, "09:00", "21:00")]),
    ("es_business", "ES", "M", "Europe/Madrid", [(WEEK, "09:00", "19:00")]),
    ("pt_consumer", "PT", "11", "Europe/Lisbon", [(WEEK, "09:00", "20:00")]),
    ("pt_business", "PT", "11", "Europe/Lisbon", [(WEEK, "09:00", "19:00")]),
    ("uk_consumer", "GB", None, "Europe/London", [(WEEK + "6", "09:00", "20:00")]),
    ("uk_business", "GB", None, "Europe/London", [(WEEK, "08:30", "18:00")]),
    ("us_consumer_agency", "US", "NY", "America/New_York", [(WEEK + "67", "08:00", "21:00")]),
    ("us_consumer_creditor", "US", "NY", "America/New_York", [(WEEK + "6", "08:00", "21:00")]),
    ("us_business", "US", "NY", "America/New_York", [(WEEK, "08:00", "18:00")]),
    ("default", "PE", None, "America/Lima", [(WEEK, "09:00", "18:00")]),
]  # fmt: skip
# A holiday of each country on a working day, 2026 (Chile's and Colombia's national days and so on).
HOLIDAYS = {
    "PE": date(2026, 7, 28), "CO": date(2026, 7, 20), "MX": date(2026, 9, 16),
    "CL": date(2026, 9, 18), "AR": date(2026, 5, 25), "BR": date(2026, 9, 7),
    "EC": date(2026, 8, 10), "ES": date(2026, 10, 12), "PT": date(2026, 6, 10),
    "GB": date(2026, 12, 25), "US": date(2026, 11, 26),
}  # fmt: skip
MINUTE = timedelta(minutes=1)
MONDAY = date(2026, 3, 2)  # a week without a holiday in any of these countries


def ask(name, moment, zones, channel="email", history=(), is_holiday=lambda _day: None):
    return calendar.earliest_allowed(
        get_engine_rule(name), moment, channel, zones, is_holiday, history
    )


def at(day, clock, zone):
    return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))


@tagged("post_install", "-at_install")
class TestShippedHours(BaseCase):
    def test_every_shipped_rule_is_in_the_table(self):
        self.assertEqual({row[0] for row in HOURS}, set(get_raw_rules()))

    def test_the_zone_of_the_table_is_where_the_debtor_is(self):
        for name, country, state, zone, _windows in HOURS:
            with self.subTest(name):
                found = places.get_zones(country, state, 2026)
                self.assertIn(zone, found)

    def test_the_minute_before_and_after_each_boundary(self):
        for name, _country, _state, zone, windows in HOURS:
            days = {int(day): (start, end) for wd, start, end in windows for day in wd}
            for number in range(1, 8):
                day = MONDAY + timedelta(days=number - 1)
                with self.subTest(name, weekday=number):
                    self.check_day(name, zone, day, days.get(number))

    def check_day(self, name, zone, day, hours):
        if not hours:
            verdict = ask(name, at(day, "12:00", zone), (zone,))
            self.assertGreater(verdict.moment.astimezone(ZoneInfo(zone)).date(), day)
            self.assertEqual(verdict.reasons[0][0], "weekday")
            return
        start, end = (at(day, clock, zone) for clock in hours)
        for moment, allowed in (
            (start - MINUTE, start), (start, start), (start + MINUTE, start + MINUTE),
            (end - MINUTE, end - MINUTE),
        ):  # fmt: skip
            self.assertEqual(ask(name, moment, (zone,)).moment, allowed)
        for moment in (end, end + MINUTE):
            verdict = ask(name, moment, (zone,))
            self.assertGreater(verdict.moment.astimezone(ZoneInfo(zone)).date(), day)
            self.assertEqual(verdict.reasons[0][0], "outside_hours")

    def test_a_holiday_is_a_day_off_except_where_the_law_knows_none(self):
        for name, country, state, zone, windows in HOURS:
            day = HOLIDAYS[country]
            checker = public_holidays.get_checker(country, places.get_region(country, state))
            noon = at(day, "12:00", zone)
            verdict = ask(name, noon, (zone,), is_holiday=checker)
            with self.subTest(name, holiday=day, windows=windows):
                self.assertIn(str(day.isoweekday()), windows[0][0], "a working day otherwise")
                if name == "us_consumer_agency":
                    self.assertEqual(verdict.moment, noon)
                else:
                    self.assertEqual(verdict.reasons[0][0], "holiday")
                    self.assertGreater(verdict.moment.astimezone(ZoneInfo(zone)).date(), day)

    def test_the_clock_change_moves_the_hours_with_the_debtors_clock(self):
        # the first allowed minute in UTC on a working day before and one after the change
        day = partial(date, 2026)
        cases = [
            ("cl_consumer", "America/Santiago", day(4, 2), "11:00", day(4, 6), "12:00"),
            ("cl_consumer", "America/Santiago", day(9, 4), "12:00", day(9, 7), "11:00"),
            ("us_business", "America/New_York", day(3, 6), "13:00", day(3, 9), "12:00"),
            ("us_consumer_agency", "America/New_York", day(10, 31), "12:00",
             day(11, 1), "13:00"),
            ("uk_consumer", "Europe/London", day(3, 28), "09:00", day(3, 30), "08:00"),
            ("uk_business", "Europe/London", day(10, 23), "07:30", day(10, 26), "08:30"),
            ("es_consumer", "Europe/Madrid", day(3, 27), "08:00", day(3, 30), "07:00"),
            ("pt_consumer", "Europe/Lisbon", day(10, 23), "08:00", day(10, 26), "09:00"),
        ]  # fmt: skip
        for name, zone, before, first, after, second in cases:
            for day, clock in ((before, first), (after, second)):
                with self.subTest(name, day=day):
                    opening = at(day, clock, "UTC")
                    self.assertEqual(ask(name, opening - MINUTE, (zone,)).moment, opening)
                    self.assertEqual(ask(name, opening, (zone,)).reasons, ())

    def test_a_debtor_who_may_be_in_two_zones_is_reached_when_both_are_open(self):
        zones = places.get_zones("ES", None, 2026)
        self.assertEqual(set(zones), {"Europe/Madrid", "Atlantic/Canary"})
        early = at(MONDAY, "09:00", "Europe/Madrid")
        self.assertEqual(
            ask("es_consumer", early, zones).moment, at(MONDAY, "09:00", "Atlantic/Canary")
        )
        late = at(MONDAY, "21:00", "Europe/Madrid")
        self.assertGreater(ask("es_consumer", late, zones).moment, late)


@tagged("post_install", "-at_install")
class TestShippedLimits(BaseCase):
    ZONE = ("America/Bogota",)
    NOON = datetime(2026, 3, 2, 17, tzinfo=timezone.utc)

    def wait(self, name, history, channel, zone=ZONE):
        """Return after how many days a contact at noon is allowed, and the first reason."""
        past = [
            calendar.Past(self.NOON - timedelta(days=days), code, reached)
            for days, code, reached in history
        ]
        verdict = ask(name, self.NOON, zone, channel, past)
        days = (verdict.moment.date() - self.NOON.date()).days
        return days, verdict.reasons[0][0] if verdict.reasons else ""

    def test_chile_one_call_or_visit_a_week_and_two_messages_two_days_apart(self):
        zone = ("America/Santiago",)
        cases = [
            ([(6, "task", True)], "task", 1), ([(7, "task", True)], "task", 0),
            ([(3, "visit", True)], "task", 4), ([(3, "task", True)], "visit", 4),
            ([(3, "task", False)], "task", 0), ([(3, "task", True)], "email", 0),
            ([(1, "email", True)], "email", 1), ([(2, "email", True)], "sms", 0),
            ([(2, "email", True), (5, "sms", True)], "email", 2),
        ]  # fmt: skip
        for history, channel, days in cases:
            with self.subTest(history=history, channel=channel):
                self.assertEqual(self.wait("cl_consumer", history, channel, zone)[0], days)

    def test_colombia_once_a_day_one_channel_a_week_and_no_visits(self):
        self.assertEqual(self.wait("co_consumer", [(0, "email", True)], "email"), (1, "cap"))
        self.assertEqual(
            self.wait("co_consumer", [(3, "email", True)], "task"), (4, "other_channel_this_week")
        )
        self.assertEqual(self.wait("co_consumer", [(3, "task", False)], "email"), (0, ""))
        refused = ask("co_consumer", self.NOON, self.ZONE, "visit")
        self.assertIsNone(refused.moment)
        self.assertIsNotNone(ask("co_business", self.NOON, self.ZONE, "visit").moment)

    def test_united_states_seven_calls_in_seven_days_and_a_week_after_a_conversation(self):
        calls = [(n / 10 + 1, "task", False) for n in range(7)]
        days, reason = self.wait("us_consumer_agency", calls[:6], "task")
        self.assertEqual((days, reason), (0, ""))
        days, reason = self.wait("us_consumer_agency", calls, "task")
        self.assertEqual(reason, "cap")
        self.assertGreater(days, 4)
        self.assertEqual(self.wait("us_consumer_agency", [(6, "task", True)], "task"), (1, "cap"))
        self.assertEqual(self.wait("us_consumer_agency", [(6, "task", True)], "email"), (0, ""))

    def test_ecuador_one_act_a_day_by_any_means(self):
        self.assertEqual(self.wait("ec_consumer", [(0, "task", False)], "email"), (1, "cap"))

    def test_peru_has_hours_and_no_number_of_contacts(self):
        history = [(0, "email", True), (0, "task", True), (1, "email", True)]
        self.assertEqual(self.wait("pe_consumer", history, "email"), (0, ""))


@tagged("post_install", "-at_install")
class TestShippedDuties(BaseCase):
    def test_everybody_is_told_not_to_threaten(self):
        for name, rule in get_raw_rules().items():
            with self.subTest(name):
                self.assertIn("collections_contact_statement_threats", rule["statements"])
                self.assertTrue(rule.get("citation") and rule.get("checked_on"))

    def test_states_come_before_their_country_and_all_before_the_default(self):
        rules = get_raw_rules()
        for name, rule in rules.items():
            sequence = int(rule["sequence"])
            with self.subTest(name):
                if "state_ids" in rule:
                    self.assertLess(sequence, int(rules["br_consumer"]["sequence"]))
                if name != "default":
                    self.assertLess(sequence, int(rules["default"]["sequence"]))

    def test_low_confidence_is_never_called_verified(self):
        confidence = {name: rule["confidence"] for name, rule in get_raw_rules().items()}
        high = {name for name, word in confidence.items() if word == "high"}
        self.assertEqual(
            high,
            {"pe_consumer", "co_consumer", "br_al_consumer", "ec_consumer", "us_consumer_agency"},
        )  # fmt: skip


# Country, state, zone as in the almanac, holiday region; which rule binds a person and a company.
PLACES = [
    ("PE", None, "America/Lima", None, "pe_consumer", "pe_business"),
    ("CO", None, "America/Bogota", None, "co_consumer", "co_business"),
    ("MX", "DIF", "America/Mexico_City", None, "mx_consumer", "mx_business"),
    ("CL", "CL-RM", "America/Santiago", "RM", "cl_consumer", "cl_business"),
    ("AR", "C", "America/Argentina/Buenos_Aires", "C", "ar_consumer", "ar_business"),
    ("BR", "SP", "America/Sao_Paulo", "SP", "br_sp_consumer", "default"),
    ("BR", "AM", "America/Manaus", "AM", "br_am_consumer", "default"),
    ("EC", "17", "America/Guayaquil", None, "ec_consumer_creditor", "ec_business"),
    ("ES", "B", "Europe/Madrid", "CT", "es_consumer", "es_business"),
    ("GB", None, "Europe/London", None, "uk_consumer", "uk_business"),
    ("US", "NY", "America/New_York", "NY", "us_consumer_agency", "us_business"),
]  # fmt: skip


class SlowChecker:
    """What the rules say, written again from the raw data: slow, naive, minute by minute."""

    def __init__(self, name, country, region, zone):
        self.rule = get_raw_rules()[name]
        self.zone = ZoneInfo(zone)
        known = holidays.country_holidays(country)
        self.days_off = holidays.country_holidays(
            country, subdiv=region if region in known.subdivisions else None, years=(2026, 2027)
        )

    def get_faults(self, contacts):
        """Return what is wrong with ``[(moment, channel, reached, judged)]`` of one debtor."""
        faults = []
        for contact in contacts:
            if contact[3]:
                faults += [f"{fault}: {contact}" for fault in self.judge(contact, contacts)]
        return faults

    def judge(self, contact, contacts):
        moment, channel, _reached, _judged = contact
        local = moment.astimezone(self.zone)
        minutes = local.hour * 60 + local.minute
        if not any(
            local.isoweekday() in window["days"]
            and round(window["from"] * 60) <= minutes < round(window["to"] * 60)
            for window in self.rule["windows"]
        ):
            yield "hours"
        if not self.rule.get("holidays_ok") and local.date() in self.days_off:
            yield "holiday"
        for cap in self.rule["caps"]:
            if self.is_over(cap, contact, contacts):
                yield f"cap {cap}"
        if self.rule.get("one_channel_per_week"):
            for other, code, reached, _judged in contacts:
                if reached and code != channel and abs(other - moment) < timedelta(days=7):
                    yield "other channel"

    def is_over(self, cap, contact, contacts):
        """Return whether some stretch of the cap's days that holds the contact holds too many."""
        channels = MEDIA.get(cap.get("medium"))
        if channels and contact[1] not in channels:
            return False
        reached_only = cap.get("count") == "contact"
        counted = sorted(
            other[0]
            for other in contacts
            if other is not contact
            and (not channels or other[1] in channels)
            and (other[2] or not reached_only)
        )
        if cap["days"] == 1:
            day = contact[0].astimezone(self.zone).date()
            same = [moment for moment in counted if moment.astimezone(self.zone).date() == day]
            return len(same) >= cap["limit"]
        period = timedelta(days=cap["days"])
        moments = sorted([*counted, contact[0]])
        return any(
            sum(1 for moment in moments if start <= moment < start + period) > cap["limit"]
            for start in moments
            if start <= contact[0] < start + period
        )


@tagged("post_install", "-at_install")
class TestSimulatedYear(BaseCase):
    DEBTORS = 2000
    LADDER = (-5, 1, 3, 7, 10, 15, 20, 30, 45, 60)
    CHANNELS = ("email", "email", "sms", "letter", "voice", "task")

    def live(self, rng, place, is_company):
        """Return the contacts of one debtor in a year as the nights plan them."""
        country, state, _zone, _region, person, company = place
        rule = get_engine_rule(company if is_company else person)
        zones = places.get_zones(country, state, 2026)
        checker = public_holidays.get_checker(country, places.get_region(country, state))
        contacts, history, refused = [], [], 0
        for _invoice in range(rng.randint(1, 2)):
            due = datetime(2026, 1, 6, tzinfo=timezone.utc) + timedelta(days=rng.randrange(300))
            for days in self.LADDER:
                wanted = due + timedelta(days=days, minutes=rng.randrange(1440))
                channel, reached = rng.choice(self.CHANNELS), rng.random() < 0.8
                if channel == "task" and rng.random() < 0.3:  # a person, who may break a rule
                    contacts.append((wanted, channel, reached, False))
                    history.append(calendar.Past(wanted, channel, reached))
                    continue
                verdict = calendar.earliest_allowed(rule, wanted, channel, zones, checker, history)
                if verdict.moment is None:
                    refused += 1
                    continue
                contacts.append((verdict.moment, channel, True, True))
                history.append(calendar.Past(verdict.moment, channel, True))
        return contacts, refused

    def test_no_automatic_contact_leaves_outside_its_rules(self):
        rng = random.Random(20261126)
        counts = Counter()
        for number in range(self.DEBTORS):
            place = PLACES[number % len(PLACES)]
            is_company = rng.random() < 0.5
            contacts, refused = self.live(rng, place, is_company)
            country, _state, zone, region, person, company = place
            checker = SlowChecker(company if is_company else person, country, region, zone)
            # a person's call after the fact is no fault of what left before it was known
            self.assertFalse(self.get_unforeseen(checker, contacts))
            counts[country] += sum(1 for contact in contacts if contact[3])
            counts["refused"] += refused
        self.assertEqual(len(set(counts) - {"refused"}), 10)
        self.assertGreater(sum(counts.values()), 15_000)
        self.assertLess(counts["refused"], 200)

    def get_unforeseen(self, checker, contacts):
        """Return the faults of each contact against what was known when it was planned."""
        known, faults = [], []
        for contact in contacts:
            known.append(contact)
            if contact[3]:
                faults += [f"{fault}: {contact}" for fault in checker.judge(contact, known)]
        return faults

    def test_the_checker_sees_what_breaks_a_rule(self):
        noon = datetime(2026, 3, 2, 17, tzinfo=timezone.utc)  # Monday, 12:00 in Bogotá
        email = lambda days, code="email": (noon + timedelta(days=days), code, True, True)  # noqa: E731
        checker = SlowChecker("co_consumer", "CO", None, "America/Bogota")
        cases = [
            ("allowed", [email(0), email(1)], 0),
            ("at night", [email(10 / 24)], 1),
            ("on a Sunday", [email(-1)], 1),
            ("on a holiday", [email(21)], 1),
            ("twice a day", [email(0), email(0.01)], 2),
            ("two channels in a week", [email(0), email(2, "sms")], 2),
        ]
        for name, contacts, faults in cases:
            with self.subTest(name):
                self.assertEqual(len(checker.get_faults(contacts)), faults)
        chile = SlowChecker("cl_consumer", "CL", "RM", "America/Santiago")
        self.assertFalse(chile.get_faults([email(0), email(2), email(7)]))
        self.assertTrue(chile.get_faults([email(0), email(1)]))
        self.assertTrue(chile.get_faults([email(0), email(2), email(4)]))
        self.assertTrue(chile.get_faults([email(0, "task"), email(6, "task")]))
