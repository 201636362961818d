from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from odoo.addons.collections_management.engine.ladder import Hold

REASON = "experiment"


class CollectionsLedger(models.AbstractModel):
    """Who was drawn to be left alone is left alone, as long as his comparison runs."""

    _inherit = "collections.ledger"

    def _get_holds(self, cases, today):
        holds = super()._get_holds(cases, today)
        self.env["collections.experiment.assignment"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT assigned.case_id, experiment.date_start, experiment.longest_days
                  FROM collections_experiment_assignment assigned
                  JOIN collections_experiment_arm arm
                    ON arm.id = assigned.arm_id AND arm.treatment = 'hold_out'
                  JOIN collections_experiment experiment ON experiment.id = assigned.experiment_id
                 WHERE assigned.is_running AND assigned.case_id = ANY(%s)
                """,
                cases.ids,
            )
        )
        for case_id, start, days in rows:
            holds[case_id].append(Hold(REASON, start + timedelta(days=days)))
        return holds
