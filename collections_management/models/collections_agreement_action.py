from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError

COLLECTOR = "collections_management.collections_management_group_collector"


class CollectionsAgreement(models.Model):
    """What a person can do with an agreement: propose, approve, refuse, cancel, show."""

    _inherit = "collections.agreement"

    def action_propose(self):
        """Propose these terms to the debtor; beyond the limits of who does it, have it approved."""
        self._check_collector()
        for agreement in self:
            agreement._lock()
            agreement._check_state("draft")
            agreement._check_owner()
            agreement.sudo()._rework()
            if agreement.fault_text:
                raise UserError(agreement.fault_text)
            agreement._check_receivables()
            agreement.sudo()._check_products()
            agreement.sudo()._propose(agreement.env.user)
        return self._get_own_action()

    def _propose(self, user):
        company = self.company_id
        self.write(
            {
                "user_id": user.id,
                "tolerated": company.collections_agreement_tolerated,
                "tolerated_days": company.collections_agreement_days,
                "acceleration": company.collections_agreement_acceleration,
                "interest_policy": company.collections_agreement_interest_policy,
                "discount_policy": company.collections_agreement_discount_policy,
                "reason": False,
                "approver_id": False,
                **self._get_limit_vals(user),
            }
        )
        self.with_user(user)._log("agreement_proposed", {"over": self.approval_role or None})
        if self.approval_role:
            self.state = "awaiting"
        else:
            self._offer()

    def _offer(self):
        """Lay it before the debtor, with a link of its own."""
        days = self.company_id.collections_agreement_valid_days
        self.write({"state": "proposed", "date_expiry": self._get_today() + timedelta(days=days)})
        self._portal_ensure_token()

    def action_take_back(self):
        """Take a proposal back, to change its terms; its link does not open it any more."""
        self._check_collector()
        for agreement in self:
            agreement._check_state("awaiting", "proposed")
            agreement.sudo().write({"state": "draft", "access_token": False, "date_expiry": False})
            agreement.sudo()._rework()
            agreement._log("agreement_taken_back")
        return True

    def action_approve(self):
        """Approve proposals beyond the limits; nobody approves his own."""
        for agreement in self:
            agreement._check_approver()
            agreement._lock()
            agreement._check_receivables()
            agreement.sudo().approver_id = self.env.user
            agreement.sudo()._offer()
            agreement._log("agreement_approved")
        return True

    def action_ask_end(self):
        """Ask why it is refused or cancelled."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_end_action"
        )
        return {**action, "context": {"default_agreement_id": self.id}}

    def action_refuse(self, reason=None):
        """Send a proposal beyond the limits back to who made it, saying why."""
        self._check_reason(reason)
        for agreement in self:
            agreement._check_approver()
            agreement.sudo().write(
                {"state": "draft", "approver_id": self.env.uid, "reason": reason.strip()}
            )
            agreement._log("agreement_refused", content={"note": reason.strip()})
        return True

    def action_cancel(self, reason=None):
        """End agreements that were not accepted; one that stands is cancelled by a supervisor,
        and the original debt comes back."""
        self._check_collector()
        self._check_reason(reason)
        for agreement in self:
            agreement._check_state("draft", "awaiting", "proposed", "active")
            if agreement.state == "active" and not agreement.case_id._is_supervisor():
                raise UserError(self.env._("The debtor has signed it: a supervisor cancels it."))
            agreement._lock()
            was_active = agreement.state == "active"
            agreement.sudo().write(
                {
                    "state": "cancelled",
                    "reason": reason.strip(),
                    "ended_on": agreement._get_today(),
                    "access_token": False,
                    "next_date": False,
                }
            )
            agreement._log("agreement_cancelled", content={"note": reason.strip()})
            if was_active:
                agreement.sudo()._end_promises()
                agreement.sudo()._release()
                agreement.sudo()._book()
        return True

    def action_ask_signed(self):
        """Ask for the copy that the debtor signed on paper."""
        self.ensure_one()
        self._check_state("proposed")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_sign_action"
        )
        return {**action, "context": {"default_agreement_id": self.id}}

    def action_open_portal(self):
        """Show the page as the debtor sees it."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self.sudo().get_portal_url(), "target": "new"}

    def action_print(self):
        """Print the document to sign."""
        self.check_access("read")
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/my/agreements/{self.id}/pdf",
            "target": "new",
        }

    def _get_own_action(self):
        """Return the action that opens these agreements."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_action"
        )
        if len(self) == 1:
            return {**action, "views": [(False, "form")], "res_id": self.id, "target": "current"}
        return {**action, "domain": [("id", "in", self.ids)]}

    def _lock(self):
        """Let one person at a time decide about a debtor's agreements.

        :raise UserError: when another person does right now
        """
        cases = self.case_id.sudo()
        if cases.try_lock_for_update() != cases:
            raise UserError(
                self.env._("Somebody else is working on this debt right now: try again.")
            )
        self.invalidate_recordset(["state"])

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for agreement in self:
            if agreement.state not in states:
                raise UserError(
                    self.env._(
                        "%(agreement)s is “%(state)s” by now: open it again.",
                        agreement=agreement.name,
                        state=labels[agreement.state],
                    )
                )

    def _check_reason(self, reason):
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why, in a few words."))

    def _check_collector(self):
        self.check_access("write")
        self.case_id.check_access("write")
        if not self.env.user.has_group(COLLECTOR):
            raise UserError(self.env._("A collector does this."))
