from functools import partial

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CollectionsWriteOff(models.Model):
    """Whether a write-off may be booked, and its entry."""

    _inherit = "collections.write.off"

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
