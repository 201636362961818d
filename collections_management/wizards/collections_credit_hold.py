from odoo import fields, models


class CollectionsCreditHold(models.TransientModel):
    """Asks why debtors are put on credit hold."""

    _name = "collections.credit.hold"
    _description = "Put on Credit Hold"

    case_ids = fields.Many2many("collections.case", required=True, readonly=True)
    note = fields.Char(string="Why", required=True)
    is_fixed = fields.Boolean(
        string="Until Somebody Releases It",
        help="Off: it ends by itself when nothing is overdue any more.",
    )

    def action_confirm(self):
        """Put them on credit hold."""
        self.case_ids._check_credit_supervisor()
        self.case_ids._put_on_credit_hold(self.note, self.is_fixed)
        return {"type": "ir.actions.act_window_close"}
