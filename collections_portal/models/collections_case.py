from odoo import api, fields, models

from .collections_log import LOG_EVENTS


class CollectionsCase(models.Model):
    """The pay links of a debtor."""

    _inherit = "collections.case"

    pay_link_ids = fields.One2many("collections.pay.link", "case_id", readonly=True)

    def _get_hold_label(self, reason):
        if reason == "payment_pending":
            return self.env._("A payment of the debtor is under way")
        return super()._get_hold_label(reason)

    def _get_pay_url(self):
        """Return the address of the debtor's page, for who talks with him outside a message."""
        self.ensure_one()
        links = self.env["collections.pay.link"].sudo()
        return links._get_address(self.get_base_url(), links._issue_case(self)._get_token())

    def action_pay_link(self):
        """Show a link that may be handed to the debtor."""
        self.ensure_one()
        self.check_access("read")
        self.env["collections.contact"]._check_collector()
        link = self.env["collections.pay.link"].sudo()._issue_case(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pay Link"),
            "res_model": "collections.pay.link",
            "res_id": link.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_revoke_pay_links(self):
        """Ask why all links of the debtor are revoked."""
        return self.pay_link_ids.filtered("is_open").action_ask_revoke()

    def _merge_into(self, target):
        """The links of a merged debtor open the page of who he is now."""
        result = super()._merge_into(target)
        self.sudo().pay_link_ids.case_id = target
        return result

    @api.model
    def _get_history_domains(self):
        return super()._get_history_domains() | {
            "payments": [("event", "in", [event for event, _label in LOG_EVENTS])]
        }
