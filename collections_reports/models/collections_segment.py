from odoo import models
from odoo.tools import SQL


class CollectionsSegment(models.Model):
    """A debtor who was drawn to try another strategy has that one."""

    _inherit = "collections.segment"

    def _get_strategy_sql(self, company):
        self.env["collections.experiment.assignment"].flush_model()
        assignments = self.env["collections.experiment.assignment"]
        return SQL(
            "coalesce((SELECT arm.strategy_id %s), %s)",
            assignments._get_arm_sql("strategy", SQL("fresh.id")),
            super()._get_strategy_sql(company),
        )
