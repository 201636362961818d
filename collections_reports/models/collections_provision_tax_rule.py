from odoo import api, fields, models


class CollectionsProvisionTaxRule(models.Model):
    """How much of a provision a country's tax law lets a company deduct, by age.

    It decides nothing: it shows beside the provision what may be deducted at most, if all else
    that the law asks for is proved.
    """

    _name = "collections.provision.tax.rule"
    _description = "Tax Rule of Provisions"
    _inherit = ["mail.thread"]
    _order = "country_id, sequence, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    country_id = fields.Many2one(
        "res.country", required=True, help="Where the company pays its taxes."
    )
    band_ids = fields.One2many(
        "collections.provision.tax.band", "rule_id", string="By Age", copy=True
    )
    condition = fields.Text(
        string="Asked for Besides", translate=True, help="What has to be proved beside the age."
    )
    citation = fields.Char(required=True, translate=True, tracking=True)
    source_url = fields.Char("Source")
    checked_on = fields.Date("Last Checked", help="When somebody last read the source.")
    confidence = fields.Selection(
        [("high", "Verified"), ("medium", "To be confirmed"), ("low", "Not verified")],
        default="low",
        required=True,
    )

    @api.model
    def _find(self, company):
        """Return the rules that a company may choose from."""
        country = company.account_fiscal_country_id or company.country_id
        return self.search([("country_id", "=", country.id)])
