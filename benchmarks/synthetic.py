"""Ledgers of any size, written by set-based SQL.

One document of each kind is made through Odoo (posted, and reconciled where it is paid): the
prototypes. Every further document copies the stored columns of a prototype, with its own debtor,
days and number and its amounts multiplied by a whole number, so that each entry balances to the
cent and each residual ties to its reconciliations. What differs between documents is decided
beforehand in one table, ``bench_plan``, from a fixed seed.
"""

import datetime
import sys

from odoo.fields import Command

from . import database
from .copier import Copier

SEED = 0.4711
# Payments and credit notes are drawn as further documents of the plan.
DOCUMENTS = ("invoice", "instalments", "invoice_usd", "payment", "payment_usd", "refund")
MOVE_AMOUNTS = (
    "amount_untaxed", "amount_tax", "amount_total", "amount_residual", "amount_untaxed_signed",
    "amount_untaxed_in_currency_signed", "amount_tax_signed", "amount_total_signed",
    "amount_total_in_currency_signed", "amount_residual_signed",
)  # fmt: skip
LINE_AMOUNTS = (
    "debit", "credit", "balance", "amount_currency", "tax_base_amount", "price_unit",
    "price_subtotal", "price_total", "discount_amount_currency", "discount_balance",
)  # fmt: skip
TABLES = (
    "res_partner", "account_move", "account_move_line", "account_partial_reconcile",
    "account_full_reconcile",
)  # fmt: skip
LINES_PER_MOVE = 8  # ids are reserved in blocks of this size


def prepare(name, addon=database.ADDON):
    """Make the database every ledger starts from: a company of Peru, ready to invoice."""
    base = database.fresh(name, addon)
    with database.environment(base) as env:
        _company(env)
    return base


def _company(env):
    """Set up the company, its two currencies and rules that allow every moment."""
    company = env.ref("base.main_company")
    env["res.lang"]._activate_lang("es_419")
    env.ref("base.PEN").active = True
    company.partner_id.write({"country_id": env.ref("base.pe").id, "tz": "America/Lima"})
    company.write({"name": "Comercial Los Andes SAC", "email": "cobranzas@losandes.example"})
    env["account.chart.template"].try_loading("pe", company, install_demo=False)
    env.ref("base.USD").active = True
    env["res.currency.rate"].create(
        {
            "currency_id": env.ref("base.USD").id,
            "name": "2000-01-01",
            "inverse_company_rate": 3.75,
            "company_id": company.id,
        }
    )
    env["ir.mail_server"].search([]).active = False
    company.write(
        {
            "collections_start_mode": "full",
            "collections_safe_mode": False,
            "collections_stale_bank_days": 7,
        }
    )
    # The calendar is asked in full, but says yes at any hour: the figures do not hang on it.
    window = {"hour_from": 0, "hour_to": 24, "saturday": True, "sunday": True}
    for rule in env["collections.contact.rule"].search([]):
        rule.write(
            {
                "holidays_ok": True,
                "consent": "none",
                "window_ids": [Command.clear(), Command.create(window)],
            }
        )


def build(database_name, invoices, today=None):
    """Fill a prepared database with a ledger of that many invoices, a tenth as many debtors."""
    today = today or datetime.date.today()
    with database.environment(database_name) as env:
        prototypes = _prototypes(env, today)
        env.flush_all()
        _Writer(env, prototypes, invoices, today).write()
    with database.environment(database_name) as env:
        env.cr.commit()
        env.cr._cnx.autocommit = True
        env.cr.execute("VACUUM ANALYZE")
        env.cr._cnx.autocommit = False
    database.forget(database_name)


def _prototypes(env, today):
    """Make one document of each kind through Odoo; return ``{kind: move id}`` and the debtor."""
    company = env.company
    debtor = env["res.partner"].create(
        {
            "name": "Bodega Prototipo",
            "is_company": True,
            "email": "prototipo@debtor.example",
            "country_id": env.ref("base.pe").id,
            "state_id": env["res.country.state"].search([("code", "=", "15")], limit=1).id,
            "lang": "es_419",
            "tz": "America/Lima",
        }
    )
    halves = env["account.payment.term"].create(
        {
            "name": "Two halves",
            "line_ids": [
                Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                for days in (30, 60)
            ],
        }
    )
    pen, usd = company.currency_id, env.ref("base.USD")
    found = {
        "invoice": _document(env, debtor, pen),
        "instalments": _document(env, debtor, pen, invoice_payment_term_id=halves.id),
        "invoice_usd": _document(env, debtor, usd),
        "refund": _document(env, debtor, pen, move_type="out_refund"),
    }
    half = found["invoice"].amount_total / 2
    found["payment"] = _payment(env, debtor, pen, half, today)
    found["payment_usd"] = _payment(env, debtor, usd, half, today)
    return {"partner": debtor.id, **{kind: move.id for kind, move in found.items()}}


