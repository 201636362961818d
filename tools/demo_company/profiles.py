"""How debtors behave, as data. `plan.py` reads it; nothing here knows Odoo.

`delays` is a mixture of (weight, from, to) days after the due date; `None` instead
of days means: this instalment is never paid.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """One kind of debtor."""

    code: str
    share: float  # of all debtors
    volume: float  # invoices relative to the other profiles; below 0: exactly that many
    ticket: float  # usual amount of an invoice before tax, in PEN
    delays: tuple
    terms: tuple = (("30", 5), ("15", 2), ("45", 1))
    kind: str = "company"  # company, person, public, retail, abroad
    currency: str = "PEN"
    spread: float = 0.6  # sigma of the lognormal amount
    partial: float = 0.02  # chance that an instalment is paid in two parts
    credit: float = 0.11  # chance of a credit note on an invoice
    full_credit: float = 0.25  # of those, for the whole invoice
    pay_day: str = ""  # friday, fortnight: payments wait for that day
    months_ago: tuple = (24, 0)  # when invoices are issued
    season: tuple = ()  # only in these months, when given
    stops: tuple = ()  # pays nothing in the last (from, to) days
    drift: float = 0  # days later at the end than at the start of the 24 months
    breaks: float = 0  # chance that an instalment after the first is left unpaid
    bounce: float = 0.008  # chance that a payment comes back
    extra: float = 0.006  # chance that a payment is higher than what is due
    rounded: float = 0.015  # chance that small change is missing and written off
    local_currency: float = 0  # chance that a foreign-currency invoice is paid in PEN


PROFILES = (
    Profile(
        "retail", 0.01, 11, 7000, ((8, 0, 9), (3, 10, 30), (0.4, 31, 70)),
        terms=(("60", 2), ("45", 1)), kind="retail", pay_day="friday", credit=0.22,
        full_credit=0.05, spread=0.5,
    ),
    Profile("prompt", 0.19, 1.4, 2500, ((8, -6, 0), (2, 1, 4)), credit=0.09),
    Profile(
        "late", 0.16, 1.2, 2300, ((9, 5, 10), (1, 11, 20), (0.03, None, None)),
        pay_day="friday",
    ),
    Profile(
        "reminder", 0.14, 1.3, 2500, ((5, 12, 35), (3, 36, 60), (1.5, 61, 110)),
        pay_day="fortnight",
    ),
    Profile(
        "partial", 0.08, 1.2, 2600, ((5, 3, 30), (3, 31, 75), (0.1, None, None)),
        partial=0.65, extra=0.02,
    ),
    Profile(
        "instalments", 0.06, 0.7, 5200, ((7, -2, 8), (3, 9, 40)),
        terms=(("letras", 1),), breaks=0.05,
    ),
    Profile(
        "seasonal", 0.06, 0.8, 3600, ((6, 0, 12), (3, 13, 45), (0.15, 60, 120)),
        terms=(("45", 2), ("60", 1), ("adelanto", 1)), season=(1, 2, 3, 7, 11, 12),
    ),
    Profile(
        "abroad", 0.07, 1.1, 6500, ((6, -3, 8), (3, 9, 30), (0.2, 45, 90)),
        terms=(("30", 3), ("60", 2), ("adelanto", 1)), kind="abroad", currency="USD",
        credit=0.06,
    ),
    Profile(
        "dollar", 0.03, 0.9, 5200, ((5, -2, 10), (3, 11, 40)),
        terms=(("30", 2), ("45", 1)), currency="USD", local_currency=0.6,
    ),
    Profile(
        "disputes", 0.05, 1.2, 3000, ((3, 5, 30), (4, 31, 90), (0.25, None, None)),
        credit=0.4, full_credit=0.3,
    ),
    Profile(
        "sinking", 0.04, 0.9, 3000, ((6, 3, 20), (2, 21, 45)),
        stops=(45, 130), drift=35, bounce=0.05,
    ),
    Profile(
        "public", 0.04, 1.0, 4800, ((4, 5, 30), (4, 31, 75), (0.8, 76, 130)),
        terms=(("60", 3), ("45", 1)), kind="public", credit=0.04,
    ),
    Profile(
        "consumer", 0.12, 0.35, 380, ((6, 0, 3), (2, 4, 25), (0.4, 40, 120), (0.25, None, None)),
        terms=(("contado", 3), ("15", 2), ("30", 1)), kind="person", credit=0.07,
    ),
    Profile(
        "micro", 0.06, -1, 220, ((6, 0, 10), (2, 11, 45), (1.2, None, None)),
        terms=(("contado", 1), ("15", 1)), credit=0.0,
    ),
    Profile(
        "inactive", 0.03, 0.5, 1700, ((7, 5, 40), (1.2, None, None)),
        months_ago=(24, 14), stops=(330, 420),
    ),
    Profile(
        "overpayer", 0.04, 0.9, 2100, ((7, -8, 0), (2, 1, 10)), extra=0.12, credit=0.14,
    ),
)  # fmt: skip

# Business grows, and some months are stronger (index 0: January).
GROWTH = 0.35
SEASON = (0.85, 0.9, 1.0, 0.95, 1.05, 0.95, 1.15, 1.0, 0.95, 1.05, 1.15, 1.35)

# What sets single debtors apart: (profile it is given to, mark). Present from the smallest size on.
MARKS = (
    ("late", "no_email"),
    ("reminder", "no_phone"),
    ("late", "no_language"),
    ("prompt", "no_country"),
    ("partial", "shared_email"),
    ("reminder", "shared_email"),
    ("disputes", "html_name"),
    ("reminder", "long_name"),
    ("inactive", "archived"),
    ("partial", "portal"),
    ("late", "english"),
    ("sinking", "no_contact_data"),
)
