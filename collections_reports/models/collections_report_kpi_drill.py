import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..engine.books import CREDIT, NOT_DUE

# The most records a list is opened with.
MOST = 20000
ITEMS = ("receivable", "overdue", "credits", "overdue_ratio", "dso", "dso_best", "add",
         "dso_countback", "cei", "roll")  # fmt: skip
# Figures with entries of a flow behind them.
FLOWS_BEHIND = {
    "sales": "sold",
    "collected": "collected",
    "dso_true": "collected",
    "written_off": "lost",
    "bad_debt_ratio": "lost",
}


class CollectionsReportKpi(models.AbstractModel):
    """The records behind the key figures."""

    _inherit = "collections.report.kpi"

    @api.model
    def _read_key(self, options, key):
        """Return ``(name of the figure, companies of its currency, its age or "")``.

        :raise UserError: for what is no figure of this report
        """
        name, _dash, rest = key.partition("-")
        currency_id, _dash, age = rest.partition("-")
        companies = self.env.companies.filtered(
            lambda company: str(company.currency_id.id) == currency_id
        )
        known = name in self._get_words() or (name == "roll" and age in list("01234"))
        if not companies or not known:
            raise UserError(self.env._("“%s” is no figure of this report.", key[:80]))
        return name, companies, age

    @api.model
    def _get_drill(self, options, key):
        name, companies, _age = self._read_key(options, key)
        if name in (*ITEMS, *FLOWS_BEHIND):
            return self._open_entries(options, name, key)
        if name.startswith("promise_"):
            return self._open_promises(options, companies, name.split("_")[1])
        opened = {
            "cure_rate": self._open_moved,
            "relapse_rate": self._open_moved,
            "target": self._open_targets,
            "dispute_days": self._open_disputes,
        }
        return opened.get(name, self._open_contacts)(options, companies, name)

    @api.model
    def _open_entries(self, options, name, key):
        """Open the journal items of a figure, looked up again by whoever opens them."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_reports.account_move_line_action_behind"
        )
        asked = json.dumps(
            {"code": self._report_code, "options": self._dump_options(options), "key": key}
        )
        day = options["date_to"]
        title = self._get_period_words(options)
        if name in ITEMS:
            if name == "roll":
                day = self.env["collections.kpi"]._get_roll_days(options)[0]
            title = self.env._("Open on %s", format_date(self.env, day))
        return action | {
            "name": title,
            "domain": [("collections_report_key", "=", asked)],
            "context": {"collections_open_on": day.isoformat(), "create": False},
        }

    @api.model
    def _get_behind_sql(self, options, key):
        """Return as SQL the ids of the journal items behind a figure."""
        name, companies, age = self._read_key(options, key)
        if name in ITEMS:
            return self._get_items_behind_sql(options, companies, name, age)
        if name not in FLOWS_BEHIND:
            raise UserError(self.env._("There are no entries behind this figure."))
        periods = [(options["date_from"], options["date_to"])]
        lines = self.env["collections.kpi"]._get_flow_lines_sql(
            FLOWS_BEHIND[name], self, options, companies, periods
        )
        return SQL("SELECT line_id FROM (%s) one", lines)

    def _get_items_behind_sql(self, options, companies, name, age):
        """Return as SQL the ids of the items that were open."""
        kpi = self.env["collections.kpi"]
        day = options["date_to"]
        condition = SQL("item.age_0 IS NOT NULL")
        if name == "roll":
            day = kpi._get_roll_days(options)[0]
            condition = SQL("item.age_0 = %s", int(age))
        elif name in ("overdue", "overdue_ratio"):
            condition = SQL("item.age_0 > %s", NOT_DUE)
        elif name == "credits":
            condition = SQL("item.age_0 = %s", CREDIT)
        elif name == "dso_best":
            condition = SQL("item.age_0 = %s", NOT_DUE)
        return SQL(
            "SELECT item.line_id FROM (%s) item WHERE %s",
            kpi._get_aged_sql(self, options, companies, day),
            condition,
        )

    # -- other records ---------------------------------------------------------------------------

    def _open(self, title, model, domain):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": domain,
            "context": {"create": False},
        }

    def _open_ids(self, title, model, query):
        """Open the records of a statement that yields their ``id``."""
        ids = [row["id"] for row in self._query(query)]
        return self._open(title, model, [("id", "in", ids)])

    def _open_moved(self, options, companies, name):
        """The debtors who were overdue before: when the period began, or a period earlier."""
        kpi = self.env["collections.kpi"]
        begin, before = kpi._get_begin_days(options)
        query = SQL(
            "SELECT DISTINCT kase.id FROM (%s) item JOIN collections_case kase"
            " ON kase.company_id = item.company_id AND kase.partner_id = item.partner_id"
            " AND kase.state <> 'merged' WHERE item.age_0 > %s LIMIT %s",
            kpi._get_aged_sql(self, options, companies, begin if name == "cure_rate" else before),
            NOT_DUE,
            MOST,
        )
        return self._open_ids(self.env._("Debtors overdue before"), "collections.case", query)

    def _open_contacts(self, options, companies, name):
        query = SQL(
            "SELECT id FROM (%s) attempt ORDER BY moment DESC, id LIMIT %s",
            self.env["collections.kpi"]._get_attempts_sql(self, options, companies),
            MOST,
        )
        return self._open_ids(self.env._("Contacts"), "collections.contact", query)

    def _get_of_cases(self, options, companies, field):
        """Return the domain of records of the chosen cases with a day in the period."""
        return [
            ("company_id", "in", companies.ids),
            ("case_id", "any", self._get_case_domain(options)),
            (field, ">=", fields.Date.to_string(options["date_from"])),
            (field, "<=", fields.Date.to_string(options["date_to"])),
        ]

    def _open_promises(self, options, companies, state):
        domain = [*self._get_of_cases(options, companies, "settled_on"), ("state", "=", state)]
        return self._open(self.env._("Promises settled"), "collections.promise", domain)

    def _open_disputes(self, options, companies, name):
        domain = [
            *self._get_of_cases(options, companies, "date_closed"),
            ("state", "not in", ("open", "accepted")),
        ]
        return self._open(self.env._("Disputes closed"), "collections.dispute", domain)

    def _open_targets(self, options, companies, name):
        domain = [
            ("company_id", "in", companies.ids),
            ("date_from", "<=", fields.Date.to_string(options["date_to"])),
            ("date_to", ">=", fields.Date.to_string(options["date_from"])),
        ]
        return self._open(self.env._("Targets"), "collections.target", domain)
