from datetime import timedelta

from odoo import api, models

from ..engine import documents, periods
from .collections_report_base import READERS_OF_TEAMS
from .collections_report_story import FACTS

# What a sheet of paper holds of the report of collectors.
ON_PAPER = (
    "name", "contacts", "promises", "kept_rate", "recovered", "target", "target_share", "paid",
    "expected", "ratio", "lower", "upper",
)  # fmt: skip
DELINQUENCY = (
    "dso_best", "add", "dso_countback", "dso_true", "cure_rate", "relapse_rate", "written_off",
    "bad_debt_ratio",
)  # fmt: skip
PROMISES = (
    "promise_kept_count", "promise_partly_count", "promise_broken_count", "promise_kept_amount",
    "promise_partly_amount", "promise_broken_amount", "dispute_days",
)  # fmt: skip
FIGURES = (*FACTS, *DELINQUENCY, *PROMISES)


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
        recovery, terms = self._get_recovery(options)
        collectors, more_terms = self._get_collectors(options)
        return self._make_monthly(options, recovery, collectors, definitions=[*terms, *more_terms])

    @api.model
    def _get_screen_document(self, options):
        return self._make_monthly(
            options,
            [documents.pending("recovery", self._get_recovery_title())],
            [documents.pending("collectors", self._get_collectors_title())],
        )

    @api.model
    def _get_part(self, options, name):
        get = {"recovery": self._get_recovery, "collectors": self._get_collectors}.get(name)
        return get(options) if get else super()._get_part(options, name)

    def _make_monthly(self, options, recovery, collectors, **values):
        """Return the report, with what other reports lend it."""
        story = self._read_story(options, FIGURES)
        pages = [
            page
            for currency, data in story.items()
            for page in (
                self._get_summary(options, data, currency),
                self._get_aging_page(data, currency),
                self._get_trend_page(data, currency),
            )
        ]
        pages += [
            self._get_promise_page(options, story),
            [*recovery, *collectors],
            self._get_debtor_page(story),
            self._get_coming_page(options, story),
        ]
        sections = [section for page in pages for section in page]
        content = self._make_story_document(options, sections, **values)
        content["page_breaks"] = [page[0]["name"] for page in pages[1:]]
        return content

    @api.model
    def _get_main_title(self):
        return self.env._("The month in figures")

    # -- the pages -------------------------------------------------------------------------------

    def _get_summary(self, options, data, currency):
        sentences = self._get_sentences(options, data, currency)
        titles = {
            "moved": self.env._("What moved"),
            "why": self.env._("What it is made of"),
            "look": self.env._("What to look at"),
        }
        suffix = self._get_suffix(currency)
        return [
            self._make_main_figures(data, currency),
            *(
                documents.text(f"{part}-{currency.id}", title + suffix, sentences[part])
                for part, title in titles.items()
                if sentences[part]
            ),
        ]

    def _get_aging_page(self, data, currency):
        suffix = self._get_suffix(currency)
        return [
            self._make_aging_chart(data, currency, suffix),
            self._make_aging_table(data, currency, suffix),
        ]

    def _get_trend_page(self, data, currency):
        suffix = self._get_suffix(currency)
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
                DELINQUENCY,
            ),
        ]  # fmt: skip

    def _get_promise_page(self, options, story):
        sections = [
            self._make_figures("promises", self._get_promises_title(), data, currency, PROMISES)
            for currency, data in story.items()
        ]
        return [*sections, self._make_disputes_table(options)]

    def _get_promises_title(self):
        return self.env._("Promises and disputes of the month")

    def _get_recovery(self, options):
        """Return what the report of recovery says of channels."""
        chosen, title = self._dump_options(options), self._get_recovery_title()
        return self._borrow("recovery", chosen, ["recovery", "uplift"], title)

    def _get_recovery_title(self):
        return self.env._("Recovery by channel")

    def _get_collectors(self, options):
        """Return what the report of collectors says."""
        chosen, title = self._dump_options(options), self._get_collectors_title()
        return self._borrow("collectors", chosen, ["collectors", "warnings"], title, ON_PAPER)

    def _get_collectors_title(self):
        return self.env._("Collectors")

    def _get_debtor_page(self, story):
        return [
            make(data, currency, self._get_suffix(currency))
            for currency, data in story.items()
            for make in (self._make_top_table, self._make_movers_table)
        ]

    def _get_coming_page(self, options, story):
        return [
            *(
                self._make_coming_chart(options, data, currency, self._get_suffix(currency))
                for currency, data in story.items()
            ),
            self._make_promises_table(options, options["date_to"] + timedelta(days=35)),
        ]
