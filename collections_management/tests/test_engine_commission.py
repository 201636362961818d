from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.commission import Earned, Tier, choose_percent, round_money, settle

D = Decimal
money = st.decimals(0, 10**7, places=2)
percents = st.decimals(0, 100, places=2)


@tagged("post_install", "-at_install")
class TestEngineCommission(BaseCase):
    def test_the_deepest_tier_reached_counts(self):
        tiers = [Tier(0, D(0), D(10)), Tier(90, D(0), D(20)), Tier(90, D(5000), D(15))]
        for days, amount, percent in (
            (0, 1, 10), (89, 9000, 10), (90, 4999, 20), (90, 5000, 15), (400, 9000, 15),
        ):  # fmt: skip
            with self.subTest(days=days, amount=amount):
                self.assertEqual(choose_percent(tiers, days, D(amount)), percent)
        self.assertEqual(choose_percent([Tier(30, D(0), D(10))], 10, D(1)), 0)
        self.assertEqual(choose_percent([], 10, D(1)), 0)

    def test_halves_go_away_from_zero(self):
        self.assertEqual(round_money(D("1.005"), 2), D("1.01"))
        self.assertEqual(round_money(D("-1.005"), 2), D("-1.01"))
        self.assertEqual(round_money(D("2.5"), 0), D(3))

    def test_a_reversed_payment_comes_back_at_its_own_percentage(self):
        settled = {1: Earned(D(100), D(20), D(20))}
        self.assertEqual(settle({}, settled, {}, 2), {1: Earned(D(-100), D(20), D(-20))})
        self.assertEqual(settle({1: D(100)}, settled, {1: D(50)}, 2), {})
        self.assertEqual(settle({1: D(60)}, settled, {1: D(50)}, 2),
                         {1: Earned(D(-40), D(20), D(-8))})  # fmt: skip

    @given(st.lists(st.dictionaries(st.integers(1, 5), money, max_size=5), max_size=6), percents)
    def test_all_settlements_together_are_what_the_ledger_says_last(self, ledgers, percent):
        rates = dict.fromkeys(range(1, 6), percent)
        settled = {}
        for paid in ledgers:
            for key, earned in settle(paid, settled, rates, 2).items():
                before = settled.get(key, Earned(D(0), percent, D(0)))
                settled[key] = Earned(
                    before.amount + earned.amount,
                    earned.percent,
                    before.commission + earned.commission,
                )
            self.assertEqual(settle(paid, settled, rates, 2), {})
        last = ledgers[-1] if ledgers else {}
        for key, earned in settled.items():
            self.assertEqual(earned.amount, last.get(key, D(0)))
            self.assertEqual(earned.commission, round_money(last.get(key, D(0)) * percent / 100, 2))
