from odoo.tests import BaseCase

from ..engine.segments import BASIC, count_segments, is_gsm, simplify


class TestSegments(BaseCase):
    def test_the_alphabet_has_its_127_characters_without_escape(self):
        self.assertEqual(len(BASIC), 127)

    def test_segments_at_each_border(self):
        for text, expected in (
            ("", 1),
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 306, 2),
            ("a" * 307, 3),
            ("€" * 80, 1),
            ("€" * 81, 2),
            ("€" * 76 + "a", 1),
            ("á" * 70, 1),
            ("á" * 71, 2),
            ("á" * 134, 2),
            ("á" * 135, 3),
            ("😀" * 35, 1),
            ("😀" * 36, 2),
            ("😀" * 66, 2),  # 33 of two units in each of 67: none is cut in two
            ("😀" * 67, 3),
        ):
            with self.subTest(text=text[:1], length=len(text)):
                self.assertEqual(count_segments(text), expected)

    def test_an_escaped_character_is_not_cut_in_two(self):
        # 152 septets and a euro sign of two: it begins the second part.
        self.assertEqual(count_segments("a" * 152 + "€" + "a" * 151), 2)
        self.assertEqual(count_segments("a" * 152 + "€" + "a" * 152), 3)

    def test_spanish_becomes_plain_and_keeps_what_the_alphabet_has(self):
        plain = simplify("¿Ya pagó? Señor Muñoz: S/ 1,200 – está “vencido”…")
        self.assertEqual(plain, '¿Ya pago? Señor Muñoz: S/ 1,200 - esta "vencido"...')
        self.assertTrue(is_gsm(plain))

    def test_what_cannot_be_written_plainly_stays_as_it_was(self):
        for text in ("Está vencido 😀", "просрочено", "مرحبا"):
            self.assertEqual(simplify(text), text)

    def test_what_fits_is_not_touched(self):
        self.assertEqual(simplify("é ñ ü à ¡ ¿ €"), "é ñ ü à ¡ ¿ €")
