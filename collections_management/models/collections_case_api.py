from datetime import date, datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from .collections_contact import PENDING_STATES

MAX_ROWS = 1000


class CollectionsCase(models.Model):
    """What other systems may ask of cases over ``/json/2``; see ``docs/api.md``.

    A debtor is named by one of ``debtor`` (id of any contact of the company), ``vat`` or ``ref``;
    ``company`` is an id, by default the user's company. Whoever asks sees and changes what the
    same user sees and changes on the screens. What is wrong is told by the name of the argument.
    """

    _inherit = "collections.case"

    @api.model
    @api.readonly
    def get_case(self, debtor=None, vat=None, ref=None, company=None):
        """Return the case of a debtor with its balances, as the last refresh left them.

        :return: see ``docs/api.md``; amounts in the currency named beside them
        """
        return self._get_api_case(debtor, vat, ref, company)._get_api_data()

    @api.model
    @api.readonly
    def list_planned(self, debtor=None, vat=None, ref=None, company=None, limit=100, offset=0):
        """Return what is under way, the next first: planned, held, to be approved, queued.

        :return: ``{"total": int, "contacts": [...]}``
        """
        for name, value, least in (("limit", limit, 1), ("offset", offset, 0)):
            if type(value) is not int or value < least or (name == "limit" and value > MAX_ROWS):
                raise UserError(
                    self.env._("%(name)s: a whole number from %(least)s, a limit up to %(most)s.",
                               name=name, least=least, most=MAX_ROWS)
                )  # fmt: skip
        domain = [("state", "in", PENDING_STATES)]
        if any(value is not None for value in (debtor, vat, ref)):
            domain.append(("case_id", "=", self._get_api_case(debtor, vat, ref, company).id))
        else:
            domain.append(("company_id", "=", self._check_api_company(company).id))
        contacts = self.env["collections.contact"]
        found = contacts.search(domain, limit=limit, offset=offset, order="scheduled_on, id")
        return {
            "total": contacts.search_count(domain),
            "contacts": [contact._get_api_data() for contact in found],
        }

    @api.model
    def set_hold(
        self, debtor=None, vat=None, ref=None, company=None, reason="pause", until=None, note=None,
        receivable=None,
    ):  # fmt: skip
        """Leave a case, or one receivable of it, alone; what is planned is taken back.

        :param str until: last held day, ``YYYY-MM-DD``; None: until it is lifted
        :param int receivable: id of the journal item; None: the whole case
        :return: the hold
        """
        case = self._get_api_case(debtor, vat, ref, company)
        holds = self.env["collections.hold"]
        reasons = holds._fields["reason"].get_values(self.env)
        if reason not in reasons:
            raise UserError(
                self.env._("reason: %(value)s is none of %(known)s.", value=reason,
                           known=", ".join(reasons))
            )  # fmt: skip
        day = self._parse_api_day("until", until)
        if day and day < self.env["collections.ledger"]._today(case.company_id):
            raise UserError(self.env._("until: %(day)s is over already.", day=until))
        if note is not None and not isinstance(note, str):
            raise UserError(self.env._("note: a text."))
        if receivable is not None and receivable not in case.receivable_ids.ids:
            raise UserError(
                self.env._("receivable: %(value)s is no open receivable of this case.",
                           value=receivable)
            )  # fmt: skip
        hold = holds.create(
            {
                "case_id": case.id,
                "reason": reason,
                "date_until": day,
                "note": note,
                "line_id": receivable,
            }
        )
        return hold._get_api_data()

    @api.model
    def lift_hold(self, hold):
        """End a hold now; lifting it twice changes nothing.

        :param int hold: its id, as :meth:`set_hold` and :meth:`get_case` return it
        :return: the hold
        """
        found = self.env["collections.hold"]
        if type(hold) is int:
            found = found.search([("id", "=", hold)])
        if not found:
            raise UserError(self.env._("hold: there is no hold %(value)s.", value=hold))
        found.action_lift()
        return found._get_api_data()

    @api.model
    def log_external_contact(
        self, reference, outcome, debtor=None, vat=None, ref=None, company=None, channel=None,
        medium="call", direction="out", moment=None, duration=0, reached=True, reason=None,
    ):  # fmt: skip
        """Note a contact that another system made: a call of a telephone exchange, a visit.

        It is in the log, and when it reached the debtor it counts for the quiet days; one that we
        made (``out``) also for the limits of the contact rules.

        :param str reference: the other system's id of it; the same one again changes nothing
        :param str outcome: what came of it, in words
        :param str channel: code of a channel; None: the one that carries ``medium``
        :param str medium: ``call``, ``written`` or ``visit``
        :param str direction: ``out`` (we to the debtor) or ``in``
        :param str moment: ISO 8601, UTC unless it says otherwise; None: now
        :param int duration: seconds
        :param bool reached: whether the debtor was reached
        :param str reason: why it was made, where the contact rules spoke against it; without one
            the supervisor is asked to find out
        :return: ``{"id", "case", "created", "state"}``
        """
        case = self._get_api_case(debtor, vat, ref, company)
        case.check_access("write")
        self._check_api_text("reference", reference)
        self._check_api_text("outcome", outcome)
        if direction not in ("in", "out"):
            raise UserError(
                self.env._("direction: %(value)s is neither in nor out.", value=direction)
            )
        if type(duration) is not int or duration < 0:
            raise UserError(self.env._("duration: a whole number of seconds."))
        if type(reached) is not bool:
            raise UserError(self.env._("reached: true or false."))
        chosen = self._get_api_channel(channel, medium)
        when = self._parse_api_moment("moment", moment)
        contacts = self.env["collections.contact"].sudo()
        known = contacts.search(
            [("company_id", "=", case.company_id.id), ("external_reference", "=", reference)]
        )
        if known and known.case_id != case:
            raise UserError(
                self.env._("reference: %(value)s is a contact of another debtor.", value=reference)
            )
        if reason is not None:
            self._check_api_text("reason", reason)
        contact = known or case._log_external(
            chosen, reference, outcome, direction, when, duration, reached, reason
        )
        return {
            "id": contact.id,
            "case": case.id,
            "created": not known,
            "state": contact.state,
        }

    def _log_external(
        self, channel, reference, outcome, direction, moment, duration, reached, reason
    ):
        """Create a contact that was made elsewhere; what spoke against it is kept with it."""
        breach, why = {}, ""
        if direction == "out":
            breach, why = self._get_breach(channel.medium, moment)
        if breach:
            breach["why"] = reason or self.env._("not said")
        if breach and not reason:
            self._ask_supervisor(self.env._("Contacted outside the contact rules: why?"), why)
        contacts = self.env["collections.contact"].sudo()
        return contacts._create_external(
            self, channel, reference, outcome, direction, moment, duration, reached, breach
        )

    # -- arguments -------------------------------------------------------------------------------

    @api.model
    def _check_api_company(self, company):
        """Return the company of an argument.

        :raise UserError: when the user has no such company
        """
        if company is None:
            return self.env.company
        found = self.env.user.company_ids.filtered(lambda own: own.id == company)
        if type(company) is not int or not found:
            raise UserError(self.env._("company: %(value)s is not one of yours.", value=company))
        return found

    @api.model
    def _get_api_case(self, debtor, vat, ref, company):
        """Return the case that the arguments name, if the user may see it.

        :raise UserError: naming the argument
        """
        own = self._check_api_company(company)
        given = {"debtor": debtor, "vat": vat, "ref": ref}
        given = {name: value for name, value in given.items() if value is not None}
        if len(given) != 1:
            raise UserError(self.env._("Give one of debtor, vat and ref."))
        [(name, value)] = given.items()
        if name == "debtor":
            if type(value) is not int or value <= 0:
                raise UserError(self.env._("debtor: the id of a contact, a whole number."))
            partner = self.env["res.partner"].sudo().browse(value).exists()
            domain = [("partner_id", "=", partner.commercial_partner_id.id)]
        else:
            self._check_api_text(name, value)
            domain = [(f"partner_id.{name}", "=", value.strip())]
        cases = self.search([*domain, ("company_id", "=", own.id), ("state", "!=", "merged")])
        if not cases:
            raise UserError(
                self.env._("%(name)s: no case of %(value)s in %(company)s.", name=name,
                           value=value, company=own.name)
            )  # fmt: skip
        if len(cases) > 1:
            raise UserError(
                self.env._("%(name)s: %(count)s debtors have %(value)s; give debtor.", name=name,
                           value=value, count=len(cases))
            )  # fmt: skip
        return cases

    @api.model
    def _check_api_text(self, name, value):
        if not isinstance(value, str) or not value.strip():
            raise UserError(self.env._("%(name)s: a text that is not empty.", name=name))

    @api.model
    def _parse_api_day(self, name, value):
        """Return a date of ``YYYY-MM-DD``, None of None."""
        try:
            return None if value is None else date.fromisoformat(value)
        except (TypeError, ValueError):
            raise UserError(
                self.env._("%(name)s: %(value)s is no day; write it as 2026-12-31.", name=name,
                           value=value)
            ) from None  # fmt: skip

    @api.model
    def _parse_iso(self, text):
        """Return the moment of an ISO 8601 text, in UTC as everything that says nothing else."""
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if found.tzinfo:
            found = found.astimezone(timezone.utc).replace(tzinfo=None)
        return found.replace(microsecond=0)

    @api.model
    def _parse_api_moment(self, name, value):
        """Return a moment in UTC, not in the future; now of None."""
        now = fields.Datetime.now()
        try:
            found = now if value is None else self._parse_iso(value)
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise UserError(
                self.env._("%(name)s: %(value)s is no moment; write it as 2026-12-31T15:04:00Z.",
                           name=name, value=value)
            ) from None  # fmt: skip
        if found > now + timedelta(minutes=5):
            raise UserError(self.env._("%(name)s: %(value)s is not over yet.", name=name,
                                       value=value))  # fmt: skip
        return found.replace(microsecond=0)

    @api.model
    def _get_api_channel(self, code, medium):
        """Return the channel of a code, or the first that carries a medium; a person's first."""
        channels = self.env["collections.channel"].search([("active", "=", True)])
        if code is not None:
            found = channels.filtered(lambda channel: channel.code == code)
            if not found:
                raise UserError(
                    self.env._("channel: %(value)s is none of %(known)s.", value=code,
                               known=", ".join(channels.mapped("code")))
                )  # fmt: skip
            return found
        found = channels.filtered(lambda channel: channel.medium == medium)
        if not found:
            known = sorted(set(channels.mapped("medium")))
            raise UserError(
                self.env._("medium: no channel carries %(value)s; there are channels for "
                           "%(known)s.", value=medium, known=", ".join(known))
            )  # fmt: skip
        return found.sorted(lambda channel: not channel.is_manual)[0]

    # -- answers ---------------------------------------------------------------------------------

    def _get_api_data(self):
        """Return one case as plain JSON."""
        self.ensure_one()
        return {
            "id": self.id,
            "company": self.company_id.id,
            "debtor": self._get_api_debtor(),
            "state": self.state,
            "currency": self.currency_id.name,
            "amount_total": self.amount_total,
            "amount_overdue": self.amount_overdue,
            "amount_credit": self.amount_credit,
            "amount_net_overdue": self.amount_net_overdue,
            "amount_due_soon": self.amount_due_soon,
            "days_past_due": self.days_past_due,
            "oldest_due_date": fields.Date.to_string(self.oldest_due_date) or False,
            "refreshed_on": fields.Datetime.to_string(self.refreshed_on) or False,
            "collector": self.user_id.name or False,
            "strategy": self.strategy_id.name or False,
            "last_contact_date": fields.Date.to_string(self.last_contact_date) or False,
            "needs_decision": self.needs_decision,
            "what_next": self.decision_text,
            "balances": [
                {
                    "currency": balance.currency_id.name,
                    "amount_total": balance.amount_total,
                    "amount_overdue": balance.amount_overdue,
                    "amount_credit": balance.amount_credit,
                    "amount_net_overdue": balance.amount_net_overdue,
                    "amount_not_due": balance.amount_not_due,
                }
                for balance in self.balance_ids
            ],
            "receivables": [self._get_api_receivable(line) for line in self.receivable_ids],
            "holds": [hold._get_api_data() for hold in self.hold_ids if hold.is_active],
        }

    def _get_api_debtor(self):
        """Return who owes, as plain JSON."""
        debtor = self.partner_id.sudo()
        return {
            "id": debtor.id,
            "name": debtor.display_name,
            "vat": debtor.vat or False,
            "ref": debtor.ref or False,
        }

    def _get_api_receivable(self, line):
        """Return one open receivable (or credit: negative) as plain JSON."""
        return {
            "id": line.id,
            "document": line.move_id.name,
            "due": fields.Date.to_string(line.date_maturity or line.date),
            "currency": line.currency_id.name,
            "residual": line.amount_residual_currency,
        }
