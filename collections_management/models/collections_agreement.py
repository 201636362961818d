from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

TERMS = {
    "case_id", "currency_id", "receivable_ids", "discount_percent", "amount_down", "date_down",
    "count", "frequency", "date_first", "working_days", "interest_method", "interest_rate",
    "person_id", "note",
}  # fmt: skip


class CollectionsAgreement(models.Model):
    """A payment plan: what a debtor owes, in instalments that both sides agreed on.

    Worked out and limited while it is a draft, signed by the debtor, then judged by the ledger
    alone: each instalment becomes a promise, and ``_settle`` tells where the whole stands.
    """

    _name = "collections.agreement"
    _description = "Payment Agreement"
    _inherit = [
        "portal.mixin", "mail.thread", "mail.activity.mixin", "collections.outcome.answer.mixin"
    ]  # fmt: skip
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char(string="Number", required=True, readonly=True, default="/", copy=False)
    case_id = fields.Many2one(
        "collections.case", string="Debtor", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    collector_id = fields.Many2one(related="case_id.user_id", string="Collector of the Case")
    user_id = fields.Many2one(
        "res.users",
        string="Proposed by",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.user,
    )
    person_id = fields.Many2one(
        "res.partner",
        string="Agreed with",
        ondelete="set null",
        domain="[('commercial_partner_id', '=', partner_id)]",
        help="Who of the debtor is going to sign.",
    )
    note = fields.Char(help="In a few words, for the team: the debtor does not see it.")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("awaiting", "To approve"),
            ("proposed", "To sign"),
            ("active", "Active"),
            ("completed", "Completed"),
            ("broken", "Breached"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
    )
    state_text = fields.Char(string="In Words", compute="_compute_state_text")

    # What is agreed.
    currency_id = fields.Many2one("res.currency", required=True)
    receivable_ids = fields.Many2many(
        "account.move.line",
        "collections_agreement_receivable_rel",
        "agreement_id",
        "line_id",
        string="Receivables",
        domain="[('id', 'in', candidate_ids)]",
        help="The debts that are paid in instalments. One agreement per currency.",
    )
    candidate_ids = fields.Many2many("account.move.line", compute="_compute_candidate_ids")
    amount_debt = fields.Monetary(
        string="Debt", readonly=True, help="What the receivables owed when it was worked out."
    )
    discount_percent = fields.Float(string="Discount %")
    amount_discount = fields.Monetary(string="Discount", readonly=True)
    amount_down = fields.Monetary(string="Down Payment")
    date_down = fields.Date(string="Down Payment On")
    count = fields.Integer(string="Instalments", required=True, default=3, aggregator=None)
    frequency = fields.Selection(
        [
            ("week", "Every week"),
            ("fortnight", "Every 15 days"),
            ("month", "Every month"),
            ("month_end", "End of the month"),
        ],
        required=True,
        default="month",
    )
    date_first = fields.Date(string="First Instalment", required=True)
    working_days = fields.Boolean(
        string="On Working Days",
        default=True,
        help="An instalment that falls on a weekend or holiday is due on the next working day.",
    )
    interest_method = fields.Selection(
        [
            ("none", "No interest"),
            ("declining", "On what is left"),
            ("flat", "On the whole, all the time"),
        ],
        string="Interest",
        required=True,
        default="none",
    )
    interest_rate = fields.Float(
        string="% a Year",
        digits=(6, 3),
        help="Simple interest by days, its taxes included; never interest on interest.",
    )
    line_ids = fields.One2many("collections.agreement.line", "agreement_id", string="Schedule")
    amount_interest = fields.Monetary(string="Total Interest", readonly=True)
    amount_total = fields.Monetary(
        string="To Pay", readonly=True, help="Debt less discount plus interest."
    )
    schedule_text = fields.Char(compute="_compute_schedule_text", string="Schedule in Words")
    fault_text = fields.Char(readonly=True, help="Why these terms make no plan.")
    date_start = fields.Date(string="Worked Out on", readonly=True)
    date_end = fields.Date(string="Last Instalment", readonly=True)

    # How it was signed.
    date_expiry = fields.Date(string="To Sign Until", readonly=True)
    signature = fields.Image(
        readonly=True, copy=False, attachment=True, max_width=1024, max_height=1024
    )
    signed_by = fields.Char(readonly=True, copy=False)
    signed_on = fields.Datetime(readonly=True, copy=False)
    signed_how = fields.Selection(
        [("portal", "On our page"), ("copy", "On paper")], readonly=True, string="Signed"
    )
    accepted_on = fields.Date(string="Accepted", readonly=True, index=True)
    ended_on = fields.Date(string="Ended", readonly=True)
    reason = fields.Char(readonly=True, help="Why it was cancelled, sent back or broken.")

    # What the ledger says of it.
    ledger_mark = fields.Integer(readonly=True, aggregator=None)
    amount_paid = fields.Monetary(string="Paid", readonly=True)
    amount_left = fields.Monetary(string="Left", compute="_compute_amount_left")
    late_count = fields.Integer(string="Late Instalments", readonly=True)
    next_date = fields.Date(string="Next Instalment", readonly=True, index="btree_not_null")
    kept_percent = fields.Float(
        string="Kept %",
        readonly=True,
        aggregator="avg",
        help="100 once completed, 0 once broken: its average over ended agreements is the kept "
        "rate.",
    )

    # The clauses, as they were when it was proposed.
    tolerated = fields.Integer(string="Tolerated Late Instalments", readonly=True)
    tolerated_days = fields.Integer(readonly=True)
    acceleration = fields.Boolean(string="Acceleration Clause", readonly=True)
    interest_policy = fields.Selection(
        [("accepted", "At acceptance"), ("instalment", "With each instalment")],
        string="Interest Charged",
        readonly=True,
    )
    discount_policy = fields.Selection(
        [("completed", "Once all is paid"), ("accepted", "At acceptance")],
        string="Discount Granted",
        readonly=True,
    )

    _amounts_positive = models.Constraint(
        "CHECK (amount_down >= 0 AND discount_percent >= 0 AND discount_percent < 100"
        " AND interest_rate >= 0 AND count > 0)",
        "Down payment, discount and interest cannot be negative, and there is an instalment.",
    )
    _standing_idx = models.Index("(company_id, case_id) WHERE state = 'active'")

    @api.depends("case_id", "currency_id")
    def _compute_candidate_ids(self):
        for agreement in self:
            agreement.candidate_ids = agreement._get_candidates()

    def _get_candidates(self):
        """Return the receivables of the case that may be agreed, in the currency if it is known."""
        lines = self.case_id.receivable_ids.filtered(
            lambda line: (
                line.amount_residual_currency > 0
                and self.currency_id in (line.currency_id, self.currency_id.browse())
            )
        )
        faults = self._get_receivable_faults(lines)
        return lines.filtered(lambda line: line._origin.id not in faults)

    @api.depends("amount_total", "amount_paid")
    def _compute_amount_left(self):
        for agreement in self:
            agreement.amount_left = agreement.amount_total - agreement.amount_paid

    @api.depends("name", "amount_total")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for agreement in self:
            if agreement.name == "/":
                agreement.display_name = agreement.env._("New agreement")
            else:
                amount = agreement._get_money(agreement.amount_total)
                agreement.display_name = f"{agreement.name} · {amount}"

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for agreement in self:
            agreement.access_url = f"/my/agreements/{agreement.id}"
        return result

    @api.depends("line_ids.amount", "line_ids.date_due")
    @api.depends_context("lang")
    def _compute_schedule_text(self):
        for agreement in self:
            agreement.schedule_text = agreement._get_schedule_sentence()

    def _get_schedule_sentence(self):
        """Return the plan as one sentence."""
        lines = self.line_ids.filtered("number").sorted("number")
        if not lines:
            return False
        values = {
            "count": len(lines),
            "amount": self._get_money(lines[0].amount),
            "first": format_date(self.env, lines[0].date_due),
            "last": format_date(self.env, lines[-1].date_due),
            "total": self._get_money(self.amount_total),
        }
        if len(lines) == 1:
            text = self.env._("One payment of %(amount)s on %(first)s: %(total)s in all.")
        elif len(set(lines[:-1].mapped("amount"))) > 1:
            text = self.env._(
                "%(count)s instalments, the first of %(amount)s, from %(first)s to %(last)s: "
                "%(total)s in all."
            )
        else:
            text = self.env._(
                "%(count)s instalments of %(amount)s, from %(first)s to %(last)s: %(total)s in all."
            )
        return text % values

    @api.depends("state", "amount_paid", "late_count", "next_date", "reason", "date_expiry")
    @api.depends_context("lang")
    def _compute_state_text(self):
        for agreement in self:
            agreement.state_text = agreement._get_state_sentence()

    def _get_state_sentence(self):
        """Return where the agreement stands, as a sentence."""
        code = self.state
        if code == "active" and self.late_count:
            code = "late"
        if code == "proposed" and self.date_expiry and self.date_expiry < self._get_today():
            code = "expired"
        sentence = self._get_state_sentences()[code]
        return sentence % {
            "paid": self._get_money(self.amount_paid),
            "total": self._get_money(self.amount_total),
            "next": format_date(self.env, self.next_date),
            "expiry": format_date(self.env, self.date_expiry),
            "ended": format_date(self.env, self.ended_on),
            "late": self.late_count,
            "reason": self.reason or "",
        }

    @api.model
    def _get_state_sentences(self):
        """Extension point: ``{state: sentence}``."""
        return {
            "draft": self.env._("Being worked out; nobody has been told yet."),
            "awaiting": self.env._("Waits for approval; dunning goes on."),
            "proposed": self.env._("Waits for the debtor's signature until %(expiry)s."),
            "expired": self.env._("Nobody signed it until %(expiry)s: work it out again."),
            "active": self.env._("%(paid)s of %(total)s paid; next instalment on %(next)s."),
            "late": self.env._("%(paid)s of %(total)s paid; %(late)s late."),
            "completed": self.env._("Completed on %(ended)s: %(paid)s paid."),
            "broken": self.env._("Broken on %(ended)s, %(paid)s of %(total)s paid: %(reason)s"),
            "cancelled": self.env._("Cancelled on %(ended)s: %(reason)s"),
        }

    def _get_money(self, amount):
        """Return an amount as words; a foreign currency is named, several share a sign."""
        if not self.currency_id:
            return ""
        text = format_amount(self.env, amount, self.currency_id)
        if self.currency_id == self.company_id.currency_id:
            return text
        return f"{text} ({self.currency_id.name})"

    def _get_today(self):
        return self.env["collections.ledger"]._today(self.company_id or self.env.company)

    # -- written down ----------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create([self._complete(vals) for vals in vals_list])
        for agreement in agreements:
            agreement._check_owner()
            agreement.sudo()._rework()
            agreement._log("agreement_drafted")
        return agreements

    @api.model
    def _complete(self, vals):
        """Return the terms of a new agreement with what the caller left to us."""
        vals = {name: value for name, value in vals.items() if name != "line_ids"}
        if not self.env.su:
            self._check_terms_only(vals)
        case = self.env["collections.case"].browse(
            vals.get("case_id") or self.env.context.get("default_case_id")
        )
        if not case:
            raise UserError(self.env._("An agreement is a debtor's: choose the case."))
        case.check_access("read")
        chosen = self.new({"receivable_ids": vals.get("receivable_ids") or []}).receivable_ids
        if chosen._origin - chosen._origin._filtered_access("read"):
            raise UserError(self.env._("Some of these receivables are not this debtor's."))
        given = {
            **vals,
            "currency_id": vals.get("currency_id") or chosen._origin[:1].currency_id.id,
        }
        proposal = self._get_proposal(case, given)
        for name in ("company_id", "partner_id"):
            proposal.pop(name)
        sequence = self.env["ir.sequence"].sudo().with_company(case.company_id)
        number = sequence.next_by_code("collections.agreement") or "/"
        return {**proposal, **vals, "case_id": case.id, "name": number}

    def _check_terms_only(self, vals):
        """What is not a term comes of an action or of the ledger."""
        if extra := set(vals) - TERMS - {"line_ids"}:
            labels = [
                self._fields[name]._description_string(self.env) if name in self._fields else name
                for name in sorted(extra)
            ]
            raise UserError(
                self.env._("%(fields)s of an agreement: not set by hand.", fields=", ".join(labels))
            )

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        own = set(vals) & set(self.env["mail.thread"]._fields)
        self._check_terms_only({name: value for name, value in vals.items() if name not in own})
        terms = {name: value for name, value in vals.items() if name != "line_ids"}
        if set(terms) - own - {"note"} and self.filtered(lambda one: one.state != "draft"):
            raise UserError(
                self.env._("The terms stand as they were proposed: take it back to change them.")
            )
        result = super().write(terms)
        if set(terms) & TERMS - {"note", "person_id"}:
            for agreement in self:
                agreement.sudo()._rework()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An agreement is not deleted but cancelled, with its reason."))

    def _check_owner(self):
        """:raise UserError: when the case is not one to agree on"""
        self.case_id.check_access("write")
        person = self.person_id.sudo()
        if self.case_id.state == "merged":
            raise UserError(
                self.env._(
                    "%(debtor)s was merged into another debtor.", debtor=self.case_id.display_name
                )
            )
        if person and person.commercial_partner_id != self.case_id.partner_id:
            raise UserError(
                self.env._(
                    "%(person)s is no contact of %(debtor)s.",
                    person=person.name,
                    debtor=self.case_id.partner_id.display_name,
                )
            )

    # -- told ------------------------------------------------------------------------------------

    def _log(self, event, data=None, content=None, **values):
        """Write one entry per agreement into the log of its case."""
        self.env["collections.log"].sudo()._append(
            {
                "case_id": agreement.case_id.id,
                "event": event,
                "data": agreement._get_log_data() | (data or {}),
                "content": content,
                **values,
            }
            for agreement in self
        )

    def _get_log_data(self):
        """Return what every entry about an agreement tells."""
        self.ensure_one()
        digits = self.currency_id.decimal_places
        exact = {
            name: Decimal(f"{amount:.{digits}f}")
            for name, amount in (("amount", self.amount_total), ("paid", self.amount_paid))
        }
        return {
            "agreement": self.id,
            "number": self.name,
            "count": len(self.line_ids),
            "currency": self.currency_id.name,
            **exact,
        }
