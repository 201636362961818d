from odoo import fields, models


class ResCompany(models.Model):
    """Up to which sum each role gives fees up alone."""

    _inherit = "res.company"

    collections_fee_limit_collector = fields.Monetary(
        "Collectors Waive up to", help="Above it a second person decides. 0: always."
    )
    collections_fee_limit_supervisor = fields.Monetary(
        "Supervisors Waive up to",
        default=100.0,
        help="Above it a second person decides. Also up to which they decide for others.",
    )
    collections_fee_limit_manager = fields.Monetary(
        "Managers Waive up to", default=1000.0, help="Above it another manager decides."
    )

    _fee_limits_positive = models.Constraint(
        "CHECK (coalesce(collections_fee_limit_collector, 0) >= 0"
        " AND coalesce(collections_fee_limit_supervisor, 0) >= 0"
        " AND coalesce(collections_fee_limit_manager, 0) >= 0)",
        "The sums up to which fees are waived cannot be negative.",
    )
