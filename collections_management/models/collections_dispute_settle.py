from odoo import api, models
from odoo.tools import SQL

from .collections_dispute import STANDING_STATES


class CollectionsDispute(models.Model):
    """What the ledger says of a dispute: paid, credited, or open again."""

    _inherit = "collections.dispute"

    @api.model
    def _settle(self, company, partners=None):
        """Close the disputes whose receivable was paid, and reopen them when the payment was
        taken back; one statement finds them.

        :param partners: only these debtors; None: all of the company
        """
        for model in ("collections.dispute", "account.move.line"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT dispute.id, dispute.state
                  FROM collections_dispute dispute
                  JOIN collections_case kase ON kase.id = dispute.case_id
                  JOIN account_move_line line ON line.id = dispute.line_id
                 WHERE dispute.company_id = %(company)s %(only)s
                   AND dispute.state IN ('open', 'accepted', 'paid')
                   AND (dispute.state = 'paid') = (%(open)s AND line.amount_residual_currency > 0)
              ORDER BY dispute.id
                """,
                company=company.id,
                only=SQL("AND kase.partner_id = ANY(%s)", partners.ids) if partners else SQL(),
                open=self.env["collections.ledger"]._get_open_sql("line"),
            )
        )
        for dispute in self.browse([row[0] for row in rows]).sudo():
            if dispute.state == "paid":
                dispute._reopen_unpaid()
            else:
                dispute._settle_paid()

    def _settle_paid(self):
        """Close a dispute whose receivable has nothing left to pay."""
        self.ensure_one()
        line = self.line_id
        if self.state not in STANDING_STATES or (
            line.parent_state == "posted" and line.amount_residual_currency > 0
        ):
            return
        if self.state == "accepted" and self._is_credited():
            self._mark_credited()
            return
        self._close("paid", False)
        self._lift_hold()
        self._log_event("dispute_paid")

    def _reopen_unpaid(self):
        """Stand again: the payment that had closed it was taken back."""
        self.ensure_one()
        if self.currency_id.compare_amounts(self.amount_left, 0) <= 0:
            return
        self.write({"state": "open", "date_closed": False, "days_to_solve": 0})
        self._begin("dispute_reopened")

    def _is_credited(self):
        """Tell whether its credit note is posted."""
        return any(move.state == "posted" for move in self.refund_ids)

    def _mark_credited(self):
        """The credit note is posted: what is left is asked for again."""
        for dispute in self.filtered(lambda dispute: dispute.state == "accepted"):
            note, decider = dispute.decision_note, dispute.decided_by_id
            dispute._close("credited", note, values={"decided_by_id": decider.id})
            dispute._lift_hold()
            dispute._log_event("dispute_credited")

    def _mark_uncredited(self):
        """The credit note was cancelled or deleted: the part waits for another one."""
        for dispute in self.filtered(lambda dispute: dispute.state == "credited"):
            dispute.write({"state": "accepted", "date_closed": False, "days_to_solve": 0})
            dispute._hold()
            dispute.case_id._count_disputes()
            dispute._log_event("dispute_uncredited")
