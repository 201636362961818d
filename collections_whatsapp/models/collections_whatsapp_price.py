from odoo import api, fields, models, tools

from ..engine.cost import ANYWHERE, Price, find_price

CATEGORIES = [
    ("utility", "Utility"),
    ("marketing", "Marketing"),
    ("authentication", "Authentication"),
    ("service", "Service"),
]


class CollectionsWhatsappPrice(models.Model):
    """What one delivered message costs: rows by country, category and first day."""

    _name = "collections.whatsapp.price"
    _description = "Price of a WhatsApp Message"
    _inherit = ["collections.cached.mixin"]
    _order = "country_id, category, valid_from desc"
    _rec_name = "category"

    country_id = fields.Many2one("res.country", help="Empty: every country without a row.")
    category = fields.Selection(CATEGORIES, required=True)
    valid_from = fields.Date(required=True, default=fields.Date.today)
    price = fields.Float(required=True, digits=(12, 6))
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.ref("base.USD")
    )

    _row_unique = models.UniqueIndex(
        "(COALESCE(country_id, 0), category, valid_from)",
        "There is a price of this country and category from this day on.",
    )
    _price_positive = models.Constraint("CHECK (price >= 0)", "A price cannot be negative.")

    @api.model
    @tools.ormcache()
    def _get_prices(self):
        return tuple(
            Price(row.id, row.country_id.code or ANYWHERE, row.category, row.valid_from, row.price)
            for row in self.sudo().search([("price", ">=", 0)])
        )

    @api.model
    def _find(self, country, category, day):
        """Return the row that holds for a country on a day, or an empty record."""
        found = find_price(self._get_prices(), country or ANYWHERE, category, day)
        return self.browse(found.id if found else ())
