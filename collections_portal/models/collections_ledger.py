from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from odoo.addons.collections_management.engine.ladder import Hold

REASON = "payment_pending"


class CollectionsLedger(models.AbstractModel):
    """Who is paying just now is not asked to pay."""

    _inherit = "collections.ledger"

    def _get_holds(self, cases, today):
        holds = super()._get_holds(cases, today)
        for line_id, (until, _blocks) in self._get_payments_under_way(cases, today).items():
            holds["lines"].setdefault(line_id, Hold(REASON, until))
        return holds

    def _get_payments_under_way(self, cases, today=None):
        """Return ``{line id: (last held day, whether a second payment is refused)}``.

        A payment is under way while its provider has not said yes or no (a voucher to be paid in a
        shop, a card to be captured), and while its money is not in the ledger yet; any online
        payment of the invoice counts, whichever page it was begun on. A wire transfer that was
        only announced refuses no other way to pay, as in Odoo. After the days of the company it
        counts no more, whatever its provider says.

        :param today: the day of the decision; None: the day it is where each company is
        """
        if not cases:
            return {}
        models_ = ("payment.transaction", "account.payment", "collections.case")
        for model in models_:
            self.env[model].flush_model()
        companies = cases.company_id.sudo()
        rows = self.env.execute_query(
            SQL(
                """
                WITH under_way AS (
                    SELECT tx.id, tx.last_state_change,
                           provider.code NOT IN ('none', 'custom') AS blocks
                      FROM payment_transaction tx
                      JOIN payment_provider provider ON provider.id = tx.provider_id
                 LEFT JOIN account_payment payment ON payment.id = tx.payment_id
                     WHERE tx.company_id = ANY(%(companies)s)
                       AND tx.operation IN ('online_redirect', 'online_direct', 'online_token')
                       AND tx.last_state_change >= %(since)s
                       AND (tx.state IN ('pending', 'authorized')
                            OR tx.state = 'done' AND payment.id IS NULL
                               AND tx.is_post_processed IS NOT TRUE
                            OR tx.state = 'done' AND payment.state = 'in_process'
                               AND payment.move_id IS NULL)
                ), paid AS (
                    SELECT under_way.*, rel.line_id
                      FROM under_way
                      JOIN collections_payment_line_rel rel ON rel.transaction_id = under_way.id
                     UNION ALL
                    SELECT under_way.*, line.id
                      FROM under_way
                      JOIN account_invoice_transaction_rel rel
                        ON rel.transaction_id = under_way.id
                      JOIN account_move_line line
                        ON line.move_id = rel.invoice_id AND line.account_id = ANY(%(accounts)s)
                     WHERE NOT EXISTS (SELECT FROM collections_payment_line_rel own
                                        WHERE own.transaction_id = under_way.id)
                )
                SELECT line.id, line.company_id, max(paid.last_state_change), bool_or(paid.blocks)
                  FROM paid
                  JOIN account_move_line line ON line.id = paid.line_id
                  JOIN res_partner partner ON partner.id = line.partner_id
                  JOIN collections_case kase
                    ON kase.partner_id = partner.commercial_partner_id
                   AND kase.company_id = line.company_id
                 WHERE kase.id = ANY(%(cases)s)
              GROUP BY line.id, line.company_id
                """,
                companies=companies.ids,
                since=self.env.cr.now()
                - timedelta(days=max(companies.mapped("collections_pay_pending_days")) + 1),
                accounts=self._get_account_ids(),
                cases=cases.ids,
            )
        )
        days = {company.id: company.collections_pay_pending_days for company in companies}
        now = {company.id: today or self._today(company) for company in companies}
        result = {}
        for line_id, company_id, moment, blocks in rows:
            until = moment.date() + timedelta(days=days[company_id])
            if until >= now[company_id]:
                result[line_id] = (until, blocks)
        return result
