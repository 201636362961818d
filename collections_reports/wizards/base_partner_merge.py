from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge_collections_cases(self, sources, target):
        """The facts of merged debtors follow the case that goes on."""
        result = super()._merge_collections_cases(sources, target)
        self.env["collections.fact"].sudo()._merge_debtors(sources, target)
        return result
