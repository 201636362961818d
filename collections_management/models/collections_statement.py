from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine.statement import ZERO, Item, Movement, build

READERS = (
    "account.group_account_readonly",
    "account.group_account_invoice",
    "collections_management.collections_management_group_supervisor",
    "collections_management.collections_management_group_auditor",
)


class Statement(NamedTuple):
    """The statement of a debtor: ``accounts`` is ``{currency: Account}``, ``balance`` what the
    ledger says in company currency."""

    partner: object
    accounts: dict
    balance: Decimal


class CollectionsStatement(models.AbstractModel):
    """Statements of account, straight from the ledger, set-based, as of any day.

    What a line still owed on a day is its amount minus the reconciliations up to that day
    (``max_date``). A reconciliation with a line of another currency, debtor or account moves money
    out of this account; it is told as a movement, so that the closing balance is always the sum of
    what is open.
    """

    _name = "collections.statement"
    _description = "Statement of Account"

    @api.model
    def _check_access_to(self, company, partners):
        """Refuse who may not see the accounts of these debtors.

        :raise AccessError: naming the first debtor that is not theirs
        """
        if self.env.su:
            return
        partners.check_access("read")
        if company not in self.env.companies:
            raise AccessError(self.env._("This is another company's."))
        if any(self.env.user.has_group(group) for group in READERS):
            return
        cases = self.env["collections.case"]
        if cases.has_access("read"):
            seen = cases.search(
                [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
            ).partner_id
            partners -= seen
        if partners:
            raise AccessError(
                self.env._(
                    "The account of %(debtor)s is not among your cases.",
                    debtor=partners[0].sudo().display_name,
                )
            )

    @api.model
    def _get_statements(self, company, partners, date_from, date_to):
        """Return ``{partner id: Statement}`` of commercial partners; empty accounts left out.

        :param date_from: first day of the movements
        :param date_to: last day; what is open is told as of its end
        """
        self._check_access_to(company, partners)
        if date_from > date_to:
            raise UserError(self.env._("The period ends before it begins."))
        for model in ("account.move.line", "account.move", "account.partial.reconcile"):
            self.env[model].flush_model()
        lines = self._get_lines_sql(company, partners, date_to)
        transfers = self._get_transfers_sql(lines, date_to)
        openings = self._get_openings(lines, transfers, date_from)
        movements = self._get_movements(lines, transfers, date_from)
        items = self._get_items(lines, date_to)
        balances = self._get_balances(lines)
        keys = {*openings, *movements, *items}
        currencies = self.env["res.currency"].browse({currency for _partner, currency in keys})
        accounts = defaultdict(dict)
        for currency in currencies.sorted(lambda c: (c != company.currency_id, c.name)):
            for partner in partners:
                key = partner.id, currency.id
                account = build(
                    openings.get(key, ZERO),
                    movements.get(key, ()),
                    items.get(key, ()),
                    day=date_to,
                )
                if not account.is_empty:
                    accounts[partner.id][currency] = account
        return {
            partner.id: Statement(
                partner, accounts.get(partner.id, {}), balances.get(partner.id, ZERO)
            )
            for partner in partners
        }

    def _get_lines_sql(self, company, partners, date_to):
        """Return the lines of these debtors up to a day, as a query."""
        return SQL(
            """
            SELECT line.id, partner.commercial_partner_id AS partner_id, line.currency_id,
                   line.date, coalesce(line.date_maturity, line.date) AS due, line.move_id,
                   line.balance, line.amount_currency, line.account_id, line.company_id
              FROM account_move_line line
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE line.parent_state = 'posted'
               AND line.company_id = %s
               AND line.account_id = ANY(%s)
               AND line.date <= %s
               AND partner.commercial_partner_id = ANY(%s)
            """,
            company.id,
            self.env["collections.ledger"]._get_account_ids(),
            date_to,
            list(partners.ids),
        )

    def _get_transfers_sql(self, lines, date_to):
        """Return what reconciliations up to a day with something that is not of the same account
        took from a line (or gave it), as a query: ``partner_id, currency_id, date, move_id,
        other_id, amount``."""
        return SQL(
            """
            SELECT line.partner_id, line.currency_id, partial.max_date AS date, line.move_id,
                   other.move_id AS other_id,
                   CASE WHEN partial.debit_move_id = line.id
                        THEN -partial.debit_amount_currency
                        ELSE partial.credit_amount_currency END AS amount
              FROM (%(lines)s) line
              JOIN account_partial_reconcile partial
                ON partial.debit_move_id = line.id OR partial.credit_move_id = line.id
              JOIN account_move_line other
                ON other.id = CASE WHEN partial.debit_move_id = line.id
                                   THEN partial.credit_move_id ELSE partial.debit_move_id END
         LEFT JOIN res_partner other_partner ON other_partner.id = other.partner_id
             WHERE partial.max_date <= %(date_to)s
               AND (other.currency_id <> line.currency_id
                OR other.company_id <> line.company_id
                OR other.account_id <> ALL(%(accounts)s)
                OR other_partner.commercial_partner_id IS DISTINCT FROM line.partner_id)
            """,
            lines=lines,
            date_to=date_to,
            accounts=self.env["collections.ledger"]._get_account_ids(),
        )

    def _get_openings(self, lines, transfers, date_from):
        """Return ``{(partner id, currency id): balance before a day}``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id, currency_id, sum(amount)::text FROM (
                    SELECT partner_id, currency_id, amount_currency AS amount
                      FROM (%(lines)s) line WHERE date < %(day)s
                 UNION ALL
                    SELECT partner_id, currency_id, amount
                      FROM (%(transfers)s) transfer WHERE date < %(day)s
                ) entry GROUP BY partner_id, currency_id
                """,
                lines=lines,
                transfers=transfers,
                day=date_from,
            )
        )
        return {(partner, currency): Decimal(amount) for partner, currency, amount in rows}

    def _get_balances(self, lines):
        """Return ``{partner id: balance in company currency}``."""
        rows = self.env.execute_query(
            SQL("SELECT partner_id, sum(balance)::text FROM (%s) line GROUP BY partner_id", lines)
        )
        return {partner: Decimal(balance) for partner, balance in rows}

    def _get_movements(self, lines, transfers, date_from):
        """Return ``{(partner id, currency id): [Movement]}`` from a day on, one of each entry."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.partner_id, entry.currency_id, entry.date,
                       CASE WHEN entry.other_id IS NOT NULL THEN 'transfer' ELSE %(kind)s END,
                       move.name, %(reference)s, other.name, sum(entry.amount)::text
                  FROM (
                    SELECT partner_id, currency_id, date, move_id, NULL::int AS other_id,
                           amount_currency AS amount
                      FROM (%(lines)s) line WHERE date >= %(day)s
                 UNION ALL
                    SELECT partner_id, currency_id, date, move_id, other_id, amount
                      FROM (%(transfers)s) transfer WHERE date >= %(day)s
                  ) entry
                  JOIN account_move move ON move.id = entry.move_id
             LEFT JOIN account_move other ON other.id = entry.other_id
              GROUP BY entry.partner_id, entry.currency_id, entry.date, entry.other_id, move.id,
                       other.id
                HAVING sum(entry.amount) <> 0
              ORDER BY entry.date, sum(entry.amount) < 0, move.id, entry.other_id NULLS FIRST
                """,
                kind=self._get_kind_sql(),
                reference=self._get_reference_sql(),
                lines=lines,
                transfers=transfers,
                day=date_from,
            )
        )
        result = defaultdict(list)
        for partner, currency, day, kind, name, reference, other, amount in rows:
            text = (other if kind == "transfer" else reference) or ""
            result[partner, currency].append(Movement(day, kind, name or "", Decimal(amount), text))
        return result

    def _get_items(self, lines, date_to):
        """Return ``{(partner id, currency id): [Item]}`` of what was open at the end of a day."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.partner_id, line.currency_id,
                       coalesce(move.invoice_date, line.date), line.due, %(kind)s, move.name,
                       %(reference)s, line.amount_currency::text,
                       (line.amount_currency - paid.amount)::text
                  FROM (%(lines)s) line
                  JOIN account_move move ON move.id = line.move_id
            CROSS JOIN LATERAL (
                    SELECT coalesce(sum(CASE WHEN partial.debit_move_id = line.id
                                             THEN partial.debit_amount_currency
                                             ELSE -partial.credit_amount_currency END), 0) AS amount
                      FROM account_partial_reconcile partial
                     WHERE (partial.debit_move_id = line.id OR partial.credit_move_id = line.id)
                       AND partial.max_date <= %(day)s
                  ) paid
                 WHERE line.amount_currency <> paid.amount
              ORDER BY line.due, line.id
                """,
                kind=self._get_kind_sql(),
                reference=self._get_reference_sql(),
                lines=lines,
                day=date_to,
            )
        )
        result = defaultdict(list)
        for partner, currency, day, due, kind, name, reference, amount, residual in rows:
            result[partner, currency].append(
                Item(
                    day, due, kind, name or "", Decimal(amount), Decimal(residual), reference or ""
                )
            )
        return result

    def _get_kind_sql(self):
        """Extension point: what an entry is, as SQL on ``move``: a key of ``_get_kind_words``."""
        return SQL(
            """
            CASE WHEN move.move_type IN ('out_invoice', 'out_receipt') THEN 'invoice'
                 WHEN move.move_type = 'out_refund' THEN 'refund'
                 WHEN move.origin_payment_id IS NOT NULL
                   OR move.statement_line_id IS NOT NULL THEN 'payment'
                 WHEN move.reversed_entry_id IS NOT NULL THEN 'reversal'
                 ELSE 'entry' END
            """
        )

    def _get_reference_sql(self):
        return SQL("nullif(move.ref, move.name)")

    @api.model
    def _get_kind_words(self):
        """Extension point: ``{kind: word}`` in the language of the environment."""
        return {
            "invoice": self.env._("Invoice"),
            "refund": self.env._("Credit note"),
            "payment": self.env._("Payment"),
            "reversal": self.env._("Reversal"),
            "entry": self.env._("Entry"),
            "transfer": self.env._("Applied to another currency or account"),
        }
