from decimal import Decimal

from odoo import fields, models

from ..engine.commission import Tier


def to_decimal(value):
    """Return a float of the ORM as the decimal that was entered."""
    return Decimal(repr(value))


class CollectionsAgencyTier(models.Model):
    """From so many days past due and so large a debt on, this commission."""

    _name = "collections.agency.tier"
    _description = "Agency Commission Tier"
    _order = "days_from, amount_from, id"

    agency_id = fields.Many2one("collections.agency", required=True, ondelete="cascade", index=True)
    days_from = fields.Integer(
        string="From Days Past Due", help="Of the receivable, on the day it was placed."
    )
    amount_from = fields.Float(
        string="From Amount",
        digits="Account",
        help="Of all that was placed of the debtor, in company currency.",
    )
    percent = fields.Float(string="Commission %", digits=(5, 2), required=True)

    _percent_range = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100)", "A commission is between 0 and 100 %."
    )
    _from_positive = models.Constraint(
        "CHECK (days_from >= 0 AND amount_from >= 0)", "A tier begins at zero or above."
    )
    _tier_unique = models.Constraint(
        "UNIQUE (agency_id, days_from, amount_from)", "A tier exists once."
    )

    def _to_tier(self):
        self.ensure_one()
        return Tier(self.days_from, to_decimal(self.amount_from), to_decimal(self.percent))
