import random
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from ..engine.attribution import DECAY, EQUAL, FIRST, LAST, METHODS, Event, attribute, share, split


def attribute_slowly(payments, contacts, method, days, half_life):
    """The same without a window: each payment looks at every contact, with exact fractions."""
    for payment in payments:
        near = [
            contact for contact in contacts
            if payment.moment - days <= contact.moment <= payment.moment
        ]  # fmt: skip
        if not near:
            yield payment, {}
            continue
        weights = {
            LAST: [Fraction(contact is near[-1]) for contact in near],
            FIRST: [Fraction(contact is near[0]) for contact in near],
            EQUAL: [Fraction(1)] * len(near),
            DECAY: [
                Fraction(int(2**40 * 2 ** ((contact.moment - near[-1].moment) / half_life)))
                for contact in near
            ],
        }[method]
        exact = [payment.amount * weight / sum(weights) for weight in weights]
        parts = [part.numerator // part.denominator for part in exact]
        while sum(parts) < payment.amount:  # the one that lacks most gets the next unit
            index = max(range(len(parts)), key=lambda place: exact[place] - parts[place])
            parts[index] += 1
        found = {near[index].id: part for index, part in enumerate(parts) if part}
        yield payment, found


@tagged("post_install", "-at_install")
class TestAttribution(BaseCase):
    """Engine: which contacts a payment is credited to."""

    def test_parts_add_up_to_the_unit(self):
        cases = [
            (100, [1, 1, 1], [34, 33, 33]),
            (1, [1, 1, 1], [1, 0, 0]),
            (0, [1, 2], [0, 0]),
            (101, [1, 2], [34, 67]),
            (5, [0, 0], [3, 2]),
            (7, [3], [7]),
            (10**15 + 1, [1, 1], [5 * 10**14 + 1, 5 * 10**14]),
        ]
        for amount, weights, expected in cases:
            with self.subTest(amount=amount, weights=weights):
                self.assertEqual(split(amount, weights), expected)
                self.assertEqual(sum(split(amount, weights)), amount)

    def test_each_method_credits_as_it_says(self):
        contacts = [Event(1, 0), Event(2, 7), Event(3, 14)]
        payment = Event(9, 15, 700)
        cases = {
            LAST: {3: 700},
            FIRST: {1: 700},
            EQUAL: {1: 234, 2: 233, 3: 233},
            DECAY: {1: 100, 2: 200, 3: 400},
        }
        self.assertEqual(set(cases), set(METHODS))
        for method, expected in cases.items():
            with self.subTest(method=method):
                [(paid, parts)] = attribute([payment], contacts, method, 30, 7)
                self.assertEqual(paid, payment)
                self.assertEqual({contact.id: part for contact, part in parts}, expected)

    def test_the_window_counts_both_its_ends(self):
        contacts = [Event(1, 0)]
        payments = [Event(7, 0, 10), Event(8, 30, 10), Event(9, 31, 10)]
        credited = [bool(parts) for _payment, parts in attribute(payments, contacts, LAST, 30)]
        self.assertEqual(credited, [True, True, False])

    def test_a_contact_after_the_payment_has_no_part_in_it(self):
        self.assertEqual(list(attribute([Event(9, 3, 10)], [Event(1, 4)], EQUAL, 30)),
                         [(Event(9, 3, 10), [])])  # fmt: skip

    def test_an_unknown_method_is_refused(self):
        with self.assertRaisesRegex(ValueError, "luck"):
            share(Event(9, 3, 10), [Event(1, 1), Event(2, 2)], "luck")

    def test_histories_equal_a_slow_reference_and_lose_no_cent(self):
        for seed in range(150):
            rng = random.Random(seed)
            span = rng.choice((10, 60, 400))
            contacts = [
                Event(number, moment)
                for number, moment in enumerate(
                    sorted(rng.randint(0, span) for _n in range(rng.randint(0, 25)))
                )
            ]
            payments = [
                Event(number, moment, rng.choice((0, 1, 7, 99, 12345, 10**12 + 1)))
                for number, moment in enumerate(
                    sorted(rng.randint(0, span) for _n in range(rng.randint(0, 15)))
                )
            ]
            days, half_life = rng.choice((0, 1, 14, 90)), rng.choice((1, 7, 30))
            for method in METHODS:
                with self.subTest(seed=seed, method=method):
                    fast = list(attribute(payments, contacts, method, days, half_life))
                    for _payment, parts in fast:
                        if parts:
                            self.assertEqual(sum(part for _contact, part in parts), _payment.amount)
                    self.assertEqual(
                        [
                            (payment, {contact.id: part for contact, part in parts if part})
                            for payment, parts in fast
                        ],
                        [
                            (payment, {key: part for key, part in parts.items() if part})
                            for payment, parts in attribute_slowly(
                                payments, contacts, method, days, half_life
                            )
                        ],
                    )
