import random

from odoo.tests import BaseCase, tagged

from ..engine.difficulty import Item, age, band, compare, limits, rates


@tagged("post_install", "-at_install")
class TestDifficulty(BaseCase):
    """Engine: what could be expected of a portfolio."""

    def test_ages_fall_into_their_buckets(self):
        cases = {-5: "not_due", 0: "not_due", 1: "age_1", 30: "age_1", 31: "age_2", 60: "age_2",
                 61: "age_3", 90: "age_3", 91: "age_4", 4000: "age_4"}  # fmt: skip
        for days, bucket in cases.items():
            with self.subTest(days=days):
                self.assertEqual(age(days), bucket)

    def test_bands_hold_equally_many_debtors(self):
        amounts = [5, 1, 2, 8, 7, 3, 4, 6]
        bounds = limits(amounts)
        self.assertEqual(bounds, [3, 5, 7])
        self.assertEqual([band(amount, bounds) for amount in sorted(amounts)],
                         [0, 0, 1, 1, 2, 2, 3, 3])  # fmt: skip
        self.assertEqual(limits([]), [])
        self.assertEqual(band(10, []), 0)

    def test_the_company_as_a_whole_does_exactly_as_expected(self):
        rng = random.Random(7)
        items = [
            Item(n % 3, n, (age(rng.randint(-10, 200)), n % 4), 100.0, rng.choice((0.0, 40.0, 100)))
            for n in range(400)
        ]
        result = compare(items, rates(items))
        self.assertAlmostEqual(result.ratio, 1)
        self.assertLess(result.lower, 1)
        self.assertGreater(result.upper, 1)
        self.assertEqual(result.debtors, 400)
        self.assertEqual(result.opening, 40000)

    def test_who_has_the_harder_debt_is_not_blamed_for_it(self):
        """Both recover less than the other in money, for the reason that one has old debt."""
        items = []
        for n in range(100):
            items.append(Item(1, n, ("age_1", 0), 100, 90 if n % 10 else 0))
            items.append(Item(2, 1000 + n, ("age_4", 0), 100, 20 if n % 2 else 0))
            items.append(Item(3, 2000 + n, ("age_4", 0), 100, 10 if n % 2 else 0))
        known = rates(items)
        easy, good, weak = (compare([i for i in items if i.owner == n], known) for n in (1, 2, 3))
        self.assertAlmostEqual(easy.ratio, 1)
        self.assertGreater(good.lower, 1)
        self.assertLess(weak.upper, 1)
        self.assertGreater(easy.recovered, good.recovered)

    def test_little_is_said_with_few_data(self):
        few = [Item(1, n, ("age_1", 0), 100, 50) for n in range(19)]
        self.assertEqual(compare(few, rates(few))[-3:], (None, None, None))
        nothing = [Item(1, n, ("age_1", 0), 100, 0) for n in range(50)]
        self.assertEqual(compare(nothing, rates(nothing))[-3:], (None, None, None))
        self.assertEqual(compare([], {}).debtors, 0)
        self.assertEqual(rates([Item(1, 1, "x", 0.0, 0.0)]), {"x": 0.0})

    def test_the_interval_holds_the_truth_as_often_as_it_says(self):
        rng = random.Random(11)
        known, hits = {"a": 0.3, "b": 0.7}, 0
        for _game in range(400):
            items = [
                Item(1, n, stratum, opening, opening * (rng.random() < known[stratum]))
                for n in range(80)
                for stratum, opening in [(rng.choice("ab"), rng.choice((50.0, 100.0, 400.0)))]
            ]
            result = compare(items, known)
            hits += result.lower <= 1 <= result.upper
        self.assertGreaterEqual(hits, 0.92 * 400)
        self.assertLessEqual(hits, 0.98 * 400)
