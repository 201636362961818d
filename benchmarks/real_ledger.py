"""The real ledger in Odoo: what lies before the first night by SQL, every day after by the ORM."""

from odoo.fields import Command

from .copier import Copier

COUNTRIES = {"USD": ("US", "NY", "America/New_York"), "XXX": ("PE", "15", "America/Lima")}
OWN_CURRENCY = "PEN"  # of a company whose ledger does not tell its currency
TABLES = ("account_move", "account_move_line", "account_full_reconcile")
EVERY_WITHOUT_EMAIL = 7


def make_companies(open_environment, bills):
    """Make a company for each ledger; return ``{name: id}``.

    A company of a new country brings modules of its own: each step has a fresh environment.
    """
    found = {}
    for name, code in sorted({(bill.company, bill.currency) for bill in bills}):
        country, state, zone = COUNTRIES[code]
        with open_environment() as env:
            country_id = env["res.country"].search([("code", "=", country)]).id
            found[name] = env["res.company"].create({"name": name, "country_id": country_id}).id
        with open_environment() as env:
            company = env["res.company"].browse(found[name])
            _set_up_company(env, company, state, zone, OWN_CURRENCY if code == "XXX" else code)
    return found


def _set_up_company(env, company, state, zone, currency):
    """Give a company its place, its accounts and the currency of its ledger."""
    company.partner_id.write({"tz": zone, "state_id": _get_state(env, company, state).id})
    company.write(
        {
            "email": f"collections@{company.name.lower()}.example",
            "collections_start_mode": "full",
            "collections_safe_mode": False,
        }
    )
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    currencies = env["res.currency"].with_context(active_test=False)
    company.currency_id = currencies.search([("name", "=", currency)])
    company.currency_id.active = True
    env["account.journal"].search(
        [("company_id", "=", company.id), ("type", "=", "sale")]
    ).l10n_latam_use_documents = False


def _get_state(env, company, code):
    return env["res.country.state"].search(
        [("country_id", "=", company.country_id.id), ("code", "=", code)], limit=1
    )


