from odoo import api, fields, models

from .collections_dunned_mixin import READERS

# What people put between the digits of a number.
BETWEEN = " ()-./\t\xa0"
DIGITS = str.maketrans("", "", BETWEEN)


class ResPartner(models.Model):
    """Which phone numbers reach nobody."""

    _inherit = "res.partner"

    collections_bad_phone = fields.Char(
        string="Number That Reaches Nobody",
        readonly=True,
        copy=False,
        groups=READERS,
        help="A collector called it and it was somebody else's. Nobody is called there until the "
        "number is corrected.",
    )
    collections_is_bad_phone = fields.Boolean(
        compute="_compute_collections_is_bad_phone", groups=READERS
    )
    collections_good_phone = fields.Char(
        compute="_compute_collections_is_bad_phone", groups=READERS
    )

    @api.depends("collections_bad_phone", "phone")
    def _compute_collections_is_bad_phone(self):
        for partner in self:
            bad = partner.collections_bad_phone
            partner.collections_is_bad_phone = bool(bad) and bad == _get_digits(partner.phone)
            partner.collections_good_phone = not partner.collections_is_bad_phone and partner.phone

    def _mark_bad_phone(self):
        """Leave the numbers of these partners out."""
        for partner in self.sudo().filtered("phone"):
            partner.collections_bad_phone = _get_digits(partner.phone)

    @api.model
    def _mark_bad_number(self, number):
        """Leave a number out, whoever has it.

        :param number: in E.164
        """
        self.sudo().search([("phone_sanitized", "=", number)])._mark_bad_phone()

    def write(self, vals):
        """Whoever enters a number says that it is right."""
        result = super().write(vals)
        if "phone" in vals:
            bad = self.sudo().filtered("collections_bad_phone")
            if bad:
                bad.collections_bad_phone = False
        return result


def _get_digits(phone):
    """Return a number without what people put between its digits."""
    return (phone or "").translate(DIGITS)
