from odoo import fields, models


class ResUsers(models.Model):
    """The teams a collector is in, and those a supervisor supervises."""

    _inherit = "res.users"

    collections_member_ids = fields.One2many(
        "collections.team.member", "user_id", string="Collections Teams"
    )
    collections_supervised_team_ids = fields.Many2many(
        "collections.team",
        "collections_team_supervisor_rel",
        "user_id",
        "team_id",
        string="Supervised Teams",
    )
