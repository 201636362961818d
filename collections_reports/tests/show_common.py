"""A report for the tests of renderers and schedules: it says what it is told."""

from odoo import models
from odoo.orm.model_classes import add_to_registry

from ..engine import documents


def add_report(test, code, make, title="Test report", groups=None, name=None):
    """Add a report to the registry for the time of a test (or of its class).

    :param test: a test, or its class
    :param make: called with ``(report, options)``; returns its document
    :param str groups: who may read it; everybody who reads reports, if empty
    """
    attributes = {
        "_name": name or f"collections.report.{code}",
        "_inherit": ["collections.report.base"],
        "_description": title,
        "_module": "collections_reports",
        "_register": False,
        "_report_code": code,
        "_get_title": lambda self: title,
        "_get_filters": lambda self: self._get_period_filters() + self._get_case_filters(),
        "_get_document": make,
    }
    if groups:
        attributes["_report_groups"] = groups
    definition = type(models.AbstractModel)("FakeReport", (models.AbstractModel,), attributes)
    registry, model = test.env.registry, attributes["_name"]
    add_to_registry(registry, definition)
    registry._setup_models__(test.env.cr, [model])

    def remove():
        registry["collections.report.base"]._inherit_children.discard(model)
        registry.models.pop(model)
        registry._setup_models__(test.env.cr, [])

    getattr(test, "addClassCleanup" if isinstance(test, type) else "addCleanup")(remove)


def make_everything(report, options):
    """Return a document with a section of every kind and words that must be escaped."""
    euro = report.env.ref("base.EUR")
    company = report.env.company.currency_id
    evil = "Muñoz & Söhne <script>alert(1)</script> “Ltd”"
    columns = [
        documents.column("name", "Debtor"),
        documents.column("not_due", "Not due", "money", total=True, tone="not_due"),
        documents.column("age_1", "1-30", "money", total=True, tone="age_1"),
        documents.column("age_4", "Over 90", "money", total=True, tone="age_4"),
        documents.column("share", "Overdue", "percent"),
        documents.column("day", "Oldest due", "date"),
    ]
    rows = [
        documents.row(
            number,
            {
                "name": evil if number == 1 else f"Debtor {number}",
                "not_due": 1000.5 + number,
                "age_1": -20.25 if number == 3 else 12.5,
                "age_4": None if number == 2 else 7.0,
                "share": 12.345,
                "day": "2026-01-31",
            },
            currency=company.id,
            level=1 if number == 4 else 0,
            muted=number == 5,
        )
        for number in range(1, 61)
    ]
    months = ["Aug", "Sep", "Oct", "Nov"]
    return documents.document(
        "Everything at once",
        [
            documents.text("words", "In words", ["Overdue rose.", evil]),
            documents.figures(
                "main",
                "Main figures",
                [
                    documents.figure(
                        "open", "Open", 1234567.89, currency=company.id, previous=1200000.0,
                        better="down", formula="Sum of open items", sources="Journal items",
                        caveat="Unallocated payments are subtracted.",
                    ),
                    documents.figure("dso", "DSO", 45.3, "days", previous=50, better="down"),
                    documents.figure(
                        "cei", "CEI", None, "percent", undefined="Nothing was sold in this period."
                    ),
                    documents.figure("eur", "In euro", -12.0, currency=euro.id),
                    documents.figure("count", "Debtors", 12, "integer"),
                ],
            ),
            documents.chart(
                "aging", "Aging by month", "stacked", months,
                [
                    documents.series("Not due", [100, 120, 90, 130], tone="not_due"),
                    documents.series("1-30", [40, 50, 45, 20], tone="age_1"),
                    documents.series("Over 90", [10, 0, None, 15], tone="age_4"),
                ],
                currency=company.id,
            ),
            documents.chart(
                "dso_trend", "DSO", "line", months,
                [documents.series("DSO", [50, None, 47, 45.2]),
                 documents.series("Best possible", [40, 41, 39, 38])],
                value_kind="days", line={"label": "Target", "value": 42},
            ),
            documents.chart(
                "channels", "By channel", "bar", ["E-mail", "Phone", evil],
                [documents.series("Recovered", [12000, 54000, -300])], currency=company.id,
            ),
            documents.chart(
                "shares", "Shares", "doughnut", ["E-mail", "Phone"],
                [documents.series("Recovered", [30, 70])], currency=company.id,
            ),
            documents.table("debtors", "Debtors", columns, rows, more=2000),
            documents.table("none", "Disputes", columns, [], empty="No dispute is open."),
        ],
        subtitle=report._get_company_words(),
        notes=["A remark."],
        definitions=[documents.definition("CEI", "Collected / collectable", "Journal items")],
    )  # fmt: skip
