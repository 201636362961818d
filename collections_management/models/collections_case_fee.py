from odoo import api, fields, models


class CollectionsCase(models.Model):
    """The fees of a case."""

    _inherit = "collections.case"

    fee_ids = fields.One2many("collections.fee", "case_id", string="Fees")

    def _get_hold_label(self, reason):
        if reason == "fee":
            return self.env._("Only fees are left")
        return super()._get_hold_label(reason)

    @api.model
    def _get_history_domains(self):
        events = self.env["collections.log"]._get_fee_events()
        return super()._get_history_domains() | {"fees": [("event", "in", events)]}

    def action_preview_fees(self):
        """Show what would be charged on this case today."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_fee_action_preview"
        )
        return {**action, "context": {"default_case_id": self.id}}

    def action_open_fees(self):
        """Open the fees of these cases."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_fee_action"
        )
        return {**action, "domain": [("case_id", "in", self.ids)], "context": {}}

    def _merge_into(self, target):
        """The fees of a debtor go where the debtor goes."""
        self.sudo().fee_ids.write({"case_id": target.id})
        return super()._merge_into(target)
