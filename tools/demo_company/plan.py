"""What happens in the demo company over 24 months: pure, the same for the same seed.

The result is lists of facts in the order of time. The rooms that know Odoo carry
them out and read the amounts from the ledger, so nothing here has to be exact.
"""

import itertools
import math
import random
from dataclasses import dataclass
from datetime import date, timedelta

from . import names, people, products, profiles, terms

SPAN = 730  # days
INVOICES_PER_DEBTOR = 10
RATE = 3.78  # PEN for one USD, to choose prices only


@dataclass(frozen=True)
class Debtor:
    """A debtor with its habits."""

    index: int
    person: people.Person
    profile: profiles.Profile
    companies: tuple  # indexes of the companies that sell to it
    term: str
    lateness: float  # this debtor's own factor on delays

    @property
    def lane(self):
        """Return 0 or 1: the sales office that serves it.

        Offices have sales and bank journals of their own, so two processes can
        work at once and never wait for each other's number.
        """
        department = self.person.state[-2:]
        north = department in names.NORTH
        return int(north or self.companies != (0,) or self.profile.currency != "PEN")


@dataclass(frozen=True)
class Invoice:
    """An invoice with its lines (product code, quantity, unit price)."""

    order: str
    debtor: int
    company: int
    currency: str
    day: date
    term: str
    lines: tuple
    no_followup: bool = False
    lane: int = 0

    @property
    def amount(self):
        """Return about what has to be paid."""
        return sum(quantity * price for _code, quantity, price in self.lines) * (1 + products.IGV)

    def instalments(self):
        """Return [(due date, share)]."""
        rows = terms.TERMS[self.term][1]
        return [(self.day + timedelta(days=days), percent / 100) for percent, days in rows]


@dataclass(frozen=True)
class Credit:
    """A credit note on an invoice."""

    order: str
    company: int
    day: date
    share: float  # of the invoice
    reason: str
    allocated: bool = True
    lane: int = 0


@dataclass(frozen=True)
class Part:
    """What a payment pays: a share of an instalment, or all that is left of it."""

    order: str
    instalment: int
    share: float | None = None


@dataclass(frozen=True)
class Payment:
    """Money that came in."""

    code: str
    debtor: int
    company: int
    currency: str
    day: date
    parts: tuple = ()
    extra: float = 0.0  # more than what is paid with it: stays as a credit
    missing: float = 0.0  # small change that is written off
    returned: str = ""  # "cancel" or "reverse": a cheque that bounced
    in_local: bool = False  # a foreign-currency invoice paid in company currency
    lane: int = 0


@dataclass(frozen=True)
class Plan:
    """Everything that happens."""

    debtors: tuple
    invoices: tuple
    credits: tuple
    payments: tuple
    today: date


def make(seed, size, today):
    """Return the plan for a seed, a number of debtors and a last day."""
    debtors = _debtors(seed, size)
    drafts = [
        draft
        for debtor, count in zip(debtors, _counts(seed, debtors), strict=True)
        for draft in _invoices(seed, debtor, count, today)
    ]
    drafts.sort(key=lambda draft: (draft["day"], draft["company"], draft["debtor"]))
    invoices = [
        Invoice(order=f"PV-{number:05d}", **draft) for number, draft in enumerate(drafts, 1)
    ]
    notes, payments = [], []
    for debtor in debtors:
        own = [invoice for invoice in invoices if invoice.debtor == debtor.index]
        credits_, paid = _history(random.Random(f"{seed}/paid/{debtor.index}"), debtor, own, today)
        notes += credits_
        payments += paid
    notes.sort(key=lambda note: (note.day, note.order))
    payments = [payment for payment in payments if payment["day"] <= today]
    payments.sort(key=lambda payment: (payment["day"], payment["debtor"], str(payment["parts"])))
    return Plan(
        debtors=tuple(debtors),
        invoices=tuple(invoices),
        credits=tuple(notes),
        payments=tuple(
            Payment(code=f"OP-{number:06d}", **row) for number, row in enumerate(payments, 1)
        ),
        today=today,
    )


# -- who ----------------------------------------------------------------------


def _debtors(seed, size):
    marks = {}
    kinds = _spread_profiles(size)
    for code, mark in profiles.MARKS:
        taken = set(marks)
        free = [i for i, kind in enumerate(kinds) if kind.code == code and i not in taken]
        free = free or [i for i in range(size) if i not in taken]
        if free:
            marks[free[0]] = mark
    return [
        _debtor(seed, index, kind, (marks[index],) if index in marks else ())
        for index, kind in enumerate(kinds)
    ]


def _debtor(seed, index, profile, marks):
    rng = random.Random(f"{seed}/debtor/{index}")
    companies = rng.choices(((0,), (0, 1), (1,)), (72, 19, 9))[0]
    return Debtor(
        index=index,
        person=people.make(index, profile, seed, marks),
        profile=profile,
        companies=(0,) if profile.kind == "retail" else companies,
        term=rng.choices(*zip(*profile.terms, strict=True))[0],
        lateness=rng.uniform(0.75, 1.3),
    )


