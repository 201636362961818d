from odoo import fields, models


class ResCompany(models.Model):
    """How a company starts collecting: what becomes of debts older than the system."""

    _inherit = "res.company"

    collections_start_mode = fields.Selection(
        [
            ("gentle", "Gently: from the first step on"),
            ("full", "Where their age puts them"),
        ],
        string="Old Debts Enter",
        default="gentle",
        help="Gently, a debt that was overdue before the start gets the first reminder first, "
        "whatever its age, and climbs from there.",
    )
    collections_start_spread = fields.Integer(
        string="Spread over Days",
        default=5,
        help="The debtors with old debts enter over so many days, not all on the first.",
    )
    collections_start_old_days = fields.Integer(
        string="Left to a Person above Days",
        help="Debts older than this get no automatic message: their cases wait for a decision. "
        "0: none.",
    )
    collections_live_on = fields.Date(string="Live since", readonly=True)
    collections_set_up_on = fields.Date(string="Set Up on", readonly=True)

    _start_sane = models.Constraint(
        "CHECK (coalesce(collections_start_spread, 0) BETWEEN 0 AND 60"
        " AND coalesce(collections_start_old_days, 0) >= 0)",
        "Old debts enter over 60 days at most, and an age cannot be negative.",
    )

    def _start(self):
        """Let old debts enter the ladder today, the first time a company leaves safe mode."""
        for company in self:
            today = self.env["collections.ledger"]._today(company)
            company.collections_live_on = today
            self.env["collections.start"]._apply(company, today)
