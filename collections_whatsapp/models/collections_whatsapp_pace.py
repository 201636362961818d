import psycopg2

from odoo import fields, models
from odoo.tools import SQL

SLACK = 0.1  # seconds of a number's pace that may leave at once


class CollectionsWhatsappPace(models.Model):
    """When the next message of an account may leave: what all workers share.

    Written in transactions of its own, for a few messages at a time, so nobody waits for a worker
    that still prepares its messages.
    """

    _name = "collections.whatsapp.pace"
    _description = "WhatsApp Pace"
    _log_access = False

    account_id = fields.Many2one("collections.whatsapp.account", required=True, ondelete="cascade")
    next_at = fields.Float("Next Message", required=True, help="Seconds since 1970.")

    _account_unique = models.Constraint("UNIQUE (account_id)", "An account has one pace.")

    def _reserve(self, account, count, per_second):
        """Take the next turns of an account.

        :return: seconds until the first; the others follow evenly
        """
        query = SQL(
            """
            INSERT INTO collections_whatsapp_pace AS pace (account_id, next_at)
                 VALUES (%(account)s, %(now)s - %(slack)s + %(taken)s)
            ON CONFLICT (account_id) DO UPDATE
                    SET next_at = GREATEST(pace.next_at, %(now)s - %(slack)s) + %(taken)s
              RETURNING next_at - %(taken)s - %(now)s
            """,
            account=account.id,
            now=SQL("extract(epoch FROM clock_timestamp())::float8"),
            slack=SLACK,
            taken=count / per_second,
        )
        while True:
            with self.env.registry.cursor() as cr:
                try:
                    cr.execute(query, log_exceptions=False)
                    return max(cr.fetchone()[0], 0.0)
                except psycopg2.errors.SerializationFailure:  # another worker took turns just now
                    cr.rollback()
