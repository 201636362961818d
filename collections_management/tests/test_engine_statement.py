from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.statement import Item, Movement, build

DAY = date(2026, 6, 30)
money = st.integers(-(10**8), 10**8).map(lambda cents: Decimal(cents) / 100)


def move(amount, day=DAY):
    return Movement(day, "invoice", "INV/1", Decimal(amount))


def item(residual, age):
    due = DAY - timedelta(days=age)
    return Item(due, due, "invoice", "INV/1", Decimal(residual), Decimal(residual))


@tagged("post_install", "-at_install")
class TestStatementEngine(BaseCase):
    """Arithmetic of a statement, without a database."""

    def test_the_balance_runs_from_opening_to_closing(self):
        account = build(Decimal(100), [move("50.10"), move("-30"), move("0.05")], [], day=DAY)
        self.assertEqual(
            [str(movement.balance) for movement in account.movements],
            ["150.10", "120.10", "120.15"],
        )
        self.assertEqual(account.closing, Decimal("120.15"))

    def test_every_age_has_its_bucket(self):
        for age, bucket in (
            (-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (900, 4),
        ):  # fmt: skip
            with self.subTest(age=age):
                account = build(Decimal(0), [], [item(7, age)], day=DAY)
                self.assertEqual(account.ages.index(Decimal(7)), bucket)
                self.assertEqual(account.items[0].age, age)
                self.assertEqual(account.overdue, Decimal(7 if bucket else 0))

    def test_credits_stand_apart_from_the_ages(self):
        account = build(Decimal(0), [], [item(10, 5), item("-3.50", 40)], day=DAY)
        self.assertEqual(account.credit, Decimal("-3.50"))
        self.assertEqual(sum(account.ages), Decimal(10))

    def test_nothing_is_empty_and_a_settled_period_is_not(self):
        self.assertTrue(build(Decimal(0), [], [], day=DAY).is_empty)
        self.assertFalse(build(Decimal(0), [move(5), move(-5)], [], day=DAY).is_empty)

    @given(
        money,
        st.lists(money, max_size=20),
        st.lists(st.tuples(money, st.integers(-99, 999)), max_size=20),
    )
    def test_nothing_is_lost(self, opening, amounts, items):
        account = build(
            opening,
            [move(amount) for amount in amounts],
            [item(residual, age) for residual, age in items],
            day=DAY,
        )
        self.assertEqual(account.closing, opening + sum(amounts))
        self.assertEqual(
            sum(account.ages) + account.credit, sum(residual for residual, _age in items)
        )
