import threading

from odoo.tests import BaseCase

from ..engine.flight import Flight


class TestFlight(BaseCase):
    def test_one_at_a_time_is_known_before_the_next_leaves(self):
        sent = []

        def send(number):
            sent.append((number, threading.current_thread()))
            return number * 10

        with Flight(send) as flight:
            for number in (1, 2):
                flight.start({f"m{number}": (number,)})
                self.assertEqual(flight.land(), {f"m{number}": number * 10})
            self.assertEqual(flight.land_all(), {})
        here = threading.current_thread()
        self.assertEqual(sent, [(1, here), (2, here)])

    def test_a_group_is_under_way_while_the_next_is_prepared(self):
        gates = {number: threading.Event() for number in range(4)}

        def send(number):
            self.assertTrue(gates[number].wait(10))
            return number

        with Flight(send, 2) as flight:
            flight.start({0: (0,), 1: (1,)})
            self.assertEqual(flight.land(), {})  # does not wait
            flight.start({2: (2,), 3: (3,)})
            for number in (1, 0):
                gates[number].set()
            self.assertEqual(flight.land(), {0: 0, 1: 1})
            for number in (2, 3):
                gates[number].set()
            self.assertEqual(flight.land_all(), {2: 2, 3: 3})

    def test_what_has_not_begun_does_not_leave_after_a_failure(self):
        gate, sent = threading.Event(), []

        def send(number):
            gate.wait(10)
            sent.append(number)

        opening = threading.Timer(0.3, gate.set)
        with self.assertRaises(KeyError), Flight(send, 2) as flight:
            flight.start({number: (number,) for number in range(9)})
            opening.start()
            raise KeyError
        self.assertEqual(sorted(sent), [0, 1, 2, 3])
