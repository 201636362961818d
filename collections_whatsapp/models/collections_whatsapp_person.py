from odoo import api, fields, models
from odoo.tools import SQL


class CollectionsWhatsappPerson(models.Model):
    """Which phone a user id of WhatsApp was seen with: later news may tell the id alone."""

    _name = "collections.whatsapp.person"
    _description = "Person at WhatsApp"
    _rec_name = "user_code"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    user_code = fields.Char("User ID", required=True)
    phone = fields.Char(required=True)

    _user_unique = models.Constraint(
        "UNIQUE (company_id, user_code)", "A user id is known with one phone."
    )

    @api.model
    def _learn(self, company, user_code, phone):
        """Note that a user id and a phone are one person."""
        self.env.execute_query(
            SQL(
                "INSERT INTO collections_whatsapp_person (company_id, user_code, phone)"
                " VALUES (%s, %s, %s) ON CONFLICT (company_id, user_code)"
                " DO UPDATE SET phone = EXCLUDED.phone RETURNING id",
                company.id,
                user_code,
                phone,
            )
        )

    @api.model
    def _find_phone(self, company, user_code):
        """Return the phone a user id was seen with, or an empty string."""
        found = self.sudo().search(
            [("company_id", "=", company.id), ("user_code", "=", user_code)], limit=1
        )
        return found.phone or ""

    @api.model
    def _erase(self, companies, numbers):
        """Forget the persons of these phones."""
        self.search([("company_id", "in", companies.ids), ("phone", "in", list(numbers))]).unlink()
