from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# The most records a list is opened with, the biggest amounts first.
MOST = 20000
PROMISES = ("promise_kept", "promise_partly", "promise_broken")


class CollectionsReportKpi(models.AbstractModel):
    """The records behind the key figures."""

    _inherit = "collections.report.kpi"

    @api.model
    def _get_drill(self, options, key):
        name, _dash, rest = key.partition("-")
        currency_id, _dash, detail = rest.partition("-")
        companies = self.env.companies.filtered(
            lambda company: str(company.currency_id.id) == currency_id
        )
        if not companies:
            return super()._get_drill(options, key)
        if name.startswith(PROMISES):
            return self._open_promises(options, companies, name)
        for names, method in (
            (("receivable", "overdue", "credits", "overdue_ratio"), self._open_items),
            (("dso", "dso_best", "add", "dso_countback", "cei"), self._open_items),
            (("sales", "collected", "written_off"), self._open_lines),
            (("bad_debt_ratio", "dso_true"), self._open_lines),
            (("cure_rate", "relapse_rate"), self._open_moved),
            (("contact_rate", "right_party_rate", "response_rate"), self._open_contacts),
            (("automation_ratio", "first_payment"), self._open_contacts),
            (("cost_per_contact", "cost_per_recovered"), self._open_contacts),
            (("target",), self._open_targets),
            (("dispute_days",), self._open_disputes),
            (("roll",), self._open_rolls),
        ):
            if name in names:
                return method(options, companies, name, detail)
        raise UserError(self.env._("There is nothing to open behind this figure."))

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

    def _open_items(self, options, companies, name, detail):
        """The items open at the end of the period."""
        kinds = {"overdue": "item.amount > 0 AND item.due < %s", "credits": "item.amount < 0"}
        kinds["overdue_ratio"] = kinds["overdue"]
        day = options["date_to"]
        kind = kinds.get(name)
        condition = (SQL(kind, day) if "%s" in kind else SQL(kind)) if kind else SQL("TRUE")
        return self._open_open(options, companies, day, condition)

    def _open_rolls(self, options, companies, name, detail):
        """The items that were open in an age at the month-end before."""
        if detail not in ("0", "1", "2", "3", "4"):
            return super()._get_drill(options, name)
        first, _last = self.env["collections.kpi"]._get_roll_days(options)
        condition = SQL(
            "item.amount > 0 AND width_bucket(%s - item.due, %s) = %s",
            first,
            [1, 31, 61, 91],
            int(detail),
        )
        return self._open_open(options, companies, first, condition)

    def _open_open(self, options, companies, day, condition):
        kpi = self.env["collections.kpi"]
        join, seen = kpi._get_seen_sql(self, options, "item")
        query = SQL(
            "SELECT item.line_id AS id FROM (%s) item %s WHERE %s AND %s"
            " ORDER BY abs(item.amount) DESC, item.line_id LIMIT %s",
            kpi._get_open_sql(day, companies),
            join,
            seen,
            condition,
            MOST,
        )
        return self._open_ids(self.env._("Open items"), "account.move.line", query)

    def _open_lines(self, options, companies, name, detail):
        """The entries of the period."""
        kpi = self.env["collections.kpi"]
        periods = [(options["date_from"], options["date_to"])]
        title, source = {
            "sales": (self.env._("Invoices and credit notes"), kpi._get_sales_sql),
            "collected": (self.env._("Payments"), kpi._get_payments_sql),
            "dso_true": (self.env._("Payments"), kpi._get_payments_sql),
            "written_off": (self.env._("Written off"), kpi._get_written_off_sql),
            "bad_debt_ratio": (self.env._("Written off"), kpi._get_written_off_sql),
        }[name]
        query = SQL(
            "SELECT line_id AS id FROM (%s) one ORDER BY abs(amount) DESC, line_id LIMIT %s",
            source(self, options, companies, periods),
            MOST,
        )
        return self._open_ids(title, "account.move.line", query)

    def _open_moved(self, options, companies, name, detail):
        """The debtors who were overdue before: when the period began, or a period earlier."""
        kpi = self.env["collections.kpi"]
        begin, before = kpi._get_begin_days(options)
        day = begin if name == "cure_rate" else before
        query = SQL(
            "SELECT kase.id FROM (%s) debt JOIN collections_case kase"
            " ON kase.company_id = debt.company_id AND kase.partner_id = debt.partner_id"
            " AND kase.state <> 'merged' WHERE age_1 + age_2 + age_3 + age_4 > 0 LIMIT %s",
            kpi._get_debts_sql(self, options, companies, day),
            MOST,
        )
        return self._open_ids(self.env._("Debtors overdue before"), "collections.case", query)

    def _open_contacts(self, options, companies, name, detail):
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

    def _open_promises(self, options, companies, name):
        state = name.split("_")[1]
        domain = [*self._get_of_cases(options, companies, "settled_on"), ("state", "=", state)]
        return self._open(self.env._("Promises settled"), "collections.promise", domain)

    def _open_disputes(self, options, companies, name, detail):
        domain = [
            *self._get_of_cases(options, companies, "date_closed"),
            ("state", "not in", ("open", "accepted")),
        ]
        return self._open(self.env._("Disputes closed"), "collections.dispute", domain)

    def _open_targets(self, options, companies, name, detail):
        domain = [
            ("company_id", "in", companies.ids),
            ("date_from", "<=", fields.Date.to_string(options["date_to"])),
            ("date_to", ">=", fields.Date.to_string(options["date_from"])),
        ]
        return self._open(self.env._("Targets"), "collections.target", domain)
