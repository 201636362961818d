from odoo import api, models
from odoo.tools import SQL, date_utils

from ..engine import kpi
from ..engine.rolls import matrix

# Filters that only a case can answer.
CASE_FILTERS = ("team_ids", "user_ids", "segment_ids", "strategy_ids")
# Of the period compared with, it would take a third period to tell it.
UNCOMPARED = ("relapse_rate",)
# Where options keep the debtors that the reader sees, {company id: [partner id]}.
SEEN = "_seen"


class CollectionsKpi(models.AbstractModel):
    """Key figures, for every report that shows some: one place computes them.

    Each source (ledger, promises, contacts) is a file of its own that adds its figures. Amounts are
    in the currency of the companies and never added over currencies; what a reader may not see is
    in none of his figures.
    """

    _name = "collections.kpi"
    _description = "Key Figures of Collections"

    @api.model
    def _get_figures(self, report, options, names=None):
        """Return the figures of a period, ``{currency: {name: engine.kpi.Result}}``.

        Names: ``receivable, overdue, current, credits, sales, collected, written_off, dso,
        dso_best, add, dso_countback, dso_true, cei, overdue_ratio, bad_debt_ratio, cure_rate,
        relapse_rate, target`` (ledger); ``promise_<kept|partly|broken>_<count|amount>,
        dispute_days`` (promises); ``contact_rate, right_party_rate, response_rate,
        automation_ratio, cost_per_contact, cost_per_recovered, first_payment`` (contacts). A
        result has a ``value`` or, where there is none, a ``reason``; its ``parts`` tell what it
        was made of.

        :param report: the report that asks (``collections.report.base``): its reader's rights
        :param dict options: ``date_from`` and ``date_to``, and the filters by case if there are any
        :param names: which figures; None: all
        :return: a key for every currency of the chosen companies
        """
        return {
            currency: found["now"]
            for currency, found in self._get_story(report, options, months=0, names=names).items()
        }

    @api.model
    def _get_series(self, report, options, names, months=12):
        """Return figures month by month, ``{currency: {"days": [date], name: [Result]}}``.

        ``days`` are the last days of the months, the latest being ``options["date_to"]``; each
        figure is of the month until that day.

        :param names: among ``receivable, overdue, current, credits, overdue_ratio, sales,
            collected, dso, dso_best, add, cei, not_due, age_1, age_2, age_3, age_4``
        :param int months: how many
        """
        story = self._get_story(report, options, months=months)
        return {
            currency: {name: found["series"][name] for name in ("days", *names)}
            for currency, found in story.items()
        }

    @api.model
    def _get_story(
        self, report, options, before=None, months=12, *, names=None, rolls=False, parts=None
    ):
        """Return the figures of a period, of the one it is compared with and of the months until
        its end, the ledger being read once for all of them.

        :param before: the options of the period compared with, or None
        :param int months: how many; 0: none
        :param names: which figures of the periods, what only others need is not read; None: all
        :param bool rolls: whether to tell how debts rolled, too
        :param parts: what else is asked of what was open at the end of the periods, as
            :meth:`_read_aged` takes it
        :return: ``{currency: {"now", "before", "series", "rolls", "parts"}}``, figures as
            :meth:`_get_figures` and :meth:`_get_series` tell them (before: without those of
            :data:`UNCOMPARED`), and the ``engine.rolls.matrix``
            between the days of :meth:`_get_roll_days`; what was not asked for is empty
        """
        options = self._read_seen(report, options)
        asked = [options, options | before] if before else [options]
        periods = self._get_months(options["date_to"], months)
        roll_days = self._get_roll_days(options) if rolls else ()
        story = {}
        for currency, companies in report._get_companies_by_currency().items():
            books = self._open_books(
                report, companies, asked, periods, names=names, days=roll_days, parts=parts
            )
            now, *other = (
                {
                    name: figure
                    for name, figure in self._get_currency_figures(
                        report, one, companies, books, names
                    ).items()
                    if self._wants(names, name)
                }
                for one in asked
            )
            compared = dict(*other)
            for name in UNCOMPARED:
                compared.pop(name, None)
            story[currency] = {
                "now": now,
                "before": compared,
                "series": self._get_currency_series(report, options, companies, periods, books),
                "rolls": matrix(books.get_rolled(*roll_days)) if rolls else {},
                "parts": books.parts,
            }
        return story

    @api.model
    def _get_currency_figures(self, report, options, companies, books, names=None):
        """Return ``{name: engine.kpi.Result}`` of companies of one currency; each source adds its
        own.

        :param engine.books.Books books: opened on the period by :meth:`_open_books`
        :param names: of the figures that are asked for; None: all. Others may be left out
        """
        return {}

    @api.model
    def _wants(self, names, *figures):
        """Tell whether some of these figures are asked for; ``names`` None: all are."""
        return names is None or not set(figures).isdisjoint(names)

    @api.model
    def _get_currency_series(self, report, options, companies, periods, books):
        """Return ``{"days": [date], name: [Result]}`` of companies of one currency, for ``[(first,
        last)]``."""
        return {"days": [last for _first, last in periods]}

    @api.model
    def _get_months(self, last, count):
        """Return ``[(first day, last day)]`` of months, the latest ending on a day."""
        periods = []
        for _number in range(count):
            first = date_utils.start_of(last, "month")
            periods.append((first, last))
            last = date_utils.subtract(first, days=1)
        return periods[::-1]

    @api.model
    def _get_roll_days(self, options):
        """Return the last two month-ends on or before the end of the period."""
        last = options["date_to"]
        if last != date_utils.end_of(last, "month"):
            last = date_utils.subtract(date_utils.start_of(last, "month"), days=1)
        return date_utils.subtract(date_utils.start_of(last, "month"), days=1), last

    # -- who may see what ------------------------------------------------------------------------

    @api.model
    def _get_seen_sql(self, report, options, alias):
        """Return ``(join, condition)`` as SQL: the rows of an alias (with ``company_id`` and
        ``partner_id``, a commercial partner) of the debtors that the reader sees and the filters
        choose; the join is to their case as ``kase``.

        Debtors without a case, who never owed when the books were read, are seen by those who see
        every debtor.
        """
        if report._sees_every_case(options):
            return SQL(), SQL("TRUE")
        row = SQL.identifier(alias)
        if SEEN in options:
            return SQL(), self._get_listed_sql(options, row)
        join = SQL(
            "LEFT JOIN collections_case kase ON kase.company_id = %(row)s.company_id"
            " AND kase.partner_id = %(row)s.partner_id AND kase.state <> 'merged'",
            row=row,
        )
        seen = SQL("kase.id IN %s", report._get_case_sql(options))
        if self._sees_all(report, options):
            strangers = SQL("kase.id IS NULL")
            if debtors := options.get("partner_ids"):
                strangers = SQL("kase.id IS NULL AND %s.partner_id = ANY(%s)", row, debtors)
            seen = SQL("(%s OR %s)", seen, strangers)
        return join, seen

    @api.model
    def _get_seen_cases_sql(self, report, options):
        """Return as SQL the condition on a ``kase`` that the reader sees it and the filters choose
        it."""
        if SEEN in options:
            return self._get_listed_sql(options, SQL("kase"))
        return SQL("kase.id IN %s", report._get_case_sql(options))

    def _get_listed_sql(self, options, row):
        """Return the condition that a row is of a debtor whom :meth:`_read_seen` has listed."""
        chosen = [
            SQL("(%s.company_id = %s AND %s.partner_id = ANY(%s))", row, company, row, partners)
            for company, partners in options[SEEN].items()
        ]
        return SQL("(%s)", SQL(" OR ").join(chosen)) if chosen else SQL("FALSE")

    @api.model
    def _read_seen(self, report, options):
        """Return the options with the debtors that the reader sees and the filters choose, for the
        statements that follow, unless he sees all: rules are asked once, and a list of debtors lets
        the database choose its way by their number."""
        if self._sees_all(report, options):
            return options
        rows = report._query(
            SQL(
                "SELECT company_id, array_agg(partner_id) AS partners FROM collections_case kase"
                " WHERE kase.id IN %s GROUP BY company_id",
                report._get_case_sql(options),
            )
        )
        return options | {SEEN: {row["company_id"]: row["partners"] for row in rows}}

    @api.model
    def _sees_all(self, report, options):
        """Tell whether debtors without a case are in the figures."""
        if any(options.get(name) for name in CASE_FILTERS):
            return False
        return report._reads_all()

    @api.model
    def _get_words(self):
        """Return ``{reason: sentence}``: why a figure cannot be computed."""
        words = {
            "no_sales": self.env._("Nothing was sold in the period."),
            "credits": self.env._("The debtors have more credits than debts."),
            "short_history": self.env._("What is owed is older than the sales of three years."),
            "nothing_paid": self.env._("No invoice was paid in the period."),
            "nothing_to_collect": self.env._("There was nothing to collect in the period."),
            "nothing_open": self.env._("Nothing is owed."),
            "nothing_overdue": self.env._("Nobody was overdue when the period began."),
            "nobody_cured": self.env._("Nobody had caught up when the period began."),
            "no_promises": self.env._("No promise was settled in the period."),
            "no_disputes": self.env._("No dispute was closed in the period."),
            "no_contacts": self.env._("Nobody was contacted in the period."),
            "no_calls": self.env._("No call or visit was noted in the period."),
            "no_messages": self.env._("No message reached a debtor in the period."),
            "no_target": self.env._("Nobody has a target in the period."),
            "target_filtered": self.env._(
                "Targets are of teams and collectors: take the other filters away."
            ),
            "nothing_collected": self.env._("No payment came in in the period."),
        }
        return {reason: words[reason] for reason in kpi.REASONS}
