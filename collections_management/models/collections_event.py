from odoo import api, fields, models
from odoo.tools import SQL

# Event of the log -> public name, for entries that are about a contact and for the others: a
# contact can be held back by itself, which is no hold on the case.
CONTACT_EVENTS = {
    "sent": "contact.sent",
    "failed": "contact.failed",
    "answered": "contact.answered",
}
CASE_EVENTS = {
    "case_opened": "case.opened",
    "case_reopened": "case.reopened",
    "case_closed": "case.closed",
    "decision_needed": "case.decision_needed",
    "held": "hold.set",
    "released": "hold.lifted",
}


class CollectionsEvent(models.Model):
    """What other systems may be told about. Its records are data, one per public name.

    Everything that happens on a case is an entry of the log, so the log is where events come from:
    each stored entry passes :meth:`_publish_links`, once. A run has no case; it passes
    :meth:`_publish_run` when it ends.
    """

    _name = "collections.event"
    _description = "Collections Event"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True, help="Its name in the message.")
    sequence = fields.Integer(default=10)
    description = fields.Char(translate=True)

    _code_unique = models.Constraint("UNIQUE (code)", "An event exists once.")

    @api.model
    def _get_public_name(self, event, contact_id):
        """Extension point: the public name of a log event, None when nobody outside is told.

        :param str event: code of ``collections.log.event``
        :param contact_id: the contact it is about, or None
        """
        return (CONTACT_EVENTS if contact_id else CASE_EVENTS).get(event)

    @api.model
    def _publish_links(self, links):
        """Extension point: tell who asked of log entries that were just stored. Whoever else
        listens does the same as here: one statement in this transaction, or none when nobody asks.

        :param links: ``engine.chain.Link`` of the entries
        """
        subscriptions = self.env["collections.webhook"]._get_subscriptions()
        if not subscriptions:
            return
        wanted = {code for code, _webhook_id, _company_id in subscriptions}
        named = [
            (self._get_public_name(link.entry.event, link.entry.contact_id), link.entry)
            for link in links
        ]
        rows = [(name, entry) for name, entry in named if name in wanted]
        if rows:
            for model in ("res.partner", "collections.contact"):
                self.env[model].flush_model()
            self.env.cr.execute(self._get_queue_sql(rows, subscriptions))
            self.env["collections.webhook.delivery"].invalidate_model(flush=False)

    @api.model
    def _publish_run(self, run):
        """Extension point: tell who asked of a run that has just ended."""
        name = f"run.{run.state}"
        webhook_ids = [
            webhook_id
            for code, webhook_id, company_id in self.env["collections.webhook"]._get_subscriptions()
            if code == name and company_id == run.company_id.id
        ]
        if webhook_ids:
            webhooks = self.env["collections.webhook"].sudo().browse(webhook_ids).exists()
            webhooks._queue(name, {"run": run._get_state_data()})

    def _get_queue_sql(self, rows, subscriptions):
        """Return the statement that writes one delivery per entry and webhook that asks for it.

        What it says of the case is what the case says in this transaction. A webhook that was
        deleted in the meantime gets nothing: who deletes it now waits until this is committed.

        :param rows: ``[(public name, chain.Entry)]``
        :param subscriptions: ``(public name, webhook id, company id)`` each
        """
        entries = [entry for _name, entry in rows]
        return SQL(
            """
            INSERT INTO collections_webhook_delivery (
                webhook_id, company_id, event, uuid, payload, state, attempts, queued_on, next_try,
                create_uid, create_date, write_uid, write_date)
            SELECT sub.webhook_id, kase.company_id, item.name, gen_random_uuid(), %(payload)s,
                   'queued', 0, item.moment, item.moment, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM unnest(%(names)s::text[], %(cases)s::int[], %(sequences)s::int[],
                          %(moments)s::timestamp[], %(contacts)s::int[], %(runs)s::int[],
                          %(datas)s::text[])
                   AS item (name, case_id, sequence, moment, contact_id, run_id, data)
              JOIN collections_case kase ON kase.id = item.case_id
              JOIN unnest(%(codes)s::text[], %(webhooks)s::int[], %(companies)s::int[])
                   AS sub (name, webhook_id, company_id)
                ON sub.name = item.name AND sub.company_id = kase.company_id
              JOIN collections_webhook webhook ON webhook.id = sub.webhook_id
              JOIN res_company company ON company.id = kase.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
              JOIN res_partner debtor ON debtor.id = kase.partner_id
         LEFT JOIN collections_contact contact ON contact.id = item.contact_id
         LEFT JOIN collections_channel channel ON channel.id = contact.channel_id
         LEFT JOIN collections_step step ON step.id = contact.step_id
               FOR KEY SHARE OF webhook
            """,
            payload=self._get_payload_sql(),
            names=[name for name, _entry in rows],
            cases=[entry.case_id for entry in entries],
            sequences=[entry.sequence for entry in entries],
            moments=[entry.moment.replace(microsecond=0) for entry in entries],
            contacts=[entry.contact_id for entry in entries],
            runs=[entry.run_id for entry in entries],
            datas=[entry.data for entry in entries],
            codes=[code for code, _webhook_id, _company_id in subscriptions],
            webhooks=[webhook_id for _code, webhook_id, _company_id in subscriptions],
            companies=[company_id for _code, _webhook_id, company_id in subscriptions],
            uid=self.env.uid,
            now=self.env.cr.now().replace(microsecond=0),
        )

    def _get_payload_sql(self):
        """Extension point: the message as a JSON expression over ``item`` (the log entry),
        ``kase``, ``debtor``, ``company``, ``currency``, ``contact``, ``channel`` and ``step``.

        Documented in ``docs/api.md``: a key is added, never renamed. No text of a message is in it.
        """
        return SQL(
            """
            jsonb_build_object(
                'event', item.name,
                'moment', to_char(item.moment, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                'company', jsonb_build_object('id', company.id, 'name', company.name),
                'case', jsonb_build_object(
                    'id', kase.id, 'state', kase.state, 'log_number', item.sequence,
                    'currency', currency.name, 'amount_total', kase.amount_total,
                    'amount_overdue', kase.amount_overdue,
                    'amount_net_overdue', kase.amount_net_overdue,
                    'days_past_due', kase.days_past_due),
                'debtor', jsonb_build_object(
                    'id', debtor.id, 'name', debtor.complete_name, 'vat', debtor.vat,
                    'ref', debtor.ref),
                'contact', CASE WHEN contact.id IS NOT NULL THEN jsonb_build_object(
                    'id', contact.id, 'channel', channel.code, 'step_days', step.days,
                    'safe_mode', coalesce(contact.safe_mode, false)) END,
                'run', item.run_id,
                'details', item.data::jsonb)
            """
        )
