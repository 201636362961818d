import random
import statistics
import unittest
from datetime import date, timedelta

from odoo.addons.collections_reports.engine import kpi, rolls


class TestEngineKpi(unittest.TestCase):
    def test_a_figure_that_cannot_be_computed_says_why(self):
        for result, reason in (
            (kpi.dso(100, 0, 30), "no_sales"),
            (kpi.dso(100, -5, 30), "no_sales"),
            (kpi.best_possible_dso(100, 0, 30), "no_sales"),
            (kpi.average_days_delinquent(kpi.dso(1, 0, 30), kpi.dso(1, 1, 30)), "no_sales"),
            (kpi.average_days_delinquent(kpi.dso(1, 1, 30), kpi.dso(1, 0, 30)), "no_sales"),
            (kpi.countback(-1, [(10, 30)]), "credits"),
            (kpi.countback(100, [(10, 30), (10, 31)]), "short_history"),
            (kpi.countback(100, []), "short_history"),
            (kpi.true_dso([]), "nothing_paid"),
            (kpi.cei(0, 0, 0, 0), "nothing_to_collect"),
            (kpi.cei(100, 0, 100, 100), "nothing_to_collect"),
            (kpi.collected_to_target(5, 0), "no_target"),
            (kpi.overdue_ratio(0, 0), "nothing_open"),
            (kpi.bad_debt_ratio(5, 0), "no_sales"),
            (kpi.cure_rate(0, 0), "nothing_overdue"),
            (kpi.relapse_rate(0, 0), "nobody_cured"),
            (kpi.promise_share(0, 0), "no_promises"),
            (kpi.days_to_solve(0, 0), "no_disputes"),
            (kpi.contact_rate(0, 0), "no_contacts"),
            (kpi.right_party_rate(0, 0), "no_calls"),
            (kpi.response_rate(0, 0), "no_messages"),
            (kpi.automation_ratio(0, 0), "no_contacts"),
            (kpi.cost_per_contact(3, 0), "no_contacts"),
            (kpi.cost_per_recovered(3, 0), "nothing_collected"),
            (kpi.quartiles([], "nothing_collected"), "nothing_collected"),
            (kpi.quartiles([(3, 0)], "nothing_collected"), "nothing_collected"),
        ):
            with self.subTest(reason=reason):
                self.assertIsNone(result.value)
                self.assertEqual(result.reason, reason)
                self.assertIn(reason, kpi.REASONS)

    def test_an_unknown_reason_is_refused(self):
        with self.assertRaises(ValueError):
            kpi.undefined("whatever")

    def test_what_the_formulas_say(self):
        outstanding, best = kpi.dso(450, 300, 30), kpi.best_possible_dso(300, 300, 30)
        for result, value in (
            (outstanding, 45),
            (best, 30),
            (kpi.average_days_delinquent(outstanding, best), 15),
            (kpi.true_dso([(100, 10), (300, 30)]), 25),
            # 200 owed, 300 sold, 250 owed at the end, 100 of it not due: 250 of 400 collected
            (kpi.cei(200, 300, 250, 100), 62.5),
            (kpi.cei(0, 100, 0, 0), 100),
            (kpi.collected_to_target(50, 200), 25),
            (kpi.overdue_ratio(30, 120), 25),
            (kpi.bad_debt_ratio(1, 200), 0.5),
            (kpi.cure_rate(1, 4), 25),
            (kpi.relapse_rate(1, 2), 50),
            (kpi.promise_share(3, 4), 75),
            (kpi.days_to_solve(9, 2), 4.5),
            (kpi.contact_rate(9, 10), 90),
            (kpi.right_party_rate(1, 5), 20),
            (kpi.response_rate(1, 8), 12.5),
            (kpi.automation_ratio(4, 5), 80),
            (kpi.cost_per_contact(5, 20), 0.25),
            (kpi.cost_per_recovered(5, 1000), 0.5),
            (kpi.amount(7), 7),
        ):
            with self.subTest(result=result):
                self.assertEqual(result.value, value)
                self.assertIsNone(result.reason)

    def test_counting_back_uses_up_the_sales_of_the_latest_months(self):
        months = [(100, 30), (200, 31), (100, 30)]
        for receivable, days in (
            (0, 0),
            (50, 15),
            (100, 30),
            (200, 30 + 15.5),
            (300, 61),
            (350, 61 + 15),
            (400, 91),
        ):
            with self.subTest(receivable=receivable):
                self.assertAlmostEqual(kpi.countback(receivable, months).value, days)

    def test_counting_back_passes_over_a_month_without_sales(self):
        self.assertEqual(kpi.countback(150, [(0, 30), (100, 31), (100, 30)]).value, 30 + 31 + 15)
        # more credited than sold: what was credited has to be found in older sales
        self.assertEqual(kpi.countback(150, [(-50, 30), (400, 31)]).value, 30 + 15.5)
        # cents in floating point leave nothing behind
        self.assertEqual(kpi.countback(0.1 + 0.2, [(0.1, 10), (0.2, 10)]).value, 20)

    def test_quartiles_are_those_of_the_statistics_module(self):
        chance = random.Random(6)
        for _turn in range(200):
            values = [chance.randint(0, 40) for _count in range(chance.randint(2, 60))]
            histogram = [(day, values.count(day)) for day in set(values)]
            chance.shuffle(histogram)
            result = kpi.quartiles(histogram, "nothing_collected")
            first, median, third = statistics.quantiles(values, n=4, method="inclusive")
            self.assertAlmostEqual(result.parts["first"], first)
            self.assertAlmostEqual(result.value, median)
            self.assertAlmostEqual(result.parts["third"], third)
            self.assertEqual(result.parts["count"], len(values))
        self.assertEqual(kpi.quartiles([(5, 1)], "nothing_collected").value, 5)

    def test_the_period_before(self):
        for period, before, year in (
            (("2026-11-01", "2026-11-30"), ("2026-10-01", "2026-10-31"),
             ("2025-11-01", "2025-11-30")),
            (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28"),
             ("2025-03-01", "2025-03-31")),
            (("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-01-31"),
             ("2025-02-01", "2025-02-28")),
            (("2025-02-01", "2025-02-28"), ("2025-01-01", "2025-01-31"),
             ("2024-02-01", "2024-02-29")),
            (("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31"),
             ("2025-01-01", "2025-03-31")),
            (("2026-11-01", "2026-11-26"), ("2026-10-01", "2026-10-26"),
             ("2025-11-01", "2025-11-26")),
            (("2026-03-01", "2026-03-30"), ("2026-02-01", "2026-02-28"),
             ("2025-03-01", "2025-03-30")),
            (("2026-11-10", "2026-11-16"), ("2026-11-03", "2026-11-09"),
             ("2025-11-10", "2025-11-16")),
            (("2026-11-10", "2026-11-10"), ("2026-11-09", "2026-11-09"),
             ("2025-11-10", "2025-11-10")),
            (("2026-01-01", "2026-02-10"), ("2025-11-21", "2025-12-31"),
             ("2025-01-01", "2025-02-10")),
        ):  # fmt: skip
            with self.subTest(period=period):
                days = [date.fromisoformat(day) for day in period]
                for method, expected in ((kpi.previous_period, before), (kpi.last_year, year)):
                    found = method(*days)
                    self.assertEqual(tuple(map(str, found)), expected)

    def test_periods_before_never_overlap(self):
        chance = random.Random(8)
        for _turn in range(500):
            first = date(2020, 1, 1) + timedelta(days=chance.randint(0, 2500))
            last = first + timedelta(days=chance.randint(0, 90))
            before = kpi.previous_period(first, last)
            self.assertLess(before[1], first)
            self.assertLessEqual(before[0], before[1])


class TestEngineRolls(unittest.TestCase):
    def test_the_money_of_an_age_went_somewhere(self):
        found = rolls.matrix(
            [
                (0, 0, 60, 50),
                (0, 1, 40, 30),
                (1, 2, 80, 80),
                (1, None, 20, 0),
                (4, 4, 10, 7),
            ]
        )
        self.assertEqual(set(found), {0, 1, 4})
        self.assertEqual(found[0]["open"], 100)
        self.assertEqual(found[0]["to"], {0: 50, 1: 30, 2: 0, 3: 0, 4: 0})
        self.assertEqual((found[0]["settled"], found[0]["rolled"]), (20, 30))
        self.assertEqual((found[1]["settled"], found[1]["rolled"]), (20, 80))
        self.assertEqual((found[4]["settled"], found[4]["rolled"]), (30, 70))

    def test_nothing_open_rolls_nowhere(self):
        self.assertEqual(rolls.matrix([]), {})
