from odoo import api, models
from odoo.tools import SQL, format_amount

CASE_COLUMNS = {
    "case_id": "id", "user_id": "user_id", "team_id": "team_id", "segment_id": "segment_id",
    "strategy_id": "strategy_id",
}  # fmt: skip
# What a row stands for that only a case tells.
CASE_GROUPS = ("user", "team", "segment", "strategy")


class CollectionsReportAging(models.AbstractModel):
    """What was open at the end of a day, by SQL: chosen, aged, summed, held against the books."""

    _inherit = "collections.report.aging"

    @api.model
    def _get_items_sql(self, options, *days, with_case=True, foreign=True):
        """Return as SQL what was open at the end of each of some days, as the reader sees it and
        the filters choose it.

        Columns: those of ``collections.ledger._get_open_on_sql``, and ``case_id, user_id, team_id,
        segment_id, strategy_id`` of the case, ``money_id`` and ``value`` (the currency and amount
        that are shown), ``age`` in days and ``bucket`` (its number; ``-1``: a credit in a column
        of its own).

        :param with_case: False: the case is looked up only where a filter asks for it
        :param foreign: False: without ``amount_currency``, unless that is what is shown
        """
        buckets = self._get_buckets(options)
        ledger = self.env["collections.ledger"]
        company = options["money"] == "company"
        lines = ledger._search_items(self._get_line_domain(options))
        items = ledger._get_open_on_days_sql(days, lines, foreign=foreign or not company)
        value = SQL("item.amount") if company else SQL("item.amount_currency")
        bucket = SQL("CASE")
        for number, one in enumerate(buckets[:-1]):
            bucket = SQL("%s WHEN item.age <= %s THEN %s", bucket, one.last, number)
        bucket = SQL("%s ELSE %s END", bucket, len(buckets) - 1)
        join = SQL()
        if with_case or options["promised"] != "with" or self._chooses_cases(options):
            join = SQL(
                "LEFT JOIN collections_case kase ON kase.company_id = item.company_id"
                " AND kase.partner_id = item.partner_id AND kase.state <> 'merged'"
            )
        if options["credits"] == "column":
            bucket = SQL("CASE WHEN %s < 0 THEN -1 ELSE %s END", value, bucket)
        return SQL(
            """
            SELECT item.*, %(case)s, %(money)s AS money_id, %(value)s AS value,
                   %(bucket)s AS bucket
              FROM (SELECT open.*, open.day - %(since)s AS age FROM (%(items)s) open) item
              %(join)s
             WHERE %(condition)s
            """,
            items=items,
            case=SQL(", ").join(
                SQL(
                    "%s AS %s",
                    SQL("kase.%s", SQL.identifier(column)) if join else SQL("NULL::int"),
                    SQL.identifier(name),
                )
                for name, column in CASE_COLUMNS.items()
            ),
            join=join,
            since=SQL("open.due") if options["basis"] == "due" else SQL("open.date"),
            money=self._get_company_currency_sql("item") if company else SQL("item.currency_id"),
            value=value,
            bucket=bucket,
            condition=SQL(" AND ").join(self._get_item_conditions(options, value)),
        )

    @api.model
    def _get_company_currency_sql(self, alias):
        """Return as SQL the currency of the company of an alias: told, as a join would have the
        database expect a handful of rows and sort what is better hashed."""
        whens = SQL(" ").join(
            SQL("WHEN %s THEN %s", company.id, company.currency_id.id)
            for company in self.env.companies
        )
        return SQL("CASE %s.company_id %s END", SQL.identifier(alias), whens)

    @api.model
    def _get_line_domain(self, options):
        """Extension point: the domain on journal items of what a report looks at."""
        domain = [("company_id", "in", self.env.companies.ids)]
        for name, field in (
            ("account_ids", "account_id"),
            ("currency_ids", "currency_id"),
            ("salesperson_ids", "move_id.invoice_user_id"),
            ("country_ids", "partner_id.commercial_partner_id.country_id"),
            ("partner_ids", "partner_id.commercial_partner_id"),
        ):
            if options.get(name):
                domain.append((field, "in", options[name]))
        return domain

    def _chooses_cases(self, options):
        """Tell whether a filter asks for something that only a case has."""
        return any(
            options[name] for name in ("team_ids", "user_ids", "segment_ids", "strategy_ids")
        )

    def _get_item_conditions(self, options, value):
        """Return the conditions on an ``item`` and its case ``kase``, as a list of SQL."""
        conditions = [SQL("%s <> 0", value)]
        if self._chooses_cases(options):
            conditions.append(SQL("kase.id IN %s", self._get_case_sql(options)))
        if options["credits"] == "without":
            conditions.append(SQL("%s > 0", value))
        for name, exists in (
            ("disputed", self._get_disputed_sql()),
            ("promised", self._get_promised_sql()),
        ):
            if options[name] == "only":
                conditions.append(exists)
            elif options[name] == "without":
                conditions.append(SQL("NOT %s", exists))
        return conditions

    def _get_disputed_sql(self):
        """Return the condition that an ``item`` was contested at the end of its day."""
        self.env["collections.dispute"].flush_model()
        return SQL(
            """EXISTS (SELECT FROM collections_dispute dispute
                 WHERE dispute.line_id = item.line_id AND dispute.date_open <= item.day
                   AND (dispute.date_closed IS NULL OR dispute.date_closed > item.day))"""
        )

    def _get_promised_sql(self):
        """Return the condition that a payment of an ``item`` was promised at the end of its day."""
        self.env["collections.promise"].flush_model()
        return SQL(
            """EXISTS (SELECT FROM collections_promise promise
                 WHERE promise.case_id = kase.id AND promise.date <= item.day
                   AND promise.state NOT IN ('awaiting', 'refused')
                   AND (promise.settled_on IS NULL OR promise.settled_on > item.day)
                   AND coalesce(promise.date_limit, promise.date_due) >= item.day
                   AND promise.currency_id = item.currency_id
                   AND CASE WHEN EXISTS (SELECT FROM collections_promise_line_rel rel
                                          WHERE rel.promise_id = promise.id)
                       THEN EXISTS (SELECT FROM collections_promise_line_rel rel
                                     WHERE rel.promise_id = promise.id
                                       AND rel.line_id = item.line_id)
                       ELSE item.due <= promise.date END)"""
        )

    @api.model
    def _get_sums_sql(self, options, buckets, group_by, condition=None):
        """Return the statement of sums by group and currency.

        :param SQL condition: on ``item``, ``partner`` and ``move``; only these
        """
        group = self._get_groups()[group_by]
        with_case = group_by in CASE_GROUPS or condition is not None
        now, before = options["date"], options["compare"]
        days = {now, before} - {None}
        items = self._get_items_sql(options, *days, with_case=with_case, foreign=False)
        sums = [
            SQL(
                "coalesce(sum(item.value) FILTER ("
                "WHERE item.day = %s AND item.bucket = %s), 0) AS %s",
                now,
                number,
                SQL.identifier(bucket.name),
            )
            for number, bucket in enumerate(buckets)
        ]
        joins = []
        if condition or group_by == "salesperson":
            joins.append(SQL("JOIN account_move move ON move.id = item.move_id"))
        if condition or group_by in ("country", "state", "city"):
            joins.append(SQL("LEFT JOIN res_partner partner ON partner.id = item.partner_id"))
        return SQL(
            """
            SELECT %(key)s AS key, item.money_id, %(sums)s,
                   coalesce(sum(item.value) FILTER (
                            WHERE item.day = %(now)s AND item.bucket < 0), 0) AS credit,
                   coalesce(sum(item.value) FILTER (WHERE item.day = %(now)s), 0) AS total,
                   coalesce(sum(item.value) FILTER (WHERE item.day = %(before)s), 0) AS before,
                   count(*) FILTER (WHERE item.day = %(now)s) AS items
              FROM (%(items)s) item %(joins)s
             WHERE %(condition)s
          GROUP BY 1, 2
            """,
            key=group["sql"],
            sums=SQL(", ").join(sums),
            now=now,
            before=before,
            items=items,
            joins=SQL(" ").join(joins),
            condition=condition or SQL("TRUE"),
        )

    @api.model
    def _get_sums(self, options, buckets, group_by, limit):
        """Return ``(rows, totals)`` of one statement: the largest groups, and the sums of all."""
        names = [one.name for one in buckets] + ["credit", "total", "before", "items"]
        columns = [SQL.identifier(name) for name in names]
        rows = self._query(
            SQL(
                """
                WITH summed AS MATERIALIZED (%(summed)s), shown AS (
                    SELECT * FROM summed
                  ORDER BY %(order)s LIMIT %(limit)s
                )
                SELECT FALSE AS is_total, key::text AS key, money_id, %(columns)s,
                       NULL::bigint AS row_count FROM shown
             UNION ALL
                SELECT TRUE, NULL, money_id, %(sums)s, sum(items)::bigint, count(*)
                  FROM summed GROUP BY money_id
                """,
                summed=self._get_sums_sql(options, buckets, group_by),
                order=(
                    SQL("key < 0, key, money_id")
                    if group_by == "age"
                    else SQL("abs(total) + abs(before) DESC, key, money_id")
                ),
                limit=limit,
                columns=SQL(", ").join(columns),
                sums=SQL(", ").join(SQL("sum(%s)", column) for column in columns[:-1]),
            )
        )
        totals = [one for one in rows if one["is_total"]]
        return [one for one in rows if not one["is_total"]], sorted(
            totals, key=lambda one: self._get_currency_order(one["money_id"])
        )

    def _get_currency_order(self, currency_id):
        return (currency_id != self.env.company.currency_id.id, currency_id)

    # -- is it true? -----------------------------------------------------------------------------

    def _get_notes(self, options):
        if options["date"] <= self._today():
            return []
        return [
            self.env._(
                "This day has not come yet: what is posted by now is shown as it will stand."
            )
        ]

    @api.model
    def _get_checks(self, options):
        """Compare the sum of what is shown with the balance of the receivable accounts."""
        if not self._is_whole(options):
            return []
        buckets = self._get_buckets(options)
        [_rows, totals] = self._get_sums(options, buckets, options["group_by"], 0)
        proof = self._get_proof(options, totals)
        return [self._get_proof_words(options, *one) for one in proof]

    def _is_whole(self, options):
        """Tell whether the report shows all that the reader's ledger holds, to be compared."""
        return (
            not self._chooses_cases(options)
            and options["credits"] != "without"
            and options["disputed"] == options["promised"] == "with"
        )

    def _get_proof(self, options, totals):
        """Return ``[(currency, sum of the report, balance of the ledger)]``."""
        query = self.env["collections.ledger"]._search_items(self._get_line_domain(options))
        money, value = (
            SQL("account_move_line.currency_id"), SQL("account_move_line.amount_currency")
        )  # fmt: skip
        if options["money"] == "company":
            money = self._get_company_currency_sql("account_move_line")
            value = SQL("account_move_line.balance")
        rows = self._query(
            SQL(
                """
                SELECT %(money)s AS money_id, sum(%(value)s) AS balance
                  FROM %(lines)s
                 WHERE %(where)s AND account_move_line.parent_state = 'posted'
                   AND account_move_line.date <= %(day)s
                   AND account_move_line.account_id = ANY(%(accounts)s)
              GROUP BY 1
                """,
                money=money,
                value=value,
                lines=query.from_clause,
                where=query.where_clause or SQL("TRUE"),
                day=options["date"],
                accounts=self.env["collections.ledger"]._get_account_ids(),
            )
        )
        shown = {one["money_id"]: one["total"] for one in totals}
        balances = {one["money_id"]: one["balance"] for one in rows}
        currencies = self.env["res.currency"].browse(
            sorted({*shown, *balances}, key=self._get_currency_order)
        )
        return [
            (currency, shown.get(currency.id, 0), balances.get(currency.id, 0))
            for currency in currencies
        ]

    def _get_proof_words(self, options, currency, shown, balance):
        values = {
            "shown": format_amount(self.env, shown, currency),
            "balance": format_amount(self.env, balance, currency),
            "difference": format_amount(self.env, shown - balance, currency),
            "currency": currency.name,
        }
        if not currency.compare_amounts(shown, balance):
            return self.env._(
                "%(currency)s: equals the balance of the receivable accounts, %(balance)s.",
                **values,
            )
        return self.env._(
            "%(currency)s: the open items are %(shown)s, the receivable accounts hold %(balance)s,"
            " a difference of %(difference)s. Somebody has to look at the reconciliations.",
            **values,
        )
