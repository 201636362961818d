from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenAgreement(models.Model):
    """Payment agreements, with what was paid of them."""

    _name = "collections.open.agreement"
    _description = "Payment agreements, and what was paid of them."
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "agreements"
    _open_date = "date"
    _depends = {
        "collections.agreement": ["state", "amount_total", "amount_paid", "accepted_on"],
        "collections.case": ["user_id", "team_id", "segment_id"],
    }

    number = fields.Char(readonly=True, help="Number of the agreement.")
    date = fields.Date(readonly=True, help="The day it was worked out on.")
    date_accepted = fields.Date(readonly=True, help="The day the debtor accepted it.")
    date_end = fields.Date(readonly=True, help="Last instalment.")
    date_ended = fields.Date(readonly=True, help="The day it was completed, broken or cancelled.")
    state = fields.Char(
        readonly=True, help="draft, awaiting, proposed, active, completed, broken or cancelled."
    )
    instalments = fields.Integer(readonly=True, help="How many instalments it has.")
    late_instalments = fields.Integer(readonly=True, help="How many of them are late.")
    currency = fields.Char(readonly=True, help="Currency of the amounts.")
    amount_debt = fields.Float(readonly=True, help="The debt it is about.")
    amount_discount = fields.Float(readonly=True, help="What is let off.")
    amount_interest = fields.Float(readonly=True, help="Interest of the plan.")
    amount_total = fields.Float(readonly=True, help="What is to be paid in all.")
    amount_paid = fields.Float(readonly=True, help="What was paid of it.")

    def _get_view_sql(self):
        return SQL(
            """
            SELECT agreement.id, %s, agreement.name AS number, agreement.date_start AS date,
                   agreement.accepted_on AS date_accepted, agreement.date_end,
                   agreement.ended_on AS date_ended, agreement.state,
                   agreement.count AS instalments, agreement.late_count AS late_instalments,
                   currency.name AS currency, agreement.amount_debt, agreement.amount_discount,
                   agreement.amount_interest, agreement.amount_total, agreement.amount_paid
              FROM collections_agreement agreement
              JOIN collections_case kase ON kase.id = agreement.case_id %s
         LEFT JOIN res_currency currency ON currency.id = agreement.currency_id
            """,
            self._get_case_columns_sql(),
            self._join_case("kase.company_id", "kase.partner_id"),
        )
