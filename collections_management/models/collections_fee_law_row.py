from odoo import api, fields, models


class CollectionsFeeLawRow(models.Model):
    """One figure of the law from a day on: a yearly rate, a fixed sum or a share of the debt."""

    _name = "collections.fee.law.row"
    _description = "Legal Figure of Late Payment"
    _order = "law_id, kind, date_from desc, amount_from"

    law_id = fields.Many2one("collections.fee.law", required=True, ondelete="cascade", index=True)
    kind = fields.Selection(
        [
            ("rate", "Interest a year (%)"),
            ("fixed", "Fixed sum per receivable"),
            ("penalty", "Once, on the debt (%)"),
        ],
        required=True,
        default="rate",
    )
    date_from = fields.Date("From", required=True)
    reference = fields.Float(
        "Reference Rate (%)",
        digits=(16, 4),
        help="As the central bank publishes it for the period. Part of the yearly rate.",
    )
    points = fields.Float("Points (%)", digits=(16, 4), help="Added to the reference rate.")
    is_known = fields.Boolean(
        "Complete",
        default=True,
        help="Untick it while the reference rate of the period is missing: nothing is charged "
        "by this row until then.",
    )
    percent = fields.Float("Total (%)", digits=(16, 4), compute="_compute_percent", store=True)
    amount_from = fields.Monetary("Debts from", help="Fixed sums may grow with the debt.")
    amount = fields.Monetary()
    currency_id = fields.Many2one("res.currency")

    _numbers_positive = models.Constraint(
        "CHECK (coalesce(points, 0) >= 0 AND coalesce(amount, 0) >= 0"
        " AND coalesce(amount_from, 0) >= 0)",
        "Figures of the law cannot be negative.",
    )
    _currency_needed = models.Constraint(
        "CHECK (kind <> 'fixed' OR currency_id IS NOT NULL)", "A fixed sum needs its currency."
    )

    @api.depends("reference", "points", "is_known")
    def _compute_percent(self):
        for row in self:
            row.percent = max(row.reference + row.points, 0) if row.is_known else 0
