from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class CollectionsWriteOffLine(models.Model):
    """A receivable that is written off: what is open of it, or a part of that."""

    _name = "collections.write.off.line"
    _description = "Receivable Written Off"
    _order = "date_maturity, id"

    write_off_id = fields.Many2one(
        "collections.write.off", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="write_off_id.company_id", store=True)
    line_id = fields.Many2one(
        "account.move.line",
        string="Receivable",
        required=True,
        ondelete="restrict",
        index=True,
    )
    move_id = fields.Many2one(related="line_id.move_id", string="Document")
    move_name = fields.Char(related="line_id.move_name", string="Number")
    date_maturity = fields.Date(related="line_id.date_maturity", string="Due", store=True)
    age = fields.Integer(string="Days Late", compute="_compute_age")
    currency_id = fields.Many2one(related="line_id.currency_id", store=True)
    residual = fields.Monetary(related="line_id.amount_residual_currency", string="Open")
    amount = fields.Monetary(
        string="To Write Off",
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        help="All that is open, or less.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        string="In Company Currency",
        currency_field="company_currency_id",
        compute="_compute_amount_company",
        store=True,
    )
    tax_amount = fields.Monetary(
        string="Tax in It",
        compute="_compute_tax_amount",
        help="The share of the document's tax in what is written off.",
    )
    hold_text = fields.Char(string="Hold", compute="_compute_hold_text")
    entry_line_id = fields.Many2one("account.move.line", readonly=True, ondelete="set null")

    _line_once = models.Constraint(
        "UNIQUE (write_off_id, line_id)", "A receivable is written off once."
    )

    @api.depends("date_maturity", "line_id.date", "write_off_id.date")
    def _compute_age(self):
        for line in self:
            due = line.date_maturity or line.line_id.date
            day = line.write_off_id.date
            line.age = (day - due).days if due and day else 0

    @api.depends("line_id")
    def _compute_amount(self):
        for line in self:
            line.amount = max(line.line_id.amount_residual_currency, 0)

    @api.depends("amount", "currency_id", "write_off_id.date", "write_off_id.company_id")
    def _compute_amount_company(self):
        for line in self:
            write_off = line.write_off_id
            company = write_off.company_id
            if not (company and line.currency_id and write_off.date):
                line.amount_company = line.amount
                continue
            line.amount_company = line.currency_id._convert(
                line.amount, company.currency_id, company, write_off.date
            )

    @api.depends("amount", "line_id")
    def _compute_tax_amount(self):
        for line in self:
            # A collector may not read what the document was made of; its share of tax is no secret.
            move = line.line_id.sudo().move_id
            total = move.amount_total if move.is_invoice() else 0
            share = move.amount_tax / total if total else 0
            line.tax_amount = line.currency_id.round(line.amount * share) if share else 0

    @api.depends("line_id", "write_off_id.case_id")
    def _compute_hold_text(self):
        holds = self.env["collections.hold"].search(
            [("line_id", "in", self.line_id.ids), ("is_active", "=", True)]
        )
        by_line = holds.grouped("line_id")
        for line in self:
            names = by_line.get(line.line_id, holds.browse()).mapped("display_name")
            line.hold_text = " · ".join(names) or False

    @api.constrains("line_id", "write_off_id")
    def _check_line(self):
        for line in self:
            item, write_off = line.line_id.sudo(), line.write_off_id
            if (
                item.company_id != write_off.company_id
                or item.partner_id.commercial_partner_id != write_off.partner_id
                or item.account_id.account_type != "asset_receivable"
                or item.parent_state != "posted"
            ):
                raise ValidationError(
                    self.env._(
                        "%(line)s is no receivable of %(debtor)s in this company.",
                        line=item.display_name,
                        debtor=write_off.partner_id.display_name,
                    )
                )

    @api.constrains("amount", "line_id")
    def _check_amount(self):
        for line in self:
            if line.currency_id.compare_amounts(line.amount, 0) <= 0:
                raise ValidationError(
                    self.env._(
                        "Write off something above zero of %(line)s, or leave it out.",
                        line=line.line_id.display_name,
                    )
                )

    def _check_open(self):
        """Refuse what cannot be written off any more, in words."""
        for line in self:
            item = line.line_id.sudo()
            residual = item.amount_residual_currency
            if item.reconciled or line.currency_id.compare_amounts(residual, line.amount) < 0:
                raise UserError(
                    self.env._(
                        "Of %(line)s only %(open)s is open now, less than the %(amount)s to write "
                        "off: it was paid or credited meanwhile. Make the write-off anew.",
                        line=item.display_name,
                        open=line.currency_id.format(max(residual, 0)),
                        amount=line.currency_id.format(line.amount),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.write_off_id._check_draft()
        return lines

    def write(self, vals):
        self.write_off_id._check_draft()
        if not self.env.su and "write_off_id" in vals:
            raise UserError(self.env._("A receivable stays in its write-off."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        self.write_off_id._check_draft()
