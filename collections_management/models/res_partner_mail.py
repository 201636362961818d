from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from .collections_dunned_mixin import READERS
from .collections_step import ROLES


class ResPartner(models.Model):
    """Whom collections writes to at a debtor's, and which addresses do not arrive."""

    _inherit = "res.partner"

    collections_role = fields.Selection(
        ROLES,
        string="Role in Collections",
        groups=READERS,
        help="The steps of a strategy say which role they write to. Without a person of that role, "
        "accounts payable is written to, then the invoice address, then the company.",
    )
    collections_bad_email = fields.Char(
        string="Address That Bounced",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=READERS,
        help="A message to this address came back: nothing is sent there until it is corrected.",
    )
    collections_is_bad_email = fields.Boolean(
        compute="_compute_collections_is_bad_email", groups=READERS
    )

    @api.depends("collections_bad_email", "email_normalized")
    def _compute_collections_is_bad_email(self):
        for partner in self:
            bad = partner.collections_bad_email
            partner.collections_is_bad_email = bool(bad) and bad == partner.email_normalized

    @api.model
    def _mark_bad_email(self, address):
        """Leave an address out, wherever it stands."""
        if address := email_normalize(address or ""):
            partners = self.with_context(active_test=False).sudo()
            partners.search([("email_normalized", "=", address)]).collections_bad_email = address

    @api.model
    def _forget_bad_email(self, address):
        """Offer an address again: somebody wrote from it."""
        partners = self.with_context(active_test=False).sudo()
        partners.search([("collections_bad_email", "=", address)]).collections_bad_email = False

    def write(self, vals):
        """Whoever enters an address says that it is right."""
        result = super().write(vals)
        if "email" in vals:
            bad = self.sudo().filtered("collections_bad_email")
            if bad:
                bad.collections_bad_email = False
        return result

    def action_trust_email(self):
        """Offer the address that bounced again."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_collector"
        ):
            raise UserError(self.env._("A collector does this."))
        self.check_access("read")
        self.sudo().collections_bad_email = False
        return True


class CollectionsCase(models.Model):
    """The persons of a debtor, by role, on the case."""

    _inherit = "collections.case"

    person_ids = fields.One2many(related="partner_id.child_ids", string="People", readonly=False)
