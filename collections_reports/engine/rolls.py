"""How debts roll from one age to the next between two month-ends.

A *roll rate* is the share of what was open in an age at one month-end that is open in a worse age
at the next. The matrix tells for each age where its money went: into which age, or away (paid or
credited). Source: the roll-rate method of credit risk practice, as IFRS 9 provision matrices use it
(IFRS 9 B5.5.35, Illustrative Example 12).
"""

from collections import defaultdict

AGES = (0, 1, 2, 3, 4)  # not due, 1-30, 31-60, 61-90, over 90 days late


def matrix(rows):
    """Return ``{age: {"open": amount, "to": {age: percent}, "settled": percent, "rolled":
    percent}}`` of the ages in which something was open; ``rolled`` is what went into a worse age,
    for the worst age what stayed in it.

    :param rows: ``[(age before, age after or None, amount before, amount after)]``; what appeared
        meanwhile is not in it
    """
    opened, kept = defaultdict(int), defaultdict(int)
    for before, after, amount, left in rows:
        opened[before] += amount
        if after is not None:
            kept[before, after] += left
    result = {}
    for age in AGES:
        if opened[age] <= 0:
            continue
        shares = {after: 100 * kept[age, after] / opened[age] for after in AGES}
        worst = AGES[-1]
        result[age] = {
            "open": opened[age],
            "to": shares,
            "settled": 100 - sum(shares.values()),
            "rolled": sum(share for after, share in shares.items() if after > age)
            if age != worst
            else shares[worst],
        }
    return result
