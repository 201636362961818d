from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError

# Days of sales that the DSO of a digest looks at: a day or a week alone tells nothing.
DSO_DAYS = 90


class DigestDigest(models.Model):
    """Key figures of receivables in Odoo's periodic digest e-mail.

    They are those of the report of key figures, of the company of the digest; a figure that is
    undefined is left out of the mail.
    """

    _inherit = "digest.digest"

    kpi_collections_dso = fields.Boolean("DSO (Days)")
    kpi_collections_dso_value = fields.Float(compute="_compute_kpi_collections_dso_value")
    kpi_collections_overdue = fields.Boolean("Overdue (%)")
    kpi_collections_overdue_value = fields.Float(compute="_compute_kpi_collections_overdue_value")
    kpi_collections_kept = fields.Boolean("Promises Kept (%)")
    kpi_collections_kept_value = fields.Float(compute="_compute_kpi_collections_kept_value")
    kpi_collections_cash = fields.Boolean("Collected")
    kpi_collections_cash_value = fields.Monetary(compute="_compute_kpi_collections_cash_value")

    def _compute_kpi_collections_dso_value(self):
        """Days sales outstanding at the end, by the sales of the 90 days before it."""
        self._compute_collections_figure("dso", "kpi_collections_dso_value", DSO_DAYS)

    def _compute_kpi_collections_overdue_value(self):
        """What is overdue of all that is owed, at the end."""
        self._compute_collections_figure("overdue_ratio", "kpi_collections_overdue_value")

    def _compute_kpi_collections_kept_value(self):
        """The promises kept of those settled in the period, by number."""
        self._compute_collections_figure("promise_kept_count", "kpi_collections_kept_value")

    def _compute_kpi_collections_cash_value(self):
        """What bank and cash journals credited to receivables in the period."""
        self._compute_collections_figure("collected", "kpi_collections_cash_value")

    def _compute_collections_figure(self, name, field, days=None):
        """Read a key figure of each digest's company.

        :param int days: look at so many days until the end instead of the period
        :raise AccessError: for who may not read it, or when it is undefined: the digest leaves the
            figure out
        """
        self._check_collections_access()
        start, end, _companies = self._get_kpi_compute_parameters()
        # the end is the first moment that is not in the period
        last = (fields.Datetime.to_datetime(end) - timedelta(seconds=1)).date()
        first = fields.Datetime.to_datetime(start).date()
        if days:
            first = last - timedelta(days=days - 1)
        options = {"date_from": min(first, last), "date_to": last}
        for digest in self:
            company = digest.company_id or self.env.company
            env = self.env(
                context=self.env.context | {"allowed_company_ids": company.ids}, su=False
            )
            report = env["collections.report.kpi"]
            report._check_reader()
            result = env["collections.kpi"]._get_figures(report, options, [name])[
                company.currency_id
            ][name]
            if result.value is None:
                raise AccessError(env["collections.kpi"]._get_words()[result.reason])
            digest[field] = result.value

    def _compute_kpis_actions(self, company, user):
        result = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("collections_management.collections_management_menu").id
        report = "collections_reports.collections_report_kpi_action"
        for name in ("dso", "overdue", "kept", "cash"):
            result[f"kpi_collections_{name}"] = f"{report}?menu_id={menu}"
        return result
