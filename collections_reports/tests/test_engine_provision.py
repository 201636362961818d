from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.provision import (
    ALL,
    NONE,
    NOT_DUE,
    SEGMENT,
    Flow,
    Measure,
    Minimum,
    find_falls,
    get_cohorts,
    get_sensitivity,
    look_forward,
    measure_losses,
    measure_rolls,
    to_percent,
)

D = Decimal
LITTLE = Minimum(1, 1)
BUCKETS = [NOT_DUE, 1, 31, 61]
MONTH = date(2026, 1, 31)


def flow(bucket, later, amount, lost=0, remaining=0, *, segment=None, month=MONTH, count=1):
    return Flow(month, segment, bucket, later, count, D(amount), D(lost), D(remaining))


@tagged("post_install", "-at_install")
class TestEngineProvision(BaseCase):
    def test_cohorts_are_the_last_month_ends_whose_horizon_has_passed(self):
        self.assertEqual(
            get_cohorts(date(2026, 3, 31), 2, 12),
            [(date(2025, 2, 28), date(2026, 2, 28)), (date(2025, 3, 31), date(2026, 3, 31))],
        )
        self.assertEqual(
            get_cohorts(date(2026, 3, 30), 1, 1), [(date(2026, 1, 31), date(2026, 2, 28))]
        )
        self.assertEqual(
            get_cohorts(date(2024, 1, 31), 1, 1), [(date(2023, 12, 31), date(2024, 1, 31))]
        )

    def test_a_loss_rate_is_what_was_lost_of_what_was_open(self):
        flows = [
            flow(1, 61, 1000, 50),
            flow(1, 61, 3000, 150, month=date(2026, 2, 28)),
            flow(61, 61, 100, 100),
        ]
        found = measure_losses(flows, BUCKETS, [None], LITTLE)
        self.assertEqual(found[None, 1], Measure(D("0.05"), SEGMENT, 2, 2, D(4000), D(200)))
        self.assertEqual(found[None, 61].share, 1)
        self.assertEqual(found[None, 31], Measure(None, NONE))

    def test_few_data_fall_back_to_all_segments_and_then_to_nothing(self):
        many = [
            flow(1, 61, 100, 10, segment=7, month=date(2026, month, 28), count=10)
            for month in range(1, 7)
        ]
        few = [flow(1, 61, 100, 100, segment=8, count=2)]
        found = measure_losses(many + few, [1, 31], [7, 8, 9], Minimum(6, 30))
        self.assertEqual((found[7, 1].share, found[7, 1].scope), (D("0.1"), SEGMENT))
        self.assertEqual((found[8, 1].share, found[8, 1].scope), (D(160) / 700, ALL))
        self.assertEqual(found[8, 1], found[9, 1])
        self.assertEqual((found[7, 31].share, found[7, 31].scope), (None, NONE))
        self.assertIsNone(measure_losses(few, [1], [8], Minimum(1, 3))[8, 1].share)
        empty = [flow(1, 61, 0, 0)]
        self.assertIsNone(measure_losses(empty, [1], [None], LITTLE)[None, 1].share)

    def test_monthly_buckets_roll_as_a_product_up_to_default(self):
        flows = [
            flow(NOT_DUE, 1, 1000, 0, 400),  # 40 % roll on
            flow(1, 31, 400, 0, 200),  # 50 %
            flow(31, 61, 200, 20, 0),  # 10 % are in default a month later
            flow(61, 61, 20, 20, 0),
        ]
        found = measure_rolls(flows, BUCKETS, [None], LITTLE, default=61, entered={})
        shares = [found[None, bucket].share for bucket in BUCKETS]
        self.assertEqual(shares, [D("0.4") * D("0.5") * D("0.1"), D("0.05"), D("0.1"), 1])

    def test_what_stays_in_a_wide_bucket_comes_to_its_end_later(self):
        # each month half of the bucket stays, a quarter is lost, a quarter collected
        flows = [flow(1, 1, 100, 25, 50)]
        found = measure_rolls(flows, [1, 61], [None], LITTLE, default=61, entered={})
        self.assertEqual(found[None, 1].share, D("0.5"))

    def test_unknown_buckets_take_the_entered_share_into_the_chain(self):
        flows = [flow(1, 31, 100, 0, 50)]
        found = measure_rolls(
            flows, BUCKETS, [None], LITTLE, default=61, entered={31: D("0.3"), 61: D(1)}
        )
        self.assertEqual(found[None, 1].share, D("0.15"))
        self.assertEqual((found[None, 31].share, found[None, 31].scope), (None, NONE))
        self.assertEqual((found[None, 61].share, found[None, 61].scope), (1, SEGMENT))
        stuck = [flow(1, 1, 100, 0, 100)]  # nothing ever left: no chance can be told
        found = measure_rolls(stuck, [1, 61], [None], LITTLE, default=61, entered={})
        self.assertEqual((found[None, 1].share, found[None, 1].scope), (None, NONE))

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([NOT_DUE, 1, 31]),
                st.integers(1, 10_000),
                st.integers(0, 100),
                st.integers(0, 100),
                st.integers(0, 2),
            ),
            max_size=30,
        )
    )
    def test_a_rate_is_a_share_and_a_long_walk_comes_to_the_same(self, rows):
        order = [NOT_DUE, 1, 31, 61]
        flows = []
        for bucket, amount, lost, rest, steps in rows:
            later = order[min(order.index(bucket) + steps, 2)]
            gone = D(amount) * lost / 100
            flows.append(flow(bucket, later, amount, gone, (D(amount) - gone) * rest / 100))
        found = measure_rolls(flows, order, [None], LITTLE, default=61, entered={})
        for measure in found.values():
            self.assertTrue(measure.share is None or 0 <= measure.share <= 1)
        for bucket, share in self._walk(flows, order).items():
            if found[None, bucket].share is not None:
                self.assertAlmostEqual(float(found[None, bucket].share), share, 4)

    def _walk(self, flows, order):
        """What is lost in the end of one unit in each bucket, month by month."""
        sums, moves = dict.fromkeys(order, 0.0), {}
        for one in flows:
            sums[one.bucket] += float(one.amount)
        for one in flows:
            part = moves.setdefault(one.bucket, {"lost": 0.0})
            part["lost"] += float(one.lost) / sums[one.bucket]
            part[one.later] = part.get(one.later, 0) + float(one.remaining) / sums[one.bucket]
        ends = {}
        for start in order[:-1]:
            here, lost = {start: 1.0}, 0.0
            for _month in range(3000):
                there = {}
                for bucket, amount in here.items():
                    for target, share in moves.get(bucket, {}).items():
                        if target == "lost":
                            lost += amount * share
                        else:
                            there[target] = there.get(target, 0) + amount * share
                here = {bucket: amount for bucket, amount in there.items() if amount > 1e-12}
            ends[start] = lost
        return ends

    def test_the_future_changes_a_rate_within_bounds(self):
        self.assertEqual(to_percent(D(1) / 3), D("33.33"))
        self.assertEqual(to_percent(D("0.000050")), D("0.01"))
        self.assertEqual(look_forward(D(5), D(10)), D("5.50"))
        self.assertEqual(look_forward(D(5), D(-100)), 0)
        self.assertEqual(look_forward(D(95), D(10)), 100)

    def test_falling_rates_are_told(self):
        self.assertEqual(find_falls({NOT_DUE: 1, 1: 2, 31: 2, 61: 5}), [])
        self.assertEqual(find_falls({61: 4, 1: 2, 31: 5}), [(31, 61)])

    def test_sensitivity_rounds_each_line_and_never_passes_the_debt(self):
        lines = [(D("100.10"), D(50)), (D("10.00"), D(95)), (D(-5), D(0))]
        self.assertEqual(get_sensitivity(lines, D(0), 2), D("59.55"))
        self.assertEqual(get_sensitivity(lines, D(10), 2), D("65.06"))
        self.assertEqual(get_sensitivity(lines, D(-10), 2), D("53.60"))
