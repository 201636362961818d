from odoo import fields, models
from odoo.tools import SQL


class CollectionsOpenContact(models.Model):
    """Contacts: what was planned, sent and answered; neither addresses nor texts."""

    _name = "collections.open.contact"
    _description = "Contacts that were planned or made, without addresses and texts."
    _inherit = "collections.open.base"
    _auto = False
    _open_view = "contacts"
    _open_date = "date_planned"
    _depends = {
        "collections.contact": ["state", "sent_on", "planned_on", "cost", "amount", "reason"],
        "collections.case": ["user_id", "team_id", "segment_id"],
    }

    date_planned = fields.Date(readonly=True, help="The day it was planned for.")
    sent_on = fields.Datetime(readonly=True, help="When it left, or was done.")
    channel = fields.Char(readonly=True, help="Code of the channel.")
    strategy = fields.Char(readonly=True, help="Strategy of the step.")
    step = fields.Char(readonly=True, help="Step of the strategy; empty: made by a person.")
    step_days = fields.Integer(
        readonly=True, aggregator=None, help="Days of the step, counted from the due date."
    )
    state = fields.Char(
        readonly=True,
        help="planned, held, awaiting, queued, sending, uncertain, sent, delivered, read, "
        "answered, failed, cancelled or skipped.",
    )
    reason = fields.Char(readonly=True, help="Why it was held, failed or skipped, as a code.")
    currency = fields.Char(readonly=True, help="Currency of the amounts.")
    amount = fields.Float(readonly=True, help="The debt it was about.")
    cost = fields.Float(readonly=True, help="What the provider asked for it, as far as is known.")
    is_test = fields.Boolean(readonly=True, help="Sent to the test address, in safe mode.")

    def _get_view_sql(self):
        return SQL(
            """
            SELECT contact.id, %s, contact.planned_on AS date_planned, contact.sent_on,
                   channel.code AS channel, strategy.name->>'en_US' AS strategy,
                   step.name->>'en_US' AS step, step.days AS step_days, contact.state,
                   contact.reason, currency.name AS currency, contact.amount, contact.cost,
                   coalesce(contact.safe_mode, FALSE) AS is_test
              FROM collections_contact contact
              JOIN collections_case kase ON kase.id = contact.case_id %s
         LEFT JOIN collections_channel channel ON channel.id = contact.channel_id
         LEFT JOIN collections_step step ON step.id = contact.step_id
         LEFT JOIN collections_strategy strategy ON strategy.id = step.strategy_id
         LEFT JOIN res_currency currency ON currency.id = company.currency_id
            """,
            self._get_case_columns_sql(),
            self._join_case("contact.company_id", "kase.partner_id"),
        )
