from odoo import api, models
from odoo.tools import SQL

from ..engine.ladder import Hold


class CollectionsLedger(models.AbstractModel):
    _inherit = "collections.ledger"

    @api.model
    def _get_holds(self, cases, today):
        """Unpaid fees ride along: told with the rest, they are no reason to write."""
        holds = super()._get_holds(cases, today)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT line.id
                  FROM collections_fee fee
                  JOIN collections_fee_policy policy
                    ON policy.id = fee.policy_id AND policy.dunning = 'along'
                  JOIN account_move_line line ON line.move_id = fee.move_id
                 WHERE fee.case_id = ANY(%s) AND fee.state = 'charged' AND %s
                """,
                cases.ids,
                self._get_open_sql("line"),
            )
        )
        for [line_id] in rows:
            holds["lines"].setdefault(line_id, Hold("fee"))
        return holds
