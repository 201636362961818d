from odoo import api, fields, models


class ResPartner(models.Model):
    """Everybody of the house may know that a customer is on credit hold, and no more than that."""

    _inherit = "res.partner"

    is_credit_hold = fields.Boolean(
        string="On Credit Hold",
        compute="_compute_is_credit_hold",
        search="_search_is_credit_hold",
        compute_sudo=True,
        groups="base.group_user",
        help="In the current company.",
    )

    @api.depends_context("company")
    def _compute_is_credit_hold(self):
        held = self.env["collections.case"]._find_credit_cases(
            self.env.company, self.commercial_partner_id
        )
        for partner in self:
            partner.is_credit_hold = partner.commercial_partner_id in held.partner_id

    def _search_is_credit_hold(self, operator, value):
        if operator != "in":
            return NotImplemented
        cases = self.env["collections.case"].sudo()._search(
            [
                ("company_id", "=", self.env.company.id),
                ("is_credit_hold", "=", True),
                ("state", "!=", "merged"),
            ]
        )  # fmt: skip
        return [("commercial_partner_id", "in", cases.subselect("partner_id"))]
