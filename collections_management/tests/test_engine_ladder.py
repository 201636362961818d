import sys
import unittest
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.addons.collections_management.engine import ladder
from odoo.addons.collections_management.engine.ladder import (
    Decision,
    Facts,
    Hold,
    Ladder,
    Receivable,
    Rung,
)

TODAY = date(2026, 6, 15)
PEN, USD = 1, 2


def day(offset):
    return TODAY + timedelta(days=offset)


def owed(id_, age, residual=100.0, currency=PEN, position=None, **values):
    """Return a receivable so many days past due; by default its rung spoke once, on time."""
    if position is not None:
        values = {"done_on": day(position - age), "times": 1} | values
    return Receivable(id_, day(-age), currency, residual, position, **values)


def rungs(*days, mandatory=()):
    """Return one rung per day; a rung has its day as identifier."""
    return tuple(Rung(days_, days_, days_ in mandatory) for days_ in days)


STEPS = Ladder(rungs(-7, -2, 5, 15, 30), quiet_days=3)


def ask(*receivables, steps=STEPS, today=TODAY, **facts):
    return ladder.decide(steps, Facts(tuple(receivables), **facts), today=today)


def spoken(decision):
    """Return what a decision says, in short: (rung, carrier, covered), or the reason of silence."""
    if not decision.speak:
        return decision.reason
    return decision.rung.days, decision.carrier, decision.covered


class LadderCase(unittest.TestCase):
    def check(self, cases, **facts):
        """Check a table of ``(name, receivables, extra facts, what is said)``."""
        for name, receivables, extra, expected in cases:
            with self.subTest(name):
                self.assertEqual(spoken(ask(*receivables, **facts, **extra)), expected)


class TestNetting(LadderCase):
    def test_credits_net_the_case_and_at_or_under_the_tolerance_there_is_silence(self):
        said = (5, 1, (1,))
        quiet = "within_tolerance"
        self.check(
            [
                ("no credit", [owed(1, 5)], {}, said),
                ("credit short by a cent", [owed(1, 5)], {"credits": {PEN: 99.99}}, said),
                ("credit of the same amount", [owed(1, 5)], {"credits": {PEN: 100}}, quiet),
                ("credit above it", [owed(1, 5)], {"credits": {PEN: 5000}}, quiet),
                ("at the tolerance", [owed(1, 5)], {"tolerance": {PEN: 100}}, quiet),
                ("a cent above it", [owed(1, 5, 100.01)], {"tolerance": {PEN: 100}}, said),
                (
                    "credit down to the tolerance",
                    [owed(1, 5)],
                    {"credits": {PEN: 90}, "tolerance": {PEN: 10}},
                    quiet,
                ),
                ("a credit in another currency", [owed(1, 5)], {"credits": {USD: 100}}, said),
                ("a tolerance of another currency", [owed(1, 5)], {"tolerance": {USD: 1e6}}, said),
                (
                    "tenths that no float holds",
                    [owed(1, 5, 0.1), owed(2, 4, 0.2)],
                    {"credits": {PEN: 0.3}},
                    quiet,
                ),
                (
                    "a tenth of a mill of a currency with four decimals",
                    [owed(1, 5, 0.0001)],
                    {},
                    said,
                ),
                (
                    "many small ones against one credit",
                    [owed(id_, 5, 0.07) for id_ in range(1, 101)],
                    {"credits": {PEN: 7.0}},
                    quiet,
                ),
            ]
        )

    def test_nothing_open_is_nothing_to_say(self):
        self.check(
            [
                ("no receivable", [], {}, "nothing_open"),
                ("paid to the cent", [owed(1, 5, 0.0)], {}, "nothing_open"),
                ("minus nothing", [owed(1, 5, -0.0)], {}, "nothing_open"),
                ("an amount in favour", [owed(1, 5, -50.0)], {}, "nothing_open"),
                ("paid, not due", [owed(1, -2, 0.0)], {}, "nothing_open"),
                ("held, but owes nothing", [], {"holds": (Hold("pause"),)}, "nothing_open"),
            ]
        )

    def test_what_is_paid_neither_drives_nor_is_covered(self):
        self.check(
            [
                ("the oldest", [owed(1, 40, 0.0), owed(2, 5)], {}, (5, 2, (2,))),
                ("a rider", [owed(1, 15), owed(2, 5, -1.0)], {}, (15, 1, (1,))),
                ("before the due date", [owed(1, -2, 0.0), owed(2, -2)], {}, (-2, 2, (2,))),
            ]
        )

    def test_huge_amounts_are_netted_to_the_last_digit_a_float_can_tell(self):
        parts = [owed(id_, 5, 1e12 / 3) for id_ in (1, 2, 3)]
        self.check(
            [
                ("a trillion covered", parts, {"credits": {PEN: 1e12 - 1e-3}}, "within_tolerance"),
                ("ten short", parts, {"credits": {PEN: 1e12 - 10}}, (5, 1, (1, 2, 3))),
                ("more than any bank holds", [owed(1, 5, 1e300)], {}, (5, 1, (1,))),
            ]
        )
        self.assertEqual(ladder.excess(parts, Facts(credits={PEN: 1e12 - 10})), {PEN: 10.0})

    def test_each_currency_is_netted_on_its_own(self):
        soles, dollars = owed(1, 30), owed(2, 15, currency=USD)
        self.check(
            [
                ("both owed", [soles, dollars], {}, (30, 1, (1, 2))),
                ("older covered", [soles, dollars], {"credits": {PEN: 100}}, (15, 2, (2,))),
                ("younger covered", [soles, dollars], {"credits": {USD: 100}}, (30, 1, (1,))),
                (
                    "both covered",
                    [soles, dollars],
                    {"credits": {PEN: 100, USD: 100}},
                    "within_tolerance",
                ),
            ]
        )

    def test_a_credit_counts_against_what_nothing_holds(self):
        disputed = owed(1, 30, hold=Hold("dispute", day(9)))
        decision = ask(disputed, owed(2, 15), credits={PEN: 100})
        self.assertEqual((decision.reason, decision.until), ("within_tolerance", day(10)))


