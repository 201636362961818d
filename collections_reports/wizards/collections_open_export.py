from importlib.util import find_spec

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import open_data


class CollectionsOpenExport(models.TransientModel):
    """Ask which views of the open data are wanted, of which days, and as which files."""

    _name = "collections.open.export"
    _description = "Export for BI"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, readonly=True
    )
    with_receivables = fields.Boolean(string="Open Receivables", default=True)
    with_cases = fields.Boolean(string="Cases", default=True)
    with_contacts = fields.Boolean(string="Contacts", default=True)
    with_promises = fields.Boolean(string="Promises", default=True)
    with_disputes = fields.Boolean(string="Disputes", default=True)
    with_agreements = fields.Boolean(string="Agreements", default=True)
    with_payments = fields.Boolean(string="Payments", default=True)
    with_history = fields.Boolean(
        string="History", default=True, help="What every debtor owed, for each day it changed."
    )
    date_from = fields.Date(
        string="From", help="Receivables and cases are exported as they stand today."
    )
    date_to = fields.Date(string="To")
    file_format = fields.Selection(
        [("csv", "CSV"), ("parquet", "Parquet")], string="Format", required=True, default="csv"
    )
    has_parquet = fields.Boolean(compute="_compute_has_parquet")

    def _compute_has_parquet(self):
        self.has_parquet = self._can_write_parquet()

    @api.model
    def _can_write_parquet(self):
        return find_spec("pyarrow") is not None

    def action_download(self):
        """Return the address of the file, once it is certain that it can be made."""
        self.ensure_one()
        self._check_exportable()
        return {
            "type": "ir.actions.act_url",
            "url": f"/collections/open_data/{self.id}",
            "target": "download",
        }

    def _check_exportable(self):
        """Refuse what cannot be exported, in words."""
        if not self.env.user.has_group("base.group_allow_export"):
            raise AccessError(
                self.env._("You may not export data: ask for the right “Access to export feature”.")
            )
        if not self._get_chosen():
            raise UserError(self.env._("Choose what to export."))
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise UserError(self.env._("The period ends before it begins."))
        if self.file_format == "parquet" and not self._can_write_parquet():
            raise UserError(
                self.env._(
                    "Parquet files need the Python package “pyarrow”, which this server does not "
                    "have: ask who runs it to install it, or choose CSV."
                )
            )

    def _get_chosen(self):
        """Return the models of the views that are wanted."""
        return [
            view
            for view in self.env["collections.open.base"]._get_views()
            if self[f"with_{view._open_view}"]
        ]

    def _get_file_name(self):
        day = fields.Date.context_today(self)
        return f"collections-{self.file_format}-{day.isoformat()}.zip"

    def _write_file(self, file):
        """Write the zip file, row by row, with the rights of the reader."""
        self._check_exportable()
        open_data.write_zip(
            file,
            (
                (view._open_view, view._get_columns(), self._iter_rows(view))
                for view in self._get_chosen()
            ),
            parquet=self.file_format == "parquet",
        )

    def _iter_rows(self, view):
        query = view._get_rows_sql(self.date_from, self.date_to)
        for row in self.env["collections.report.base"]._iter_query(query):
            yield tuple(row.values())
