from odoo import fields, models
from odoo.tools import SQL

AMOUNTS = (
    "amount_not_due", "amount_1_30", "amount_31_60", "amount_61_90", "amount_over_90",
    "amount_credit", "amount_overdue", "amount_total", "amount_disputed", "amount_promised",
)  # fmt: skip


def join_sql(text, names, separator=", "):
    """Return a piece of SQL for each name, joined."""
    return SQL(separator).join(SQL(text, name=SQL.identifier(name)) for name in names)


class CollectionsFactBase(models.AbstractModel):
    """What was known at the end of a day, and stands until the next of the same."""

    _name = "collections.fact.base"
    _description = "What Was Owed on a Day"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    day = fields.Date(required=True, readonly=True, help="It stands from the end of this day on.")
    amount_total = fields.Monetary(string="Total Owed", readonly=True, aggregator=None)
    amount_overdue = fields.Monetary(string="Overdue", readonly=True, aggregator=None)
    amount_credit = fields.Monetary(string="Credits", readonly=True, aggregator=None)
    amount_not_due = fields.Monetary(string="Not Due", readonly=True, aggregator=None)
    amount_1_30 = fields.Monetary(string="1-30 Days", readonly=True, aggregator=None)
    amount_31_60 = fields.Monetary(string="31-60 Days", readonly=True, aggregator=None)
    amount_61_90 = fields.Monetary(string="61-90 Days", readonly=True, aggregator=None)
    amount_over_90 = fields.Monetary(string="Over 90 Days", readonly=True, aggregator=None)
    amount_disputed = fields.Monetary(string="Disputed", readonly=True, aggregator=None)
    amount_promised = fields.Monetary(string="Promised", readonly=True, aggregator=None)
