from odoo import fields, models
from odoo.exceptions import UserError


class CollectionsCreditAsk(models.TransientModel):
    """Asks why a document is to go through although its debtor is on credit hold."""

    _name = "collections.credit.ask"
    _description = "Ask for a Release of a Credit Hold"

    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    note = fields.Text(string="Why", required=True)

    def _get_document(self):
        """Extension point: ``(record, name of the field of a request)`` that is asked for."""
        self.ensure_one()
        return self.move_id, "move_id"

    def action_ask(self):
        """Ask the supervisor of the debtor's case."""
        document, name = self._get_document()
        if not document:
            raise UserError(self.env._("Say for which document."))
        document.check_access("read")
        partner = document.partner_id.commercial_partner_id
        case = self.env["collections.case"].sudo()._find_credit_cases(document.company_id, partner)
        if not case:
            raise UserError(
                self.env._("%s is not on credit hold any more: try again.", partner.display_name)
            )
        requests = self.env["collections.credit.release"]
        requests._ask(case[:1].with_env(self.env), self.note, {name: document.id})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The release is asked for: you are told what comes of it."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
