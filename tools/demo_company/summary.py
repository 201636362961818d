"""What came out, counted in the ledger, and whether it ties."""

AGING = """
    SELECT bucket, count(*), round(sum(amount_residual), 2)
      FROM (SELECT amount_residual,
                   CASE WHEN date_maturity >= %(today)s THEN '0 not due'
                        WHEN date_maturity >= %(today)s - 30 THEN '1-30'
                        WHEN date_maturity >= %(today)s - 60 THEN '31-60'
                        WHEN date_maturity >= %(today)s - 90 THEN '61-90'
                        ELSE '90+' END AS bucket
              FROM account_move_line line JOIN account_account account
                ON account.id = line.account_id
             WHERE account.account_type = 'asset_receivable' AND parent_state = 'posted'
               AND amount_residual > 0 AND NOT reconciled) AS open_lines
     GROUP BY bucket ORDER BY bucket
"""
COUNTS = {
    "debtors": "SELECT count(*) FROM res_partner WHERE ref ~ '^C[0-9]{5}$'",
    "invoices": "SELECT count(*) FROM account_move "
    "WHERE move_type = 'out_invoice' AND state = 'posted'",
    "credit notes": "SELECT count(*) FROM account_move "
    "WHERE move_type = 'out_refund' AND state = 'posted'",
    "payments": "SELECT count(*) FROM account_payment WHERE state IN ('paid', 'in_process')",
    "payments cancelled": "SELECT count(*) FROM account_payment WHERE state = 'canceled'",
    "payments reversed": "SELECT count(*) FROM account_move reverse JOIN account_move move "
    "ON move.id = reverse.reversed_entry_id "
    "WHERE reverse.move_type = 'entry' AND move.origin_payment_id IS NOT NULL",
    "exchange differences": "SELECT count(*) FROM account_partial_reconcile "
    "WHERE exchange_move_id IS NOT NULL",
    "in dollars": "SELECT count(*) FROM account_move WHERE move_type = 'out_invoice' "
    "AND state = 'posted' AND currency_id <> (SELECT id FROM res_currency WHERE name = 'PEN')",
    "in instalments": "SELECT count(*) FROM (SELECT move_id FROM account_move_line "
    "WHERE display_type = 'payment_term' AND parent_state = 'posted' "
    "GROUP BY move_id HAVING count(*) > 1) AS moves",
    "paid in part": "SELECT count(*) FROM account_move WHERE move_type = 'out_invoice' "
    "AND payment_state = 'partial'",
    "small differences written off": "SELECT count(*) FROM account_move_line line "
    "JOIN account_account account ON account.id = line.account_id "
    "WHERE account.code_store::text LIKE '%%6599901%%' AND parent_state = 'posted'",
    "excluded from dunning": "SELECT count(DISTINCT move_id) FROM account_move_line "
    "WHERE display_type = 'payment_term' AND no_followup AND parent_state = 'posted'",
    "unallocated credits": "SELECT count(*) FROM account_move_line line "
    "JOIN account_account account ON account.id = line.account_id "
    "WHERE account.account_type = 'asset_receivable' AND parent_state = 'posted' "
    "AND NOT reconciled AND amount_residual < 0",
    "bank lines": "SELECT count(*) FROM account_bank_statement_line",
    "bank lines unmatched": "SELECT count(*) FROM account_bank_statement_line "
    "WHERE NOT is_reconciled",
}
# Each must find nothing.
CHECKS = {
    "journal entries left in draft": "SELECT count(*) FROM account_move WHERE state = 'draft'",
    "payments left in draft": "SELECT count(*) FROM account_payment WHERE state = 'draft'",
    "debtors whose open items differ from their balance": """
        SELECT count(*) FROM (
            SELECT line.partner_id FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
             WHERE account.account_type = 'asset_receivable' AND parent_state = 'posted'
             GROUP BY line.company_id, line.partner_id
            HAVING abs(sum(line.balance) - sum(line.amount_residual)) > 0.005) AS partners
    """,
    "debtors whose open items differ from their balance in a currency": """
        SELECT count(*) FROM (
            SELECT line.partner_id FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              LEFT JOIN LATERAL (
                   SELECT sum(partial.debit_amount_currency) AS amount
                     FROM account_partial_reconcile partial
                    WHERE partial.debit_move_id = line.id) AS debited ON true
              LEFT JOIN LATERAL (
                   SELECT sum(partial.credit_amount_currency) AS amount
                     FROM account_partial_reconcile partial
                    WHERE partial.credit_move_id = line.id) AS credited ON true
             WHERE account.account_type = 'asset_receivable' AND parent_state = 'posted'
             GROUP BY line.company_id, line.partner_id, line.currency_id
            HAVING abs(sum(line.amount_currency - coalesce(debited.amount, 0)
                           + coalesce(credited.amount, 0))
                       - sum(line.amount_residual_currency)) > 0.005) AS partners
    """,
    "entries that do not balance": """
        SELECT count(*) FROM (SELECT move_id FROM account_move_line
            WHERE parent_state = 'posted' AND balance IS NOT NULL
            GROUP BY move_id HAVING abs(sum(balance)) > 0.005) AS moves
    """,
    "receivables without a due date": """
        SELECT count(*) FROM account_move_line line
          JOIN account_account account ON account.id = line.account_id
         WHERE account.account_type = 'asset_receivable' AND date_maturity IS NULL
           AND parent_state = 'posted' AND move_name NOT LIKE 'CAMBI%%'
    """,
    "entries after today": "SELECT count(*) FROM account_move "
    "WHERE state = 'posted' AND date > %(today)s",
}


def read(cr, today):
    """Return {counts, aging, problems} of the ledger."""
    values = {"today": today}
    counts = {name: _one(cr, query, values) for name, query in COUNTS.items()}
    cr.execute(AGING, values)
    aging = [(bucket, count, float(amount)) for bucket, count, amount in cr.fetchall()]
    problems = {}
    for name, query in CHECKS.items():
        cr.execute(query, values)
        found = cr.fetchone()[0]
        if found:
            problems[name] = found
    return {"counts": counts, "aging": aging, "problems": problems}


def show(found, say=print):
    """Print it."""
    for name, count in found["counts"].items():
        say(f"  {name:<32}{count:>8,}")
    total = sum(amount for _bucket, _count, amount in found["aging"]) or 1
    say("  Open receivables in PEN, by days past due:")
    for bucket, count, amount in found["aging"]:
        say(f"  {bucket:<12}{count:>6,} items {amount:>16,.2f} {amount / total:>6.1%}")
    for name, count in found["problems"].items():
        say(f"  PROBLEM: {count} {name}")


def _one(cr, query, values):
    cr.execute(query, values)
    return cr.fetchone()[0]
