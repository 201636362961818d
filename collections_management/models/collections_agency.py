from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list


class CollectionsAgency(models.Model):
    """An outside agency that collects placed cases for a commission on what is paid."""

    _name = "collections.agency"
    _description = "Collection Agency"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", string="Agency", required=True, ondelete="restrict")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    contract_start = fields.Date(tracking=True)
    contract_end = fields.Date(
        tracking=True, help="No case is placed any more after this day; those placed stay."
    )
    tail_days = fields.Integer(
        default=30,
        tracking=True,
        help="Payments count for the commission so many days after a case was recalled.",
    )
    tier_ids = fields.One2many("collections.agency.tier", "agency_id", string="Commission")
    user_ids = fields.Many2many(
        "res.users",
        string="Portal Users",
        domain=[("share", "=", True)],
        help="They work the placed cases in the portal, and see nothing else.",
    )
    send_package = fields.Boolean(
        string="E-mail the Packages",
        help="Each package goes to the e-mail of the agency. Otherwise it is downloaded in the "
        "portal.",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Commission Product",
        ondelete="restrict",
        help="Gives the vendor bill its account and taxes. Empty: those of the journal.",
    )
    placed_count = fields.Integer(compute="_compute_placed_count")

    _partner_unique = models.Constraint(
        "UNIQUE (partner_id, company_id)", "This agency exists already."
    )
    _tail_positive = models.Constraint("CHECK (tail_days >= 0)", "Days cannot be negative.")
    _contract_ordered = models.Constraint(
        "CHECK (contract_end IS NULL OR contract_start IS NULL OR contract_end >= contract_start)",
        "A contract cannot end before it begins.",
    )

    def _compute_placed_count(self):
        counts = dict(
            self.env["collections.escalation"]._read_group(
                [("agency_id", "in", self.ids), ("state", "=", "active")],
                ["agency_id"],
                ["__count"],
            )
        )
        for agency in self:
            agency.placed_count = counts.get(agency, 0)

    @api.constrains("user_ids")
    def _check_users(self):
        inside = self.user_ids.filtered(lambda user: not user.share)
        if inside:
            raise UserError(
                self.env._(
                    "Only portal users work for an agency: %(names)s.",
                    names=format_list(self.env, inside.mapped("name")),
                )
            )

    def write(self, vals):
        if vals.get("active") is False:
            self._check_nothing_placed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        if (
            self.env["collections.escalation"]
            .sudo()
            .search_count([("agency_id", "in", self.ids)], limit=1)
        ):
            raise UserError(self.env._("Cases were placed with this agency: archive it."))

    def _check_nothing_placed(self):
        """An agency that has cases is not archived: nobody would work them."""
        placed = (
            self.env["collections.escalation"]
            .sudo()
            ._read_group(
                [("agency_id", "in", self.ids), ("state", "=", "active")],
                ["agency_id"],
                ["__count"],
            )
        )
        for agency, count in placed:
            raise UserError(
                self.env._(
                    "%(agency)s has %(count)s cases: recall them first.",
                    agency=agency.display_name,
                    count=count,
                )
            )

    def _check_may_place(self, company):
        """Refuse an agency that is archived, of another company or without a contract now."""
        for agency in self:
            today = self.env["collections.ledger"]._today(company)
            if not agency.active:
                raise UserError(self.env._("%(agency)s is archived.", agency=agency.display_name))
            if agency.company_id and agency.company_id != company:
                raise UserError(
                    self.env._("%(agency)s works for %(company)s only.",
                               agency=agency.display_name, company=agency.company_id.name)
                )  # fmt: skip
            begun = not agency.contract_start or agency.contract_start <= today
            over = agency.contract_end and agency.contract_end < today
            if not begun or over:
                raise UserError(
                    self.env._("%(agency)s has no contract today.", agency=agency.display_name)
                )

    def _get_tiers(self):
        """Return the commission as the engine sees it."""
        self.ensure_one()
        return [tier._to_tier() for tier in self.tier_ids]

    def action_open_placed(self):
        """Open the cases that this agency has."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_escalation_action"
        )
        return {
            **action,
            "domain": [("agency_id", "in", self.ids)],
            "context": {"search_default_active": 1},
        }