def _spread_profiles(size):
    """Return one profile per debtor: each profile evenly spread, by its share."""
    places = []
    for number, profile in enumerate(profiles.PROFILES):
        count = max(1, round(profile.share * size))
        places += [((k + 0.5) / count, number, profile) for k in range(count)]
    places.sort(key=lambda place: place[:2])
    if len(places) > size:  # a small company: the rarest profiles keep their one debtor
        seen, kept, spare = set(), [], []
        for place in places:
            (spare if place[1] in seen else kept).append(place)
            seen.add(place[1])
        places = sorted((kept + spare)[:size], key=lambda place: place[:2])
    while len(places) < size:
        places.append((1.0, 1, profiles.PROFILES[1 + len(places) % 4]))
    return [profile for _place, _number, profile in places]


# -- what is sold -------------------------------------------------------------


def _counts(seed, debtors):
    """Return the number of invoices of each debtor; together ten per debtor."""
    weights = []
    for debtor in debtors:
        rng = random.Random(f"{seed}/volume/{debtor.index}")
        volume = debtor.profile.volume
        weights.append(volume * rng.lognormvariate(0, 0.4) if volume > 0 else 0)
    fixed = [int(-debtor.profile.volume) if debtor.profile.volume < 0 else 0 for debtor in debtors]
    target = INVOICES_PER_DEBTOR * len(debtors) - sum(fixed)
    total = sum(weights)
    counts, carried = [], 0.0
    for weight, number in zip(weights, fixed, strict=True):
        carried += target * weight / total
        whole = round(carried)
        carried -= whole
        counts.append(number + max(0, whole))
    return counts


def _invoices(seed, debtor, count, today):
    """Return the values of one debtor's invoices, in the order of time."""
    rng = random.Random(f"{seed}/sold/{debtor.index}")
    days, weights = _calendar(debtor.profile, today)
    dates = sorted(rng.choices(days, weights, k=count)) if count else []
    return [_invoice(rng, debtor, day) for day in dates]


def _calendar(profile, today):
    """Return the working days a profile buys on, and their weights."""
    days, weights = [], []
    for ago in range(SPAN, -1, -1):
        day = today - timedelta(days=ago)
        months_ago = ago / (SPAN / 24)
        if day.weekday() == 6 or not profile.months_ago[0] >= months_ago >= profile.months_ago[1]:
            continue
        if profile.season and day.month not in profile.season:
            continue
        if profile.stops and ago < profile.stops[0] - 25:  # sales were stopped by then
            continue
        growth = 1 + profiles.GROWTH * (1 - ago / SPAN)
        days.append(day)
        weights.append(growth * profiles.SEASON[day.month - 1] * (0.5 if day.weekday() == 5 else 1))
    return days, weights


def _invoice(rng, debtor, day):
    profile = debtor.profile
    company = debtor.companies[0]
    if len(debtor.companies) > 1 and rng.random() < 0.4:
        company = 1
    catalogue = products.CATALOGUE[company]
    wanted = profile.ticket * rng.lognormvariate(0, profile.spread)
    affordable = [row for row in catalogue if row[2] <= max(wanted, 80)] or [catalogue[-2]]
    chosen = rng.sample(affordable, min(rng.choice((1, 1, 1, 2, 2, 3)), len(affordable)))
    rate = RATE if profile.currency == "USD" else 1
    lines = tuple(
        (code, max(1, round(wanted / len(chosen) / price)), round(price / rate, 2))
        for code, _name, price in chosen
    )
    return {
        "debtor": debtor.index,
        "company": company,
        "currency": profile.currency,
        "day": day,
        "term": debtor.term if rng.random() < 0.9 else rng.choice(profile.terms)[0],
        "lines": lines,
        "no_followup": rng.random() < 0.01,
        "lane": debtor.lane,
    }


# -- what comes back ----------------------------------------------------------

REASONS = (
    *("Devolución de mercadería", "Producto dañado en el transporte", "Error en el precio"),
    *("Descuento por volumen", "Pedido incompleto", "Anulación de la operación"),
)


def _history(rng, debtor, invoices, today):
    """Return (credit notes, payment values) of one debtor."""
    stop = None
    if debtor.profile.stops:
        stop = today - timedelta(days=rng.randint(*debtor.profile.stops))
    notes, events = [], []
    for invoice in invoices:
        note = _credit(rng, debtor.profile, invoice, today)
        if note:
            notes.append(note)
        if not note or note.share < 1:
            earliest = note.day if note and note.allocated else invoice.day
            events += _pay_invoice(rng, debtor, invoice, earliest, today)
    events = [event for event in events if event[0] <= (stop or today)]
    payments = _grouped(rng, debtor, events)
    return notes, payments + _loose(rng, debtor, invoices, stop or today)


