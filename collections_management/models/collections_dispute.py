from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

# The debtor is left alone about it: nobody decided yet, or the credit note is not posted yet.
STANDING_STATES = ("open", "accepted")
# The debt stays the debt that was contested: another amount is another dispute.
FIXED_FIELDS = ("case_id", "line_id", "amount", "opened_by_id", "asked_by_ids")


class CollectionsDispute(models.Model):
    """A receivable, or a part of it, that the debtor contests.

    While it stands, that part is not asked for; the rest of the debtor's debt goes on. Somebody
    else than who opened it decides: right, in whole or in part, prepares the credit note; wrong,
    and the ladder goes on where it stopped. The ledger closes it too: what was paid is not
    contested any more.
    """

    _name = "collections.dispute"
    _description = "Dispute"
    _inherit = ["mail.thread", "mail.activity.mixin", "collections.outcome.answer.mixin"]
    _order = "date_target, id"
    _mail_post_access = "read"

    case_id = fields.Many2one(
        "collections.case", string="Debtor's Case", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Debtor", store=True)
    disputable_ids = fields.Many2many("account.move.line", compute="_compute_disputable_ids")
    line_id = fields.Many2one(
        "account.move.line",
        string="Receivable",
        required=True,
        ondelete="restrict",
        index=True,
        domain="[('id', 'in', disputable_ids)]",
    )
    currency_id = fields.Many2one(related="line_id.currency_id", store=True)
    amount_left = fields.Monetary(
        string="Left to Contest",
        compute="_compute_amount_left",
        help="What is still to be paid of it and not contested yet.",
    )
    amount = fields.Monetary(
        string="Disputed Amount",
        required=True,
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The part that the debtor contests, in the currency of the receivable.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        string="Disputed in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        help="At the rate at which the receivable is booked.",
    )
    reason_id = fields.Many2one(
        "collections.dispute.reason", required=True, ondelete="restrict", tracking=True, index=True
    )
    cause_id = fields.Many2one(
        "collections.dispute.cause",
        string="Root Cause",
        compute="_compute_from_reason",
        store=True,
        readonly=False,
        ondelete="restrict",
        help="What went wrong in the house.",
    )
    department_id = fields.Many2one(
        "collections.department",
        compute="_compute_from_reason",
        store=True,
        readonly=False,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        compute="_compute_from_reason",
        store=True,
        readonly=False,
        tracking=True,
        domain=[("share", "=", False)],
        help="Who solves it.",
    )
    date_open = fields.Date(string="Opened on", readonly=True, copy=False)
    date_target = fields.Date(
        string="To Be Solved by",
        compute="_compute_from_reason",
        store=True,
        readonly=False,
        tracking=True,
    )
    date_closed = fields.Date(string="Closed on", readonly=True, copy=False)
    days_to_solve = fields.Integer(
        readonly=True, copy=False, aggregator="avg", help="From the day it was opened."
    )
    escalated_on = fields.Date(
        readonly=True, copy=False, help="The supervisor was told it is late."
    )
    description = fields.Text(string="What the Debtor Says")
    said_by = fields.Char(help="Who of the debtor's said so.")
    channel_id = fields.Many2one("collections.channel", string="Said Through", ondelete="set null")
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Evidence", copy=False, help="What the debtor sent: photo, order."
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("accepted", "Credit note to post"),
            ("credited", "Right: credited"),
            ("rejected", "Not right"),
            ("withdrawn", "Withdrawn"),
            ("paid", "Paid"),
        ],
        required=True,
        default="open",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    state_text = fields.Char(compute="_compute_state_text")
    opened_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, default=lambda self: self.env.user
    )
    asked_by_ids = fields.Many2many(
        "res.users",
        readonly=True,
        copy=False,
        help="Who opened or reopened it: somebody else decides.",
    )
    decided_by_id = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False)
    decision_note = fields.Text(readonly=True, copy=False)
    amount_accepted = fields.Monetary(
        string="Accepted Amount", readonly=True, copy=False, help="What the credit note is for."
    )
    refund_ids = fields.One2many(
        "account.move", "collections_dispute_id", string="Credit Notes", readonly=True
    )
    hold_ids = fields.One2many("collections.hold", "dispute_id", readonly=True)

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "A disputed amount is above zero.")
    _late_idx = models.Index("(date_target) WHERE state = 'open' AND escalated_on IS NULL")
    _standing_idx = models.Index("(line_id) WHERE state IN ('open', 'accepted', 'paid')")

    @api.depends("case_id")
    def _compute_disputable_ids(self):
        for dispute in self:
            dispute.disputable_ids = dispute.case_id.receivable_ids.filtered(
                lambda line: line.amount_residual_currency > 0
            )

    @api.depends("line_id", "line_id.amount_residual_currency")
    def _compute_amount_left(self):
        taken = self._get_disputed(self.line_id, without=self)
        for dispute in self:
            line = dispute.line_id
            left = line.amount_residual_currency - taken.get(line.id, 0.0)
            dispute.amount_left = max(line.currency_id.round(left) if line else 0.0, 0.0)

    @api.depends("line_id")
    def _compute_amount(self):
        """The whole receivable, unless somebody says how much."""
        for dispute in self.filtered("line_id"):
            dispute.amount = dispute.amount_left

    @api.depends("reason_id")
    def _compute_from_reason(self):
        for dispute in self.filtered("reason_id"):
            reason = dispute.reason_id
            dispute.cause_id = reason.cause_id
            dispute.department_id = reason.department_id
            dispute.user_id = reason.sudo()._get_owner(dispute.case_id)
            start = self._today(dispute.company_id or self.env.company)
            dispute.date_target = fields.Date.add(start, days=reason.days_to_solve)

    @api.depends("reason_id", "line_id", "amount")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = self.env._(
                "%(document)s: %(amount)s, %(reason)s",
                document=dispute.sudo().line_id.move_name or dispute.sudo().line_id.name or "",
                amount=dispute._get_amount_text(dispute.amount),
                reason=dispute.reason_id.name or "",
            )

    @api.depends("state", "amount", "amount_accepted", "date_target", "user_id", "decided_by_id")
    @api.depends_context("lang")
    def _compute_state_text(self):
        for dispute in self:
            dispute.state_text = dispute._get_state_sentence()

    def _get_state_sentence(self):
        """Return where the dispute stands, in words."""
        self.ensure_one()
        date = format_date(self.env, self.date_closed or self.date_target) or ""
        who = self.decided_by_id.name or ""
        accepted = self._get_amount_text(self.amount_accepted)
        return {
            "open": self.env._(
                "%(amount)s is not asked for while this is open. %(who)s solves it by %(date)s.",
                amount=self._get_amount_text(self.amount),
                who=self.user_id.name or self.env._("Somebody"),
                date=date,
            ),
            "accepted": self.env._(
                "%(who)s found it right for %(amount)s. That is not asked for; the credit note "
                "waits to be posted.",
                who=who,
                amount=accepted,
            ),
            "credited": self.env._(
                "Found right by %(who)s: %(amount)s credited on %(date)s. The rest is asked for "
                "again.",
                who=who,
                amount=accepted,
                date=date,
            ),
            "rejected": self.env._(
                "Found not right by %(who)s on %(date)s. It is asked for again.", who=who, date=date
            ),
            "withdrawn": self.env._(
                "Withdrawn on %(date)s (%(who)s). It is asked for again.", who=who, date=date
            ),
            "paid": self.env._("Paid on %(date)s, so it is not contested any more.", date=date),
        }[self.state]

    def _get_amount_text(self, amount):
        """Return an amount of the dispute as words; a foreign currency is named."""
        currency = self.currency_id or self.company_id.currency_id
        text = format_amount(self.env, amount, currency) if currency else ""
        return f"{text} ({currency.name})" if currency != self.company_id.currency_id else text

    @api.model
    def _today(self, company):
        return self.env["collections.ledger"]._today(company)

    @api.model
    def _get_disputed(self, lines, without=None):
        """Return ``{line id: amount}``: how much of these receivables is contested already."""
        domain = [("line_id", "in", lines.ids), ("state", "in", STANDING_STATES)]
        if without:
            domain.append(("id", "not in", without.ids))
        groups = self.sudo()._read_group(domain, ["line_id"], ["amount:sum"])
        return {line.id: amount for line, amount in groups}

    # -- opening ---------------------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """Of a case with one receivable, that one is contested."""
        values = super().default_get(fields)
        if "line_id" in fields and values.get("case_id") and not values.get("line_id"):
            case = self.env["collections.case"].browse(values["case_id"])
            lines = case.receivable_ids.filtered(lambda line: line.amount_residual_currency > 0)
            if len(lines) == 1:
                values["line_id"] = lines.id
        return values

    @api.model_create_multi
    def create(self, vals_list):
        own = {"asked_by_ids": [fields.Command.set(self.env.user.ids)]}
        if not self.env.su:  # who opens a dispute answers for it, and it begins open
            own |= {
                "opened_by_id": self.env.uid,
                "state": "open",
                "decided_by_id": False,
                "amount_accepted": 0,
                "escalated_on": False,
            }
        if any(vals.get("amount") is not None and not vals["amount"] > 0 for vals in vals_list):
            raise ValidationError(self.env._("A disputed amount is above zero."))
        vals_list = [{**vals, **own, "date_open": self._get_first_day(vals)} for vals in vals_list]
        disputes = super().create(vals_list)
        for dispute in disputes:
            dispute._check_can_be_opened()
            dispute.sudo()._begin("dispute_opened")
        disputes._keep_evidence()
        return disputes

    def _get_first_day(self, vals):
        """Return the day a dispute is opened: today where its company is."""
        case = self.env["collections.case"].sudo().browse(vals.get("case_id"))
        return self._today(case.company_id or self.env.company)

    def _check_can_be_opened(self):
        """:raise ValidationError: naming what is wrong with the receivable or the amount"""
        self.ensure_one()
        line = self.sudo().line_id
        case = self.sudo().case_id
        names = {"document": line.move_name or line.display_name, "debtor": case.partner_id.name}
        ours = line.partner_id.commercial_partner_id == case.partner_id
        if not ours or line.company_id != case.company_id:
            raise ValidationError(
                self.env._("%(document)s does not belong to the case of %(debtor)s.", **names)
            )
        if case.state == "merged":
            raise ValidationError(
                self.env._("The case of %(debtor)s was merged into another one.", **names)
            )
        domain = case._get_receivable_domain() & Domain("id", "=", line.id)
        if line.amount_residual_currency <= 0 or not line.search_count(domain, limit=1):
            raise ValidationError(
                self.env._(
                    "%(document)s is not open: what is paid, credited or not posted cannot be "
                    "contested.",
                    **names,
                )
            )
        currency = line.currency_id
        left = currency.round(
            line.amount_residual_currency - self._get_disputed(line, self).get(line.id, 0.0)
        )
        if not left:
            raise ValidationError(
                self.env._("All that is left to pay of %(document)s is contested already.", **names)
            )
        if currency.compare_amounts(self.amount, left) > 0:
            raise ValidationError(
                self.env._(
                    "%(amount)s is more than can be contested of %(document)s: %(left)s is left "
                    "to pay and not contested yet.",
                    amount=self._get_amount_text(self.amount),
                    left=self._get_amount_text(left),
                    document=names["document"],
                )
            )
        if currency.is_zero(self.amount):
            raise ValidationError(self.env._("A disputed amount is above zero."))

    def _begin(self, event):
        """Start to stand: hold the receivable, or the contested part of it, and tell the owner."""
        self.ensure_one()
        line = self.line_id
        self.write(
            {
                "amount": self.currency_id.round(self.amount),
                "amount_company": self.company_currency_id.round(
                    self.amount * line.amount_residual / line.amount_residual_currency
                ),
            }
        )
        self._hold()
        self._log_event(event)
        self.case_id._count_disputes()
        if self.user_id and self.user_id != self.env.user:
            self.activity_schedule(
                "collections_management.mail_activity_type_dispute",
                date_deadline=self.date_target or self.date_open,
                summary=self.display_name,
                user_id=self.user_id.id,
            )

    def _hold(self):
        """Leave the debtor alone about it. Only the contested part is held once it was found
        right, or where the company lets the undisputed part go on meanwhile."""
        self.ensure_one()
        line, amount = self.line_id, self.amount_accepted or self.amount
        taken = self._get_disputed(line, self).get(line.id, 0.0) + amount
        rest = line.currency_id.compare_amounts(line.amount_residual_currency, taken) > 0
        partly = rest and (self.company_id.collections_dispute_rest or self.state == "accepted")
        note = self.env._(
            "%(amount)s contested: %(reason)s",
            amount=self._get_amount_text(amount),
            reason=self.reason_id.name,
        )
        if partly:
            note = self.env._("%(note)s. The rest goes on", note=note)
        self.env["collections.hold"].create(
            {
                "case_id": self.case_id.id,
                "line_id": line.id,
                "reason": "dispute",
                "note": note,
                "dispute_id": self.id,
                "amount": amount if partly else 0,
                "date_from": self._today(self.company_id),
                "user_id": self.env.uid,
            }
        )
        self.env["account.move.line"]._forget_disputed_parts()

    def _lift_hold(self):
        """Ask for it again: the ladder goes on where it stopped."""
        self.hold_ids.filtered(lambda hold: not hold.lifted_on).action_lift()
        self.env["account.move.line"]._forget_disputed_parts()

    def _keep_evidence(self):
        """Attach to the dispute what its author just uploaded, so that others may read it."""
        for dispute in self:
            loose = dispute.attachment_ids.filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user
            )
            loose.write({"res_model": self._name, "res_id": dispute.id})

    # -- changing --------------------------------------------------------------------------------

    def write(self, vals):
        self._check_may_write(vals)
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._keep_evidence()
        return result

    def _check_may_write(self, vals):
        """States, decisions and what is contested are not written by hand."""
        if self.env.su:
            return
        closed = {name for name, field in self._fields.items() if field.store and field.readonly}
        wrong = [name for name in vals if name in FIXED_FIELDS or name in closed]
        if wrong:
            labels = [self._fields[name]._description_string(self.env) for name in wrong]
            raise UserError(
                self.env._(
                    "%(fields)s of a dispute cannot be changed: withdraw it and open another one.",
                    fields=", ".join(labels),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A dispute is not deleted but withdrawn: the log tells of it."))

    # -- telling ---------------------------------------------------------------------------------

    def _log_event(self, event, **data):
        """Write an event of this dispute into the log of its case."""
        self.ensure_one()
        note = self.decision_note if event != "dispute_opened" else self.description
        self.case_id._log(
            event,
            {
                "dispute": self.id,
                "line": self.line_id.id,
                "dispute_reason": self.reason_id.id,
                "amount": str(self.currency_id.round(self.amount_accepted or self.amount)),
                "currency": self.currency_id.name,
                **data,
            },
            content={"note": note} if note else None,
        )

    def _get_api_data(self):
        """Return one dispute as plain JSON."""
        self.ensure_one()
        return {
            "id": self.id,
            "receivable": self.line_id.id,
            "amount": self.amount,
            "currency": self.currency_id.name,
            "reason": self.reason_id.code or self.reason_id.name,
            "state": self.state,
            "until": fields.Date.to_string(self.date_target) or False,
        }
