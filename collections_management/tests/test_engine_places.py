import unittest
from datetime import date
from unittest.mock import patch

from odoo.addons.collections_management.engine import places, public_holidays


class TestPlaces(unittest.TestCase):
    def test_a_state_narrows_the_zones_of_its_country(self):
        cases = [
            ("PE", None, {"America/Lima"}),
            ("PE", "15", {"America/Lima"}),
            ("ES", None, {"Europe/Madrid", "Atlantic/Canary"}),
            ("ES", "B", {"Europe/Madrid"}),
            ("ES", "GC", {"Atlantic/Canary"}),
            ("BR", "SP", {"America/Sao_Paulo"}),
            ("BR", "AC", {"America/Rio_Branco"}),
            ("MX", "BCN", {"America/Tijuana"}),
            ("MX", "JAL", {"America/Mexico_City"}),
            ("US", "CA", {"America/Los_Angeles"}),
            ("US", "TX", {"America/Chicago", "America/Denver"}),
            ("US", "AE", None),
            ("CL", "CL-RM", {"America/Santiago"}),
            ("CL", "CL-MA", {"America/Punta_Arenas"}),
            ("CL", "CL-VS", {"America/Santiago", "Pacific/Easter"}),
            ("EC", "20", {"Pacific/Galapagos"}),
            ("EC", "18", {"America/Guayaquil"}),
            ("PT", "30", {"Atlantic/Madeira"}),
            ("AR", "X", {"America/Argentina/Buenos_Aires"}),
            ("XX", None, set()),
            (None, None, set()),
        ]
        for country, state, expected in cases:
            with self.subTest(country=country, state=state):
                zones = places.get_zones(country, state, 2026)
                if expected is None:  # unknown state: the whole country
                    expected = places.get_zones(country, None, 2026)
                self.assertEqual(set(zones), set(expected))

    def test_zones_that_always_agree_are_asked_once(self):
        self.assertEqual(len(places.get_zones("AR", None, 2026)), 1)
        self.assertLessEqual(len(places.get_zones("BR", None, 2026)), 4)
        self.assertLessEqual(len(places.get_zones("US", None, 2026)), 8)

    def test_every_zone_of_the_map_exists_and_has_its_states(self):
        for (country, state), zones in places.ZONES_BY_STATE.items():
            with self.subTest(country=country, state=state):
                self.assertTrue(any(places.is_zone(zone) for zone in zones))

    def test_an_unknown_zone_is_not_a_zone(self):
        for name in ("Mars/Olympus", "../etc", ""):
            with self.subTest(name):
                self.assertFalse(places.is_zone(name))

    def test_a_state_has_the_holidays_of_its_region(self):
        cases = [
            ("ES", "B", "CT"), ("CL", "CL-RM", "RM"), ("BR", "SP", "SP"), ("ES", None, None),
        ]  # fmt: skip
        for country, state, expected in cases:
            with self.subTest(country=country, state=state):
                self.assertEqual(places.get_region(country, state), expected)


class TestPublicHolidays(unittest.TestCase):
    def test_holidays_belong_to_the_country_and_the_region(self):
        cases = [
            ("PE", None, date(2026, 7, 28), True),
            ("PE", None, date(2027, 7, 28), True),
            ("PE", None, date(2026, 7, 27), False),
            ("ES", "CT", date(2026, 9, 11), True),
            ("ES", "MD", date(2026, 9, 11), False),
            ("ES", None, date(2026, 9, 11), False),
            ("BR", "SP", date(2026, 7, 9), True),
            ("BR", "RJ", date(2026, 7, 9), False),
            ("GB", "no region", date(2026, 12, 25), True),
            ("XX", None, date(2026, 12, 25), False),
            (None, None, date(2026, 12, 25), False),
        ]
        for country, region, day, expected in cases:
            with self.subTest(country=country, region=region, day=day):
                name = public_holidays.get_checker(country, region)(day)
                self.assertEqual(bool(name), expected)

    def test_holidays_are_named_in_the_language_of_the_reader(self):
        day = date(2026, 1, 1)
        cases = [
            ("PE", "es_PE", "Año Nuevo"), ("PE", "es_419", "Año Nuevo"),
            ("PE", "en_US", "New Year's Day"), ("PE", "fr_FR", "Año Nuevo"),
            ("PE", None, "Año Nuevo"), ("BR", "pt_PT", "Confraternização Universal"),
        ]  # fmt: skip
        for country, language, expected in cases:
            with self.subTest(country=country, language=language):
                name = public_holidays.get_checker(country, None, language)(day)
                self.assertEqual(name, expected)

    def test_a_zone_this_machine_does_not_know_is_left_out(self):
        self.addCleanup(places.get_zones.cache_clear)
        places.get_zones.cache_clear()
        with patch.object(places, "get_possible_zones", lambda *_: ("No/Where", "America/Lima")):
            self.assertEqual(places.get_zones("PE", None, 2026), ("America/Lima",))
