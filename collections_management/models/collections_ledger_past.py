from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class Money(NamedTuple):
    """An amount, and the columns that tell it: of a line, and of what was reconciled with it."""

    name: str
    whole: str
    residual: str
    debit: str
    credit: str


OWN = Money("amount", "balance", "amount_residual", "amount", "amount")
FOREIGN = Money(
    "amount_currency", "amount_currency", "amount_residual_currency", "debit_amount_currency",
    "credit_amount_currency",
)  # fmt: skip
# What is true of every posted receivable, as a condition of a domain.
KNOWN = {"parent_state": "posted", "account_type": "asset_receivable"}


class CollectionsLedger(models.AbstractModel):
    """What was open at the end of any day."""

    _inherit = "collections.ledger"

    @api.model
    def _search_items(self, domain):
        """Return as a Query the journal items of a domain that the reader may read, for
        :meth:`_get_open_on_sql` and others that look at posted receivables only.

        As ``_search``, record rules included; what a rule asks that every posted receivable is
        true of is not asked again of each of a million.
        """
        lines = self.env["account.move.line"]
        if self.env.su:
            return lines._search(domain)
        lines.check_access("read")
        everything = lines.sudo()
        rules = Domain(self.env["ir.rule"]._compute_domain(lines._name, "read"))
        rules = rules.map_conditions(_drop_known).optimize_full(everything)
        query = lines._search(domain, bypass_access=True)
        if not rules.is_true():
            query.add_where(rules._to_sql(everything, query.table, query))
        return query

    @api.model
    def _get_open_on_sql(self, day, lines=None):
        """Return as SQL the receivables and credits that were open at the end of a day.

        Columns: ``line_id, company_id, partner_id`` (the commercial partner, or NULL),
        ``account_id, currency_id, move_id, date, due, amount`` (company currency, credits below
        zero), ``amount_currency``, ``day``. What was reconciled with a line counts from the later
        date of both sides (``max_date``).

        Read backwards, from what is open now and what was reconciled since; for a day so long ago
        that most was, forwards, from the entries and what was reconciled until then. Both say the
        same.

        :param date day: any day; entries dated after it did not exist yet
        :param Query lines: the lines of ``account.move.line`` to look at, as ``_search`` returns
            them, with the record rules of the reader; None: all
        """
        return self._get_open_on_days_sql([day], lines)

    @api.model
    def _get_open_on_days_sql(self, days, lines=None, *, foreign=True):
        """Return as SQL the same at the end of each of several days, a row for each of them, told
        by ``day``. Days that are read in the same direction are read together.

        :param bool foreign: False: without ``amount_currency``, for sums in company currency
        """
        moneys = (OWN, FOREIGN) if foreign else (OWN,)
        long_ago = [day for day in days if self._is_long_ago(day)]
        recent = [day for day in days if day not in long_ago]

        def read(days, get):
            def row(place):
                amounts = _join(", ", moneys, lambda money: _name("item", money.name, place))
                return SQL("(%s, %s::date)", amounts, days[place])

            return SQL(
                """
                SELECT item.line_id, item.company_id, item.partner_id, item.account_id,
                       item.currency_id, item.move_id, item.date, item.due, owed.*
                  FROM (%(items)s) item
            CROSS JOIN LATERAL (VALUES %(rows)s) AS owed (%(names)s, day)
                 WHERE %(some)s
                """,
                items=self._add_debtors_sql(get(days, lines, moneys), days, moneys),
                rows=_join(", ", range(len(days)), row),
                names=_join(", ", moneys, lambda money: SQL.identifier(money.name)),
                some=_join(
                    " OR ", moneys, lambda money: SQL("%s <> 0", SQL.identifier("owed", money.name))
                ),
            )

        parts = (long_ago, self._get_forward_sql), (recent, self._get_backward_sql)
        return SQL(" UNION ALL ").join(
            SQL("(%s)", read(chosen, get)) for chosen, get in parts if chosen
        )

    @api.model
    def _get_open_over_sql(self, days, lines=None, *, foreign=True):
        """Return as SQL the same at the end of several days, one row for each line that was open on
        some of them: as :meth:`_get_open_on_sql`, but instead of ``amount``, ``amount_currency``
        and ``day`` those of each day by its place among them, ``amount_0, amount_1``…, zero where
        nothing was open. All are read in one direction, so that they stand side by side."""
        moneys = (OWN, FOREIGN) if foreign else (OWN,)
        latest = max(days)
        get = self._get_forward_sql if self._is_long_ago(latest) else self._get_backward_sql
        return self._add_debtors_sql(get(days, lines, moneys), days, moneys)

    def _add_debtors_sql(self, items, days, moneys):
        """Return what was open of lines with their commercial partner, without those of which
        nothing was."""
        amounts = [
            _name("item", money.name, place) for place in range(len(days)) for money in moneys
        ]
        return SQL(
            """
            SELECT item.line_id, item.company_id, partner.commercial_partner_id AS partner_id,
                   item.account_id, item.currency_id, item.move_id, item.date, item.due,
                   %(amounts)s
              FROM (%(items)s) item
         LEFT JOIN res_partner partner ON partner.id = item.partner_id
             WHERE %(some)s
            """,
            amounts=SQL(", ").join(amounts),
            items=items,
            some=_join(" OR ", amounts, lambda amount: SQL("%s <> 0", amount)),
        )

    def _is_long_ago(self, day):
        """Tell whether most reconciliations are of a later day, from a hundredth of them."""
        self.env["account.partial.reconcile"].flush_model(["max_date"])
        [[later]] = self.env.execute_query(
            SQL(
                "SELECT avg((max_date > %s)::int)"
                " FROM account_partial_reconcile TABLESAMPLE SYSTEM (1)",
                day,
            )
        )
        return (later or 0) > 0.7

    def _get_existed_sql(self, alias, day):
        """Return the condition on an alias of journal items that they are receivables or credits
        that had been posted by a day."""
        return SQL(
            "%(line)s.parent_state = 'posted' AND %(line)s.date <= %(day)s"
            " AND %(line)s.account_id = ANY(%(accounts)s)",
            line=SQL.identifier(alias),
            day=day,
            accounts=self._get_account_ids(),
        )

    def _get_reconciled_sql(self, moneys, days, when):
        """Return as SQL what was reconciled with each line: ``line_id`` and, for each day by its
        place, each amount by its name and that place (``amount_0``), below zero for credits.

        :param str when: ``>``: after each day; ``<=``: until it
        """
        conditions = [SQL("max_date %s %s", SQL(when), day) for day in days]
        some = SQL(" OR ").join(conditions)
        marks = _join(
            ", ",
            enumerate(conditions),
            lambda one: SQL("%s AS %s", one[1], _name("is", one[0])),
        )

        def side(line, sign, column):
            amounts = _join(
                ", ",
                moneys,
                lambda money: SQL(
                    "%s%s AS %s",
                    SQL(sign),
                    SQL.identifier(getattr(money, column)),
                    SQL.identifier(money.name),
                ),
            )
            return SQL(
                "SELECT %s AS line_id, %s, %s FROM account_partial_reconcile WHERE %s",
                SQL.identifier(line),
                amounts,
                marks,
                some,
            )

        return SQL(
            "SELECT line_id, %s FROM (%s UNION ALL %s) part GROUP BY line_id",
            _join(
                ", ",
                [(money, place) for place in range(len(days)) for money in moneys],
                lambda one: SQL(
                    "sum(%s) FILTER (WHERE %s) AS %s",
                    SQL.identifier(one[0].name),
                    _name("is", one[1]),
                    _name(one[0].name, one[1]),
                ),
            ),
            side("debit_move_id", "", "debit"),
            side("credit_move_id", "-", "credit"),
        )

    def _get_item_columns_sql(self, name="id"):
        return SQL(
            "account_move_line.id AS %s, account_move_line.company_id,"
            " account_move_line.partner_id, account_move_line.account_id,"
            " account_move_line.currency_id, account_move_line.move_id, account_move_line.date,"
            " coalesce(account_move_line.date_maturity, account_move_line.date) AS due",
            SQL.identifier(name),
        )

    def _get_amounts_sql(self, days, moneys, date, owed):
        """Return the columns of the amounts of each day: zero before the date of the entry.

        :param owed: a function that returns the amount of a money at the place of a day
        """

        def amount(place, money):
            if days[place] == max(days):  # nothing is read that came later
                return owed(money, place)
            return SQL(
                "CASE WHEN %s <= %s THEN %s ELSE 0 END", date, days[place], owed(money, place)
            )

        return SQL(", ").join(
            SQL("%s AS %s", amount(place, money), _name(money.name, place))
            for place in range(len(days))
            for money in moneys
        )

    def _get_lines_query(self, lines):
        """Return a Query of journal items: this one, which is false when it finds nothing, or
        all."""
        return self.env["account.move.line"].sudo()._search([]) if lines is None else lines

    def _get_backward_sql(self, days, lines, moneys):
        """Return what was open on some days, from what is open now and was reconciled since."""
        query = self._get_lines_query(lines)
        picks = SQL(
            "SELECT %s, %s, later.* FROM %s",
            self._get_item_columns_sql(),
            _join(", ", moneys, lambda money: SQL.identifier("account_move_line", money.residual)),
            query.from_clause,
        )

        def owed(money, place):
            now, since = SQL.identifier("item", money.residual), _name("item", money.name, place)
            return SQL("%s + coalesce(%s, 0)", now, since)

        return SQL(
            """
            WITH later AS MATERIALIZED (%(later)s)
            SELECT item.id AS line_id, item.company_id, item.partner_id, item.account_id,
                   item.currency_id, item.move_id, item.date, item.due, %(amounts)s
              FROM (
                    %(picks)s LEFT JOIN later ON later.line_id = account_move_line.id
                     WHERE %(existed)s AND %(open)s
                     UNION ALL
                    %(picks)s JOIN later ON later.line_id = account_move_line.id
                     WHERE %(existed)s AND (%(open)s) IS NOT TRUE
                   ) item
            """,
            later=self._get_reconciled_sql(moneys, days, ">"),
            picks=picks,
            amounts=self._get_amounts_sql(days, moneys, SQL.identifier("item", "date"), owed),
            existed=SQL(
                "%s AND %s",
                query.where_clause or SQL("TRUE"),
                self._get_existed_sql("account_move_line", max(days)),
            ),
            open=self._get_open_sql("account_move_line"),
        )

    def _get_forward_sql(self, days, lines, moneys):
        """Return what was open on some days, from the entries and what was reconciled until
        then."""
        query = self._get_lines_query(lines)
        date = SQL.identifier("account_move_line", "date")

        def owed(money, place):
            whole = SQL.identifier("account_move_line", money.whole)
            return SQL("%s - coalesce(%s, 0)", whole, _name("before", money.name, place))

        return SQL(
            """
            WITH before AS MATERIALIZED (%(before)s)
            SELECT %(columns)s, %(amounts)s
              FROM %(lines)s LEFT JOIN before ON before.line_id = account_move_line.id
             WHERE %(where)s AND %(existed)s
            """,
            before=self._get_reconciled_sql(moneys, days, "<="),
            columns=self._get_item_columns_sql("line_id"),
            amounts=self._get_amounts_sql(days, moneys, date, owed),
            lines=query.from_clause,
            where=query.where_clause or SQL("TRUE"),
            existed=self._get_existed_sql("account_move_line", max(days)),
        )


def _drop_known(condition):
    """Return a condition of a record rule, or TRUE where each posted receivable meets it."""
    known, value = KNOWN.get(condition.field_expr), condition.value
    if known and condition.operator == "=" and value == known:
        return Domain.TRUE
    if known and condition.operator == "in" and not isinstance(value, str) and known in value:
        return Domain.TRUE
    return condition


def _join(by, parts, write):
    """Return each of some parts written as SQL, joined."""
    return SQL(by).join(write(part) for part in parts)


def _name(*parts):
    """Return the name of a column: its stem and the place of a day, after an alias if there is
    one."""
    *alias, stem, place = parts
    return SQL.identifier(*alias, f"{stem}_{place}")
