from odoo import models


class CollectionsLog(models.Model):
    """Who had a case on a past day is read from its log."""

    _inherit = "collections.log"

    _assigned_idx = models.Index("(case_id, moment) WHERE event = 'assigned'")
