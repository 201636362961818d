from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CollectionsCase(models.Model):
    """What other systems may say of promises over ``/json/2``; see ``docs/api.md``."""

    _inherit = "collections.case"

    @api.model
    def register_promise(
        self, date, amount=None, currency=None, receivables=None, debtor=None, vat=None, ref=None,
        company=None, type=None, note=None, replace=False,  # noqa: A002  (its name in the API)
    ):  # fmt: skip
        """Record what a debtor promises to pay; while it stands he is left alone.

        Beyond the limits of his segment it waits for a supervisor (``state`` is ``awaiting``).

        :param str date: the day he pays, ``YYYY-MM-DD``, today or later
        :param float amount: None: what is overdue in the currency, less credits
        :param str currency: ISO code; None: the one of the receivables, else of most of the debt
        :param list receivables: ids of journal items; None: all that is due in the currency
        :param int type: id of a ``collections.promise.type``; None: the first
        :param str note: in a few words
        :param bool replace: end the standing promises about the same receivables; without it,
            another promise about them is refused
        :return: the promise
        """
        case = self._get_api_case(debtor, vat, ref, company)
        day = self._parse_api_day("date", date)
        if not day:
            raise UserError(self.env._("date: %(value)s is no day; write it as 2026-12-31.",
                                       value=date))  # fmt: skip
        self._check_promise_arguments(amount, receivables, note, replace)
        promises = self.env["collections.promise"]
        lines = self.env["account.move.line"].browse(receivables or ())
        vals = {
            "case_id": case.id,
            "date_due": day,
            "note": note,
            **({"amount": amount} if amount is not None else {}),
            **({"currency_id": self._get_api_currency(currency).id} if currency else {}),
            **({"line_ids": [Command.set(lines.ids)]} if lines else {}),
            **({"type_id": self._get_api_promise_type(type).id} if type is not None else {}),
        }
        if replace:
            covered = lines or promises._get_proposed_lines(case, vals)
            vals["replaces_ids"] = [Command.set(promises._get_rivals(covered).ids)]
        return promises.create(vals)._get_api_data()

    @api.model
    def _check_promise_arguments(self, amount, receivables, note, replace):
        """:raise UserError: naming the argument that is not what it should be"""
        if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int | float)):
            raise UserError(self.env._("amount: a number."))
        if receivables is not None and (
            not isinstance(receivables, list)
            or not receivables
            or any(type(value) is not int for value in receivables)
        ):
            raise UserError(self.env._("receivables: a list of ids of journal items."))
        if note is not None and not isinstance(note, str):
            raise UserError(self.env._("note: a text."))
        if not isinstance(replace, bool):
            raise UserError(self.env._("replace: true or false."))

    @api.model
    def _get_api_currency(self, code):
        found = self.env["res.currency"].search([("name", "=", code)])
        if not found:
            raise UserError(
                self.env._("currency: %(value)s is none of the active ones.", value=code)
            )
        return found

    @api.model
    def _get_api_promise_type(self, value):
        found = self.env["collections.promise.type"]
        if type(value) is int:
            found = found.search([("id", "=", value)])
        if not found:
            raise UserError(self.env._("type: there is no type of promise %(value)s.", value=value))
        return found


class CollectionsPromise(models.Model):
    _inherit = "collections.promise"

    @api.model
    def _get_proposed_lines(self, case, vals):
        """Return the receivables that a promise with these values is about."""
        [(_code, _zero, ids)] = self._get_proposal(case, vals)["line_ids"]
        return self.env["account.move.line"].browse(ids)

    def _get_api_data(self):
        """Return one promise as plain JSON."""
        self.ensure_one()
        return {
            "id": self.id,
            "case": self.case_id.id,
            "state": self.state,
            "amount": self.amount,
            "paid": self.amount_paid,
            "currency": self.currency_id.name,
            "made": fields.Date.to_string(self.date),
            "date": fields.Date.to_string(self.date_due),
            "counts_until": fields.Date.to_string(self.date_limit),
            "level": self.level,
            "receivables": self.line_ids.ids,
            "replaces": self.replaces_ids.ids,
            "why_to_approve": self.limits_text or False,
            "note": self.note or False,
        }
