from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsReceipt(models.Model):
    """Whose payment it is: who had the case, and its team, when it was noticed."""

    _inherit = "collections.receipt"

    user_id = fields.Many2one(
        "res.users",
        string="Collector",
        compute="_compute_user_id",
        store=True,
        index="btree_not_null",
        ondelete="set null",
    )
    team_id = fields.Many2one(
        "collections.team", compute="_compute_user_id", store=True, ondelete="set null"
    )

    _day_idx = models.Index("(date, company_id)")

    @api.depends("case_id")
    def _compute_user_id(self):
        for receipt in self:
            receipt.user_id = receipt.case_id.user_id
            receipt.team_id = receipt.case_id.team_id

    @api.model
    def _notice(self, company, partners=None, run=None):
        [[before]] = self.env.execute_query(
            SQL("SELECT coalesce(max(id), 0) FROM collections_receipt")
        )
        result = super()._notice(company, partners, run)
        self.env["collections.case"].flush_model(["user_id", "team_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE collections_receipt receipt
                   SET user_id = kase.user_id, team_id = kase.team_id
                  FROM collections_case kase
                 WHERE kase.id = receipt.case_id AND receipt.company_id = %s AND receipt.id > %s
                """,
                company.id,
                before,
            )
        )
        self.invalidate_model(["user_id", "team_id"])
        return result
