"""Payments: created, posted and reconciled by Odoo; some come back."""

from datetime import timedelta

from . import company, invoices, journals, partners

RECENT = 21  # days in which payments pass through the bank statement


def post(env, plan, number, lane, chunk):
    """Carry out one chunk of payments, wave by wave."""
    firm = company.companies(env)[number]
    env = env(context={**env.context, "allowed_company_ids": firm.ids})
    desk = _Desk(env, plan, firm, number, lane, chunk)
    for wave in _waves(chunk):
        desk.work(wave)


def _waves(chunk):
    """Split a chunk so that nothing is paid twice within a wave."""
    waves, busy = [[]], set()
    for payment in chunk:
        orders = {part.order for part in payment.parts}
        if busy & orders:
            waves.append([])
            busy = set()
        waves[-1].append(payment)
        busy |= orders
    return waves


class _Desk:
    """What is needed to book payments, looked up once per chunk."""

    def __init__(self, env, plan, firm, number, lane, chunk):
        self.env = env
        self.today = plan.today
        self.firm = firm
        self.partners = partners.by_index(env, plan)
        self.write_off = journals.write_off_account(firm)
        self.journals = {
            currency: journals.bank(firm, number, lane, currency)
            for currency in ("PEN", "USD")
            if (number, lane, currency) in journals.BANKS
        }
        orders = {part.order for payment in chunk for part in payment.parts}
        self.lines = {
            order: _term_lines(move) for order, move in invoices.by_order(env, orders).items()
        }

    def work(self, wave):
        """Create, post and reconcile the payments of a wave, then return those that bounced."""
        rows = [(payment, self._targets(payment)) for payment in wave]
        rows = [(payment, lines, self._values(payment, lines)) for payment, lines in rows]
        rows = [row for row in rows if row[2]]
        records = self.env["account.payment"].create([values for *_row, values in rows])
        records.action_post()
        pairs = [
            self._receivable(record) + lines
            for record, (_payment, lines, _values) in zip(records, rows, strict=True)
            if lines
        ]
        self.env["account.move.line"]._reconcile_plan(pairs)
        for record, (payment, *_rest) in zip(records, rows, strict=True):
            if payment.returned:
                self._bounce(record, payment)

    def _targets(self, payment):
        """Return the open receivable lines a payment pays."""
        lines = self.env["account.move.line"]
        for part in payment.parts:
            terms = self.lines[part.order]
            if part.instalment < len(terms):
                lines += terms[part.instalment].filtered(lambda line: not line.reconciled)
        return lines

    def _values(self, payment, lines):
        """Return the values of the payment, or None when nothing is left to pay."""
        if payment.parts and not lines:
            return None
        journal = self.journals["PEN" if payment.in_local else payment.currency]
        currency = journal.currency_id or self.firm.currency_id
        owed = sum(self._owed(part_line, currency, payment) for part_line in lines)
        missing = payment.missing if owed > payment.missing + 20 else 0
        if payment.parts and payment.parts[0].share is not None:
            owed = min(owed, currency.round(owed * payment.parts[0].share))
        amount = currency.round(owed + payment.extra - missing)
        if amount <= 0:
            return None
        direct = bool(payment.returned) or payment.day <= self.today - timedelta(days=RECENT)
        values = {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.partners[payment.debtor],
            "journal_id": journal.id,
            "payment_method_line_id": journals.method(journal, direct=direct).id,
            "currency_id": currency.id,
            "date": payment.day,
            "amount": amount,
            "payment_reference": payment.code,
            "memo": _memo(payment, lines),
        }
        if missing:
            values["write_off_line_vals"] = [self._written_off(payment, currency, missing)]
        return values

    def _owed(self, line, currency, payment):
        if line.currency_id == currency:
            return line.amount_residual_currency
        return line.currency_id._convert(
            line.amount_residual_currency, currency, self.firm, payment.day
        )

    def _written_off(self, payment, currency, missing):
        return {
            "name": "Diferencia menor",
            "account_id": self.write_off.id,
            "partner_id": self.partners[payment.debtor],
            "currency_id": currency.id,
            "amount_currency": missing,
            "balance": currency._convert(missing, self.firm.currency_id, self.firm, payment.day),
        }

    @staticmethod
    def _receivable(record):
        return record.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )

    def _bounce(self, record, payment):
        """Undo a payment the bank returned."""
        day = min(payment.day + timedelta(days=3), self.today)
        record.move_id.line_ids.remove_move_reconcile()
        if payment.returned == "cancel":
            record.action_draft()
            record.action_cancel()
        else:
            record.move_id._reverse_moves(
                [{"date": day, "ref": f"Cheque devuelto {payment.code}"}], cancel=True
            )


def _term_lines(move):
    """Return the instalments of an invoice in the order they are due."""
    terms = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
    return terms.sorted(lambda line: (line.date_maturity, line.id))


def _memo(payment, lines):
    if not lines:
        return f"A cuenta, operación {payment.code}"
    names = [move.l10n_latam_document_number for move in lines.move_id]
    more = f" y {len(names) - 4} más" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more
