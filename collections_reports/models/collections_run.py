from odoo import models


class CollectionsRun(models.Model):
    """A night writes the facts of the day before, looks at random comparisons and lets debtors
    that came into scope enter."""

    _inherit = "collections.run"

    def _get_stage_work(self):
        work = super()._get_stage_work()
        work["refresh"][50] = self._look_at_experiments
        work["refresh"][90] = self._write_facts
        work["segment"][5] = self._enter_experiments
        return work

    def _write_facts(self):
        """Write down what changed until yesterday; begin the history of a company that has none."""
        self.env["collections.fact.total"]._take_turns()
        facts = self.env["collections.fact"].sudo()
        rebuilds = self.env["collections.fact.rebuild"].sudo()
        facts._write_day(self.company_id)
        if not rebuilds.search_count([("company_id", "=", self.company_id.id)], limit=1):
            rebuilds._start(self.company_id)

    def _look_at_experiments(self):
        """Before segmenting: where one ends, debtors go back to their segment's strategy."""
        self.env["collections.experiment"]._get_running(self.company_id)._look()

    def _enter_experiments(self):
        """After segmenting: who enters an arm with another strategy gets it tonight."""
        running = self.env["collections.experiment"]._get_running(self.company_id)
        if running._enter():
            self.env["collections.segment"]._assign(self.company_id, run=self)
