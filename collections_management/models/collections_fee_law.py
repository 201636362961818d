from odoo import api, fields, models
from odoo.fields import Domain


class CollectionsFeeLaw(models.Model):
    """What the law of a country says about charges for paying late: figures with their source.

    The first by sequence that fits a debtor holds for him. Its dated rows are maxima, or the legal
    rate itself where a policy charges that. Nothing here is legal advice; everything is editable.
    """

    _name = "collections.fee.law"
    _description = "Legal Terms of Late Payment"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10, help="The first one that fits a debtor holds for him.")
    company_id = fields.Many2one("res.company", help="Empty: every company.")
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Of the debtor, else of the company."
    )
    country_group_ids = fields.Many2many("res.country.group", string="Country Groups")
    partner_kind = fields.Selection(
        [("any", "Everybody"), ("company", "Companies"), ("person", "Persons")],
        "Debtors",
        default="any",
        required=True,
    )
    row_ids = fields.One2many("collections.fee.law.row", "law_id", string="Figures", copy=True)
    citation = fields.Char(translate=True, tracking=True, help="The law and article.")
    source_url = fields.Char("Source")
    checked_on = fields.Date("Last Checked", help="When somebody last read the source.")
    confidence = fields.Selection(
        [("high", "Verified"), ("medium", "To be confirmed"), ("low", "Not verified")],
        default="low",
        required=True,
        tracking=True,
    )
    note = fields.Text(translate=True)
    is_incomplete = fields.Boolean(
        compute="_compute_is_incomplete",
        help="No yearly rate is entered for today: interest waits until somebody enters it.",
    )

    @api.depends("row_ids.kind", "row_ids.date_from", "row_ids.percent")
    def _compute_is_incomplete(self):
        today = fields.Date.context_today(self)
        for law in self:
            law.is_incomplete = not law.row_ids.filtered(
                lambda row: row.kind == "rate" and row.percent and row.date_from <= today
            )

    @api.model
    def _get_laws(self, company):
        """Return ``[(law, country ids, kind)]`` in the order they are tried."""
        laws = self.search(Domain("company_id", "in", (company.id, False)))
        return [
            (law, set((law.country_ids | law.country_group_ids.country_ids).ids), law.partner_kind)
            for law in laws
        ]

    @api.model
    def _pick(self, laws, country_id, is_company):
        """Return the law that holds for a debtor, or an empty record.

        :param laws: what ``_get_laws`` returned
        """
        kinds = ("any", "company" if is_company else "person")
        for law, countries, kind in laws:
            if kind in kinds and (not countries or country_id in countries):
                return law
        return self.browse()
