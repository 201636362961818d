from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.interest import Terms

RATE_SOURCES = [("none", "No interest"), ("own", "Own rates"), ("law", "The legal rate")]
FIXED_SOURCES = [("none", "No fixed sum"), ("own", "Own sum"), ("law", "The legal sum")]


class CollectionsFeePolicy(models.Model):
    """What a company charges for paying late, and how it books it. Steps name policies."""

    _name = "collections.fee.policy"
    _description = "Fee Policy"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")

    fixed_source = fields.Selection(
        FIXED_SOURCES, string="Fixed Sum", required=True, default="none", tracking=True
    )
    fixed_amount = fields.Monetary(
        tracking=True, help="In the company's currency; converted for a debt in another one."
    )
    fixed_scope = fields.Selection(
        [("line", "Each receivable"), ("case", "Each debtor and currency")],
        string="Charged On",
        required=True,
        default="line",
        help="On a debtor, it is written on the oldest receivable.",
    )
    fixed_once = fields.Boolean(
        "Only Once",
        default=True,
        help="Once in the life of a receivable, however many steps speak. Otherwise each time.",
    )
    penalty_percent = fields.Float(
        "Once, on the Debt (%)",
        digits=(16, 4),
        tracking=True,
        help="A share of what is open, charged once in the life of a receivable.",
    )
    rate_source = fields.Selection(
        RATE_SOURCES, string="Interest", required=True, default="none", tracking=True
    )
    tier_ids = fields.One2many("collections.fee.tier", "policy_id", string="Rates", copy=True)
    basis = fields.Selection(
        [("365", "365 days"), ("360", "360 days"), ("actual", "As the calendar: 365 or 366")],
        string="Days of a Year",
        required=True,
        default="365",
        tracking=True,
    )
    grace_days = fields.Integer(
        tracking=True, help="What is paid within these days after the due date bears nothing."
    )
    grace_forgives = fields.Boolean(
        "Grace Is Never Charged",
        help="Later, interest starts after the grace; otherwise it counts from the due date.",
    )
    date_start = fields.Date(
        "Counts from",
        required=True,
        default=fields.Date.context_today,
        tracking=True,
        help="No day before this one bears interest, however old the debt.",
    )
    limit_mode = fields.Selection(
        [
            ("cap", "Never above the legal maximum"),
            ("none", "As agreed with the debtor, without looking at the law"),
        ],
        string="Legal Maximum",
        required=True,
        default="cap",
        tracking=True,
    )
    charge_paid = fields.Boolean(
        "Also What Was Paid Late", help="Receivables that are settled by now are charged too."
    )
    charge_fees = fields.Boolean(
        "Also on Fees",
        tracking=True,
        help="Interest and fees bear interest and fees themselves. Often forbidden by law.",
    )
    minimum_amount = fields.Monetary(
        help="A debit note under this sum is not made; its days stay open for a later one."
    )

    exempt_segment_ids = fields.Many2many("collections.segment", string="Exempt Segments")
    exempt_category_ids = fields.Many2many("res.partner.category", string="Exempt Tags")

    product_id = fields.Many2one(
        "product.product",
        check_company=True,
        tracking=True,
        help="Tells the debit note its income account and its taxes.",
    )
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        domain="[('type_tax_use', '=', 'sale'), ('company_id', '=', company_id)]",
        check_company=True,
        help="Empty: those of the product. Adjusted to the debtor's fiscal position.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', '=', 'sale'), ('company_id', '=', company_id)]",
        check_company=True,
        tracking=True,
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        check_company=True,
        help="Of the debit note. Empty: due the same day.",
    )
    mode = fields.Selection(
        [("automatic", "Charged by itself"), ("approval", "A supervisor approves it")],
        string="Who Decides",
        required=True,
        default="approval",
        tracking=True,
    )
    posting = fields.Selection(
        [("draft", "Draft: an accountant posts it"), ("posted", "Posted at once")],
        string="Debit Note",
        required=True,
        default="draft",
        tracking=True,
    )
    dunning = fields.Selection(
        [
            ("along", "Told with the rest, never a reason to write"),
            ("alone", "Like any other receivable"),
        ],
        string="Unpaid Fees Are",
        required=True,
        default="along",
        help="Who has paid everything but a fee is not dunned for the fee alone.",
    )
    step_ids = fields.Many2many(
        "collections.step",
        "collections_step_fee_policy_rel",
        "policy_id",
        "step_id",
        string="Steps",
        readonly=True,
    )
    fee_count = fields.Integer(compute="_compute_fee_count")

    _numbers_positive = models.Constraint(
        "CHECK (coalesce(fixed_amount, 0) >= 0 AND coalesce(penalty_percent, 0) >= 0"
        " AND coalesce(grace_days, 0) >= 0 AND coalesce(minimum_amount, 0) >= 0)",
        "Sums, percentages and days of grace cannot be negative.",
    )

    def _compute_fee_count(self):
        counts = dict(
            self.env["collections.fee"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.fee_count = counts.get(policy, 0)

    @api.constrains(
        "product_id", "journal_id", "rate_source", "tier_ids", "fixed_source", "fixed_amount",
        "penalty_percent", "active",
    )  # fmt: skip
    def _check_complete(self):
        """Refuse at the desk what could not be charged at night."""
        for policy in self.filtered("active"):
            if problem := policy._get_gap():
                raise ValidationError(problem)

    def _get_gap(self):
        """Return what is missing, as a sentence, or None."""
        self.ensure_one()
        name = self.name
        if not self.product_id:
            return self.env._(
                "“%(policy)s” has no product: its debit notes would know neither account nor "
                "taxes. Choose one, for instance a service “Late-payment charges”.",
                policy=name,
            )
        if not self.journal_id:
            return self.env._("“%(policy)s” has no sales journal to book in.", policy=name)
        if self.rate_source == "own" and not self.tier_ids:
            return self.env._("“%(policy)s” charges interest, but at no rate.", policy=name)
        if self.fixed_source == "own" and not self.fixed_amount:
            return self.env._("“%(policy)s” charges a fixed sum of nothing.", policy=name)
        if self.rate_source == self.fixed_source == "none" and not self.penalty_percent:
            return self.env._("“%(policy)s” charges nothing.", policy=name)
        return None

    def _get_account(self):
        """Return the income account of the debit notes.

        :raise UserError: in words, when neither the product nor the journal has one
        """
        self.ensure_one()
        policy = self.with_company(self.company_id)
        account = policy.product_id.product_tmpl_id.get_product_accounts()["income"]
        account = account or policy.journal_id.default_account_id
        if not account:
            raise UserError(
                self.env._(
                    "“%(product)s” has no income account in %(company)s: fees cannot be booked.",
                    product=policy.product_id.display_name,
                    company=policy.company_id.name,
                )
            )
        return account

    def _to_terms(self, law):
        """Return the policy as the engine sees it, for debtors under a law.

        :param law: ``collections.fee.law``; empty when none holds for them
        """
        self.ensure_one()
        rates = None
        if self.rate_source != "law":
            rates = tuple((tier.days, Decimal(str(tier.percent))) for tier in self.tier_ids)
        ceilings = None
        if law and (self.limit_mode == "cap" or rates is None):
            ceilings = tuple(
                (row.date_from, Decimal(str(row.percent)) if row.is_known else None)
                for row in law.row_ids
                if row.kind == "rate"
            )
        return Terms(
            rates=rates,
            basis=self.basis,
            grace_days=self.grace_days,
            forgiving=self.grace_forgives,
            first_day=self.date_start,
            ceilings=ceilings,
        )

    def action_open_fees(self):
        """Open what was charged by this policy."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_fee_action"
        )
        return {**action, "domain": [("policy_id", "=", self.id)], "context": {}}
