from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, date_utils, format_date

from ..engine import documents

# Groups, comma separated. Those who see every debtor; those who see what a team does; all readers.
READERS_OF_ALL = (
    "collections_management.collections_management_group_manager,"
    "collections_management.collections_management_group_auditor,"
    "account.group_account_readonly,account.group_account_invoice"
)
READERS_OF_TEAMS = (
    f"collections_management.collections_management_group_supervisor,{READERS_OF_ALL}"
)
READERS = f"collections_management.collections_management_group_collector,{READERS_OF_ALL}"
# Days that a filter takes: there is room for the periods before and after.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


class CollectionsReportBase(models.AbstractModel):
    """What every report inherits: its filters, its document, what is behind a figure.

    A report is an abstract model that inherits this one, with a ``_report_code``. It reads with
    the rights of its reader and no others: a statement begins from :meth:`_get_case_sql`,
    :meth:`_get_visible_sql` or ``collections.ledger._search_items``, which carry his record rules.
    """

    _name = "collections.report.base"
    _description = "Report of Collections"

    _report_code = None
    _report_sequence = 100
    # Each report may be for fewer people than the others.
    _report_groups = READERS

    # -- what a report defines -------------------------------------------------------------------

    @api.model
    def _get_title(self):
        """Return the name of the report, as on its menu."""
        raise NotImplementedError

    @api.model
    def _get_filters(self):
        """Return the filters, in their order, as dicts made by :meth:`_filter`."""
        return []

    @api.model
    def _get_document(self, options):
        """Return the report as ``engine.documents.document``.

        :param dict options: as :meth:`_read_options` returns them
        """
        raise NotImplementedError

    @api.model
    def _get_screen_document(self, options):
        """Return the document for a screen. It may leave places (``engine.documents.pending``) for
        parts that take longer: the screen asks for them once it shows the rest."""
        return self._get_document(options)

    @api.model
    def _get_part(self, options, name):
        """Return ``(sections, definitions)`` of a part that the document for the screen names."""
        raise UserError(self.env._("The report “%s” has no such part.", self._get_title()))

    @api.model
    def _get_checks(self, options):
        """Return sentences that hold the report against the books; told after the page is there,
        and in every file."""
        return []

    @api.model
    def _get_rows(self, options, key):
        """Return the rows under a row of a table, asked with its ``expand``."""
        raise UserError(self.env._("There is nothing under this row."))

    @api.model
    def _get_drill(self, options, key):
        """Return the action that shows the records behind a figure, asked with its ``drill``."""
        raise UserError(self.env._("There is nothing to open behind this figure."))

    @api.model
    def _iter_rows(self, options, section):
        """Yield the rows of a table for a workbook, which may hold more than a screen.

        :param dict section: the table of the document
        """
        yield from section["rows"]

    # -- filters ---------------------------------------------------------------------------------

    @api.model
    def _filter(self, name, label, kind, *, default=None, choices=(), model=None, help=None,  # noqa: A002
                advanced=False):  # fmt: skip
        """Return one filter.

        :param str kind: ``date``, ``choice``, ``boolean``, ``integer``, ``records`` or ``text``
        :param choices: ``[(value, label)]`` of a choice
        :param str model: of records
        :param advanced: shown only when asked for
        """
        return {"name": name, "label": label, "kind": kind, "default": default,
                "choices": [list(choice) for choice in choices], "model": model, "help": help,
                "advanced": advanced}  # fmt: skip

    @api.model
    def _get_case_filters(self):
        """Return the filters by what a case belongs to, which most reports offer."""
        return [
            self._filter("team_ids", self.env._("Teams"), "records", model="collections.team"),
            self._filter("user_ids", self.env._("Collectors"), "records", model="res.users"),
            self._filter("segment_ids", self.env._("Segments"), "records",
                         model="collections.segment", advanced=True),
            self._filter("strategy_ids", self.env._("Strategies"), "records",
                         model="collections.strategy", advanced=True),
            self._filter("partner_ids", self.env._("Debtors"), "records", model="res.partner",
                         advanced=True),
        ]  # fmt: skip

    @api.model
    def _get_period_filters(self):
        """Return the filters of a period: this month unless told otherwise."""
        today = self._today()
        return [
            self._filter("date_from", self.env._("From"), "date",
                         default=date_utils.start_of(today, "month").isoformat()),
            self._filter("date_to", self.env._("To"), "date", default=today.isoformat()),
        ]  # fmt: skip

    @api.model
    def _today(self):
        """Return the day it is where the current company is."""
        return self.env["collections.ledger"]._today(self.env.company)

    @api.model
    def _read_options(self, raw):
        """Return the options of a report from what a screen or an address says.

        Dates become ``date``, records lists of ids that the reader may read; what is missing takes
        its default.

        :raise UserError: naming the filter that cannot be read
        """
        raw = raw or {}
        if not isinstance(raw, dict):
            raise UserError(self.env._("The filters of the report cannot be read."))
        options = {}
        for one in self._get_filters():
            value = raw.get(one["name"], one["default"])
            try:
                options[one["name"]] = self._read_option(one, value)
            except (TypeError, ValueError):
                raise UserError(
                    self.env._(
                        "%(filter)s: “%(value)s” cannot be read.",
                        filter=one["label"],
                        value=str(value)[:50],
                    )
                ) from None
        first, last = options.get("date_from"), options.get("date_to")
        if first and last and first > last:
            raise UserError(self.env._("The period ends before it begins."))
        return options

    def _read_option(self, one, value):
        kind = one["kind"]
        if kind == "records":
            ids = [int(item) for item in value or []]
            return self.env[one["model"]].search([("id", "in", ids)]).ids if ids else []
        if value in (None, "", False):
            return False if kind == "boolean" else None
        if kind == "date":
            day = value if isinstance(value, date) else date.fromisoformat(value)
            if not FIRST_DAY <= day <= LAST_DAY:
                raise ValueError(value)
            return day
        if kind == "integer":
            return int(value)
        if kind == "boolean":
            return bool(value)
        if kind == "choice" and value not in [choice[0] for choice in one["choices"]]:
            raise ValueError(value)
        return str(value)

    @api.model
    def _dump_options(self, options):
        """Return options as JSON values, as an address or a scheduled mail keeps them."""
        return {
            name: fields.Date.to_string(value) if isinstance(value, date) else value
            for name, value in options.items()
        }

    # -- who may see what ------------------------------------------------------------------------

    @api.model
    def _check_reader(self):
        """Refuse who has no right to this report.

        :raise AccessError: told with the name of the report
        """
        if not self._may_read():
            raise AccessError(self.env._("You may not read the report “%s”.", self._get_title()))

    @api.model
    def _may_read(self):
        """Tell whether the report is for the reader at all; what he sees in it, his rules say."""
        return self.env.su or self.env.user.has_groups(self._report_groups)

    @api.model
    def _get_case_domain(self, options):
        """Extension point: the cases that the filters choose, as a domain."""
        domain = [("company_id", "in", self.env.companies.ids), ("state", "!=", "merged")]
        for name, field in (
            ("team_ids", "team_id"),
            ("user_ids", "user_id"),
            ("segment_ids", "segment_id"),
            ("strategy_ids", "strategy_id"),
            ("partner_ids", "partner_id.commercial_partner_id"),
        ):
            if options.get(name):
                domain.append((field, "in", options[name]))
        return domain

    @api.model
    def _get_visible_sql(self, model, domain=()):
        """Return as SQL the ids of the records of a model that the reader sees, archived included.

        ``id IN (…)``: record rules and company rules are inside.
        """
        records = self.env[model].with_context(active_test=False)
        records.check_access("read")
        return records._search(list(domain)).subselect()

    @api.model
    def _get_case_sql(self, options):
        """Return as SQL the ids of the cases that the reader sees and the filters choose."""
        return self._get_visible_sql("collections.case", self._get_case_domain(options))

    @api.model
    def _reads_all(self):
        """Tell whether the reader's groups let him see every debtor."""
        return self.env.su or self.env.user.has_groups(READERS_OF_ALL)

    @api.model
    def _sees_every_case(self, options):
        """Tell whether the reader sees every case of the chosen companies, as the filters choose
        them: a statement need not ask who sees what, then."""
        cases = self.env["collections.case"]
        cases.check_access("read")
        if not self._reads_all():
            return False
        rules = Domain.TRUE
        if not self.env.su:
            rules = Domain(self.env["ir.rule"]._compute_domain(cases._name, "read"))
        companies = set(self.env.companies.ids)

        def drop(condition):
            if condition.field_expr == "company_id" and condition.operator == "in":
                return Domain(companies <= set(condition.value))
            is_state = (condition.field_expr, condition.operator) == ("state", "!=")
            return Domain.TRUE if is_state and condition.value == "merged" else condition

        chosen = Domain(self._get_case_domain(options)) & rules
        return chosen.map_conditions(drop).optimize(cases).is_true()

    # -- words and money -------------------------------------------------------------------------

    @api.model
    def _get_company_words(self):
        """Return the companies a report is about, in words."""
        return ", ".join(self.env.companies.mapped("name"))

    @api.model
    def _get_period_words(self, options):
        return self.env._(
            "%(first)s to %(last)s",
            first=format_date(self.env, options["date_from"]),
            last=format_date(self.env, options["date_to"]),
        )

    @api.model
    def _get_companies_by_currency(self):
        """Return ``{currency: companies}`` of the chosen companies: their money is never added."""
        return self.env.companies.grouped("currency_id")

    @api.model
    def _get_suffix(self, currency):
        """Return what follows a title where there is one section for each of several currencies."""
        return f" ({currency.name})" if len(self._get_companies_by_currency()) > 1 else ""

    @api.model
    def _query(self, query):
        """Return the rows of a statement as dicts, what the ORM holds back written before."""
        self.env.flush_all()
        return self.env.execute_query_dict(query)

    @api.model
    def _iter_query(self, query, size=2000):
        """Yield the rows of a statement as dicts, some at a time, through a cursor of the database
        server: memory does not grow with their number."""
        self.env.flush_all()
        name = SQL.identifier(f"collections_report_{id(query)}")
        # all rows will be read: without this the database plans for the first tenth of them
        self.env.cr.execute(SQL("SET LOCAL cursor_tuple_fraction = 1"))
        self.env.cr.execute(SQL("DECLARE %s NO SCROLL CURSOR FOR %s", name, query))
        try:
            while rows := self.env.execute_query_dict(SQL("FETCH %s FROM %s", size, name)):
                yield from rows
        finally:
            self.env.cr.execute(SQL("CLOSE %s", name))

    @api.model
    def _finish(self, content):
        """Return a document with what renderers need to write its money."""
        currencies = self.env["res.currency"].browse(documents.currency_ids(content))
        content["currencies"] = {
            currency.id: {
                "name": currency.name,
                "symbol": currency.symbol,
                "position": currency.position,
                "digits": currency.decimal_places,
            }
            for currency in currencies
        }
        content["code"] = self._report_code
        return content

    @api.model
    def _name_records(self, filters, options):
        """Return the filters with the names of the records chosen in them."""
        for one in filters:
            if one["kind"] == "records":
                records = self.env[one["model"]].browse(options[one["name"]])
                one["records"] = [[record.id, record.display_name] for record in records]
        return filters
