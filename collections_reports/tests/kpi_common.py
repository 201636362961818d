"""A random ledger, and its figures recomputed from the records in plain loops."""

from collections import defaultdict
from datetime import timedelta

from odoo import Command

from odoo.addons.collections_management.tests.ledger_histories import Histories

AGES = ("not_due", "age_1", "age_2", "age_3", "age_4")
FACT_FIELDS = {
    "amount_not_due": "not_due",
    "amount_1_30": "age_1",
    "amount_31_60": "age_2",
    "amount_61_90": "age_3",
    "amount_over_90": "age_4",
    "amount_credit": "credit",
    "amount_overdue": "overdue",
    "amount_total": "total",
}


class LedgerHistories(Histories):
    """A year of a ledger: instalments, credit notes, two currencies, opening balances, entries
    dated ahead, payments in part, too much, before the invoice, taken back."""

    def __init__(self, env, chance, term):
        super().__init__(env, chance)
        self.term = term

    def play(self, count, turns=3):
        """Return so many debtors with a past."""
        debtors = self.create_debtors(count)
        self.bill(debtors)
        self.bill_older(debtors)
        self.open_balances(debtors[: count // 4])
        for _turn in range(turns):
            self.act(debtor for debtor in debtors if self.chance.random() < 0.8)
        self.undo(debtors[: count // 3])
        self.pay_in_instalments(debtors[count // 4 : count // 2])
        return debtors

    def bill_older(self, debtors):
        """One to three invoices each, of up to a year ago; some are not due yet."""
        choices = ([self.own], [self.foreign])
        wishes = [
            (debtor, currency, self.draw_amount(50, 600), self.chance.randint(-20, 300))
            for debtor in debtors
            for currency in self.chance.choice(choices)
            for _count in range(self.chance.randint(1, 3))
        ]
        for invoice in self.create_invoices("out_invoice", wishes):
            self.invoices[invoice.partner_id] |= invoice

    def draw_day(self):
        return self.get_today() - timedelta(days=self.chance.randint(-5, 200))

    def pay_in_instalments(self, debtors):
        """Invoices with two due dates each, paid in part."""
        moves = self.env["account.move"]
        for debtor in debtors:
            move = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": debtor.id,
                    "invoice_date": self.get_today() - timedelta(days=self.chance.randint(1, 150)),
                    "invoice_payment_term_id": self.term.id,
                    "currency_id": self.chance.choice((self.own, self.foreign)).id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Goods",
                                "price_unit": self.draw_amount(90, 400),
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
            )
            move.action_post()
            moves |= move
        self._pay([(move.partner_id, move) for move in moves])

    def open_balances(self, debtors):
        """What debtors owed when the books were taken over, as entries."""
        account = self.env.company.partner_id.property_account_receivable_id
        other = self.env["account.account"].search(
            [("account_type", "=", "equity"), ("company_ids", "in", self.company.ids)], limit=1
        )
        for debtor in debtors:
            balance = self.draw_amount(20, 200) * self.chance.choice((1, 1, 1, -1))
            day = self.get_today() - timedelta(days=320)
            move = self.env["account.move"].create(
                {
                    "move_type": "entry",
                    "journal_id": self.general.id,
                    "date": day,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": account.id,
                                "partner_id": debtor.id,
                                "balance": balance,
                                "date_maturity": day - timedelta(days=self.chance.randint(-90, 90)),
                            }
                        ),
                        Command.create({"account_id": other.id, "balance": -balance}),
                    ],
                }
            )
            move.action_post()


class Reference:
    """The slow way: every record, one after the other."""

    def __init__(self, company, debtors=None):
        self.company = company
        env = company.env
        domain = [
            ("company_id", "=", company.id),
            ("account_id.account_type", "=", "asset_receivable"),
            ("account_id.non_trade", "=", False),
            ("parent_state", "=", "posted"),
        ]
        self.lines = env["account.move.line"].search(domain)
        if debtors is not None:
            self.lines = self.lines.filtered(
                lambda line: line.partner_id.commercial_partner_id in debtors
            )

    def get_open(self, day):
        """Return ``[(line, what was open of it at the end of a day)]``."""
        found = []
        for line in self.lines:
            if line.date > day:
                continue
            amount = line.balance
            for part in line.matched_credit_ids:
                if part.max_date <= day:
                    amount -= part.amount
            for part in line.matched_debit_ids:
                if part.max_date <= day:
                    amount += part.amount
            if amount := round(amount, 6):
                found.append((line, amount))
        return found

    def get_age(self, line, day):
        late = (day - (line.date_maturity or line.date)).days
        return next((age for age, most in enumerate((0, 30, 60, 90)) if late <= most), 4)

    def get_balances(self, day):
        """Return ``{debtor: {name: amount}}`` at the end of a day."""
        found = defaultdict(lambda: dict.fromkeys((*AGES, "credit", "overdue", "total"), 0.0))
        for line, amount in self.get_open(day):
            balance = found[line.partner_id.commercial_partner_id]
            balance["total"] += amount
            if amount < 0:
                balance["credit"] -= amount
                continue
            age = self.get_age(line, day)
            balance[AGES[age]] += amount
            balance["overdue"] += amount if age else 0
        return found

    def get_sum(self, day, name):
        return sum(balance[name] for balance in self.get_balances(day).values())

    def get_sales(self, first, last):
        return sum(
            line.balance
            for line in self.lines
            if line.move_id.is_sale_document(include_receipts=True) and first <= line.date <= last
        )

    def is_payment(self, line):
        move = line.move_id
        return (
            line.balance < 0
            and move.state == "posted"
            and move.move_type == "entry"
            and move.journal_id.type in ("bank", "cash", "credit")
            and "posted" not in move.reversal_move_ids.mapped("state")
        )

    def get_collected(self, first, last):
        return sum(
            -line.balance
            for line in self.lines
            if self.is_payment(line) and first <= line.date <= last
        )

    def get_true_dso(self, first, last):
        paid = weighed = 0
        for line in self.lines:
            if line.move_id.move_type not in ("out_invoice", "out_receipt"):
                continue
            for part in line.matched_credit_ids:
                if first <= part.max_date <= last and self.is_payment(part.credit_move_id):
                    paid += part.amount
                    weighed += part.amount * (part.max_date - line.move_id.invoice_date).days
        return weighed / paid if paid else None

    def get_countback(self, day):
        left, days = self.get_sum(day, "total"), 0
        if left < 0:
            return None
        last = day
        for _month in range(36):
            if left <= 1e-7:
                return days
            first = last.replace(day=1)
            sales, length = self.get_sales(first, last), (last - first).days + 1
            if sales > left:
                return days + length * left / sales
            left, days, last = left - sales, days + length, first - timedelta(days=1)
        return days if left <= 1e-7 else None

    def get_moved(self, before, begin, end):
        """Return ``(overdue, cured, caught up, relapsed)``: numbers of debtors."""
        late = [
            {
                debtor
                for debtor, balance in self.get_balances(day).items()
                if debtor and balance["overdue"] > 0
            }
            for day in (before, begin, end)
        ]
        caught_up = late[0] - late[1]
        return len(late[1]), len(late[1] - late[2]), len(caught_up), len(caught_up & late[2])

    def get_rolls(self, first, last):
        """Return ``{(age before, age after or None): (amount before, amount after)}``."""
        after = {line: amount for line, amount in self.get_open(last) if amount > 0}
        found = defaultdict(lambda: [0.0, 0.0])
        for line, amount in self.get_open(first):
            if amount > 0:
                age = self.get_age(line, last) if line in after else None
                cell = found[self.get_age(line, first), age]
                cell[0] += amount
                cell[1] += after.get(line, 0)
        return found
