from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

SUPERVISOR = "collections_management.collections_management_group_supervisor"
# A payment within so many days of a contact counts as collected after it.
DAYS = 30


class DigestDigest(models.Model):
    """The figures of collections in Odoo's periodic digest e-mail."""

    _inherit = "digest.digest"

    kpi_collections_contacts = fields.Boolean("Debtors Contacted")
    kpi_collections_contacts_value = fields.Integer(
        compute="_compute_kpi_collections_contacts_value"
    )
    kpi_collections_collected = fields.Boolean("Collected after a Contact")
    kpi_collections_collected_value = fields.Monetary(
        compute="_compute_kpi_collections_collected_value"
    )

    def _check_collections_access(self):
        if not self.env.user.has_group(SUPERVISOR):
            raise AccessError(self.env._("A supervisor reads the figures of collections."))

    def _compute_kpi_collections_contacts_value(self):
        """Contacts that really left in the period, tasks done included."""
        self._check_collections_access()
        self._calculate_company_based_kpi(
            "collections.contact",
            "kpi_collections_contacts_value",
            date_field="sent_on",
            additional_domain=[("safe_mode", "=", False)],
        )

    def _compute_kpi_collections_collected_value(self):
        """Payments of the period by debtors who had been contacted in the 30 days before."""
        self._check_collections_access()
        start, end, companies = self._get_kpi_compute_parameters()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.company_id, -sum(line.balance)
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id AND move.move_type = 'entry'
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.company_id = ANY(%(companies)s) AND line.parent_state = 'posted'
                   AND line.account_id = ANY(%(accounts)s) AND line.balance < 0
                   AND line.date > %(start)s AND line.date <= %(end)s
                   AND EXISTS (
                       SELECT FROM collections_case kase
                         JOIN collections_contact contact ON contact.case_id = kase.id
                        WHERE kase.company_id = line.company_id
                          AND kase.partner_id = partner.commercial_partner_id
                          AND contact.safe_mode IS NOT TRUE
                          AND contact.sent_on::date BETWEEN line.date - %(days)s AND line.date)
              GROUP BY line.company_id
                """,
                companies=companies.ids,
                accounts=self.env["collections.ledger"]._get_account_ids(),
                start=start,
                end=end,
                days=DAYS,
            )
        )
        collected = dict(rows)
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_collections_collected_value = collected.get(company.id, 0)

    def _compute_kpis_actions(self, company, user):
        result = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("collections_management.collections_management_menu").id
        contacts = "collections_management.collections_contact_action"
        cases = "collections_management.collections_case_action"
        result["kpi_collections_contacts"] = f"{contacts}?menu_id={menu}"
        result["kpi_collections_collected"] = f"{cases}?menu_id={menu}"
        return result
