import unittest

from odoo.addons.collections_management.engine.credit import MODES, gate


class TestGate(unittest.TestCase):
    """What a credit hold does to a document."""

    def test_table(self):
        table = [
            # mode, held, approved, person, expected
            ("off", True, False, True, "pass"),
            ("off", True, False, False, "pass"),
            ("warn", False, False, True, "pass"),
            ("warn", True, False, True, "warn"),
            ("warn", True, False, False, "warn"),
            ("warn", True, True, True, "pass"),
            ("block", False, False, True, "pass"),
            ("block", True, False, True, "block"),
            ("block", True, False, False, "park"),
            ("block", True, True, True, "pass"),
            ("block", True, True, False, "pass"),
        ]
        for mode, held, approved, person, expected in table:
            with self.subTest(mode=mode, held=held, approved=approved, person=person):
                self.assertEqual(gate(mode, held=held, approved=approved, person=person), expected)

    def test_who_is_not_held_always_passes(self):
        for mode in MODES:
            self.assertEqual(gate(mode, held=False), "pass")

    def test_an_unknown_mode_is_told(self):
        with self.assertRaises(ValueError):
            gate("never", held=True)
