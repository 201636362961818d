from datetime import timedelta, timezone

from odoo import models
from odoo.tools import SQL

from odoo.addons.collections_management.engine.calendar import Past


class CollectionsLedger(models.AbstractModel):
    """A call that nobody took is an attempt all the same: it rang."""

    _inherit = "collections.ledger"

    def _get_history(self, cases):
        history = super()._get_history(cases)
        self.env["collections.voice.call"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT kase.id, call.started_on, channel.code
                  FROM collections_case kase
                  JOIN collections_case told ON told.partner_id = kase.partner_id
                  JOIN collections_contact contact ON contact.case_id = told.id
                  JOIN collections_channel channel ON channel.id = contact.channel_id
                  JOIN collections_voice_call call ON call.contact_id = contact.id
                 WHERE kase.id = ANY(%s) AND call.started_on > %s AND contact.state = 'failed'
                   AND call.sid IS NOT NULL AND call.state <> 'canceled'
                """,
                cases.ids,
                self._now() - timedelta(days=31),
            )
        )
        for case_id, moment, code in rows:
            past = Past(moment.replace(tzinfo=timezone.utc), code, reached=False)
            history[case_id].append(past)
        return history
