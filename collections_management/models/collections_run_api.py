from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsRun(models.Model):
    """What other systems may ask of runs; see ``docs/api.md``."""

    _inherit = "collections.run"

    @api.model
    def start_run(self, company=None):
        """Start a run of a company, or return the one under way.

        :param int company: id of the company; by default the user's
        :return: as :meth:`get_run_state`
        """
        self._check_manager()
        own = self.env["collections.case"]._check_api_company(company)
        action = self.with_company(own).action_start()
        return self.browse(action["res_id"]).get_run_state()

    @api.readonly
    def get_run_state(self):
        """Return how one run goes.

        :return: ``{"id", "company", "date", "state", "stage", "started", "ended", "cases",
            "contacts", "sent", "failed", "waiting", "error"}``; moments in UTC
        """
        if len(self) != 1:
            raise UserError(self.env._("ids: give the id of one run."))
        self.check_access("read")
        return self._get_state_data()

    def _get_state_data(self):
        """Return the state of one run as plain JSON."""
        self.ensure_one()
        return {
            "id": self.id,
            "company": self.company_id.id,
            "date": fields.Date.to_string(self.date),
            "state": self.state,
            "stage": self.stage,
            "started": fields.Datetime.to_string(self.date_start),
            "ended": fields.Datetime.to_string(self.date_end) or False,
            "cases": self.case_count,
            "contacts": self.contact_count,
            "sent": self.sent_count,
            "failed": self.failed_count,
            "waiting": self.waiting_count,
            "error": self.error or False,
        }
