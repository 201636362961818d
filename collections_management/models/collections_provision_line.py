from odoo import fields, models


class CollectionsProvisionLine(models.Model):
    """What is provided for a debtor's debts of one currency and age."""

    _name = "collections.provision.line"
    _description = "Line of a Provision"
    _order = "days desc, amount desc, id"
    _log_access = False

    provision_id = fields.Many2one(
        "collections.provision", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Debtor", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    days = fields.Integer(
        string="Late from Day", readonly=True, aggregator=None, help="Empty: not due, or a credit."
    )
    kind = fields.Selection(
        [("late", "Late"), ("not_due", "Not due"), ("credit", "Credit")], readonly=True
    )
    percent = fields.Float(digits=(5, 2), readonly=True, aggregator=None)
    amount_currency = fields.Monetary(string="Open", readonly=True)
    amount = fields.Monetary(
        string="Open in Company Currency", currency_field="company_currency_id", readonly=True
    )
    provided = fields.Monetary(
        string="To Provide", currency_field="company_currency_id", readonly=True
    )
