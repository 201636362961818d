from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CollectionsHold(models.Model):
    """A disputed receivable is left alone until the dispute is decided.

    Where the company lets the undisputed part go on, only ``amount`` of the receivable is held:
    the ladder and the messages speak of the rest.
    """

    _inherit = "collections.hold"

    reason = fields.Selection(
        selection_add=[("dispute", "Dispute")], ondelete={"dispute": "set default"}
    )
    dispute_id = fields.Many2one(
        "collections.dispute", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    amount = fields.Float(
        string="Held Part",
        readonly=True,
        digits=0,
        help="So much of the receivable, in its currency, is held; the rest goes on. 0: all of it.",
    )

    _part_idx = models.Index("(line_id) WHERE lifted_on IS NULL AND amount > 0")

    def _check_not_disputed(self):
        """:raise UserError: a dispute's hold ends with the dispute, and changes with it"""
        if not self.env.su and self.dispute_id:
            raise UserError(
                self.env._(
                    "The hold of a dispute ends when it is decided or withdrawn: open the dispute "
                    "%(dispute)s.",
                    dispute=self.dispute_id[:1].sudo().display_name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        by_hand = not self.env.su and any(vals.get("reason") == "dispute" for vals in vals_list)
        if by_hand:
            raise UserError(
                self.env._("Open a dispute: it sets the hold, and says what is contested and why.")
            )
        return super().create(vals_list)

    def write(self, vals):
        self._check_not_disputed()
        if vals.get("reason") == "dispute" and not self.env.su:
            raise UserError(
                self.env._("Open a dispute: it sets the hold, and says what is contested and why.")
            )
        return super().write(vals)

    def action_lift(self):
        self._check_not_disputed()
        return super().action_lift()

    @api.model
    def _get_disputed_parts(self, line_ids):
        """Return ``{line id: amount}`` of the receivables of which only a part is held, in one
        statement."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT line_id, sum(amount) FROM collections_hold"
                " WHERE line_id = ANY(%s) AND lifted_on IS NULL AND amount > 0 GROUP BY line_id",
                list(line_ids),
            )
        )
        return {line_id: float(amount) for line_id, amount in rows}