class TestPreventive(LadderCase):
    def test_a_reminder_comes_before_or_on_the_due_date_and_groups_what_is_due_for_one(self):
        on_the_day = Ladder(rungs(-7, 0, 5))
        self.check(
            [
                ("too early", [owed(1, -8)], {}, "not_due"),
                ("first rung", [owed(1, -7)], {}, (-7, 1, (1,))),
                ("nearest one speaks", [owed(1, -7), owed(2, -2)], {}, (-2, 2, (2, 1))),
                ("oldest drives", [owed(2, -2), owed(1, -2)], {}, (-2, 1, (1, 2))),
                ("said already", [owed(1, -5, position=-7)], {}, "not_due"),
                ("said to one", [owed(1, -5, position=-7), owed(2, -6)], {}, (-7, 2, (2,))),
                ("on the due date", [owed(1, 0)], {"steps": on_the_day}, (0, 1, (1,))),
                ("the day after", [owed(1, 1)], {"steps": on_the_day}, "between_steps"),
            ]
        )

    def test_nobody_is_reminded_while_anything_is_overdue(self):
        soon, late = owed(1, -2), owed(2, 1)
        self.check(
            [
                ("a day overdue", [soon, late], {}, "between_steps"),
                ("in another currency", [soon, owed(2, 1, currency=USD)], {}, "between_steps"),
                ("disputed", [soon, owed(2, 9, hold=Hold("dispute"))], {}, "held"),
                ("ladder done", [soon, owed(2, 90, position=30)], {}, "ladder_done"),
                ("covered by credit", [soon, late], {"credits": {PEN: 100}}, (-2, 1, (1,))),
                ("too small", [soon, owed(2, 1, 3.0)], {"tolerance": {PEN: 3}}, (-2, 1, (1,))),
            ]
        )

    def test_what_credits_cover_is_not_reminded(self):
        self.check(
            [
                ("covered", [owed(1, -2)], {"credits": {PEN: 100}}, "within_tolerance"),
                ("in part", [owed(1, -2)], {"credits": {PEN: 60}}, (-2, 1, (1,))),
                (
                    "one currency covered",
                    [owed(1, -2), owed(2, -2, currency=USD)],
                    {"credits": {PEN: 100}},
                    (-2, 2, (2,)),
                ),
                (
                    "the credit goes to the overdue first",
                    [owed(1, 3, 40.0), owed(2, -2, 80.0)],
                    {"credits": {PEN: 100}},
                    (-2, 2, (2,)),
                ),
                (
                    "but not to what is disputed",
                    [owed(1, 3, 40.0, hold=Hold("dispute")), owed(2, -2, 80.0)],
                    {"credits": {PEN: 100}},
                    "within_tolerance",
                ),
            ]
        )

    def test_a_held_receivable_is_not_reminded(self):
        hold = Hold("no_followup", day(1))
        self.check(
            [
                ("it alone", [owed(1, -2, hold=hold)], {}, "held"),
                ("it rides not", [owed(1, -2, hold=hold), owed(2, -2)], {}, (-2, 2, (2,))),
                ("others wait", [owed(1, -2, hold=hold), owed(2, -9)], {}, "not_due"),
            ]
        )

    def test_a_reminder_is_repeated_as_often_as_the_rung_says_and_never_after_the_due_date(self):
        steps = Ladder((Rung(1, -10, repeat_every=4, repeat_limit=2), Rung(2, 5)))
        for age, times, expected in [
            (-7, 1, ("not_due", 0, day(1))),
            (-6, 1, ("preventive", 1, None)),
            (-2, 2, ("preventive", 2, None)),
            (-1, 3, ("not_due", 0, day(2))),
            (5, 2, ("step_due", 0, None)),
        ]:
            with self.subTest(age=age, times=times):
                done_on = day(-10 - age + 4 * (times - 1))
                item = owed(1, age, position=-10, times=times, done_on=done_on)
                decision = ask(item, steps=steps)
                found = (decision.reason, decision.repetition, decision.until)
                self.assertEqual(found, expected)