class RealLedger:
    """The debtors and their documents."""

    def __init__(self, env, companies, bills, first_day):
        self.bills = bills
        self.first_day = first_day
        self.companies = companies
        self.partners = self._partners(env)
        self.moves = {}  # number of the bill: id of its invoice
        self.early = {}  # number of the bill: id of a payment that came before its invoice

    def _partners(self, env):
        """Make the customers; return ``{(company, customer): id}``. A few have no e-mail."""
        keys = sorted({(bill.company, bill.customer, bill.currency) for bill in self.bills})
        rows = []
        for index, (company, customer, code) in enumerate(keys):
            home = env["res.company"].browse(self.companies[company]).partner_id
            address = f"{customer.lower()}@debtor.example" if index % EVERY_WITHOUT_EMAIL else False
            rows.append(
                {
                    "name": f"{company} {customer}",
                    "is_company": index % 3 > 0,
                    "company_id": self.companies[company],
                    "email": address,
                    "country_id": home.country_id.id,
                    "state_id": home.state_id.id,
                    "tz": COUNTRIES[code][2],
                }
            )
        partners = env["res.partner"].with_context(tracking_disable=True).create(rows)
        return {key[:2]: partner.id for key, partner in zip(keys, partners, strict=True)}

    # -- before the first night ------------------------------------------------------------------

    def load(self, env):
        """Write what was posted before the first night, by copying one document of each kind."""
        for name, company_id in self.companies.items():
            company = env["res.company"].browse(company_id)
            past = [
                bill
                for bill in self.bills
                if bill.company == name and self._get_posted(bill) < self.first_day
            ]
            if past:
                self._load_company(self._of(env, company), company, past)

    def _of(self, env, company):
        return env(context={**env.context, "allowed_company_ids": company.ids})

    def _get_posted(self, bill):
        """Return when a bill is posted; a payment that came before waits for it as a credit."""
        return bill.posted

    def _load_company(self, env, company, bills):
        partner = env["res.partner"].browse(self.partners[bills[0].company, bills[0].customer])
        invoice = self._post_invoice(env, partner, 1, self.first_day, self.first_day)
        payment = self._post_payment(env, partner, 1, self.first_day)
        env.flush_all()
        copier = Copier(env.cr, TABLES)
        rows = []
        for number, bill in enumerate(bills, start=1):
            cleared = bill.cleared if bill.cleared and bill.cleared < self.first_day else None
            self.moves[bill.number] = copier.base["account_move"] + number
            rows.append(
                (
                    number,
                    self.partners[bill.company, bill.customer],
                    f"HIST/{bill.posted.year}/{number:05d}",
                    bill.posted,
                    bill.due,
                    bill.amount,
                    cleared and max(cleared, bill.posted),
                )
            )
        _History(copier, rows, invoice.id, payment.id).write()
        env.invalidate_all()
        moves = invoice + payment
        moves.button_draft()
        moves.with_context(force_delete=True).unlink()

    # -- every day -------------------------------------------------------------------------------

    def post_day(self, env, day):
        """Post the invoices of a day; return them."""
        posted = []
        for bill in self.bills:
            if self._get_posted(bill) == day:
                local, partner = self._get_partner(env, bill)
                move = self._post_invoice(local, partner, bill.amount, bill.posted, bill.due)
                self.moves[bill.number] = move.id
                posted.append(move)
                if bill.number in self.early:
                    self._reconcile(env, self.early[bill.number], move.id)
        return posted

    def get_payments(self, day):
        """Return the bills that are cleared on a day."""
        return [bill for bill in self.bills if bill.cleared == day]

    def pay(self, env, bill):
        """Post the payment of a bill and match it with its invoice, when that is there."""
        local, partner = self._get_partner(env, bill)
        payment = self._post_payment(local, partner, bill.amount, bill.cleared)
        if bill.number in self.moves:
            self._reconcile(env, payment.id, self.moves[bill.number])
        else:
            self.early[bill.number] = payment.id

    def _get_partner(self, env, bill):
        local = self._of(env, env["res.company"].browse(self.companies[bill.company]))
        return local, local["res.partner"].browse(self.partners[bill.company, bill.customer])

    def _reconcile(self, env, *move_ids):
        lines = env["account.move"].browse(move_ids).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()

    def _post_invoice(self, env, partner, amount, day, due):
        line = {"name": "Goods", "price_unit": float(amount), "tax_ids": [Command.clear()]}
        move = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": day,
                "invoice_date_due": max(due, day),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.action_post()
        return move

    def _post_payment(self, env, partner, amount, day):
        """Post the entry that a matched bank line leaves."""
        journal = env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
        )
        receivable = partner.with_company(env.company).property_account_receivable_id
        sides = ((journal.default_account_id, amount), (receivable, -amount))
        move = env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "name": "Payment",
                            "account_id": account.id,
                            "partner_id": partner.id,
                            "balance": float(balance),
                        }
                    )
                    for account, balance in sides
                ],
            }
        )
        move.action_post()
        return move


