from odoo import models


class ResPartner(models.Model):
    """Who writes is sought by the number, at every message."""

    _inherit = "res.partner"

    _collections_phone_idx = models.Index("(phone_sanitized) WHERE phone_sanitized IS NOT NULL")
