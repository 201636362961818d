"""Key figures of receivables: amounts and counts in, a figure or the reason why there is none out.

Nothing here reads a clock, a database or Odoo. Amounts are exact numbers of one currency. What
cannot be computed is a :class:`Result` without a value and with a ``reason``, one of
:data:`REASONS`; never a zero.

Sources: Credit Research Foundation (CRF), "Key Performance Metrics for the Credit and Collections
Function", for the days sales outstanding in their forms, average days delinquent and the
collection effectiveness index; the rates of contact centres as the trade associations of
collection agencies (ACA International, CSA) use them.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta

REASONS = (
    "no_sales",  # nothing was sold in the period (or as much was credited)
    "credits",  # the debtors' credits exceed what they owe
    "short_history",  # what is owed is older than the sales that are looked at
    "nothing_paid",  # no invoice was paid in the period
    "nothing_to_collect",  # nothing was owed and nothing was sold
    "nothing_open",  # nothing is owed
    "nothing_overdue",  # nobody was overdue when the period began
    "nobody_cured",  # nobody had caught up when the period began
    "no_promises",  # no promise was settled in the period
    "no_disputes",  # no dispute was closed in the period
    "no_contacts",  # nobody was contacted in the period
    "no_calls",  # no call or visit was noted in the period
    "no_messages",  # no message reached a debtor in the period
    "no_target",  # nobody has a target in the period
    "target_filtered",  # targets are of teams and collectors, the figures of less
    "nothing_collected",  # no payment came in
)


class Result(NamedTuple):
    """A figure: its ``value``, or None and the ``reason``; ``parts`` are what it was made of."""

    value: Any
    reason: str | None = None
    parts: dict = {}  # read only


def undefined(reason, **parts):
    """Return a figure that cannot be computed."""
    if reason not in REASONS:
        raise ValueError(f"Unknown reason: {reason}")
    return Result(None, reason, parts)


def amount(value):
    """Return a figure that is a plain amount or count."""
    return Result(value, None, {})


def ratio(part, whole, reason, times=100):
    """Return ``times x part / whole``; undefined for a reason where the whole is not above zero.

    Unit: percent, unless ``times`` says otherwise.
    """
    parts = {"part": part, "whole": whole}
    if whole <= 0:
        return undefined(reason, **parts)
    return Result(times * part / whole, None, parts)


# -- periods -----------------------------------------------------------------------------------


def previous_period(first, last):
    """Return ``(first, last)`` of the period before: whole months before whole months, the same
    days of the month before a month to date, else as many days."""
    after = last + timedelta(days=1)
    if first.day == 1 and after.day == 1:
        months = (after.year - first.year) * 12 + after.month - first.month
        return first - relativedelta(months=months), first - timedelta(days=1)
    if first.day == 1 and (first.year, first.month) == (last.year, last.month):
        return first - relativedelta(months=1), last - relativedelta(months=1)
    length = after - first
    return first - length, last - length


def last_year(first, last):
    """Return ``(first, last)`` of the same period a year ago; whole months stay whole."""
    after = last + timedelta(days=1)
    year = relativedelta(years=1)
    if after.day == 1:
        return first - year, after - year - timedelta(days=1)
    return first - year, last - year


# -- days sales outstanding --------------------------------------------------------------------


def dso(receivable, sales, days):
    """Days sales outstanding of a period.

    Formula: receivables at its end / credit sales of the period x days of the period.
    Unit: days. Source: CRF.
    """
    parts = {"receivable": receivable, "sales": sales, "days": days}
    if sales <= 0:
        return undefined("no_sales", **parts)
    return Result(days * receivable / sales, None, parts)


def best_possible_dso(current, sales, days):
    """Best possible days sales outstanding: what they would be if nobody paid late.

    Formula: receivables not yet due at the end / credit sales of the period x days of the period.
    Unit: days. Source: CRF.
    """
    parts = {"current": current, "sales": sales, "days": days}
    if sales <= 0:
        return undefined("no_sales", **parts)
    return Result(days * current / sales, None, parts)


def average_days_delinquent(outstanding, best):
    """Average days delinquent: the part of the days sales outstanding that is lateness.

    Formula: days sales outstanding - best possible days sales outstanding.
    Unit: days. Source: CRF.

    :param Result outstanding: of :func:`dso`
    :param Result best: of :func:`best_possible_dso`
    """
    parts = {"dso": outstanding.value, "best": best.value}
    for one in (outstanding, best):
        if one.value is None:
            return undefined(one.reason, **parts)
    return Result(outstanding.value - best.value, None, parts)


def countback(receivable, months):
    """Days sales outstanding by counting back (exhaustion): how many days of the latest sales are
    still unpaid, whatever the seasons.

    Formula: take the sales of the latest month from the receivables, then of the month before, and
    so on; count the days of each month that is used up, and of the last one its days x what is left
    / its sales.
    Unit: days. Source: CRF.

    :param months: ``[(sales, days)]``, the latest first
    """
    parts = {"receivable": receivable, "months": len(months)}
    if receivable < 0:
        return undefined("credits", **parts)
    left, counted = receivable, 0
    for sales, days in months:
        if left <= 0:
            break
        if sales > 0 and left < sales:
            return Result(counted + days * left / sales, None, parts)
        left = round(left - sales, 6)  # of cents: what the rest is below is noise
        counted += days
    if left > 0:
        return undefined("short_history", **parts)
    return Result(counted, None, parts)


def true_dso(paid):
    """True days sales outstanding: how long the invoices paid in the period took, each weighed with
    what was paid of it.

    Formula: sum (amount paid x days from the invoice to the payment) / sum of amounts paid.
    Unit: days. Source: CRF ("true DSO", per invoice).

    :param paid: ``[(amount, days)]``
    """
    paid = list(paid)
    whole = sum(part for part, _days in paid)
    parts = {"amount": whole}
    if whole <= 0:
        return undefined("nothing_paid", **parts)
    return Result(sum(part * days for part, days in paid) / whole, None, parts)


# -- collection --------------------------------------------------------------------------------


def cei(begin, sales, end, current):
    """Collection effectiveness index: what was collected of all that could be.

    Formula: (receivables at the beginning + credit sales - receivables at the end)
    / (receivables at the beginning + credit sales - receivables not yet due at the end) x 100.
    Unit: percent; 100 is perfect. Source: CRF.
    """
    parts = {"begin": begin, "sales": sales, "end": end, "current": current}
    could = begin + sales - current
    if could <= 0:
        return undefined("nothing_to_collect", **parts)
    return Result(100 * (begin + sales - end) / could, None, parts)


def collected_to_target(collected, target):
    """Collected of the target: collected / target x 100. Unit: percent."""
    return ratio(collected, target, "no_target")


def overdue_ratio(overdue, owed):
    """Share of what is owed that is past its due date: overdue / owed x 100, before credits.

    Unit: percent. Source: CRF ("percent past due").
    """
    return ratio(overdue, owed, "nothing_open")


def bad_debt_ratio(written_off, sales):
    """Bad debt to sales: written off in the period / credit sales of the period x 100.

    Unit: percent. Source: CRF.
    """
    return ratio(written_off, sales, "no_sales")


def cure_rate(cured, overdue):
    """Share of the debtors overdue at the beginning that are not overdue at the end. Percent."""
    return ratio(cured, overdue, "nothing_overdue")


def relapse_rate(relapsed, cured):
    """Share of the debtors that were overdue when the period before began, had caught up when this
    one began, and are overdue again at its end. Percent."""
    return ratio(relapsed, cured, "nobody_cured")


# -- promises and disputes ---------------------------------------------------------------------


def promise_share(part, settled):
    """Share of the promises settled in the period, by count or by amount promised. Percent."""
    return ratio(part, settled, "no_promises")


def days_to_solve(days, disputes):
    """Average days from opening to closing the disputes closed in the period. Days."""
    return ratio(days, disputes, "no_disputes", times=1)


# -- contacts ----------------------------------------------------------------------------------


def contact_rate(reached, attempts):
    """Share of the attempts to reach debtors that arrived. Percent."""
    return ratio(reached, attempts, "no_contacts")


def right_party_rate(right, tries):
    """Right-party contacts: share of the calls and visits in which the debtor was spoken to.

    Percent.
    """
    return ratio(right, tries, "no_calls")


def response_rate(answered, told):
    """Share of the debtors that a message reached and that answered. Percent."""
    return ratio(answered, told, "no_messages")


def automation_ratio(automatic, contacts):
    """Share of the contacts made without a person. Percent."""
    return ratio(automatic, contacts, "no_contacts")


def cost_per_contact(cost, contacts):
    """What a contact that arrived costs: cost of all attempts / contacts. Money."""
    return ratio(cost, contacts, "no_contacts", times=1)


def cost_per_recovered(cost, collected):
    """What collecting a hundred units of money costs: cost / collected x 100. Percent."""
    return ratio(cost, collected, "nothing_collected")


def quartiles(histogram, reason):
    """Return the median of days as value; the quartiles ``first`` and ``third`` are in its parts.

    Formula: of the values in their order, the one at a quarter, at half and at three quarters of
    the way, between two neighbours in proportion (as ``percentile_cont`` of SQL and Excel's
    QUARTILE.INC).

    :param histogram: ``[(days, how many)]``
    """
    ordered = sorted((days, count) for days, count in histogram if count)
    total = sum(count for _days, count in ordered)
    if not total:
        return undefined(reason, count=0)
    first, median, third = (_at(ordered, share * (total - 1) / 4) for share in (1, 2, 3))
    return Result(median, None, {"first": first, "third": third, "count": total})


def _at(ordered, place):
    """Return the value at a place, counted from 0, of an ordered histogram."""
    lower = int(place)
    return _pick(ordered, lower) + (place - lower) * (
        _pick(ordered, lower + (place > lower)) - _pick(ordered, lower)
    )


def _pick(ordered, index):
    """Return the value number ``index`` of an ordered histogram."""
    for days, count in ordered[:-1]:
        if index < count:
            return days
        index -= count
    return ordered[-1][0]
