from odoo import models
from odoo.tools import SQL


class CollectionsWorklist(models.Model):
    """Who was drawn to be left alone is not put on a list; who asked to be called is called."""

    _inherit = "collections.worklist"

    def _get_eligible_sql(self, company, day):
        assignments = self.env["collections.experiment.assignment"]
        return SQL(
            "%s AND (kase.callback_on IS NOT NULL OR NOT EXISTS (SELECT %s))",
            super()._get_eligible_sql(company, day),
            assignments._get_arm_sql("hold_out", SQL("kase.id")),
        )
