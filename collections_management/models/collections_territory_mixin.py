from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_list

from ..engine.assignment import Territory


class CollectionsTerritoryMixin(models.AbstractModel):
    """Where a rule, a team or a collector works: countries, regions of some of them, postal codes.

    A country of which regions are named counts for those regions only. Empty: everywhere.
    """

    _name = "collections.territory.mixin"
    _description = "Territory"

    country_ids = fields.Many2many("res.country", string="Countries", help="Empty: everywhere.")
    state_ids = fields.Many2many(
        "res.country.state",
        string="Regions",
        help="A country with regions named here counts for these only.",
    )
    zip_prefixes = fields.Char(
        string="Postal Codes",
        help="How they begin, separated by commas: 150, 07. Empty: all of them.",
    )
    territory_text = fields.Char(string="Territory", compute="_compute_territory_text")

    @api.depends("country_ids", "state_ids", "zip_prefixes")
    @api.depends_context("lang")
    def _compute_territory_text(self):
        for record in self:
            states = record.state_ids
            whole = record.country_ids - states.country_id
            places = whole.mapped("name") + states.mapped("name")
            parts = [format_list(self.env, places)] if places else []
            if prefixes := record._get_zip_prefixes():
                parts.append(
                    self.env._(
                        "postal codes %(codes)s",
                        codes=format_list(self.env, [f"{prefix}…" for prefix in prefixes]),
                    )
                )
            record.territory_text = ", ".join(parts) or self.env._("Everywhere")

    @api.constrains("zip_prefixes")
    def _check_zip_prefixes(self):
        for record in self:
            for prefix in record._get_zip_prefixes():
                if not prefix.replace("-", "").replace(" ", "").isalnum():
                    raise ValidationError(
                        self.env._(
                            "“%(prefix)s” is no beginning of a postal code: write letters and"
                            " digits, separated by commas.",
                            prefix=prefix,
                        )
                    )

    def _get_zip_prefixes(self):
        self.ensure_one()
        prefixes = (part.strip() for part in (self.zip_prefixes or "").split(","))
        return tuple(prefix for prefix in prefixes if prefix)

    def _get_territory(self):
        """Return it as the engine reads it."""
        return Territory(
            frozenset(self.country_ids.ids),
            tuple((state.country_id.id, state.id) for state in self.state_ids),
            self._get_zip_prefixes(),
        )

    def _get_territory_domain(self):
        """Return the domain of the cases whose debtor is in it."""
        self.ensure_one()
        domain = Domain.TRUE
        states = self.state_ids
        if self.country_ids or states:
            whole = self.country_ids - states.country_id
            domain &= Domain("partner_id.country_id", "in", whole.ids) | Domain(
                "partner_id.state_id", "in", states.ids
            )
        if prefixes := self._get_zip_prefixes():
            domain &= Domain.OR(
                Domain("partner_id.zip", "=like", f"{prefix}%") for prefix in prefixes
            )
        return domain
