import random
from math import isclose

from odoo.tests import BaseCase, tagged

from ..engine.experiments import (
    Estimate,
    Moments,
    cap,
    draw,
    estimate,
    judge,
    moments,
    pick,
    radius,
)


@tagged("post_install", "-at_install")
class TestAssignment(BaseCase):
    """Engine: who is in which arm."""

    def test_a_debtor_keeps_his_arm(self):
        self.assertEqual([pick("key", n, [50, 50]) for n in range(12)],
                         [pick("key", n, [50, 50]) for n in range(12)])  # fmt: skip
        # written down, so that no version of Python or of this code moves anybody
        self.assertEqual([pick("key", n, [50, 50]) for n in range(12)], self.KNOWN)

    KNOWN = [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1]

    def test_shares_are_kept(self):
        found = [pick("salt", n, [10, 60]) for n in range(20000)]
        for arm, percent in ((0, 10), (1, 60), (None, 30)):
            self.assertAlmostEqual(100 * found.count(arm) / 20000, percent, delta=1.2)

    def test_two_experiments_know_nothing_of_each_other(self):
        both = sum(pick("a", n, [50, 50]) == pick("b", n, [50, 50]) for n in range(20000))
        self.assertAlmostEqual(both / 20000, 0.5, delta=0.015)

    def test_a_draw_is_below_one(self):
        self.assertTrue(all(0 <= draw("x", n) < 1 for n in range(1000)))


@tagged("post_install", "-at_install")
class TestInterval(BaseCase):
    """Engine: what the difference is, and when it is certain enough."""

    def test_moments(self):
        self.assertEqual(moments([]), Moments(0, 0.0, 0.0))
        self.assertEqual(moments([3]), Moments(1, 3.0, 0.0))
        self.assertEqual(moments([1, 2, 3]), Moments(3, 2.0, 1.0))

    def test_the_limit_of_a_quantile(self):
        amounts = list(range(1, 101))
        self.assertEqual([cap(amounts, percent) for percent in (0, 50, 99, 100)], [1, 50, 99, 100])
        self.assertIsNone(cap([], 99))

    def test_the_radius_is_the_published_formula(self):
        """Computed by hand from theorem 2.2 for 100 observations, alpha 5 %, planned 100."""
        self.assertTrue(isclose(radius(100, 1.0, 0.05, 100), 0.30352, rel_tol=1e-4))
        self.assertGreater(radius(100, 1.0, 0.05, 100), 0.196)  # wider than one look alone
        self.assertLess(radius(10000, 1.0, 0.05, 100), radius(100, 1.0, 0.05, 100))
        self.assertEqual(radius(100, 0.0, 0.05, 100), 0)

    def test_nobody_looks_before_the_minimum_sample(self):
        arm, control = Moments(99, 1.0, 0.1), Moments(500, 0.0, 0.1)
        self.assertEqual(estimate(arm, control, sample=100), Estimate(1.0, None, None))
        self.assertEqual(estimate(Moments(0, 0, 0), control, sample=100),
                         Estimate(None, None, None))  # fmt: skip
        enough = estimate(arm._replace(count=100), control, sample=100)
        self.assertGreater(enough.lower, 0)

    def test_an_arm_is_not_more_certain_than_both(self):
        """A small arm without its large payers: its own variance would be next to nothing."""
        control = Moments(2000, 10.0, 400.0)
        seen = estimate(Moments(200, 7.0, 1.0), control, sample=200)
        alike = estimate(Moments(200, 7.0, 400.0), control, sample=200)
        ratio = (seen.upper - seen.lower) / (alike.upper - alike.lower)
        self.assertGreater(ratio, 0.9)  # by its own variance it were less than a third
        self.assertLessEqual(ratio, 1)

    def test_verdicts(self):
        good, bad, open_ = Estimate(2, 1, 3), Estimate(-2, -3, -1), Estimate(1, -1, 3)
        early = Estimate(9, None, None)
        cases = [
            ([None, good], False, ("winner", 1)),
            ([None, good, Estimate(4, 2, 6)], False, ("winner", 2)),
            ([None, Estimate(4, 2, 6), good], False, ("winner", 1)),
            ([bad, None], False, ("winner", 1)),
            ([None, bad, open_], False, ("running", None)),
            ([None, bad, open_], True, ("no_difference", None)),
            ([None, early], False, ("running", None)),
            ([None, early], True, ("no_difference", None)),
            ([None], False, ("running", None)),
        ]
        for estimates, over, expected in cases:
            with self.subTest(estimates=estimates, over=over):
                self.assertEqual(judge(estimates, over=over), expected)

    def play(self, seed, lift):
        """One experiment of a thousand debtors, looked at after each ten; the day it ends."""
        rng = random.Random(seed)
        arms = ([], [])
        for number in range(1000):
            arm = pick(str(seed), number, [50, 50])
            paid = rng.random() < 0.35 + lift * arm
            arms[arm].append(min(rng.lognormvariate(5, 1.5), 4000) * paid if seed % 2 else paid)
            if number % 10 == 9 and min(map(len, arms)) >= 100:
                seen = estimate(moments(arms[1]), moments(arms[0]), sample=100)
                if judge([None, seen]).state == "winner":
                    return number + 1, seen.difference > 0
        return None, False

    def test_looking_all_the_time_finds_nothing_where_nothing_is(self):
        """A smaller version of benchmarks/experiments.py."""
        false = sum(self.play(seed, 0.0)[0] is not None for seed in range(120))
        self.assertLessEqual(false, 6)

    def test_a_real_effect_is_found_and_soon(self):
        found = [self.play(seed, 0.2) for seed in range(0, 60, 2)]
        self.assertGreaterEqual(sum(right for _day, right in found), 27)
        self.assertLessEqual(sorted(day or 1000 for day, _right in found)[15], 500)
