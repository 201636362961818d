from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Merge the cases of merged debtors before Odoo rewrites their references."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) > 1:
            target = dst_partner or self._get_ordered_partner(partners.ids)[-1]
            self._merge_collections_cases(partners - target, target)
        return super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)

    def _merge_collections_cases(self, sources, target):
        """Close the cases of the sources into the target's; a case without a twin just moves."""
        cases = self.env["collections.case"].sudo()
        kept = {
            case.company_id: case
            for case in cases.search([("partner_id", "=", target.id), ("state", "!=", "merged")])
        }
        for case in cases.search([("partner_id", "in", sources.ids), ("state", "!=", "merged")]):
            if case.company_id in kept:
                case._merge_into(kept[case.company_id])
            else:
                kept[case.company_id] = case
        self.env.flush_all()
