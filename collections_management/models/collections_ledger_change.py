from odoo import api, fields, models
from odoo.tools import SQL

KEY = "collections_management.ledger_change"
BATCH = 500


class CollectionsLedgerChange(models.Model):
    """A debtor whose receivables changed: the case follows within moments, not at night only.

    Accounting only adds a row for each debtor, however many items changed, and waits for nobody:
    the cases themselves are written by a job of their own.
    """

    _name = "collections.ledger.change"
    _description = "Change of the Ledger"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Debtor", required=True, ondelete="cascade", index=True
    )

    @api.model
    def _note(self, lines):
        """Note the debtors of these journal items; written before the next savepoint or commit."""
        pairs = {
            (line.company_id.id, line.partner_id.commercial_partner_id.id)
            for line in lines.sudo()
            if line.account_type == "asset_receivable"
            and line.partner_id
            and line.company_id.collections_active
        }
        if not pairs:
            return
        commit = self.env.cr.precommit
        if KEY not in commit.data:
            commit.data[KEY] = set()
            commit.add(self.sudo()._write_noted)
        commit.data[KEY] |= pairs

    def _write_noted(self):
        """Write what was noted in this transaction and wake the job; a debtor that was merged into
        another one meanwhile is gone."""
        pairs = sorted(self.env.cr.precommit.data.pop(KEY, ()))
        self.env.cr.execute(
            SQL(
                "INSERT INTO collections_ledger_change (company_id, partner_id)"
                " SELECT noted.company_id, partner.id"
                "   FROM unnest(%s::int[], %s::int[]) AS noted (company_id, partner_id)"
                "   JOIN res_partner partner ON partner.id = noted.partner_id",
                [company for company, _partner in pairs],
                [partner for _company, partner in pairs],
            )
        )
        self.env.ref("collections_management.collections_ledger_change_cron")._trigger()

    @api.model
    def _cron_follow(self, batch_size=BATCH):
        """Refresh the cases of the debtors noted; a company whose run is under way waits for it."""
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=self.search_count([]))
        busy = self.env["collections.run"].search([("state", "=", "running")]).company_id
        waiting = self._read_group([("company_id", "not in", busy.ids)], ["company_id"])
        for [company] in waiting:
            while partner_ids := self._take(company, batch_size):
                partners = self.env["res.partner"].browse(set(partner_ids))
                self.env["collections.ledger"]._refresh(company, partners=partners)
                if not commit_progress(len(partner_ids)):
                    return

    def _take(self, company, count):
        """Take debtors of a company out of the queue, none that another worker has."""
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM collections_ledger_change WHERE id IN (
                    SELECT id FROM collections_ledger_change WHERE company_id = %s
                  ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
             RETURNING partner_id
                """,
                company.id,
                count,
            )
        )
        return [partner_id for [partner_id] in rows]