class TestCarrier(LadderCase):
    def test_the_oldest_overdue_receivable_drives_and_the_others_ride_along(self):
        self.check(
            [
                ("alone", [owed(1, 15)], {}, (15, 1, (1,))),
                ("oldest first", [owed(1, 5), owed(2, 16)], {}, (15, 2, (2, 1))),
                ("same day, first made", [owed(2, 5), owed(1, 5)], {}, (5, 1, (1, 2))),
                ("a rider of one day", [owed(1, 5), owed(2, 1)], {}, (5, 1, (1, 2))),
                ("not due rides not", [owed(1, 5), owed(2, 0)], {}, (5, 1, (1,))),
                (
                    "the others wait with it",
                    [owed(1, 20, position=15), owed(2, 6)],
                    {},
                    "between_steps",
                ),
            ]
        )

    def test_what_is_held_neither_drives_nor_rides(self):
        held = Hold("dispute", TODAY)
        self.check(
            [
                ("oldest", [owed(1, 30, hold=held), owed(2, 5)], {}, (5, 2, (2,))),
                ("rider", [owed(1, 30), owed(2, 5, hold=held)], {}, (30, 1, (1,))),
                ("ended", [owed(1, 30, hold=Hold("dispute", day(-1)))], {}, (30, 1, (1,))),
            ]
        )

    def test_those_that_rode_along_climb_by_their_own_age(self):
        firm = Ladder(rungs(-7, -2, 5, 15, 20, 30, mandatory=(15,)))
        said = {rung.days: rung for rung in firm.rungs}
        for name, item, rung, carrier, expected in [
            ("the carrier stands on what was said", owed(1, 33), 30, 1, (30, 1)),
            ("as far as its age allows", owed(2, 6), 15, 1, (5, 1)),
            ("not above what was said", owed(2, 14), 5, 1, (5, 1)),
            ("too young for any", owed(2, 1), 15, 1, (None, 0)),
            ("over the mandatory rung that was said", owed(2, 17), 15, 1, (15, 1)),
            ("never over one that was not", owed(2, 29), 30, 1, (5, 1)),
            ("nor when it had heard it before", owed(2, 29, position=15), 30, 1, (20, 1)),
            ("it keeps what it has", owed(2, 16, position=5), 5, 1, (5, 2)),
            ("nobody climbs down, riding", owed(2, 40, position=30), 15, 1, (30, 1)),
            ("nobody climbs down, driving", owed(1, 40, position=30), 15, 1, (30, 1)),
            ("a reminder, by age", owed(2, -6), -2, 1, (-7, 1)),
            ("no reminder once overdue", owed(2, 3), 5, 1, (None, 0)),
            ("a rung counted from nothing", owed(1, 33, position=30, times=0), 30, 1, (30, 2)),
            ("two channels, one day", owed(1, 30, position=30, done_on=TODAY), 30, 1, (30, 1)),
        ]:
            with self.subTest(name):
                found = ladder.advance(firm, item, said[rung], carrier=carrier, today=TODAY)
                self.assertEqual(found, expected)


