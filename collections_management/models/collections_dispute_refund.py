from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date


class CollectionsDispute(models.Model):
    """The credit note of a dispute that was found right, prepared through Odoo's own reversal."""

    _inherit = "collections.dispute"

    has_credit_note = fields.Boolean(compute="_compute_has_credit_note", compute_sudo=True)

    @api.depends("refund_ids.state")
    def _compute_has_credit_note(self):
        for dispute in self:
            states = dispute.refund_ids.mapped("state")
            dispute.has_credit_note = any(state != "cancel" for state in states)

    def _create_refund(self, date):
        """Prepare the draft credit note for exactly the accepted amount, taxes in proportion.

        :param date date: of the credit note
        """
        self.ensure_one()
        move = self.line_id.move_id
        self._check_not_locked(date)
        if move.move_type in ("out_invoice", "out_receipt"):
            refund = self._reverse(move, date)
        else:
            refund = self.env["account.move"].create(self._prepare_plain_refund_vals(date))
        refund.collections_dispute_id = self
        if refund.currency_id.compare_amounts(refund.amount_total, self.amount_accepted):
            raise UserError(
                self.env._(
                    "The taxes of %(document)s allow no credit note of exactly %(amount)s: accept "
                    "another amount, or make the credit note in accounting.",
                    document=move.name,
                    amount=self._get_amount_text(self.amount_accepted),
                )
            )
        return refund

    def _check_not_locked(self, date):
        """:raise UserError: when the books are closed on the day of the credit note"""
        journal = self.line_id.move_id.journal_id
        locks = self.company_id._get_violated_lock_dates(date, True, journal)
        if locks:
            raise UserError(
                self.env._(
                    "The books are closed until %(lock)s, so no credit note can be dated "
                    "%(date)s: choose a later day.",
                    lock=format_date(self.env, locks[-1][0]),
                    date=format_date(self.env, date),
                )
            )

    def _reverse(self, move, date):
        """Reverse an invoice as Odoo's button does; of a part, reduce the draft to that part."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .with_company(move.company_id)
            .create({"date": date, "journal_id": move.journal_id.id, "reason": self._get_label()})
        )
        wizard.refund_moves()
        refund = wizard.new_move_ids
        if refund.currency_id.compare_amounts(refund.amount_total, self.amount_accepted):
            self._reduce_refund(refund)
        return refund

    def _get_label(self):
        """Return what the credit note is for, as the debtor reads it."""
        lang = self.partner_id.lang or self.env.lang
        return self.with_context(lang=lang).reason_id.name

    def _reduce_refund(self, refund):
        """Reduce a draft credit note to the accepted amount: one line for each account and set
        of taxes, every tax in proportion, to the cent. It is Odoo's reckoning of down payments."""
        taxes = self.env["account.tax"]
        base_lines, _tax_lines = refund._get_rounded_base_and_tax_lines()
        reduced = taxes._prepare_down_payment_lines(
            base_lines=base_lines,
            company=refund.company_id,
            amount_type="fixed",
            amount=self.amount_accepted,
            computation_key=f"collections_dispute,{self.id}",
            grouping_function=lambda base_line: {"account_id": base_line["account_id"]},
        )
        lang = self.partner_id.lang or self.env.lang
        name = self.with_context(lang=lang).env._(
            "%(reason)s: part of %(document)s",
            reason=self._get_label(),
            document=self.line_id.move_id.name,
        )
        refund.write(
            {
                "invoice_payment_term_id": False,
                "invoice_cash_rounding_id": False,
                "invoice_line_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": name,
                                "account_id": line["account_id"].id,
                                "quantity": line["quantity"],
                                "price_unit": line["price_unit"],
                                "tax_ids": [Command.set(line["tax_ids"].ids)],
                                "analytic_distribution": line["analytic_distribution"],
                                "extra_tax_data": taxes._export_base_line_extra_tax_data(line),
                            }
                        )
                        for line in reduced
                    ),
                ],
            }
        )

    def _prepare_plain_refund_vals(self, date):
        """Return the credit note of a receivable that no invoice of this database made, as one
        of an opening balance: without taxes, which nothing tells."""
        line = self.line_id
        journal = self.env["account.journal"].search(
            [
                *self.env["account.journal"]._check_company_domain(self.company_id),
                ("type", "=", "sale"),
            ],
            limit=1,
        )
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "partner_id": line.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": date,
            "ref": line.move_name or line.ref,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": self._get_label(),
                        "quantity": 1,
                        "price_unit": self.amount_accepted,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }

    def action_create_credit_note(self):
        """Prepare the credit note again, after the first one was deleted or cancelled."""
        self.ensure_one()
        self._check_may_decide()
        dispute = self._take(("accepted",))
        if dispute.has_credit_note:
            raise UserError(self.env._("There is a credit note of this dispute already."))
        dispute._create_refund(self._today(dispute.company_id))
        return self.action_open_credit_notes()

    def action_open_credit_notes(self):
        """Open the credit notes of the dispute."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_refund_type"
        )
        refunds = self.sudo().refund_ids
        domain = [("id", "in", refunds.ids)]
        if len(refunds) == 1:
            return {**action, "views": [(False, "form")], "res_id": refunds.id, "domain": domain}
        return {**action, "domain": domain, "context": {}}