class _History:
    """Copies one invoice and one payment, each of 1.00, as often as the history asks."""

    def __init__(self, copier, rows, invoice_id, payment_id):
        self.copier = copier
        self.rows = rows
        self.invoice_id = invoice_id
        self.payment_id = payment_id

    def write(self):
        """Write invoices, payments and what ties them."""
        cr, base = self.copier.cr, self.copier.base
        cr.execute("DROP TABLE IF EXISTS bench_doc")
        cr.execute(
            "CREATE TEMP TABLE bench_doc (n int, partner_id int, name text, day date, due date,"
            " amount numeric, cleared date, proto int, kind text)"
        )
        offset = len(self.rows)
        documents = [(*row, self.invoice_id, "invoice") for row in self.rows]
        documents += [
            (offset + n, partner, name.replace("HIST", "PAID"), cleared, cleared, amount, cleared,
             self.payment_id, "payment")
            for n, partner, name, _day, _due, amount, cleared in self.rows
            if cleared
        ]  # fmt: skip
        cr.executemany("INSERT INTO bench_doc VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s)", documents)
        cr.execute(
            """
            INSERT INTO account_full_reconcile (id, create_uid, write_uid, create_date, write_date)
            SELECT %s + n, 1, 1, now(), now() FROM bench_doc
             WHERE kind = 'invoice' AND cleared IS NOT NULL
            """,
            [base["account_full_reconcile"]],
        )
        self._moves()
        self._lines(offset)
        self._partials()
        self.copier.finish()

    def _moves(self):
        amounts = (
            "amount_untaxed", "amount_total", "amount_untaxed_signed", "amount_total_signed",
            "amount_untaxed_in_currency_signed", "amount_total_in_currency_signed",
        )  # fmt: skip
        open_amounts = ("amount_residual", "amount_residual_signed")
        opened = "CASE WHEN doc.cleared IS NULL THEN doc.amount ELSE 0 END"
        is_invoice = "doc.kind = 'invoice'"
        self.copier.copy(
            "account_move",
            {
                **{name: f"proto.{name} * doc.amount" for name in amounts},
                **{name: f"proto.{name} * {opened}" for name in open_amounts},
                "id": f"{self.copier.base['account_move']} + doc.n",
                "name": "doc.name",
                "payment_reference": f"CASE WHEN {is_invoice} THEN doc.name END",
                "sequence_prefix": "left(doc.name, 10)",
                "sequence_number": "right(doc.name, 5)::int",
                "partner_id": "doc.partner_id",
                "commercial_partner_id": "doc.partner_id",
                "partner_shipping_id": "NULL",
                "date": "doc.day",
                "invoice_date": f"CASE WHEN {is_invoice} THEN doc.day END",
                "invoice_date_due": f"CASE WHEN {is_invoice} THEN greatest(doc.due, doc.day) END",
                "delivery_date": "NULL",
                "payment_state": f"CASE WHEN {is_invoice} AND doc.cleared IS NOT NULL"
                " THEN 'paid' ELSE proto.payment_state END",
            },
            "FROM bench_doc doc JOIN account_move proto ON proto.id = doc.proto",
        )

    def _lines(self, offset):
        """Two lines a document: the receivable one is settled when the bill is cleared."""
        base = self.copier.base
        receivable = "account.account_type = 'asset_receivable'"
        opened = f"CASE WHEN {receivable} AND doc.cleared IS NULL THEN doc.amount ELSE 0 END"
        settled = f"({receivable} AND doc.cleared IS NOT NULL)"
        invoice_no = f"CASE doc.kind WHEN 'invoice' THEN doc.n ELSE doc.n - {offset} END"
        full = f"CASE WHEN {settled} THEN {base['account_full_reconcile']} + {invoice_no} END"
        scaled = (
            "debit", "credit", "balance", "amount_currency", "price_unit", "price_subtotal",
            "price_total",
        )  # fmt: skip
        self.copier.copy(
            "account_move_line",
            {
                **{name: f"proto.{name} * doc.amount" for name in scaled},
                "id": f"{base['account_move_line']} + doc.n * 4"
                " + (row_number() OVER (PARTITION BY doc.n ORDER BY proto.id))::int",
                "move_id": f"{base['account_move']} + doc.n",
                "move_name": "doc.name",
                "name": f"CASE WHEN {receivable} AND doc.kind = 'invoice' THEN doc.name"
                " ELSE proto.name END",
                "partner_id": "doc.partner_id",
                "date": "doc.day",
                "invoice_date": "CASE WHEN doc.kind = 'invoice' THEN doc.day END",
                "date_maturity": f"CASE WHEN {receivable} THEN greatest(doc.due, doc.day) END",
                "amount_residual": f"proto.balance * {opened}",
                "amount_residual_currency": f"proto.amount_currency * {opened}",
                "reconciled": settled,
                "full_reconcile_id": full,
                "matching_number": f"({full})::text",
            },
            "FROM bench_doc doc JOIN account_move_line proto ON proto.move_id = doc.proto"
            " JOIN account_account account ON account.id = proto.account_id",
        )

    def _partials(self):
        self.copier.cr.execute(
            """
            INSERT INTO account_partial_reconcile (
                debit_move_id, credit_move_id, full_reconcile_id, debit_currency_id,
                credit_currency_id, company_id, max_date, amount, debit_amount_currency,
                credit_amount_currency, create_uid, write_uid, create_date, write_date)
            SELECT debit.id, credit.id, debit.full_reconcile_id, debit.currency_id,
                   credit.currency_id, debit.company_id, credit.date, debit.balance,
                   debit.amount_currency, debit.amount_currency, 1, 1, now(), now()
              FROM account_move_line debit
              JOIN account_move_line credit
                ON credit.full_reconcile_id = debit.full_reconcile_id AND credit.balance < 0
             WHERE debit.id > %s AND debit.full_reconcile_id IS NOT NULL AND debit.balance > 0
            """,
            [self.copier.base["account_move_line"]],
        )
