from odoo import api, fields, models

from .collections_dunned_mixin import READERS


class AccountMoveLine(models.Model):
    """How much of a receivable is contested, and what is left to ask for."""

    _inherit = "account.move.line"

    collections_dispute_ids = fields.One2many(
        "collections.dispute", "line_id", string="Disputes", readonly=True, groups=READERS
    )
    collections_disputed_part = fields.Float(
        compute="_compute_collections_disputed_part",
        compute_sudo=True,
        groups=READERS,
        help="The part that is not asked for while it is contested; the rest goes on.",
    )

    def _compute_collections_disputed_part(self):
        parts = self.env["collections.hold"]._get_disputed_parts(self.ids)
        for line in self:
            line.collections_disputed_part = parts.get(line.id, 0.0)

    def _get_collections_claim(self):
        """Return what is asked for of this receivable, in its currency: what is left to pay,
        less the part that is contested. A credit is what it is."""
        self.ensure_one()
        residual = self.amount_residual_currency
        if residual <= 0:
            return residual
        return self.currency_id.round(max(residual - self.sudo().collections_disputed_part, 0))

    @api.model
    def _forget_disputed_parts(self):
        """Read the contested parts again, after a dispute changed."""
        self.env["account.move.line"].invalidate_model(["collections_disputed_part"], flush=False)
