from odoo import fields, models


class CollectionsTeamMember(models.Model):
    """A collector's place in a team."""

    _name = "collections.team.member"
    _description = "Collector in a Team"
    _order = "team_id, sequence, id"
    _rec_name = "user_id"

    team_id = fields.Many2one("collections.team", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="team_id.company_id")
    user_id = fields.Many2one(
        "res.users",
        string="Collector",
        required=True,
        ondelete="cascade",
        index=True,
        domain=[("share", "=", False)],
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _member_unique = models.Constraint(
        "UNIQUE (team_id, user_id)", "A collector is in a team once."
    )
