"""The bank statement of the last weeks: payments seen, and money nobody has matched yet."""

import random
from datetime import timedelta

from . import company, journals, partners

MATCHED_ACCOUNT = "account_journal_payment_debit_account_id"
BANK_EXPENSES = "chart6391"
# (days ago, what the bank wrote, share of what one debtor owes, debtor is known)
UNMATCHED = (
    (12, "ABONO TRANSF. {name}", 1.0, True),
    (8, "TRANSF INTERBANCARIA RUC {vat}", 1.0, False),
    (6, "DEPOSITO EN CUENTA {name}", 0.5, True),
    (5, "PAGO FACT {invoice}", 1.0, False),
    (3, "ABONO {name}", 1.02, False),
    (2, "TRANSF. {name} PAGO A CUENTA", 0.3, True),
    (1, "PAGO PROVEEDORES {invoice}", 1.0, True),
)
LOOSE = ((9, "DEPOSITO EFECTIVO AG. MIRAFLORES", 450.0), (4, "DEP. AGENTE 118822", 236.0))
CHARGES = ((15, "COMISION MANTENIMIENTO", -24.5), (0, "ITF", -1.35))


def post(env, plan, number, lane, currency):
    """Book the last weeks of one bank journal and close them in weekly statements."""
    firm = company.companies(env)[number]
    env = env(context={**env.context, "allowed_company_ids": firm.ids})
    journal = journals.bank(firm, number, lane, currency)
    lines = _matched(env, firm, journal)
    chart = env["account.chart.template"].with_company(firm)
    lines += _create(
        env,
        journal,
        [_row(plan, days, text, amount) for days, text, amount in CHARGES],
        chart.ref(BANK_EXPENSES),
    )
    if currency == "PEN":
        lines += _create(env, journal, _unmatched(env, plan, number, lane))
    _statements(env, journal, lines)


def _row(plan, days, text, amount, partner=None):
    return {
        "date": plan.today - timedelta(days=days),
        "payment_ref": text,
        "amount": amount,
        "partner_id": partner.id if partner else False,
    }


def _create(env, journal, rows, account=None):
    """Create statement lines; without an account they stay to be matched."""
    hint = {"counterpart_account_id": account.id} if account else {}
    return env["account.bank.statement.line"].create(
        [{"journal_id": journal.id, **row, **hint} for row in rows]
    )


def _matched(env, firm, journal):
    """Book the money of the recent payments and match it with them."""
    account = env["account.chart.template"].with_company(firm).ref(MATCHED_ACCOUNT)
    waiting = env["account.move.line"].search(
        [
            ("account_id", "=", account.id),
            ("journal_id", "=", journal.id),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
        ],
        order="date, id",
    )
    lines = _create(
        env,
        journal,
        [
            {
                "date": line.date,
                "payment_ref": f"ABONO {line.payment_id.payment_reference} {line.partner_id.name}"[
                    :120
                ],
                "amount": line.amount_currency,
                "partner_id": line.partner_id.id,
            }
            for line in waiting
        ],
        account,
    )
    pairs = [
        line + booked.move_id.line_ids.filtered(lambda item: item.account_id == account)
        for line, booked in zip(waiting, lines, strict=True)
    ]
    env["account.move.line"]._reconcile_plan(pairs)
    return lines


def _unmatched(env, plan, number, lane):
    """Return credits the bank shows and nobody has matched."""
    rng = random.Random(f"{number}/{lane}/unmatched")
    ids = partners.by_index(env, plan)
    mine = [ids[debtor.index] for debtor in plan.debtors if debtor.lane == lane]
    owed = env["account.move.line"].search(
        [
            ("partner_id", "in", mine),
            ("company_id", "=", env.company.id),
            ("account_id.account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("move_type", "=", "out_invoice"),
            ("currency_id", "=", env.company.currency_id.id),
            ("amount_residual", ">", 100),
        ],
        order="date_maturity, move_name",
    )
    wanted = min(len(UNMATCHED) if lane == 0 else 3, len(owed) // 4)
    rows = [_row(plan, days, text, amount) for days, text, amount in LOOSE if lane == 0]
    for line, case in zip(rng.sample(list(owed), wanted), UNMATCHED, strict=False):
        days, text, share, known = case
        partner = line.partner_id
        label = text.format(
            name=partner.name.upper()[:60],
            vat=partner.vat or "",
            invoice=line.move_id.l10n_latam_document_number,
        )
        amount = round(line.amount_residual * share, 2)
        rows.append(_row(plan, days, label, amount, partner if known else None))
    return rows


def _statements(env, journal, lines):
    """Close the lines of each week in a statement."""
    weeks = {}
    for line in lines.sorted("internal_index"):
        monday = line.date - timedelta(days=line.date.weekday())
        weeks.setdefault(monday, env["account.bank.statement.line"])
        weeks[monday] += line
    for monday, group in sorted(weeks.items()):
        env["account.bank.statement"].create(
            {
                "name": f"{journal.name} semana {monday:%d/%m/%Y}",
                "date": max(group.mapped("date")),
                "line_ids": [(6, 0, group.ids)],
            }
        )
