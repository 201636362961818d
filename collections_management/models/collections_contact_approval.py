from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CollectionsContact(models.Model):
    """Release of contacts by one person, or by two above the company's limit (maker-checker)."""

    _inherit = "collections.contact"

    needs_second = fields.Boolean(
        string="Two Persons", readonly=True, help="Two persons have to approve it."
    )
    approved_by_id = fields.Many2one("res.users", string="Approved by", readonly=True)
    checked_by_id = fields.Many2one("res.users", string="Confirmed by", readonly=True)
    can_approve = fields.Boolean(compute="_compute_can_approve")

    @api.depends("state", "needs_second", "approved_by_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        for contact in self:
            contact.can_approve = contact.state == "awaiting" and not (
                contact.needs_second and contact.approved_by_id == self.env.user
            )

    def _needs_approval(self):
        """Tell whether a person releases it: its step, its run or the company's limit says so."""
        self.ensure_one()
        return self.needs_second or self.run_id.review or self.step_id.mode == "approval"

    def _is_approved(self):
        """Tell whether those who have to release it did, or nobody has to."""
        self.ensure_one()
        if self.needs_second:
            return bool(self.approved_by_id and self.checked_by_id)
        return bool(self.approved_by_id) or not self._needs_approval()

    def _check_gate_open(self):
        """:raise UserError: while it is not known yet who has to approve what these runs plan"""
        if any(run._is_planning() and run._is_gated() for run in self.sudo().run_id):
            raise UserError(
                self.env._("The run is still planning: release it when everything is known.")
            )

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "run_review": self.env._("The run waits until somebody looks at it."),
            "run_limit": self.env._("The run is over the company's limit: two persons approve it."),
            "second_person": self.env._("Approved by one person; another one has to confirm."),
            "edited": self.env._("What is owed changed since its text was edited by hand."),
        }

    def action_approve(self):
        """Release contacts that await approval; they leave at their allowed moment.

        Above the company's limit the first approval only makes them ready for a second person.

        :raise UserError: when everything chosen waits for somebody else, or is still being planned
        """
        self._check_supervisor()
        self.check_access("read")
        if "planned" in self.mapped("state"):
            raise UserError(
                self.env._("The run is still planning: approve it when everything is known.")
            )
        waiting = self._lock_awaiting()
        own = waiting.filtered(
            lambda contact: contact.needs_second and contact.approved_by_id == self.env.user
        )
        if own and own == waiting:
            raise UserError(
                self.env._(
                    "You approved these already (%(count)s). The run is over the company's limit: "
                    "another person has to confirm them.",
                    count=len(own),
                )
            )
        first = waiting.filtered(
            lambda contact: contact.needs_second and not contact.approved_by_id
        )
        last = waiting - own - first
        first.sudo().write({"approved_by_id": self.env.uid, "reason": "second_person"})
        first._log("approved", {"waits": "second_person"})
        for contacts, name in (
            (last.filtered("needs_second"), "checked_by_id"),
            (last.filtered(lambda contact: not contact.needs_second), "approved_by_id"),
        ):
            contacts.sudo().write({"state": "queued", "reason": False, name: self.env.uid})
        last._log("approved")
        if last:
            self.env.ref("collections_management.collections_run_cron_deliver").sudo()._trigger()
        return self._tell_approved(last, first | own)

    def _lock_awaiting(self):
        """Return those that still await approval, locked: of two persons who press the button in
        one instant the second sees what the first did."""
        if not self.ids:
            return self
        self.flush_recordset(["state", "approved_by_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM collections_contact WHERE id = ANY(%s) AND state = 'awaiting'"
                " ORDER BY id FOR NO KEY UPDATE",
                self.ids,
            )
        )
        found = {row[0] for row in rows}
        return self.filtered(lambda contact: contact.id in found)

    def _tell_approved(self, released, waiting):
        """Return a notification of what was released and what still waits for a second person."""
        message = self.env._("%(count)s approved: they leave at their allowed moment.",
                             count=len(released))  # fmt: skip
        if waiting:
            second = self.env._(
                "%(count)s wait for a second person to confirm.", count=len(waiting)
            )
            message = f"{message} {second}" if released else second
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "warning" if waiting else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