class TestCatchUp(LadderCase):
    def test_a_debt_that_comes_late_goes_to_the_latest_rung_or_takes_each_in_turn(self):
        each = replace(STEPS, catch_up="each")
        self.check(
            [
                ("latest", [owed(1, 40)], {}, (30, 1, (1,))),
                ("latest, from a rung", [owed(1, 40, position=5)], {}, (30, 1, (1,))),
                ("each", [owed(1, 40)], {"steps": each}, (5, 1, (1,))),
                ("each, next", [owed(1, 40, position=5)], {"steps": each}, (15, 1, (1,))),
                ("each reminder", [owed(1, -1)], {"steps": each}, (-7, 1, (1,))),
            ]
        )

    def test_a_mandatory_rung_is_never_jumped_over(self):
        steps = Ladder(rungs(-7, -2, 5, 15, 20, 30, 40, mandatory=(-7, 15, 30)))
        self.check(
            [
                ("spoken first", [owed(1, 50)], {}, (15, 1, (1,))),
                ("then the next", [owed(1, 50, position=15)], {}, (30, 1, (1,))),
                ("then the latest", [owed(1, 50, position=30)], {}, (40, 1, (1,))),
                ("not reached", [owed(1, 14)], {}, (5, 1, (1,))),
                ("a reminder", [owed(1, -1)], {}, (-7, 1, (1,))),
                ("overdue, reminders are past", [owed(1, 5)], {}, (5, 1, (1,))),
            ],
            steps=steps,
        )

    def test_a_released_hold_resumes_where_it_stopped(self):
        item = owed(1, 16, position=5, hold=Hold("dispute", day(-1)))
        self.check(
            [
                ("the rung it missed", [item], {}, (15, 1, (1,))),
                ("no rung missed", [replace(item, position=15)], {}, "between_steps"),
                (
                    "the whole case",
                    [owed(1, 16, position=5)],
                    {"holds": (Hold("pause", day(-1)),)},
                    (15, 1, (1,)),
                ),
            ]
        )

    def test_another_strategy_goes_on_from_the_same_height(self):
        other = Ladder(rungs(3, 10, 22, 45))
        self.check(
            [
                ("next rung above", [owed(1, 23, position=15)], {}, (22, 1, (1,))),
                ("not again below", [owed(1, 21, position=15)], {}, "between_steps"),
                ("higher than its top", [owed(1, 70, position=60)], {}, "ladder_done"),
                ("from a reminder", [owed(1, 4, position=-7)], {}, (3, 1, (1,))),
                ("due date put off", [owed(1, -3, position=15)], {}, "not_due"),
            ],
            steps=other,
        )


class TestGentleStart(LadderCase):
    """A debt older than the system climbs as if it fell due on the day it enters."""

    def entered(self, age, since, **values):
        return replace(owed(1, age, **values), entry=day(-since))

    def test_the_ladder_counts_from_the_entry(self):
        formal = Ladder(rungs(-7, 5, 15, mandatory=(15,)), quiet_days=3)
        for name, item, steps, expected in [
            ("on the day it enters", self.entered(400, 0), STEPS, "between_steps"),
            ("before its first step", self.entered(400, 4), STEPS, "between_steps"),
            ("the first step, not the last", self.entered(400, 5), STEPS, (5, 1, (1,))),
            ("no formal notice at once", self.entered(400, 5), formal, (5, 1, (1,))),
            ("without it, the formal notice", owed(1, 400), formal, (15, 1, (1,))),
            ("it climbs on", self.entered(400, 15, position=5), STEPS, (15, 1, (1,))),
            ("enters in the future", self.entered(400, -3), STEPS, "between_steps"),
        ]:
            with self.subTest(name):
                self.assertEqual(spoken(ask(item, steps=steps)), expected)

    def test_the_wait_is_told_from_the_entry(self):
        self.assertEqual(ask(self.entered(400, 2)).until, day(3))

    def test_an_entry_before_the_due_date_changes_nothing(self):
        self.assertEqual(spoken(ask(replace(owed(1, 5), entry=day(-300)))), (5, 1, (1,)))

    def test_riding_along_it_climbs_as_far_as_its_entry_allows(self):
        item = self.entered(400, 6)
        said = ladder.advance(STEPS, item, STEPS.rungs[-1], carrier=2, today=TODAY)
        self.assertEqual(said, (5, 1))
        old = ladder.advance(STEPS, owed(1, 400), STEPS.rungs[-1], carrier=2, today=TODAY)
        self.assertEqual(old, (30, 1))

    def test_repetitions_of_what_never_spoke_count_from_the_entry(self):
        steps = Ladder((Rung(5, 5, repeat_every=10, repeat_limit=2),), quiet_days=0)
        item = replace(self.entered(400, 9), position=5, times=1)
        self.assertEqual(ask(item, steps=steps).until, day(1))


class TestQuietDays(LadderCase):
    def test_a_case_is_left_in_peace_between_two_contacts(self):
        item = owed(1, 15)
        for name, contact, event, until in [
            ("never contacted", None, None, None),
            ("never contacted, paid", None, 0, None),
            ("today", 0, None, 3),
            ("two days ago", -2, None, 1),
            ("three days ago", -3, None, None),
            ("paid since", -9, -1, 2),
            ("paid today", -9, 0, 3),
            ("paid long since", -9, -3, None),
            ("paid before", -2, -8, 1),
            ("paid the same day", -2, -2, 1),
            ("a payment dated ahead is none yet", -9, 30, None),
        ]:
            with self.subTest(name):
                decision = ask(
                    item,
                    last_contact=contact if contact is None else day(contact),
                    last_event=event if event is None else day(event),
                )
                found = decision.reason, decision.until
                expected = ("quiet", day(until)) if until else ("step_due", None)
                self.assertEqual(found, expected)

    def test_reminders_keep_the_quiet_days_too(self):
        self.check([("reminder", [owed(1, -2)], {"last_contact": day(-1)}, "quiet")])

    def test_without_quiet_days_a_case_is_still_contacted_at_most_once_a_day(self):
        steps = replace(STEPS, quiet_days=0, catch_up="each")
        self.check(
            [
                ("same day", [owed(1, 40)], {"last_contact": TODAY}, "quiet"),
                ("next day", [owed(1, 40)], {"last_contact": day(-1)}, (5, 1, (1,))),
            ],
            steps=steps,
        )

    def test_quiet_days_without_end_are_silence_without_end(self):
        steps = replace(STEPS, quiet_days=10**9)
        decision = ask(owed(1, 40), steps=steps, last_contact=day(-1))
        self.assertEqual(decision, Decision(False, "quiet"))

    def test_who_waits_for_a_decision_does_so_in_the_quiet_days(self):
        decision = ask(owed(1, 60, position=30), owed(2, 15), last_contact=day(-1))
        self.assertEqual((decision.reason, decision.exhausted), ("quiet", (1,)))


