"""A ledger of three years with all that happens in ledgers, and what it says in plain Python."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from odoo import Command, fields

from odoo.addons.collections_management.tests.test_write_off import WriteOffCommon

from ..engine.provision import NOT_DUE, Flow

BANDS = ((1, 1), (31, 5), (91, 20), (181, 50), (366, 100))


def exact(value):
    """A float of the ORM as the decimal that the database holds."""
    return Decimal(str(round(value, 6)))


class HistoryCommon(WriteOffCommon):
    """A company with bands, two segments and debtors of each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        bands = cls.env["collections.provision.band"]
        bands.search([]).unlink()
        bands.create([{"days": days, "percent": percent} for days, percent in BANDS])
        cls.others = cls.env["collections.segment"].create(
            {"name": "Others", "sequence": 0, "domain": "[('partner_id.ref', '=', 'other')]",
             "strategy_id": cls.strategy.id}
        )  # fmt: skip
        cls.second_debtor = cls.create_debtor("Bodega Cusco", ref="other")
        cls.month_end = cls.today.replace(day=1) - timedelta(days=1)

    @classmethod
    def assign(cls):
        """Refresh the cases and place them in their segments."""
        cls.env["collections.ledger"]._refresh(cls.company)
        cls.env["collections.segment"]._assign(cls.company)

    @classmethod
    def create_dated(cls, day, amount, debtor=None, days=30, **values):
        """An invoice of a past day, due some days later."""
        dates = {"invoice_date": day, "invoice_date_due": day + timedelta(days=days)}
        return cls.create_invoice(amount, debtor=debtor, **{**dates, **values})

    @classmethod
    def create_history(cls, seed, count=36):
        """Invoices of the last three years: paid, paid in part, late, credited, written off,
        recovered, in instalments and in another currency."""
        random = Random(seed)
        foreign = cls.setup_other_currency(
            "EUR", rates=[("2016-01-01", 2), (str(cls.today - timedelta(days=500)), 1.6),
                          (str(cls.today - timedelta(days=100)), 2.5)]
        )  # fmt: skip
        halves = cls.env["account.payment.term"].create(
            {"name": "Halves", "line_ids": [
                Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                Command.create({"value": "percent", "value_amount": 50, "nb_days": 75})]}
        )  # fmt: skip
        written_off = cls.env["account.move"]
        for _number in range(count):
            debtor = random.choice((cls.debtor, cls.second_debtor))
            day = cls.today - timedelta(days=random.randint(40, 1100))
            values = {"currency_id": foreign.id} if random.random() < 0.3 else {}
            if random.random() < 0.25:
                values |= {"invoice_payment_term_id": halves.id, "invoice_date_due": False}
            amount = random.randint(100, 90_000) / 100
            invoice = cls.create_dated(day, amount, debtor, random.choice((0, 15, 45)), **values)
            fate = random.random()
            for _part in range(random.randint(0, 2) if fate < 0.85 else 0):
                part = round(invoice.amount_residual * random.choice((0.2, 0.55, 1)), 2)
                paid_on = day + timedelta(days=random.randint(0, 400))
                if part > 0 and paid_on <= cls.today:
                    cls.pay(invoice, part, date=paid_on)
            if invoice.amount_residual and fate < 0.15:
                cls.credit(invoice, round(invoice.amount_residual / 3, 2), random)
            if invoice.amount_residual and fate > 0.6 and day.year < cls.today.year - 1:
                written_off |= invoice
        cls.create_dated(cls.today - timedelta(days=300), 77, move_type="out_refund")
        cls.create_invoice(500, days_overdue=20, debtor=cls.create_debtor("New"))
        cls.assign()
        cls.give_up(written_off)
        return written_off

    @classmethod
    def credit(cls, invoice, amount, random):
        """A credit note that takes a part of an invoice away."""
        day = min(invoice.invoice_date + timedelta(days=random.randint(1, 90)), cls.today)
        note = cls.create_dated(
            day, amount, invoice.partner_id, 0, move_type="out_refund",
            currency_id=invoice.currency_id.id,
        )  # fmt: skip
        (cls.get_receivable(note) | cls.get_receivable(invoice)).reconcile()

    @classmethod
    def give_up(cls, invoices):
        """Write invoices off, each on a day of its own, and recover a part of every second."""
        for number, invoice in enumerate(invoices):
            case = cls.get_case(invoice.partner_id)
            lines = cls.get_receivable(invoice).filtered(lambda line: not line.reconciled)
            day = cls.today - timedelta(days=35 * (number + 1))
            draft = cls.env["collections.write.off"].create(
                {"case_id": case.id, "reason_id": cls.reason.id, "rule_id": cls.rule.id,
                 "date": max(day, *lines.mapped("date")),
                 "line_ids": [Command.create({"line_id": line.id}) for line in lines]}
            )  # fmt: skip
            draft._post()
            if number % 2:
                cls.recover(draft, round(draft.amount * 0.4, 2))

    @classmethod
    def recover(cls, write_off, amount):
        """A payment long after, booked as a recovery."""
        payment = cls.env["account.payment"].create(
            {"payment_type": "inbound", "partner_type": "customer", "amount": amount,
             "partner_id": write_off.partner_id.id, "date": cls.today - timedelta(days=3)}
        )  # fmt: skip
        payment.action_post()
        credit = payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        return write_off._recover(credit, amount, cls.today - timedelta(days=2))

    # -- the same in plain Python ------------------------------------------------------------------

    def get_receivables(self):
        """All receivable lines of the company."""
        return self.env["account.move.line"].search(
            [("company_id", "=", self.company.id), ("parent_state", "=", "posted"),
             ("account_id.account_type", "=", "asset_receivable"),
             ("account_id.non_trade", "=", False)]
        )  # fmt: skip

    def get_residual(self, line, day):
        """What a line owed at the end of a day, in company currency."""
        if line.date > day:
            return Decimal(0)
        paid = sum(
            (exact(part.amount) for part in line.matched_credit_ids if part.max_date <= day),
            Decimal(0),
        )
        got = sum((exact(part.amount) for part in line.matched_debit_ids
                   if part.max_date <= day), Decimal(0))  # fmt: skip
        return exact(line.balance) - paid + got

    def get_bucket(self, age, buckets):
        return max((first for first in buckets if first != NOT_DUE and age >= first),
                   default=NOT_DUE)  # fmt: skip

    def get_lost_shares(self, day):
        """``{entry line of a write-off: share of it that stayed lost}``."""
        shares = {}
        for off in self.env["collections.write.off"].search(
            [("company_id", "=", self.company.id), ("state", "=", "posted")]
        ):
            back = sum((exact(one.amount) for one in off.recovery_ids
                        if one.state == "posted" and one.date <= day), Decimal(0))  # fmt: skip
            for line in off.line_ids:
                shares[line.entry_line_id] = 1 - min(back / exact(off.amount), Decimal(1))
        return shares

    def get_flows(self, provision, cohorts):
        """What became of each debt at each month-end, one flow each."""
        buckets, flows = provision._get_buckets(), []
        shares = self.get_lost_shares(provision.date)
        for month, later in cohorts:
            for line in self.get_receivables():
                amount = self.get_residual(line, month)
                if amount <= 0:
                    continue
                due = line.date_maturity or line.date
                rest = self.get_residual(line, later)
                lost = sum((exact(part.amount) * shares.get(part.credit_move_id, 0)
                            for part in line.matched_credit_ids
                            if month < part.max_date <= later), Decimal(0))  # fmt: skip
                if (later - due).days >= provision.default_days:
                    lost, rest = lost + rest, Decimal(0)
                case = self.get_case(line.partner_id.commercial_partner_id)
                flows.append(
                    Flow(month, case.segment_id.id if provision.by_segment else None,
                         self.get_bucket((month - due).days, buckets),
                         self.get_bucket((later - due).days, buckets), 1, amount, lost, rest)
                )  # fmt: skip
        return flows

    def propose(self, day=None, user=None, **values):
        provision = self.env["collections.provision"].with_user(user or self.accountant)
        provision = provision.create({"date": day or self.month_end, **values})
        provision.action_compute()
        return provision

    def last_days(self, *back):
        return [fields.Date.subtract(self.month_end, months=months) for months in back]
