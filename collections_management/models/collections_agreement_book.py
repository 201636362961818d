from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..engine import agreements as engine
from .collections_dunned_mixin import READERS

KINDS = [("interest", "Interest"), ("discount", "Discount")]


class AccountMove(models.Model):
    """The debit and credit notes of an agreement."""

    _inherit = "account.move"

    collections_agreement_id = fields.Many2one(
        "collections.agreement",
        string="Payment Agreement",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=READERS,
    )
    collections_agreement_kind = fields.Selection(KINDS, readonly=True, copy=False, groups=READERS)

    def _prepare_product_base_line_for_taxes_computation(self, product_line):
        """What was agreed is what is paid: the amount includes the taxes, whatever the product's
        say, so that the document comes to the agreed amount to the cent."""
        base = super()._prepare_product_base_line_for_taxes_computation(product_line)
        if self.sudo().collections_agreement_id and self.is_invoice():
            base["special_mode"] = "total_included"
        return base


class CollectionsAgreement(models.Model):
    """Interest and discount in the books.

    What *should* be booked follows from the state; ``_book`` writes the difference to what *is*.
    Calling it again writes nothing, so a night that was cut off, or a month that was locked, is
    made up for by the next one.
    """

    _inherit = "collections.agreement"

    move_ids = fields.One2many("account.move", "collections_agreement_id", readonly=True)
    move_count = fields.Integer(string="Documents", compute="_compute_move_count")
    booking_text = fields.Char(
        string="Not Booked Yet", readonly=True, help="What keeps it out of the books."
    )

    def _compute_move_count(self):
        counts = dict(
            self.env["account.move"]
            .sudo()
            ._read_group(
                [("collections_agreement_id", "in", self.ids)],
                ["collections_agreement_id"],
                ["__count"],
            )
        )
        for agreement in self:
            agreement.move_count = counts.get(agreement, 0)

    def action_open_moves(self):
        """Open the debit and credit notes of the agreement."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Documents of %s", self.name),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("collections_agreement_id", "=", self.id)],
            "context": {"create": False},
        }

    def _check_products(self):
        """:raise UserError: when interest or discount could not be booked"""
        company = self.company_id
        needed = {
            "collections_agreement_interest_product_id": self.amount_interest,
            "collections_agreement_discount_product_id": self.amount_discount,
        }
        for name, amount in needed.items():
            if amount and not company[name]:
                raise UserError(
                    self.env._(
                        "Choose the product of “%(setting)s” in the settings first: without it "
                        "nothing can be booked.",
                        setting=company._fields[name]._description_string(self.env),
                    )
                )

    # -- what should be, and what is -------------------------------------------------------------

    def _get_due_interest(self):
        """Return the interest that should be in the books."""
        today = self._get_today()
        lines = self.line_ids
        if self.state in ("broken", "cancelled"):
            until = min(self.ended_on or today, today)
            return min(self._get_earned(until), self._get_booked("interest"))
        if self.interest_policy == "instalment" and self.state != "completed":
            lines = lines.filtered(lambda line: line.date_due <= today)
        return sum(lines.mapped("amount_interest"))

    def _get_earned(self, day):
        """Return the interest earned by a day."""
        items = [
            engine.Instalment(
                line.number,
                line.date_due,
                self._to_units(line.amount_principal),
                self._to_units(line.amount_interest),
                0,
            )
            for line in self.line_ids.sorted("number")
        ]
        down = self.line_ids.filtered(lambda line: not line.number)
        return self._from_units(engine.earned(items, down.date_due or self.date_start, day))

    def _get_due_discount(self):
        """Return the discount that should be in the books."""
        granted = ("completed",) if self.discount_policy == "completed" else ("completed", "active")
        return self.amount_discount if self.state in granted else 0

    def _get_booked(self, kind):
        """Return what is in the books, drafts included: debits of interest, credits of discount."""
        sign = 1 if kind == "interest" else -1
        return self.currency_id.round(
            sum(
                (sign if move.move_type == "out_invoice" else -sign) * move.amount_total
                for move in self.move_ids
                if move.collections_agreement_kind == kind and move.state != "cancel"
            )
        )

    def _book(self):
        """Bring the books to what the agreement says, and apply its credit notes."""
        for agreement in self.sudo():
            agreement._book_difference(
                "interest", agreement._get_due_interest() - agreement._get_booked("interest")
            )
            agreement._book_difference(
                "discount", agreement._get_booked("discount") - agreement._get_due_discount()
            )
            agreement._apply_credits()
            agreement._align_promises()

    def _book_difference(self, kind, amount):
        """Book an amount: above zero the debtor owes it, below he is credited it."""
        amount = self.currency_id.round(amount)
        if kind == "discount" and amount > 0:
            amount -= self._cancel_drafts(amount)
        if self.currency_id.is_zero(amount):
            return
        move = self._create_move(kind, amount)
        if amount > 0 or kind == "interest" or self.company_id.collections_agreement_discount_post:
            move.action_post()
        self._log(
            "agreement_booked",
            {"document": move.id, "booked": self._get_exact(amount), "kind": kind},
            user_id=None,
        )

    def _cancel_drafts(self, limit):
        """Cancel credit notes that nobody posted yet; return what they came to."""
        drafts = self.move_ids.filtered(
            lambda move: (
                move.state == "draft"
                and move.collections_agreement_kind == "discount"
                and move.move_type == "out_refund"
            )
        )
        drafts.button_cancel()
        return min(sum(drafts.mapped("amount_total")), limit)

    def _create_move(self, kind, amount):
        company = self.company_id
        product = company[f"collections_agreement_{kind}_product_id"]
        self._check_products()
        today = self._get_today()
        due = self.date_end if kind == "interest" and self.state == "active" else today
        move = (
            self.env["account.move"]
            .with_company(company)
            .with_context(lang=self.partner_id.lang)
            .create(
                {
                    "move_type": "out_invoice" if amount > 0 else "out_refund",
                    "partner_id": self.partner_id.id,
                    "currency_id": self.currency_id.id,
                    "invoice_date": today,
                    "invoice_date_due": max(due, today),
                    "invoice_payment_term_id": False,
                    "invoice_origin": self.name,
                    "collections_agreement_id": self.id,
                    "collections_agreement_kind": kind,
                    "invoice_user_id": False,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "name": self._get_move_label(kind, amount),
                                "quantity": 1,
                                "price_unit": abs(amount),
                            }
                        )
                    ],
                }
            )
        )
        self._check_lock(move)
        if self.currency_id.compare_amounts(move.amount_total, abs(amount)):
            raise UserError(
                self.env._(
                    "With the taxes of “%(product)s” the document comes to %(total)s and not to "
                    "%(amount)s: an agreement needs taxes in per cent.",
                    product=product.display_name,
                    total=self._get_money(move.amount_total),
                    amount=self._get_money(abs(amount)),
                )
            )
        return move

    def _check_lock(self, move):
        """:raise UserError: when the day of a document is in a closed period"""
        locks = self.company_id._get_violated_lock_dates(
            move.invoice_date, bool(move.invoice_line_ids.tax_ids), move.journal_id
        )
        if locks:
            raise UserError(
                self.env._(
                    "The books are closed until %(date)s: nothing can be booked on %(day)s.",
                    date=format_date(self.env, locks[-1][0]),
                    day=format_date(self.env, move.invoice_date),
                )
            )

    def _get_move_label(self, kind, amount):
        """Return what a document says it is for, in the debtor's language."""
        env = self.with_context(lang=self.partner_id.lang).env
        sentences = {
            ("interest", True): env._("Interest of payment agreement %s"),
            ("interest", False): env._("Interest not earned of payment agreement %s"),
            ("discount", False): env._("Discount of payment agreement %s"),
            ("discount", True): env._("Discount taken back, payment agreement %s"),
        }
        return sentences[kind, amount > 0] % self.name

    def _get_exact(self, amount):
        return f"{amount:.{self.currency_id.decimal_places}f}"

    # -- applied ---------------------------------------------------------------------------------

    def _get_covered(self):
        """Return the receivables that payments of the agreement pay: those agreed on, and what
        was charged because of it."""
        self.ensure_one()
        debits = self.move_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        )
        return self.receivable_ids | self._get_receivable_lines(debits)

    @api.model
    def _get_receivable_lines(self, moves):
        if not moves:
            return moves.line_ids
        accounts = self.env["collections.ledger"]._get_account_ids()
        return moves.line_ids.filtered(lambda line: line.account_id.id in accounts)

    def _apply_credits(self):
        """Apply the credit notes of the agreement to what it covers."""
        refunds = self.move_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_refund"
        )
        for refund in refunds:
            refunded = self._get_receivable_lines(refund).filtered(lambda line: not line.reconciled)
            if not refunded:
                continue
            own = self.move_ids.filtered(
                lambda move, kind=refund.collections_agreement_kind: (
                    move.state == "posted"
                    and move.move_type == "out_invoice"
                    and move.collections_agreement_kind == kind
                )
            )
            for debits in (self._get_receivable_lines(own), self._get_covered()):
                for account in refunded.account_id:
                    lines = (refunded | debits).filtered(
                        lambda line, account=account: (
                            line.account_id == account and not line.reconciled
                        )
                    )
                    if lines & refunded and lines - refunded:
                        lines.reconcile()

    def _align_promises(self):
        """Tell the instalments' promises what they are about: what the agreement covers by now,
        and how much of it was credited by the agreement itself."""
        promises = self.line_ids.promise_id
        if not promises:
            return
        covered = self._get_covered()
        refunds = self.move_ids.filtered(lambda move: move.move_type == "out_refund")
        refunded = self._get_receivable_lines(refunds).filtered(
            lambda line: line.id > self.ledger_mark
        )
        partials = refunded.matched_debit_ids.filtered(lambda part: part.debit_move_id in covered)
        credited = sum(partials.mapped("debit_amount_currency"))
        before = 0
        for line in self.line_ids.sorted("number"):
            owed = self.currency_id.round(self.amount_total - before + credited)
            promise = line.promise_id
            missing = covered - promise.line_ids
            if missing or self.currency_id.compare_amounts(promise.amount_owed, owed):
                promise.write(
                    {"line_ids": [Command.link(id_) for id_ in missing.ids], "amount_owed": owed}
                )
            before += line.amount

    def _accelerate(self):
        """All that the agreement covers is due at once, where the debtor agreed to that."""
        today = self._get_today()
        for agreement in self.filtered("acceleration"):
            later = agreement._get_covered().filtered(
                lambda line: not line.reconciled and (line.date_maturity or line.date) > today
            )
            if later:
                later.write({"date_maturity": today})
                agreement._log("agreement_accelerated", user_id=None)

    @api.model
    def _try_to_book(self, agreements):
        """Book what followed from verdicts; what cannot be booked is told and tried again."""
        for agreement in agreements:
            try:
                with self.env.cr.savepoint():
                    agreement._book()
                    if agreement.state == "broken":
                        agreement._accelerate()
                    agreement.booking_text = False
            except UserError as error:
                if agreement.booking_text != str(error):
                    agreement.booking_text = str(error)
                    agreement._ask_collector(
                        self.env._("%(agreement)s could not be booked", agreement=agreement.name),
                        str(error),
                    )
