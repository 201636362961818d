"""What a debtor pays for what he chose: credits go against it, oldest first."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """An amount to pay, and how it comes about.

    ``gross``: what is asked for of what was chosen; ``credit``: what goes against it, of the
    credits ``credit_ids``; ``net``: what is left to pay; ``amount``: what is paid now of it.
    """

    gross: Decimal
    credit: Decimal
    net: Decimal
    amount: Decimal
    credit_ids: tuple = ()


class QuoteError(Exception):
    """Nothing can be paid; ``code``: ``nothing_chosen``, ``covered`` or ``bad_amount``."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def to_money(value, digits):
    """Return a number or text as an exact amount with that many decimals.

    :raise QuoteError: when it is none
    """
    try:
        value = Decimal(str(value).strip())
        if not value.is_finite():
            raise QuoteError("bad_amount")
        return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    except ArithmeticError as error:
        raise QuoteError("bad_amount") from error


def get_quote(claims, credits_, digits, part=None):
    """Return the ``Quote`` of what was chosen.

    :param claims: what is asked for of each chosen receivable
    :param credits_: ``[(id, amount)]`` of what the debtor has to his credit, oldest first
    :param digits: decimals of the currency
    :param part: what the debtor wants to pay of it, where he may choose; None: all
    :raise QuoteError: when nothing can be paid
    """
    zero = to_money(0, digits)
    gross = sum((to_money(claim, digits) for claim in claims), zero)
    if gross <= 0:
        raise QuoteError("nothing_chosen")
    credit, used = zero, []
    for credit_id, amount in credits_:
        if credit >= gross:
            break
        credit = min(credit + to_money(amount, digits), gross)
        used.append(credit_id)
    net = gross - credit
    if net <= 0:
        raise QuoteError("covered")
    amount = net if part in (None, "") else to_money(part, digits)
    if not zero < amount <= net:
        raise QuoteError("bad_amount")
    return Quote(gross, credit, net, amount, tuple(used))
