"""What must always be true (section 5 of the house plan), asked of a database from outside.

Amounts are added up from the entries and the reconciliations that tie them, never from the
residuals that the addon reads; what left is taken from the mail server's side.
"""

import re
from collections import defaultdict
from datetime import timedelta

RESIDUAL_SQL = """
    SELECT line.id, line.company_id, partner.commercial_partner_id, line.currency_id, move.name,
           coalesce(line.date_maturity, line.date), coalesce(line.no_followup, false),
           line.balance - coalesce(debit.amount, 0) + coalesce(credit.amount, 0),
           line.amount_currency - coalesce(debit.currency, 0) + coalesce(credit.currency, 0)
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id AND move.state = 'posted'
      JOIN account_account account
        ON account.id = line.account_id AND account.account_type = 'asset_receivable'
      JOIN res_partner partner ON partner.id = line.partner_id
 LEFT JOIN (SELECT debit_move_id AS id, sum(amount) AS amount,
                   sum(debit_amount_currency) AS currency
              FROM account_partial_reconcile GROUP BY 1) debit ON debit.id = line.id
 LEFT JOIN (SELECT credit_move_id AS id, sum(amount) AS amount,
                   sum(credit_amount_currency) AS currency
              FROM account_partial_reconcile GROUP BY 1) credit ON credit.id = line.id
     WHERE line.company_id = ANY(%s)
"""
CASE_SQL = """
    SELECT company_id, partner_id, amount_total, amount_overdue, amount_credit, amount_net_overdue,
           amount_not_due, amount_1_30, amount_31_60, amount_61_90, amount_over_90,
           oldest_due_date
      FROM collections_case WHERE state = 'open' AND company_id = ANY(%s)
"""
BALANCE_FIELDS = (
    "amount_total", "amount_overdue", "amount_credit", "amount_net_overdue", "amount_not_due",
    "amount_1_30", "amount_31_60", "amount_61_90", "amount_over_90",
)  # fmt: skip
DONE = ("sent", "delivered", "read", "answered")
# An invoice of the loaded history or one posted by Odoo since.
NAME = re.compile(r"(?:HIST|INV)/\d{4}/\d{5}")


class Ledger:
    """The open items of some companies at one moment, added up from their history."""

    def __init__(self, cr, company_ids, today):
        self.today = today
        cr.execute(RESIDUAL_SQL, [company_ids])
        self.items = {}
        for line_id, company, partner, currency, name, due, excluded, own, foreign in cr.fetchall():
            if own or foreign:
                self.items[line_id] = {
                    "debtor": (company, partner),
                    "currency": currency,
                    "name": name,
                    "due": due,
                    "age": (today - due).days,
                    "excluded": excluded,
                    "own": round(own, 2),
                    "foreign": round(foreign, 2),
                }

    def sums(self, column, by_currency=False):
        """Return ``{key: amounts in the order of BALANCE_FIELDS}`` of the debtors that owe."""
        grouped = defaultdict(list)
        for item in self.items.values():
            key = (*item["debtor"], item["currency"]) if by_currency else item["debtor"]
            grouped[key].append((item[column], item["age"]))
        return {key: _add_up(pairs) for key, pairs in grouped.items()}

    def open_names(self):
        """Return the names of the invoices of which something is left to pay."""
        return {item["name"] for item in self.items.values() if item["foreign"] > 0}


def _add_up(pairs):
    owed = [(amount, age) for amount, age in pairs if amount > 0]
    credit = -sum(amount for amount, _age in pairs if amount < 0)
    overdue = sum(amount for amount, age in owed if age > 0)
    bands = ((1, 30), (31, 60), (61, 90), (91, 10**6))
    aged = [sum(a for a, age in owed if low <= age <= high) for low, high in bands]
    total = sum(amount for amount, _age in pairs)
    not_due = sum(amount for amount, age in owed if age <= 0)
    return (total, overdue, credit, overdue - credit, not_due, *aged)


def amounts_tie(env, company_ids, today):
    """1. Amounts tie to the ledger, to the cent, per currency and in company currency."""
    ledger = Ledger(env.cr, company_ids, today)
    env.cr.execute(CASE_SQL, [company_ids])
    cases = {row[:2]: row[2:-1] for row in env.cr.fetchall()}
    own = ledger.sums("own")
    # who is only owed to has no case until something is due, then keeps it
    for debtor in own.keys() | cases.keys():
        told = cases.get(debtor)
        true = own.get(debtor)
        if told is None and all(amount <= 0 for amount in (true[0], true[1], true[4])):
            continue
        if told is None or true is None or _cents(told) != _cents(true):
            yield f"case of {debtor}: {told} is told, {true} is true"
    yield from _currencies_tie(env, ledger, company_ids)


