from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_sms_test_number = fields.Char(
        related="company_id.collections_sms_test_number", readonly=False
    )
    collections_sms_plain = fields.Boolean(
        related="company_id.collections_sms_plain", readonly=False
    )
    collections_sms_inbound_url = fields.Char(related="company_id.collections_sms_inbound_url")
    collections_sms_fault = fields.Char(related="company_id.collections_sms_fault")

    def action_collections_sms_resume(self):
        """Try the SMS provider again at once."""
        return self.company_id.action_collections_sms_resume()
