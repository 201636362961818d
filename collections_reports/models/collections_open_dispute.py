from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenDispute(models.Model):
    """Disputes, with their reasons and how they ended; not what was said."""

    _name = "collections.open.dispute"
    _description = "Disputes, their reasons and how they ended."
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "disputes"
    _open_date = "date"
    _depends = {
        "collections.dispute": ["state", "amount", "amount_company", "date_open", "date_closed"],
        "collections.case": ["user_id", "team_id", "segment_id"],
    }

    date = fields.Date(readonly=True, help="The day it was opened.")
    date_target = fields.Date(readonly=True, help="The day it should be decided by.")
    date_closed = fields.Date(readonly=True, help="The day it was closed.")
    days_to_solve = fields.Integer(readonly=True, aggregator="avg", help="Days it took.")
    state = fields.Char(
        readonly=True, help="open, accepted, credited, rejected, withdrawn or paid."
    )
    reason = fields.Char(readonly=True, help="What the debtor contests.")
    cause = fields.Char(readonly=True, help="What caused it in the house.")
    document = fields.Char(readonly=True, help="Number of the contested document.")
    receivable_id = fields.Many2one(
        "account.move.line", readonly=True, help="Id of the contested receivable."
    )
    currency = fields.Char(readonly=True, help="Currency of amount and amount_accepted.")
    amount = fields.Float(readonly=True, help="What is contested.")
    amount_accepted = fields.Float(readonly=True, help="What the debtor was right about.")
    company_currency = fields.Char(readonly=True, help="Currency of amount_company.")
    amount_company = fields.Float(readonly=True, help="What is contested, in it.")

    def _get_view_sql(self):
        return SQL(
            """
            SELECT dispute.id, %s, dispute.date_open AS date, dispute.date_target,
                   dispute.date_closed, dispute.days_to_solve, dispute.state,
                   reason.name->>'en_US' AS reason, cause.name->>'en_US' AS cause,
                   line.move_name AS document, dispute.line_id AS receivable_id,
                   currency.name AS currency, dispute.amount, dispute.amount_accepted,
                   own.name AS company_currency, dispute.amount_company
              FROM collections_dispute dispute
              JOIN collections_case kase ON kase.id = dispute.case_id %s
         LEFT JOIN collections_dispute_reason reason ON reason.id = dispute.reason_id
         LEFT JOIN collections_dispute_cause cause ON cause.id = dispute.cause_id
         LEFT JOIN account_move_line line ON line.id = dispute.line_id
         LEFT JOIN res_currency currency ON currency.id = dispute.currency_id
         LEFT JOIN res_currency own ON own.id = company.currency_id
            """,
            self._get_case_columns_sql(),
            self._join_case("kase.company_id", "kase.partner_id"),
        )
