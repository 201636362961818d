from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date, split_every

from ..engine import aging, documents

ROWS = 200
# So many rows are given their names at once.
NAMED = 1000
TONES = ("age_1", "age_2", "age_3", "age_4")


class CollectionsReportAging(models.AbstractModel):
    """What is owed, by age, as it stood at the end of any day, down to the entries behind it."""

    _name = "collections.report.aging"
    _description = "Aging"
    _inherit = "collections.report.base"

    _report_code = "aging"
    _report_sequence = 10

    @api.model
    def _get_title(self):
        return self.env._("Aging")

    # -- filters ---------------------------------------------------------------------------------

    @api.model
    def _get_filters(self):
        return [
            self._filter("date", self.env._("As of"), "date", default=self._today().isoformat()),
            self._filter(
                "compare",
                self.env._("Compare with"),
                "date",
                help=self.env._("A second day, with the movement."),
            ),
            self._filter(
                "group_by",
                self.env._("By"),
                "choice",
                default="partner",
                choices=[(name, one["label"]) for name, one in self._get_groups().items()],
            ),
            *self._get_case_filters()[:2],
            self._filter(
                "detail",
                self.env._("Every Entry"),
                "boolean",
                help=self.env._(
                    "A second table with each invoice, credit and payment that was open."
                ),
            ),
            self._filter(
                "basis",
                self.env._("Age Since"),
                "choice",
                default="due",
                choices=[("due", self.env._("Due date")), ("invoice", self.env._("Invoice date"))],
                advanced=True,
            ),
            self._filter(
                "buckets",
                self.env._("Last Days of the Buckets"),
                "text",
                default=", ".join(str(end) for end in aging.DEFAULT),
                advanced=True,
            ),
            self._filter(
                "money",
                self.env._("Amounts in"),
                "choice",
                default="company",
                choices=[
                    ("company", self.env._("Company currency")),
                    ("original", self.env._("Currency of the invoice")),
                ],
                advanced=True,
            ),
            self._filter(
                "credits",
                self.env._("Credits and Unallocated Payments"),
                "choice",
                default="column",
                choices=[
                    ("column", self.env._("In a column of their own")),
                    ("netted", self.env._("Within their age")),
                    ("without", self.env._("Left out")),
                ],
                advanced=True,
            ),
            self._filter(
                "disputed",
                self.env._("Disputed"),
                "choice",
                default="with",
                choices=self._get_with_choices(),
                advanced=True,
            ),
            self._filter(
                "promised",
                self.env._("Promised"),
                "choice",
                default="with",
                choices=self._get_with_choices(),
                advanced=True,
            ),
            *self._get_case_filters()[2:],
            self._filter(
                "account_ids",
                self.env._("Receivable Accounts"),
                "records",
                model="account.account",
                advanced=True,
            ),
            self._filter(
                "salesperson_ids",
                self.env._("Salespeople"),
                "records",
                model="res.users",
                advanced=True,
            ),
            self._filter(
                "country_ids",
                self.env._("Countries"),
                "records",
                model="res.country",
                advanced=True,
            ),
            self._filter(
                "currency_ids",
                self.env._("Currencies"),
                "records",
                model="res.currency",
                advanced=True,
            ),
            self._filter(
                "limit", self.env._("Rows on the Screen"), "integer", default=ROWS, advanced=True
            ),
        ]

    def _get_with_choices(self):
        return [
            ("with", self.env._("Included")),
            ("without", self.env._("Left out")),
            ("only", self.env._("Only these")),
        ]

    @api.model
    def _get_groups(self):
        """Extension point: ``{name: {"label", "sql", "model"}}`` of what a row can stand for.

        ``sql`` is an expression over ``item`` (with the columns of the case), ``partner`` and
        ``move``; without a ``model`` it is a text, told as it is or by ``words``.
        """
        return {
            "partner": {
                "label": self.env._("Debtor"),
                "sql": SQL("item.partner_id"),
                "model": "res.partner",
            },
            "user": {
                "label": self.env._("Collector"),
                "sql": SQL("item.user_id"),
                "model": "res.users",
            },
            "team": {
                "label": self.env._("Team"),
                "sql": SQL("item.team_id"),
                "model": "collections.team",
            },
            "segment": {
                "label": self.env._("Segment"),
                "sql": SQL("item.segment_id"),
                "model": "collections.segment",
            },
            "strategy": {
                "label": self.env._("Strategy"),
                "sql": SQL("item.strategy_id"),
                "model": "collections.strategy",
            },
            "salesperson": {
                "label": self.env._("Salesperson"),
                "sql": SQL("move.invoice_user_id"),
                "model": "res.users",
            },
            "country": {
                "label": self.env._("Country"),
                "sql": SQL("partner.country_id"),
                "model": "res.country",
            },
            "state": {
                "label": self.env._("Region"),
                "sql": SQL("partner.state_id"),
                "model": "res.country.state",
            },
            "city": {"label": self.env._("City"), "sql": SQL("nullif(trim(partner.city), '')")},
            "currency": {
                "label": self.env._("Currency of the Invoice"),
                "sql": SQL("item.currency_id"),
                "model": "res.currency",
            },
            "account": {
                "label": self.env._("Receivable Account"),
                "sql": SQL("item.account_id"),
                "model": "account.account",
            },
            "company": {
                "label": self.env._("Company"),
                "sql": SQL("item.company_id"),
                "model": "res.company",
            },
            "age": {"label": self.env._("Age"), "sql": SQL("item.bucket")},
        }

    @api.model
    def _read_options(self, raw):
        options = super()._read_options(raw)
        options["date"] = options["date"] or self._today()
        if options["compare"] == options["date"]:
            options["compare"] = None
        options["limit"] = min(max(options["limit"] or ROWS, 1), 5000)
        self._get_buckets(options)
        return options

    @api.model
    def _get_buckets(self, options):
        """Return the buckets that the options ask for.

        :raise UserError: saying what is wrong with them
        """
        sentences = {
            "none": self.env._("Say where the buckets end, as in “30, 60, 90”."),
            "not_number": self.env._("Buckets: “%s” is no number of days."),
            "not_positive": self.env._("Buckets: “%s” is not above zero."),
            "too_long": self.env._("Buckets: “%s” days are more than a hundred years."),
            "not_rising": self.env._(
                "Buckets: “%s” comes after a later day, so two buckets would overlap."
            ),
            "too_many": self.env._("Buckets: %s are too many to read; twelve at most."),
        }
        try:
            ends = aging.read_ends(options["buckets"] or "")
        except aging.BucketError as error:
            sentence = sentences[error.code]
            raise UserError(sentence % error.value if "%s" in sentence else sentence) from None
        return aging.make_buckets(ends, options["basis"])

    def _get_bucket_words(self, bucket):
        if bucket.name == "not_due":
            return self.env._("Not due")
        if bucket.last is None:
            return self.env._("Over %s days", bucket.first - 1)
        return self.env._("%(first)s-%(last)s days", first=bucket.first or 0, last=bucket.last)

    # -- the document ----------------------------------------------------------------------------

    @api.model
    def _get_document(self, options):
        buckets = self._get_buckets(options)
        columns = self._get_columns(options, buckets)
        [found, totals] = self._get_sums(options, buckets, options["group_by"], options["limit"])
        rows = [self._make_row(options, columns, one) for one in self._put_names(options, found)]
        total_rows = [
            documents.row(f"total-{one['money_id']}", self._get_cells(columns, one),
                          currency=one["money_id"])
            for one in totals
        ]  # fmt: skip
        count = sum(one["row_count"] for one in totals)
        table = documents.table(
            "groups",
            self._get_groups()[options["group_by"]]["label"],
            columns,
            rows,
            totals=total_rows,
            more=count - len(rows),
            empty=self.env._("Nothing was open on this day with these filters."),
        )
        return documents.document(
            self._get_title(),
            [
                *self._get_total_sections(options, buckets, totals),
                table,
                self._get_entry_section(options, buckets) if options["detail"] else None,
            ],
            subtitle=self._get_subtitle(options),
            notes=self._get_notes(options),
            definitions=self._get_definitions(options),
        )

    def _get_subtitle(self, options):
        day = format_date(self.env, options["date"])
        companies = self._get_company_words()
        if options["compare"]:
            return self.env._(
                "%(companies)s, as of %(day)s, compared with %(other)s",
                companies=companies,
                day=day,
                other=format_date(self.env, options["compare"]),
            )
        return self.env._("%(companies)s, as of %(day)s", companies=companies, day=day)

    @api.model
    def _get_columns(self, options, buckets, first=None):
        """Return the columns of the table of groups, with ``first`` ones instead of the group's
        own."""
        group = self._get_groups()[options["group_by"]]
        tones = self._get_tones(buckets)
        money = [
            documents.column(one.name, self._get_bucket_words(one), "money", total=True, tone=tone)
            for one, tone in zip(buckets, tones, strict=True)
        ]
        if options["credits"] == "column":
            money.append(documents.column("credit", self.env._("Credits"), "money", total=True))
        names = [one["name"] for one in money]
        columns = first or [
            documents.column("group", group["label"], "record" if group.get("model") else "text"),
            documents.column("items", self.env._("Items"), "integer", total=True),
        ]
        columns = [*columns, *money]
        # an entry has one age: its total is that amount, and no sum worth a formula
        sums = () if first else names
        columns.append(
            documents.column("total", self.env._("Total"), "money", total=True, sums=sums)
        )
        late = [one.name for one in buckets if one.name != "not_due"]
        if options["basis"] == "due" and not first:
            columns.append(
                documents.column("overdue", self.env._("Overdue"), "money", total=True, sums=late)
            )
        if options["compare"] and not first:
            columns.append(
                documents.column(
                    "before", format_date(self.env, options["compare"]), "money", total=True
                )
            )
            columns.append(
                documents.column(
                    "movement", self.env._("Movement"), "money", total=True, better="down"
                )
            )
        return columns

    def _put_names(self, options, rows, group_by=None):
        """Yield the rows with the ``name`` of what they stand for."""
        group_by = group_by or options["group_by"]
        model = self._get_groups()[group_by].get("model")
        buckets = self._get_buckets(options)
        for some in split_every(NAMED, rows, list):
            names = self._read_names(model, some) if model else {}
            for one in some:
                if model:
                    one["name"] = names.get(int(one["key"] or 0)) or self._get_nobody(group_by)
                elif group_by == "age":
                    number = int(one["key"])
                    one["name"] = (
                        self.env._("Credits")
                        if number < 0
                        else self._get_bucket_words(buckets[number])
                    )
                else:
                    one["name"] = one["key"] or self._get_nobody(group_by)
                yield one

    def _read_names(self, model, rows):
        """Return ``{id: name}`` of what rows stand for: names only, of what the reader's own
        amounts belong to. They are forgotten again, a workbook has tens of thousands."""
        ids = {int(one["key"]) for one in rows if one["key"]}
        records = self.env[model].sudo().browse(ids)
        names = {record.id: record.display_name for record in records}
        records.invalidate_recordset()
        return names

    def _get_nobody(self, group_by):
        return self.env._("None") if group_by != "partner" else self.env._("Without a debtor")

    @api.model
    def _get_cells(self, columns, one):
        """Return the cells of a row of sums; what is derived is derived here."""
        cells = {column["name"]: one.get(column["name"]) for column in columns}
        if "overdue" in cells:
            [overdue] = [column for column in columns if column["name"] == "overdue"]
            cells["overdue"] = round(sum(one[name] for name in overdue["sums"]), 10)
        if "movement" in cells:
            cells["movement"] = round(one["total"] - one["before"], 10)
        return cells

    def _make_row(self, options, columns, one, group_by=None, path=""):
        group_by = group_by or options["group_by"]
        key = f"{path}{group_by}:{one['key'] or ''}:{one['money_id']}"
        cells = self._get_cells(columns, one)
        model = self._get_groups()[group_by].get("model")
        cells["group"] = one["name"]
        if model:
            cells["group"] = {
                "model": model if group_by == "partner" else None,
                "id": int(one["key"] or 0),
                "name": one["name"],
            }
        return documents.row(
            key,
            cells,
            currency=one["money_id"],
            expand=key,
            drill=key,
            drills={
                column["name"]: f"{key}|{column['name']}"
                for column in columns
                if column["kind"] == "money"
                and column["name"] not in ("before", "movement", "total", "overdue")
                and cells.get(column["name"])
            },
        )

    # -- figures and chart -----------------------------------------------------------------------

    def _get_total_sections(self, options, buckets, totals):
        """Return figures and a chart for each currency."""
        sections = []
        for one in totals[:3]:
            currency = self.env["res.currency"].browse(one["money_id"])
            title = currency.name if len(totals) > 1 else None
            sections.append(
                documents.figures(
                    f"totals_{currency.name}", title, self._get_figures(options, buckets, one)
                )
            )
            sections.append(self._get_chart(options, buckets, one, currency))
        return sections

    def _get_figures(self, options, buckets, one):
        late = sum(one[bucket.name] for bucket in buckets if bucket.name != "not_due")
        currency = one["money_id"]
        previous = one["before"] if options["compare"] else None
        found = [
            documents.figure(
                "total",
                self.env._("Total owed"),
                one["total"],
                currency=currency,
                previous=previous,
                better="down",
                formula=self.env._("What was open at the end of the day, credits subtracted"),
                sources=self.env._("Receivable entries and their reconciliations up to the day"),
            )
        ]
        if options["basis"] == "due":
            found.append(
                documents.figure(
                    "overdue",
                    self.env._("Overdue"),
                    round(late, 10),
                    currency=currency,
                    better="down",
                    formula=self.env._("Entries whose due date had passed"),
                )
            )
            owed = round(one["total"] - one["credit"], 10)
            found.append(
                documents.figure(
                    "overdue_share",
                    self.env._("Overdue of what is owed"),
                    100 * late / owed if owed > 0 else None,
                    "percent",
                    better="down",
                    undefined=self.env._("Nothing is owed"),
                    formula=self.env._("Overdue / total before credits"),
                )
            )
        if options["credits"] == "column":
            found.append(
                documents.figure(
                    "credit",
                    self.env._("Credits to apply"),
                    one["credit"],
                    currency=currency,
                    formula=self.env._("Credit notes and payments that pay no invoice yet"),
                )
            )
        found.append(documents.figure("items", self.env._("Open items"), one["items"], "integer"))
        return found

    def _get_chart(self, options, buckets, one, currency):
        values = [one[bucket.name] for bucket in buckets]
        tones = self._get_tones(buckets)
        labels = [self._get_bucket_words(bucket) for bucket in buckets]
        chart = documents.chart(
            f"ages_{currency.name}",
            self.env._("By age"),
            "bar",
            labels,
            [documents.series(format_date(self.env, options["date"]), values)],
            currency=currency.id,
            drills=[f"age:{number}:{currency.id}" for number in range(len(buckets))],
        )
        chart["tones"] = tones
        return chart

    def _get_tones(self, buckets):
        """Return the colour name of each bucket: grey, then amber to red."""
        late = [bucket for bucket in buckets if bucket.name != "not_due"]
        tones = ["not_due"] * (len(buckets) - len(late))
        steps = max(len(late) - 1, 1)
        return tones + [
            TONES[round(number * (len(TONES) - 1) / steps)] for number in range(len(late))
        ]

    def _get_definitions(self, options):
        return [
            documents.definition(
                self.env._("Open as of a day"),
                self.env._("Amount of the entry minus what was reconciled with it up to that day"),
                self.env._(
                    "Posted entries of receivable accounts dated up to the day;"
                    " reconciliations by the later date of both sides"
                ),
                self.env._(
                    "A due date changed since is used as it is now. A reconciliation undone since"
                    " counts as never made."
                ),
            ),
            documents.definition(
                self.env._("Age"),
                self.env._("Day minus due date")
                if options["basis"] == "due"
                else self.env._("Day minus date of the document"),
                self.env._("Due date of the instalment, or else the date of its document"),
            ),
            documents.definition(
                self.env._("Credits"),
                self.env._("Credit notes, overpayments and payments that pay no invoice yet"),
                self.env._("Receivable entries below zero"),
                self.env._("In a column of their own they lower the total, and no age."),
            ),
            documents.definition(
                self.env._("Collector, team, segment, strategy"),
                self.env._("Those that the case of the debtor has today"),
                self.env._("Cases"),
                self.env._("Also for a day in the past."),
            ),
        ]
