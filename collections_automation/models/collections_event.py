import json
from datetime import datetime
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Occurrence(NamedTuple):
    """One event that one rule is to act on; an entry of the log, or the end of a run."""

    automation_id: int
    event: str
    moment: datetime
    res_model: str
    res_id: int
    case_id: int | None = None
    log_id: int | None = None
    run_id: int | None = None


class CollectionsEvent(models.Model):
    """Events also set off automation rules: queued in the transaction in which they happen, in one
    statement per batch, or none when no rule asks for them."""

    _inherit = "collections.event"

    @api.model
    def _get_automation_models(self):
        """Extension point: ``{model a rule can be about: what its events are called}``.

        An event ``promise.broken`` is about the record whose id the data of the entry has under
        ``promise``. Every entry of the log is about its case too.
        """
        return {
            "collections.case": "case",
            "collections.contact": "contact",
            "collections.hold": "hold",
            "collections.run": "run",
        }

    def _is_about(self, model):
        """Tell whether records of a model are what this event is about."""
        self.ensure_one()
        subject = self.code.partition(".")[0]
        own = self._get_automation_models().get(model)
        return own == subject or (own == "case" and subject != "run")

    @api.model
    def _get_subject_id(self, model, entry):
        """Return the id of the record of a model that an entry of the log is about, or None."""
        subject = self._get_automation_models()[model]
        if subject in ("case", "contact"):
            return getattr(entry, f"{subject}_id")
        return json.loads(entry.data or "{}").get(subject)

    @api.model
    def _publish_links(self, links):
        super()._publish_links(links)
        subscriptions = self.env["base.automation"]._get_collections_subscriptions()
        if not subscriptions:
            return
        occurrences = []
        for link in links:
            entry = link.entry
            code = self._get_public_name(entry.event, entry.contact_id)
            for automation_id, model in subscriptions.get(code, ()):
                if res_id := self._get_subject_id(model, entry):
                    occurrences.append(
                        Occurrence(
                            automation_id,
                            code,
                            entry.moment.replace(microsecond=0),
                            model,
                            res_id,
                            case_id=entry.case_id,
                            log_id=entry.entry_id,
                        )
                    )
        self._queue_occurrences(occurrences)

    @api.model
    def _publish_run(self, run):
        result = super()._publish_run(run)
        code = f"run.{run.state}"
        subscriptions = self.env["base.automation"]._get_collections_subscriptions()
        self._queue_occurrences(
            [
                Occurrence(automation_id, code, run.date_end, model, run.id, run_id=run.id)
                for automation_id, model in subscriptions.get(code, ())
            ]
        )
        return result

    @api.model
    def _queue_occurrences(self, occurrences):
        """Have rules act on these, once the transaction is kept.

        What a rule's own action makes happen does not set off that rule again, nor those that led
        to it: two rules cannot keep each other busy for ever.
        """
        chain = list(self.env.context.get("collections_event", {}).get("rules", ()))
        rows = [occurrence for occurrence in occurrences if occurrence.automation_id not in chain]
        if rows:
            self.env.cr.execute(self._get_firing_sql(rows, chain))
            self.env["collections.automation.firing"].invalidate_model(flush=False)

    def _get_firing_sql(self, rows, chain):
        """Return the statement that queues the occurrences. A rule that a colleague has just
        deleted is left out; one being deleted now makes the transaction start again."""
        names = ("automation_id", "event", "moment", "res_model", "res_id", "case_id", "log_id")
        columns = {name: [getattr(row, name) for row in rows] for name in (*names, "run_id")}
        return SQL(
            """
            INSERT INTO collections_automation_firing (
                automation_id, company_id, event, moment, res_model, res_id, log_id, run_id,
                chain, state, attempts, create_uid, create_date, write_uid, write_date)
            SELECT rule.id, coalesce(kase.company_id, run.company_id), item.event, item.moment,
                   item.res_model, item.res_id, item.log_id, item.run_id,
                   %(chain)s::jsonb, 'queued', 0, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM unnest(%(automation_id)s::int[], %(event)s::text[], %(moment)s::timestamp[],
                          %(res_model)s::text[], %(res_id)s::int[], %(case_id)s::int[],
                          %(log_id)s::int[], %(run_id)s::int[])
                   AS item (automation_id, event, moment, res_model, res_id, case_id, log_id,
                            run_id)
              JOIN base_automation rule ON rule.id = item.automation_id
         LEFT JOIN collections_case kase ON kase.id = item.case_id
         LEFT JOIN collections_run run ON run.id = item.run_id
               FOR KEY SHARE OF rule
                ON CONFLICT DO NOTHING
            """,
            **columns,
            chain=json.dumps(chain),
            uid=self.env.uid,
            now=self.env.cr.now().replace(microsecond=0),
        )
