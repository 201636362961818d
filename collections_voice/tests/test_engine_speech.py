import html
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..engine import phrases, speech


class TestSpeech(BaseCase):
    def test_voices(self):
        for langs, language, family in (
            (("es_MX",), "es-MX", "es"),
            (("es_ES",), "es-ES", "es"),
            (("es_419",), "es-MX", "es"),
            (("es_PE",), "es-MX", "es"),
            (("pt_BR",), "pt-BR", "pt"),
            (("pt_PT",), "pt-BR", "pt"),
            (("en_GB",), "en-GB", "en"),
            (("en_AU",), "en-GB", "en"),
            (("en_US",), "en-US", "en"),
            (("fr_FR", "es_CO"), "es-MX", "es"),
            (("fr_FR", False), "en-US", "en"),
            ((None,), "en-US", "en"),
        ):
            with self.subTest(langs=langs):
                voice = speech.get_voice(*langs)
                self.assertEqual((voice.language, voice.family), (language, family))

    def test_amounts(self):
        for lang, amount, currency, expected in (
            ("es_PE", "1200.50", "PEN", "mil doscientos soles con cincuenta céntimos"),
            ("es_PE", "1", "PEN", "un sol"),
            ("es_PE", "21", "PEN", "veintiún soles"),
            ("es_PE", "31.01", "PEN", "treinta y un soles con un céntimo"),
            ("es_CO", "1000000", "COP", "un millón de pesos colombianos"),
            ("es_CO", "1500000", "COP", "un millón quinientos mil pesos colombianos"),
            ("es_MX", "0.99", "MXN", "noventa y nueve centavos"),
            ("es_MX", "0.005", "MXN", "un centavo"),
            ("pt_BR", "1200.5", "BRL", "mil e duzentos reais e cinquenta centavos"),
            ("pt_BR", "2000000", "BRL", "dois milhões de reais"),
            ("en_US", "1200.50", "USD", "one thousand two hundred dollars and fifty cents"),
            ("en_GB", "1", "GBP", "one pound"),
            ("en_US", "10", "XTS", "ten X T S"),
            ("es_PE", "10.25", "JPY", "diez punto dos cinco J P Y"),
        ):
            with self.subTest(amount=amount, currency=currency):
                said = speech.say_amount(Decimal(amount), currency, speech.get_voice(lang))
                self.assertEqual(said, expected)

    def test_amounts_of_several_currencies(self):
        voice = speech.get_voice("es_PE")
        said = speech.say_amounts([(Decimal(5), "PEN"), (Decimal(1), "USD")], voice)
        self.assertEqual(said, "cinco soles y un dólar")
        self.assertEqual(speech.say_amounts([], voice), "")

    @given(
        st.decimals(0, 10**12, places=2),
        st.sampled_from(["PEN", "COP", "BRL", "USD", "EUR", "XTS"]),
        st.sampled_from(list(speech.VOICES)),
    )
    def test_no_digit_is_left_to_be_misread(self, amount, currency, lang):
        said = speech.say_amount(amount, currency, speech.VOICES[lang])
        self.assertFalse([character for character in said if character.isdigit()], said)

    def test_dates(self):
        day = date(2026, 12, 5)
        for lang, expected in (
            ("es_PE", "sábado, 5 de diciembre de 2026"),
            ("pt_BR", "sábado, 5 de dezembro de 2026"),
            ("en_US", "Saturday, December 5, 2026"),
        ):
            self.assertEqual(speech.say_date(day, speech.get_voice(lang)), expected)

    def test_numbers_are_said_digit_by_digit(self):
        self.assertEqual(speech.say_phone("+51 12"), "5, 1, 1, 2")

    def test_a_text_becomes_speech(self):
        body = (
            '<div style="x">Hello&nbsp;<b>Ana</b> , &amp; welcome.<table><tr><td>1,200</td></tr>'
            "</table><!-- no --><style>p{}</style><p>See https://x.example/a?b=1 today.</p></div>"
        )
        self.assertEqual(speech.to_speech(body, html.unescape), "Hello Ana, & welcome. See today.")

    def test_a_long_text_ends_with_a_sentence(self):
        body = "<p>" + "Pay soon. " * 100 + "</p>"
        said = speech.to_speech(body, html.unescape, 55)
        self.assertEqual(said, " ".join(["Pay soon."] * 5))
        self.assertLessEqual(len(speech.to_speech("x" * 5000, html.unescape)), 600)

    def test_every_sentence_has_its_values(self):
        values = {"company": "A", "name": "B", "amounts": "C", "phone": "D", "text": "{evil}",
                  "date": date(2026, 12, 5), "key": 1}  # fmt: skip
        for lang in speech.VOICES:
            says = [(code, {}) for code in phrases.PHRASES["en"]]
            said = speech.say(phrases.PHRASES, speech.VOICES[lang], says, **values)
            self.assertEqual(len(said), len(says))
            self.assertIn("{evil}", said)
