from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsBoard(models.Model):
    """What debtors promised to each collector."""

    _inherit = "collections.board"

    promise_due_count = fields.Integer(
        string="Promises Due", readonly=True, help="Debtors whose promise is due today or was."
    )
    promise_broken_count = fields.Integer(
        string="Broken and Silent",
        readonly=True,
        help="Debtors who broke a promise and have made no other one.",
    )

    @api.model
    def _get_case_figures(self):
        today = self.env["collections.ledger"]._today(self.env.company)
        return super()._get_case_figures() | {
            "promise_due_count": SQL("count(*) FILTER (WHERE kase.next_promise_date <= %s)", today),
            "promise_broken_count": SQL(
                "count(*) FILTER (WHERE kase.broken_promise_count > 0"
                " AND kase.next_promise_date IS NULL)"
            ),
        }
