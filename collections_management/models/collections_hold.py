from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..engine.ladder import Hold

FIXED_FIELDS = ("case_id", "user_id", "lifted_on", "lifted_by_id")


class CollectionsHold(models.Model):
    """A reason to leave a case, or one receivable of it, alone until a day.

    A hold ends by itself after its last day; the case then resumes where it stopped. Other sources
    of holds (promises, agreements, disputes) add a ``reason`` and create the record.
    """

    _name = "collections.hold"
    _description = "Collections Hold"
    _order = "id desc"

    case_id = fields.Many2one("collections.case", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id")
    line_id = fields.Many2one(
        "account.move.line",
        string="Receivable",
        ondelete="cascade",
        domain="[('id', 'in', receivable_ids)]",
        help="Empty: the whole case.",
    )
    receivable_ids = fields.Many2many(related="case_id.receivable_ids")
    reason = fields.Selection(
        [
            ("pause", "Pause"),
            ("opt_out", "Opted out"),
            ("voucher", "Payment to verify"),
            ("answered", "The debtor answered"),
        ],
        required=True,
        default="pause",
    )
    note = fields.Char(help="Why, in a few words; the collector sees it on the case.")
    date_from = fields.Date(required=True, default=lambda self: self._get_first_day())
    date_until = fields.Date(string="Until", help="Last held day. Empty: until it is lifted.")
    user_id = fields.Many2one(
        "res.users", string="Set by", required=True, default=lambda self: self.env.user
    )
    lifted_on = fields.Datetime(readonly=True)
    lifted_by_id = fields.Many2one("res.users", readonly=True)
    is_active = fields.Boolean(compute="_compute_is_active", search="_search_is_active")

    _dates_ordered = models.Constraint(
        "CHECK (date_until IS NULL OR date_until >= date_from)",
        "A hold cannot end before it starts.",
    )
    _standing_idx = models.Index("(case_id) WHERE lifted_on IS NULL")

    @api.model
    def _get_first_day(self):
        """Return the day it is where the debtor's company is."""
        case = self.env["collections.case"].browse(self.env.context.get("default_case_id"))
        return self.env["collections.ledger"]._today(case.company_id or self.env.company)

    @api.depends("date_from", "date_until", "lifted_on")
    def _compute_is_active(self):
        ledger = self.env["collections.ledger"]
        days = {company: ledger._today(company) for company in self.company_id | self.env.company}
        for hold in self:
            today = days[hold.company_id or self.env.company]
            hold.is_active = (
                not hold.lifted_on
                and (not hold.date_from or hold.date_from <= today)
                and (not hold.date_until or hold.date_until >= today)
            )

    def _search_is_active(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("lifted_on", "=", False) & Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("date_from", "<=", today)
            & (Domain("date_until", "=", False) | Domain("date_until", ">=", today))
            for company, today in self.env["collections.ledger"]._get_days().items()
        )

    @api.depends("reason", "date_until", "note")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["reason"]._description_selection(self.env))
        for hold in self:
            name = labels.get(hold.reason, "")
            if hold.date_until:
                date = format_date(self.env, hold.date_until)
                name = self.env._("%(reason)s until %(date)s", reason=name, date=date)
            hold.display_name = f"{name}: {hold.note}" if hold.note else name

    @api.constrains("line_id", "case_id")
    def _check_line(self):
        for hold in self.filtered("line_id"):
            debtor = hold.line_id.partner_id.commercial_partner_id
            same_company = hold.line_id.company_id == hold.case_id.company_id
            if debtor != hold.case_id.partner_id or not same_company:
                raise ValidationError(
                    self.env._(
                        "%(line)s does not belong to the case of %(debtor)s.",
                        line=hold.line_id.display_name,
                        debtor=hold.case_id.partner_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # who sets a hold answers for it, and it begins by standing
            own = {"user_id": self.env.uid, "lifted_on": False, "lifted_by_id": False}
            vals_list = [{**vals, **own} for vals in vals_list]
        holds = super().create(vals_list)
        holds._log_terms()
        holds.case_id._withdraw_contacts("held")
        return holds

    def write(self, vals):
        self._check_may_write(vals)
        result = super().write(vals)
        if {"reason", "line_id", "date_from", "date_until", "note"} & set(vals):
            self._log_terms()
        return result

    def _check_may_write(self, vals):
        """A hold stays on its case, and is lifted by the button, which tells the log."""
        fixed = [name for name in FIXED_FIELDS if name in vals]
        if fixed and not self.env.su:
            labels = [self._fields[name]._description_string(self.env) for name in fixed]
            raise UserError(
                self.env._(
                    "%(fields)s of a hold cannot be changed: lift it and set another one.",
                    fields=", ".join(labels),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A hold is not deleted but lifted: the log tells who did."))

    def _log_terms(self):
        """Write the terms of these holds into the log of their cases."""
        self.env["collections.log"]._append(
            {
                "case_id": hold.case_id.id,
                "event": "held",
                "data": {
                    "hold": hold.id,
                    "reason": hold.reason,
                    "line": hold.line_id.id or None,
                    "until": hold.date_until or None,
                },
                "content": {"note": hold.note} if hold.note else None,
            }
            for hold in self
        )

    def action_lift(self):
        """End the hold now; the case resumes where it stopped."""
        self.check_access("write")
        for hold in self.filtered(lambda hold: not hold.lifted_on):
            hold.sudo().write({"lifted_on": fields.Datetime.now(), "lifted_by_id": self.env.uid})
            hold.case_id._log("released", {"hold": hold.id, "reason": hold.reason})
        return True

    def _to_hold(self):
        """Return the hold as the ladder engine sees it."""
        self.ensure_one()
        return Hold(self.reason, self.date_until or None, self.id)
