from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    collections_voice_test_phone = fields.Char(
        "Test Number for Calls",
        help="In safe mode every automated call goes there, as +511234567.",
    )

    @api.constrains("collections_voice_test_phone")
    def _check_collections_voice_test_phone(self):
        for company in self:
            phone = company.collections_voice_test_phone
            if phone and not self._phone_format(
                number=phone, country=company.country_id, force_format="E164"
            ):
                raise ValidationError(
                    self.env._("%(phone)s is no phone number; write it as +511234567.", phone=phone)
                )

    def _get_collections_voice_test_phone(self):
        """Return the test number as it is dialled, or False."""
        self.ensure_one()
        phone = self.collections_voice_test_phone
        return phone and self._phone_format(
            number=phone, country=self.country_id, force_format="E164"
        )
