from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date


class CollectionsProvision(models.Model):
    """What is provided for doubtful debts as of a day: a proposal by age, then a draft entry.

    What was open on that day is read from the ledger as it stood then: each receivable minus its
    reconciliations up to the day. The entry books the difference to what the provision's account
    holds already, so that making it twice books it once.
    """

    _name = "collections.provision"
    _description = "Provision for Doubtful Debts"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    # What a person decides of a proposal; all else is read or done by the buttons.
    _own_fields = ("company_id", "date")

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(string="As of", required=True, default=lambda self: self._get_last_day())
    state = fields.Selection(
        [
            ("draft", "Proposal"),
            ("entry", "Entry made"),
            ("reversed", "Taken back"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
    )
    line_ids = fields.One2many("collections.provision.line", "provision_id", readonly=True)
    amount_open = fields.Monetary(string="Open by Item", readonly=True, copy=False)
    amount_ledger = fields.Monetary(string="Balance of the Ledger", readonly=True, copy=False)
    amount_required = fields.Monetary(string="To Provide", readonly=True, copy=False)
    amount_held = fields.Monetary(string="Provided Already", readonly=True, copy=False)
    amount_difference = fields.Monetary(
        string="To Book", compute="_compute_amount_difference", store=True
    )
    is_tied = fields.Boolean(compute="_compute_is_tied", string="Equals the Ledger")
    computed_on = fields.Datetime(string="Read from the Ledger", readonly=True, copy=False)
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, ondelete="set null", copy=False
    )
    move_state = fields.Selection(related="move_id.state", string="Entry Is")
    reversal_id = fields.Many2one("account.move", readonly=True, ondelete="set null", copy=False)

    @api.model
    def _get_last_day(self):
        """Return the end of the last month."""
        today = fields.Date.context_today(self)
        return fields.Date.subtract(today.replace(day=1), days=1)

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for provision in self:
            provision.display_name = self.env._(
                "Provision as of %(day)s", day=format_date(self.env, provision.date)
            )

    @api.depends("amount_required", "amount_held")
    def _compute_amount_difference(self):
        for provision in self:
            provision.amount_difference = provision.amount_required - provision.amount_held

    @api.depends("amount_open", "amount_ledger", "computed_on")
    def _compute_is_tied(self):
        for provision in self:
            provision.is_tied = bool(provision.computed_on) and provision.currency_id.is_zero(
                provision.amount_open - provision.amount_ledger
            )

    @api.model
    def _find_last(self, company, partner):
        """Return the last booked provision that provides for a debtor."""
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("move_id.state", "=", "posted"),
                ("state", "=", "entry"),
                ("line_ids", "any", [("partner_id", "=", partner.id), ("provided", ">", 0)]),
            ],
            limit=1,
        )

    def _check_person(self):
        self.env["collections.write.off"]._check_approver()
        self.check_access("read")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [
                {key: value for key, value in vals.items() if key in self._own_fields}
                for vals in vals_list
            ]
        return super().create(vals_list)

    def write(self, vals):
        names = {name for name in vals if not name.startswith(("message_", "activity_"))}
        if not self.env.su and names:
            if names - set(self._own_fields) or any(one.state != "draft" for one in self):
                raise UserError(self.env._("A provision is changed by its buttons, not by hand."))
            self.sudo()._forget()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        if any(one.state == "entry" for one in self):
            raise UserError(self.env._("Take the provision back before you delete it."))

    def _forget(self):
        """What was read no longer fits: another day, another company."""
        self.line_ids.unlink()
        self.computed_on = False

    def action_compute(self):
        """Read the ledger as it stood on the day."""
        self._check_person()
        for provision in self:
            if provision.state != "draft":
                raise UserError(self.env._("The entry is made already: take it back first."))
            if not provision.company_id.sudo().collections_provision_band_ids:
                raise UserError(
                    self.env._("Say first how many percent are provided for which age.")
                )
            provision.sudo()._read_ledger()
        return True

    def _read_ledger(self):
        for model in ("account.move.line", "account.move", "account.partial.reconcile",
                      "collections.provision.band"):  # fmt: skip
            self.env[model].flush_model()
        self.flush_recordset()
        self.line_ids.unlink()
        self.env.cr.execute(self._get_lines_sql())
        self.line_ids.invalidate_model()
        self.invalidate_recordset(["line_ids"])
        [[open_amount, required]] = self.env.execute_query(
            SQL(
                "SELECT coalesce(sum(amount), 0), coalesce(sum(provided), 0)"
                " FROM collections_provision_line WHERE provision_id = %s",
                self.id,
            )
        )
        account = self.company_id.collections_provision_account_id
        accounts = self.env["collections.ledger"]._get_account_ids()
        self.write(
            {
                "amount_open": open_amount,
                "amount_required": required,
                "amount_ledger": self._get_balance(accounts),
                "amount_held": -self._get_balance(account.ids),
                "computed_on": fields.Datetime.now(),
            }
        )

    def _get_balance(self, account_ids):
        """Return the balance of accounts at the end of the day, straight from the ledger."""
        [[balance]] = self.env.execute_query(
            SQL(
                """
                SELECT coalesce(sum(balance), 0) FROM account_move_line
                 WHERE company_id = %s AND account_id = ANY(%s) AND parent_state = 'posted'
                   AND date <= %s
                """,
                self.company_id.id,
                list(account_ids),
                self.date,
            )
        )
        return balance

    def _get_lines_sql(self):
        """Return the statement that writes the lines: per debtor, currency and age."""
        return SQL(
            """
            INSERT INTO collections_provision_line (
                provision_id, company_id, partner_id, currency_id, kind, days, percent,
                amount_currency, amount, provided)
            WITH item AS (
                SELECT partner_id, currency_id, amount_currency, amount, %(day)s - due AS age
                  FROM (%(open)s) open
            ), banded AS (
                SELECT item.*, band.days, coalesce(band.percent, 0) AS percent,
                       CASE WHEN item.amount < 0 THEN 'credit'
                            WHEN band.days IS NULL THEN 'not_due' ELSE 'late' END AS kind
                  FROM item
             LEFT JOIN LATERAL (%(bands)s) band ON item.amount >= 0
            )
            SELECT %(provision)s, %(company)s, partner_id, currency_id, kind, days, percent,
                   sum(amount_currency), sum(amount),
                   round((sum(amount) * percent / 100)::numeric, %(places)s)
              FROM banded
          GROUP BY partner_id, currency_id, kind, days, percent
            """,
            day=self.date,
            company=self.company_id.id,
            open=self.env["collections.ledger"]._get_open_on_sql(
                self.date,
                self.env["account.move.line"]
                .sudo()
                ._search([("company_id", "=", self.company_id.id)]),
            ),
            bands=self._get_bands_sql(),
            provision=self.id,
            places=self.currency_id.decimal_places,
        )

    def _get_bands_sql(self):
        """Extension point: the age band of a debt and what is provided in it, as SQL that returns
        one row with ``days`` (NULL: not due) and ``percent``, or none.

        It may name the columns ``partner_id``, ``age`` and ``amount`` of ``item``, the debt.
        """
        return SQL(
            """
            SELECT days, percent FROM collections_provision_band
             WHERE company_id = %s AND days <= item.age AND item.age >= 0
          ORDER BY days DESC LIMIT 1
            """,
            self.company_id.id,
        )

    def action_make_entry(self):
        """Make the draft entry of the difference; the accountant posts it."""
        self._check_person()
        for provision in self.sudo():
            provision._check_bookable()
            move = self.env["account.move"].sudo().create(provision._prepare_move_vals())
            provision.write({"move_id": move.id, "state": "entry"})
        return True

    def _check_bookable(self):
        """Refuse what cannot be booked, in words."""
        if self.try_lock_for_update(allow_referencing=True) != self:
            raise UserError(self.env._("Somebody else is working on this provision."))
        if self.state != "draft" or not self.computed_on:
            raise UserError(self.env._("Read the ledger first."))
        if not self.is_tied:
            raise UserError(
                self.env._("The items do not equal the ledger: a provision of them proves nothing.")
            )
        if self.currency_id.is_zero(self.amount_difference):
            raise UserError(self.env._("Nothing to book: what is provided is what is needed."))
        self._get_accounts()
        write_offs = self.env["collections.write.off"]
        journal = write_offs._find_journal(self.company_id)
        locks = self.company_id._get_violated_lock_dates(self.date, False, journal)
        if locks:
            raise UserError(
                self.env._(
                    "The books are closed up to %(lock)s: choose a later day.",
                    lock=format_date(self.env, locks[-1][0]),
                )
            )

    def _get_accounts(self):
        """Return ``(account of the provision, of its expense)``."""
        company = self.company_id
        held = company.collections_provision_account_id
        expense = company.collections_provision_expense_account_id
        if not held or not expense:
            raise UserError(
                self.env._("Choose the accounts of the provision in the settings first.")
            )
        return held, expense

    def _prepare_move_vals(self):
        """Return the values of the draft entry: the difference, one way or the other."""
        held, expense = self._get_accounts()
        amount, label = self.amount_difference, self.display_name
        return {
            "move_type": "entry",
            "journal_id": self.env["collections.write.off"]._find_journal(self.company_id).id,
            "company_id": self.company_id.id,
            "date": self.date,
            "ref": label,
            "line_ids": [
                Command.create({"name": label, "account_id": account.id, "balance": balance})
                for account, balance in ((expense, amount), (held, -amount))
            ],
        }

    def action_take_back(self):
        """Take the provision back: delete its draft entry, or reverse it when it is posted."""
        self._check_person()
        for provision in self.sudo():
            if provision.state != "entry":
                raise UserError(self.env._("There is no entry to take back."))
            move = provision.move_id
            if move.state == "posted":
                day = self.env["collections.ledger"]._today(provision.company_id)
                values = {"date": day, "ref": self.env._("Reversal of %(name)s", name=move.ref)}
                provision.reversal_id = move._reverse_moves([values], cancel=True)
            else:
                move.filtered(lambda one: one.state == "draft").unlink()
            provision.state = "reversed"
        return True

    def action_open_entry(self):
        """Open the entry."""
        self.ensure_one()
        return self.move_id.get_formview_action()
