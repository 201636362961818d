from odoo import fields, models


class CollectionsPromiseType(models.Model):
    """How a promise is going to be paid, and what that means for its verdict.

    A promise copies these terms when it is made: changing a type changes no promise.
    """

    _name = "collections.promise.type"
    _description = "Type of Promise"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    grace_days = fields.Integer(
        default=1, help="Days after the date on which a payment still keeps the promise."
    )
    kept_percent = fields.Integer(
        string="Kept From %",
        default=100,
        help="The promise counts as kept once this share of it has been paid.",
    )
    default_days = fields.Integer(
        string="Proposed Days", default=3, help="The date proposed is so many days ahead."
    )

    _days_positive = models.Constraint(
        "CHECK (grace_days >= 0 AND default_days >= 0)", "The days cannot be negative."
    )
    _percent_sound = models.Constraint(
        "CHECK (kept_percent BETWEEN 1 AND 100)", "A promise is kept from 1 to 100 % of it."
    )
