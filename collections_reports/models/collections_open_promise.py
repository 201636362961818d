from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenPromise(models.Model):
    """Promises to pay, with what became of them."""

    _name = "collections.open.promise"
    _description = "Promises to pay, and what became of them."
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "promises"
    _open_date = "date"
    _depends = {
        "collections.promise": ["state", "amount", "amount_paid", "date", "date_due", "settled_on"],
        "collections.case": ["user_id", "team_id", "segment_id"],
    }

    date = fields.Date(readonly=True, help="The day it was made.")
    date_due = fields.Date(readonly=True, help="The day of payment that was promised.")
    state = fields.Char(
        readonly=True,
        help="awaiting, open, due, kept, partly, broken, replaced, withdrawn or refused.",
    )
    currency = fields.Char(readonly=True, help="Currency of the amounts.")
    amount = fields.Float(readonly=True, help="What was promised.")
    amount_paid = fields.Float(readonly=True, help="What was paid of it in time.")
    date_settled = fields.Date(readonly=True, help="The day the verdict was taken.")
    obtained_by = fields.Char(readonly=True, help="Who obtained it.")
    channel = fields.Char(readonly=True, help="Code of the channel it came through.")
    agreement_id = fields.Many2one(
        "collections.agreement", readonly=True, help="Id of the agreement it is an instalment of."
    )

    def _get_view_sql(self):
        return SQL(
            """
            SELECT promise.id, %s, promise.date, promise.date_due, promise.state,
                   currency.name AS currency, promise.amount, promise.amount_paid,
                   promise.settled_on AS date_settled, giver.name AS obtained_by,
                   channel.code AS channel, promise.agreement_id
              FROM collections_promise promise
              JOIN collections_case kase ON kase.id = promise.case_id %s
         LEFT JOIN res_currency currency ON currency.id = promise.currency_id
         LEFT JOIN res_users taker ON taker.id = promise.user_id
         LEFT JOIN res_partner giver ON giver.id = taker.partner_id
         LEFT JOIN collections_channel channel ON channel.id = promise.channel_id
            """,
            self._get_case_columns_sql(),
            self._join_case("kase.company_id", "kase.partner_id"),
        )
