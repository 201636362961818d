"""How many segments a text message takes, and how to need fewer.

Source: 3GPP TS 23.038 (the GSM 7-bit alphabet and its extension) and TS 23.040 (concatenation):
a message of 160 septets is one segment, a longer one has 153 in each; with one character outside
the alphabet it is written in UCS-2, 70 code units in one segment, 67 in each of several.
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")  # two septets each
ONE = {"gsm": 160, "ucs2": 70}
EACH = {"gsm": 153, "ucs2": 67}
# What has no accent to lose.
SAME = str.maketrans(
    {
        "‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-",
        "…": "...", "·": "-", "•": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "º": "o",
        "ª": "a", "`": "'", "´": "'", "\t": " ",
    }
)  # fmt: skip


def is_gsm(text):
    """Tell whether a text can be written in the 7-bit alphabet."""
    return all(char in BASIC or char in EXTENSION for char in text)


def count_segments(text):
    """Return how many segments a text takes; an empty one takes one."""
    if is_gsm(text):
        kind, units = "gsm", [2 if char in EXTENSION else 1 for char in text]
    else:
        kind, units = "ucs2", [len(char.encode("utf-16-le")) // 2 for char in text]
    if sum(units) <= ONE[kind]:
        return 1
    return _count_parts(units, EACH[kind])


def _count_parts(units, size):
    """Count parts of a size; a character of two units is not cut in two."""
    parts, used = 1, 0
    for unit in units:
        if used + unit > size:
            parts, used = parts + 1, 0
        used += unit
    return parts


def simplify(text):
    """Return a text with the letters that the alphabet lacks written plainly ("á" as "a").

    Only when that makes the whole of it fit the alphabet: else it costs the same as before, and
    stays as it was.
    """
    if is_gsm(text):
        return text
    plain = "".join(_simplify_character(char) for char in text.translate(SAME))
    return plain if is_gsm(plain) else text


def _simplify_character(char):
    if char in BASIC or char in EXTENSION:
        return char
    return "".join(part for part in unicodedata.normalize("NFD", char) if part in BASIC) or char
