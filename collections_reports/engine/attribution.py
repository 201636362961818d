"""Which contacts a payment is credited to: a convention, chosen by the reader, not a cause.

All amounts are whole minor units (cents), so that what is shared out adds up to what was paid.
Moments are numbers that grow with time, in days.
"""

from collections import deque
from typing import NamedTuple

LAST, FIRST, EQUAL, DECAY = METHODS = ("last", "first", "equal", "decay")
WHOLE = 2**40  # weights are whole numbers, so that sums are exact


class Event(NamedTuple):
    """A payment (``amount`` in minor units) or a contact of a debtor; of one day, contacts come
    first: whoever pays on the day he is called may have paid because of it."""

    id: int
    moment: float
    amount: int = 0


def split(amount, weights):
    """Share out a whole amount by weights, to the last unit (method of the largest remainder).

    Where remainders are equal, the earlier one gets the unit. Weights that are all zero share
    equally.

    :param weights: whole numbers

    >>> split(100, [1, 1, 1])
    [34, 33, 33]
    """
    total = sum(weights)
    if not total:
        weights, total = [1] * len(weights), len(weights)
    parts, remainders = zip(*(divmod(amount * weight, total) for weight in weights), strict=True)
    parts = list(parts)
    order = sorted(range(len(parts)), key=lambda index: -remainders[index])
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def share(payment, contacts, method, half_life=7):
    """Return ``[(contact, part of the payment)]`` for the contacts that may have a part in it.

    :param contacts: the contacts in its window, oldest first
    :param half_life: days after which a contact weighs half, for ``decay``
    """
    if not contacts:
        return []
    if method == LAST:
        return [(contacts[-1], payment.amount)]
    if method == FIRST:
        return [(contacts[0], payment.amount)]
    if len(contacts) == 1:
        return [(contacts[0], payment.amount)]
    if method == EQUAL:
        weights = [1] * len(contacts)
    elif method == DECAY:
        # the newest weighs 1: only the distances between them count, and nothing gets too small
        newest = contacts[-1].moment
        weights = [
            int(WHOLE * 2 ** ((contact.moment - newest) / half_life)) for contact in contacts
        ]
    else:
        raise ValueError(f"Unknown method of attribution: {method}")
    return list(zip(contacts, split(payment.amount, weights), strict=True))


def attribute(payments, contacts, method, days, half_life=7):
    """Credit the payments of one debtor to his contacts in one pass.

    :param payments: :class:`Event`, oldest first
    :param contacts: :class:`Event`, oldest first
    :param days: a contact counts that many days: on day 0, and up to this many days before
    :return: yields ``(payment, [(contact, part)])``; an empty list: paid without a contact
    """
    window, rest = deque(), iter(contacts)
    upcoming = next(rest, None)
    for payment in payments:
        while upcoming is not None and upcoming.moment <= payment.moment:
            window.append(upcoming)
            upcoming = next(rest, None)
        while window and window[0].moment < payment.moment - days:
            window.popleft()
        yield payment, share(payment, _pick(window, method), method, half_life)


def _pick(window, method):
    """Return the contacts of a window that a method looks at: one of them takes one step."""
    if not window:
        return ()
    if method == LAST:
        return (window[-1],)
    if method == FIRST:
        return (window[0],)
    return list(window)
