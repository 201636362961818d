"""What an agency earns: a percentage by age and size of the debt, of what was really paid."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Tier:
    """From so many days past due and so large a placement on, this percentage."""

    days: int
    amount: Decimal
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Earned:
    """Money of a payment that counts, and the commission on it."""

    amount: Decimal
    percent: Decimal
    commission: Decimal


def choose_percent(tiers, days, amount):
    """Return the percentage of the deepest tier that a debt has reached: by age, then by size."""
    reached = [tier for tier in tiers if tier.days <= days and tier.amount <= amount]
    best = max(reached, key=lambda tier: (tier.days, tier.amount), default=None)
    return best.percent if best else Decimal(0)


def round_money(amount, places):
    """Return an amount in whole cents, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def settle(paid, settled, percents, places):
    """Return ``{key: Earned}``: what is to be settled now, so that all that ever was is right.

    A payment that was reversed is in ``settled`` but not in ``paid`` any more: it comes back with
    the opposite sign, at the percentage it was settled with. Nothing to settle, no key.

    :param paid: ``{key: amount}`` that the ledger says was paid, per payment and receivable
    :param settled: ``{key: Earned}`` of earlier settlements, summed
    :param percents: ``{key: percentage}`` of the contract for what was never settled before
    """
    result = {}
    for key in sorted(paid.keys() | settled.keys()):
        before = settled.get(key)
        percent = before.percent if before else percents[key]
        amount = paid.get(key, Decimal(0))
        commission = round_money(amount * percent / 100, places)
        if before:
            amount, commission = amount - before.amount, commission - before.commission
        if amount or commission:
            result[key] = Earned(amount, percent, commission)
    return result
