from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.collections_fee_waiver import WAIVER_REASONS


class CollectionsFeeWaive(models.TransientModel):
    """Asks why fees are given up; tells beforehand whether a second person has to agree."""

    _name = "collections.fee.waive"
    _description = "Waive Fees"

    fee_ids = fields.Many2many("collections.fee", required=True)
    reason = fields.Selection(WAIVER_REASONS, required=True, default="goodwill")
    note = fields.Char("In a Few Words", required=True)
    is_alone = fields.Boolean(compute="_compute_is_alone")
    has_posted = fields.Boolean(compute="_compute_is_alone")

    @api.depends("fee_ids")
    @api.depends_context("uid")
    def _compute_is_alone(self):
        for wizard in self:
            wizard.is_alone = wizard.fee_ids._is_within_limit()
            wizard.has_posted = "posted" in wizard.fee_ids.mapped("move_state")

    def action_waive(self):
        """Give the fees up, or ask a second person."""
        self.ensure_one()
        if not self.fee_ids:
            raise UserError(self.env._("Choose the fees to give up."))
        alone = self.fee_ids._waive(self.reason, self.note)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("The fees are waived.")
                if alone
                else self.env._("It is above your limit: a second person is asked."),
                "type": "success" if alone else "warning",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
