from odoo import api, models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "collections.dunned.mixin"]

    def _get_collections_lines(self):
        """Return the receivables of one record."""
        return self.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _is_collectible(self):
        """Tell whether collections would look at this record at all."""
        return (
            self.move_type == "out_invoice"
            and self.state == "posted"
            and self.payment_state not in ("paid", "reversed", "in_payment")
        )

    def button_draft(self):
        """A move that is no longer posted is not dunned: what is planned for it is withdrawn."""
        self._withdraw_collections_contacts()
        return super().button_draft()

    @api.ondelete(at_uninstall=False)
    def _unlink_withdraw_contacts(self):
        self._withdraw_collections_contacts()

    def _withdraw_collections_contacts(self):
        """Skip the contacts under way whose carrying receivable belongs to these moves."""
        contacts = (
            self.env["collections.contact"]
            .sudo()
            .search(
                [
                    ("carrier_id.move_id", "in", self.ids),
                    ("state", "in", ("planned", "held", "awaiting", "queued")),
                ]
            )
        )
        if contacts:
            contacts._skip("superseded")

    def action_open_collections_case(self):
        """Open the case of the invoice's debtor."""
        return self.collections_case_id.get_formview_action()
