from odoo import api, models
from odoo.tools import SQL

from ..engine import documents


class CollectionsReportProvision(models.AbstractModel):
    """The same debts as the tax law of the company's country sees them."""

    _inherit = "collections.report.provision"

    @api.model
    def _get_tax_sections(self, options, provision, name):
        sections = super()._get_tax_sections(options, provision, name)
        for rule in self.env["collections.provision.tax.rule"]._find(provision.company_id):
            sections.append(self._get_tax_table(provision, rule, name))
        return sections

    def _get_tax_table(self, provision, rule, name):
        currency = provision.currency_id
        rows = []
        for one in self._query(self._get_tax_sql(provision, rule)):
            deductible = currency.round(one["amount"] * (one["percent"] or 0) / 100)
            rows.append(
                documents.row(
                    f"{rule.id}:{one['days']}",
                    {
                        "age": self.env._("From day %(days)s", days=one["days"])
                        if one["days"] is not None
                        else self.env._("Younger, or not due"),
                        "amount": one["amount"],
                        "percent": one["percent"] or 0,
                        "deductible": deductible,
                        "rest": currency.round(one["amount"] - deductible),
                    },
                    currency=currency.id,
                )
            )
        words = dict(rule._fields["confidence"]._description_selection(self.env))
        return documents.table(
            f"tax_{provision.id}_{rule.id}",
            name + self.env._("For taxes: %(rule)s", rule=rule.name),
            [
                documents.column("age", self.env._("Age")),
                documents.column("amount", self.env._("Open"), "money", total=True),
                documents.column("percent", self.env._("Deductible at most (%)"), "percent"),
                documents.column(
                    "deductible", self.env._("Deductible at most"), "money", total=True
                ),
                documents.column("rest", self.env._("Not deductible"), "money", total=True),
            ],
            rows,
            note=" ".join(
                part
                for part in (
                    f"{rule.citation} ({words[rule.confidence]}).",
                    rule.condition,
                )
                if part
            ),
            empty=self.env._("Nothing was owed on this day."),
        )

    def _get_tax_sql(self, provision, rule):
        """Return the statement of what was open by the ages of a tax rule, credits left out."""
        lines = self.env["account.move.line"]._search(
            [("company_id", "=", provision.company_id.id)]
        )  # fmt: skip
        return SQL(
            """
            SELECT band.days, band.percent, sum(item.amount) AS amount
              FROM (%(open)s) item
         LEFT JOIN LATERAL (
                   SELECT days, percent FROM collections_provision_tax_band
                    WHERE rule_id = %(rule)s AND days <= %(day)s - item.due
                 ORDER BY days DESC LIMIT 1) band ON TRUE
             WHERE item.amount > 0
          GROUP BY 1, 2 ORDER BY 1 NULLS FIRST
            """,
            open=self.env["collections.ledger"]._get_open_on_sql(provision.date, lines),
            rule=rule.id,
            day=provision.date,
        )
