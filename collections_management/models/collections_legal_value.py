from odoo import api, fields, models


class CollectionsLegalValue(models.Model):
    """What a unit of the law (UIT, UDI, UF) is worth from a day on: rows, never code."""

    _name = "collections.legal.value"
    _description = "Legal Unit"
    _order = "code, date_from desc"
    _rec_name = "code"

    code = fields.Char(string="Unit", required=True, help="As the law calls it: UIT, UDI, UF.")
    country_id = fields.Many2one("res.country", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    value = fields.Float(string="Worth", digits=(16, 6), required=True)
    date_from = fields.Date(string="From", required=True)
    citation = fields.Char(string="Source", translate=True)
    checked_on = fields.Date(string="Last Checked")
    confidence = fields.Selection(
        [("high", "Verified"), ("medium", "To be confirmed"), ("low", "Not verified")],
        default="low",
        required=True,
    )

    _day_unique = models.Constraint(
        "UNIQUE (country_id, code, date_from)", "A legal unit has one value from a day on."
    )
    _value_positive = models.Constraint("CHECK (value > 0)", "A legal unit is worth something.")

    @api.depends("code", "date_from")
    def _compute_display_name(self):
        for unit in self:
            unit.display_name = f"{unit.code} {unit.date_from or ''}"

    @api.model
    def _get_value(self, code, country, day):
        """Return the row that holds on a day, empty when none does."""
        return self.sudo().search(
            [("code", "=", code), ("country_id", "=", country.id), ("date_from", "<=", day)],
            order="date_from desc",
            limit=1,
        )
