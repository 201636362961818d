from datetime import timedelta

from odoo import api, models

from ..engine import documents, periods
from .collections_report_base import READERS_OF_TEAMS

# What a sheet of paper holds of the report of collectors.
ON_PAPER = (
    "name", "contacts", "promises", "kept_rate", "recovered", "target", "target_share", "paid",
    "expected", "ratio", "lower", "upper",
)  # fmt: skip


class CollectionsReportMonthly(models.AbstractModel):
    """The report of a month for those who decide: six to eight pages, to print or to send."""

    _name = "collections.report.monthly"
    _description = "Monthly Report"
    _inherit = ["collections.report.story", "collections.report.base"]

    _report_code = "monthly"
    _report_sequence = 90
    _report_groups = READERS_OF_TEAMS

    @api.model
    def _get_title(self):
        return self.env._("Monthly Report")

    @api.model
    def _get_filters(self):
        first, last = periods.get_range("last_month", self._today())
        return [
            self._filter("date_from", self.env._("From"), "date", default=first.isoformat()),
            self._filter("date_to", self.env._("To"), "date", default=last.isoformat()),
            *self._get_case_filters(),
        ]

    @api.model
    def _get_document(self, options):
        story = self._read_story(options, names=None)
        sections, definitions, breaks = [], [], []
        several = len(story) > 1
        for currency, data in story.items():
            suffix = f" ({currency.name})" if several else ""
            first = self._get_summary(options, data, currency, suffix)
            pages = [
                self._get_aging_page(data, currency, suffix),
                self._get_trend_page(data, currency, suffix),
            ]
            if sections:
                breaks.append(first[0]["name"])
            sections += first
            for page in pages:
                breaks.append(page[0]["name"])
                sections += page
        for page, terms in (
            (self._get_promise_page(options, story), []),
            self._get_recovery_page(options),
            (self._get_debtor_page(options, story), []),
            (self._get_coming_page(options, story), []),
        ):
            breaks.append(page[0]["name"])
            sections += page
            definitions += terms
        content = documents.document(
            self._get_title(),
            sections,
            subtitle=f"{self._get_company_words()} · {self._get_period_words(options)}",
            notes=[
                self.env._("Compared with %s.", self._get_period_words(self._get_before(options)))
            ],
            definitions=definitions,
        )
        content["page_breaks"] = breaks
        return content

    @api.model
    def _get_quick_document(self, options):
        return self._make_quick_document(options)

    @api.model
    def _get_main_title(self):
        return self.env._("The month in figures")

    # -- the pages -------------------------------------------------------------------------------

    def _get_summary(self, options, data, currency, suffix):
        sentences = self._get_sentences(options, data, currency)
        titles = {
            "moved": self.env._("What moved"),
            "why": self.env._("What it is made of"),
            "look": self.env._("What to look at"),
        }
        return [
            self._make_main_figures(data, currency, suffix),
            *(
                documents.text(f"{part}-{currency.id}", title + suffix, sentences[part])
                for part, title in titles.items()
                if sentences[part]
            ),
        ]  # fmt: skip

    def _get_aging_page(self, data, currency, suffix):
        return [
            self._make_aging_chart(data, currency, suffix),
            self._make_aging_table(data, currency, suffix),
        ]

    def _get_trend_page(self, data, currency, suffix):
        return [
            self._make_trend(
                "dso", self.env._("DSO by month") + suffix, data, currency,
                [("dso", self.env._("DSO"), "plain"),
                 ("dso_best", self.env._("Best possible"), "quiet")],
                "days",
            ),
            self._make_trend(
                "cei", self.env._("Collection effectiveness by month") + suffix, data, currency,
                [("cei", self.env._("CEI"), "plain"),
                 ("overdue_ratio", self.env._("Overdue of what is owed"), "age_2")],
                "percent",
            ),
            self._make_figures(
                "delinquency", self.env._("How late it is paid") + suffix, data, currency,
                ("dso_best", "add", "dso_countback", "dso_true", "cure_rate", "relapse_rate",
                 "written_off", "bad_debt_ratio"),
            ),
        ]  # fmt: skip

    def _get_promise_page(self, options, story):
        sections = [
            self._make_figures(
                "promises",
                self.env._("Promises and disputes of the month"),
                data,
                currency,
                ("promise_kept_count", "promise_partly_count", "promise_broken_count",
                 "promise_kept_amount", "promise_partly_amount", "promise_broken_amount",
                 "dispute_days"),
            )
            for currency, data in story.items()
        ]  # fmt: skip
        return [*sections, self._make_disputes_table(options)]

    def _get_recovery_page(self, options):
        """Return what other reports say of channels and collectors."""
        chosen = self._dump_options(options)
        recovery, terms = self._borrow(
            "recovery", chosen, ["recovery", "uplift"], self.env._("Recovery by channel")
        )
        collectors, more = self._borrow(
            "collectors", chosen, ["collectors", "warnings"], self.env._("Collectors"), ON_PAPER
        )
        return [*recovery, *collectors], [*terms, *more]

    def _get_debtor_page(self, options, story):
        return [
            make(data, currency, f" ({currency.name})" if len(story) > 1 else "")
            for currency, data in story.items()
            for make in (self._make_top_table, self._make_movers_table)
        ]

    def _get_coming_page(self, options, story):
        return [
            *(
                self._make_coming_chart(
                    options, data, currency, f" ({currency.name})" if len(story) > 1 else ""
                )
                for currency, data in story.items()
            ),
            self._make_promises_table(options, options["date_to"] + timedelta(days=35)),
        ]