def _document(env, debtor, currency, move_type="out_invoice", **values):
    """Post an invoice or credit note of 100 and its tax."""
    tax = env.company.account_sale_tax_id
    line = {"name": "Goods", "price_unit": 100, "tax_ids": [Command.set(tax.ids)]}
    move = env["account.move"].create(
        {
            "move_type": move_type,
            "partner_id": debtor.id,
            "currency_id": currency.id,
            "invoice_date": "2020-01-01",
            "invoice_line_ids": [Command.create(line)],
            **values,
        }
    )
    move.action_post()
    return move


def _payment(env, debtor, currency, amount, today):
    """Post a payment of half a prototype invoice: the unit payments are multiples of."""
    payment = env["account.payment"].create(
        {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": debtor.id,
            "amount": amount,
            "currency_id": currency.id,
            "date": today,
            "journal_id": env["account.journal"].search([("type", "=", "bank")], limit=1).id,
        }
    )
    payment.action_post()
    if not payment.move_id:  # no outstanding account: the entry a bank line would have made
        return _payment_entry(env, payment)
    return payment.move_id


def _payment_entry(env, payment):
    company, currency = env.company, payment.currency_id
    account = payment.partner_id.property_account_receivable_id
    balance = currency._convert(payment.amount, company.currency_id, company, payment.date)
    bank = payment.journal_id.default_account_id
    common = {"partner_id": payment.partner_id.id, "currency_id": currency.id}
    sides = ((bank, 1), (account, -1))
    move = env["account.move"].create(
        {
            "move_type": "entry",
            "journal_id": payment.journal_id.id,
            "date": payment.date,
            "partner_id": payment.partner_id.id,
            "line_ids": [
                Command.create(
                    {
                        **common,
                        "name": "Payment",
                        "account_id": side.id,
                        "balance": sign * balance,
                        "amount_currency": sign * payment.amount,
                    }
                )
                for side, sign in sides
            ],
        }
    )
    move.action_post()
    payment.action_draft()
    payment.unlink()
    return move


