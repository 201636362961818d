from collections import defaultdict

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount, format_date, formatLang

KINDS = [
    ("interest", "Interest"),
    ("fixed", "Fixed sum"),
    ("penalty", "Share of the debt"),
]
LINE_NAMES = 5  # of the receivables told in the origin of a debit note


class CollectionsFee(models.Model):
    """One charge on one receivable: the days it covers, how it was computed, where it is booked.

    Charges of one kind on a receivable form a chain in the database: each names the last day of
    the one before (``previous_date``), a day ends one link only and is followed by one only. Two
    links can therefore not share a day, whoever writes them at once. What is waived keeps its
    days: they are never charged again.
    """

    _name = "collections.fee"
    _description = "Collections Fee"
    _inherit = ["mail.thread"]
    _order = "id desc"

    case_id = fields.Many2one(
        "collections.case", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="case_id.company_id", store=True, precompute=True, index=True
    )
    partner_id = fields.Many2one(
        related="case_id.partner_id", store=True, precompute=True, string="Debtor", index=True
    )
    line_id = fields.Many2one(
        "account.move.line",
        string="Receivable",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    origin_move_id = fields.Many2one(
        "account.move",
        string="Charged On",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    receivable_name = fields.Char("Receivable Number", readonly=True)
    date_due = fields.Date("Was Due", readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    date_from = fields.Date("From", required=True, readonly=True)
    date_to = fields.Date("To", required=True, readonly=True)
    previous_date = fields.Date(readonly=True, help="Last day of the charge before this one.")
    occasion = fields.Char(readonly=True, help="What a fixed sum was charged for.")
    days = fields.Integer("Days of Interest", readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, tracking=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        "Amount in Company Currency", currency_field="company_currency_id", readonly=True
    )
    slice_ids = fields.One2many("collections.fee.slice", "fee_id", string="Periods", readonly=True)
    policy_id = fields.Many2one(
        "collections.fee.policy", required=True, readonly=True, ondelete="restrict", index=True
    )
    law_id = fields.Many2one("collections.fee.law", readonly=True, ondelete="set null")
    contact_id = fields.Many2one(
        "collections.contact", readonly=True, ondelete="set null", index="btree_not_null"
    )
    step_id = fields.Many2one(related="contact_id.step_id")
    asked_by_id = fields.Many2one(
        "res.users", string="Charged by", readonly=True, help="Empty: the run."
    )
    state = fields.Selection(
        [
            ("proposed", "To approve"),
            ("charged", "Charged"),
            ("waived", "Waived"),
            ("reversed", "Reversed in accounting"),
        ],
        required=True,
        readonly=True,
        default="proposed",
        tracking=True,
        index=True,
    )
    move_id = fields.Many2one(
        "account.move",
        string="Debit Note",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    move_state = fields.Selection(related="move_id.state", string="Debit Note State")
    payment_state = fields.Selection(related="move_id.payment_state", string="Paid")
    credit_move_id = fields.Many2one(
        "account.move",
        string="Credit Note",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    formula = fields.Text("How It Was Computed", compute="_compute_formula")

    # One chain per receivable and kind: its first link, one successor per link, no loose ends.
    _end_unique = models.Constraint(
        "UNIQUE (line_id, kind, date_to)", "These days of the receivable are charged already."
    )
    _successor_unique = models.Constraint(
        "UNIQUE (line_id, kind, previous_date)",
        "These days of the receivable are charged already.",
    )
    _first_unique = models.UniqueIndex(
        "(line_id, kind) WHERE previous_date IS NULL",
        "These days of the receivable are charged already.",
    )
    # The kind comes first: Odoo takes a foreign key that begins with line_id for the field's own.
    _chain_link = models.Constraint(
        "FOREIGN KEY (kind, line_id, previous_date)"
        " REFERENCES collections_fee (kind, line_id, date_to)",
        "A charge stays as long as a later one follows it.",
    )
    _days_ordered = models.Constraint(
        "CHECK (date_from <= date_to AND (previous_date IS NULL OR previous_date < date_from))",
        "A charge starts after the one before it.",
    )
    _occasion_unique = models.UniqueIndex(
        "(line_id, kind, occasion) WHERE occasion IS NOT NULL",
        "This sum was charged on the receivable already.",
    )
    _amount_positive = models.Constraint("CHECK (amount > 0)", "A charge is above zero.")

    @api.depends("kind", "receivable_name", "amount")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for fee in self:
            fee.display_name = f"{labels.get(fee.kind, '')} · {fee.receivable_name or ''}"

    @api.depends("slice_ids", "kind")
    @api.depends_context("lang")
    def _compute_formula(self):
        for fee in self:
            fee.formula = fee._get_formula()

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A fee is not deleted but waived: the case tells who did."))

    # -- words -----------------------------------------------------------------------------------

    def _get_title(self):
        """Return what is charged, in one line, in the language of the context."""
        self.ensure_one()
        env, name = self.env, self.receivable_name or ""
        due = format_date(env, self.date_due)
        if self.kind == "interest":
            return env._("Late-payment interest on %(name)s, due %(due)s", name=name, due=due)
        return env._("Late-payment charge on %(name)s, due %(due)s", name=name, due=due)

    def _get_formula(self):
        """Return how interest was computed, a line for each period, in the language of the
        context; nothing for other charges."""
        self.ensure_one()
        env = self.env
        lang = env.context.get("lang")
        return "\n".join(
            env._(
                "%(start)s - %(end)s: %(days)s days on %(base)s at %(percent)s %% a year = "
                "%(amount)s",
                start=format_date(env, part.date_from, lang_code=lang),
                end=format_date(env, part.date_to, lang_code=lang),
                days=part.days,
                base=format_amount(env, part.base, self.currency_id, lang_code=lang),
                percent=formatLang(env, part.percent, digits=self._get_digits(part.percent)),
                amount=format_amount(env, part.amount, self.currency_id, lang_code=lang),
            )
            for part in self.slice_ids
        )

    def _get_digits(self, percent):
        """Return as many decimals as a rate has, at least two."""
        return max(2, len(f"{percent:.4f}".rstrip("0").partition(".")[2]))

    def _get_line_text(self):
        """Return the text of the line of a debit note, in the debtor's language."""
        lang = self.partner_id.lang or self.company_id.partner_id.lang or self.env.lang
        local = self.with_context(lang=lang)
        return "\n".join(filter(None, (local._get_title(), local._get_formula())))

    # -- charging --------------------------------------------------------------------------------

    @api.model
    def _lock_cases(self, cases):
        """Let nobody else charge these cases meanwhile; whoever waited starts anew and sees what
        was charged."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "SELECT id FROM collections_case WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                cases.ids,
            )
        )

    @api.model
    def _charge(self, policy, cases, lines=None, occasion="hand", contacts=None):
        """Charge cases by a policy, as it says: at once, or proposed to a supervisor.

        :param lines: only these receivables
        :param contacts: ``{case id: contact}`` whose step asked for it
        :return: the new fees, not booked yet where the policy charges by itself
        """
        policy._get_account()
        self._lock_cases(cases)
        charges = self.env["collections.fee.calculator"]._compute_charges(
            policy, cases, lines=lines, occasion=occasion
        )
        charges = [charge for charge in charges if not charge.problem]
        if charges and policy.mode == "automatic":
            self._check_open_books(policy.company_id)
        return self._create_charges(policy, charges, contacts or {})

    @api.model
    def _create_charges(self, policy, charges, contacts):
        """Write charges down with the days they cover."""
        today = self.env["collections.ledger"]._today(policy.company_id)
        convert = self.env["collections.fee.calculator"]._get_converter(policy.company_id, today)
        home = policy.currency_id
        # the log of the case tells of it: no message on each, and nobody follows it
        quiet = self.with_context(tracking_disable=True, mail_create_nosubscribe=True)
        fees = quiet.create(
            [
                {
                    "case_id": charge.debt.case_id,
                    "line_id": charge.debt.line_id,
                    "origin_move_id": charge.debt.move_id,
                    "receivable_name": charge.debt.name,
                    "date_due": charge.debt.due,
                    "kind": charge.kind,
                    "date_from": charge.date_from,
                    "date_to": charge.date_to,
                    "previous_date": charge.previous,
                    "occasion": charge.occasion,
                    "days": sum(part.days for part in charge.slices),
                    "currency_id": charge.debt.currency_id,
                    "amount": float(charge.amount),
                    "amount_company": home.round(
                        float(convert(charge.amount, charge.debt.currency_id, home.id))
                    ),
                    "policy_id": policy.id,
                    "law_id": charge.law_id,
                    "contact_id": contacts.get(charge.debt.case_id),
                    "asked_by_id": self.env.uid if self.env.uid != SUPERUSER_ID else False,
                    "slice_ids": [
                        Command.create(
                            {
                                "date_from": part.date_from,
                                "date_to": part.date_to,
                                "days": part.days,
                                "base": float(part.base),
                                "percent": float(part.percent),
                                "amount": float(part.amount),
                            }
                        )
                        for part in charge.slices
                    ],
                }
                for charge in charges
            ]
        ).with_env(self.env)
        self.env.flush_all()  # the database refuses days that are charged already: now, not later
        fees._log_change("fee_proposed")
        return fees

    @api.model
    def _check_open_books(self, companies):
        """:raise UserError: when the books of today are closed"""
        for company in companies:
            today = self.env["collections.ledger"]._today(company)
            locks = company.sudo()._get_lock_date_violations(today, purchase=False)
            if locks:
                raise UserError(
                    self.env._(
                        "The books of %(company)s are closed on %(day)s: %(locks)s. No fee is "
                        "charged or given back until they are open again.",
                        company=company.name,
                        day=format_date(self.env, today),
                        locks=company._format_lock_dates(locks),
                    )
                )

    def _book(self):
        """Make one debit note per debtor and currency of these fees, posted as the policy says."""
        fees = self.filtered(lambda fee: fee.state == "proposed")
        if not fees:
            return self.env["account.move"]
        self._check_open_books(fees.company_id)
        groups = fees.grouped(
            lambda fee: (
                fee.company_id, fee.case_id, fee.currency_id, fee.policy_id.journal_id,
                fee.policy_id.posting, fee.policy_id.payment_term_id,
            )
        )  # fmt: skip
        moves = self.env["account.move"].sudo()
        for company in fees.company_id:
            keys = [key for key in groups if key[0] == company]
            created = moves.with_company(company).create(
                [groups[key]._prepare_debit_note_vals() for key in keys]
            )
            for key, move in zip(keys, created, strict=True):
                groups[key].write({"move_id": move.id, "state": "charged"})
            posted = [key[4] == "posted" for key in keys]
            created.filtered(dict(zip(created, posted, strict=True)).get).action_post()
            moves |= created
        fees._log_change("fee_charged")
        return moves

    def _prepare_debit_note_vals(self):
        """Return the values of the debit note of these fees, of one debtor and currency."""
        policy = self[:1].policy_id
        partner = self.partner_id
        company = self.company_id
        today = self.env["collections.ledger"]._today(company)
        names = list(dict.fromkeys(self.mapped("receivable_name")))
        rest = "…" if len(names) > LINE_NAMES else ""
        position = (
            self.env["account.fiscal.position"]
            .sudo()
            .with_company(company)
            ._get_fiscal_position(partner.sudo())
        )
        return {
            "move_type": "out_invoice",
            "company_id": company.id,
            "partner_id": partner.id,
            "journal_id": policy.journal_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": today,
            "date": today,
            "invoice_date_due": today,
            "invoice_payment_term_id": policy.payment_term_id.id,
            "invoice_user_id": self.case_id.user_id.id,
            "fiscal_position_id": position.id,
            "invoice_origin": ", ".join(filter(None, names[:LINE_NAMES])) + rest,
            "invoice_line_ids": [
                Command.create(fee._prepare_debit_line_vals(position)) for fee in self
            ],
        }

    def _prepare_debit_line_vals(self, position):
        """Return the values of the line of one fee, its trace being the text."""
        policy = self.policy_id.sudo()
        taxes = policy.tax_ids or policy.product_id.taxes_id._filter_taxes_by_company(
            self.company_id
        )
        return {
            "name": self._get_line_text(),
            "product_id": policy.product_id.id,
            "account_id": position.map_account(policy._get_account()).id,
            "quantity": 1,
            "price_unit": self.amount,
            "tax_ids": [Command.set(position.map_tax(taxes).ids)],
            "collections_fee_id": self.id,
        }

    @api.model
    def _charge_by_hand(self, policies, cases, lines=None):
        """Charge cases because a person asks for it.

        :return: the new fees
        """
        user = self.env.user
        if not user.has_group("collections_management.collections_management_group_collector"):
            raise UserError(self.env._("A collector charges fees."))
        cases.check_access("read")
        fees = self.browse()
        day = fields.Date.to_string(fields.Date.context_today(self))
        for policy in policies.sudo():
            own = cases.filtered(lambda case, policy=policy: case.company_id == policy.company_id)
            if own:
                fees |= self.sudo()._charge(policy, own, lines=lines, occasion=f"hand/{day}")
        automatic = fees.filtered(lambda fee: fee.policy_id.mode == "automatic")
        automatic.sudo()._book()
        return fees.with_env(self.env)

    def action_charge(self):
        """Approve proposed fees: make their debit notes. Nobody approves what he asked for."""
        if not self.env.user.has_group(
            "collections_management.collections_management_group_supervisor"
        ):
            raise UserError(self.env._("A supervisor approves fees."))
        self.check_access("read")
        self._lock_cases(self.case_id)
        self.invalidate_recordset(["state"])
        fees = self.filtered(lambda fee: fee.state == "proposed")
        own = fees.filtered(lambda fee: fee.asked_by_id == self.env.user)
        if own:
            raise UserError(self.env._("You asked for these fees: another person approves them."))
        if not fees:
            raise UserError(self.env._("Nothing here waits for approval."))
        fees.sudo()._book()
        return True

    def action_open_move(self):
        """Open the debit note."""
        self.ensure_one()
        move = self.move_id
        if not move:
            raise UserError(self.env._("There is no debit note yet."))
        move.check_access("read")
        return move.get_formview_action()

    # -- log -------------------------------------------------------------------------------------

    def _get_total_text(self, currency, field):
        """Return the sum of a field of these fees as the log keeps amounts."""
        return f"{currency.round(sum(self.mapped(field))):.{currency.decimal_places}f}"

    def _log_change(self, event, note=None, field="amount", **data):
        """Write one log entry per case, currency and debit note.

        :param field: the amount to tell
        """
        groups = defaultdict(self.browse)
        for fee in self:
            groups[fee.case_id, fee.currency_id, fee.move_id] |= fee
        self.env["collections.log"].sudo()._append(
            [
                {
                    "case_id": case.id,
                    "event": event,
                    "contact_id": fees.contact_id[:1].id or None,
                    "data": {
                        "amount": fees._get_total_text(currency, field),
                        "currency": currency.name,
                        "fees": fees.ids,
                        "move": move.id or None,
                        **data,
                    },
                    **({"content": {"note": note}} if note else {}),
                }
                for (case, currency, move), fees in groups.items()
            ]
        )
