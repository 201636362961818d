from odoo import fields, models
from odoo.exceptions import UserError


class CollectionsCommissionSettle(models.TransientModel):
    """Asks up to which day the commissions of an agency are settled."""

    _name = "collections.commission.settle"
    _description = "Settle Commissions"

    agency_id = fields.Many2one("collections.agency", required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_to = fields.Date(
        string="Payments up to",
        required=True,
        default=lambda self: fields.Date.subtract(
            fields.Date.start_of(fields.Date.context_today(self), "month"), days=1
        ),
    )

    def action_settle(self):
        """Settle and show what came of it."""
        self.ensure_one()
        commissions = self.env["collections.commission"]
        commissions._check_manager()
        if self.date_to > self.env["collections.ledger"]._today(self.company_id):
            raise UserError(self.env._("Payments up to a day that has come."))
        found = commissions._settle(self.agency_id.sudo(), self.company_id, self.date_to)
        if not found:
            raise UserError(self.env._("Nothing is to be settled: no payment since the last time."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_commission_action"
        )
        return {**action, "domain": [("id", "in", found.ids)], "context": {}}
