from odoo import fields, models


class ResUsers(models.Model):
    """The teams a collector is in."""

    _inherit = "res.users"

    collections_member_ids = fields.One2many(
        "collections.team.member", "user_id", string="Collection Teams"
    )
