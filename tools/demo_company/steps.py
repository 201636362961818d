"""The steps of the work, in order. A step is one transaction.

The steps `first` and `last` run alone; between them each lane has a list of its own
and two processes work through them side by side.
"""

from dataclasses import dataclass
from functools import partial

from . import (
    bank,
    collections,
    company,
    invoices,
    journals,
    partners,
    payments,
    products,
    terms,
    users,
)

CHUNK = 100
LANES = (0, 1)
# Seconds a thing takes, roughly: only to tell how far the work is.
COST = {"invoices": 0.05, "credit notes": 0.08, "payments": 0.04}


@dataclass(frozen=True)
class Step:
    """One transaction: what it does, what it is called, how long it takes, roughly."""

    text: str
    work: object
    cost: float


def first(plan, seed):
    """Return the steps before the ledger."""

    def people(env):
        firms = company.companies(env)
        terms.ensure(env)
        products.ensure(env, firms)
        partners.create(env, plan, terms.by_code(env))
        users.create(env, firms, plan)

    return [
        Step("companies", lambda env: company.ensure(env, seed, plan.today), 16),
        Step("debtors and users", people, 5),
    ]


def lane(plan, number):
    """Return the steps of one lane: invoices, credit notes, payments, bank."""
    desks = [firm for firm, own in journals.SERIES if own == number]
    found = []
    for kind, facts, work in (
        ("invoices", plan.invoices, partial(_invoices, plan)),
        ("credit notes", plan.credits, _credits),
        ("payments", plan.payments, partial(_payments, plan)),
    ):
        for firm in desks:
            own = [fact for fact in facts if (fact.company, fact.lane) == (firm, number)]
            for start in range(0, len(own), CHUNK):
                chunk = own[start : start + CHUNK]
                cost = COST[kind] * len(chunk)
                found.append(Step(kind, partial(work, firm, number, chunk), cost))
    for firm, own, currency in journals.BANKS:
        if own == number:
            found.append(Step("bank", partial(_bank, plan, firm, number, currency), 2))
    return found


def last(plan):
    """Return the steps after the ledger."""
    return [
        Step("archived debtor", lambda env: partners.archive(env, plan), 0.5),
        Step("collections", lambda env: collections.after_ledger(env, plan.today), 15),
    ]


def _invoices(plan, firm, number, chunk, env):
    invoices.post(env, plan, firm, number, chunk)


def _credits(firm, number, chunk, env):
    invoices.credit(env, firm, number, chunk)


def _payments(plan, firm, number, chunk, env):
    payments.post(env, plan, firm, number, chunk)


def _bank(plan, firm, number, currency, env):
    bank.post(env, plan, firm, number, currency)
