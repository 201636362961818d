from odoo import api, fields, models


class CollectionsDispute(models.Model):
    """What is not solved in time comes on the desk of a supervisor."""

    _inherit = "collections.dispute"

    @api.model
    def _cron_escalate(self, batch_size=200):
        """Tell the supervisors of the disputes that are not solved in time, each once."""
        today = fields.Date.context_today(self)
        late = [("state", "=", "open"), ("escalated_on", "=", False), ("date_target", "<", today)]
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=self.search_count(late))
        for dispute in self.search(late, limit=batch_size):
            dispute = dispute.try_lock_for_update().filtered_domain(late)
            if dispute:
                dispute._escalate()
            if not commit_progress(1):
                break

    def _escalate(self):
        """Put a late dispute on its supervisor's desk."""
        self.ensure_one()
        today = self._today(self.company_id)
        if self.date_target >= today:  # not late yet where the company is
            return
        supervisor = self.case_id.supervisor_id or self.env.ref("base.user_admin")
        told = self.with_context(lang=supervisor.lang)
        told.activity_schedule(
            "collections_management.mail_activity_type_dispute",
            date_deadline=today,
            summary=told.env._("Not solved in time: %s", told.display_name),
            user_id=supervisor.id,
        )
        self.escalated_on = today
        self._log_event("dispute_escalated")