def _credit(rng, profile, invoice, today):
    if rng.random() >= profile.credit:
        return None
    full = rng.random() < profile.full_credit
    day = _workday(invoice.day + timedelta(days=rng.randint(2, 40)))
    if day > today:
        return None
    kept = not full and (today - day).days < 120 and rng.random() < 0.2
    return Credit(
        order=invoice.order,
        company=invoice.company,
        lane=invoice.lane,
        day=day,
        share=1.0 if full else rng.choice((0.1, 0.15, 0.2, 0.25, 0.34, 0.5)),
        reason=REASONS[-1] if full else rng.choice(REASONS[:-1]),
        allocated=not kept,
    )


def _pay_invoice(rng, debtor, invoice, earliest, today):
    """Return [(day, invoice, part)] for one invoice; days may lie in the future."""
    events = []
    progress = 1 - (today - invoice.day).days / SPAN
    for number, (due, _share) in enumerate(invoice.instalments()):
        delay = _delay(rng, debtor, progress)
        broken = number > 0 and rng.random() < debtor.profile.breaks
        if delay is None or broken:
            break
        day = _pay_day(debtor.profile, max(due + timedelta(days=delay), earliest, invoice.day))
        if rng.random() < debtor.profile.partial:
            share = rng.choice((0.3, 0.4, 0.5, 0.6))
            events.append((day, invoice, Part(invoice.order, number, share)))
            day = _pay_day(debtor.profile, day + timedelta(days=rng.randint(20, 70)))
            if rng.random() < 0.04:
                continue  # the rest never came
        events.append((day, invoice, Part(invoice.order, number)))
    return events


def _delay(rng, debtor, progress):
    """Return the days after the due date, or None for never."""
    weights = [row[0] for row in debtor.profile.delays]
    _weight, low, high = rng.choices(debtor.profile.delays, weights)[0]
    if low is None:
        return None
    days = rng.randint(low, high)
    late = days * debtor.lateness if days > 0 else days
    return round(late + debtor.profile.drift * max(progress, 0))


def _pay_day(profile, day):
    if profile.pay_day == "friday":
        return day + timedelta(days=(4 - day.weekday()) % 7)
    if profile.pay_day == "fortnight":
        if day.day <= 15:
            day = day.replace(day=15)
        else:
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return _workday(day)


def _workday(day):
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))


def _grouped(rng, debtor, events):
    """Return payment values: what is paid in full on one day comes as one payment."""
    payments = []

    def key(event):
        day, invoice, part = event
        alone = "" if part.share is None else part.order
        return day, invoice.company, invoice.currency, alone, part.instalment if alone else 0

    for (day, company, currency, alone, _number), group in itertools.groupby(
        sorted(events, key=lambda event: (key(event), event[2].order)), key
    ):
        rows = list(group)
        due = sum(invoice.amount for _day, invoice, _part in rows)
        payments += _payment(
            rng,
            debtor,
            {
                "debtor": debtor.index,
                "lane": debtor.lane,
                "company": company,
                "currency": currency,
                "day": day,
                "parts": tuple(
                    sorted((part for _d, _i, part in rows), key=lambda p: (p.order, p.instalment))
                ),
            },
            due,
            whole=not alone,
        )
    return payments


def _payment(rng, debtor, values, due, *, whole):
    """Return the payment, with its accident: bounced, too high, a bit too low."""
    profile, dice = debtor.profile, rng.random()
    values = values | {"in_local": rng.random() < profile.local_currency}
    if dice < profile.bounce:
        again = _workday(values["day"] + timedelta(days=rng.randint(12, 30)))
        bounced = values | {"returned": rng.choice(("cancel", "reverse"))}
        never = rng.random() < (0.8 if profile.stops else 0.05)
        return [bounced] if never else [bounced, values | {"day": again}]
    if not whole or values["in_local"]:
        return [values]
    if dice < profile.bounce + profile.extra:
        return [values | {"extra": round(max(5, due * rng.uniform(0.02, 0.3)), 2)}]
    if due > 60 and dice < profile.bounce + profile.extra + profile.rounded:
        return [values | {"missing": round(rng.uniform(0.05, 2.0), 2)}]
    return [values]


def _loose(rng, debtor, invoices, last):
    """Return payments nobody has allocated yet: on account, or paid twice."""
    if not invoices or rng.random() >= 0.07:
        return []
    invoice = rng.choice(invoices[-3:])
    day = _workday(invoice.day + timedelta(days=rng.randint(1, 60)))
    if day > last:
        day = _workday(max(invoice.day, last - timedelta(days=rng.randint(3, 15))))
    if day > last:
        return []
    amount = invoice.amount if rng.random() < 0.3 else math.ceil(invoice.amount / 4 / 50) * 50
    return [
        {
            "debtor": debtor.index,
            "lane": debtor.lane,
            "company": invoice.company,
            "currency": invoice.currency,
            "day": day,
            "parts": (),
            "extra": round(amount, 2),
        }
    ]
