from odoo import api, fields, models
from odoo.exceptions import UserError


class CollectionsProvisionForward(models.Model):
    """What is expected of the future, on top of what history says, with its reason."""

    _name = "collections.provision.forward"
    _description = "Forward-looking Adjustment"
    _order = "provision_id, segment_id, id"

    provision_id = fields.Many2one(
        "collections.provision", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="provision_id.company_id", store=True)
    segment_id = fields.Many2one(
        "collections.segment", ondelete="restrict",
        help="Empty: every segment without an adjustment of its own.",
    )  # fmt: skip
    change = fields.Float(
        string="Change of the Rates (%)", digits=(7, 2), required=True,
        help="10 makes a rate of 5 % one of 5.5 %.",
    )  # fmt: skip
    reason = fields.Char(required=True, help="What is expected, and who says so.")

    _segment_once = models.UniqueIndex(
        "(provision_id, coalesce(segment_id, 0))", "A segment has one adjustment."
    )
    _change_sane = models.Constraint(
        "CHECK (change >= -100 AND change <= 1000)",
        "A change lies between -100 % and 1000 % of the rate.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        forwards = super().create(vals_list)
        forwards._touch()
        return forwards

    def write(self, vals):
        self._touch()
        if not self.env.su and "provision_id" in vals:
            raise UserError(self.env._("An adjustment stays in its provision."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        self._touch()

    def _touch(self):
        """Forget what was worked out without it; refuse once the entry is made."""
        provisions = self.provision_id
        if any(one.state != "draft" for one in provisions):
            raise UserError(self.env._("A provision is changed by its buttons, not by hand."))
        provisions.sudo()._forget()
