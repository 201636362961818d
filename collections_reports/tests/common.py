"""A small ledger with everything that makes aging hard, and the plain reading of it."""

import random
from collections import defaultdict
from datetime import timedelta

from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.collections_management.tests.common import CollectionsCommon


class ReportsCommon(CollectionsCommon):
    """What tests of reports share: an accountant, and documents of a few months."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env,
            login="test_accountant",
            groups="account.group_account_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.other_currency = cls.setup_other_currency(
            "EUR", rates=[("2016-01-01", 2.0), (cls.today - timedelta(days=60), 1.7)]
        )

    @classmethod
    def day(cls, ago):
        return cls.today - timedelta(days=ago)

    @classmethod
    def create_document(cls, debtor, amount, date, *, days=30, kind="out_invoice", **values):
        """A posted invoice or credit note of a day, due some days later."""
        if "invoice_payment_term_id" not in values:
            values["invoice_date_due"] = date + timedelta(days=days)
        move = cls.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": debtor.id,
                "invoice_date": date,
                "date": date,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goods", "price_unit": amount, "tax_ids": [Command.clear()]}
                    )
                ],
                **values,
            }
        )
        move.action_post()
        return move

    @classmethod
    def create_entry(cls, debtor, amount, date):
        """A posted journal entry on the debtor's receivable account, as a migration makes them."""
        account = debtor.property_account_receivable_id
        other = cls.company_data["default_account_revenue"]
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": date,
                "line_ids": [
                    Command.create(
                        {"account_id": account.id, "partner_id": debtor.id, "balance": amount,
                         "date_maturity": date}
                    ),
                    Command.create({"account_id": other.id, "balance": -amount}),
                ],
            }
        )  # fmt: skip
        move.action_post()
        return move

    @classmethod
    def create_ledger(cls, seed, count=24):
        """Documents of the last year for three debtors: two currencies, instalments, credit notes,
        payments in part, too much, early, late, applied across currencies, undone and reversed,
        opening balances, and entries of days to come."""
        rng = random.Random(seed)
        halves = cls.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (30, 75)
                ],
            }
        )
        debtors = [cls.create_debtor(f"Debtor {number}") for number in range(3)]
        cls.create_entry(debtors[0], 345.67, cls.day(370))
        for _number in range(count):
            debtor = rng.choice(debtors)
            ago = rng.randrange(-20, 330)
            amount = round(rng.uniform(20, 900), 2)
            values = {}
            if rng.random() < 0.3:
                values["currency_id"] = cls.other_currency.id
            if rng.random() < 0.25:
                values["invoice_payment_term_id"] = halves.id
            invoice = cls.create_document(
                debtor, amount, cls.day(ago), days=rng.choice((0, 15, 30, 60)), **values
            )
            cls._settle_somehow(rng, debtor, invoice, amount, ago)
        return debtors

    @classmethod
    def _settle_somehow(cls, rng, debtor, invoice, amount, ago):
        """Pay, credit or leave a document, as debtors do."""
        later = ago - rng.randrange(0, 120)
        what = rng.random()
        if what < 0.45:
            share = rng.choice((0.25, 0.5, 1, 1))
            payment = cls.pay(invoice, round(amount * share, 2), date=cls.day(later))
            if rng.random() < 0.2:
                entry = payment if payment._name == "account.move" else payment.move_id
                moves = entry or payment
                if moves._name == "account.move":
                    moves._reverse_moves([{"date": cls.day(later - 5)}], cancel=True)
        elif what < 0.65:
            part = round(amount * rng.choice((0.3, 1, 1.4)), 2)
            note = cls.create_document(
                debtor, part, cls.day(later), days=0, kind="out_refund",
                currency_id=invoice.currency_id.id,
            )  # fmt: skip
            if rng.random() < 0.6:
                (cls.get_receivable(invoice) + cls.get_receivable(note)).reconcile()
        elif what < 0.75:
            cls.create_entry(debtor, -round(amount / 3, 2), cls.day(later))

    # -- the plain reading -----------------------------------------------------------------------

    def read_open(self, day):
        """Return ``{line id: (amount, amount in its currency)}`` at the end of a day, from the
        entries and their reconciliations alone: no residual is looked at."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT line.id, line.balance, line.amount_currency
              FROM account_move_line line JOIN account_account account
                ON account.id = line.account_id
             WHERE account.account_type = 'asset_receivable' AND line.company_id = %s
               AND line.parent_state = 'posted' AND line.date <= %s
            """,
            [self.company.id, day],
        )
        found = {line: [balance, currency] for line, balance, currency in self.env.cr.fetchall()}
        self.env.cr.execute(
            "SELECT debit_move_id, credit_move_id, amount, debit_amount_currency,"
            " credit_amount_currency FROM account_partial_reconcile WHERE max_date <= %s",
            [day],
        )
        for debit, credit, amount, debit_currency, credit_currency in self.env.cr.fetchall():
            if debit in found:
                found[debit][0] -= amount
                found[debit][1] -= debit_currency
            if credit in found:
                found[credit][0] += amount
                found[credit][1] += credit_currency
        return {
            line: (round(amounts[0], 2), round(amounts[1], 2))
            for line, amounts in found.items()
            if round(amounts[0], 2) or round(amounts[1], 2)
        }

    def read_aging(self, day, *, money="company", basis="due", credits="column", ends=(30, 60, 90)):  # noqa: A002
        """Return ``{(debtor id, currency id): {bucket: amount}}``, read line by line."""
        result = defaultdict(lambda: defaultdict(float))
        for line_id, (amount, amount_currency) in self.read_open(day).items():
            line = self.env["account.move.line"].browse(line_id)
            value, currency = amount, self.company.currency_id
            if money == "original":
                value, currency = amount_currency, line.currency_id
            if not value or (credits == "without" and value < 0):
                continue
            since = line.date if basis == "invoice" else line.date_maturity or line.date
            age = (day - since).days
            name = "over"
            if credits == "column" and value < 0:
                name = "credit"
            elif basis == "due" and age <= 0:
                name = "not_due"
            else:
                for number, end in enumerate(ends, 1):
                    if age <= end:
                        name = f"age_{number}"
                        break
            key = (line.partner_id.commercial_partner_id.id, currency.id)
            result[key][name] = round(result[key][name] + value, 2)
        return result
