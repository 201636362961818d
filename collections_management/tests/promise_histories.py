"""Random lives of promises in a real ledger, and their verdicts recomputed cent by cent."""

from collections import Counter
from datetime import timedelta

from odoo import Command

from .ledger_histories import Histories, cents


class PromiseHistories(Histories):
    """Debtors who promise, and pay early, late, in part, in another currency, or not."""

    def __init__(self, env, chance):
        super().__init__(env, chance)
        self.types = self.env["collections.promise.type"].create(
            [
                {"name": f"{grace}/{percent}", "grace_days": grace, "kept_percent": percent}
                for grace in (0, 2)
                for percent in (100, 90)
            ]
        )

    def play(self, count):
        """Live so many lives at once, and compare the verdicts now, and once more after money was
        taken back.

        :return: ``(debtors with promises, verdicts by state, [what disagrees])``
        """
        debtors = self.create_debtors(count)
        self.bill(debtors)
        self.act(debtor for debtor in debtors if self.chance.random() < 0.5)
        self.refresh(debtors)
        promises = self.promise(debtors)
        busy = {debtor: self.chance.randint(0, 4) for debtor in debtors}
        for turn in range(max(busy.values())):
            self.act(debtor for debtor in debtors if busy[debtor] > turn)
        states, faults = self.compare(promises)
        self.undo(debtors)
        more = self.compare(promises)
        return len(promises.case_id), states + more[0], faults + more[1]

    def promise(self, debtors):
        """Record promises about most open receivables, one each or one for all of a currency."""
        cases, values = self.get_cases(debtors), []
        for debtor in debtors:
            lines = self.get_receivable(self.invoices[debtor])
            for currency, owed in (
                lines.filtered(
                    lambda line: not line.reconciled and line.amount_residual_currency > 0
                )
                .grouped("currency_id")
                .items()
            ):
                parts = [owed] if self.chance.random() < 0.3 else list(owed)
                for part in parts:
                    if self.chance.random() < 0.85:
                        values.append(self.prepare_promise(cases[debtor], currency, part))
        promises = self.env["collections.promise"].create(values)
        for promise in promises:  # made earlier, so that its time may be over
            back = timedelta(days=self.chance.randint(-3, 10))
            promise.write(
                {"date_due": promise.date_due - back, "date_limit": promise.date_limit - back}
            )
        return promises

    def prepare_promise(self, case, currency, lines):
        owed = sum(lines.mapped("amount_residual_currency"))
        return {
            "case_id": case.id,
            "type_id": self.chance.choice(self.types).id,
            "currency_id": currency.id,
            "line_ids": [Command.set(lines.ids)],
            "amount": max(currency.round(owed * self.chance.choice((1, 1, 0.5))), 0.01),
            "date_due": self.get_today(),
        }

    def compare(self, promises):
        """Refresh; return how many promises are in each state, and what disagrees."""
        debtors = promises.case_id.partner_id
        self.refresh(debtors)
        entries, faults = self.get_credits(debtors), []
        for case, own in promises.grouped("case_id").items():
            expected = self.recompute(own, entries[case.partner_id])
            for promise in own:
                found = promise.state, cents(promise.amount_paid)
                if found != expected[promise]:
                    faults.append(f"{case.partner_id.name}: {found}, not {expected[promise]}")
                held = any(not hold.lifted_on for hold in promise.hold_ids)
                if held != (promise.state in ("open", "due")):
                    faults.append(f"{case.partner_id.name}: {found[0]}, held: {held}")
        return Counter(promises.mapped("state")), faults

    # -- recomputed ------------------------------------------------------------------------------

    def recompute(self, promises, entries):
        """Return ``{promise: (state, paid)}`` of the promises of one debtor, from the records."""
        queue = promises.sorted(lambda promise: (promise.date_due, promise.id))
        needs = {promise: self.get_need(promise, entries) for promise in queue}
        left = dict(needs)
        for amount, takers in [*self.get_applied(queue, entries), *self.get_free(queue, entries)]:
            for _cent in range(amount):
                taker = next((promise for promise in takers if left[promise]), None)
                if taker:
                    left[taker] -= 1
        return {
            promise: self.get_verdict(promise, needs[promise], needs[promise] - left[promise])
            for promise in queue
        }

    def get_applied(self, queue, entries):
        """Return ``[(cents, promises it may serve, in turn)]`` of what is applied to debts."""
        return [
            (
                cents(part.debit_amount_currency),
                [
                    promise
                    for promise in queue
                    if part.debit_move_id in promise.line_ids and self.counts(line, promise)
                ],
            )
            for line, is_payment in entries
            if is_payment
            for part in line.matched_debit_ids
        ]

    def get_free(self, queue, entries):
        """Return the same of what is applied to nothing."""
        return [
            (
                cents(-line.amount_residual_currency),
                [
                    promise
                    for promise in queue
                    if line.currency_id == promise.currency_id and self.counts(line, promise)
                ],
            )
            for line, is_payment in entries
            if is_payment
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
        today = self.get_today()
        if paid >= need * promise.kept_percent / 100:
            state = "kept"
        elif promise.date_limit < today:
            state = "partly" if paid else "broken"
        else:
            state = "due" if promise.date_due <= today else "open"
        return state, paid
