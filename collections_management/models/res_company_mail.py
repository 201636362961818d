from odoo import api, fields, models


class ResCompany(models.Model):
    """Where answers of a company's debtors arrive, and what an answer does."""

    _inherit = "res.company"

    collections_reply_pause_days = fields.Integer(
        string="Pause after an Answer",
        default=3,
        help="Nothing leaves by itself for so many days after a debtor answered. 0: no pause.",
    )
    collections_alias_id = fields.Many2one(
        "mail.alias", string="Alias of Answers", readonly=True, ondelete="set null", copy=False
    )
    collections_alias_name = fields.Char(
        string="Answers Arrive At",
        compute="_compute_collections_alias_name",
        inverse="_inverse_collections_alias_name",
    )

    _reply_pause_positive = models.Constraint(
        "CHECK (coalesce(collections_reply_pause_days, 0) >= 0)",
        "The pause after an answer cannot be negative.",
    )

    @api.depends("collections_alias_id.alias_name")
    def _compute_collections_alias_name(self):
        for company in self:
            company.collections_alias_name = company.sudo().collections_alias_id.alias_name

    def _inverse_collections_alias_name(self):
        for company in self:
            alias = company.sudo().collections_alias_id
            name = (company.collections_alias_name or "").strip()
            if alias and name:
                alias.alias_name = name
            elif name:
                company.collections_alias_id = alias.create(company._prepare_alias_vals(name))
            else:
                alias.unlink()

    def _prepare_alias_vals(self, name):
        """Return the values of the alias that answers to this company arrive at."""
        return {
            "alias_name": name,
            "alias_model_id": self.env["ir.model"]._get_id("collections.case"),
            "alias_domain_id": self.alias_domain_id.id,
            "alias_defaults": repr({"company_id": self.id}),
            "alias_contact": "everyone",
        }
