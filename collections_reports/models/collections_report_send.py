from odoo import api, models


class CollectionsReportSend(models.AbstractModel):
    """A report on the screen is sent regularly."""

    _inherit = "collections.report"

    @api.model
    def open_schedule(self, code, options=None):
        """Return the action that asks how often and to whom a report is to be sent."""
        return self.env["collections.report.schedule"]._open_new(code, options)
