from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenHistory(models.Model):
    """What every debtor owed, day by day: a row for each day on which it changed."""

    _name = "collections.open.history"
    _description = "What every debtor owed, a row for each day on which it changed."
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "history"
    _open_date = "date"
    _depends = {
        "collections.fact": ["day", "source", "amount_total"],
        "collections.case": ["user_id", "team_id", "segment_id"],
    }

    date = fields.Date(readonly=True, help="It stood at the end of this day.")
    date_until = fields.Date(
        readonly=True, help="And at the end of each day until this one; empty: it still stands."
    )
    source = fields.Char(
        readonly=True,
        help="night: written that night; rebuilt: told by the ledger of the time before.",
    )
    currency = fields.Char(readonly=True, help="Currency of the amounts.")
    amount_total = fields.Float(readonly=True, help="What was owed less credits.")
    amount_overdue = fields.Float(readonly=True, help="What was overdue, before credits.")
    amount_credit = fields.Float(readonly=True, help="Credits and payments not allocated.")
    amount_not_due = fields.Float(readonly=True, help="Not due yet.")
    amount_1_30 = fields.Float(
        string="1-30 Days", readonly=True, help="Late for 1 to 30 days."
    )  # fmt: skip
    amount_31_60 = fields.Float(
        string="31-60 Days", readonly=True, help="Late for 31 to 60 days."
    )  # fmt: skip
    amount_61_90 = fields.Float(
        string="61-90 Days", readonly=True, help="Late for 61 to 90 days."
    )  # fmt: skip
    amount_over_90 = fields.Float(readonly=True, help="Late for more than 90 days.")
    amount_disputed = fields.Float(readonly=True, help="Contested; not known of a rebuilt day.")
    amount_promised = fields.Float(readonly=True, help="Promised; not known of a rebuilt day.")
    collector_then = fields.Char(
        readonly=True, help="Collector of the case then; not known of a rebuilt day."
    )
    team_then = fields.Char(
        readonly=True, help="Team of the case then; not known of a rebuilt day."
    )
    segment_then = fields.Char(
        readonly=True, help="Segment of the case then; not known of a rebuilt day."
    )

    def _get_view_sql(self):
        return SQL(
            """
            SELECT fact.id, %s, fact.day AS date, fact.source,
                   (SELECT min(later.day) - 1 FROM collections_fact later
                     WHERE later.company_id = fact.company_id
                       AND coalesce(later.partner_id, 0) = coalesce(fact.partner_id, 0)
                       AND later.day > fact.day) AS date_until,
                   currency.name AS currency, fact.amount_total, fact.amount_overdue,
                   fact.amount_credit, fact.amount_not_due, fact.amount_1_30, fact.amount_31_60,
                   fact.amount_61_90, fact.amount_over_90, fact.amount_disputed,
                   fact.amount_promised, holder.name AS collector_then,
                   crew.name->>'en_US' AS team_then, part.name->>'en_US' AS segment_then
              FROM collections_fact fact
         LEFT JOIN collections_case kase ON kase.id = fact.case_id %s
         LEFT JOIN res_currency currency ON currency.id = fact.currency_id
         LEFT JOIN res_users held ON held.id = fact.user_id
         LEFT JOIN res_partner holder ON holder.id = held.partner_id
         LEFT JOIN collections_team crew ON crew.id = fact.team_id
         LEFT JOIN collections_segment part ON part.id = fact.segment_id
            """,
            self._get_case_columns_sql(),
            self._join_case("fact.company_id", "fact.partner_id"),
        )