def _currencies_tie(env, ledger, company_ids):
    balances = env["collections.case.balance"].search_fetch(
        [("company_id", "in", company_ids)],
        ["case_id", "company_id", "currency_id", *BALANCE_FIELDS],
    )
    balances.case_id.fetch(["partner_id", "state"])
    found = {
        (b.company_id.id, b.case_id.partner_id.id, b.currency_id.id): tuple(
            b[name] for name in BALANCE_FIELDS
        )
        for b in balances
        if b.case_id.state == "open"
    }
    true = ledger.sums("foreign", by_currency=True)
    for key, told in found.items():
        if key not in true or _cents(told) != _cents(true[key]):
            yield f"balance of {key}: {told} is told, {true.get(key)} is true"


def _cents(amounts):
    return [round(float(amount) * 100) for amount in amounts]


def one_case_one_contact(env, company_ids, arrived):
    """2. One case per debtor; one contact per (case, step, cycle, channel); one message each."""
    env.cr.execute(
        "SELECT company_id, partner_id, count(*) FROM collections_case WHERE state <> 'merged'"
        " AND company_id = ANY(%s) GROUP BY 1, 2 HAVING count(*) > 1",
        [company_ids],
    )
    yield from (f"debtor {row} has several cases" for row in env.cr.fetchall())
    env.cr.execute(
        "SELECT case_id, step_id, cycle, channel_id, count(*) FROM collections_contact"
        " WHERE state NOT IN ('cancelled', 'skipped') AND company_id = ANY(%s)"
        " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
        [company_ids],
    )
    yield from (f"said twice: {row}" for row in env.cr.fetchall())
    env.cr.execute(
        "SELECT contact.id FROM collections_contact contact"
        " JOIN collections_channel channel ON channel.id = contact.channel_id"
        " WHERE channel.kind = 'email' AND contact.state = ANY(%s)"
        " AND contact.company_id = ANY(%s)",
        [list(DONE), company_ids],
    )
    sent = sorted(row[0] for row in env.cr.fetchall())
    if sent != sorted(arrived):
        extra, lost = set(arrived) - set(sent), set(sent) - set(arrived)
        yield f"messages and contacts differ: only arrived {extra}, only sent {lost}"
        yield from (f"arrived twice: {id_}" for id_ in set(arrived) if arrived.count(id_) > 1)


def nobody_wrongly_told(contacts, ledger, held_cases, held_lines):
    """3. Who paid, is held or excluded gets no message about it.

    :param contacts: those that left just now
    :param ledger: the open items right before
    """
    names = ledger.open_names()
    for contact in contacts:
        if contact.case_id.id in held_cases:
            yield f"contact {contact.id} left in spite of a hold"
        told = set(contact.line_ids.ids) | set(contact.carrier_id.ids)
        for line_id in told:
            item = ledger.items.get(line_id)
            if not item or item["foreign"] <= 0:
                yield f"contact {contact.id} speaks of {line_id}, which is paid"
            elif item["excluded"] or line_id in held_lines:
                yield f"contact {contact.id} speaks of {line_id}, which is held"
        body = contact.content_id.body or ""
        for name in set(NAME.findall(body)) - names:
            yield f"contact {contact.id} writes of {name}, which is not open"
        if contact.channel_id.kind == "email" and not NAME.search(body):
            yield f"contact {contact.id} writes of no invoice at all"
        yield from _is_owed(contact, ledger)


def _is_owed(contact, ledger):
    """Tell when a contact reminds of what credits cover."""
    debtor = (contact.company_id.id, contact.partner_id.id)
    carrier = ledger.items.get(contact.carrier_id.id)
    if not carrier:
        return
    told = set(contact.line_ids.ids)
    same = [
        (line_id, item)
        for line_id, item in ledger.items.items()
        if item["debtor"] == debtor and item["currency"] == carrier["currency"]
    ]
    credit = -sum(item["foreign"] for _id, item in same if item["foreign"] < 0)
    claimed = sum(
        item["foreign"]
        for line_id, item in same
        if item["foreign"] > 0 and (line_id in told or item["age"] > 0)
    )
    if claimed <= credit:
        yield f"contact {contact.id} reminds of {claimed}, which credits of {credit} cover"


