import unittest
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.collections_management.engine import calendar
from odoo.addons.collections_management.engine.calendar import (
    END_OF_DAY,
    Cap,
    Past,
    Rule,
    Window,
)

UTC = timezone.utc
WORKDAYS = frozenset({1, 2, 3, 4, 5})
EVERY_DAY = frozenset(range(1, 8))
OFFICE = (Window(WORKDAYS, time(9), time(18)),)
ALWAYS = (Window(EVERY_DAY, time.min, END_OF_DAY),)
LIMA = ("America/Lima",)
HOLIDAYS = {date(2026, 12, 25): "Navidad", date(2026, 11, 24): "Feriado", date(2026, 3, 9): "H"}


def at(text, zone="UTC"):
    """Return the moment that a clock in `zone` shows, e.g. at('2026-11-23 09:00', zone)."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def codes(verdict):
    return [code for code, _data in verdict.reasons]


def ask(rule, moment, zones=LIMA, history=(), channel="email", **kwargs):
    return calendar.earliest_allowed(rule, moment, channel, zones, HOLIDAYS.get, history, **kwargs)


class TestHours(unittest.TestCase):
    def test_without_a_rule_the_debtor_may_be_contacted_at_once(self):
        moment = at("2026-11-22 03:00")
        self.assertEqual(ask(None, moment), calendar.Verdict(moment, zones=LIMA))

    def test_a_moment_without_a_zone_is_an_error_of_the_caller(self):
        with self.assertRaises(ValueError):
            ask(None, datetime(2026, 11, 22, 3))

    def test_a_debtor_without_a_zone_is_read_in_utc(self):
        verdict = ask(Rule("r", OFFICE), at("2026-11-23 08:59"), zones=())
        self.assertEqual(verdict.moment, at("2026-11-23 09:00"))

    def test_a_contact_waits_for_the_debtors_own_hours(self):
        zone = LIMA[0]
        cases = [
            ("inside", "2026-11-23 10:00", "2026-11-23 10:00", []),
            ("at the opening", "2026-11-23 09:00", "2026-11-23 09:00", []),
            ("too early", "2026-11-23 08:59", "2026-11-23 09:00", ["outside_hours"]),
            ("lunch", "2026-12-01 13:00", "2026-12-01 14:00", ["outside_hours"]),
            ("the end is excluded", "2026-12-01 18:00", "2026-12-02 09:00", ["outside_hours"]),
            ("holiday", "2026-11-24 10:00", "2026-11-25 09:00", ["holiday"]),
            (
                "evening before it",
                "2026-11-23 19:00",
                "2026-11-25 09:00",
                ["outside_hours", "holiday"],
            ),
            ("Saturday", "2026-11-21 10:00", "2026-11-23 09:00", ["weekday"] * 2),
            (
                "Friday evening",
                "2026-11-27 20:00",
                "2026-11-30 09:00",
                ["outside_hours", "weekday", "weekday"],
            ),
            (
                "Christmas and weekend",
                "2026-12-24 18:30",
                "2026-12-28 09:00",
                ["outside_hours", "holiday", "weekday", "weekday"],
            ),
        ]
        rule = Rule(
            "Default",
            (
                Window(WORKDAYS, time(14), time(18)),
                Window(WORKDAYS, time(9), time(13)),
            ),
        )
        for name, asked, expected, why in cases:
            with self.subTest(name):
                verdict = ask(rule, at(asked, zone))
                self.assertEqual(verdict.moment, at(expected, zone))
                self.assertEqual(codes(verdict), why)
                self.assertEqual(verdict.rule, "Default")

    def test_a_rule_may_allow_holidays_and_the_whole_day(self):
        rule = Rule("r", ALWAYS, holidays_ok=True)
        for text in ("2026-12-25 00:00", "2026-12-25 23:59:59.999999"):
            self.assertEqual(ask(rule, at(text)).moment, at(text))

    def test_a_debtor_in_one_of_several_zones_is_contacted_when_all_are_open(self):
        zones = ("Europe/Madrid", "Atlantic/Canary")
        verdict = ask(Rule("r", OFFICE), at("2026-11-23 09:30", "Europe/Madrid"), zones)
        self.assertEqual(verdict.moment, at("2026-11-23 10:00", "Europe/Madrid"))
        self.assertEqual(verdict.reasons, (("outside_hours", {"zone": "Atlantic/Canary"}),))
        evening = ask(Rule("r", OFFICE), at("2026-11-25 18:00", "Europe/Madrid"), zones)
        self.assertEqual(evening.moment, at("2026-11-26 10:00", "Europe/Madrid"))

    def test_a_debtor_whose_zones_share_no_open_hour_is_refused(self):
        zones = ("Europe/Kaliningrad", "Asia/Kamchatka")
        verdict = ask(Rule("r", OFFICE), at("2026-11-23 09:30"), zones)
        self.assertIsNone(verdict.moment)
        self.assertEqual(verdict.reasons[-1], ("never", {"days": 60}))

    def test_a_rule_without_hours_refuses_and_says_so(self):
        verdict = ask(Rule("r", ()), at("2026-11-23 09:30"), horizon_days=3)
        self.assertIsNone(verdict.moment)
        self.assertEqual(codes(verdict), ["weekday", "holiday", "weekday", "weekday", "never"])

    def test_impossible_windows_are_not_accepted(self):
        for weekdays, start, end in (
            (WORKDAYS, time(9), time(9)),
            (WORKDAYS, time(9), time(8)),
            ({0, 1}, time(1), time(2)),
        ):
            with self.subTest(start=start, end=end), self.assertRaises(ValueError):
                Window(frozenset(weekdays), start, end)


class TestClockChange(unittest.TestCase):
    def test_a_window_that_the_clock_skips_opens_at_the_change(self):
        cases = [
            # spring: 02:00 becomes 03:00
            ("Europe/Madrid", "2026-03-29 01:59", time(2, 30), "2026-03-29 03:00"),
            ("America/New_York", "2026-03-08 00:10", time(2, 30), "2026-03-08 03:00"),
            # midnight itself does not exist in Santiago on 6 September: 24:00 becomes 01:00
            ("America/Santiago", "2026-09-05 23:30", time(0, 30), "2026-09-06 01:00"),
            ("America/Santiago", "2026-09-05 23:30", time(8), "2026-09-06 08:00"),
        ]
        for zone, asked, start, expected in cases:
            rule = Rule("r", (Window(EVERY_DAY, start, time(20)),))
            with self.subTest(zone=zone, start=start):
                verdict = ask(rule, at(asked, zone), (zone,))
                self.assertEqual(verdict.moment, at(expected, zone))

    def test_an_hour_that_comes_twice_is_open_twice(self):
        zone = "Europe/Madrid"  # 25 October 2026, 03:00 becomes 02:00
        rule = Rule("r", (Window(EVERY_DAY, time(2), time(2, 30)),))
        second = datetime(2026, 10, 25, 2, 0, fold=1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        verdict = ask(rule, at("2026-10-25 02:40", zone), (zone,))
        self.assertEqual(verdict.moment, second)

    def test_a_change_of_the_clock_does_not_shift_the_opening(self):
        rule = Rule("r", OFFICE)
        for zone, day, opening in (
            ("Europe/Madrid", "2026-10-23", "2026-10-26"),
            ("America/New_York", "2026-10-30", "2026-11-02"),
            ("America/Santiago", "2026-04-03", "2026-04-06"),
            ("America/Santiago", "2026-09-04", "2026-09-07"),
        ):
            with self.subTest(zone=zone, day=day):
                verdict = ask(rule, at(f"{day} 18:00", zone), (zone,))
                self.assertEqual(verdict.moment, at(f"{opening} 09:00", zone))

    def test_the_last_evening_hour_of_santiago_that_repeats_stays_open(self):
        zone = "America/Santiago"  # Saturday 4 April 2026, 24:00 becomes 23:00
        rule = Rule("r", (Window(frozenset({6}), time(20), END_OF_DAY),))
        again = datetime(2026, 4, 4, 23, 59, fold=1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        self.assertEqual(ask(rule, again, (zone,)).moment, again)


class TestCaps(unittest.TestCase):
    def test_a_full_day_waits_for_the_debtors_next_day(self):
        rule = Rule("r", OFFICE, caps=(Cap(1, 1),))
        # 23:30 in Lima is the next day in UTC: it is the debtor's date that counts
        late = (Past(at("2026-11-25 23:30", LIMA[0]), "sms"),)
        asked = at("2026-11-26 10:00", LIMA[0])
        self.assertEqual(ask(rule, asked, history=late).moment, asked)
        same = (Past(at("2026-11-26 09:00", LIMA[0]), "sms"),)
        verdict = ask(rule, asked, history=same)
        self.assertEqual(verdict.moment, at("2026-11-27 09:00", LIMA[0]))
        self.assertEqual(codes(verdict), ["cap"])

    def test_a_rolling_cap_frees_when_the_oldest_contact_leaves_the_period(self):
        rule = Rule("r", ALWAYS, caps=(Cap(2, 7),))
        history = [Past(at(text), "email") for text in ("2026-11-04 10:00", "2026-11-02 10:00")]
        verdict = ask(rule, at("2026-11-05 10:00"), history=history)
        self.assertEqual(verdict.moment, at("2026-11-09 10:00"))
        data = {"limit": 2, "days": 7, "channels": [], "count": "attempt"}
        self.assertEqual(verdict.reasons, (("cap", data),))

    def test_contacts_far_apart_do_not_fill_a_rolling_cap(self):
        rule = Rule("r", ALWAYS, caps=(Cap(2, 7),))
        history = [Past(at(text), "email") for text in ("2026-11-02 10:00", "2026-11-09 10:00")]
        moment = at("2026-11-09 11:00")
        self.assertEqual(ask(rule, moment, history=history).moment, moment)

    def test_a_contact_planned_for_later_counts_too(self):
        rule = Rule("r", ALWAYS, caps=(Cap(1, 7),), spacing_hours=24)
        history = [Past(at("2026-11-05 10:00"), "email")]
        verdict = ask(rule, at("2026-11-04 10:00"), history=history)
        self.assertEqual(verdict.moment, at("2026-11-12 10:00"))

    def test_a_cap_counts_only_its_own_channels(self):
        history = (Past(at("2026-11-05 09:00"), "voice"),)
        moment = at("2026-11-05 10:00")
        cases = [
            ("all together", None, "email", False),
            ("the same one", "voice", "voice", False),
            ("another one planned", "voice", "email", True),
            ("another one done", "email", "email", True),
            ("one of a set", frozenset({"voice", "visit"}), "visit", False),
            ("outside a set", frozenset({"voice", "visit"}), "email", True),
        ]
        for name, capped, channel, free in cases:
            rule = Rule("r", ALWAYS, caps=(Cap(1, 7, capped),))
            with self.subTest(name):
                verdict = ask(rule, moment, history=history, channel=channel)
                self.assertEqual(verdict.moment == moment, free)

    def test_a_cap_on_contacts_ignores_tries_that_reached_nobody(self):
        history = (Past(at("2026-11-05 09:00"), "email", reached=False),)
        moment = at("2026-11-05 10:00")
        for count, free in (("attempt", False), ("contact", True)):
            rule = Rule("r", ALWAYS, caps=(Cap(1, 1, count=count),))
            with self.subTest(count):
                verdict = ask(rule, moment, history=history)
                self.assertEqual(verdict.moment == moment, free)

    def test_a_cap_of_zero_forbids_the_channel(self):
        rule = Rule("No visits", ALWAYS, caps=(Cap(0, 30, "visit"),))
        moment = at("2026-11-05 10:00")
        verdict = ask(rule, moment, channel="visit")
        self.assertIsNone(verdict.moment)
        self.assertEqual(codes(verdict), ["cap", "never"])
        self.assertEqual(ask(rule, moment).moment, moment)

    def test_a_month_that_is_full_beyond_the_horizon_is_refused(self):
        rule = Rule("r", ALWAYS, caps=(Cap(1, 30),))
        history = (Past(at("2026-11-05 09:00"), "email"),)
        moment = at("2026-11-06 09:00")
        self.assertIsNone(ask(rule, moment, history=history, horizon_days=28).moment)
        verdict = ask(rule, moment, history=history, horizon_days=29)
        self.assertEqual(verdict.moment, at("2026-12-05 09:00"))

    def test_two_contacts_keep_their_distance(self):
        rule = Rule("r", OFFICE, spacing_hours=48)
        history = (Past(at("2026-11-26 09:30", LIMA[0]), "sms"),)
        verdict = ask(rule, at("2026-11-27 10:00", LIMA[0]), history=history)
        self.assertEqual(verdict.moment, at("2026-11-30 09:00", LIMA[0]))
        self.assertEqual(codes(verdict), ["spacing", "weekday", "weekday"])

    def test_another_channel_waits_a_week_after_one_that_reached_the_debtor(self):
        rule = Rule("r", ALWAYS, one_channel_per_week=True)
        moment = at("2026-11-05 10:00")
        free = at("2026-11-10 10:00")
        cases = [
            ("other channel", Past(at("2026-11-03 10:00"), "whatsapp"), free),
            ("same channel", Past(at("2026-11-03 10:00"), "email"), moment),
            ("not reached", Past(at("2026-11-03 10:00"), "whatsapp", reached=False), moment),
        ]
        for name, past, expected in cases:
            with self.subTest(name):
                self.assertEqual(ask(rule, moment, history=(past,)).moment, expected)


ZONES = (
    "America/Lima",
    "America/Santiago",
    "Europe/Madrid",
    "America/New_York",
    "Atlantic/Canary",
    "Australia/Lord_Howe",
)
# around ordinary days and around the clock changes of these zones
STARTS = (
    datetime(2026, 3, 7),
    datetime(2026, 3, 28),
    datetime(2026, 4, 3),
    datetime(2026, 9, 4),
    datetime(2026, 10, 2),
    datetime(2026, 10, 23),
    datetime(2026, 10, 31),
)
CHANNELS = st.sampled_from(["email", "sms", "voice"])
CLOCKS = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
MOMENTS = st.builds(
    lambda start, minutes: (start + timedelta(minutes=minutes)).replace(tzinfo=UTC),
    st.sampled_from(STARTS),
    st.integers(0, 3 * 1440),
)


@st.composite
def windows(draw):
    start, end = draw(CLOCKS), draw(st.one_of(CLOCKS, st.just(END_OF_DAY)))
    if not start < end:
        start, end = time.min, draw(st.just(time(23, 45)))
    return Window(draw(st.frozensets(st.integers(1, 7), min_size=3)), start, end)


CAPS = st.builds(
    Cap,
    st.integers(1, 3),
    st.sampled_from([1, 2, 7]),
    st.one_of(st.none(), CHANNELS, st.frozensets(CHANNELS)),
    st.sampled_from(["attempt", "contact"]),
)
RULES = st.builds(
    Rule,
    st.just("r"),
    st.lists(windows(), min_size=1, max_size=2).map(tuple),
    st.booleans(),
    st.lists(CAPS, max_size=2).map(tuple),
    st.sampled_from([0, 0.5, 24, 48]),
    st.booleans(),
)
ZONE_SETS = st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True).map(tuple)
HISTORIES = st.lists(st.builds(Past, MOMENTS, CHANNELS, st.booleans()), max_size=4)
FACTS = st.tuples(RULES, MOMENTS, CHANNELS, ZONE_SETS, st.just(HOLIDAYS.get), HISTORIES)


def is_open(rule, moment, zone):
    """Tell anew, in the plainest words, whether a wall clock allows the moment."""
    local = moment.astimezone(ZoneInfo(zone))
    if not rule.holidays_ok and HOLIDAYS.get(local.date()):
        return False
    return any(
        local.isoweekday() in window.weekdays
        and window.start <= local.time()
        and (local.time() < window.end or window.end == END_OF_DAY)
        for window in rule.windows
    )


def breaks_cap(cap, moment, channel, zones, history):
    """Tell whether adding the moment gives some period more contacts than its limit."""
    covered = calendar.Cap.covers
    if not covered(cap, channel):
        return False
    counted = [
        past.moment
        for past in history
        if covered(cap, past.channel) and (past.reached or cap.count == "attempt")
    ]
    if cap.days == 1:
        return any(
            sum(
                one.astimezone(ZoneInfo(zone)).date() == moment.astimezone(ZoneInfo(zone)).date()
                for one in counted
            )
            >= cap.limit
            for zone in zones
        )
    period = timedelta(days=cap.days)
    every = [*counted, moment]
    return any(
        first <= moment < first + period
        and sum(first <= one < first + period for one in every) > cap.limit
        for first in every
    )


def is_allowed(rule, moment, channel, zones, history):
    spacing = timedelta(hours=rule.spacing_hours)
    week = timedelta(days=7)
    return (
        all(is_open(rule, moment, zone) for zone in zones)
        and all(abs(moment - past.moment) >= spacing for past in history)
        and not any(breaks_cap(cap, moment, channel, zones, history) for cap in rule.caps)
        and not (
            rule.one_channel_per_week
            and any(
                past.reached and past.channel != channel and abs(moment - past.moment) < week
                for past in history
            )
        )
    )


class TestCalendarProperties(unittest.TestCase):
    @settings(deadline=None, max_examples=300)
    @given(FACTS)
    def test_what_is_allowed_keeps_every_limit_and_stays_allowed(self, facts):
        rule, moment, channel, zones, holidays, history = facts
        verdict = calendar.earliest_allowed(*facts)
        if verdict.moment is None:
            self.assertEqual(verdict.reasons[-1][0], "never")
            return
        self.assertGreaterEqual(verdict.moment, moment)
        self.assertEqual(verdict.moment == moment, not verdict.reasons)
        self.assertTrue(is_allowed(rule, verdict.moment, channel, zones, history))
        again = calendar.earliest_allowed(rule, verdict.moment, channel, zones, holidays, history)
        self.assertEqual(again.moment, verdict.moment)
        self.assertFalse(again.reasons)

    @settings(deadline=None, max_examples=200)
    @given(FACTS, st.integers(0, 5000))
    def test_asking_later_never_gives_an_earlier_moment(self, facts, minutes):
        rule, moment, *others = facts
        first = calendar.earliest_allowed(*facts).moment
        later = calendar.earliest_allowed(rule, moment + timedelta(minutes=minutes), *others)
        if first and later.moment:
            self.assertGreaterEqual(later.moment, first)

    @settings(deadline=None, max_examples=60)
    @given(FACTS)
    def test_no_earlier_minute_was_allowed(self, facts):
        rule, moment, channel, zones, _holidays, history = facts
        found = calendar.earliest_allowed(*facts).moment
        minute = moment
        until = min(found or datetime.max.replace(tzinfo=UTC), moment + timedelta(days=2))
        while minute < until:
            self.assertFalse(is_allowed(rule, minute, channel, zones, history), minute)
            minute += timedelta(minutes=1)
