from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# Above every step: the debt goes through no ladder, a person decides.
TOP = 3650


class CollectionsStart(models.AbstractModel):
    """How debts older than the system enter the ladder on the day a company starts.

    A debt 400 days old would meet the formal notice the first night, and so would every other.
    Gently, it climbs from the first step as if it fell due on the day of the start; the debtors may
    be spread over several days. The oldest can be left to a person instead. What a real contact has
    told, or an import has placed, is not touched.
    """

    _name = "collections.start"
    _description = "Start of a Company's Collections"

    @api.model
    def _apply(self, company, day):
        """Let the debts overdue on a day enter as the company's settings say; set-based.

        :return: ``{"gentle": int, "people": int}``, receivables
        """
        self.env.flush_all()
        self._forget(company)
        counts = {"gentle": 0, "people": 0}
        if company.collections_start_old_days:
            counts["people"] = self._leave_to_people(
                company, day, day - timedelta(days=company.collections_start_old_days)
            )
        if company.collections_start_mode == "gentle":
            counts["gentle"] = self._enter_gently(company, day)
        self.env["account.move.line"].invalidate_model(
            ["collections_entry_date", "collections_days", "collections_date", "collections_times"]
        )
        return counts

    def _forget(self, company):
        """Take back what an earlier start placed."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line line
                   SET collections_entry_date = NULL,
                       collections_days = CASE WHEN %(marked)s THEN NULL ELSE collections_days END,
                       collections_date = CASE WHEN %(marked)s THEN NULL ELSE collections_date END,
                       collections_times = CASE WHEN %(marked)s THEN NULL
                                           ELSE collections_times END
                 WHERE company_id = %(company)s
                   AND (collections_entry_date IS NOT NULL OR %(marked)s)
                """,
                marked=SQL("(collections_days = %s AND collections_step_id IS NULL)", TOP),
                company=company.id,
            )
        )

    def _leave_to_people(self, company, day, before):
        """Place debts due before a day above the ladder: their cases wait for a decision."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line line
                   SET collections_days = %s, collections_times = 1, collections_date = %s
                 WHERE %s AND coalesce(line.date_maturity, line.date) < %s
                """,
                TOP,
                day,
                self._get_untold_sql(company),
                before,
            )
        )
        return self.env.cr.rowcount

    def _enter_gently(self, company, day):
        """Count the ladder of old debts from a day on; each debtor from a day of his own when they
        are spread, always the same one."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line line
                   SET collections_entry_date =
                       %(day)s::date + mod(partner.commercial_partner_id, %(spread)s)
                  FROM res_partner partner
                 WHERE partner.id = line.partner_id AND %(untold)s
                   AND coalesce(line.date_maturity, line.date) < %(day)s
                """,
                day=day,
                spread=max(company.collections_start_spread, 1),
                untold=self._get_untold_sql(company),
            )
        )
        return self.env.cr.rowcount

    def _get_untold_sql(self, company):
        """Return the condition on ``line`` of open debts that nothing has placed yet."""
        return SQL(
            "line.company_id = %s AND %s AND line.amount_residual > 0"
            " AND line.collections_date IS NULL",
            company.id,
            self.env["collections.ledger"]._get_open_sql("line"),
        )
