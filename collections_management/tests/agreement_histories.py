"""Random lives of agreements in a real ledger, and where they stand recomputed unit by unit."""

from collections import Counter, defaultdict
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields

from ..engine.agreements import Plan
from ..engine.promises import Credit
from .ledger_histories import Histories, cents
from .test_engine_agreements import recompute

DAYS = (3, 12, 25, 40)  # on which something happens, counted from the acceptance


class AgreementHistories(Histories):
    """Debtors who pay in instalments, or do not; one or two agreements each."""

    kinds = (*Histories.kinds, "pay", "settle", "settle")

    def __init__(self, env, chance):
        super().__init__(env, chance)
        if not self.company.collections_agreement_discount_product_id:
            self._set_up_products()

    def _set_up_products(self):
        tax = self.env["account.tax"].create(
            {
                "name": "IGV 18",
                "amount": 18,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        for kind in ("interest", "discount"):
            product = self.env["product.product"].create(
                {"name": kind, "type": "service", "taxes_id": [Command.set(tax.ids)]}
            )
            self.company[f"collections_agreement_{kind}_product_id"] = product
        self.company.collections_agreement_discount_post = True

    def play(self, count):
        """Live so many lives at once, and compare where agreements stand on four days, on the last
        one once more after money was taken back.

        :return: ``(debtors with agreements, standings by state, [what disagrees])``
        """
        debtors = self.create_debtors(count)
        self.bill(debtors)
        self.refresh(debtors)
        agreements = self.agree(debtors)
        states, faults = Counter(), []
        accepted_on = fields.Datetime.now()
        for days in DAYS:
            with freeze_time(accepted_on + timedelta(days=days)):
                for _turn in range(2):
                    self.act(debtor for debtor in debtors if self.chance.random() < 0.4)
                self.compare(agreements, states, faults)
                if days == DAYS[-1]:
                    self.undo(debtors)
                    self.compare(agreements, states, faults)
        return len(agreements.case_id), states, faults

    def _settle(self, wishes):
        """All that is left of the invoice is paid."""
        self._receive(
            [
                (debtor, invoice.currency_id, invoice.amount_residual, invoice)
                for debtor, invoice in wishes
            ]
        )

    # -- agreed ----------------------------------------------------------------------------------

    def agree(self, debtors):
        """Let debtors agree on what they owe: all of a currency, or each receivable apart."""
        cases, values = self.get_cases(debtors), []
        for debtor in debtors:
            lines = self.get_receivable(self.invoices[debtor])
            for currency, owed in lines.grouped("currency_id").items():
                parts = [owed] if self.chance.random() < 0.6 else list(owed)
                values += [self.prepare_agreement(cases[debtor], currency, part) for part in parts]
        agreements = self.env["collections.agreement"].create(values)
        for agreement in agreements:
            agreement._propose(self.env.user)
            agreement._offer()  # whatever the limits of those terms are
            agreement.write(
                {
                    "tolerated": self.chance.choice((0, 0, 1)),
                    "tolerated_days": self.chance.choice((0, 10, 60)),
                    "interest_policy": self.chance.choice(("accepted", "instalment")),
                    "discount_policy": self.chance.choice(("accepted", "completed")),
                    "acceleration": self.chance.random() < 0.5,
                }
            )
            agreement._accept("María", "copy", user=self.env.user)
        return agreements

    def prepare_agreement(self, case, currency, lines):
        today = self.get_today()
        down = self.chance.choice((0, 0, 2))
        return {
            "case_id": case.id,
            "currency_id": currency.id,
            "receivable_ids": [Command.set(lines.ids)],
            "count": self.chance.randint(1, 4),
            "frequency": self.chance.choice(("week", "fortnight")),
            "working_days": False,
            "discount_percent": self.chance.choice((0, 0, 7)),
            "interest_method": self.chance.choice(("none", "declining", "flat")),
            "interest_rate": self.chance.choice((12, 36.5)),
            "amount_down": down,
            "date_down": today + timedelta(days=1) if down else False,
            "date_first": today + timedelta(days=self.chance.randint(2, 9)),
        }

    # -- recomputed ------------------------------------------------------------------------------

    def compare(self, agreements, states, faults):
        """Refresh; count the states and note what disagrees. A breach is final."""
        judged = agreements.filtered(lambda one: one.state in ("active", "completed"))
        self.refresh(agreements.case_id.partner_id)
        entries = self.get_credits(judged.case_id.partner_id)
        for (case, currency), plans in judged.grouped(
            lambda one: (one.case_id, one.currency_id)
        ).items():
            expected = self.recompute(plans, currency, entries[case.partner_id])
            for plan in plans:
                paid = plan.line_ids.sorted("number").mapped("amount_paid")
                found = plan.state, tuple(map(cents, paid)), plan.late_count
                state, paid, _needs, late = expected[plan.id]
                if found != (state, paid, late):
                    faults.append(f"{plan.name}: {found}, not {(state, paid, late)}")
                if found[0] == "broken" and plan.is_held:
                    faults.append(f"{plan.name} is broken, and held")
        states.update(agreements.mapped("state"))

    def recompute(self, agreements, currency, entries):
        """Return where the agreements of one debtor in one currency stand, from the records."""
        plans = [self.read_plan(agreement) for agreement in agreements]
        covered = frozenset().union(*(plan.lines for plan in plans))
        facts = [
            self.read_credit(line, is_payment, covered, currency)
            for line, is_payment in entries
            if not line.move_id.collections_agreement_id
        ]
        return recompute(plans, facts, self.get_today())

    def read_plan(self, agreement):
        lines = agreement.line_ids.sorted("number")
        return Plan(
            agreement.id,
            agreement.ledger_mark,
            frozenset(agreement._get_covered().ids),
            tuple((line.promise_id.date_limit, cents(line.amount)) for line in lines),
            agreement.tolerated,
            agreement.tolerated_days,
        )

    def read_credit(self, line, is_payment, covered, currency):
        applied = defaultdict(int)
        for part in line.matched_debit_ids:
            if part.debit_move_id.id in covered:
                applied[part.debit_move_id.id] += cents(part.debit_amount_currency)
        free = cents(-line.amount_residual_currency) if line.currency_id == currency else 0
        return Credit(line.id, line.date, tuple(applied.items()), free, is_payment)
