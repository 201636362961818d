from odoo import api, models


class CollectionsConversation(models.Model):
    """Who asks to pay gets the debtor's page."""

    _inherit = "collections.conversation"

    @api.model
    def _get_pay_url(self, case):
        return case._get_pay_url()
