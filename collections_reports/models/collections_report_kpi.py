from odoo import api, models
from odoo.tools import format_date

from ..engine import documents, kpi
from ..engine.books import NAMES

SECTIONS = {
    "collection": (
        "sales", "collected", "target", "dso", "dso_best", "add", "dso_countback", "dso_true",
        "cei",
    ),
    "delinquency": (
        "receivable", "overdue", "credits", "overdue_ratio", "cure_rate", "relapse_rate",
        "written_off", "bad_debt_ratio",
    ),
    "promises": (
        "promise_kept_count", "promise_partly_count", "promise_broken_count",
        "promise_kept_amount", "promise_partly_amount", "promise_broken_amount", "dispute_days",
    ),
    "contacts": (
        "contact_rate", "right_party_rate", "response_rate", "automation_ratio", "first_payment",
    ),
    "cost": ("cost_per_contact", "cost_per_recovered"),
}  # fmt: skip
MONTHS = 12
DIGITS = {"days": 1, "percent": 1}


class CollectionsReportKpi(models.AbstractModel):
    """Key figures of a period: how well receivables are collected, each with its formula."""

    _name = "collections.report.kpi"
    _inherit = "collections.report.base"
    _description = "Key Figures Report"

    _report_code = "kpi"
    _report_sequence = 20

    @api.model
    def _get_title(self):
        return self.env._("Key Figures")

    @api.model
    def _get_filters(self):
        return [
            *self._get_period_filters(),
            self._filter(
                "compare", self.env._("Compared with"), "choice", default="previous",
                choices=[
                    ("previous", self.env._("The period before")),
                    ("year", self.env._("The same period last year")),
                    ("none", self.env._("Nothing")),
                ],
            ),
            *self._get_case_filters(),
        ]  # fmt: skip

    @api.model
    def _get_document(self, options):
        before = self._get_compared(options)
        story = self.env["collections.kpi"]._get_story(self, options, before, MONTHS, rolls=True)
        words = self._get_words()
        return documents.document(
            self._get_title(),
            [
                section
                for currency, found in story.items()
                for section in (
                    *self._get_figure_sections(words, currency, found["now"], found["before"]),
                    *self._get_month_sections(options, currency, found),
                )
            ],
            subtitle=self._get_subtitle(options, before),
            notes=self._get_notes(story),
            definitions=[
                documents.definition(word["label"], word["formula"], word["sources"],
                                     word["caveat"])
                for word in words.values()
            ],
        )  # fmt: skip

    @api.model
    def _get_compared(self, options):
        """Return the options of the period compared with, or None."""
        shift = {"previous": kpi.previous_period, "year": kpi.last_year}.get(options["compare"])
        if not shift:
            return None
        first, last = shift(options["date_from"], options["date_to"])
        return options | {"date_from": first, "date_to": last}

    @api.model
    def _get_subtitle(self, options, before):
        words = f"{self._get_company_words()} · {self._get_period_words(options)}"
        if not before:
            return words
        return self.env._(
            "%(period)s · compared with %(other)s",
            period=words,
            other=self._get_period_words(before),
        )

    @api.model
    def _get_notes(self, currencies):
        notes = []
        if len(currencies) > 1:
            notes.append(
                self.env._("Companies with different currencies are shown one after the other.")
            )
        if not self.env["collections.fact.rebuild"]._get_complete_day(self.env.companies):
            notes.append(
                self.env._(
                    "The history of the months is read from the ledger until it has been rebuilt:"
                    " this page is slower for it."
                )
            )
        return notes

    # -- sections --------------------------------------------------------------------------------

    @api.model
    def _get_section_titles(self):
        return {
            "collection": self.env._("Collection"),
            "delinquency": self.env._("Delinquency"),
            "promises": self.env._("Promises and disputes"),
            "contacts": self.env._("Contacts"),
            "cost": self.env._("Cost"),
        }

    @api.model
    def _get_figure_sections(self, words, currency, figures, previous):
        titles, suffix = self._get_section_titles(), self._get_suffix(currency)
        return [
            documents.figures(
                f"{section}-{currency.id}",
                titles[section] + suffix,
                [
                    self._get_figure(name, words[name], currency, figures[name], previous.get(name))
                    for name in names
                ],
            )
            for section, names in SECTIONS.items()
        ]

    @api.model
    def _get_figure(self, name, word, currency, result, before):
        reasons = self.env["collections.kpi"]._get_words()
        caveat = word["caveat"]
        if name == "first_payment" and result.value is not None:
            quarter = self.env._(
                "A quarter paid within %(first)s days, three quarters within %(third)s.",
                first=round(result.parts["first"], 1),
                third=round(result.parts["third"], 1),
            )
            caveat = f"{quarter} {caveat}"
        return documents.figure(
            name,
            word["label"],
            self._round(result.value, word["kind"], currency),
            word["kind"],
            currency=currency.id,
            previous=self._round(before.value, word["kind"], currency) if before else None,
            better=word["better"],
            formula=word["formula"],
            sources=word["sources"],
            caveat=caveat,
            undefined=reasons.get(result.reason),
            drill=f"{name}-{currency.id}",
        )

    @api.model
    def _round(self, value, kind, currency):
        if value is None:
            return None
        if kind == "money":
            return currency.round(float(value))
        return round(float(value), DIGITS[kind])

    @api.model
    def _get_month_sections(self, options, currency, found):
        """Return the charts of the months and how debts rolled from one to the next."""
        suffix = self._get_suffix(currency)
        rolls = self._get_roll_table(options, currency, found["rolls"], suffix)
        return [
            *self._get_charts(currency, found["series"], suffix),
            self._get_roll_chart(rolls, currency, suffix),
            rolls,
        ]

    @api.model
    def _get_charts(self, currency, series, suffix):
        labels = [format_date(self.env, day, date_format="MMM yy") for day in series["days"]]
        ages = self.env["collections.statement"]._get_age_words()

        def values(name, kind):
            return [self._round(one.value, kind, currency) for one in series[name]]

        return [
            documents.chart(
                f"dso-{currency.id}", self.env._("Days sales outstanding by month") + suffix,
                "line", labels,
                [
                    documents.series(self.env._("DSO"), values("dso", "days"), tone="plain"),
                    documents.series(self.env._("Best possible"), values("dso_best", "days"),
                                     tone="quiet"),
                ],
                value_kind="days",
                note=self.env._("A gap is a month without sales."),
            ),
            documents.chart(
                f"cei-{currency.id}", self.env._("Collection effectiveness by month") + suffix,
                "line", labels,
                [documents.series(self.env._("CEI"), values("cei", "percent"), tone="good")],
                value_kind="percent",
            ),
            documents.chart(
                f"ages-{currency.id}", self.env._("What was owed at each month-end, by age")
                + suffix, "stacked", labels,
                [
                    documents.series(label, values(tone, "money"), tone=tone)
                    for tone, label in zip(NAMES.values(), ages, strict=True)
                ],
                currency=currency.id,
                note=self.env._("Before credits. The last column is the last day of the period."),
            ),
        ]  # fmt: skip

    @api.model
    def _get_roll_chart(self, table, currency, suffix):
        """Return the table of rolls as a chart, or None when it is empty: the shares of each age
        that were paid, or went into each age."""
        if not table["rows"]:
            return None
        cells = [row["cells"] for row in table["rows"]]
        labels = {column["name"]: column["label"] for column in table["columns"]}
        tones = {"settled": "good"} | {f"to_{age}": tone for age, tone in enumerate(NAMES.values())}
        return documents.chart(
            f"rolled-{currency.id}",
            self.env._("What became of each age") + suffix,
            "stacked",
            [one["age"] for one in cells],
            [
                # what grew, as by a payment taken back, settles nothing
                documents.series(labels[name], [max(one[name], 0) for one in cells], tone=tone)
                for name, tone in tones.items()
            ],
            value_kind="percent",
            note=table["note"],
            drills=[row["drill"] for row in table["rows"]],
        )

    @api.model
    def _get_roll_table(self, options, currency, matrix, suffix):
        """Return the table of where the money of each age went from one month-end to the next."""
        first, last = self.env["collections.kpi"]._get_roll_days(options)
        ages = self.env["collections.statement"]._get_age_words()
        columns = [
            documents.column("age", self.env._("Age before")),
            documents.column("open", self.env._("Open before"), "money", total=True),
            documents.column("settled", self.env._("Paid or credited"), "percent", better="up"),
            *(documents.column(f"to_{age}", ages[age], "percent") for age in range(len(ages))),
            documents.column(
                "rolled", self.env._("Got worse"), "percent", better="down",
                help=self.env._("Rolled into a worse age; over 90 days: stayed there."),
            ),
        ]  # fmt: skip
        rows = [
            documents.row(
                f"{currency.id}-{age}",
                {
                    "age": ages[age],
                    "open": currency.round(float(one["open"])),
                    "settled": round(float(one["settled"]), 1),
                    "rolled": round(float(one["rolled"]), 1),
                    **{f"to_{to}": round(float(share), 1) for to, share in one["to"].items()},
                },
                currency=currency.id,
                drill=f"roll-{currency.id}-{age}",
            )
            for age, one in matrix.items()
        ]
        return documents.table(
            f"rolls-{currency.id}",
            self.env._("Roll rates: where the money of each age went") + suffix,
            columns,
            rows,
            note=self.env._(
                "From %(first)s to %(last)s, in percent of what was open before.",
                first=format_date(self.env, first),
                last=format_date(self.env, last),
            ),
            empty=self.env._("Nothing was open on %s.", format_date(self.env, first)),
        )
