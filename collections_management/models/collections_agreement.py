from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_amount, format_date

from ..engine import agreements as engine
from ..engine import public_holidays

TERMS = {
    "case_id", "currency_id", "receivable_ids", "discount_percent", "amount_down", "date_down",
    "count", "frequency", "date_first", "working_days", "interest_method", "interest_rate",
    "person_id", "note",
}  # fmt: skip
COLLECTOR = "collections_management.collections_management_group_collector"


class CollectionsAgreement(models.Model):
    """A payment plan: what a debtor owes, in instalments that both sides agreed on.

    Worked out and limited while it is a draft, signed by the debtor, then judged by the ledger
    alone: each instalment becomes a promise, and ``_settle`` tells where the whole stands.
    """

    _name = "collections.agreement"
    _description = "Payment Agreement"
    _inherit = ["portal.mixin", "mail.thread", "mail.activity.mixin"]
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

    # -- the schedule ----------------------------------------------------------------------------

    def _to_units(self, amount):
        """Return an amount in the smallest amounts of the currency."""
        return round(amount / self.currency_id.rounding)

    def _from_units(self, units):
        return self.currency_id.round(units * self.currency_id.rounding)

    def _get_terms(self):
        """Return the terms as the engine reads them."""
        debt = self._to_units(self.amount_debt)
        percent = Fraction(str(self.discount_percent))
        return engine.Terms(
            principal=debt,
            discount=int(debt * percent / 100 + Fraction(1, 2)),
            down=self._to_units(self.amount_down),
            down_on=self.date_down or None,
            count=self.count,
            frequency=self.frequency,
            start=self.date_start,
            first=self.date_first,
            method=self.interest_method,
            rate=Fraction(str(self.interest_rate)),
        )

    def _get_schedule(self):
        """Return the instalments of the terms, as the engine makes them."""
        is_off = self._is_day_off(self.case_id) if self.working_days else None
        return engine.schedule(self._get_terms(), is_off)

    @api.model
    def _is_day_off(self, case):
        """Return what tells whether a day is no working day where the company is."""
        company = case.company_id
        get_holiday = public_holidays.get_checker(company.country_id.code, company.state_id.code)
        return lambda day: day.isoweekday() > 5 or bool(get_holiday(day))

    def _work_out(self):
        """Return the values of the schedule by the terms; ``fault_text`` when there is none."""
        self.ensure_one()
        self.date_start = self._get_today()
        receivables = self.receivable_ids
        self.amount_debt = sum(receivables.mapped("amount_residual_currency"))
        values = {"amount_discount": 0, "amount_interest": 0, "amount_total": 0,
                  "date_end": False, "fault_text": False}  # fmt: skip
        try:
            if not (self.date_first and self.currency_id):
                raise engine.TermsError("no_date")
            items = self._get_schedule()
        except engine.TermsError as error:
            word = error.args[0]
            return {
                **values,
                "fault_text": self._get_fault_sentences()[word],
                "line_ids": [Command.clear()],
            }
        values |= {
            "amount_discount": self._from_units(self._get_terms().discount),
            "amount_interest": self._from_units(sum(item.interest for item in items)),
            "amount_total": self._from_units(sum(item.amount for item in items)),
            "date_end": items[-1].due,
        }
        lines = [Command.create(self._prepare_line_vals(item)) for item in items]
        return {**values, "line_ids": [Command.clear(), *lines]}

    def _rework(self):
        """Work the schedule out again and keep it."""
        for agreement in self:
            agreement.write(agreement._work_out())

    def _prepare_line_vals(self, item):
        return {
            "number": item.number,
            "date_due": item.due,
            "amount_principal": self._from_units(item.principal),
            "amount_interest": self._from_units(item.interest),
            "amount": self._from_units(item.amount),
            "balance": self._from_units(item.balance),
        }

    @api.model
    def _get_fault_sentences(self):
        """Return ``{machine word of the engine: what is wrong with the terms}``."""
        return {
            "no_debt": self.env._("Choose the receivables that are to be paid in instalments."),
            "no_date": self.env._("Say when the first instalment is due."),
            "negative": self.env._("Discount, down payment and interest cannot be negative."),
            "no_instalment": self.env._("There has to be an instalment."),
            "down_date": self.env._("Say when the down payment is due."),
            "down_late": self.env._("The down payment comes before the first instalment."),
            "above_debt": self.env._(
                "Discount and down payment come to the whole debt: nothing is left to agree on."
            ),
            "too_many": self.env._("There are more instalments than there is money to pay."),
            "past": self.env._("The days of an agreement are today or later."),
        }

    @api.onchange(
        "case_id", "currency_id", "receivable_ids", "discount_percent", "amount_down", "date_down",
        "count", "frequency", "date_first", "working_days", "interest_method", "interest_rate",
    )  # fmt: skip
    def _onchange_terms(self):
        """Show the schedule while the terms are being talked about."""
        if self.state != "draft" or not self.case_id:
            return
        if self.amount_down and not self.date_down:
            self.date_down = self._get_working_day(self.case_id, 3)
        if self.receivable_ids and self.currency_id:
            self.receivable_ids = self.receivable_ids.filtered(
                lambda line: line.currency_id == self.currency_id
            )
        for name, value in self._work_out().items():
            self[name] = value

    @api.onchange("currency_id")
    def _onchange_currency(self):
        """Another currency is about other receivables."""
        if self.case_id and self.state == "draft" and self.currency_id:
            others = self.receivable_ids.filtered(lambda line: line.currency_id != self.currency_id)
            if others or not self.receivable_ids:
                self.receivable_ids = self._get_default_receivables()

    def _get_default_receivables(self):
        """Return what an agreement covers unless told otherwise: all that is due."""
        today = self._get_today()
        due = self.candidate_ids._origin.filtered(
            lambda line: (line.date_maturity or line.date) <= today
        )
        return due or self.candidate_ids._origin

    @api.model
    def _get_working_day(self, case, days):
        """Return the first working day that is so many days ahead."""
        is_off = self._is_day_off(case)
        day = self.env["collections.ledger"]._today(case.company_id) + timedelta(days=days)
        while is_off(day):
            day += timedelta(days=1)
        return day

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        case = self.env["collections.case"].browse(values.get("case_id")).exists()
        if case:
            proposal = self._get_proposal(case, values)
            values = {name: proposal[name] for name in fields_list if name in proposal} | values
        return values

    @api.model
    def _get_proposal(self, case, given):
        """Return the terms that an agreement of a case starts with: all that is overdue."""
        currency = self.env["res.currency"].browse(given.get("currency_id"))
        if not currency:
            owed = {}
            for line in case.receivable_ids:
                if line.amount_residual_currency > 0:
                    weight = line.amount_residual * (2 if line.collections_age > 0 else 1)
                    owed[line.currency_id] = owed.get(line.currency_id, 0) + weight
            currency = max(owed, key=owed.get, default=case.currency_id)
        draft = self.new({"case_id": case.id, "currency_id": currency.id})
        first = self.env["collections.ledger"]._today(case.company_id) + timedelta(days=30)
        return {
            "currency_id": currency.id,
            "receivable_ids": [Command.set(draft._get_default_receivables().ids)],
            "date_first": first,
            "company_id": case.company_id.id,
            "partner_id": case.partner_id.id,
        }

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

    def _check_receivables(self):
        """:raise UserError: when these receivables cannot be agreed, or owe something else now"""
        receivables = self.sudo().receivable_ids
        if not receivables:
            raise UserError(self._get_fault_sentences()["no_debt"])
        for sentence in self.sudo()._get_receivable_faults(receivables).values():
            raise UserError(sentence)
        owed = sum(receivables.mapped("amount_residual_currency"))
        if self.currency_id.compare_amounts(owed, self.amount_debt):
            raise UserError(
                self.env._(
                    "%(now)s is owed now, and it was worked out for %(then)s: work it out again.",
                    now=self._get_money(owed),
                    then=self._get_money(self.amount_debt),
                )
            )

    def _get_receivable_faults(self, lines):
        """Extension point: ``{line id: sentence}`` of receivables that may not be agreed."""
        faults = {}
        taken = self._get_taken(lines)
        for line in lines:
            if sentence := self._get_receivable_fault(line, taken.get(line._origin.id)):
                faults[line._origin.id] = sentence
        return faults

    def _get_taken(self, lines):
        """Return ``{line id: the active agreement about it}``."""
        found = self.env["collections.agreement"].sudo().search(
            [("receivable_ids", "in", lines._origin.ids), ("state", "=", "active")]
        )  # fmt: skip
        others = found - self._origin
        return {line.id: other for other in others for line in other.receivable_ids}

    def _get_receivable_fault(self, line, taken):
        name = line.move_id.name or line.display_name
        values = {"document": name}
        promise = self.env["collections.promise"].sudo().new(
            {"case_id": self.case_id.id, "currency_id": self.currency_id.id}
        )  # fmt: skip
        if taken:
            return self.env._(
                "%(document)s is in an agreement already: %(agreement)s.",
                agreement=taken.name,
                **values,
            )
        if line._origin.id in self._get_disputed_ids(line):
            return self.env._(
                "%(document)s is disputed: the dispute is solved before anything is agreed.",
                **values,
            )
        return promise.with_context(collections_agreement_check=True)._get_line_fault(line._origin)

    def _get_disputed_ids(self, lines):
        """Extension point: which receivables the debtor contests; a dispute of his holds them."""
        reasons = dict(self.env["collections.hold"]._fields["reason"].selection)
        if "dispute" not in reasons:
            return set()
        holds = self.env["collections.hold"].sudo().search(
            [
                ("line_id", "in", lines._origin.ids),
                ("reason", "=", "dispute"),
                ("lifted_on", "=", False),
            ]
        )  # fmt: skip
        return set(holds.line_id.ids)

    # -- what a person can do --------------------------------------------------------------------

    def action_propose(self):
        """Propose these terms to the debtor; beyond the limits of who does it, have it approved."""
        self._check_collector()
        for agreement in self:
            agreement._lock()
            agreement._check_state("draft")
            agreement._check_owner()
            agreement.sudo()._rework()
            if agreement.fault_text:
                raise UserError(agreement.fault_text)
            agreement._check_receivables()
            agreement.sudo()._check_products()
            agreement.sudo()._propose(agreement.env.user)
        return self._get_own_action()

    def _propose(self, user):
        company = self.company_id
        self.write(
            {
                "user_id": user.id,
                "tolerated": company.collections_agreement_tolerated,
                "tolerated_days": company.collections_agreement_days,
                "acceleration": company.collections_agreement_acceleration,
                "interest_policy": company.collections_agreement_interest_policy,
                "discount_policy": company.collections_agreement_discount_policy,
                "reason": False,
                "approver_id": False,
                **self._get_limit_vals(user),
            }
        )
        self.with_user(user)._log("agreement_proposed", {"over": self.approval_role or None})
        if self.approval_role:
            self.state = "awaiting"
        else:
            self._offer()

    def _offer(self):
        """Lay it before the debtor, with a link of its own."""
        days = self.company_id.collections_agreement_valid_days
        self.write({"state": "proposed", "date_expiry": self._get_today() + timedelta(days=days)})
        self._portal_ensure_token()

    def action_take_back(self):
        """Take a proposal back, to change its terms; its link does not open it any more."""
        self._check_collector()
        for agreement in self:
            agreement._check_state("awaiting", "proposed")
            agreement.sudo().write({"state": "draft", "access_token": False, "date_expiry": False})
            agreement.sudo()._rework()
            agreement._log("agreement_taken_back")
        return True

    def action_approve(self):
        """Approve proposals beyond the limits; nobody approves his own."""
        for agreement in self:
            agreement._check_approver()
            agreement._lock()
            agreement._check_receivables()
            agreement.sudo().approver_id = self.env.user
            agreement.sudo()._offer()
            agreement._log("agreement_approved")
        return True

    def action_ask_end(self):
        """Ask why it is refused or cancelled."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_end_action"
        )
        return {**action, "context": {"default_agreement_id": self.id}}

    def action_refuse(self, reason=None):
        """Send a proposal beyond the limits back to who made it, saying why."""
        self._check_reason(reason)
        for agreement in self:
            agreement._check_approver()
            agreement.sudo().write(
                {"state": "draft", "approver_id": self.env.uid, "reason": reason.strip()}
            )
            agreement._log("agreement_refused", content={"note": reason.strip()})
        return True

    def action_cancel(self, reason=None):
        """End agreements that were not accepted; one that stands is cancelled by a supervisor,
        and the original debt comes back."""
        self._check_collector()
        self._check_reason(reason)
        for agreement in self:
            agreement._check_state("draft", "awaiting", "proposed", "active")
            if agreement.state == "active" and not agreement.case_id._is_supervisor():
                raise UserError(self.env._("The debtor has signed it: a supervisor cancels it."))
            agreement._lock()
            was_active = agreement.state == "active"
            agreement.sudo().write(
                {
                    "state": "cancelled",
                    "reason": reason.strip(),
                    "ended_on": agreement._get_today(),
                    "access_token": False,
                    "next_date": False,
                }
            )
            agreement._log("agreement_cancelled", content={"note": reason.strip()})
            if was_active:
                agreement.sudo()._end_promises()
                agreement.sudo()._release()
                agreement.sudo()._book()
        return True

    def action_ask_signed(self):
        """Ask for the copy that the debtor signed on paper."""
        self.ensure_one()
        self._check_state("proposed")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_sign_action"
        )
        return {**action, "context": {"default_agreement_id": self.id}}

    def action_accept_copy(self, signed_by=None, copy=None, filename=None):
        """Take it as accepted by the copy that the debtor signed.

        :param copy: the document, as base64
        """
        self.ensure_one()
        self._check_collector()
        if not copy or not isinstance(signed_by, str) or not signed_by.strip():
            raise UserError(self.env._("Say who signed, and add the signed copy."))
        attachment = self.env["ir.attachment"].sudo().create(
            {
                "name": filename or f"{self.name}.pdf",
                "datas": copy,
                "res_model": self._name,
                "res_id": self.id,
            }
        )  # fmt: skip
        self.sudo()._accept(signed_by.strip(), "copy", user=self.env.user)
        self.message_post(
            body=self.env._("Signed on paper by %s.", signed_by.strip()),
            attachment_ids=attachment.ids,
        )
        return True

    def action_open_portal(self):
        """Show the page as the debtor sees it."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self.sudo().get_portal_url(), "target": "new"}

    def action_print(self):
        """Print the document to sign."""
        self.check_access("read")
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/my/agreements/{self.id}/pdf",
            "target": "new",
        }

    def _get_own_action(self):
        """Return the action that opens these agreements."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_agreement_action"
        )
        if len(self) == 1:
            return {**action, "views": [(False, "form")], "res_id": self.id, "target": "current"}
        return {**action, "domain": [("id", "in", self.ids)]}

    def _lock(self):
        """Let one person at a time decide about a debtor's agreements."""
        self.case_id.sudo().lock_for_update()
        self.invalidate_recordset(["state"])

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for agreement in self:
            if agreement.state not in states:
                raise UserError(
                    self.env._(
                        "%(agreement)s is “%(state)s” by now: open it again.",
                        agreement=agreement.name,
                        state=labels[agreement.state],
                    )
                )

    def _check_reason(self, reason):
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why, in a few words."))

    def _check_collector(self):
        self.check_access("write")
        self.case_id.check_access("write")
        if not self.env.user.has_group(COLLECTOR):
            raise UserError(self.env._("A collector does this."))

    # -- accepted --------------------------------------------------------------------------------

    def _has_to_be_signed(self):
        """Tell whether the debtor may sign it now."""
        self.ensure_one()
        return self.state == "proposed" and self.date_expiry >= self._get_today()

    def _accept(self, signed_by, how, signature=False, user=None):
        """Let the agreement begin; all checks are made again, for time has passed.

        :param user: who of ours took it, or None when the debtor signed on our page
        """
        self.ensure_one()
        self._lock()
        self._check_state("proposed")
        if not self._has_to_be_signed():
            raise UserError(self._get_state_sentence())
        if min(self.line_ids.mapped("date_due")) < self._get_today():
            raise UserError(self._get_fault_sentences()["past"])
        self._check_receivables()
        self.write(
            {
                "state": "active",
                "signed_by": signed_by,
                "signed_on": fields.Datetime.now(),
                "signed_how": how,
                "signature": signature,
                "accepted_on": self._get_today(),
                "next_date": min(self.line_ids.mapped("date_due")),
            }
        )
        self._log(
            "agreement_accepted",
            {"how": how},
            content={"note": signed_by},
            user_id=user.id if user else None,
        )
        self._book()
        self._promise()
        self._hold()
        self._withdraw_rivals()

    def _withdraw_rivals(self):
        """Cancel other proposals about the same receivables: they cannot be accepted any more."""
        rivals = self.search(
            [
                ("receivable_ids", "in", self.receivable_ids.ids),
                ("state", "in", ("draft", "awaiting", "proposed")),
            ]
        )
        for rival in rivals - self:
            reason = self.env._("%s was accepted instead.", self.name)
            rival.write(
                {
                    "state": "cancelled",
                    "reason": reason,
                    "ended_on": self._get_today(),
                    "access_token": False,
                }
            )
            rival._log("agreement_cancelled", content={"note": reason}, user_id=None)

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
