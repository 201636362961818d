from odoo import api, models
from odoo.tools import SQL


class CollectionsReceipt(models.Model):
    """All payments of the debtors, also of those nobody had asked."""

    _inherit = "collections.receipt"

    @api.model
    def _get_payments_sql(self, cases, first, last):
        """Return as SQL what debtors paid between two days, both included: ``line_id, case_id,
        company_id, date, amount`` (company currency, above zero).

        A payment is what a bank, cash or card journal credits to a receivable; what was cancelled
        or reversed since is none.

        :param SQL cases: the ids of the cases, as a query
        """
        return SQL(
            """
            SELECT line.id AS line_id, kase.id AS case_id, line.company_id, line.date,
                   -line.balance AS amount
              FROM collections_case kase
              JOIN res_partner partner ON partner.commercial_partner_id = kase.partner_id
              JOIN account_move_line line
                ON line.partner_id = partner.id AND line.company_id = kase.company_id
              JOIN account_move move ON move.id = line.move_id
              JOIN account_journal journal ON journal.id = move.journal_id
             WHERE kase.id IN (%(cases)s) AND kase.state <> 'merged'
               AND line.parent_state = 'posted' AND line.account_id = ANY(%(accounts)s)
               AND line.date BETWEEN %(first)s AND %(last)s AND %(payment)s
            """,
            cases=cases,
            accounts=self.env["collections.ledger"]._get_account_ids(),
            first=first,
            last=last,
            payment=self._get_payment_sql(),
        )
