from odoo import models


class CollectionsRun(models.Model):
    _inherit = "collections.run"

    def _get_stage_work(self):
        work = super()._get_stage_work()
        work["refresh"][90] = self._write_facts
        return work

    def _write_facts(self):
        """Write down what changed until yesterday; begin the history of a company that has none."""
        facts = self.env["collections.fact"].sudo()
        rebuilds = self.env["collections.fact.rebuild"].sudo()
        facts._write_day(self.company_id)
        if not rebuilds.search_count([("company_id", "=", self.company_id.id)], limit=1):
            rebuilds._start(self.company_id)
