from decimal import Decimal
from functools import partial

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ..engine import evidence
from .collections_contact import DONE_STATES

OWN_FIELDS = ("line_ids", "check_ids", "reason_id", "note", "treatment", "rule_id", "date",
              "recover_tax")  # fmt: skip
GROUP = "collections_management.collections_management_group_%s"
ACCOUNTANTS = ("account.group_account_user", "account.group_account_manager")


class CollectionsWriteOff(models.Model):
    """A debt that is given up: prepared, asked for, approved by somebody else, booked, proved.

    The amounts of a draft follow the ledger; from the entry on they are what was booked. The entry
    is reconciled with the receivables by Odoo itself, so a reversal gives the debt back.
    """

    _name = "collections.write.off"
    _description = "Write-off"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Debtor", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("draft", "Being prepared"),
            ("requested", "Waits for approval"),
            ("posted", "Written off"),
            ("refused", "Refused"),
            ("withdrawn", "Withdrawn"),
            ("reversed", "Reversed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
    )
    line_ids = fields.One2many("collections.write.off.line", "write_off_id", string="Receivables")
    reason_id = fields.Many2one("collections.write.off.reason", string="Why", ondelete="restrict")
    note = fields.Text(help="What the one who approves, and the authority, should know.")
    date = fields.Date(string="Accounting Date", default=fields.Date.context_today)
    rule_id = fields.Many2one("collections.write.off.rule", ondelete="restrict")
    check_ids = fields.One2many("collections.write.off.check", "write_off_id", string="Evidence")
    verdict = fields.Selection(
        [("met", "Met"), ("not_met", "Not met"), ("unknown", "Not all is known")],
        string="Conditions of the Rule",
        compute="_compute_verdict",
        store=True,
    )
    treatment = fields.Selection(
        [
            ("deductible", "Deductible"),
            ("not_deductible", "Not deductible"),
            ("to_verify", "To be verified"),
        ],
        string="For Taxes",
        default="to_verify",
        required=True,
        tracking=True,
    )
    recover_tax = fields.Boolean(
        string="Recover the Tax",
        help="The tax that was charged on the debt is taken back instead of booked as a loss.",
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, string="To Write Off")
    tax_amount = fields.Monetary(readonly=True, string="Tax Recovered", copy=False)
    warning = fields.Text(compute="_compute_warning")
    needs_second = fields.Boolean(compute="_compute_needs_second", string="Needs a Second Person")

    requested_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    requested_on = fields.Datetime(readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", copy=False)
    decided_on = fields.Datetime(readonly=True, copy=False)
    decision_note = fields.Char(string="Decision", copy=False, help="Why it is refused.")
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, ondelete="restrict", copy=False
    )
    reversal_id = fields.Many2one("account.move", readonly=True, ondelete="restrict", copy=False)
    may_request = fields.Boolean(compute="_compute_may")
    may_approve = fields.Boolean(compute="_compute_may")

    _requested_idx = models.Index("(company_id) WHERE state = 'requested'")
    _posted_idx = models.Index("(case_id, date) WHERE state = 'posted'")

    @api.depends("partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for write_off in self:
            write_off.display_name = self.env._(
                "Write-off of %(debtor)s (No. %(number)s)",
                debtor=write_off.partner_id.display_name or "",
                number=write_off._origin.id or "–",
            )

    @api.depends("line_ids.amount_company")
    def _compute_amount(self):
        for write_off in self:
            write_off.amount = sum(write_off.line_ids.mapped("amount_company"))

    @api.depends("check_ids.state", "check_ids.alternative")
    def _compute_verdict(self):
        for write_off in self:
            conditions = write_off.check_ids._to_conditions()
            findings = [
                evidence.Finding(number, check.state or evidence.UNKNOWN, "")
                for number, check in enumerate(write_off.check_ids)
            ]
            write_off.verdict = evidence.conclude(conditions, findings)

    @api.depends_context("uid", "lang")
    @api.depends(
        "line_ids.line_id", "line_ids.amount", "treatment", "verdict", "case_id", "rule_id"
    )
    def _compute_warning(self):
        for write_off in self:
            write_off.warning = "\n".join(write_off._get_warnings()) or False

    def _get_warnings(self):
        """Extension point: what does not forbid the write-off but has to be seen, as sentences."""
        self.ensure_one()
        if self.state not in ("draft", "requested"):
            return []
        warnings = [
            self.env._(
                "%(document)s is on hold: %(hold)s.",
                document=line.move_name or "",
                hold=line.hold_text,
            )
            for line in self.line_ids
            if line.hold_text
        ]
        credit = self.case_id.amount_credit
        if self.currency_id.compare_amounts(credit, 0) > 0:
            warnings.append(
                self.env._(
                    "The debtor has %(amount)s in credits: match them with the debt first.",
                    amount=self.currency_id.format(credit),
                )
            )
        if self.treatment == "deductible" and self.verdict != "met":
            warnings.append(
                self.env._("You call it deductible, but not every condition of the rule is met.")
            )
        if self.rule_id.confidence == "low":
            warnings.append(
                self.env._("Nobody has verified this rule against the law: ask your accountant.")
            )
        return warnings

    @api.depends("amount", "company_id", "partner_id")
    def _compute_needs_second(self):
        totals = self._get_totals()
        for write_off in self:
            total = float(totals.get(write_off, 0))
            limit = write_off.company_id.sudo().collections_write_off_limit
            write_off.needs_second = not limit or total > limit

    @api.depends_context("uid")
    @api.depends("requested_by_id")
    def _compute_may(self):
        requester, approver = self._is_requester(), self._is_approver()
        for write_off in self:
            write_off.may_request = requester
            write_off.may_approve = approver and write_off.requested_by_id != self.env.user

    def _get_totals(self):
        """Return ``{write-off: what its debtor comes to in a year}``, itself included, so that
        nobody writes a debt off in pieces below a limit."""
        if not self:
            return {}
        self.flush_model(["amount", "state", "date", "partner_id", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT asked.id, coalesce(sum(other.amount), 0)::text
                  FROM unnest(%s::int[], %s::int[], %s::int[], %s::date[])
                       AS asked (id, partner_id, company_id, day)
             LEFT JOIN collections_write_off other
                    ON other.partner_id = asked.partner_id AND other.company_id = asked.company_id
                   AND other.id <> asked.id AND other.state IN ('posted', 'requested')
                   AND other.date > asked.day - 365
              GROUP BY asked.id
                """,
                [one._origin.id or 0 for one in self],
                [one.partner_id._origin.id or 0 for one in self],
                [one.company_id._origin.id or 0 for one in self],
                [one.date or fields.Date.context_today(one) for one in self],
            )
        )
        others = {id_: Decimal(total) for id_, total in rows}
        return {
            one: others.get(one._origin.id or 0, Decimal(0)) + Decimal(str(one.amount or 0))
            for one in self
        }

    # -- who may -----------------------------------------------------------------------------------

    @api.model
    def _is_requester(self):
        return self.env.su or any(
            self.env.user.has_group(group) for group in (GROUP % "supervisor", *ACCOUNTANTS)
        )

    @api.model
    def _is_approver(self):
        return self.env.su or any(
            self.env.user.has_group(group) for group in (GROUP % "manager", *ACCOUNTANTS)
        )

    def _check_requester(self):
        self.check_access("read")
        if not self._is_requester():
            raise AccessError(
                self.env._("Supervisors and accountants ask for a write-off, nobody else.")
            )

    def _check_approver(self):
        self.check_access("read")
        if not self._is_approver():
            raise AccessError(
                self.env._("Collections managers and accountants decide on a write-off.")
            )

    def _check_draft(self):
        """Refuse changes by hand of what was asked for already."""
        if not self.env.su and any(one.state != "draft" for one in self):
            raise UserError(
                self.env._("What was asked for stands as it is: withdraw it and make another one.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_requester()
            allowed = {*OWN_FIELDS, "case_id"}
            vals_list = [{k: v for k, v in vals.items() if k in allowed} for vals in vals_list]
        write_offs = super().create(vals_list)
        for write_off in write_offs:
            if not write_off.rule_id:
                rule = self.env["collections.write.off.rule"]._find(write_off.company_id)
                write_off.sudo().rule_id = rule
            if not write_off.check_ids:
                write_off._reset_checks()
        return write_offs

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        before = {one: one.rule_id for one in self} if "rule_id" in vals else {}
        result = super().write(vals)
        for write_off, rule in before.items():
            if write_off.rule_id != rule:
                write_off._reset_checks()
        return result

    def _check_may_write(self, vals):
        """Own fields while it is prepared, the decision while it waits; buttons do the rest."""
        names = {name for name in vals if not name.startswith(("message_", "activity_"))}
        if names & set(OWN_FIELDS):
            self._check_draft()
        if "decision_note" in names and any(one.state != "requested" for one in self):
            raise UserError(self.env._("There is nothing to decide on any more."))
        fixed = sorted(names - set(OWN_FIELDS) - {"decision_note"})
        if fixed:
            labels = [self._fields[name]._description_string(self.env) for name in fixed]
            raise UserError(
                self.env._("%(fields)s: set by the buttons, not by hand.", fields=", ".join(labels))
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        self._check_draft()

    # -- evidence ----------------------------------------------------------------------------------

    def _reset_checks(self):
        """Take the conditions of the rule as they stand now; answers to the same question stay."""
        self.ensure_one()
        self_sudo = self.sudo()
        answers = {
            check.statement: (check.answer, check.note)
            for check in self_sudo.check_ids
            if check.answer or check.note
        }
        known = self._get_statements()
        commands = [Command.clear()]
        for number, condition in enumerate(self_sudo.rule_id.condition_ids):
            answer, note = answers.get(condition.statement, (False, False))
            if not answer and condition.statement in known:
                answer, note = known[condition.statement]
            commands.append(
                Command.create(
                    {
                        "sequence": number,
                        "name": condition.name,
                        "citation": condition.citation or self_sudo.rule_id.citation,
                        "kind": condition.kind,
                        "limit": condition.limit,
                        "unit": condition.unit,
                        "statement": condition.statement,
                        "expected": condition.expected,
                        "alternative": condition.alternative,
                        "answer": answer,
                        "note": note,
                    }
                )
            )
        self_sudo.write({"check_ids": commands, "recover_tax": self_sudo.rule_id.recover_tax})

    def _get_statements(self):
        """Extension point: what the system knows by itself, ``{statement: (answer, evidence)}``.

        ``answer`` is ``yes`` or ``no``; a person may answer otherwise.
        """
        self.ensure_one()
        provision = self.env["collections.provision"]._find_last(self.company_id, self.partner_id)
        if not provision:
            return {}
        note = self.env._("Provision of %(day)s", day=format_date(self.env, provision.date))
        return {"provisioned": ("yes", note)}

    def _get_facts(self, checks):
        """Return what is known, as the engine reads it; all of it as of the accounting date."""
        self.ensure_one()
        day = self.date or fields.Date.context_today(self)
        lines = self.line_ids
        dues = [line.date_maturity or line.line_id.sudo().date_maturity for line in lines]
        attempts, unproven = self._count_attempts(min((due for due in dues if due), default=day))
        answers = {"yes": True, "no": False}
        return evidence.Facts(
            ages=tuple((day - due).days if due else None for due in dues),
            attempts=attempts,
            unproven=unproven,
            total=self._get_totals()[self] if lines else None,
            units=self._get_units({check.unit for check in checks if check.unit}, day),
            statements={
                check.statement: answers.get(check.answer) for check in checks if check.statement
            },
        )

    def _get_units(self, codes, day):
        """Return ``{code: worth in company currency}`` of the legal units that have a value."""
        company = self.company_id.sudo()
        country = company.account_fiscal_country_id or company.country_id
        units = {}
        for code in codes:
            row = self.env["collections.legal.value"]._get_value(code, country, day)
            if row and self._has_rate(row.currency_id, day):
                value = row.currency_id._convert(
                    row.value, company.currency_id, company, day, round=False
                )
                units[code] = Decimal(str(value))
        return units

    def _count_attempts(self, since):
        """Return ``(attempts with proof, without)`` to collect after a day, real ones only.

        A proof is the provider's receipt, or the debtor's own reaction; a call is a collector's
        word.
        """
        case_id = self.case_id._origin.id
        if not case_id:
            return 0, 0
        self.env["collections.contact"].flush_model()
        [[proven, every]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE reference IS NOT NULL
                                        OR state IN ('delivered', 'read', 'answered')), count(*)
                  FROM collections_contact
                 WHERE case_id = %s AND state = ANY(%s) AND safe_mode IS NOT TRUE
                   AND sent_on >= %s::date + 1
                """,
                case_id,
                list(DONE_STATES),
                since,
            )
        )
        return proven, every - proven

    # -- what may be booked ------------------------------------------------------------------------

    def _has_rate(self, currency, day):
        """Tell whether a currency can be converted on a day, and not by a rate of nothing."""
        company = self.company_id.sudo()
        if currency == company.currency_id:
            return True
        return bool(
            self.env["res.currency.rate"]
            .sudo()
            .search_count(
                [
                    ("currency_id", "=", currency.id),
                    ("company_id", "in", (False, company.root_id.id)),
                    ("name", "<=", day),
                ],
                limit=1,
            )
        )

    def _check_bookable(self):
        """Refuse, in words, what cannot be booked.

        :raise UserError: what is wrong and how to go on
        """
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Nothing to write off: add a receivable that is open."))
        if not self.reason_id:
            raise UserError(self.env._("Say why the debt is written off."))
        self.line_ids._check_open()
        self._check_date()
        for currency in self.line_ids.currency_id:
            if not self._has_rate(currency, self.date):
                raise UserError(
                    self.env._(
                        "There is no rate of %(currency)s on %(day)s: enter one first.",
                        currency=currency.name,
                        day=format_date(self.env, self.date),
                    )
                )
        self._check_free()
        self._get_journal()
        self._get_loss_account()
        if self.recover_tax and self._get_taxes():
            self._get_tax_account()

    def _check_date(self):
        today = self.env["collections.ledger"]._today(self.company_id)
        if not self.date or self.date > today:
            raise UserError(self.env._("The accounting date is today or before."))
        newest = max(line.date for line in self.line_ids.line_id.sudo())
        if self.date < newest:
            raise UserError(
                self.env._(
                    "A receivable dates from %(day)s: it cannot be written off before.",
                    day=format_date(self.env, newest),
                )
            )
        self._check_open_books(self.date, self.recover_tax)

    def _check_free(self):
        """Refuse receivables that another write-off waits to take."""
        other = self.env["collections.write.off.line"].sudo().search(
            [
                ("line_id", "in", self.line_ids.line_id.ids),
                ("write_off_id", "!=", self.id),
                ("write_off_id.state", "=", "requested"),
            ],
            limit=1,
        )  # fmt: skip
        if other:
            raise UserError(
                self.env._(
                    "%(document)s is already asked for in %(other)s.",
                    document=other.move_name or "",
                    other=other.write_off_id.display_name,
                )
            )

    def _get_journal(self):
        return self._find_journal(self.company_id)

    @api.model
    def _find_journal(self, company):
        """Return the journal of a company's write-offs and provisions."""
        company = company.sudo()
        journal = company.collections_write_off_journal_id or self.env[
            "account.journal"
        ].sudo().search([("company_id", "=", company.id), ("type", "=", "general")], limit=1)
        if not journal:
            raise UserError(
                self.env._("There is no journal for write-offs: choose one in the settings.")
            )
        return journal

    def _get_loss_account(self):
        """Extension point: where the loss is booked: the reason's account, else the company's."""
        company = self.company_id.sudo()
        account = (
            self.reason_id.sudo().with_company(company).account_id
            or company.collections_write_off_account_id
        )
        if not account:
            raise UserError(
                self.env._("There is no account for the loss: choose one in the settings.")
            )
        return account

    def _get_tax_account(self):
        account = self.company_id.sudo().collections_tax_recovery_account_id
        if not account:
            raise UserError(
                self.env._(
                    "There is no account for the tax taken back: choose one in the settings."
                )
            )
        return account

    def _get_taxes(self):
        """Extension point: ``{line of the write-off: tax in it}``, in the line's currency."""
        return {line: line.tax_amount for line in self.line_ids if line.tax_amount}

    def _lock(self):
        """Take the write-offs and their receivables, or say that somebody else has them.

        :raise UserError: when another person decides on one of them right now
        """
        locked = self.try_lock_for_update(allow_referencing=True)
        items = self.line_ids.line_id.sudo()
        if locked != self or items.try_lock_for_update(allow_referencing=True) != items:
            raise UserError(
                self.env._("Somebody else is working on this debt right now: try again.")
            )
        self.invalidate_recordset()
        items.invalidate_recordset()

    def _check_state(self, *states):
        for write_off in self:
            if write_off.state not in states:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(name)s: %(state)s already.",
                        name=write_off.display_name,
                        state=labels[write_off.state],
                    )
                )

    # -- what a person does ------------------------------------------------------------------------

    @api.model
    def _open_new(self, case):
        """Open the draft of a case, with all that is overdue in it; make one when there is none."""
        self._check_requester()
        case.ensure_one().check_access("read")
        draft = self.search(
            [
                ("case_id", "=", case.id),
                ("state", "=", "draft"),
                ("create_uid", "=", self.env.uid),
            ],
            limit=1,
        )
        if draft:
            draft._drop_settled()
        else:
            today = self.env["collections.ledger"]._today(case.company_id)
            lines = case.sudo().receivable_ids.filtered(
                lambda line: (
                    line.amount_residual_currency > 0 and (line.date_maturity or line.date) < today
                )
            )
            if not lines:
                raise UserError(
                    self.env._("%(debtor)s owes nothing that is overdue.", debtor=case.display_name)
                )
            draft = self.create(
                {
                    "case_id": case.id,
                    "date": today,
                    "line_ids": [Command.create({"line_id": line.id}) for line in lines],
                }
            )
        return draft._get_form_action()

    def _drop_settled(self):
        """Take out of a draft what was paid since."""
        settled = self.line_ids.filtered(lambda line: line.line_id.sudo().reconciled)
        settled.sudo().unlink()

    def _get_form_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "name": self.env._("Write-off"),
        }

    def action_request(self):
        """Ask for the write-off; it is booked at once when nobody else has to approve it."""
        self._check_requester()
        for write_off in self:
            write_off._lock()
            write_off._check_state("draft")
            write_off._check_bookable()
            write_off.check_ids.sudo()._compute_state()
            write_off.sudo().write(
                {"requested_by_id": self.env.uid, "requested_on": fields.Datetime.now()}
            )
            if write_off.needs_second:
                write_off.sudo().state = "requested"
                write_off._log("write_off_requested")
                write_off._call_approvers()
            else:
                write_off._post()
        return True

    def action_approve(self):
        """Approve what somebody else asked for, and book it."""
        self._check_approver()
        for write_off in self:
            write_off._lock()
            write_off._check_state("requested")
            if write_off.requested_by_id == self.env.user:
                raise UserError(self.env._("Somebody else approves what you asked for yourself."))
            write_off._check_bookable()
            write_off.sudo().write(
                {"decided_by_id": self.env.uid, "decided_on": fields.Datetime.now()}
            )
            write_off._log("write_off_approved")
            write_off._post()
        return True

    def action_refuse(self):
        """Refuse what was asked for; the debt goes on being collected."""
        self._check_approver()
        for write_off in self:
            write_off._lock()
            write_off._check_state("requested")
            if not (write_off.decision_note or "").strip():
                raise UserError(self.env._("Say in a few words why it is refused."))
            write_off.sudo().write(
                {
                    "state": "refused",
                    "decided_by_id": self.env.uid,
                    "decided_on": fields.Datetime.now(),
                }
            )
            write_off._log("write_off_refused", content={"note": write_off.decision_note})
            write_off._end_calls()
        return True

    def action_withdraw(self):
        """Give up asking."""
        self._check_requester()
        for write_off in self:
            write_off._lock()
            write_off._check_state("draft", "requested")
            asked = write_off.state == "requested"
            if asked and self.env.user != write_off.requested_by_id and not self._is_approver():
                raise UserError(self.env._("Only who asked for it, or who decides, withdraws it."))
            write_off.sudo().state = "withdrawn"
            if asked:
                write_off._log("write_off_withdrawn")
                write_off._end_calls()
        return True

    def action_reverse(self):
        """Take a write-off back: its entry is reversed today and the debt is open again."""
        self._check_approver()
        for write_off in self:
            write_off._lock()
            write_off._check_state("posted")
            write_off._check_reversible()
            write_off._reverse()
        return True

    def _check_reversible(self):
        if self.recovery_ids.filtered(lambda recovery: recovery.state == "posted"):
            raise UserError(
                self.env._("Something was recovered of this debt: reverse the recovery first.")
            )
        today = self.env["collections.ledger"]._today(self.company_id)
        self._check_open_books(today, bool(self.tax_amount))

    def _reverse(self):
        self_sudo = self.sudo()
        today = self.env["collections.ledger"]._today(self.company_id)
        values = {"date": today, "ref": self.env._("Reversal of %(name)s", name=self.display_name)}
        reversal = self_sudo.move_id._reverse_moves([values], cancel=True)
        self_sudo.write({"state": "reversed", "reversal_id": reversal.id})
        self.env["collections.ledger"].sudo()._refresh(self.company_id, partners=self.partner_id)
        self._log("write_off_reversed", {"entry": reversal.id})

    def action_open_entry(self):
        """Open the entry of the write-off."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _call_approvers(self):
        """Put it on the desk of who decides: the company's supervisor of collections first."""
        approver = self.company_id.sudo().collections_write_off_approver_id
        if approver and approver != self.requested_by_id:
            self.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=approver.id,
                summary=self.env._("Decide on a write-off"),
            )

    def _end_calls(self):
        self.sudo().activity_ids.action_done()

    # -- the entry ---------------------------------------------------------------------------------

    def _post(self):
        """Book the write-off, reconcile it and prepare its dossier."""
        self.ensure_one()
        self_sudo = self.sudo()
        move = self_sudo.env["account.move"].create(self_sudo._prepare_move_vals())
        move.action_post()
        plan = []
        for line, entry_line in zip(
            self_sudo.line_ids,
            move.line_ids.filtered(self._is_receivable).sorted("id"),
            strict=True,
        ):
            line.entry_line_id = entry_line
            plan.append(line.line_id | entry_line)
        self_sudo.env["account.move.line"]._reconcile_plan(plan)
        tax = sum(self_sudo._get_booked_taxes().values())
        self_sudo.write({"state": "posted", "move_id": move.id, "tax_amount": tax})
        self._end_calls()
        self.env["collections.ledger"].sudo()._refresh(self.company_id, partners=self.partner_id)
        self._log("written_off", {"entry": move.id})
        self_sudo._queue_dossier()

    @api.model
    def _is_receivable(self, line):
        return line.account_id.account_type == "asset_receivable"

    def _prepare_move_vals(self):
        """Return the values of the entry: each receivable, its tax and the loss."""
        self.ensure_one()
        commands = []
        booked = self._get_booked_taxes()
        tax_account = self._get_tax_account() if booked else None
        loss_account = self._get_loss_account()
        for line in self.line_ids:
            item = line.line_id
            credit = line.amount_company
            tax_company = booked.get(line, 0)
            tax = line.tax_amount if tax_company else 0
            entry = partial(self._prepare_entry, line)
            commands.append(
                entry(item.account_id, -credit, -line.amount, date_maturity=line.date_maturity)
            )
            if tax:
                commands.append(entry(tax_account, tax_company, tax))
            commands.append(entry(loss_account, credit - tax_company, line.amount - tax))
        return {
            "move_type": "entry",
            "journal_id": self._get_journal().id,
            "company_id": self.company_id.id,
            "date": self.date,
            "partner_id": self.partner_id.id,
            "ref": self.display_name,
            "line_ids": commands,
        }

    def _prepare_entry(self, line, account, balance, amount, **values):
        """Return the command of one journal item about a line, in its currency."""
        return Command.create(
            {
                "partner_id": line.line_id.partner_id.id,
                "currency_id": line.currency_id.id,
                "name": self.env._("Write-off of %(document)s", document=line.move_name or ""),
                "account_id": account.id,
                "balance": balance,
                "amount_currency": amount,
                "tax_ids": [Command.clear()],
                **values,
            }
        )

    def _get_booked_taxes(self):
        """Return ``{line: tax that is taken back}`` in company currency."""
        if not self.recover_tax:
            return {}
        return {
            line: self.currency_id.round(line.amount_company * tax / line.amount)
            for line, tax in self._get_taxes().items()
        }

    def _log(self, event, data=None, **values):
        """Write an event of these write-offs into the log of their cases."""
        for write_off in self:
            write_off.case_id._log(
                event,
                {
                    "write_off": write_off.id,
                    "amount": Decimal(str(write_off.amount)).quantize(Decimal("0.01")),
                    "currency": write_off.currency_id.name,
                    "verdict": write_off.verdict,
                    **(data or {}),
                },
                **values,
            )