class TestLadderDone(LadderCase):
    steps = Ladder((Rung(5, 5), Rung(30, 30, repeat_every=10, repeat_limit=2)))

    def test_the_last_rung_is_repeated_every_n_days_at_most_m_times(self):
        for name, times, done, expected in [
            ("not yet", 1, -9, ("between_steps", 0, day(1))),
            ("first repetition", 1, -10, ("step_due", 1, None)),
            ("late", 1, -55, ("step_due", 1, None)),
            ("second repetition", 2, -10, ("step_due", 2, None)),
            ("no third", 3, -10, ("ladder_done", 0, None)),
            ("never counted", 0, -10, ("step_due", 1, None)),
        ]:
            with self.subTest(name):
                item = owed(1, 100, position=30, times=times, done_on=day(done))
                decision = ask(item, steps=self.steps)
                found = decision.reason, decision.repetition, decision.until
                self.assertEqual(found, expected)

    def test_a_rung_without_repetitions_is_not_repeated(self):
        for every, limit in [(0, 0), (0, 3), (10, 0)]:
            for times in (0, 1):
                with self.subTest(every=every, limit=limit, times=times):
                    steps = Ladder((Rung(30, 30, repeat_every=every, repeat_limit=limit),))
                    decision = ask(owed(1, 100, position=30, times=times), steps=steps)
                    self.assertEqual(decision.reason, "ladder_done")

    def test_a_repetition_beyond_the_calendar_never_comes(self):
        steps = Ladder((Rung(30, 30, repeat_every=2**31, repeat_limit=1),))
        self.assertEqual(ask(owed(1, 99, position=30), steps=steps).reason, "ladder_done")

    def test_a_repetition_without_a_date_counts_from_the_due_date(self):
        item = owed(1, 100, position=30, done_on=None)
        self.assertEqual(ask(item, steps=self.steps).repetition, 1)

    def test_between_two_rungs_the_lower_one_is_repeated_until_the_next_is_reached(self):
        steps = Ladder((Rung(5, 5, repeat_every=7, repeat_limit=9), Rung(20, 20)))
        for age, times, expected in [
            (11, 1, ("between_steps", None, day(1))),
            (12, 1, ("step_due", 5, None)),
            (19, 3, ("between_steps", None, day(1))),
            (20, 2, ("step_due", 20, None)),
        ]:
            with self.subTest(age=age):
                item = owed(1, age, position=5, times=times, done_on=day(5 - age + 7 * (times - 1)))
                decision = ask(item, steps=steps)
                rung = decision.rung and decision.rung.days
                self.assertEqual((decision.reason, rung, decision.until), expected)

    def test_the_next_oldest_takes_over_and_the_case_waits_for_a_decision(self):
        done, next_one = owed(1, 90, position=30), owed(2, 40)
        for name, receivables, expected in [
            ("all done", [done], ("ladder_done", (1,))),
            ("next oldest", [done, next_one], ((30, 2, (1, 2)), (1,))),
            ("next waits", [done, owed(2, 20, position=15)], ("between_steps", (1,))),
            ("next is not due", [done, owed(2, -2)], ("ladder_done", (1,))),
            ("the younger is done", [next_one, owed(3, 35, position=30)], ((30, 2, (2, 3)), (3,))),
            ("next is held", [done, owed(2, 40, hold=Hold("dispute"))], ("ladder_done", (1,))),
        ]:
            with self.subTest(name):
                decision = ask(*receivables)
                self.assertEqual((spoken(decision), decision.exhausted), expected)

    def test_a_ladder_of_reminders_alone_is_done_when_a_debt_is_overdue(self):
        decision = ask(owed(1, 1), steps=Ladder(rungs(-7, 0)))
        self.assertEqual((decision.reason, decision.exhausted), ("ladder_done", (1,)))


