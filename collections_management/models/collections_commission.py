from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine.commission import Earned, choose_percent, settle


class CollectionsCommission(models.Model):
    """What an agency earned up to a day in one currency, payment by payment, and its bill.

    Every settlement makes good what all earlier ones are wrong by: what was reconciled since,
    with a plus, what was reversed since, with a minus. Running it twice settles nothing twice.
    """

    _name = "collections.commission"
    _description = "Agency Commission"
    _inherit = ["mail.thread"]
    _order = "date_to desc, id desc"

    agency_id = fields.Many2one(
        "collections.agency", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date_to = fields.Date(string="Payments up to", required=True, readonly=True)
    state = fields.Selection(
        [("draft", "To bill"), ("billed", "Billed"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
    )
    line_ids = fields.One2many("collections.commission.line", "commission_id", readonly=True)
    amount_paid = fields.Monetary(
        string="Recovered", compute="_compute_amounts", store=True, readonly=True
    )
    amount = fields.Monetary(
        string="Commission", compute="_compute_amounts", store=True, readonly=True
    )
    bill_id = fields.Many2one(
        "account.move", string="Vendor Bill", readonly=True, ondelete="set null", copy=False
    )

    @api.depends("agency_id", "date_to", "currency_id")
    def _compute_display_name(self):
        for commission in self:
            name = commission.sudo().agency_id.display_name or ""
            commission.display_name = (
                f"{name} {commission.date_to or ''} {commission.currency_id.name or ''}".strip()
            )

    @api.depends("line_ids.amount_paid", "line_ids.amount")
    def _compute_amounts(self):
        for commission in self:
            commission.amount_paid = sum(commission.line_ids.mapped("amount_paid"))
            commission.amount = sum(commission.line_ids.mapped("amount"))

    def _check_manager(self):
        if not self.env.user.has_group(
            "collections_management.collections_management_group_manager"
        ):
            raise AccessError(self.env._("A manager settles commissions."))

    @api.model
    def _settle(self, agency, company, date_to):
        """Settle what an agency earned on payments up to a day; one record per currency.

        :return: the new settlements, empty when nothing is to be settled
        """
        self.env.flush_all()
        self.env.cr.execute(  # two people, one settlement
            SQL("SELECT id FROM collections_agency WHERE id = %s FOR NO KEY UPDATE", agency.id)
        )
        paid, facts = self._get_paid(agency, company, date_to)
        settled, keys = self._get_settled(agency, company)
        tiers = agency._get_tiers()
        commissions = self.browse()
        for currency in self.env["res.currency"].browse(paid.keys() | settled.keys()):
            of_currency = paid.get(currency.id, {})
            percents = {
                key: choose_percent(tiers, facts[key]["age"], facts[key]["placed"])
                for key in of_currency
            }
            earned = settle(
                of_currency,
                settled.get(currency.id, {}),
                percents,
                currency.decimal_places,
            )
            if not earned:
                continue
            commissions |= self.sudo().create(
                {
                    "agency_id": agency.id,
                    "company_id": company.id,
                    "currency_id": currency.id,
                    "date_to": date_to,
                    "line_ids": [
                        fields.Command.create(
                            self._prepare_line(key, item, facts.get(key) or keys.get(key))
                        )
                        for key, item in earned.items()
                    ],
                }
            )
        return commissions.with_env(self.env)

    def _prepare_line(self, key, earned, fact):
        """Return one line of the trace.

        :param key: ``(escalation id, receivable id, payment line id)``
        """
        escalation_id, line_id, payment_key = key
        return {
            "escalation_id": escalation_id,
            "line_key": line_id,
            "payment_key": payment_key,
            "payment_name": fact["name"],
            "document_name": fact["document"],
            "date": fact["date"],
            "amount_paid": float(earned.amount),
            "percent": float(earned.percent),
            "amount": float(earned.commission),
        }

    def _get_paid(self, agency, company, date_to):
        """Return what the ledger says was paid on what the agency has or had.

        A payment counts when it is dated while the case was placed, or in the days of the tail.
        Only money counts: what a bank or cash journal credits.

        :return: ``({currency id: {key: amount}}, {key: facts})``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT escalation.id, line.id, credit.id, line.currency_id,
                       sum(partial.debit_amount_currency)::text,
                       credit.date, move.name, document.name,
                       greatest(
                           escalation.date_start - coalesce(line.date_maturity, line.date), 0),
                       escalation.amount_start::text
                  FROM collections_escalation escalation
                  JOIN collections_escalation_line_rel given
                    ON given.escalation_id = escalation.id
                  JOIN account_move_line line ON line.id = given.line_id
                  JOIN account_move document ON document.id = line.move_id
                  JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
                  JOIN account_move_line credit
                    ON credit.id = partial.credit_move_id AND credit.parent_state = 'posted'
                  JOIN account_move move ON move.id = credit.move_id AND move.move_type = 'entry'
                  JOIN account_journal journal
                    ON journal.id = move.journal_id AND journal.type IN ('bank', 'cash', 'credit')
                 WHERE escalation.agency_id = %(agency)s AND escalation.company_id = %(company)s
                   AND escalation.date_start IS NOT NULL
                   AND credit.date >= escalation.date_start AND credit.date <= %(until)s
                   AND (escalation.date_end IS NULL
                        OR credit.date <= escalation.date_end
                           + coalesce(escalation.tail_days, 0))
                   AND NOT EXISTS (
                       SELECT FROM collections_escalation later
                         JOIN collections_escalation_line_rel again
                           ON again.escalation_id = later.id AND again.line_id = line.id
                        WHERE later.agency_id IS NOT NULL AND later.id > escalation.id
                          AND later.date_start <= credit.date)
              GROUP BY escalation.id, line.id, credit.id, move.name, document.name
                """,
                agency=agency.id,
                company=company.id,
                until=date_to,
            )
        )
        paid, facts = defaultdict(dict), {}
        for escalation_id, line_id, credit_id, currency_id, amount, *rest in rows:
            key = (escalation_id, line_id, credit_id)
            day, name, document, age, placed = rest
            paid[currency_id][key] = Decimal(amount)
            facts[key] = {
                "date": day,
                "name": name,
                "document": document,
                "age": age,
                "placed": Decimal(placed or 0),
            }
        return paid, facts

    def _get_settled(self, agency, company):
        """Return what was settled before: ``({currency id: {key: Earned}}, {key: facts})``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT commission.currency_id, line.escalation_id, line.line_key,
                       line.payment_key, sum(line.amount_paid)::text, min(line.percent)::text,
                       sum(line.amount)::text, min(line.date), min(line.payment_name),
                       min(line.document_name)
                  FROM collections_commission_line line
                  JOIN collections_commission commission ON commission.id = line.commission_id
                 WHERE commission.agency_id = %s AND commission.company_id = %s
                   AND commission.state <> 'cancelled'
              GROUP BY commission.currency_id, line.escalation_id, line.line_key, line.payment_key
                """,
                agency.id,
                company.id,
            )
        )
        settled, facts = defaultdict(dict), {}
        for currency_id, escalation_id, line_id, payment, paid, percent, amount, *rest in rows:
            key = (escalation_id, line_id, payment)
            settled[currency_id][key] = Earned(Decimal(paid), Decimal(percent), Decimal(amount))
            facts[key] = dict(zip(("date", "name", "document"), rest, strict=True))
        return settled, facts

    def action_bill(self):
        """Make the draft vendor bill of these commissions, one line per debtor.

        What was reversed since makes the next bill smaller: a commission that is not above zero
        waits and is billed together with the next one of its agency.
        """
        self._check_manager()
        self.check_access("write")
        for commission in self:
            if commission.state != "draft":
                raise UserError(self.env._("%s is not to be billed.", commission.display_name))
            together = self.search(
                [
                    ("agency_id", "=", commission.agency_id.id),
                    ("company_id", "=", commission.company_id.id),
                    ("currency_id", "=", commission.currency_id.id),
                    ("state", "=", "draft"),
                ]
            )
            total = sum(together.mapped("amount"))
            if commission.currency_id.compare_amounts(total, 0) <= 0:
                raise UserError(
                    self.env._(
                        "Nothing is to be billed: %(amount)s makes the next commission smaller.",
                        amount=commission.currency_id.format(total),
                    )
                )
            bill = (
                self.env["account.move"]
                .sudo()
                .with_company(commission.company_id)
                .create(together._prepare_bill_vals())
            )
            together.sudo().write({"state": "billed", "bill_id": bill.id})
        return True

    def _prepare_bill_vals(self):
        """Extension point: the draft vendor bill of commissions of one agency and currency."""
        agency = self.agency_id
        sums = defaultdict(float)
        for line in self.line_ids:
            sums[line.partner_id] += line.amount
        product = agency.sudo().product_id
        return {
            "move_type": "in_invoice",
            "partner_id": agency.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "invoice_origin": ", ".join(self.mapped("display_name")),
            "invoice_line_ids": [
                fields.Command.create(
                    {
                        "name": self.env._("Commission: %(debtor)s", debtor=partner.display_name),
                        "quantity": 1,
                        "price_unit": self.currency_id.round(amount),
                        **({"product_id": product.id} if product else {}),
                    }
                )
                for partner, amount in sums.items()
                if not self.currency_id.is_zero(amount)
            ],
        }

    def action_cancel(self):
        """Take a settlement back that was not billed: the next one settles it again."""
        self._check_manager()
        self.check_access("write")
        if any(commission.state != "draft" for commission in self):
            raise UserError(self.env._("What was billed is not cancelled here."))
        self.sudo().write({"state": "cancelled"})
        return True

    def action_open_bill(self):
        """Open the vendor bill."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.bill_id.id,
            "views": [[False, "form"]],
        }
