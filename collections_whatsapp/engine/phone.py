"""One number per person, whatever WhatsApp calls it.

The identifier of a person at WhatsApp is not always the number that was dialled: Mexico keeps an
old 1, Brazil lacks the ninth digit of older accounts, Argentina has the 9 of mobiles that many
people leave out. WhatsApp reaches mobiles, so the canonical form is the mobile's.
"""

import re

MEXICO = re.compile(r"\+521(\d{10})")
BRAZIL = re.compile(r"\+55(\d{2})([6-9]\d{7})")
ARGENTINA = re.compile(r"\+54(?!9)(\d{10})")
ARGENTINA_MOBILE = re.compile(r"\+549(\d{10})")
NUMBER = re.compile(r"\+[1-9]\d{6,14}")


def canonical(number):
    """Return the E.164 number of a person at WhatsApp, or None when it is no number.

    :param str number: digits with their country code, with or without ``+``
    """
    digits = re.sub(r"\D", "", number or "")
    number = f"+{digits}"
    if not NUMBER.fullmatch(number):
        return None
    if match := MEXICO.fullmatch(number):
        return f"+52{match[1]}"
    if match := BRAZIL.fullmatch(number):
        return f"+55{match[1]}9{match[2]}"
    if match := ARGENTINA.fullmatch(number):
        return f"+549{match[1]}"
    return number


def spellings(number):
    """Return the ways in which one canonical number may stand on a partner."""
    if match := ARGENTINA_MOBILE.fullmatch(number):
        return [number, f"+54{match[1]}"]
    return [number]