class TestSilence(LadderCase):
    def test_a_hold_keeps_the_whole_case_silent_through_its_last_day(self):
        for name, holds, expected in [
            ("open-ended", [Hold("opt_out")], ("held", "opt_out", None)),
            ("last day", [Hold("pause", TODAY)], ("held", "pause", day(1))),
            ("day after", [Hold("pause", day(-1))], ("step_due", None, None)),
            (
                "the longest counts",
                [Hold("pause", day(2)), Hold("promise", day(9)), Hold("voucher", day(-1))],
                ("held", "promise", day(10)),
            ),
            (
                "the open-ended is longest",
                [Hold("pause", date.max), Hold("opt_out")],
                ("held", "pause", None),
            ),
        ]:
            with self.subTest(name):
                decision = ask(owed(1, 15), holds=tuple(holds))
                reason = decision.hold and decision.hold.reason
                self.assertEqual((decision.reason, reason, decision.until), expected)

    def test_when_every_overdue_receivable_is_held_the_first_to_end_tells_until_when(self):
        decision = ask(
            owed(1, 40, hold=Hold("dispute", day(9))),
            owed(2, 30, hold=Hold("promise", day(4))),
            owed(3, 20, hold=Hold("no_followup")),
        )
        self.assertEqual((decision.reason, decision.until), ("held", day(5)))
        self.assertEqual(decision.hold.reason, "promise")

    def test_a_case_that_cannot_be_dunned_says_why(self):
        self.check(
            [
                ("no strategy", [owed(1, 15)], {"steps": None}, "no_strategy"),
                ("no steps", [owed(1, 15)], {"steps": Ladder(())}, "no_steps"),
                ("contact under way", [owed(1, 15)], {"pending": True}, "contact_pending"),
                (
                    "a hold is told first",
                    [owed(1, 15)],
                    {"steps": None, "holds": (Hold("pause"),)},
                    "held",
                ),
            ]
        )

    def test_two_rungs_on_one_day_are_one_and_the_mandatory_wins(self):
        twice = (Rung(8, 5), Rung(7, 5), Rung(9, 15), Rung(4, 15, mandatory=True))
        for order in (twice, twice[::-1]):
            self.assertEqual([rung.id for rung in Ladder(order).rungs], [7, 4])

    def test_silence_tells_when_it_is_looked_at_again(self):
        dispute = Hold("dispute", day(3))
        for name, receivables, facts, expected in [
            ("next rung", [owed(1, 6, position=5)], {}, day(9)),
            ("first rung", [owed(1, 1)], {}, day(4)),
            ("reminder", [owed(1, -10)], {}, day(3)),
            ("reminders said, overdue next", [owed(1, -1, position=-2)], {}, day(2)),
            ("done, next one due", [owed(1, 90, position=30), owed(2, -9)], {}, day(10)),
            ("done, nothing else", [owed(1, 90, position=30)], {}, None),
            ("an older one is released", [owed(1, 9, hold=dispute), owed(2, 1)], {}, day(4)),
            ("a younger one is released", [owed(1, 1), owed(2, 1, hold=dispute)], {}, day(4)),
            ("too small", [owed(1, 9, 2.0)], {"tolerance": {PEN: 2}}, None),
            (
                "too small until more is due",
                [owed(1, 9, 2.0), owed(2, -1, position=-2)],
                {"tolerance": {PEN: 2}},
                day(2),
            ),
            (
                "a small older one in another currency",
                [owed(1, 9, 2.0, USD), owed(2, 1), owed(3, -1, 50.0, USD)],
                {"tolerance": {USD: 2}},
                day(2),
            ),
            ("due at the end of time", [Receivable(1, date.max, PEN, 9.0, -2)], {}, None),
        ]:
            with self.subTest(name):
                decision = ask(*receivables, **facts)
                self.assertEqual((decision.speak, decision.until), (False, expected))


# -- properties: random companies lived through day by day ---------------------------------------

amounts = st.one_of(st.integers(1, 300), st.integers(1, 10**7).map(lambda cents: cents / 100))
days_held = st.one_of(st.none(), st.integers(0, 40))


@st.composite
def ladders(draw):
    """A ladder of up to eight rungs, two on one day at times; identifiers are never reused."""
    base = draw(st.sampled_from((0, 100)))
    rungs_ = draw(
        st.lists(
            st.builds(
                Rung,
                id=st.integers(0, 90),
                days=st.integers(-10, 60),
                mandatory=st.sampled_from((False, False, True)),
                repeat_every=st.sampled_from((0, 0, 1, 7, 15)),
                repeat_limit=st.integers(0, 3),
            ),
            max_size=8,
            unique_by=lambda rung: rung.id,
        )
    )
    rungs_ = tuple(replace(rung, id=rung.id + base) for rung in rungs_)
    return Ladder(rungs_, draw(st.sampled_from(("latest", "each"))), draw(st.integers(0, 6)))


