import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import open_data

SCHEMA = "collections_open"
TYPES = {
    "integer": "integer",
    "many2one": "integer",
    "char": "text",
    "float": "money",
    "date": "date",
    "datetime": "moment",
    "boolean": "boolean",
}


class CollectionsOpenBase(models.AbstractModel):
    """What every view of the open data has: its SQL, its dictionary, its comments.

    A view is a model with ``_open_view``, its fields and :meth:`_get_view_sql`. The same fields
    make the view in the schema ``collections_open``, the comments in the database, the dictionary
    in ``docs/open-data.md`` and what JSON-2 returns. Amounts of different currencies are never
    added.
    """

    _name = "collections.open.base"
    _description = "Open Data"
    _auto = False
    _log_access = False
    _order = "id"

    _open_view = None
    # The column that a period of an export chooses by; None: always today's state.
    _open_date = None

    company_id = fields.Many2one(
        "res.company", string="Company (Linked)", readonly=True, help="Id of the company."
    )
    company = fields.Char(readonly=True, help="Name of the company.")
    case_id = fields.Many2one(
        "collections.case", readonly=True, help="Id of the case of the debtor in that company."
    )
    debtor_id = fields.Many2one(
        "res.partner", string="Debtor (Linked)", readonly=True, help="Id of the debtor."
    )
    debtor = fields.Char(readonly=True, help="Name of the debtor.")
    debtor_tax_id = fields.Char(readonly=True, help="Tax id of the debtor.")
    collector = fields.Char(readonly=True, help="Collector of the case today.")
    team = fields.Char(readonly=True, help="Team of the case today.")
    segment = fields.Char(readonly=True, help="Segment of the case today.")

    @property
    def _table_query(self):
        return SQL("SELECT * FROM %s", SQL.identifier(SCHEMA, self._open_view or "none"))

    @api.model
    def _get_view_sql(self):
        """Return the SELECT of the view: its columns are the fields, in any order."""
        raise NotImplementedError

    @api.model
    def _get_case_columns_sql(self):
        """Return as SQL the columns that every view takes from ``kase`` and :meth:`_join_case`."""
        return SQL(
            """
            company.id AS company_id, company.name AS company, kase.id AS case_id,
            debtor.id AS debtor_id, debtor.name AS debtor, debtor.vat AS debtor_tax_id,
            person.name AS collector, team.name->>'en_US' AS team,
            segment.name->>'en_US' AS segment
            """
        )

    @api.model
    def _join_case(self, company, debtor):
        """Return as SQL the joins that these columns need, after a join of ``kase``."""
        return SQL(
            """
            JOIN res_company company ON company.id = %s
       LEFT JOIN res_partner debtor ON debtor.id = %s
       LEFT JOIN res_users worker ON worker.id = kase.user_id
       LEFT JOIN res_partner person ON person.id = worker.partner_id
       LEFT JOIN collections_team team ON team.id = kase.team_id
       LEFT JOIN collections_segment segment ON segment.id = kase.segment_id
            """,
            SQL(company),
            SQL(debtor),
        )

    # -- the dictionary --------------------------------------------------------------------------

    @api.model
    def _get_views(self):
        """Return the models of all views, in the order of their names."""
        names = self.env.registry["collections.open.base"]._inherit_children
        return sorted(
            (self.env[name] for name in names if self.env[name]._open_view),
            key=lambda model: model._open_view,
        )

    @api.model
    def _get_columns(self):
        """Return the columns of the view as the engine reads them; ``id`` first."""
        columns = [open_data.Column("id", "integer", "Id of the record; unique in the view.")]
        for name, field in self._fields.items():
            if name not in ("id", "display_name") and field.type in TYPES:
                columns.append(open_data.Column(name, TYPES[field.type], field.help))
        return columns

    @api.model
    def _describe(self):
        """Return the view as the engine reads it."""
        return open_data.View(
            self._open_view, self._name, self._description, self._get_columns(), self._open_date
        )

    @api.model
    def _get_dictionary(self):
        """Return the dictionary of all views as Markdown, as docs/open-data.md has it."""
        return open_data.describe(SCHEMA, [view._describe() for view in self._get_views()])

    # -- the database ----------------------------------------------------------------------------

    def init(self):
        if not self._open_view:
            return
        self.env.cr.execute(SQL("CREATE SCHEMA IF NOT EXISTS %s", SQL.identifier(SCHEMA)))
        self.env.cr.execute(
            SQL(
                "COMMENT ON SCHEMA %s IS %s",
                SQL.identifier(SCHEMA),
                "Collections as flat tables for BI tools. See docs/open-data.md.",
            )
        )
        self._make_view()
        self._comment_view()

    def _make_view(self):
        """Make the view, or make it anew: replaced when it can be, so that grants stay."""
        view = SQL.identifier(SCHEMA, self._open_view)
        names = SQL(", ").join(SQL.identifier(column.name) for column in self._get_columns())
        select = SQL("SELECT %s FROM (%s) open", names, self._get_view_sql())
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    SQL("CREATE OR REPLACE VIEW %s AS %s", view, select), log_exceptions=False
                )
        except psycopg2.errors.InvalidTableDefinition:  # other columns, or others in their place
            self.env.cr.execute(SQL("DROP VIEW %s", view))
            self.env.cr.execute(SQL("CREATE VIEW %s AS %s", view, select))

    def _comment_view(self):
        view = SQL.identifier(SCHEMA, self._open_view)
        self.env.cr.execute(SQL("COMMENT ON VIEW %s IS %s", view, self._description))
        for column in self._get_columns():
            self.env.cr.execute(
                SQL(
                    "COMMENT ON COLUMN %s.%s IS %s",
                    view,
                    SQL.identifier(column.name),
                    column.comment,
                )
            )

    # -- reading ---------------------------------------------------------------------------------

    @api.model
    def _get_rows_sql(self, date_from=None, date_to=None):
        """Return as SQL the rows that the reader sees, in the order of the columns.

        :raise AccessError: for who may not read the view
        """
        self.check_access("read")
        domain = [("company_id", "in", self.env.companies.ids)]
        if self._open_date and date_from:
            domain.append((self._open_date, ">=", date_from))
        if self._open_date and date_to:
            last = fields.Date.add(date_to, days=1)
            domain.append((self._open_date, "<", last))
        query = self._search(domain, order="id")
        return query.select(
            *(SQL.identifier(query.table, column.name) for column in self._get_columns())
        )
