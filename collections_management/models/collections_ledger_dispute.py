from dataclasses import replace

from odoo import api, models

from ..engine.ladder import SPECK, Hold


class CollectionsLedger(models.AbstractModel):
    """What is contested is not asked for; what was paid or credited ends its dispute."""

    _inherit = "collections.ledger"

    @api.model
    def _refresh(self, company, partners=None, run=None):
        counts = super()._refresh(company, partners, run)
        self.env["collections.dispute"]._settle(company, partners)
        return counts

    def _get_receivables(self, cases, line_holds):
        """Of a receivable contested in part, only the rest is asked for."""
        receivables, credited = super()._get_receivables(cases, line_holds)
        ids = [item.id for items in receivables.values() for item in items]
        parts = self.env["collections.hold"]._get_disputed_parts(ids)
        if parts:
            for case_id, items in receivables.items():
                receivables[case_id] = [self._reduce(item, parts.get(item.id)) for item in items]
        return receivables, credited

    def _reduce(self, item, part):
        """Return a receivable without its contested part; held when nothing else is left."""
        if not part:
            return item
        if item.residual - part <= SPECK:
            return replace(item, hold=item.hold or Hold("dispute"))
        return replace(item, residual=item.residual - part)
