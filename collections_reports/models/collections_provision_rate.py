from odoo import api, fields, models

from ..engine import provision as engine


class CollectionsProvisionRate(models.Model):
    """A rate of the provision matrix, and what it was worked out from."""

    _name = "collections.provision.rate"
    _description = "Rate of a Provision"
    _order = "provision_id, segment_id, kind desc, days"
    _log_access = False

    provision_id = fields.Many2one(
        "collections.provision", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="provision_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    segment_id = fields.Many2one(
        "collections.segment", readonly=True, ondelete="set null",
        help="Empty: all segments, or debtors without one.",
    )  # fmt: skip
    kind = fields.Selection(
        [("not_due", "Not due"), ("late", "Late")], required=True, readonly=True
    )
    days = fields.Integer(string="Late from Day", readonly=True, aggregator=None)
    scope = fields.Selection(
        [
            ("segment", "Own history"),
            ("all", "All segments together"),
            ("entered", "Entered percentage"),
        ],
        string="Rests On",
        required=True,
        readonly=True,
    )
    months = fields.Integer(string="Month-Ends", readonly=True, aggregator=None)
    count = fields.Integer(string="Debts", readonly=True, aggregator=None)
    amount = fields.Monetary(string="Was Open", readonly=True, help="Added up over the month-ends.")
    lost = fields.Monetary(readonly=True, help="Of it: written off, or still open and in default.")
    measured = fields.Float(string="Measured (%)", digits=(5, 2), readonly=True, aggregator=None)
    change = fields.Float(
        string="Looking Forward (%)", digits=(7, 2), readonly=True, aggregator=None
    )
    percent = fields.Float(string="Provided (%)", digits=(5, 2), readonly=True, aggregator=None)

    @api.depends("kind", "days", "segment_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for rate in self:
            age = (
                self.env._("from day %(days)s", days=rate.days)
                if rate.kind == "late"
                else self.env._("not due")
            )
            segment = rate.segment_id.display_name
            rate.display_name = f"{segment}, {age}" if segment else age

    def _get_bucket(self):
        """Return its bucket as the engine counts them."""
        return self.days if self.kind == "late" else engine.NOT_DUE
