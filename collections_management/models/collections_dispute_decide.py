from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

# What a person said about it, and can be taken up again; a posted credit note cannot.
REOPENABLE_STATES = ("rejected", "withdrawn", "paid")
DECIDERS = (
    "collections_management.collections_management_group_supervisor",
    "account.group_account_user",
    "account.group_account_manager",
)


class CollectionsDispute(models.Model):
    """Somebody decides who is right; once, and never who opened it."""

    _inherit = "collections.dispute"

    def _check_may_decide(self):
        """:raise UserError: nobody decides what they asked for; collectors never decide"""
        if not any(self.env.user.has_group(group) for group in DECIDERS):
            raise AccessError(self.env._("A supervisor or an accountant decides a dispute."))
        self.check_access("read")
        for dispute in self.sudo():
            if self.env.user in dispute.asked_by_ids | dispute.opened_by_id:
                raise UserError(self.env._("You opened this dispute, so somebody else decides it."))

    def _check_within_limit(self, amount):
        """:raise UserError: when it takes a manager to accept so much"""
        limit = self.company_id.collections_dispute_limit
        manager = "collections_management.collections_management_group_manager"
        worth = self.amount_company * amount / self.amount
        currency = self.company_currency_id
        if not limit or currency.compare_amounts(worth, limit) <= 0:
            return
        if not self.env.user.has_group(manager):
            raise UserError(
                self.env._(
                    "%(amount)s is above %(limit)s, so a manager accepts it.",
                    amount=format_amount(self.env, worth, currency),
                    limit=format_amount(self.env, limit, currency),
                )
            )

    def _take(self, states):
        """Take the dispute in hand: one person decides at a time, and once.

        :return: the dispute with raised rights
        :raise UserError: telling who was first
        """
        self.ensure_one()
        dispute = self.sudo().try_lock_for_update()
        if not dispute:
            raise UserError(
                self.env._(
                    "Somebody else is deciding %(dispute)s right now: look at it again.",
                    dispute=self.display_name,
                )
            )
        dispute.invalidate_recordset()
        dispute._settle_paid()
        if dispute.state not in states:
            raise UserError(
                self.env._(
                    "%(dispute)s is not open any more. %(sentence)s",
                    dispute=dispute.display_name,
                    sentence=dispute._get_state_sentence(),
                )
            )
        return dispute

    def action_decide(self):
        """Ask whether the debtor is right, for how much, and why."""
        self.ensure_one()
        self._check_may_decide()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide"),
            "res_model": "collections.dispute.decision",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_dispute_id": self.id},
        }

    def _accept(self, amount, note, cause=None, date=None):
        """Find it right for an amount: a draft credit note is prepared for exactly that. The
        part that is not right is asked for again at once.

        :param date date: of the credit note; None: today
        :return: the credit note
        """
        self._check_may_decide()
        dispute = self._take(("open",))
        currency = dispute.currency_id
        amount = currency.round(amount)
        most = min(dispute.amount, dispute.line_id.amount_residual_currency)
        if currency.compare_amounts(amount, 0) <= 0 or currency.compare_amounts(amount, most) > 0:
            raise UserError(
                self.env._(
                    "The accepted amount is above zero and at most %(most)s.",
                    most=dispute._get_amount_text(most),
                )
            )
        self._check_within_limit(amount)
        dispute._close("accepted", note, cause, {"amount_accepted": amount, "date_closed": False})
        dispute._lift_hold()
        dispute._hold()
        refund = dispute._create_refund(date or self._today(dispute.company_id))
        dispute._log_event("dispute_accepted", move=refund.id)
        return refund

    def _reject(self, note, cause=None):
        """Find it not right: it is asked for again, and the ladder goes on where it stopped."""
        self._check_may_decide()
        dispute = self._take(("open",))
        dispute._close("rejected", note, cause)
        dispute._lift_hold()
        dispute._log_event("dispute_rejected")

    def action_withdraw(self):
        """The debtor does not contest it any more: it is asked for again."""
        self._check_collector()
        for dispute in self:
            taken = dispute._take(("open",))
            taken._close("withdrawn", False)
            taken._lift_hold()
            taken._log_event("dispute_withdrawn")
        return True

    def action_reopen(self):
        """Contest again what was rejected, withdrawn or paid, as far as it is open."""
        self._check_collector()
        for dispute in self:
            taken = dispute._take(REOPENABLE_STATES)
            taken._reopen()
        return True

    def _check_collector(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_collector"
        ):
            raise AccessError(self.env._("A collector does this."))
        self.check_access("write")

    def _reopen(self):
        """Stand again, for what is left of it; who asks for it does not decide it."""
        self.ensure_one()
        left = self.amount_left
        today = self._today(self.company_id)
        if self.currency_id.compare_amounts(left, 0) > 0:
            self.amount = min(self.amount, left)
        self.write(
            {
                "state": "open",
                "date_closed": False,
                "days_to_solve": 0,
                "decided_by_id": False,
                "decision_note": False,
                "amount_accepted": 0,
                "escalated_on": False,
                "date_target": fields.Date.add(today, days=self.reason_id.days_to_solve),
                "asked_by_ids": [fields.Command.link(self.env.uid)],
            }
        )
        self._check_can_be_opened()
        self._begin("dispute_reopened")

    def _close(self, state, note, cause=None, values=None):
        """Write what became of it."""
        self.ensure_one()
        today = self._today(self.company_id)
        self.write(
            {
                "state": state,
                "date_closed": today,
                "days_to_solve": (today - self.date_open).days,
                "decision_note": note,
                "decided_by_id": self.env.uid if state != "paid" else False,
                **({"cause_id": cause.id} if cause else {}),
                **(values or {}),
            }
        )
        self.case_id._count_disputes()
        self.activity_unlink(["collections_management.mail_activity_type_dispute"])
