from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    collections_pay_link_days = fields.Integer(
        string="Days a Pay Link Opens",
        default=60,
        help="A link in a message opens the debtor's page for so many days after the message.",
    )
    collections_pay_pending_days = fields.Integer(
        string="Days a Payment Under Way Holds",
        default=5,
        help="Receivables whose payment is under way at the provider are left alone so long.",
    )
    collections_pay_partial = fields.Boolean(
        string="Debtors May Pay a Part",
        help="On the page of a pay link a debtor may enter less than he chose.",
    )

    _collections_pay_link_days_positive = models.Constraint(
        "CHECK (collections_pay_link_days > 0)", "A pay link opens for one day at least."
    )
    _collections_pay_pending_days_positive = models.Constraint(
        "CHECK (collections_pay_pending_days > 0)",
        "A payment under way holds for one day at least: it would be asked for twice.",
    )
