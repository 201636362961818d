from datetime import timedelta
from fractions import Fraction

from odoo import api, models
from odoo.fields import Command

from ..engine import agreements as engine
from ..engine import public_holidays


class CollectionsAgreement(models.Model):
    """The terms of an agreement, and the schedule that follows from them."""

    _inherit = "collections.agreement"

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
