from odoo import fields, models


class CollectionsAgreementSign(models.TransientModel):
    """Asks for the copy that the debtor signed on paper."""

    _name = "collections.agreement.sign"
    _description = "Signed Copy of an Agreement"

    agreement_id = fields.Many2one("collections.agreement", required=True, readonly=True)
    signed_by = fields.Char(required=True)
    copy_file = fields.Binary(string="Signed Copy", required=True)
    copy_name = fields.Char()

    def action_accept(self):
        """Let the agreement begin."""
        self.agreement_id.action_accept_copy(self.signed_by, self.copy_file, self.copy_name)
        return {"type": "ir.actions.act_window_close"}
