from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL, format_date

from ..engine.interest import NoCeiling, accrue, allocate, pick_row, round_half_up

KINDS = ("interest", "fixed", "penalty")


class Debt(NamedTuple):
    """A receivable that a policy may charge, as the ledger has it."""

    line_id: int
    case_id: int
    partner_id: int
    currency_id: int
    move_id: int
    name: str
    due: date
    original: Decimal
    residual: Decimal
    country_id: int | None
    is_company: bool


class Charge(NamedTuple):
    """What a policy would charge on one receivable, or why it does not."""

    debt: Debt
    kind: str
    date_from: date | None
    date_to: date
    previous: date | None
    amount: Decimal
    slices: tuple = ()
    law_id: int | None = None
    occasion: str | None = None
    problem: str | None = None


class CollectionsFeeCalculator(models.AbstractModel):
    """Ledger -> charges: what a policy would charge on many cases. Reads only, in sets."""

    _name = "collections.fee.calculator"
    _description = "Calculator of Fees"

    @api.model
    def _compute_charges(self, policy, cases, lines=None, occasion="hand", today=None):
        """Return the ``Charge`` of every receivable that a policy concerns; a fixed number of
        queries, however many cases.

        :param cases: cases of the policy's company
        :param lines: only these receivables
        :param occasion: what a fixed sum is charged for, when it is charged more than once
        """
        self.env.flush_all()
        today = today or self.env["collections.ledger"]._today(policy.company_id)
        debts = self._read_debts(policy, cases, lines, today)
        if not debts:
            return []
        laws = self.env["collections.fee.law"].sudo()._get_laws(policy.company_id)
        law_of = {
            key: self.env["collections.fee.law"]._pick(laws, *key)
            for key in {(debt.country_id, debt.is_company) for debt in debts}
        }
        past = self._read_past(debts)
        charges = []
        if policy.rate_source != "none":
            charges += self._get_interest(policy, cases, debts, law_of, past, today)
        if policy.penalty_percent:
            charges += self._get_penalties(policy, debts, law_of, past, today)
        if policy.fixed_source != "none":
            charges += self._get_fixed(policy, debts, law_of, past, today, occasion)
        return self._drop_small(policy, charges, today)

    # -- reading ---------------------------------------------------------------------------------

    def _read_debts(self, policy, cases, lines, today):
        """Return the overdue receivables of the cases, the oldest first, without the exempt, the
        held and (unless the policy says otherwise) the fees themselves."""
        ledger = self.env["collections.ledger"]
        settled = SQL(
            "OR line.parent_state = 'posted' AND line.reconciled"
            " AND line.account_id = ANY(%s) AND line.date_maturity >= %s",
            ledger._get_account_ids(),
            policy.date_start,
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id, kase.id, kase.partner_id, line.currency_id, line.move_id,
                       coalesce(line.move_name, line.ref, line.name, ''),
                       coalesce(line.date_maturity, line.date),
                       line.amount_currency, line.amount_residual_currency,
                       coalesce(debtor.country_id, home.country_id), debtor.is_company
                  FROM collections_case kase
                  JOIN res_partner debtor ON debtor.id = kase.partner_id
                  JOIN res_company company ON company.id = kase.company_id
                  JOIN res_partner home ON home.id = company.partner_id
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = kase.company_id
                 WHERE kase.id = ANY(%(cases)s) AND kase.company_id = %(company)s
                   AND (%(open)s %(settled)s) %(only)s
                   AND line.amount_currency > 0 AND line.no_followup IS NOT TRUE
                   AND coalesce(line.date_maturity, line.date) < %(today)s
                   AND debtor.collections_fee_exempt IS NOT TRUE
                   AND (kase.segment_id = ANY(%(segments)s::int[])) IS NOT TRUE
                   AND NOT EXISTS (
                       SELECT FROM res_partner_res_partner_category_rel tag
                        WHERE tag.partner_id = kase.partner_id
                          AND tag.category_id = ANY(%(tags)s::int[]))
                   AND NOT EXISTS (
                       SELECT FROM collections_hold hold
                        WHERE hold.line_id = line.id AND hold.lifted_on IS NULL
                          AND hold.date_from <= %(today)s
                          AND (hold.date_until IS NULL OR hold.date_until >= %(today)s))
                   %(fees)s
              ORDER BY kase.id, coalesce(line.date_maturity, line.date), line.id
                """,
                cases=cases.ids,
                company=policy.company_id.id,
                open=ledger._get_open_sql("line"),
                settled=settled if policy.charge_paid else SQL(),
                only=SQL("AND line.id = ANY(%s)", lines.ids) if lines is not None else SQL(),
                today=today,
                segments=policy.exempt_segment_ids.ids,
                tags=policy.exempt_category_ids.ids,
                fees=SQL()
                if policy.charge_fees
                else SQL(
                    "AND NOT EXISTS (SELECT FROM collections_fee fee"
                    " WHERE fee.move_id = line.move_id)"
                ),
            )
        )
        return [
            Debt(*row[:7], Decimal(str(row[7])), Decimal(str(row[8])), row[9], bool(row[10]))
            for row in rows
        ]

    def _read_payments(self, due):
        """Return ``{line id: [(day, amount)]}``, what reduced each receivable and when.

        A payment counts from the day its entry is dated, not from the day somebody matched it; a
        credit note from the due date: what was credited was never owed. See ADR 20.

        :param due: ``{line id: day}`` on which each was due
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT part.debit_move_id,
                       CASE WHEN move.move_type = 'out_refund' THEN NULL ELSE credit.date END,
                       part.debit_amount_currency
                  FROM account_partial_reconcile part
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                  JOIN account_move move ON move.id = credit.move_id
                 WHERE part.debit_move_id = ANY(%s) AND part.debit_amount_currency <> 0
                """,
                list(due),
            )
        )
        result = defaultdict(list)
        for line_id, day, amount in rows:
            result[line_id].append((day or due[line_id], Decimal(str(amount))))
        return dict(result)

    def _read_credits(self, cases):
        """Return ``{(case id, currency id): [(day, amount)]}`` of the unallocated credits: they
        net the case, so they stop interest on its oldest debts."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, line.currency_id, line.date, -line.amount_residual_currency
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = kase.company_id
                 WHERE kase.id = ANY(%s) AND %s AND line.amount_residual_currency < 0
                """,
                cases.ids,
                self.env["collections.ledger"]._get_open_sql("line"),
            )
        )
        result = defaultdict(list)
        for case_id, currency_id, day, amount in rows:
            result[case_id, currency_id].append((day, Decimal(str(amount))))
        return result

    def _read_open(self, cases):
        """Return ``{(case id, currency id): [(line id, due, open amount)]}``: every open debt, so
        that credits cover the oldest whether a policy charges it or not."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, line.currency_id, line.id, coalesce(line.date_maturity, line.date),
                       line.amount_residual_currency
                  FROM collections_case kase
                  JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = kase.company_id
                 WHERE kase.id = ANY(%s) AND %s AND line.amount_residual_currency > 0
                """,
                cases.ids,
                self.env["collections.ledger"]._get_open_sql("line"),
            )
        )
        result = defaultdict(list)
        for case_id, currency_id, line_id, due, amount in rows:
            result[case_id, currency_id].append((line_id, due, Decimal(str(amount))))
        return result

    def _read_past(self, debts):
        """Return ``{(line id, kind): (last day charged, {occasions}, end of the chain)}``.

        The receivable of an invoice that was taken back to draft is another journal item
        afterwards: the days charged on the lost one count for the invoice.
        """
        moves = {debt.line_id: debt.move_id for debt in debts}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line_id, origin_move_id, kind, max(date_to), array_agg(occasion)
                  FROM collections_fee
                 WHERE line_id = ANY(%s) OR (line_id IS NULL AND origin_move_id = ANY(%s))
              GROUP BY line_id, origin_move_id, kind
                """,
                list(moves),
                list(set(moves.values())),
            )
        )
        own, lost = {}, {}
        for line_id, move_id, kind, last, occasions in rows:
            target = own if line_id else lost
            target[line_id or move_id, kind] = (last, set(occasions))
        result = {}
        for line_id, move_id in moves.items():
            for kind in KINDS:
                found = [own.get((line_id, kind)), lost.get((move_id, kind))]
                found = [entry for entry in found if entry]
                if found:
                    result[line_id, kind] = (
                        max(day for day, _occasions in found),
                        set().union(*(occasions for _day, occasions in found)),
                        own.get((line_id, kind), (None,))[0],
                    )
        return result

    # -- computing -------------------------------------------------------------------------------

    def _get_interest(self, policy, cases, debts, law_of, past, today):
        """Return the interest of each receivable since it was last charged."""
        payments = self._read_payments({debt.line_id: debt.due for debt in debts})
        credited = self._read_credits(cases)
        if credited:
            for key, items in self._read_open(cases).items():
                for line_id, parts in allocate(items, credited.get(key, ())).items():
                    payments[line_id] = payments.get(line_id, []) + parts
        terms = {key: policy._to_terms(law) for key, law in law_of.items()}
        units = self._get_units(debts)
        charges = []
        for debt in debts:
            key = debt.country_id, debt.is_company
            last, _occasions, previous = past.get((debt.line_id, "interest"), (None, (), None))
            if last and last >= today:
                continue
            charge = Charge(
                debt, "interest", None, today, previous, Decimal(0), law_id=law_of[key].id
            )
            try:
                slices = accrue(
                    debt.due,
                    debt.original,
                    payments.get(debt.line_id, ()),
                    terms[key],
                    since=last and last + timedelta(days=1),
                    until=today,
                    unit=units[debt.currency_id],
                )
            except NoCeiling as unknown:
                charges.append(
                    charge._replace(problem=self._get_unknown_text(law_of[key], unknown.day))
                )
                continue
            amount = sum((part.amount for part in slices), Decimal(0))
            if amount:
                charges.append(
                    charge._replace(date_from=slices[0].date_from, amount=amount, slices=slices)
                )
        return charges

    def _get_unknown_text(self, law, day):
        return self.env._(
            "%(law)s: the legal rate of %(day)s is not entered. Enter it under Configuration / "
            "Legal Terms, or let the policy charge as agreed.",
            law=law.name,
            day=format_date(self.env, day),
        )

    def _get_penalties(self, policy, debts, law_of, past, today):
        """Return the share of the debt that each receivable is charged once."""
        units = self._get_units(debts)
        charges = []
        for debt in debts:
            if self._is_in_grace(policy, debt, today) or (debt.line_id, "penalty") in past:
                continue
            law = law_of[debt.country_id, debt.is_company]
            percent = Decimal(str(policy.penalty_percent))
            maximum = self._pick_legal(law, "penalty", today)
            if policy.limit_mode == "cap" and maximum is not None:
                percent = min(percent, Decimal(str(maximum.percent)))
            amount = round_half_up(debt.residual * percent / 100, units[debt.currency_id])
            if amount > 0:
                charges.append(
                    Charge(debt, "penalty", today, today, None, amount, (), law.id, "once")
                )
        return charges

    def _get_fixed(self, policy, debts, law_of, past, today, occasion):
        """Return the fixed sums: on each receivable, or on the oldest of a debtor and currency."""
        convert = self._get_converter(policy.company_id, today)
        units = self._get_units(debts)
        occasion = "once" if policy.fixed_once else occasion
        charges, told = [], set()
        for debt in debts:
            key = (debt.case_id, debt.currency_id)
            last, occasions, previous = past.get((debt.line_id, "fixed"), (None, (), None))
            if policy.fixed_scope == "case" and (key in told or occasion in occasions):
                told.add(key)
                continue
            over = occasion in occasions or (last and last >= today)
            if over or debt.residual <= 0 or self._is_in_grace(policy, debt, today):
                continue
            told.add(key)
            law = law_of[debt.country_id, debt.is_company]
            charge = Charge(debt, "fixed", today, today, previous, Decimal(0), (), law.id, occasion)
            amount = self._get_fixed_amount(policy, law, debt, today, convert)
            if amount is None:
                text = self.env._("No legal sum is entered for this debtor's country.")
                charges.append(charge._replace(problem=text))
            elif rounded := round_half_up(amount, units[debt.currency_id]):
                charges.append(charge._replace(amount=rounded))
        return charges

    def _get_fixed_amount(self, policy, law, debt, today, convert):
        """Return the fixed sum in the receivable's currency, None when the law names none."""
        own = convert(policy.fixed_amount, policy.currency_id.id, debt.currency_id)

        def start(row):
            return convert(row.amount_from, row.currency_id.id, debt.currency_id)

        row = self._pick_legal(law, "fixed", today, debt.original, start)
        legal = row and convert(row.amount, row.currency_id.id, debt.currency_id)
        if policy.fixed_source == "law":
            return legal
        if policy.limit_mode == "cap" and legal is not None:
            return min(own, legal)
        return own

    def _pick_legal(self, law, kind, today, size=Decimal(0), start=None):
        """Return the row of a law that stands today for a debt of some size, or None.

        :param start: tells from which size on a row holds, in the currency of the debt
        """
        rows = law.row_ids.filtered(lambda row: row.kind == kind and row.is_known)
        sized = [(row.date_from, start(row) if start else Decimal(0), row) for row in rows]
        return pick_row(sized, today, size)

    def _is_in_grace(self, policy, debt, today):
        return today <= debt.due + timedelta(days=policy.grace_days)

    def _get_units(self, debts):
        """Return ``{currency id: its smallest amount}``."""
        currencies = self.env["res.currency"].browse({debt.currency_id for debt in debts})
        return {currency.id: Decimal(str(currency.rounding)) for currency in currencies}

    def _get_converter(self, company, day):
        """Return a function that converts an amount at the rate of a day, each rate read once."""
        rates = {}

        def convert(amount, source_id, target_id):
            if (source_id, target_id) not in rates:
                source, target = self.env["res.currency"].browse([source_id, target_id])
                rate = source._get_conversion_rate(source, target, company, day)
                rates[source_id, target_id] = Decimal(str(rate))
            return Decimal(str(amount or 0)) * rates[source_id, target_id]

        return convert

    def _drop_small(self, policy, charges, today):
        """Mark what is not worth a debit note; its days stay open."""
        if not policy.minimum_amount:
            return charges
        convert = self._get_converter(policy.company_id, today)
        totals = defaultdict(Decimal)
        for charge in charges:
            totals[charge.debt.case_id, charge.debt.currency_id] += charge.amount
        home = policy.currency_id.id
        small = {
            key
            for key, total in totals.items()
            if convert(total, key[1], home) < Decimal(str(policy.minimum_amount))
        }
        text = self.env._("Under the minimum of this policy: kept for later.")
        return [
            charge._replace(problem=charge.problem or text)
            if (charge.debt.case_id, charge.debt.currency_id) in small
            else charge
            for charge in charges
        ]
