from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class CollectionsWriteOff(models.Model):
    """What a person does with a write-off: prepare, ask, approve, refuse, take back."""

    _inherit = "collections.write.off"

    def _lock(self):
        """Take the write-offs and their receivables, or say that somebody else has them.

        :raise UserError: when another person decides on one of them right now
        """
        locked = self.try_lock_for_update(allow_referencing=True)
        items = self.line_ids.line_id.sudo()
        if locked != self or items.try_lock_for_update(allow_referencing=True) != items:
            raise UserError(
                self.env._("Somebody else is working on this debt right now: try again.")
            )
        self.invalidate_recordset()
        items.invalidate_recordset()

    def _check_state(self, *states):
        for write_off in self:
            if write_off.state not in states:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(name)s: %(state)s already.",
                        name=write_off.display_name,
                        state=labels[write_off.state],
                    )
                )

    # -- what a person does ------------------------------------------------------------------------

    @api.model
    def _open_new(self, case):
        """Open the draft of a case, with all that is overdue in it; make one when there is none."""
        self._check_requester()
        case.ensure_one().check_access("read")
        draft = self.search(
            [
                ("case_id", "=", case.id),
                ("state", "=", "draft"),
                ("create_uid", "=", self.env.uid),
            ],
            limit=1,
        )
        if draft:
            draft._drop_settled()
        else:
            today = self.env["collections.ledger"]._today(case.company_id)
            lines = case.sudo().receivable_ids.filtered(
                lambda line: (
                    line.amount_residual_currency > 0 and (line.date_maturity or line.date) < today
                )
            )
            if not lines:
                raise UserError(
                    self.env._("%(debtor)s owes nothing that is overdue.", debtor=case.display_name)
                )
            draft = self.create(
                {
                    "case_id": case.id,
                    "date": today,
                    "line_ids": [Command.create({"line_id": line.id}) for line in lines],
                }
            )
        return draft._get_form_action()

    def _drop_settled(self):
        """Take out of a draft what was paid since."""
        settled = self.line_ids.filtered(lambda line: line.line_id.sudo().reconciled)
        settled.sudo().unlink()

    def _get_form_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "name": self.env._("Write-off"),
        }

    def action_request(self):
        """Ask for the write-off; it is booked at once when nobody else has to approve it."""
        self._check_requester()
        for write_off in self:
            write_off._lock()
            write_off._check_state("draft")
            write_off._check_bookable()
            write_off.check_ids.sudo()._compute_state()
            write_off.sudo().write(
                {"requested_by_id": self.env.uid, "requested_on": fields.Datetime.now()}
            )
            if write_off.needs_second:
                write_off.sudo().state = "requested"
                write_off._log("write_off_requested")
                write_off._call_approvers()
            else:
                write_off._post()
        return True

    def action_approve(self):
        """Approve what somebody else asked for, and book it."""
        self._check_approver()
        for write_off in self:
            write_off._lock()
            write_off._check_state("requested")
            if write_off.requested_by_id == self.env.user:
                raise UserError(self.env._("Somebody else approves what you asked for yourself."))
            write_off._check_bookable()
            write_off.sudo().write(
                {"decided_by_id": self.env.uid, "decided_on": fields.Datetime.now()}
            )
            write_off._log("write_off_approved")
            write_off._post()
        return True

    def action_refuse(self):
        """Refuse what was asked for; the debt goes on being collected."""
        self._check_approver()
        for write_off in self:
            write_off._lock()
            write_off._check_state("requested")
            if not (write_off.decision_note or "").strip():
                raise UserError(self.env._("Say in a few words why it is refused."))
            write_off.sudo().write(
                {
                    "state": "refused",
                    "decided_by_id": self.env.uid,
                    "decided_on": fields.Datetime.now(),
                }
            )
            write_off._log("write_off_refused", content={"note": write_off.decision_note})
            write_off._end_calls()
        return True

    def action_withdraw(self):
        """Give up asking."""
        self._check_requester()
        for write_off in self:
            write_off._lock()
            write_off._check_state("draft", "requested")
            asked = write_off.state == "requested"
            if asked and self.env.user != write_off.requested_by_id and not self._is_approver():
                raise UserError(self.env._("Only who asked for it, or who decides, withdraws it."))
            write_off.sudo().state = "withdrawn"
            if asked:
                write_off._log("write_off_withdrawn")
                write_off._end_calls()
        return True

    def action_reverse(self):
        """Take a write-off back: its entry is reversed today and the debt is open again."""
        self._check_approver()
        for write_off in self:
            write_off._lock()
            write_off._check_state("posted")
            write_off._check_reversible()
            write_off._reverse()
        return True

    def _check_reversible(self):
        if self.recovery_ids.filtered(lambda recovery: recovery.state == "posted"):
            raise UserError(
                self.env._("Something was recovered of this debt: reverse the recovery first.")
            )
        today = self.env["collections.ledger"]._today(self.company_id)
        self._check_open_books(today, bool(self.tax_amount))

    def _reverse(self):
        self_sudo = self.sudo()
        today = self.env["collections.ledger"]._today(self.company_id)
        values = {"date": today, "ref": self.env._("Reversal of %(name)s", name=self.display_name)}
        reversal = self_sudo.move_id._reverse_moves([values], cancel=True)
        self_sudo.write({"state": "reversed", "reversal_id": reversal.id})
        self.env["collections.ledger"].sudo()._refresh(self.company_id, partners=self.partner_id)
        self._log("write_off_reversed", {"entry": reversal.id})

    def action_open_entry(self):
        """Open the entry of the write-off."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _call_approvers(self):
        """Put it on the desk of who decides: the company's supervisor of collections first."""
        approver = self.company_id.sudo().collections_write_off_approver_id
        if approver and approver != self.requested_by_id:
            self.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=approver.id,
                summary=self.env._("Decide on a write-off"),
            )

    def _end_calls(self):
        self.sudo().activity_ids.action_done()
