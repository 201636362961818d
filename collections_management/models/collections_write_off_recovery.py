from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CollectionsWriteOff(models.Model):
    """What came back of a written-off debt."""

    _inherit = "collections.write.off"

    recovery_ids = fields.One2many("collections.recovery", "write_off_id", string="Recoveries")
    amount_recovered = fields.Monetary(compute="_compute_recovered", string="Recovered")
    amount_lost = fields.Monetary(compute="_compute_recovered", string="Still Lost")

    @api.depends("recovery_ids.amount", "recovery_ids.state", "amount", "state")
    def _compute_recovered(self):
        sums = dict(
            self.env["collections.recovery"]._read_group(
                [("write_off_id", "in", self.ids), ("state", "=", "posted")],
                ["write_off_id"],
                ["amount:sum"],
            )
        )
        for write_off in self:
            write_off.amount_recovered = sums.get(write_off._origin, 0)
            booked = write_off.amount if write_off.state == "posted" else 0
            write_off.amount_lost = booked - write_off.amount_recovered

    def action_recover(self):
        """Ask which payment is a recovery of this debt."""
        self.ensure_one()
        self._check_approver()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Book a Recovery"),
            "res_model": "collections.recovery.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_write_off_id": self.id},
        }

    def _get_credit_domain(self):
        """Return the domain of the debtor's payments and credits that nothing was matched with."""
        self.ensure_one()
        return self.env["collections.ledger"]._get_open_domain() & fields.Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                ("amount_residual", "<", 0),
            ]
        )

    def _check_open_books(self, day, has_tax):
        """Refuse a day that is closed.

        :raise UserError: up to when the books are closed
        """
        locks = self.company_id.sudo()._get_violated_lock_dates(day, has_tax, self._get_journal())
        if locks:
            raise UserError(
                self.env._(
                    "The books are closed up to %(lock)s: choose a later accounting date.",
                    lock=format_date(self.env, locks[-1][0]),
                )
            )

    def _recover(self, credit, amount, day):
        """Book a part of a payment, in its own currency, as income of this debt.

        :param credit: the open credit line of the payment
        :return: the recovery
        """
        self.ensure_one()
        self._check_approver()
        self._lock()
        credit = credit.sudo()
        if credit.try_lock_for_update(allow_referencing=True) != credit:
            raise UserError(self.env._("Somebody else is working on this payment: try again."))
        credit.invalidate_recordset()
        self._check_recovery(credit, amount, day)
        self_sudo = self.sudo()
        company = self.company_id
        balance = credit.currency_id._convert(
            amount, company.currency_id, company.sudo(), credit.date
        )
        if self.currency_id.compare_amounts(balance, self.amount_lost) > 0:
            raise UserError(
                self.env._(
                    "Of this debt %(lost)s are lost: no more can come back.",
                    lost=self.currency_id.format(self.amount_lost),
                )
            )
        move = self_sudo.env["account.move"].create(
            self_sudo._prepare_recovery_vals(credit, amount, balance, day)
        )
        move.action_post()
        entry = move.line_ids.filtered(self._is_receivable)
        (credit | entry).reconcile()
        recovery = self_sudo.env["collections.recovery"].create(
            {
                "write_off_id": self.id,
                "date": day,
                "amount": balance,
                "line_id": credit.id,
                "move_id": move.id,
                "user_id": self.env.uid,
            }
        )
        self.env["collections.ledger"].sudo()._refresh(company, partners=self.partner_id)
        recovery._log("recovered", move)
        return recovery

    def _check_recovery(self, credit, amount, day):
        self._check_state("posted")
        self._check_open_books(day, bool(self.tax_amount))
        open_credit = -credit.amount_residual_currency
        if amount <= 0 or credit.currency_id.compare_amounts(amount, open_credit) > 0:
            raise UserError(
                self.env._(
                    "Choose an amount above zero, %(open)s at most: so much of the payment is "
                    "free.",
                    open=credit.currency_id.format(open_credit),
                )
            )
        if credit.company_id != self.company_id or (
            credit.partner_id.commercial_partner_id != self.partner_id
        ):
            raise UserError(self.env._("This payment is not of this debtor in this company."))
        if not self._has_rate(credit.currency_id, day):
            raise UserError(
                self.env._(
                    "There is no rate of %(currency)s on %(day)s: enter one first.",
                    currency=credit.currency_id.name,
                    day=format_date(self.env, day),
                )
            )

    def _prepare_recovery_vals(self, credit, amount, balance, day):
        """Return the values of the entry: the payment's money becomes income, and what was taken
        back of the tax is owed again."""
        company = self.company_id
        account = company.collections_recovery_account_id
        if not account:
            raise UserError(
                self.env._("There is no account for recoveries: choose one in the settings.")
            )
        share = self.tax_amount / self.amount if self.tax_amount else 0
        tax = self.currency_id.round(balance * share)
        tax_amount = credit.currency_id.round(amount * share)
        label = self.env._("Recovery of %(name)s", name=self.display_name)
        rows = [(credit.account_id, balance, amount)]
        if tax:
            rows.append((self._get_tax_account(), -tax, -tax_amount))
        rows.append((account, tax - balance, tax_amount - amount))
        return {
            "move_type": "entry",
            "journal_id": self._get_journal().id,
            "company_id": company.id,
            "date": day,
            "partner_id": self.partner_id.id,
            "ref": label,
            "line_ids": [
                fields.Command.create(
                    {
                        "name": label,
                        "partner_id": credit.partner_id.id,
                        "account_id": account_id.id,
                        "currency_id": credit.currency_id.id,
                        "balance": debit,
                        "amount_currency": currency_amount,
                        "tax_ids": [fields.Command.clear()],
                        # no open item is without a due date, whoever undoes its reconciliation
                        "date_maturity": account_id == credit.account_id and day,
                    }
                )
                for account_id, debit, currency_amount in rows
            ],
        }
