from odoo import models


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    def _get_test_email_from(self):
        """Try a server with the sender of the collections when the health page asks."""
        return self.env.context.get("collections_sender") or super()._get_test_email_from()