@st.composite
def holds(draw):
    until = draw(days_held)
    return Hold("dispute", None if until is None else day(until))


@st.composite
def receivables(draw):
    due = day(draw(st.integers(-70, 50)))
    hold = draw(st.one_of(st.none(), st.none(), holds()))
    return Receivable(0, due, draw(st.sampled_from((PEN, PEN, USD))), draw(amounts), hold=hold)


@st.composite
def cases(draw):
    """A case that may stand anywhere on its ladder."""
    items = []
    for id_, item in enumerate(draw(st.lists(receivables(), max_size=6)), start=1):
        age = (TODAY - item.due).days
        position = draw(st.one_of(st.none(), st.integers(-10, 60)))
        if position is not None and position <= age:
            done_on = day(-draw(st.integers(0, age - position)))
            times = draw(st.integers(0, 3))
            item = replace(item, position=position, done_on=done_on, times=times)
        entry = draw(st.one_of(st.none(), st.integers(-10, 60)))
        items.append(replace(item, id=id_, entry=entry and day(-entry)))
    return Facts(
        receivables=tuple(items),
        credits=draw(st.dictionaries(st.sampled_from((PEN, USD)), amounts)),
        tolerance=draw(st.dictionaries(st.sampled_from((PEN, USD)), st.sampled_from((1.0, 50.0)))),
        holds=tuple(draw(st.lists(holds(), max_size=1))),
        last_contact=draw(st.one_of(st.none(), st.integers(-9, 0).map(day))),
        last_event=draw(st.one_of(st.none(), st.integers(-9, 0).map(day))),
        pending=draw(st.sampled_from((False,) * 9 + (True,))),
    )


def net(items, facts):
    """Return what is owed less the credits and the tolerance, by currency, in cents."""
    result = {}
    for item in items:
        result[item.currency] = result.get(item.currency, 0) + round(item.residual * 100)
    for currency in result:
        for less in (facts.credits, facts.tolerance):
            result[currency] -= round(less.get(currency, 0) * 100)
    return result


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 119),
        st.sampled_from(("pay", "part", "credit", "hold", "lift", "pause", "new", "strategy")),
        st.integers(0, 5),
        amounts,
        days_held,
    ),
    max_size=12,
)


@dataclass
class Life:
    """A debtor lived through: decides every day, climbs after every contact, checks all rules."""

    test: unittest.TestCase
    steps: Ladder
    others: Ladder
    facts: Facts
    touch_all: bool  # whether the date of the last contact is kept for those that did not climb
    said: set = field(default_factory=set)
    heard: dict = field(default_factory=dict)
    contacts: list = field(default_factory=list)
    switched: bool = False

    def live(self, events, days=120):
        for offset in range(days):
            today = day(offset)
            for _day, kind, index, amount, length in (e for e in events if e[0] == offset):
                self.suffer(kind, index, amount, length, today)
            decision = ladder.decide(self.steps, self.facts, today=today)
            if decision.speak:
                self.check_contact(decision, today)
                self.climb(decision, today)
                again = ladder.decide(self.steps, self.facts, today=today)
                self.test.assertEqual(again.speak, False, "twice in one day")

    def suffer(self, kind, index, amount, length, today):
        items = list(self.facts.receivables)
        until = None if length is None else today + timedelta(days=length)
        if kind == "strategy":
            self.steps, self.others, self.switched = self.others, self.steps, True
        elif kind == "pause":
            self.change(holds=(Hold("pause", until),))
        elif kind == "credit":
            self.change(credits={PEN: amount})
        elif kind == "new":
            due = today + timedelta(days=length or 0)
            items.append(Receivable(len(items) + 1, due, PEN, amount))
        elif kind == "lift" or not items:
            self.change(holds=(), credits={})
        else:
            index %= len(items)
            if kind == "hold":
                items[index] = replace(items[index], hold=Hold("dispute", until))
            else:
                left = 0.0 if kind == "pay" else round(items[index].residual / 2, 2)
                items[index] = replace(items[index], residual=left)
                self.change(last_event=today)
        self.change(receivables=tuple(items))

    def change(self, **values):
        self.facts = replace(self.facts, **values)

    def check_contact(self, decision, today):
        test, facts = self.test, self.facts
        key = (decision.carrier, decision.rung.id, decision.repetition)
        test.assertNotIn(key, self.said, "said twice")
        self.said.add(key)
        if self.contacts:
            start = max(self.contacts[-1], min(facts.last_event or date.min, today))
            test.assertGreaterEqual((today - start).days, max(self.steps.quiet_days, 1), "quiet")
        test.assertFalse(ladder.active(facts.holds, today), "a held case")
        by_id = {item.id: item for item in facts.receivables}
        covered = [by_id[id_] for id_ in decision.covered]
        test.assertIn(decision.carrier, decision.covered)
        test.assertEqual(len(set(decision.covered)), len(covered))
        for item in covered:
            test.assertGreater(item.residual, 0, "paid")
            test.assertIsNone(ladder.held(item, today), "held")
            test.assertEqual(item.due < today, decision.rung.days > 0, "reminder or dunning")
        late = [item for item in facts.receivables if item.due < today and item.residual > 0]
        if decision.reason == "preventive":
            test.assertFalse([c for c in net(late, facts).values() if c > 0], "something overdue")
        free = [item for item in late if not ladder.held(item, today)]
        total = net([*free, *(item for item in covered if item not in free)], facts)
        for item in covered:
            test.assertGreater(total[item.currency], 0, "within tolerance")

    def climb(self, decision, today):
        items = []
        for item in self.facts.receivables:
            if item.id in decision.covered:
                self.heard.setdefault(item.id, set()).add(decision.rung.id)
                place = ladder.advance(
                    self.steps, item, decision.rung, carrier=decision.carrier, today=today
                )
                if place != (item.position, item.times) or self.touch_all:
                    item = self.moved(item, place, today)
                if item.id == decision.carrier:
                    self.test.assertEqual(item.position, decision.rung.days)
            items.append(item)
        self.contacts.append(today)
        self.change(receivables=tuple(items), last_contact=today)

    def moved(self, item, place, today):
        if item.position is not None:
            self.test.assertGreaterEqual(place[0], item.position, "climbed down")
        if place[0] is not None and not self.switched:
            for rung in self.steps.overdue if place[0] > 0 else self.steps.preventive:
                if rung.mandatory and rung.days <= place[0]:
                    self.test.assertIn(rung.id, self.heard[item.id], "mandatory, not said")
        return replace(item, position=place[0], times=place[1], done_on=today)


