"""Amounts, dates and texts as a voice says them."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import babel.dates
from num2words import num2words

from .phrases import PHRASES

LONGEST_TEXT = 600
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: the provider's language, the key of our sentences, babel's locale."""

    language: str
    family: str
    locale: str


VOICES = {
    "es_MX": Voice("es-MX", "es", "es_MX"),
    "es_ES": Voice("es-ES", "es", "es_ES"),
    "pt_BR": Voice("pt-BR", "pt", "pt_BR"),
    "en_US": Voice("en-US", "en", "en_US"),
    "en_GB": Voice("en-GB", "en", "en_GB"),
}
# A language of Odoo that is none of the above speaks like its relative.
RELATIVES = {"es": "es_MX", "pt": "pt_BR", "en": "en_US"}
BRITISH = ("en_AU", "en_IN", "en_NZ")

# Currency -> family -> (one, several, one hundredth, several hundredths).
UNITS = {
    "PEN": {"es": ("sol", "soles", "céntimo", "céntimos"),
            "pt": ("sol", "sóis", "cêntimo", "cêntimos"),
            "en": ("sol", "soles", "céntimo", "céntimos")},
    "BRL": {"es": ("real", "reales", "centavo", "centavos"),
            "pt": ("real", "reais", "centavo", "centavos"),
            "en": ("real", "reais", "centavo", "centavos")},
    "USD": {"es": ("dólar", "dólares", "centavo", "centavos"),
            "pt": ("dólar", "dólares", "centavo", "centavos"),
            "en": ("dollar", "dollars", "cent", "cents")},
    "EUR": {"es": ("euro", "euros", "céntimo", "céntimos"),
            "pt": ("euro", "euros", "centavo", "centavos"),
            "en": ("euro", "euros", "cent", "cents")},
    "GBP": {"en": ("pound", "pounds", "penny", "pence")},
    "BOB": {"es": ("boliviano", "bolivianos", "centavo", "centavos")},
    "GTQ": {"es": ("quetzal", "quetzales", "centavo", "centavos")},
    "CRC": {"es": ("colón", "colones", "céntimo", "céntimos")},
    "PYG": {"es": ("guaraní", "guaraníes", "céntimo", "céntimos")},
}  # fmt: skip
# Several countries have a peso: each is named, and a debtor may owe in two of them.
PESOS = {
    "MXN": ("mexicano", "mexicano", "Mexican"),
    "COP": ("colombiano", "colombiano", "Colombian"),
    "CLP": ("chileno", "chileno", "Chilean"),
    "ARS": ("argentino", "argentino", "Argentine"),
    "UYU": ("uruguayo", "uruguaio", "Uruguayan"),
    "DOP": ("dominicano", "dominicano", "Dominican"),
}
for _code, (_es, _pt, _en) in PESOS.items():
    UNITS[_code] = {
        "es": (f"peso {_es}", f"pesos {_es}s", "centavo", "centavos"),
        "pt": (f"peso {_pt}", f"pesos {_pt}s", "centavo", "centavos"),
        "en": (f"{_en} peso", f"{_en} pesos", "centavo", "centavos"),
    }

TAG = re.compile(r"<[^>]*>")
LINK = re.compile(r"(https?://|www\.)\S+")
# What tells nothing when it is read aloud.
UNSPOKEN = re.compile(
    r"<(table|style|script|head|ul|ol)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE
)
SENTENCE_END = re.compile(r"(?<=[.!?…])\s")
SPACES = re.compile(r"\s+")


def get_voice(*langs):
    """Return the voice of the first of these languages (codes of Odoo) that one speaks."""
    for lang in filter(None, langs):
        if lang in BRITISH:
            return VOICES["en_GB"]
        relative = RELATIVES.get(lang.partition("_")[0])
        if lang in VOICES or relative:
            return VOICES.get(lang) or VOICES[relative]
    return VOICES["en_US"]


def say_amount(amount, currency, voice):
    """Return an amount in words, as "mil doscientos soles con cincuenta céntimos".

    :param Decimal amount: not below zero
    :param str currency: ISO code
    """
    amount = Decimal(amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
    whole = int(amount)
    hundredths = int((amount - whole) * 100)
    units = UNITS.get(currency, {}).get(voice.family)
    if not units:  # as good as unknown to this voice: its number and its letters
        digits = f"{whole}" if not hundredths else f"{amount}"
        return f"{_say_number_of(digits, voice)} {' '.join(currency)}"
    one, several, cent, cents = units
    words = _say_count(whole, one, several, voice.family)
    if not hundredths:
        return words
    small = _say_count(hundredths, cent, cents, voice.family)
    if not whole:
        return small
    link = {"es": "con", "pt": "e", "en": "and"}[voice.family]
    return f"{words} {link} {small}"


def _say_number_of(digits, voice):
    return num2words(Decimal(digits), lang="pt_BR" if voice.family == "pt" else voice.family)


def _say_count(number, one, several, family):
    words = num2words(number, lang="pt_BR" if family == "pt" else family).replace(",", "")
    if family == "es":  # before its noun "uno" loses its end
        words = re.sub(r"veintiuno$", "veintiún", words)
        words = re.sub(r"\buno$", "un", words)
    if family in ("es", "pt") and number and number % 1_000_000 == 0:
        words += " de"
    return f"{words} {one if number == 1 else several}"


def say_amounts(amounts, voice):
    """Return ``[(amount, currency)]`` in words, joined by "and"."""
    parts = [say_amount(amount, currency, voice) for amount, currency in amounts]
    link = {"es": " y ", "pt": " e ", "en": " and "}[voice.family]
    return ", ".join(parts[:-1]) + (link if len(parts) > 1 else "") + (parts[-1] if parts else "")


def say_date(day, voice):
    """Return a day with its week day, as "viernes, 5 de diciembre de 2026"."""
    return babel.dates.format_date(day, "full", voice.locale)


def say_phone(phone):
    """Return a number digit by digit: a voice would read it as millions."""
    return ", ".join(character for character in phone or "" if character.isdigit())


def say_name(name):
    """Return a name that a voice can say: one line, of a length that somebody listens to."""
    return SPACES.sub(" ", name or "").strip()[:LONGEST_NAME]


def to_speech(html_body, unescape, limit=LONGEST_TEXT):
    """Return the text of a message as plain speech: no tables, lists, links or markup, and no
    more whole sentences than fit.

    :param unescape: function that turns entities into characters
    """
    text = TAG.sub(" ", UNSPOKEN.sub(" ", html_body or ""))
    text = SPACES.sub(" ", LINK.sub(" ", unescape(text))).strip()
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    if len(text) <= limit:
        return text
    ends = [match.start() for match in SENTENCE_END.finditer(text, 0, limit + 1)]
    return text[: ends[-1]] if ends else text[:limit].rsplit(" ", 1)[0]


def say(phrases, voice, says, **common):
    """Return the sentences of a turn.

    :param phrases: ``{family: {code: text}}``
    :param says: ``[(code, values)]``
    """
    known = phrases.get(voice.family) or PHRASES[voice.family]
    return [
        known[code].format(
            **{
                name: say_date(value, voice) if isinstance(value, date) else value
                for name, value in {**common, **values}.items()
            }
        )
        for code, values in says
    ]
