from odoo import fields, models


class CollectionsPromiseEnd(models.TransientModel):
    """Asks why a promise is withdrawn, or refused when it waits for approval."""

    _name = "collections.promise.end"
    _description = "End a Promise"

    promise_id = fields.Many2one("collections.promise", required=True, readonly=True)
    promise_state = fields.Selection(related="promise_id.state")
    reason = fields.Char(required=True)

    def action_withdraw(self):
        """Withdraw the promise."""
        self.promise_id.action_withdraw(self.reason)
        return {"type": "ir.actions.act_window_close"}

    def action_refuse(self):
        """Refuse the promise."""
        self.promise_id.action_refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
