from odoo import api, fields, models


class CollectionsWriteOffRule(models.Model):
    """What a country's tax law asks for before a debt that is written off may be deducted.

    It decides nothing: a person does, and sees beside it what is proved and what is not.
    """

    _name = "collections.write.off.rule"
    _description = "Write-off Rule"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    country_id = fields.Many2one(
        "res.country",
        help="Where the company pays its taxes. Empty: every country without a rule of its own.",
    )
    condition_ids = fields.One2many(
        "collections.write.off.condition", "rule_id", string="Conditions", copy=True
    )
    recover_tax = fields.Boolean(
        string="Recover the Tax",
        tracking=True,
        help="Propose to take back the tax that was charged on the debt (VAT, IGV, IVA).",
    )
    citation = fields.Char(translate=True, help="The law and article.", tracking=True)
    source_url = fields.Char("Source")
    checked_on = fields.Date("Last Checked", help="When somebody last read the source.")
    confidence = fields.Selection(
        [("high", "Verified"), ("medium", "To be confirmed"), ("low", "Not verified")],
        default="low",
        required=True,
    )
    note = fields.Text(translate=True)

    @api.model
    def _get_domain(self, company):
        """Return the domain of the rules that a company may choose from."""
        country = company.account_fiscal_country_id or company.country_id
        return [("country_id", "in", (country.id, False))]

    @api.model
    def _find(self, company):
        """Return the first rule of the company's country, else of none."""
        rules = self.sudo().search(self._get_domain(company))
        return (rules.filtered("country_id") or rules)[:1]
