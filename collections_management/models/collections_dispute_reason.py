from odoo import fields, models


class CollectionsDisputeReason(models.Model):
    """What debtors contest, and who is to solve it in how many days."""

    _name = "collections.dispute.reason"
    _description = "Reason of Disputes"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    debtor_name = fields.Char(
        "As the Debtor Reads It",
        translate=True,
        help="The debtor's own words, where he chooses a reason. Empty: the name.",
    )
    code = fields.Char(help="Its name for other systems.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    cause_id = fields.Many2one(
        "collections.dispute.cause",
        string="Usual Root Cause",
        ondelete="restrict",
        help="Who decides a dispute may find another one.",
    )
    department_id = fields.Many2one("collections.department", ondelete="restrict")
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain=[("share", "=", False)],
        help="Who solves it. Empty: the department's person, else the case's supervisor.",
    )
    days_to_solve = fields.Integer(
        default=10, help="Days until it is to be solved; later, the supervisor is told."
    )

    _code_unique = models.Constraint("UNIQUE (code)", "A code names one reason.")
    _days_sane = models.Constraint(
        "CHECK (days_to_solve BETWEEN 0 AND 365)",
        "A dispute is to be solved within a year.",
    )

    def _get_owner(self, case):
        """Return who solves a dispute of this reason on a case, or an empty record."""
        user = self.user_id or self.department_id.user_id
        return user if case.company_id in user.sudo().company_ids else case.supervisor_id
