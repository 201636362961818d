from odoo import fields, models


class ResCompany(models.Model):
    """How much a collector can finish in a day."""

    _inherit = "res.company"

    collections_daily_capacity = fields.Integer(
        string="Cases a Day", default=25, help="How many cases a collector's list of a day has."
    )

    _daily_capacity_bounded = models.Constraint(
        "CHECK (collections_daily_capacity BETWEEN 1 AND 500)",
        "The list of a day has between 1 and 500 cases.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_daily_capacity = fields.Integer(
        related="company_id.collections_daily_capacity", readonly=False
    )


class CollectionsTeamMember(models.Model):
    """A collector may work more or less than others."""

    _inherit = "collections.team.member"

    daily_capacity = fields.Integer(
        string="Cases a Day", aggregator=None, help="0: as many as the settings say."
    )

    _daily_capacity_bounded = models.Constraint(
        "CHECK (daily_capacity BETWEEN 0 AND 500)", "The list of a day has at most 500 cases."
    )
