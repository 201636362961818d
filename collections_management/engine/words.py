"""Letters and number words as people type them, in Spanish, Portuguese and English."""

import re
import unicodedata

UNITS = {
    "uno": 1, "un": 1, "una": 1, "um": 1, "uma": 1, "one": 1, "a": 1, "an": 1,
    "dos": 2, "dois": 2, "duas": 2, "two": 2, "tres": 3, "three": 3,
    "cuatro": 4, "quatro": 4, "four": 4, "cinco": 5, "five": 5, "seis": 6, "six": 6,
    "siete": 7, "sete": 7, "seven": 7, "ocho": 8, "oito": 8, "eight": 8,
    "nueve": 9, "nove": 9, "nine": 9, "diez": 10, "dez": 10, "ten": 10,
    "once": 11, "onze": 11, "eleven": 11, "doce": 12, "doze": 12, "twelve": 12,
    "trece": 13, "treze": 13, "thirteen": 13, "catorce": 14, "quatorze": 14, "fourteen": 14,
    "quince": 15, "quinze": 15, "fifteen": 15, "dieciseis": 16, "dezesseis": 16, "sixteen": 16,
    "diecisiete": 17, "dezessete": 17, "seventeen": 17, "dieciocho": 18, "dezoito": 18,
    "eighteen": 18, "diecinueve": 19, "dezenove": 19, "nineteen": 19,
    "veinte": 20, "vinte": 20, "twenty": 20, "veintiuno": 21, "veintidos": 22, "veintitres": 23,
    "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26, "veintisiete": 27, "veintiocho": 28,
    "veintinueve": 29, "treinta": 30, "trinta": 30, "thirty": 30, "cuarenta": 40, "quarenta": 40,
    "forty": 40, "cincuenta": 50, "cinquenta": 50, "fifty": 50, "sesenta": 60, "sessenta": 60,
    "sixty": 60, "setenta": 70, "seventy": 70, "ochenta": 80, "oitenta": 80, "eighty": 80,
    "noventa": 90, "ninety": 90, "cien": 100, "ciento": 100, "cem": 100, "cento": 100,
    "doscientos": 200, "doscientas": 200, "duzentos": 200, "duzentas": 200,
    "trescientos": 300, "trescientas": 300, "trezentos": 300, "trezentas": 300,
    "cuatrocientos": 400, "cuatrocientas": 400, "quatrocentos": 400, "quinientos": 500,
    "quinientas": 500, "quinhentos": 500, "quinhentas": 500, "seiscientos": 600,
    "seiscientas": 600, "seiscentos": 600, "setecientos": 700, "setecientas": 700,
    "setecentos": 700, "ochocientos": 800, "ochocientas": 800, "oitocentos": 800,
    "novecientos": 900, "novecientas": 900, "novecentos": 900,
}  # fmt: skip
SCALES = {"hundred": 100, "mil": 1000, "thousand": 1000, "millon": 10**6, "millones": 10**6,
          "milhao": 10**6, "milhoes": 10**6, "million": 10**6}  # fmt: skip
JOINTS = {"y", "e", "and"}
NUMBER_WORD = "|".join(sorted([*UNITS, *SCALES], key=len, reverse=True))
# A run of number words, joints in between.
NUMBER_RUN = rf"(?:{NUMBER_WORD})(?:\s+(?:(?:y|e|and)\s+)?(?:{NUMBER_WORD}))*"


def fold(text):
    """Return a text in lower case without accents, control characters and repeated blanks."""
    text = unicodedata.normalize("NFKD", (text or "").lower())
    text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w\s$/.,:;%#°€+\-()!?]", " ", text).split())


def read_number(words):
    """Return what a run of number words says, or None.

    >>> read_number("dos mil quinientos"), read_number("trescientos mil")
    (2500, 300000)
    """
    total = part = 0
    for word in words.split():
        if word in JOINTS:
            continue
        if word in UNITS:
            part += UNITS[word]
        elif word in SCALES and SCALES[word] == 100:
            part = max(part, 1) * 100
        elif word in SCALES:
            total += max(part, 1) * SCALES[word]
            part = 0
        else:
            return None
    return total + part


def distance_is_one(first, second):
    """Tell whether two words differ by one letter: another, missing, added, or two swapped."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    left, right = first[start:], second[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )
