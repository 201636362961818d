from odoo import models


class CollectionsRun(models.Model):
    """Every night random comparisons are looked at, and debtors that came into scope enter."""

    _inherit = "collections.run"

    def _get_stage_work(self):
        work = super()._get_stage_work()
        work["refresh"][50] = self._look_at_experiments
        work["segment"][5] = self._enter_experiments
        return work

    def _look_at_experiments(self):
        """Before segmenting: where one ends, debtors go back to their segment's strategy."""
        self.env["collections.experiment"]._get_running(self.company_id)._look()

    def _enter_experiments(self):
        """After segmenting: who enters an arm with another strategy gets it tonight."""
        running = self.env["collections.experiment"]._get_running(self.company_id)
        if running._enter():
            self.env["collections.segment"]._assign(self.company_id, run=self)
