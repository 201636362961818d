from odoo import api, fields, models


class CollectionsTeam(models.Model):
    """Collectors who share a portfolio, and the supervisors who see all of it.

    A supervisor sees the cases of the teams he supervises and those of no team; a collector sees
    his own and, of his teams and of no team, the ones nobody has.
    """

    _name = "collections.team"
    _description = "Collections Team"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    supervisor_ids = fields.Many2many(
        "res.users",
        "collections_team_supervisor_rel",
        "team_id",
        "user_id",
        string="Supervisors",
        domain=[("share", "=", False)],
        help="They see every case of the team and approve what it asks for.",
    )
    member_ids = fields.One2many("collections.team.member", "team_id", string="Collectors")
    case_count = fields.Integer(compute="_compute_case_count")

    @api.depends("member_ids")
    def _compute_case_count(self):
        counts = dict(
            self.env["collections.case"]._read_group(
                [("team_id", "in", self.ids), ("state", "=", "open")], ["team_id"], ["__count"]
            )
        )
        for team in self:
            team.case_count = counts.get(team, 0)

    def action_open_cases(self):
        """Open the cases of this team."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_case_action"
        )
        return {**action, "domain": [("team_id", "=", self.id)], "context": {}}