class _Writer(Copier):
    """Writes debtors, documents and reconciliations in a handful of statements."""

    def __init__(self, env, prototypes, invoices, today):
        super().__init__(env.cr, TABLES)
        self.prototypes = prototypes
        self.invoices = invoices
        self.today = today

    def write(self):
        self._plan()
        self._partners()
        self._fulls()
        self._moves()
        self._lines()
        self._partials()
        self._remove_prototypes()
        self.finish()

    def _plan(self):
        """Decide everything: who owes what since when, and how much of it is paid.

        ``paid`` is 0, 0.5 or 1; a share of debtors pays nearly always, a share nearly never.
        """
        self.cr.execute("SELECT setseed(%s)", [SEED])
        self.cr.execute(
            """
            CREATE TEMP TABLE bench_plan AS
            WITH drawn AS (
                SELECT n, 1 + floor(power(random(), 1.3) * %(debtors)s)::int AS debtor,
                       floor(random() * 365)::int AS days_ago,
                       (ARRAY[30, 30, 45, 60, 90])[1 + floor(random() * 5)::int] AS terms,
                       2 * (1 + floor(power(random(), 2) * 60))::int AS factor,
                       random() AS kind_draw, random() AS paid_draw, random() AS half_draw
                  FROM generate_series(1, %(invoices)s) n
            ), typed AS (
                SELECT *, CASE WHEN kind_draw < 0.10 THEN 'instalments'
                               WHEN kind_draw < 0.18 THEN 'invoice_usd'
                               ELSE 'invoice' END AS kind,
                       terms - days_ago AS due_in
                  FROM drawn
            )
            SELECT n, debtor, kind, factor, %(today)s::date - days_ago AS day, terms,
                   CASE WHEN due_in >= 0
                        THEN CASE WHEN paid_draw < 0.05 THEN 1 ELSE 0 END
                        WHEN paid_draw > CASE WHEN debtor %% 10 < 4 THEN 0.02
                                              WHEN debtor %% 10 < 8 THEN 0.40
                                              ELSE 0.90 END THEN 1
                        WHEN half_draw < 0.12 THEN 0.5
                        ELSE 0 END::numeric AS paid
              FROM typed ORDER BY n
            """,
            {"debtors": self.invoices // 10, "invoices": self.invoices, "today": self.today},
        )
        self._plan_money()
        self.cr.execute("CREATE INDEX ON bench_plan (n)")
        self.cr.execute("ANALYZE bench_plan")

    def _plan_money(self):
        """Add the payments of what is paid, credits that nobody has allocated, credit notes."""
        self.cr.execute(
            """
            INSERT INTO bench_plan
            SELECT %(offset)s + n, debtor,
                   CASE kind WHEN 'invoice_usd' THEN 'payment_usd' ELSE 'payment' END,
                   (factor * 2 * paid)::int, least(day + terms + n %% 15, %(today)s), 0, 1
              FROM bench_plan WHERE paid > 0
            """,
            {"offset": self.invoices, "today": self.today},
        )
        self.cr.execute(
            """
            INSERT INTO bench_plan
            SELECT %(offset)s + n, debtor, CASE WHEN n %% 2 = 0 THEN 'refund' ELSE 'payment' END,
                   1 + n %% 7, day, 0, 0
              FROM bench_plan WHERE n <= %(invoices)s AND n %% 60 = 0
            """,
            {"offset": 2 * self.invoices, "invoices": self.invoices},
        )

    def _partners(self):
        name = "'Cliente ' || lpad(n::text, 7, '0')"
        email = "CASE WHEN mod(n, 20) > 0 THEN 'cliente' || n || '@debtor.example' END"
        identifier = f"{self.base['res_partner']} + n"
        self.copy(
            "res_partner",
            {
                "id": identifier,
                "commercial_partner_id": identifier,
                "name": name,
                "complete_name": name,
                "commercial_company_name": name,
                "email": email,
                "email_normalized": email,
                "state_id": "state.ids[1 + mod(n, array_length(state.ids, 1))]",
            },
            "FROM generate_series(1, %s) n, res_partner proto, LATERAL ("
            " SELECT array_agg(id ORDER BY id) AS ids FROM res_country_state"
            " WHERE country_id = proto.country_id) state WHERE proto.id = %s",
            [self.invoices // 10, self.prototypes["partner"]],
        )

    def _fulls(self):
        """One full reconciliation for each document that is paid to the end, or its instalment."""
        self.cr.execute(
            """
            INSERT INTO account_full_reconcile (id, create_uid, write_uid, create_date, write_date)
            SELECT %s + n, 1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
              FROM bench_plan
             WHERE n <= %s AND (paid = 1 OR paid = 0.5 AND kind = 'instalments')
            """,
            [self.base["account_full_reconcile"], self.invoices],
        )

    def _moves(self):
        number = "to_char(plan.n, 'FM00000000')"
        amounts = {name: f"proto.{name} * plan.factor" for name in MOVE_AMOUNTS}
        for name in ("amount_residual", "amount_residual_signed"):
            amounts[name] = f"proto.{name} * plan.factor * (1 - plan.paid)"
        partner = f"{self.base['res_partner']} + plan.debtor"
        self.copy(
            "account_move",
            {
                **amounts,
                "id": f"{self.base['account_move']} + plan.n",
                "name": f"plan.kind || '/' || {number}",
                "payment_reference": f"plan.kind || '/' || {number}",
                "sequence_prefix": "plan.kind || '/'",
                "sequence_number": "plan.n",
                "partner_id": partner,
                "commercial_partner_id": partner,
                "partner_shipping_id": "NULL",
                "date": "plan.day",
                "invoice_date": "CASE WHEN proto.invoice_date IS NOT NULL THEN plan.day END",
                "invoice_date_due": "CASE WHEN proto.invoice_date IS NOT NULL"
                " THEN plan.day + CASE plan.kind WHEN 'instalments' THEN 60 ELSE plan.terms END"
                " END",
                "delivery_date": "NULL",
                "payment_state": "CASE WHEN proto.invoice_date IS NULL THEN proto.payment_state"
                " ELSE CASE plan.paid WHEN 1 THEN 'paid' WHEN 0 THEN 'not_paid' ELSE 'partial' END"
                " END",
                "access_token": "NULL",
                "origin_payment_id": "NULL",
                "secure_sequence_number": "NULL",
                "inalterable_hash": "NULL",
            },
            f"FROM ({self._sources()}) plan JOIN account_move proto ON proto.id = plan.proto"
            " ORDER BY plan.n",
        )

    def _sources(self):
        cases = " ".join(f"WHEN '{kind}' THEN {self.prototypes[kind]}" for kind in DOCUMENTS)
        return f"SELECT *, CASE kind {cases} END AS proto FROM bench_plan"

    def _lines(self):
        """Copy the lines; a receivable line keeps what its share of the payment leaves open."""
        self.cr.execute(
            """
            CREATE TEMP TABLE bench_line AS
            SELECT line.*, row_number() OVER (PARTITION BY line.move_id ORDER BY line.id) - 1 AS no,
                   account.account_type = 'asset_receivable' AS is_receivable,
                   count(*) OVER half AS parts,
                   row_number() OVER (half ORDER BY line.date_maturity, line.id) AS part
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
             WHERE line.move_id = ANY(%s)
            WINDOW half AS (PARTITION BY line.move_id, account.account_type = 'asset_receivable')
            """,
            [[self.prototypes[kind] for kind in DOCUMENTS]],
        )
        share = (
            "CASE WHEN proto.is_receivable"
            " THEN 1 - greatest(0, least(1, plan.paid * proto.parts - (proto.part - 1)))"
            " ELSE 0 END"
        )
        settled = f"proto.is_receivable AND ({share}) = 0"
        full = (
            f"CASE WHEN {settled} AND plan.n <= {self.invoices}"
            f" THEN {self.base['account_full_reconcile']} + plan.n"
            f" WHEN {settled} AND plan.n <= 2 * {self.invoices} AND (of.paid = 1"
            f" OR of.kind = 'instalments')"
            f" THEN {self.base['account_full_reconcile']} + of.n END"
        )
        partner = (
            f"CASE WHEN proto.partner_id > 0 THEN {self.base['res_partner']} + plan.debtor END"
        )
        number = "to_char(plan.n, 'FM00000000')"
        self.copy(
            "account_move_line",
            {
                **{name: f"proto.{name} * plan.factor" for name in LINE_AMOUNTS},
                "amount_residual": f"proto.balance * plan.factor * ({share})",
                "amount_residual_currency": f"proto.amount_currency * plan.factor * ({share})",
                "id": f"{self.base['account_move_line']} + plan.n * {LINES_PER_MOVE} + proto.no",
                "move_id": f"{self.base['account_move']} + plan.n",
                "move_name": f"plan.kind || '/' || {number}",
                "partner_id": partner,
                "payment_id": "NULL",
                "date": "plan.day",
                "invoice_date": "CASE WHEN proto.invoice_date IS NOT NULL THEN plan.day END",
                "date_maturity": "CASE WHEN proto.date_maturity IS NULL THEN NULL"
                " WHEN plan.kind = 'instalments' THEN plan.day + 30 * proto.part::int"
                " ELSE plan.day + plan.terms END",
                "reconciled": f"({settled})",
                "full_reconcile_id": full,
                "matching_number": f"({full})::text",
                "no_followup": "false",
            },
            f"FROM ({self._sources()}) plan JOIN bench_line proto ON proto.move_id = plan.proto"
            f" LEFT JOIN bench_plan of ON of.n = plan.n - {self.invoices}"
            f" AND plan.n BETWEEN {self.invoices} + 1 AND 2 * {self.invoices} ORDER BY plan.n",
        )

    def _partials(self):
        """Tie each payment to the receivable lines it pays."""
        self.cr.execute(
            """
            CREATE TEMP TABLE bench_receivable AS
            SELECT line.*, line.move_id - %s AS n
              FROM account_move_line line JOIN account_account account
                ON account.id = line.account_id AND account.account_type = 'asset_receivable'
            """,
            [self.base["account_move"]],
        )
        self.cr.execute("CREATE INDEX ON bench_receivable (n)")
        self.cr.execute("ANALYZE bench_receivable")
        self.cr.execute(
            """
            INSERT INTO account_partial_reconcile (
                debit_move_id, credit_move_id, full_reconcile_id, debit_currency_id,
                credit_currency_id, company_id, max_date, amount, debit_amount_currency,
                credit_amount_currency, create_uid, write_uid, create_date, write_date)
            SELECT debit.id, credit.id, debit.full_reconcile_id, debit.currency_id,
                   credit.currency_id, debit.company_id, credit.date,
                   debit.balance - debit.amount_residual,
                   debit.amount_currency - debit.amount_residual_currency,
                   debit.amount_currency - debit.amount_residual_currency, 1, 1, debit.create_date,
                   debit.create_date
              FROM bench_receivable debit
              JOIN bench_receivable credit ON credit.n = debit.n + %(offset)s
             WHERE debit.n BETWEEN 1 AND %(offset)s
               AND debit.balance > 0 AND debit.amount_residual <> debit.balance
             ORDER BY debit.n
            """,
            {"offset": self.invoices},
        )
        self.cr.execute(
            """
            UPDATE account_move_line line SET matching_number = 'P' || part.id
              FROM account_partial_reconcile part
             WHERE part.full_reconcile_id IS NULL
               AND line.id IN (part.debit_move_id, part.credit_move_id)
            """
        )

    def _remove_prototypes(self):
        moves = [self.prototypes[kind] for kind in DOCUMENTS]
        self.cr.execute(
            "UPDATE account_move SET origin_payment_id = NULL WHERE id = ANY(%s)", [moves]
        )
        self.cr.execute(
            "UPDATE account_payment SET move_id = NULL WHERE move_id = ANY(%s)", [moves]
        )
        self.cr.execute("DELETE FROM account_payment")
        self.cr.execute("DELETE FROM account_move WHERE id = ANY(%s)", [moves])


if __name__ == "__main__":
    build(database.copy("base", sys.argv[1]), int(sys.argv[2]))
