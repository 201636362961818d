from odoo import api, fields, models


class CollectionsCase(models.Model):
    """Who decides on a case what its collector does not: its team's first, else the company's."""

    _inherit = "collections.case"

    supervisor_id = fields.Many2one(
        "res.users",
        compute="_compute_supervisor_id",
        compute_sudo=True,
        help="Who decides on the case what its collector does not.",
    )

    @api.depends("company_id", "team_id.supervisor_ids")
    def _compute_supervisor_id(self):
        supervisors = {
            company: company._get_collections_supervisor() for company in self.company_id
        }
        for case in self:
            case.supervisor_id = case.team_id.supervisor_ids[:1] or supervisors.get(case.company_id)
