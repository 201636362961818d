from datetime import timedelta

from odoo import api, models

from ..engine import documents
from .collections_report_base import READERS_OF_TEAMS


class CollectionsReportOverview(models.AbstractModel):
    """The page a manager begins with: where we are, what moved, what to look at, who has what."""

    _name = "collections.report.overview"
    _description = "Overview"
    _inherit = ["collections.report.story", "collections.report.base"]

    _report_code = "overview"
    _report_sequence = 1
    _report_groups = READERS_OF_TEAMS

    @api.model
    def _get_title(self):
        return self.env._("Overview")

    @api.model
    def _get_filters(self):
        return [*self._get_period_filters(), *self._get_case_filters()]

    @api.model
    def _get_document(self, options):
        story = self._read_story(options)
        sections = []
        for currency, data in story.items():
            sections += self._get_currency_sections(options, data, currency)
        sections.append(self._make_promises_table(options, options["date_to"] + timedelta(days=7)))
        sections.append(self._make_load_table(options))
        return self._make_story_document(options, sections)

    def _get_currency_sections(self, options, data, currency):
        sentences = self._get_sentences(options, data, currency)
        suffix = self._get_suffix(currency)
        return [
            self._make_main_figures(data, currency),
            documents.text(
                f"look-{currency.id}",
                self.env._("What to look at") + suffix,
                sentences["look"] or [self.env._("Nothing stands out.")],
            ),
            documents.text(
                f"moved-{currency.id}",
                self.env._("What moved") + suffix,
                [*sentences["moved"], *sentences["why"]] or [self.env._("Nothing moved.")],
            ),
            self._make_aging_chart(data, currency, suffix),
            self._make_trend(
                "dso", self.env._("DSO by month") + suffix, data, currency,
                [("dso", self.env._("DSO"), "plain"),
                 ("dso_best", self.env._("Best possible"), "quiet")],
                "days",
            ),
            self._make_movers_table(data, currency, suffix),
        ]  # fmt: skip

    def _make_load_table(self, options):
        """Return what each collector has on his table today; None for who may not read it."""
        board = self.env["collections.board"]
        if not board.has_access("read"):
            return None
        domain = [("company_id", "in", self.env.companies.ids)]
        for name, field in (("team_ids", "team_id"), ("user_ids", "user_id")):
            if options.get(name):
                domain.append((field, "in", options[name]))
        rows = [
            documents.row(
                one.id,
                {
                    "team": one.team_id.display_name or "",
                    "user": one.display_name,
                    "cases": one.case_count,
                    "load": one.load_share or None,
                    "decide": one.decide_count,
                    "overdue": one.amount_overdue,
                    "recovered": one.recovered,
                    "target": one.target_share if one.target_amount else None,
                    "status": one.status or "",
                },
                currency=one.currency_id.id,
                drill=f"load-{one.company_id.id}-{one.team_id.id or 0}-{one.user_id.id or 0}",
            )
            for one in board.search(domain, limit=100)
            if one.case_count or one.user_id
        ]
        return documents.table(
            "load",
            self.env._("Who has what today"),
            [
                documents.column("team", self.env._("Team")),
                documents.column("user", self.env._("Collector")),
                documents.column("cases", self.env._("Cases"), "integer", total=True),
                documents.column("load", self.env._("Load"), "percent"),
                documents.column("decide", self.env._("To decide"), "integer", total=True),
                documents.column("overdue", self.env._("Net overdue"), "money", total=True),
                documents.column("recovered", self.env._("Recovered"), "money", total=True),
                documents.column("target", self.env._("Of the target"), "percent", better="up"),
                documents.column("status", self.env._("Remark")),
            ],
            rows,
            empty=self.env._("No team has cases."),
            note=self.env._(
                "Recovered since the period of the target began, or else this month. Portfolios "
                "differ: compare with the report of collectors."
            ),
        )

    @api.model
    def _get_drill(self, options, key):
        kind, *ids = str(key).split("-")
        if kind == "load" and len(ids) == 3 and all(one.isdigit() for one in ids):
            company, team, user = (int(one) or False for one in ids)
            domain = [
                ("company_id", "=", company), ("team_id", "=", team), ("user_id", "=", user),
                ("state", "=", "open"),
            ]  # fmt: skip
            return self._open_records("collections.case", domain, self.env._("Cases"))
        return super()._get_drill(options, key)
