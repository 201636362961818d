from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL, format_amount, format_date

from ..engine import promises as engine
from ..engine import public_holidays

STANDING_STATES = engine.PENDING
OWN_FIELDS = {
    "case_id", "type_id", "currency_id", "amount", "date_due", "line_ids", "person_id",
    "channel_id", "note", "replaces_ids",
}  # fmt: skip


class CollectionsPromise(models.Model):
    """What a debtor said he would pay, and when; the ledger alone tells what became of it.

    While it stands the debtor is left alone: the whole case when it covers all that is overdue,
    else the receivables it covers. Its verdict is taken by ``_settle`` after each refresh.
    """

    _name = "collections.promise"
    _description = "Promise to Pay"
    _inherit = ["collections.outcome.answer.mixin"]
    _order = "date_due desc, id desc"

    case_id = fields.Many2one(
        "collections.case", string="Debtor", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    collector_id = fields.Many2one(related="case_id.user_id", string="Collector of the Case")
    user_id = fields.Many2one(
        "res.users",
        string="Recorded by",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.user,
    )
    type_id = fields.Many2one(
        "collections.promise.type",
        required=True,
        ondelete="restrict",
        default=lambda self: self._get_default_type(self.env.company),
        domain="[('company_id', 'in', [company_id, False])]",
    )
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(required=True)
    date = fields.Date(string="Made on", required=True, readonly=True)
    date_due = fields.Date(string="Date", required=True, index=True)
    date_limit = fields.Date(
        string="Counts Until", readonly=True, help="The date and its days of grace."
    )
    kept_percent = fields.Integer(string="Kept From %", readonly=True, aggregator=None)
    line_ids = fields.Many2many(
        "account.move.line",
        "collections_promise_line_rel",
        "promise_id",
        "line_id",
        string="Receivables",
        domain="[('id', 'in', receivable_ids)]",
        help="What it is going to pay. Empty: all that is overdue in its currency.",
    )
    receivable_ids = fields.Many2many("account.move.line", compute="_compute_receivable_ids")
    person_id = fields.Many2one(
        "res.partner",
        string="Made by",
        ondelete="set null",
        domain="[('commercial_partner_id', '=', partner_id)]",
        help="Who of the debtor made it.",
    )
    channel_id = fields.Many2one(
        "collections.channel", string="Through", ondelete="set null", help="How it reached us."
    )
    note = fields.Char(help="In a few words; the collector sees it on the case.")
    state = fields.Selection(
        [
            ("awaiting", "To approve"),
            ("open", "Open"),
            ("due", "Due today"),
            ("kept", "Kept"),
            ("partly", "Partly kept"),
            ("broken", "Broken"),
            ("replaced", "Replaced"),
            ("withdrawn", "Withdrawn"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="open",
    )
    state_text = fields.Char(string="In Words", compute="_compute_state_text")
    amount_paid = fields.Monetary(
        string="Paid", readonly=True, help="Paid in time, as the ledger tells."
    )
    settled_on = fields.Date(string="Settled", readonly=True, help="The day the verdict was taken.")
    level = fields.Integer(
        readonly=True,
        default=1,
        aggregator="max",
        help="One more than the broken promises there were about the same receivables.",
    )
    reason = fields.Char(readonly=True, help="Why it was withdrawn or refused.")
    replaces_ids = fields.Many2many(
        "collections.promise",
        "collections_promise_replace_rel",
        "promise_id",
        "replaced_id",
        help="The promises about the same receivables that it puts an end to.",
    )
    replaced_by_ids = fields.Many2many(
        "collections.promise",
        "collections_promise_replace_rel",
        "replaced_id",
        "promise_id",
        string="Replaced by",
        readonly=True,
    )
    hold_ids = fields.One2many("collections.hold", "promise_id", readonly=True)
    # What the books said when it was made; later entries are payments since.
    ledger_mark = fields.Integer(readonly=True, aggregator=None)
    amount_owed = fields.Monetary(
        string="Owed Then",
        readonly=True,
        help="What its receivables owed when it was made.",
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A promise must be above zero.")
    _standing_idx = models.Index("(company_id, case_id) WHERE state IN ('open', 'due')")
    _limit_idx = models.Index("(company_id, date_limit)")

    @api.depends("case_id", "currency_id")
    def _compute_receivable_ids(self):
        for promise in self:
            promise.receivable_ids = promise._get_receivables()

    @api.depends("case_id", "amount", "date_due")
    @api.depends_context("lang")
    def _compute_display_name(self):
        sentence = self.env._("%(amount)s for %(date)s")
        days = {day: format_date(self.env, day) for day in set(self.mapped("date_due"))}
        for promise in self:
            promise.display_name = sentence % {
                "amount": promise._get_money(promise.amount),
                "date": days[promise.date_due],
            }

    @api.depends("state", "amount_paid", "date_due", "date_limit", "settled_on", "reason")
    @api.depends_context("lang")
    def _compute_state_text(self):
        for promise in self:
            promise.state_text = promise._get_state_sentence() if promise.state else False

    def _get_state_sentence(self):
        """Return where the promise stands, as a sentence."""
        self.ensure_one()
        values = {
            "paid": self._get_money(self.amount_paid),
            "amount": self._get_money(self.amount),
            "date": format_date(self.env, self.date_due),
            "limit": format_date(self.env, self.date_limit),
            "settled": format_date(self.env, self.settled_on),
            "reason": self.reason or "",
        }
        code = self.state
        if code == "due" and self.date_due < self._get_today():
            code = "grace"
        if code == "kept" and not self.amount_paid:
            code = "credited"
        return self._get_state_sentences()[code] % values

    @api.model
    def _get_state_sentences(self):
        """Extension point: ``{state: sentence}``."""
        return {
            "awaiting": self.env._("Waits for a supervisor; the debtor is not left alone yet."),
            "open": self.env._("Expected on %(date)s; %(paid)s of %(amount)s paid."),
            "due": self.env._("Due today; %(paid)s of %(amount)s paid."),
            "grace": self.env._(
                "Was due on %(date)s, counts until %(limit)s; %(paid)s of %(amount)s paid."
            ),
            "kept": self.env._("Kept: %(paid)s paid."),
            "credited": self.env._("Nothing is left to pay: it was credited."),
            "partly": self.env._("Partly kept: %(paid)s of %(amount)s paid by %(limit)s."),
            "broken": self.env._("Broken: nothing paid by %(limit)s."),
            "replaced": self.env._("Replaced by another promise on %(settled)s."),
            "withdrawn": self.env._("Withdrawn on %(settled)s: %(reason)s"),
            "refused": self.env._("Refused on %(settled)s: %(reason)s"),
        }

    def _get_money(self, amount):
        """Return an amount as words; a foreign currency is named, several share a sign."""
        self.ensure_one()
        if not self.currency_id:
            return ""
        text = format_amount(self.env, amount, self.currency_id)
        return text if self.currency_id == self.company_id.currency_id else (
            f"{text} ({self.currency_id.name})"
        )  # fmt: skip

    def _get_today(self):
        return self.env["collections.ledger"]._today(self.company_id)

    # -- what the dialog proposes ----------------------------------------------------------------

    @api.model
    def _get_default_type(self, company):
        return self.env["collections.promise.type"].search(
            [("company_id", "in", [company.id, False])], limit=1
        )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        case = self.env["collections.case"].browse(values.get("case_id")).exists()
        if case:
            proposal = self._get_proposal(case, {**self.env.context, **values})
            values = {name: proposal[name] for name in fields_list if name in proposal} | values
        return values

    @api.model
    def _get_proposal(self, case, given, chosen=()):
        """Return the values that a promise of a case starts with: pay all that is overdue.

        :param dict given: what is known of it already, ``currency_id`` and ``type_id``
        :param chosen: the receivables it is about, when they are known already
        """
        currency = self.env["res.currency"].browse(given.get("currency_id"))
        kind = self.env["collections.promise.type"].browse(given.get("type_id"))
        draft = self.new({"case_id": case.id, "currency_id": currency.id or False})
        lines = draft._get_receivables()
        if not currency:
            owed = defaultdict(float)
            for line in lines.filtered(lambda line: line.collections_age > 0) or lines:
                owed[line.currency_id] += line.amount_residual * (line.amount_residual_currency > 0)
            currency = max(owed, key=owed.get, default=case.currency_id)
            draft.currency_id = currency
            lines = draft._get_receivables()
        chosen = chosen or draft._get_due(lines) or lines
        kind = kind or self._get_default_type(case.company_id)
        return {
            "currency_id": currency.id,
            "line_ids": [Command.set(chosen.ids)],
            "amount": draft._get_net(chosen),
            "type_id": kind.id,
            "date_due": self._get_next_day(case, kind.default_days),
            "replaces_ids": [Command.set(draft._get_rivals(chosen).ids)],
            "company_id": case.company_id.id,
            "partner_id": case.partner_id.id,
        }

    def _get_receivables(self):
        """Return the open receivables of the case in the currency of the promise."""
        lines = self.case_id.receivable_ids.filtered(lambda line: line.amount_residual_currency > 0)
        if self.currency_id:
            lines = lines.filtered(lambda line: line.currency_id == self.currency_id)
        return lines

    def _get_due(self, lines):
        """Return those of some receivables that are overdue or due today."""
        today = self.env["collections.ledger"]._today(self.case_id.company_id)
        return lines.filtered(lambda line: (line.date_maturity or line.date) <= today)

    def _get_net(self, lines):
        """Return what is owed of some receivables: of all that are due, less the debtor's credits
        in the currency."""
        owed = sum(lines.mapped("amount_residual_currency"))
        if self._get_due(self._get_receivables()) - lines:
            return self.currency_id.round(owed)
        credited = sum(
            line.amount_residual_currency
            for line in self.case_id.receivable_ids
            if line.currency_id == self.currency_id and line.amount_residual_currency < 0
        )
        net = self.currency_id.round(owed + credited)
        return net if net > 0 else self.currency_id.round(owed)

    @api.model
    def _get_next_day(self, case, days):
        """Return the first working day that is so many days ahead."""
        country = case.company_id.country_id.code
        get_holiday = public_holidays.get_checker(country, case.company_id.state_id.code)
        day = self.env["collections.ledger"]._today(case.company_id) + timedelta(days=days)
        while day.isoweekday() > 5 or get_holiday(day):
            day += timedelta(days=1)
        return day

    @api.onchange("case_id", "currency_id")
    def _onchange_currency(self):
        """Another debtor or currency is about other receivables."""
        if not self.case_id:
            return
        lines = self._get_receivables()
        if self.currency_id and self.line_ids._origin and self.line_ids._origin <= lines:
            return
        given = {"type_id": self.type_id.id}
        if self.currency_id and lines:
            given["currency_id"] = self.currency_id.id
        proposal = self._get_proposal(self.case_id, given)
        for name in ("currency_id", "line_ids", "amount", "replaces_ids"):
            self[name] = proposal[name]

    @api.onchange("line_ids")
    def _onchange_lines(self):
        lines = self.line_ids._origin
        if lines:
            self.amount = self._get_net(lines)
        self.replaces_ids = [Command.set(self._get_rivals(lines).ids)]

    @api.onchange("type_id")
    def _onchange_type(self):
        if self.case_id and self.type_id:
            self.date_due = self._get_next_day(self.case_id, self.type_id.default_days)

    # -- made ------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._complete(vals) for vals in vals_list]
        promises = super().create(vals_list)
        for promise in promises:
            promise._accept()
        return promises

    @api.model
    def _complete(self, vals):
        """Return the values of a new promise with what the caller left to us."""
        if not self.env.su and (extra := set(vals) - OWN_FIELDS):
            raise UserError(
                self.env._(
                    "%(fields)s of a promise: not set by hand.", fields=", ".join(sorted(extra))
                )
            )
        case = self.env["collections.case"].browse(
            vals.get("case_id") or self.env.context.get("default_case_id")
        )
        if not case:
            raise UserError(self.env._("A promise is a debtor's: choose the case."))
        case.check_access("read")
        today = self.env["collections.ledger"]._today(case.company_id)
        chosen = self.new({"line_ids": vals.get("line_ids") or []}).line_ids._origin
        if chosen - chosen.exists()._filtered_access("read"):
            raise UserError(self.env._("Some of these receivables are not this debtor's."))
        if vals.get("amount", 1) <= 0:
            raise UserError(self.env._("A promise must be above zero."))
        given = {**vals, "currency_id": vals.get("currency_id") or chosen[:1].currency_id.id}
        proposal = self._get_proposal(case, given, chosen)
        missing = {"currency_id", "amount", "date_due", "type_id"} - set(vals)
        if not chosen:
            missing.add("line_ids")
        proposed = {name: proposal[name] for name in missing}
        return {**vals, **proposed, "case_id": case.id, "date": today}

    def _accept(self):
        """Take a promise that was just written down: check it, see whether it is within the
        limits, and leave the debtor alone, or have it approved first."""
        self.ensure_one()
        rivals = self._check_terms()
        promise = self.sudo()
        promise.write(
            {
                "date_limit": self.date_due + timedelta(days=self.type_id.grace_days),
                "kept_percent": self.type_id.kept_percent,
                "amount_owed": sum(promise.line_ids.mapped("amount_residual_currency")),
                "ledger_mark": self._get_ledger_mark(),
                "level": 1 + max(promise.line_ids._get_broken_counts().values(), default=0),
            }
        )
        over = promise._get_limits_broken(rivals)
        if over:
            promise.write({"state": "awaiting", "limits_broken": over})
        self._log("promise_made", {"level": promise.level, "over": ",".join(over) or None})
        if not over:
            promise._stand()

    def _stand(self):
        """Make it stand: it ends those it replaces, and holds the dunning of what it covers."""
        self.ensure_one()
        self._end_replaced()
        self.state = "due" if self.date_due <= self._get_today() else "open"
        self._hold()
        self.case_id._store_promises()

    def _check_terms(self):
        """:return: the standing promises about the same receivables
        :raise UserError: saying what is wrong with a new promise"""
        self.ensure_one()
        self.case_id.check_access("write")
        self._check_case()
        if self.date_due < self._get_today():
            raise UserError(
                self.env._(
                    "%(date)s is over already: a promise is for today or later.",
                    date=format_date(self.env, self.date_due),
                )
            )
        self._check_lines()
        return self._check_rivals()

    def _check_case(self):
        """:raise UserError: when nobody can promise on this case"""
        case = self.case_id
        if case.state == "merged":
            raise UserError(
                self.env._("%(debtor)s was merged into another debtor.", debtor=case.display_name)
            )
        person = self.person_id.sudo()
        if person and person.commercial_partner_id != case.partner_id:
            raise UserError(
                self.env._(
                    "%(person)s is no contact of %(debtor)s.",
                    person=person.name,
                    debtor=case.partner_id.display_name,
                )
            )

    def _check_lines(self):
        """:raise UserError: when the receivables are not those of a promise of this amount"""
        lines = self.sudo().line_ids
        if not lines:
            raise UserError(
                self.env._(
                    "Nothing is owed in %(currency)s: there is nothing to promise.",
                    currency=self.currency_id.name,
                )
            )
        for line in lines:
            if sentence := self._get_line_fault(line):
                raise UserError(sentence)
        self._check_amount(lines)

    def _check_amount(self, lines):
        """:raise UserError: when more is promised than is owed"""
        owed = sum(lines.mapped("amount_residual_currency"))
        if self.currency_id.compare_amounts(self.amount, owed) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s is more than is owed: its receivables come to %(owed)s.",
                    amount=self._get_money(self.amount),
                    owed=self._get_money(owed),
                )
            )

    def _get_line_fault(self, line):
        """Return why a receivable cannot be promised, or None."""
        name = line.move_id.name or line.display_name
        if line.company_id != self.company_id:
            return self.env._("%(document)s is another company's.", document=name)
        if line.partner_id.commercial_partner_id != self.case_id.partner_id:
            return self.env._(
                "%(document)s is not owed by %(debtor)s.",
                document=name,
                debtor=self.case_id.partner_id.display_name,
            )
        if line.account_id.id not in self.env["collections.ledger"]._get_account_ids():
            return self.env._("%(document)s is no receivable.", document=name)
        if line.parent_state != "posted":
            return self.env._("%(document)s is not posted.", document=name)
        if line.currency_id != self.currency_id:
            return self.env._(
                "%(document)s is in %(currency)s: promise it in its own currency.",
                document=name,
                currency=line.currency_id.name,
            )
        if line.reconciled or self.currency_id.is_zero(line.amount_residual_currency):
            return self.env._("%(document)s is paid already.", document=name)
        if line.amount_residual_currency < 0:
            return self.env._("%(document)s is a credit: nobody owes it.", document=name)
        return None

    def _check_rivals(self):
        """:return: the standing promises about the same receivables, which this one replaces
        :raise UserError: when one of them was made in the meantime: two people at once"""
        rivals = self._get_rivals(self.sudo().line_ids) - self
        unknown = rivals - self.replaces_ids
        if unknown:
            raise UserError(
                self.env._(
                    "%(user)s has recorded a promise about the same receivables: %(promise)s. "
                    "Open the dialog again to replace it.",
                    user=unknown[0].sudo().user_id.name,
                    promise=unknown[0].display_name,
                )
            )
        self.sudo().replaces_ids = rivals
        return rivals

    def _get_rivals(self, lines):
        """Extension point: the standing promises that one about these receivables replaces."""
        if not lines:
            return self.browse()
        return (
            self.env["collections.promise"]
            .sudo()
            .search(
                [("line_ids", "in", lines.ids), ("state", "in", ("awaiting", *STANDING_STATES))]
            )
            .with_env(self.env)
        )

    def _end_replaced(self):
        """End the promises that this one replaces, unless the ledger has settled them since."""
        replaced = self.replaces_ids.filtered(
            lambda old: old.state in ("awaiting", *STANDING_STATES)
        )
        replaced._close("replaced")
        replaced._log("promise_replaced", {"by": self.id})

    def _get_ledger_mark(self):
        """Return the number of the debtor's last entry in the books."""
        self.env["account.move.line"].flush_model()
        [[mark]] = self.env.execute_query(
            SQL(
                "SELECT coalesce(max(line.id), 0) FROM account_move_line line"
                " JOIN res_partner partner ON partner.id = line.partner_id"
                " WHERE partner.commercial_partner_id = %s AND line.company_id = %s"
                " AND line.parent_state = 'posted'",
                self.case_id.partner_id.id,
                self.company_id.id,
            )
        )
        return mark

    # -- held and released -----------------------------------------------------------------------

    def _hold(self):
        """Leave alone what the promise covers, until its last day."""
        for promise in self.sudo():
            whole = not promise._get_uncovered()
            lines = promise.line_ids.browse() if whole else promise.line_ids
            self.env["collections.hold"].sudo().create(
                [
                    {
                        "case_id": promise.case_id.id,
                        "promise_id": promise.id,
                        "line_id": line_id,
                        "reason": "promise",
                        "note": promise._get_hold_note(),
                        "date_from": min(promise._get_today(), promise.date_limit),
                        "date_until": promise.date_limit,
                        "user_id": promise.user_id.id,
                    }
                    for line_id in lines.ids or [False]
                ]
            )

    def _get_uncovered(self):
        """Return what is overdue on the case and not covered by the promise."""
        today = self._get_today()
        return (
            self.case_id.receivable_ids.filtered(
                lambda line: (
                    line.amount_residual_currency > 0 and (line.date_maturity or line.date) < today
                )
            )
            - self.line_ids
        )

    def _get_hold_note(self):
        """Return the promise in words, for those who meet its hold."""
        people = ", ".join(filter(None, (self.person_id.name, self.channel_id.name)))
        return f"{self.display_name} ({people})" if people else self.display_name

    def _release(self):
        """Lift the holds of these promises; dunning resumes where it stopped."""
        holds = self.env["collections.hold"].sudo().search(
            [("promise_id", "in", self.ids), ("lifted_on", "=", False)]
        )  # fmt: skip
        holds.write({"lifted_on": fields.Datetime.now(), "lifted_by_id": self.env.uid})
        self.env["collections.log"].sudo()._append(
            {
                "case_id": hold.case_id.id,
                "event": "released",
                "data": {"hold": hold.id, "reason": hold.reason},
            }
            for hold in holds
        )

    def _close(self, state, reason=False):
        """End these promises for another cause than the ledger.

        :param reason: why, or ``{promise: why}``
        """
        reasons = reason if isinstance(reason, dict) else dict.fromkeys(self, reason)
        groups = self.grouped(lambda promise: (promise.company_id, reasons[promise]))
        for (company, words), promises in groups.items():
            promises.sudo().write(
                {
                    "state": state,
                    "reason": words,
                    "settled_on": self.env["collections.ledger"]._today(company),
                }
            )
        self._release()
        self.case_id._store_promises()

    # -- what a person can do --------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and set(vals) - {"note"}:
            raise UserError(
                self.env._("A promise stands as it was made: record a new one, it replaces it.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A promise is not deleted but withdrawn, with its reason."))

    def action_new(self):
        """Ask for a promise that replaces this one."""
        self.ensure_one()
        return self.case_id._get_promise_action(
            {"default_currency_id": self.currency_id.id, "default_person_id": self.person_id.id}
        )

    def action_ask_withdraw(self):
        """Ask why the promise is withdrawn or refused."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_promise_end_action"
        )
        return {**action, "context": {"default_promise_id": self.id}}

    def action_withdraw(self, reason=None):
        """End promises that stand, or wait, because the debtor or we do not mean them any more."""
        self._check_collector()
        self._check_reason(reason)
        if self.filtered(lambda promise: promise.state not in ("awaiting", *STANDING_STATES)):
            raise UserError(self.env._("Only a promise that stands can be withdrawn."))
        self._close("withdrawn", reason.strip())
        self._log("promise_withdrawn", content={"note": reason.strip()})
        return True

    def action_approve(self):
        """Approve promises beyond the limits; nobody approves what he recorded himself."""
        self._check_approver()
        for promise in self:
            if promise.date_due < promise._get_today():
                raise UserError(
                    self.env._(
                        "%(date)s is over already: refuse it, or record another promise.",
                        date=format_date(self.env, promise.date_due),
                    )
                )
            promise._check_lines()
            promise.sudo().approver_id = self.env.user
            promise._log("promise_approved")
            promise.sudo()._stand()
        return True

    def action_refuse(self, reason=None):
        """Refuse promises beyond the limits, saying why."""
        self._check_approver()
        self._check_reason(reason)
        self.sudo().approver_id = self.env.user
        self._close("refused", reason.strip())
        self._log("promise_refused", content={"note": reason.strip()})
        return True

    def _check_reason(self, reason):
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why, in a few words."))

    def _check_collector(self):
        self.check_access("write")
        self.case_id.check_access("write")
        if not self.env.user.has_group(
            "collections_management.collections_management_group_collector"
        ):
            raise UserError(self.env._("A collector does this."))

    def _check_approver(self):
        self._check_collector()
        if not self.case_id._is_supervisor():
            raise UserError(self.env._("A supervisor does this."))
        if self.filtered(lambda promise: promise.state != "awaiting"):
            raise UserError(self.env._("It does not wait for approval any more."))
        if self.env.user in self.user_id:
            raise UserError(self.env._("You recorded it: another supervisor decides."))

    # -- told ------------------------------------------------------------------------------------

    def _log(self, event, data=None, content=None):
        """Write one entry per promise into the log of its case."""
        self.env["collections.log"].sudo()._append(
            {
                "case_id": promise.case_id.id,
                "event": event,
                "data": promise._get_log_data() | (data or {}),
                "content": content,
            }
            for promise in self
        )

    def _get_log_data(self):
        """Return what every entry about a promise tells."""
        self.ensure_one()
        exact = Decimal(f"{self.amount:.{self.currency_id.decimal_places}f}")
        return {
            "promise": self.id,
            "amount": exact,
            "currency": self.currency_id.name,
            "date": self.date_due,
        }
