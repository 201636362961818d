"""Random lives of debtors in a real ledger, written by Odoo itself, many debtors at a time.

What happens to each debtor is drawn on its own; what happens to all of them at once is posted and
reconciled together, which is many times faster. Two kinds of histories stand on this: of promises
(``promise_histories``) and of agreements (``agreement_histories``). Each recomputes its verdicts
from the records, never by SQL, and compares them with what the refresh said.
"""

from collections import Counter, defaultdict
from datetime import timedelta

from odoo import Command

RATES = ((3650, 0.5), (9, 0.55), (2, 0.45), (-10, 0.5), (-30, 0.52))  # days ago, foreign currency


class Histories:
    """A company in whose books histories are written; ``chance`` decides everything."""

    kinds = ("pay", "pay", "pay", "cross", "loose", "credit", "adjust", "undo")

    def __init__(self, env, chance):
        self.env = env(
            context={
                **env.context,
                "tracking_disable": True,
                "mail_create_nolog": True,
                "mail_create_nosubscribe": True,
            }
        )
        self.chance = chance
        self.company = env.company
        self.bank, self.general = (
            self.env["account.journal"].search(
                [("type", "=", kind), ("company_id", "=", self.company.id)], limit=1
            )
            for kind in ("bank", "general")
        )
        self.start = self.get_today()
        self.own = self.company.currency_id
        self.foreign = self._make_foreign()
        self.invoices = defaultdict(self.env["account.move"].browse)  # of a debtor
        self.payments = defaultdict(self.env["account.payment"].browse)
        self.done = Counter()  # what happened, by kind

    def _make_foreign(self):
        """Return another currency, whose rate changes while the histories go on."""
        foreign = self.env.ref("base.EUR")
        foreign.active = True
        foreign.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            [
                {
                    "currency_id": foreign.id,
                    "company_id": self.company.id,
                    "name": self.start - timedelta(days=days),
                    "rate": rate,
                }
                for days, rate in RATES
            ]
        )
        return foreign

    def get_today(self):
        return self.env["collections.ledger"]._today(self.company)

    def refresh(self, debtors):
        self.env["collections.ledger"]._refresh(self.company, partners=debtors)

    def get_cases(self, debtors):
        """Return ``{debtor: case}``."""
        cases = self.env["collections.case"].search(
            [("partner_id", "in", debtors.ids), ("company_id", "=", self.company.id)]
        )
        return {case.partner_id: case for case in cases}

    def get_receivable(self, moves):
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    # -- the books -------------------------------------------------------------------------------

    def create_debtors(self, count):
        return self.env["res.partner"].create(
            [{"name": f"Debtor {number}", "is_company": True} for number in range(count)]
        )

    def bill(self, debtors):
        """Invoice each debtor: one or two documents in one or two currencies."""
        choices = ([self.own], [self.own], [self.foreign], [self.own, self.foreign])
        wishes = [
            (debtor, currency, self.draw_amount(5, 60), self.chance.randint(1, 20))
            for debtor in debtors
            for currency in self.chance.choice(choices)
            for _count in range(self.chance.randint(1, 2))
        ]
        for invoice in self.create_invoices("out_invoice", wishes):
            self.invoices[invoice.partner_id] |= invoice

    def draw_amount(self, least, most):
        return self.chance.randint(least, most) + self.chance.choice((0, 0, 0.55, 0.01))

    def create_invoices(self, kind, wishes):
        """Post documents: ``(debtor, currency, amount, days since they were due)``."""
        moves = self.env["account.move"].create(
            [
                {
                    "move_type": kind,
                    "partner_id": debtor.id,
                    "currency_id": currency.id,
                    "invoice_date": self.get_today() - timedelta(days=days),
                    "invoice_date_due": self.get_today() - timedelta(days=days),
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Goods", "price_unit": amount, "tax_ids": [Command.clear()]}
                        )
                    ],
                }
                for debtor, currency, amount, days in wishes
            ]
        )
        moves.action_post()
        return moves

    # -- what happens ----------------------------------------------------------------------------

    def act(self, debtors):
        """Let something happen in the books of each debtor."""
        wishes = defaultdict(list)
        for debtor in debtors:
            invoice = self.chance.choice(self.invoices[debtor])
            wishes[self.chance.choice(self.kinds)].append((debtor, invoice))
        for kind, chosen in wishes.items():
            if kind not in ("loose", "undo"):
                chosen = [
                    (debtor, invoice)
                    for debtor, invoice in chosen
                    if not self.get_receivable(invoice).reconciled
                ]
            if chosen:
                getattr(self, f"_{kind}")(chosen)

    def draw_day(self):
        """Return the day of an entry: some are booked late, one is for tomorrow."""
        return self.get_today() - timedelta(days=self.chance.randint(-1, 12))

    def _pay(self, wishes):
        """Money in the currency of the invoice: a part of it, all of it, or more."""
        self._receive(
            [
                (
                    debtor,
                    invoice.currency_id,
                    self.chance.choice((self.draw_amount(1, 40), invoice.amount_residual)),
                    invoice,
                )
                for debtor, invoice in wishes
            ]
        )

    def _cross(self, wishes):
        """Money in the other currency, applied to the invoice at the rate of its day."""
        self._receive(
            [
                (
                    debtor,
                    self.own if invoice.currency_id == self.foreign else self.foreign,
                    self.draw_amount(1, 40),
                    invoice,
                )
                for debtor, invoice in wishes
            ]
        )

    def _loose(self, wishes):
        """Money that is applied to nothing."""
        self._receive(
            [
                (debtor, invoice.currency_id, self.draw_amount(1, 50), invoice.browse())
                for debtor, invoice in wishes
            ]
        )

    def _receive(self, wishes):
        payments = self.env["account.payment"].create(
            [
                {
                    "payment_type": "inbound",
                    "partner_id": debtor.id,
                    "amount": amount,
                    "currency_id": currency.id,
                    "date": self.draw_day(),
                    "journal_id": self.bank.id,
                }
                for debtor, currency, amount, _invoice in wishes
            ]
        )
        payments.action_post()
        pairs = []
        for payment, (debtor, currency, _amount, invoice) in zip(payments, wishes, strict=True):
            self.payments[debtor] |= payment
            pairs.append((payment.move_id, invoice))
            kind = "paid" if currency == invoice.currency_id else "paid in another currency"
            self.done[kind if invoice else "paid, applied to nothing"] += 1
        self._reconcile(pairs)

    def _reconcile(self, pairs):
        """Apply entries to invoices, each to its own."""
        plan = [self.get_receivable(move | invoice) for move, invoice in pairs if invoice]
        self.env["account.move.line"]._reconcile_plan(plan)

    def _credit(self, wishes):
        """Credit notes, applied to their invoices."""
        refunds = self.create_invoices(
            "out_refund",
            [
                (
                    debtor,
                    invoice.currency_id,
                    self.draw_amount(1, 30),
                    self.chance.randint(0, 9),
                )
                for debtor, invoice in wishes
            ],
        )
        self.done["credit note"] += len(refunds)
        self._reconcile(
            [(refund, invoice) for refund, (_, invoice) in zip(refunds, wishes, strict=True)]
        )

    def _adjust(self, wishes):
        """A part is given up by an entry that is no payment, applied to its invoice."""
        moves = self.env["account.move"].create(
            [self._prepare_adjustment(debtor, invoice) for debtor, invoice in wishes]
        )
        moves.action_post()
        self.done["adjusted by an entry"] += len(moves)
        self._reconcile([(move, invoice) for move, (_, invoice) in zip(moves, wishes, strict=True)])

    def _prepare_adjustment(self, debtor, invoice):
        amount = self.draw_amount(1, 9)
        currency, day = invoice.currency_id, self.draw_day()
        balance = currency._convert(amount, self.own, self.company, day)
        accounts = (
            self.get_receivable(invoice).account_id,
            invoice.invoice_line_ids.account_id,
        )
        return {
            "move_type": "entry",
            "journal_id": self.general.id,
            "date": day,
            "line_ids": [
                Command.create(
                    {
                        "account_id": account.id,
                        "partner_id": debtor.id,
                        "currency_id": currency.id,
                        "amount_currency": sign * amount,
                        "balance": sign * balance,
                    }
                )
                for account, sign in zip(accounts, (-1, 1), strict=True)
            ],
        }

    def _undo(self, wishes):
        """A payment of the debtor is taken back, in one of the ways there are."""
        drafts, reversals = self.env["account.payment"], self.env["account.move"]
        for debtor, _invoice in wishes:
            payments = self.payments[debtor].filtered(
                lambda payment: payment.state in ("in_process", "paid")
            )
            if not payments:
                continue
            payment = self.chance.choice(payments)
            if self.chance.random() < 0.5:
                drafts |= payment
            elif not payment.move_id.reversal_move_ids:
                reversals |= payment.move_id
        if drafts:
            drafts.action_draft()
        if reversals:
            reversals._reverse_moves(cancel=True)
        self.done["payment set back to draft"] += len(drafts)
        self.done["payment reversed"] += len(reversals)

    def undo(self, debtors):
        """Take a payment of each debtor back, where there is one."""
        self._undo([(debtor, None) for debtor in debtors])

    # -- the credits, from the records -----------------------------------------------------------

    def get_credits(self, debtors):
        """Return ``{debtor: [(line, whether it is a payment)]}``: the credits that stand, oldest
        first."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "in", debtors.ids),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("amount_currency", "<=", 0),
                ("balance", "<=", 0),
            ]
        )
        found = defaultdict(list)
        for line in lines.sorted(lambda line: (line.date, line.id)):
            move = line.move_id
            if "posted" not in move.reversal_move_ids.mapped("state"):
                is_payment = move.move_type == "entry" and move.journal_id.type in ("bank", "cash")
                found[line.partner_id].append((line, is_payment))
        return found


def cents(amount):
    return round(amount * 100)
