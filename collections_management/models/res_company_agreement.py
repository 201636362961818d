from odoo import fields, models


class ResCompany(models.Model):
    """How a company agrees on instalments."""

    _inherit = "res.company"

    collections_agreement_tolerated = fields.Integer(
        string="Late Instalments Tolerated",
        default=1,
        help="An agreement breaks once more instalments than these are late at the same time.",
    )
    collections_agreement_days = fields.Integer(
        string="Days an Instalment May Be Late",
        default=30,
        help="An agreement breaks once an instalment is late for more days than these.",
    )
    collections_agreement_valid_days = fields.Integer(
        string="A Proposal Stands", default=7, help="Days in which the debtor may sign it."
    )
    collections_agreement_acceleration = fields.Boolean(
        string="Acceleration Clause",
        default=True,
        help="Once an agreement is broken, all it covers is due at once.",
    )
    collections_agreement_interest_product_id = fields.Many2one(
        "product.product",
        string="Interest of Agreements",
        check_company=True,
        domain="[('type', '=', 'service')]",
        help="The product, with its account and taxes, of the debit notes for interest.",
    )
    collections_agreement_interest_policy = fields.Selection(
        [("accepted", "At acceptance"), ("instalment", "With each instalment")],
        string="Interest Is Charged",
        default="accepted",
        required=True,
    )
    collections_agreement_discount_product_id = fields.Many2one(
        "product.product",
        string="Discount of Agreements",
        check_company=True,
        domain="[('type', '=', 'service')]",
        help="The product, with its account and taxes, of the credit notes for discounts.",
    )
    collections_agreement_discount_policy = fields.Selection(
        [("completed", "Once all is paid"), ("accepted", "At acceptance")],
        string="Discount Is Granted",
        default="completed",
        required=True,
    )
    collections_agreement_discount_post = fields.Boolean(
        string="Post the Credit Note",
        help="Off: an accountant posts the draft; until then the debtor is left alone.",
    )
    collections_agreement_limit_count = fields.Integer(
        string="Supervisor: Instalments", help="More need a manager. 0: any number."
    )
    collections_agreement_limit_days = fields.Integer(
        string="Supervisor: Length in Days", help="A longer one needs a manager. 0: any length."
    )
    collections_agreement_min_down_percent = fields.Float(
        string="Supervisor: Down Payment From %", help="A lower one needs a manager."
    )
    collections_agreement_max_discount_percent = fields.Float(
        string="Supervisor: Discount up to %",
        default=10,
        help="A higher one needs a manager. 0: every discount does.",
    )

    _agreement_limits_positive = models.Constraint(
        "CHECK (coalesce(collections_agreement_tolerated, 0) >= 0"
        " AND coalesce(collections_agreement_days, 0) >= 0"
        " AND coalesce(collections_agreement_valid_days, 0) >= 0"
        " AND coalesce(collections_agreement_limit_count, 0) >= 0"
        " AND coalesce(collections_agreement_limit_days, 0) >= 0"
        " AND coalesce(collections_agreement_min_down_percent, 0) BETWEEN 0 AND 100"
        " AND coalesce(collections_agreement_max_discount_percent, 0) BETWEEN 0 AND 100)",
        "The limits of agreements cannot be negative, nor shares above 100 %.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collections_agreement_tolerated = fields.Integer(
        related="company_id.collections_agreement_tolerated", readonly=False
    )
    collections_agreement_days = fields.Integer(
        related="company_id.collections_agreement_days", readonly=False
    )
    collections_agreement_valid_days = fields.Integer(
        related="company_id.collections_agreement_valid_days", readonly=False
    )
    collections_agreement_acceleration = fields.Boolean(
        related="company_id.collections_agreement_acceleration", readonly=False
    )
    collections_agreement_interest_product_id = fields.Many2one(
        related="company_id.collections_agreement_interest_product_id", readonly=False
    )
    collections_agreement_interest_policy = fields.Selection(
        related="company_id.collections_agreement_interest_policy", readonly=False
    )
    collections_agreement_discount_product_id = fields.Many2one(
        related="company_id.collections_agreement_discount_product_id", readonly=False
    )
    collections_agreement_discount_policy = fields.Selection(
        related="company_id.collections_agreement_discount_policy", readonly=False
    )
    collections_agreement_discount_post = fields.Boolean(
        related="company_id.collections_agreement_discount_post", readonly=False
    )
    collections_agreement_limit_count = fields.Integer(
        related="company_id.collections_agreement_limit_count", readonly=False
    )
    collections_agreement_limit_days = fields.Integer(
        related="company_id.collections_agreement_limit_days", readonly=False
    )
    collections_agreement_min_down_percent = fields.Float(
        related="company_id.collections_agreement_min_down_percent", readonly=False
    )
    collections_agreement_max_discount_percent = fields.Float(
        related="company_id.collections_agreement_max_discount_percent", readonly=False
    )
