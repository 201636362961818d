"""What a message costs: rows of prices by country, category and first day."""

from typing import NamedTuple

FREE = ("free_customer_service", "free_entry_point")
ANYWHERE = ""  # the country of a row for every country that has none


class Price(NamedTuple):
    """A row: what one message of a category costs in a country from a day on."""

    id: int
    country: str
    category: str
    valid_from: object  # date
    amount: float


def is_billed(pricing):
    """Tell whether a status says that its message costs; the word ``billable`` is on its way out,
    so the type counts where there is one."""
    kind = pricing.get("type")
    if kind:
        return kind not in FREE
    return pricing.get("billable", True) is not False


def find_price(prices, country, category, day):
    """Return the row that holds on a day, or None: the country's own before that for all."""
    for wanted in (country, ANYWHERE):
        rows = [
            row
            for row in prices
            if row.country == wanted and row.category == category and row.valid_from <= day
        ]
        if rows:
            return max(rows, key=lambda row: row.valid_from)
    return None
