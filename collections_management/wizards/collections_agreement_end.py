from odoo import fields, models


class CollectionsAgreementEnd(models.TransientModel):
    """Asks why an agreement is cancelled, or sent back when it waits for approval."""

    _name = "collections.agreement.end"
    _description = "End an Agreement"

    agreement_id = fields.Many2one("collections.agreement", required=True, readonly=True)
    agreement_state = fields.Selection(related="agreement_id.state")
    may_approve = fields.Boolean(related="agreement_id.may_approve")
    reason = fields.Char(required=True)

    def action_cancel(self):
        """Cancel the agreement."""
        self.agreement_id.action_cancel(self.reason)
        return {"type": "ir.actions.act_window_close"}

    def action_refuse(self):
        """Send it back to who proposed it."""
        self.agreement_id.action_refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