def quiet_days_kept(env, contacts):
    """3. Between two contacts lie the quiet days; a payment in between starts them again."""
    for contact in contacts:
        day = contact.sent_on.date()
        env.cr.execute(
            "SELECT max(sent_on)::date FROM collections_contact"
            " WHERE case_id = %s AND id <> %s AND sent_on IS NOT NULL AND sent_on < %s"
            " AND (cycle, step_id) IS DISTINCT FROM (%s, %s)",
            [contact.case_id.id, contact.id, contact.sent_on, contact.cycle, contact.step_id.id],
        )
        last = env.cr.fetchone()[0]
        if not last:
            continue
        env.cr.execute(
            "SELECT max(line.date) FROM account_move_line line"
            " JOIN account_move move ON move.id = line.move_id AND move.move_type = 'entry'"
            "  AND move.state = 'posted'"
            " JOIN account_account account ON account.id = line.account_id"
            "  AND account.account_type = 'asset_receivable'"
            " JOIN res_partner partner ON partner.id = line.partner_id"
            " WHERE partner.commercial_partner_id = %s AND line.company_id = %s"
            "  AND line.balance < 0 AND line.date BETWEEN %s AND %s",
            [contact.partner_id.id, contact.company_id.id, last, contact.planned_on],
        )
        start = max(filter(None, (last, env.cr.fetchone()[0])))
        quiet = max(contact.strategy_id.quiet_days, 1)
        if day < start + timedelta(days=quiet):
            yield f"contact {contact.id} on {day} breaks the {quiet} quiet days since {start}"


def every_silence_has_a_reason(env, runs):
    """3. Each open case was looked at and says why it is silent; each stopped contact says why."""
    words = env["collections.case"]._get_decision_sentences()
    reasons = env["collections.contact"]._get_reason_sentences()
    for run in runs:
        planned = set(run.contact_ids.case_id.ids)
        env.cr.execute(
            "SELECT id, decision, planned_run_id FROM collections_case"
            " WHERE state = 'open' AND company_id = %s",
            [run.company_id.id],
        )
        for case_id, decision, run_id in env.cr.fetchall():
            if run_id != run.id or decision not in words:
                yield f"case {case_id} was not decided: {decision}, run {run_id}"
            elif (case_id in planned) != (decision in ("step_due", "preventive")):
                yield f"case {case_id} says {decision}, planned: {case_id in planned}"
    env.cr.execute(
        "SELECT id, state, reason FROM collections_contact"
        " WHERE state IN ('held', 'skipped', 'failed', 'cancelled') AND company_id = ANY(%s)",
        [runs.company_id.ids],
    )
    for contact_id, state, reason in env.cr.fetchall():
        if reason not in reasons:
            yield f"contact {contact_id} is {state} without a reason: {reason}"


def contacts_explain_themselves(contacts):
    """4. Every contact answers why this, why now, under which rule."""
    for contact in contacts:
        chain = contact._get_why_chain()
        text = "".join(str(part) for pair in chain for part in pair)
        if len(chain) < 5 or not contact.why or "?" in text or "False" in text or "None" in text:
            yield f"contact {contact.id} does not explain itself: {chain}"


def log_verifies(env, company_ids):
    """5. The chain of every case verifies, and the database refuses to change it."""
    cases = env["collections.case"].search([("company_id", "in", company_ids)])
    log = env["collections.log"]
    yield from (str(fault) for fault in log._verify(cases))
    if not log._is_guarded():
        yield "the log is not guarded"
    env.cr.execute(
        "SELECT contact.id FROM collections_contact contact"
        " LEFT JOIN collections_log entry ON entry.contact_id = contact.id"
        " WHERE contact.company_id = ANY(%s) GROUP BY contact.id"
        " HAVING count(*) FILTER (WHERE entry.event = 'planned') <> 1"
        "     OR contact.state = 'sent' AND count(*) FILTER (WHERE entry.event = 'sent') <> 1",
        [company_ids],
    )
    yield from (f"contact {row[0]} is not logged as it happened" for row in env.cr.fetchall())
