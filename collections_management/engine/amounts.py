"""How much money somebody means, as people type it; in the currency of the debt unless told."""

import re
from dataclasses import dataclass
from decimal import Decimal

from .words import NUMBER_RUN, fold, read_number

SIGNS = {
    "s/.": "PEN", "s/": "PEN", "soles": "PEN", "sol": "PEN", "pen": "PEN", "r$": "BRL",
    "reais": "BRL", "real": "BRL", "us$": "USD", "u$s": "USD", "usd": "USD", "dolares": "USD",
    "dolar": "USD", "dollars": "USD", "dollar": "USD", "bucks": "USD", "euros": "EUR", "€": "EUR",
    "eur": "EUR", "pesos": "", "peso": "", "varos": "", "$": "$", "mxn": "MXN", "cop": "COP",
    "clp": "CLP", "ars": "ARS",
}  # fmt: skip
BEFORE = r"s/\.?|r\$|us\$|u\$s|\$|€|usd|pen|mxn|cop|clp|ars"
AFTER = (
    r"soles|sol|pesos?|varos|dolares|dolar|dollars?|bucks|reais|real|euros?|usd|pen|mxn|cop|clp|ars"
)
SCALE = r"mil|k|lucas?|millones|millon|milhao|milhoes|palos?"
# Where a luca is a thousand and a palo a million.
THOUSANDS = ("CLP", "COP", "ARS", "UYU")
# Where a bare $ is not the own money.
FOREIGN_DOLLAR = ("PEN", "BRL", "EUR", "GTQ", "PYG", "BOB", "CRC", "VES")
# A number behind these is no money.
NAMES = (
    r"(?:factura|boleta|fatura|invoice|ruc|dni|nit|rut|cuenta|conta|numero|nro|no|n°|#|ticket|guia"
    r"|op|pedido)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """What was found: a value, or a ``share`` of the debt (``all``, ``half``).

    ``currency`` None is the debt's own. Neither value nor share: money is meant, but not told
    exactly.
    """

    value: Decimal | None
    share: str
    currency: str | None
    excerpt: str


def read(text, currency):
    """Return the :class:`Amount` that a text means, None when it speaks of none.

    :param str currency: the code of the debt's currency
    """
    return scan(text, currency)[0]


def scan(text, currency):
    """Return ``(amount, text)``: the folded text with every amount replaced by ``_amount_``."""
    found = []
    text = f" {fold(text[:2000])} "

    def note(match, value, sign, scale=""):
        value, code = _scale(value, scale, currency), _get_currency(sign, currency)
        found.append(Amount(value, "", code, match.group().strip()))
        return " _amount_ "

    def take_half_million(match):
        return note(match, Decimal(1500000 if match[1] else 500000), match[2] or "")

    text = re.sub(
        r"(?<!\w)(?:(?:un\s+)?(millon)\s+y\s+medio|medio\s+millon)(?:\s+de)?"
        rf"(?:\s+({AFTER}))?(?!\w)",
        take_half_million,
        text,
    )

    def take_digits(match):
        value = _parse(match[2])
        sign = match[1] or match[4] or ""
        if value is None or value <= 0 or not _is_money(text, match, value, sign):
            return match.group()
        return note(match, value, sign, match[3] or "")

    text = re.sub(
        rf"(?<![\w.,/-])({BEFORE})?\s*(\d[\d.,']*\d|\d)(?![\d/:])(?:\s*({SCALE})(?!\w))?"
        rf"(?:\s*(?:de\s+)?({AFTER})(?!\w))?",
        take_digits, text,
    )  # fmt: skip

    def take_words(match):
        value = read_number(match[1])
        if (value < 50 and not match[2] and not match[3]) or re.match(
            r"\s*(?:gracias|disculpas|perdones|por\s*ciento|veces|dias|thanks)", text[match.end() :]
        ):
            return match.group()
        return note(match, Decimal(value), match[3] or "", match[2] or "")

    text = re.sub(rf"(?<!\w)({NUMBER_RUN})(?:\s+(lucas?|palos?))?(?:\s+(?:de\s+)?({AFTER}))?(?!\w)",
                  take_words, text)  # fmt: skip
    share, text = _take_share(text)
    return _choose(found, share), " ".join(text.split())


def _take_share(text):
    """Return ``(share, text)``: all or half of the debt."""
    half = r"(?<!\w)(?:la\s+|a\s+|una\s+)?(?:mitad|metade|half)(?:\s+of\s+it)?(?!\w)"
    whole = (
        r"(?<!\w)(?:toda\s+la\s+deuda|tod[ao]\s+(?:lo\s+)?(?:que|q)\s+\w+|todo|tudo"
        r"|el\s+total|o\s+total"
        r"|la\s+totalidad|everything|all\s+of\s+it|(?:the\s+)?full\s+amount|in\s+full)(?!\w)"
    )
    for share, pattern in (("half", half), ("all", whole)):
        if re.search(pattern, text):
            return share, re.sub(pattern, " _amount_ ", text)
    return "", text


def _choose(found, share):
    values = {(amount.value, amount.currency) for amount in found}
    excerpt = ", ".join(amount.excerpt for amount in found)[:200]
    if len(values) == 1 and not share:
        return found[0]
    if not found:
        return Amount(None, share, None, share) if share else None
    return Amount(None, "", None, excerpt)


def _parse(digits):
    """Return a number however its thousands and decimals are told apart, None if it is none.

    A last group of three digits is thousands, one of one or two is decimals.
    """
    digits = digits.replace("'", "").strip(".,")
    if not re.fullmatch(r"\d+(?:[.,]\d+)*", digits):
        return None
    head, sep, tail = digits, "", ""
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0 and len(digits) - last - 1 != 3:
        head, sep, tail = digits[:last], digits[last], digits[last + 1 :]
        if len(tail) > 2 or sep in head:
            return None
    groups = re.split(r"[.,]", head)
    if len(groups) > 1 and any(len(group) != 3 for group in groups[1:]):
        return None
    return Decimal("".join(groups) + (f".{tail}" if tail else ""))


def _is_money(text, match, value, sign):
    """Tell an amount from another number."""
    if sign or match[3]:
        return True
    if len(re.sub(r"\D", "", match[2])) > 7 and "." not in match[2] and "," not in match[2]:
        return False
    if re.search(rf"(?<!\w){NAMES}\.?\s*$", text[: match.start(2)]):
        return False
    if re.match(
        r"\s*(?:%|dias?|days?|semanas?|weeks?|meses|months?|veces|cuotas?|horas?|cajas?"
        r"|a\.?m|p\.?m)",
        text[match.end() :],
    ):
        return False  # fmt: skip
    return value >= 10


def _scale(value, scale, currency):
    if scale in ("mil", "k"):
        return value * 1000
    if scale.startswith(("mill", "milh")):
        return value * 10**6
    if scale.startswith("luca"):
        return value * (1000 if currency in THOUSANDS else 1)
    if scale.startswith("palo"):
        return value * 10**6 if currency in THOUSANDS else None
    return value


def _get_currency(sign, currency):
    """Return the code that a sign means, None for the debt's own."""
    code = SIGNS.get(sign.strip(), "")
    if code == "$":
        code = "USD" if currency in FOREIGN_DOLLAR else ""
    return code if code and code != currency else None
