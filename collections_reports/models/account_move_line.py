import json
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    collections_report_key = fields.Char(
        string="Behind a Figure",
        compute="_compute_collections_report_key",
        search="_search_collections_report_key",
        help="Finds the entries behind a figure of a report.",
    )
    collections_open_on = fields.Monetary(
        string="Open Then",
        compute="_compute_collections_open_on",
        currency_field="company_currency_id",
        help="What was open at the end of the day the report is of, in company currency.",
    )
    collections_open_currency_on = fields.Monetary(
        string="Open Then in Currency",
        compute="_compute_collections_open_on",
        currency_field="currency_id",
    )

    def _compute_collections_report_key(self):
        self.collections_report_key = False

    def _search_collections_report_key(self, operator, value):
        """Ask the report again which entries are behind its figure, with the reader's rights."""
        if operator != "in":
            return NotImplemented
        domain = []
        for one in value:
            try:
                asked = json.loads(one)
                code, options, key = asked["code"], asked["options"], asked["key"]
            except (TypeError, ValueError, KeyError):
                raise UserError(self.env._("This is no figure of a report.")) from None
            report = self.env["collections.report"]._get_report(code)
            behind = report._get_behind_sql(report._read_options(options), str(key))
            domain += ["|"] * bool(domain) + [("id", "in", behind)]
        return domain

    @api.depends("amount_residual", "amount_residual_currency")
    @api.depends_context("collections_open_on")
    def _compute_collections_open_on(self):
        day = self.env.context.get("collections_open_on")
        try:
            day = date.fromisoformat(day) if day else fields.Date.context_today(self)
        except (TypeError, ValueError):
            day = fields.Date.context_today(self)
        self.flush_recordset()
        lines = self.sudo()._search([("id", "in", self.ids)])
        found = {}
        if self.ids:
            query = self.env["collections.ledger"]._get_open_on_sql(day, lines)
            rows = self.env.execute_query(
                SQL("SELECT line_id, amount, amount_currency FROM (%s) item", query)
            )
            found = {line_id: amounts for line_id, *amounts in rows}
        for line in self:
            amounts = found.get(line._origin.id, (0, 0))
            line.collections_open_on, line.collections_open_currency_on = amounts
