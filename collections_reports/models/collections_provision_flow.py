from odoo import fields, models


class CollectionsProvisionFlow(models.Model):
    """What became of the debts of one age at one month-end: the evidence behind the rates."""

    _name = "collections.provision.flow"
    _description = "Month-end behind a Provision"
    _order = "month, segment_id, bucket, bucket_later, id"
    _log_access = False

    provision_id = fields.Many2one(
        "collections.provision", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(string="Month-End", readonly=True)
    month_later = fields.Date(string="Outcome On", readonly=True)
    segment_id = fields.Many2one("collections.segment", readonly=True, ondelete="set null")
    bucket = fields.Integer(
        string="Late from Day", readonly=True, aggregator=None, help="-1: not due."
    )
    bucket_later = fields.Integer(
        string="Later from Day", readonly=True, aggregator=None,
        help="The age that these debts had on the day of the outcome; -1: not due.",
    )  # fmt: skip
    count = fields.Integer(string="Debts", readonly=True)
    amount = fields.Monetary(string="Was Open", readonly=True)
    collected = fields.Monetary(
        readonly=True, help="Paid, credited, or recovered after it was written off."
    )
    written_off = fields.Monetary(readonly=True, help="Less what was recovered since.")
    defaulted = fields.Monetary(string="In Default", readonly=True, help="Open, and so old.")
    remaining = fields.Monetary(string="Still Open", readonly=True, help="Not in default.")
