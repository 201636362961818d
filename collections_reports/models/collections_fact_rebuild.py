from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

BATCH = 1000


class CollectionsFactRebuild(models.Model):
    """The rebuilding of a company's history from its ledger, in batches of debtors.

    Each batch is committed with how far it came, so that a stop loses nothing; rebuilding again
    gives the same.
    """

    _name = "collections.fact.rebuild"
    _description = "Rebuilding of the History"
    _order = "id desc"
    _rec_name = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    state = fields.Selection(
        [("running", "Under way"), ("done", "Done")],
        required=True,
        readonly=True,
        default="running",
    )
    last_debtor = fields.Integer(
        readonly=True, default=-1, aggregator=None, help="Id of the last debtor that is done."
    )
    fact_count = fields.Integer(string="Facts", readonly=True)
    date_to = fields.Date(
        string="Complete Until",
        readonly=True,
        help="The last day whose facts are known; each night moves it on.",
    )
    date_end = fields.Datetime(string="Ended", readonly=True)

    _running_unique = models.UniqueIndex(
        "(company_id) WHERE state = 'running'", "The history is being rebuilt already."
    )

    @api.model
    def _start(self, companies):
        """Begin to rebuild the history of companies, unless it is under way; a job does it."""
        under_way = self.search([("company_id", "in", companies.ids), ("state", "=", "running")])
        self.create(
            [
                {"company_id": company.id, "date_to": self._get_known_day(company)}
                for company in companies - under_way.company_id
            ]
        )
        self.env.ref("collections_reports.collections_fact_cron_rebuild")._trigger()

    def action_start(self):
        """Rebuild the history of the chosen companies from the ledger."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_manager"
        ):
            raise UserError(self.env._("Only a collections manager rebuilds the history."))
        self.sudo()._start(self.env.companies)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The history is being rebuilt; it may take some minutes."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _get_known_day(self, company):
        """Return the last day whose facts a rebuilding leaves complete: yesterday, but for what
        the nights, which may have stopped, have written."""
        known = self._get_complete_day(company)
        return known or self.env["collections.ledger"]._today(company) - timedelta(days=1)

    @api.model
    def _get_complete_day(self, companies):
        """Return the last day whose facts are known of all these companies, None while the history
        of one of them has not been rebuilt once."""
        days = []
        for company in companies:
            rebuild = self._get_done(company)
            if not rebuild:
                return None
            days.append(rebuild.date_to)
        return min(days, default=None)

    @api.model
    def _get_done(self, company):
        """Return the last rebuilding of a company that has ended."""
        return self.sudo().search(
            [("company_id", "=", company.id), ("state", "=", "done")], limit=1
        )

    @api.model
    def _cron_rebuild(self):
        """Rebuild what is under way, batch by batch, until the job's time is over."""
        commit_progress = self.env["ir.cron"]._commit_progress
        under_way = self.search([("state", "=", "running")], order="id")
        commit_progress(remaining=len(under_way))
        for rebuild in under_way:
            while rebuild.state == "running":
                self.env["collections.fact.total"]._take_turns()
                locked = rebuild.try_lock_for_update()
                if not locked:
                    break  # another worker is at it
                rebuild._work_batch()
                if not commit_progress(rebuild.state == "done"):
                    return

    def _work_batch(self, size=BATCH):
        """Rebuild the next debtors; end when there are none. A night may have gone by since the
        last ones: it compared with what is rewritten now, so its day is rewritten, too."""
        self.ensure_one()
        known = self._get_complete_day(self.company_id)
        if known and known > self.date_to:
            self.date_to = known
        if self.last_debtor < 0:
            partner_ids = [0]
        else:
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner WHERE id > %s AND id = commercial_partner_id"
                    " ORDER BY id LIMIT %s",
                    self.last_debtor,
                    size,
                )
            )
            partner_ids = [partner_id for [partner_id] in rows]
        if not partner_ids:
            self.env["collections.fact.total"]._add_up(self.company_id)
            self.write({"state": "done", "date_end": fields.Datetime.now()})
            return
        count = self.env["collections.fact"]._rebuild(self.company_id, partner_ids, self.date_to)
        self.write({"last_debtor": partner_ids[-1], "fact_count": self.fact_count + count})
