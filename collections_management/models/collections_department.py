from odoo import fields, models


class CollectionsDepartment(models.Model):
    """Who in the house solves a kind of dispute: sales, logistics, billing."""

    _name = "collections.department"
    _description = "Department that Solves Disputes"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    user_id = fields.Many2one(
        "res.users",
        string="Gets its Disputes",
        domain=[("share", "=", False)],
        help="Where the reason names nobody.",
    )