class TestProperties(unittest.TestCase):
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        ladders(), ladders(), st.lists(receivables(), min_size=1, max_size=5), EVENTS, st.booleans()
    )
    def test_whatever_happens_in_120_days_every_rule_is_kept(
        self, steps, others, items, events, touch_all
    ):
        others = replace(others, rungs=tuple(replace(r, id=r.id + 1000) for r in others.rungs))
        items = tuple(replace(item, id=id_) for id_, item in enumerate(items, start=1))
        Life(self, steps, others, Facts(items), touch_all).live(events)

    @settings(max_examples=150, deadline=None)
    @given(ladders(), cases())
    def test_every_silence_has_a_reason_and_says_honestly_until_when(self, steps, facts):
        decision = ladder.decide(steps, facts, today=TODAY)
        self.assertTrue(decision.reason)
        if decision.speak:
            return
        horizon = decision.until or day(120)
        self.assertGreater(horizon, TODAY)
        for offset in range(1, min((horizon - TODAY).days, 120)):
            later = ladder.decide(steps, facts, today=day(offset))
            self.assertFalse(later.speak, f"spoke {offset} days later, before {decision.until}")
        if decision.reason in ("between_steps", "quiet"):
            self.assertIsNotNone(decision.until)
            then = ladder.decide(steps, facts, today=decision.until)
            self.assertNotEqual(then, decision)
            self.assertTrue(decision.reason != "quiet" or then.speak or then.reason != "quiet")

    @given(ladders(), cases(), st.randoms())
    def test_the_order_of_the_receivables_does_not_matter(self, steps, facts, random):
        decision = ladder.decide(steps, facts, today=TODAY)
        items, rungs_ = list(facts.receivables), list(steps.rungs)
        random.shuffle(items)
        random.shuffle(rungs_)
        shuffled = replace(facts, receivables=tuple(items))
        steps = replace(steps, rungs=tuple(rungs_))
        self.assertEqual(ladder.decide(steps, shuffled, today=TODAY), decision)

    def test_the_cost_grows_linearly_with_the_receivables(self):
        def count(size, age, **values):
            calls = 0

            def tally(_frame, event, _arg):
                nonlocal calls
                calls += event in ("call", "c_call")

            facts = Facts(tuple(owed(id_, age + id_ % 7, **values) for id_ in range(size)))
            before = sys.getprofile()
            sys.setprofile(tally)
            try:
                ladder.decide(STEPS, facts, today=TODAY)
            finally:
                sys.setprofile(before)
            return calls

        for name, age, values in [
            ("speaks", 30, {}),
            ("waits", 16, {"position": 15}),
            ("done", 60, {"position": 30}),
            ("held", 60, {"hold": Hold("dispute", day(3))}),
            ("reminds", -8, {}),
            ("not due", -40, {}),
        ]:
            with self.subTest(name):
                self.assertLess(count(4000, age, **values), 2.2 * count(2000, age, **values))
