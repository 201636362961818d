from odoo import api, fields, models


class CollectionsProvisionBand(models.Model):
    """How many percent of a debt of some age are provided for."""

    _name = "collections.provision.band"
    _description = "Provision by Age"
    _order = "company_id, days"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    name = fields.Char(compute="_compute_name")
    days = fields.Integer(string="Late from Day", required=True, help="0: from the due date on.")
    percent = fields.Float(string="Provided (%)", digits=(5, 2), required=True)

    _days_unique = models.Constraint("UNIQUE (company_id, days)", "An age has one percentage.")
    _percent_sane = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100)", "A percentage lies between 0 and 100."
    )
    _days_positive = models.Constraint("CHECK (days >= 0)", "Days late cannot be negative.")

    @api.depends("days", "company_id.collections_provision_band_ids.days")
    @api.depends_context("lang")
    def _compute_name(self):
        for band in self:
            later = [
                other.days
                for other in band.company_id.collections_provision_band_ids
                if other.days > band.days
            ]
            if later:
                band.name = self.env._(
                    "%(first)s-%(last)s days late", first=band.days, last=min(later) - 1
                )
            else:
                band.name = self.env._("%(first)s days late and more", first=band.days)

    @api.depends("name")
    def _compute_display_name(self):
        for band in self:
            band.display_name = band.name
