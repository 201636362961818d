from collections import Counter
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# Debtors that are judged at once: memory stays the same however many there are.
BATCH = 2000
# A payment taken back later than this after the end changes no verdict.
LOOK_BACK_DAYS = 365


class CollectionsSettledMixin(models.AbstractModel):
    """What belongs to a case and is judged by the ledger alone, a batch of debtors at a time."""

    _name = "collections.settled.mixin"
    _description = "Settled by the Ledger"

    @api.model
    def _settle_in_batches(self, company, partners, run):
        """Judge what may have another verdict now.

        :param partners: only these debtors; None: all of the company
        :return: ``{state: number of records that came to it}``
        """
        today = self.env["collections.ledger"]._today(company)
        counts = Counter()
        last = 0
        while case_ids := self._get_case_ids(company, partners, today, last):
            last = case_ids[-1]
            counts.update(self._settle_cases(case_ids, today, run))
        return dict(counts)

    def _get_case_ids(self, company, partners, today, last):
        """Return the next cases with something to judge."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT judged.case_id FROM %(table)s judged %(join)s
                 WHERE judged.company_id = %(company)s AND judged.case_id > %(last)s
                   AND (%(unsettled)s)
              ORDER BY judged.case_id LIMIT %(batch)s
                """,
                table=SQL.identifier(self._table),
                join=SQL(
                    "JOIN collections_case kase ON kase.id = judged.case_id"
                    " AND kase.partner_id = ANY(%s)",
                    partners.ids,
                )
                if partners
                else SQL(),
                company=company.id,
                last=last,
                unsettled=self._get_unsettled_sql(today - timedelta(days=LOOK_BACK_DAYS)),
                batch=BATCH,
            )
        )
        return [case_id for [case_id] in rows]

    def _get_unsettled_sql(self, since):
        """Return the condition on ``judged`` of what may come to another verdict.

        :param date since: what ended before is over for good
        """
        raise NotImplementedError

    def _settle_cases(self, case_ids, today, run):
        """Judge all records of some cases and write what changed; return ``{state: number}``."""
        raise NotImplementedError
