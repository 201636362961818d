"""Random lives of promises in a real ledger, and their verdicts recomputed in another way.

The ledger is written by Odoo itself: invoices, payments, credit notes, reversals. The recomputation
reads records, never SQL, and follows each cent: what it says must be what ``_settle`` said.
"""

from datetime import timedelta

from odoo import Command

REVERSED, CANCELLED = "reversed", "cancelled"


class Histories:
    """Draws and judges one history after another in a company of a test."""

    def __init__(self, test, chance):
        self.test = test
        self.env = test.env(
            context={**test.env.context, "tracking_disable": True, "mail_create_nolog": True}
        )
        self.chance = chance
        self.today = test.today
        self.kinds = self.env["collections.promise.type"].create(
            [
                {"name": f"{grace}/{percent}", "grace_days": grace, "kept_percent": percent}
                for grace in (0, 2)
                for percent in (100, 90)
            ]
        )

    def live(self, number):
        """Play one random history of a debtor; return its promises."""
        chance = self.chance
        debtor = self.test.create_debtor(f"Debtor{number}")
        currencies = chance.choice(([None], [None], [self.test.foreign], [None, self.test.foreign]))
        invoices = [
            self.test.create_invoice(
                chance.randint(5, 60),
                days_overdue=chance.randint(1, 20),
                debtor=debtor,
                **({"currency_id": currency.id} if currency else {}),
            )
            for currency in currencies
            for _count in range(chance.randint(1, 2))
        ]
        for _count in range(chance.randint(0, 1)):
            self.act(debtor, invoices)
        self.env["collections.ledger"]._refresh(self.test.company, partners=debtor)
        case = self.test.get_case(debtor)
        promises = self.env["collections.promise"]
        for invoice in invoices:
            line = self.test.get_receivable(invoice)
            if not line.reconciled and chance.random() < 0.8:
                promises |= self.promise(case, line)
        for _count in range(chance.randint(0, 4)):
            self.act(debtor, invoices)
        return promises

    def promise(self, case, line):
        """A promise about a receivable, moved into the past so that its time may be over."""
        owed = line.amount_residual_currency
        amount = line.currency_id.round(owed * self.chance.choice((1, 1, 0.5)))
        promise = self.env["collections.promise"].create(
            {
                "case_id": case.id,
                "type_id": self.chance.choice(self.kinds).id,
                "currency_id": line.currency_id.id,
                "line_ids": [Command.set(line.ids)],
                "amount": amount,
                "date_due": self.today,
            }
        )
        back = timedelta(days=self.chance.randint(-3, 10))
        promise.write({"date_due": self.today - back, "date_limit": promise.date_limit - back})
        return promise

    def act(self, debtor, invoices):
        """Something happens in the books: money, a credit note, or money taken back."""
        chance = self.chance
        invoice = chance.choice(invoices)
        day = self.today - timedelta(days=chance.randint(-1, 12))
        kind = chance.choice(("pay", "pay", "pay", "cross", "loose", "credit", "undo"))
        if kind == "undo":
            self.undo(debtor)
        elif kind == "loose":
            self.loose(debtor, invoice.currency_id, day)
        elif not self.test.get_receivable(invoice).reconciled:
            if kind == "credit":
                self.credit(debtor, invoice)
            else:
                currency = invoice.company_currency_id if kind == "cross" else invoice.currency_id
                self.test._register_payment(
                    invoice,
                    payment_date=day,
                    amount=chance.randint(1, 40),
                    currency_id=currency.id,
                    payment_difference_handling="open",
                )

    def loose(self, debtor, currency, day):
        """A payment that is applied to nothing."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": debtor.id,
                "amount": self.chance.randint(1, 50),
                "currency_id": currency.id,
                "date": day,
                "journal_id": self.test.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()

    def credit(self, debtor, invoice):
        """A credit note applied to an invoice."""
        refund = self.test.create_invoice(
            self.chance.randint(1, 30),
            days_overdue=self.chance.randint(0, 9),
            debtor=debtor,
            move_type="out_refund",
            currency_id=invoice.currency_id.id,
        )
        self.test.get_receivable(invoice | refund).reconcile()

    def undo(self, debtor):
        """A payment of the debtor is taken back, in one of the ways there are."""
        payments = self.env["account.payment"].search(
            [("partner_id", "=", debtor.id), ("state", "in", ("in_process", "paid"))]
        )
        if not payments:
            return
        payment = self.chance.choice(payments)
        if self.chance.random() < 0.5:
            payment.action_draft()
        elif not payment.move_id.reversal_move_ids:
            payment.move_id._reverse_moves(cancel=True)

    # -- recomputed ------------------------------------------------------------------------------

    def recompute(self, promises):
        """Return ``{promise: (state, paid)}`` of the promises of one debtor, from the records."""
        queue = promises.sorted(lambda promise: (promise.date_due, promise.id))
        entries = self.get_credits(promises)
        needs = {promise: self.get_need(promise, entries) for promise in queue}
        left = dict(needs)
        money = []
        for line, is_payment in entries:
            for part in line.matched_debit_ids:
                money.append((0, line, part.debit_move_id, cents(part.debit_amount_currency)))
            money.append((1, line, None, cents(-line.amount_residual_currency)))
            if not is_payment:
                del money[-1 - len(line.matched_debit_ids) :]
        for loose, line, target, amount in sorted(money, key=lambda item: item[0]):
            for _cent in range(amount):
                for promise in queue:
                    fits = (
                        line.currency_id == promise.currency_id
                        if loose
                        else target in promise.line_ids
                    )
                    if fits and left[promise] and self.counts(line, promise):
                        left[promise] -= 1
                        break
        return {
            promise: self.get_verdict(promise, needs[promise], needs[promise] - left[promise])
            for promise in queue
        }

    def get_credits(self, promises):
        """Return ``[(line, whether it is a payment)]`` of the debtor, oldest first, those that
        stand."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", promises.case_id.partner_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("balance", "<", 0),
            ]
        )
        standing = lines.filtered(
            lambda line: "posted" not in line.move_id.reversal_move_ids.mapped("state")
        )
        return [
            (line, line.move_id.move_type == "entry" and line.journal_id.type in ("bank", "cash"))
            for line in standing.sorted(lambda line: (line.date, line.id))
        ]

    def get_need(self, promise, entries):
        credited = sum(
            cents(part.debit_amount_currency)
            for line, is_payment in entries
            if not is_payment and self.counts(line, promise)
            for part in line.matched_debit_ids
            if part.debit_move_id in promise.line_ids
        )
        return max(0, min(cents(promise.amount), cents(promise.amount_owed) - credited))

    def counts(self, line, promise):
        return line.id > promise.ledger_mark and line.date <= promise.date_limit

    def get_verdict(self, promise, need, paid):
        if paid >= need * promise.kept_percent / 100:
            state = "kept"
        elif promise.date_limit < self.today:
            state = "partly" if paid else "broken"
        else:
            state = "due" if promise.date_due <= self.today else "open"
        return state, paid


def cents(amount):
    return round(amount * 100)
