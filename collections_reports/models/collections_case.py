from odoo import fields, models

from .collections_ledger import REASON
from .collections_report_base import READERS_OF_ALL


class CollectionsCase(models.Model):
    """The random comparisons a debtor takes part in."""

    _inherit = "collections.case"

    assignment_ids = fields.One2many(
        "collections.experiment.assignment",
        "case_id",
        string="Random Comparisons",
        groups=READERS_OF_ALL,  # those who see every case, and so what an arm recovered
    )

    def _get_hold_label(self, reason):
        if reason == REASON:
            return self.env._(
                "drawn by lot to be left alone for a while, to see what contacting brings"
            )
        return super()._get_hold_label(reason)
