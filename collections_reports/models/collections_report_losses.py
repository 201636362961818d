from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..engine import documents

AGES = (90, 180, 365, 730)  # last days late of the ages, when the debt was written off
ROWS = 200


class CollectionsReportLosses(models.AbstractModel):
    """What was written off in a period, what came back, and what the tax law says of it."""

    _name = "collections.report.losses"
    _description = "Losses"
    _inherit = "collections.report.base"

    _report_code = "losses"
    _report_sequence = 70

    @api.model
    def _get_title(self):
        return self.env._("Write-offs and Recoveries")

    @api.model
    def _get_filters(self):
        groups = self._get_groups()
        return [
            *self._get_period_filters(),
            self._filter(
                "group_by",
                self.env._("By"),
                "choice",
                default="reason",
                choices=[(name, one["label"]) for name, one in groups.items()],
            ),
            *self._get_case_filters(),
        ]

    @api.model
    def _read_options(self, raw):
        options = super()._read_options(raw)
        for one in self._get_period_filters():
            options[one["name"]] = options[one["name"]] or self._read_option(one, one["default"])
        return options

    @api.model
    def _get_groups(self):
        """Extension point: ``{name: {"label", "sql", "model"}}`` of what a row can stand for.

        ``sql`` is an expression over ``event``: a write-off or a recovery with what it is of.
        """
        return {
            "reason": {
                "label": self.env._("Reason"),
                "sql": SQL("event.reason_id"),
                "model": "collections.write.off.reason",
            },
            "partner": {
                "label": self.env._("Debtor"),
                "sql": SQL("event.partner_id"),
                "model": "res.partner",
            },
            "segment": {
                "label": self.env._("Segment"),
                "sql": SQL("event.segment_id"),
                "model": "collections.segment",
            },
            "team": {
                "label": self.env._("Team"),
                "sql": SQL("event.team_id"),
                "model": "collections.team",
            },
            "age": {"label": self.env._("Age"), "sql": SQL("event.age_from")},
            "company": {
                "label": self.env._("Company"),
                "sql": SQL("event.company_id"),
                "model": "res.company",
            },
        }

    # -- the statements --------------------------------------------------------------------------

    @api.model
    def _get_events_sql(self, options):
        """Return as SQL the write-offs and recoveries of the period that the reader sees.

        A recovery is of its write-off's reason, age and rule. Its tax is the part of it that is
        owed to the authority again, as its entry books it.
        """
        period = [("date", ">=", options["date_from"]), ("date", "<=", options["date_to"])]
        posted = [("state", "=", "posted"), *period]
        ages = [
            SQL("WHEN age.days > %s THEN %s", last, last + 1) for last in sorted(AGES, reverse=True)
        ]
        return SQL(
            """
            WITH found AS (
                SELECT off.id AS write_off_id, NULL::int AS recovery_id, off.date,
                       off.amount AS written_off, coalesce(off.tax_amount, 0) AS tax,
                       0::numeric AS recovered
                  FROM collections_write_off off WHERE off.id IN %(offs)s
                 UNION ALL
                SELECT off.id, back.id, back.date, 0,
                       CASE WHEN off.amount <> 0 THEN
                           -round(back.amount * coalesce(off.tax_amount, 0) / off.amount,
                                  currency.decimal_places) ELSE 0 END,
                       back.amount
                  FROM collections_recovery back
                  JOIN collections_write_off off ON off.id = back.write_off_id
                  JOIN res_company company ON company.id = off.company_id
                  JOIN res_currency currency ON currency.id = company.currency_id
                 WHERE back.id IN %(backs)s
            )
            SELECT found.*, found.written_off - found.recovered - found.tax AS net,
                   off.company_id, company.currency_id, off.reason_id, off.partner_id,
                   kase.segment_id, kase.team_id, off.rule_id, off.treatment, off.verdict,
                   CASE %(ages)s ELSE 0 END AS age_from
              FROM found
              JOIN collections_write_off off ON off.id = found.write_off_id
              JOIN collections_case kase ON kase.id = off.case_id
              JOIN res_company company ON company.id = off.company_id
        CROSS JOIN LATERAL (
                   SELECT max(off.date - coalesce(line.date_maturity, off.date)) AS days
                     FROM collections_write_off_line line WHERE line.write_off_id = off.id) age
             WHERE kase.id IN %(cases)s
            """,
            offs=self._get_visible_sql("collections.write.off", posted),
            backs=self._get_visible_sql("collections.recovery", posted),
            cases=self._get_case_sql(options),
            ages=SQL(" ").join(ages),
        )

    @api.model
    def _get_sums(self, options, key, *, where=None):
        """Return the sums of the events by an expression and currency."""
        return self._query(
            SQL(
                """
                SELECT %(key)s AS key, event.currency_id,
                       count(DISTINCT event.write_off_id) FILTER (
                           WHERE event.recovery_id IS NULL) AS count,
                       sum(event.written_off) AS written_off, sum(event.tax) AS tax,
                       sum(event.recovered) AS recovered, sum(event.net) AS net
                  FROM (%(events)s) event WHERE %(where)s
              GROUP BY 1, 2 ORDER BY sum(event.written_off) DESC, sum(event.recovered) DESC, 1
                """,
                key=key,
                events=self._get_events_sql(options),
                where=where or SQL("TRUE"),
            )
        )

    @api.model
    def _get_invoiced(self, options):
        """Return ``{currency id: invoiced in the period}``, credit notes subtracted."""
        moves = self._get_visible_sql(
            "account.move",
            [
                ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
                ("state", "=", "posted"),
                ("company_id", "in", self.env.companies.ids),
                ("invoice_date", ">=", options["date_from"]),
                ("invoice_date", "<=", options["date_to"]),
            ],
        )
        chosen = SQL()
        if any(options.get(one["name"]) for one in self._get_case_filters()):
            chosen = SQL(
                "AND EXISTS (SELECT FROM collections_case kase WHERE kase.id IN %s"
                " AND kase.partner_id = move.commercial_partner_id"
                " AND kase.company_id = move.company_id)",
                self._get_case_sql(options),
            )
        rows = self._query(
            SQL(
                """
                SELECT company.currency_id, sum(move.amount_total_signed) AS amount
                  FROM account_move move JOIN res_company company ON company.id = move.company_id
                 WHERE move.id IN %s %s GROUP BY 1
                """,
                moves,
                chosen,
            )
        )
        return {row["currency_id"]: row["amount"] for row in rows}

    # -- the document ----------------------------------------------------------------------------

    @api.model
    def _get_document(self, options):
        totals = {one["currency_id"]: one for one in self._get_sums(options, SQL("NULL::int"))}
        invoiced = self._get_invoiced(options)
        sections = []
        for currency in self._get_companies_by_currency():
            one = totals.get(currency.id) or {
                "written_off": 0,
                "tax": 0,
                "recovered": 0,
                "net": 0,
                "count": 0,
            }
            title = currency.name if len(self.env.companies.currency_id) > 1 else None
            sections.append(self._get_figures(currency, title, one, invoiced.get(currency.id) or 0))
            sections.append(self._get_chart(options, currency))
        return documents.document(
            self._get_title(),
            [
                *sections,
                self._get_table(options),
                self._get_tax_table(options),
                self._get_missing_table(options),
            ],
            subtitle=f"{self._get_company_words()}, {self._get_period_words(options)}",
            definitions=self._get_definitions(),
        )

    def _get_figures(self, currency, title, one, invoiced):
        return documents.figures(
            f"figures_{currency.name}",
            title,
            [
                documents.figure(
                    "written_off",
                    self.env._("Written off"),
                    one["written_off"],
                    currency=currency.id,
                    better="down",
                    drill=f"all::{currency.id}|written_off",
                    sources=self.env._("Booked write-offs by their accounting date"),
                    caveat=self.env._("A write-off that was reversed since is left out."),
                ),
                documents.figure(
                    "recovered",
                    self.env._("Recovered"),
                    one["recovered"],
                    currency=currency.id,
                    better="up",
                    drill=f"all::{currency.id}|recovered",
                    sources=self.env._("Booked recoveries, also of debts written off before"),
                ),
                documents.figure(
                    "tax",
                    self.env._("Tax taken back"),
                    one["tax"],
                    currency=currency.id,
                    sources=self.env._(
                        "Entries of write-offs, less what is owed again of recoveries"
                    ),
                ),
                documents.figure(
                    "net",
                    self.env._("Net loss"),
                    one["net"],
                    currency=currency.id,
                    better="down",
                    formula=self.env._("Written off - recovered - tax taken back"),
                ),
                documents.figure(
                    "ratio",
                    self.env._("Net loss of what was invoiced"),
                    100 * one["net"] / invoiced if invoiced > 0 else None,
                    "percent",
                    better="down",
                    undefined=self.env._("Nothing was invoiced in the period"),
                    formula=self.env._(
                        "Net loss / invoices - credit notes of the period, with tax"
                    ),
                    caveat=self.env._(
                        "The losses are of older invoices: over short periods it jumps."
                    ),
                ),
            ],
        )

    def _get_chart(self, options, currency):
        found = self._get_sums(
            options,
            SQL("date_trunc('month', event.date)::date"),
            where=SQL("event.currency_id = %s", currency.id),
        )
        rows = sorted(found, key=lambda one: one["key"])
        if len(rows) < 2:
            return None
        return documents.chart(
            f"months_{currency.name}",
            self.env._("By month"),
            "bar",
            [format_date(self.env, one["key"], date_format="MMM yyyy") for one in rows],
            [
                documents.series(
                    self.env._("Written off"), [one["written_off"] for one in rows], tone="bad"
                ),
                documents.series(
                    self.env._("Recovered"), [one["recovered"] for one in rows], tone="good"
                ),
            ],
            currency=currency.id,
        )

    def _get_money_columns(self):
        return [
            documents.column("count", self.env._("Write-offs"), "integer", total=True),
            documents.column("written_off", self.env._("Written off"), "money", total=True),
            documents.column("recovered", self.env._("Recovered"), "money", total=True),
            documents.column("tax", self.env._("Tax taken back"), "money", total=True),
            documents.column("net", self.env._("Net loss"), "money", total=True),
        ]

    def _get_table(self, options):
        group_by = options["group_by"]
        group = self._get_groups()[group_by]
        columns = [
            documents.column("group", group["label"], "record" if group.get("model") else "text"),
            *self._get_money_columns(),
        ]
        found = self._get_sums(options, group["sql"])
        rows = [
            self._make_row(f"{group_by}:{one['key'] or ''}:{one['currency_id']}", one, name)
            for one, name in zip(found, self._get_names(group_by, found), strict=True)
        ]
        return documents.table(
            "groups",
            group["label"],
            columns,
            rows[:ROWS],
            totals=documents.add_up(columns, rows),
            more=max(len(rows) - ROWS, 0),
            empty=self.env._("Nothing was written off or recovered in this period."),
        )

    def _make_row(self, key, one, name, *, expand=True, level=0):
        cells = {column["name"]: one[column["name"]] for column in self._get_money_columns()}
        return documents.row(
            key,
            {"group": name, **cells},
            currency=one["currency_id"],
            level=level,
            expand=key if expand else None,
            drill=key,
            drills={"recovered": f"{key}|recovered"} if one["recovered"] else None,
        )

    def _get_names(self, group_by, rows):
        """Yield what the rows are called: cells of records, or words."""
        model = self._get_groups()[group_by].get("model")
        for one in rows:
            if not model:
                yield self._get_age_words(one["key"])
                continue
            # names only, of what the reader's own amounts belong to
            record = self.env[model].sudo().browse(one["key"] or [])
            yield {
                "model": model if group_by == "partner" and record else None,
                "id": record.id or 0,
                "name": record.display_name or self.env._("None"),
            }

    def _get_age_words(self, first):
        for last in AGES:
            if first <= last:
                return self.env._("%(first)s-%(last)s days late", first=first, last=last)
        return self.env._("Over %(days)s days late", days=AGES[-1])

    # -- the tax view ----------------------------------------------------------------------------

    def _get_tax_table(self, options):
        """Return what was written off by rule, treatment and verdict of the rule's conditions."""
        found = self._get_sums(
            options,
            SQL(
                "coalesce(event.rule_id::text, '') || '/' || event.treatment || '/'"
                " || coalesce(event.verdict, 'unknown')"
            ),
            where=SQL("event.recovery_id IS NULL"),
        )
        off_fields = self.env["collections.write.off"]._fields
        treatments = dict(off_fields["treatment"]._description_selection(self.env))
        verdicts = dict(off_fields["verdict"]._description_selection(self.env))
        rows = []
        for one in found:
            rule_id, treatment, verdict = one["key"].split("/")
            rule = self.env["collections.write.off.rule"].sudo().browse(int(rule_id or 0))
            key = f"tax:{one['key']}:{one['currency_id']}"
            cells = {
                "rule": rule.name or self.env._("No rule"),
                "citation": rule.citation or None,
                "treatment": treatments[treatment],
                "verdict": verdicts[verdict],
                "count": one["count"],
                "written_off": one["written_off"],
                "tax": one["tax"],
            }
            rows.append(documents.row(key, cells, currency=one["currency_id"], drill=key))
        return documents.table(
            "tax",
            self.env._("For taxes"),
            [
                documents.column("rule", self.env._("Rule")),
                documents.column("citation", self.env._("Law")),
                documents.column("treatment", self.env._("Treated as")),
                documents.column("verdict", self.env._("Conditions")),
                documents.column("count", self.env._("Write-offs"), "integer", total=True),
                documents.column("written_off", self.env._("Written off"), "money", total=True),
                documents.column("tax", self.env._("Tax taken back"), "money", total=True),
            ],
            rows,
            note=self.env._(
                "A person says how it is treated; the conditions are checked beside it."
            ),
            empty=self.env._("Nothing was written off in this period."),
        )

    def _get_missing_table(self, options):
        """Return which conditions of the rules are not proved; alternatives count as one."""
        found = self._query(
            SQL(
                """
                WITH off AS (SELECT DISTINCT write_off_id, currency_id, written_off
                               FROM (%s) event WHERE recovery_id IS NULL)
                SELECT proof.name, proof.citation, proof.state, off.currency_id,
                       count(*) AS count, sum(off.written_off) AS amount
                  FROM collections_write_off_check proof
                  JOIN off ON off.write_off_id = proof.write_off_id
                 WHERE proof.state <> 'met'
                   AND NOT EXISTS (
                       SELECT FROM collections_write_off_check other
                        WHERE other.write_off_id = proof.write_off_id AND other.state = 'met'
                          AND other.alternative = proof.alternative AND proof.alternative <> '')
              GROUP BY 1, 2, 3, 4 ORDER BY sum(off.written_off) DESC, 1
                """,
                self._get_events_sql(options),
            )
        )
        states = dict(
            self.env["collections.write.off.check"]
            ._fields["state"]
            ._description_selection(self.env)
        )
        rows = [
            documents.row(
                f"missing-{number}",
                {**one, "state": states[one["state"]]},
                currency=one.pop("currency_id"),
            )
            for number, one in enumerate(found)
        ]
        return documents.table(
            "missing",
            self.env._("What is missing in the evidence"),
            [
                documents.column("name", self.env._("Condition")),
                documents.column("citation", self.env._("Law")),
                documents.column("state", self.env._("It is")),
                documents.column("count", self.env._("Write-offs"), "integer"),
                documents.column("amount", self.env._("Written off"), "money"),
            ],
            rows,
            totals=[],
            note=self.env._("A write-off that lacks two conditions is in both rows."),
            empty=self.env._("Every condition of the rules is proved, or nothing was written off."),
        )

    def _get_definitions(self):
        return [
            documents.definition(
                self.env._("Written off"),
                self.env._("What the entries took from the receivables, in company currency"),
                self.env._("Booked write-offs by their accounting date"),
                self.env._("Approved, not reversed since."),
            ),
            documents.definition(
                self.env._("Net loss"),
                self.env._("Written off - recovered - tax taken back"),
                self.env._("Entries of write-offs and recoveries of the period"),
                self.env._("A recovery counts when it came in, whenever the debt was given up."),
            ),
            documents.definition(
                self.env._("Age"),
                self.env._("Accounting date of the write-off - oldest due date in it"),
                self.env._("Receivables of the write-off"),
            ),
        ]

    # -- behind a row ----------------------------------------------------------------------------

    def _get_key_sql(self, options, key):
        """Return the condition on the events of a row.

        :raise UserError: when it names nothing
        """
        path, _sep, _column = key.partition("|")
        try:
            group_by, value, currency = path.split(":")
            condition = SQL("event.currency_id = %s", int(currency))
            if group_by == "all":
                return condition
            if group_by == "tax":
                rule_id, treatment, verdict = value.split("/")
                return SQL(
                    "%s AND event.rule_id IS NOT DISTINCT FROM %s AND event.treatment = %s"
                    " AND coalesce(event.verdict, 'unknown') = %s",
                    condition,
                    int(rule_id) if rule_id else None,
                    treatment,
                    verdict,
                )
            group = self._get_groups()[group_by]
            number = int(value) if value else None if group.get("model") else 0
        except (KeyError, ValueError):
            raise UserError(self.env._("“%s” is no row of this report.", key[:80])) from None
        return SQL("%s AND %s IS NOT DISTINCT FROM %s", condition, group["sql"], number)

    @api.model
    def _get_rows(self, options, key):
        """Return the write-offs of a row."""
        found = self._get_sums(
            options, SQL("event.write_off_id"), where=self._get_key_sql(options, key)
        )[:ROWS]
        write_offs = self.env["collections.write.off"]
        rows = []
        for one in found:
            record = write_offs.browse(one["key"])
            cell = {"model": record._name, "id": record.id, "name": record.display_name}
            child = f"off-{record.id}"
            rows.append(
                self._make_row(child, one, cell, expand=False, level=1)
                | {"drill": None, "drills": {}}
            )
        return rows

    @api.model
    def _get_drill(self, options, key):
        """Return the list of write-offs, or of recoveries, behind a figure."""
        recoveries = key.endswith("|recovered")
        rows = self._query(
            SQL(
                "SELECT DISTINCT write_off_id, recovery_id FROM (%s) event"
                " WHERE %s AND (recovery_id IS NOT NULL) = %s",
                self._get_events_sql(options),
                self._get_key_sql(options, key),
                recoveries,
            )
        )
        ids = [one["recovery_id" if recoveries else "write_off_id"] for one in rows]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Recoveries") if recoveries else self.env._("Write-offs"),
            "res_model": "collections.recovery" if recoveries else "collections.write.off",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", ids)],
            "context": {"create": False},
        }
