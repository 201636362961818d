from datetime import timezone
from zoneinfo import ZoneInfo

import phonenumbers

from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date, format_datetime
from odoo.tools.misc import get_lang

from ..engine.best_moment import WIDTH, find_best

RECEIVABLES = 6  # the card shows the oldest ones; the case has them all
HISTORY = 8
BANDS = ("amount_over_90", "amount_61_90", "amount_31_60", "amount_1_30", "amount_not_due")
# How much an answer says about the hour: whoever speaks is there, whoever reads may do so later.
ANSWER_WEIGHTS = {"answered": 3, "replied": 2, "read": 1}


class CollectionsCase(models.Model):
    """The debtor at a glance: what a collector needs to speak with him, in one dict."""

    _inherit = "collections.case"

    best_text = fields.Char(string="Answers Best", compute="_compute_best_text")
    risk_text = fields.Char(string="Take Care", compute="_compute_risk_text")

    @api.depends("contact_ids.state")
    @api.depends_context("lang", "tz")
    def _compute_best_text(self):
        for case in self:
            case.best_text = case._get_best()["text"] or False

    @api.depends("partner_id", "days_past_due", "contact_ids.state")
    @api.depends_context("lang")
    def _compute_risk_text(self):
        for case in self:
            case.risk_text = " · ".join(case._get_risks()) or False

    def _get_card(self):
        """Return what the screen of the day shows of a case."""
        self.ensure_one()
        self.check_access("read")
        breaches = self._get_breaches(("call", "written", "visit"))
        warnings = {medium: sentence for medium, (_data, sentence) in breaches.items()}
        return {
            "case": self.id,
            "name": self.partner_id.display_name,
            "vat": self.partner_id.vat or "",
            "currency": self.currency_id.id,
            "overdue": self.amount_net_overdue,
            "total": self.amount_total,
            "credit": self.amount_credit,
            "due_soon": self.amount_due_soon,
            "days": self.days_past_due,
            "band": self.age_band or "0",
            "bars": self._get_bars(),
            "why": self._get_priority_reasons()[self.id],
            "priority": self.priority,
            "last": self._get_last_sentence(),
            "next": self._get_next_sentence(),
            "hold": self.hold_text or "",
            "risks": self._get_risks(),
            "best": self._get_best(),
            "warning": warnings["call"],
            "warnings": warnings,
            "duties": self._get_card_duties(),
            "people": [self._get_person(person) for person in self._get_persons()],
            "whatsapp": self._get_whatsapp_text(),
            "receivables": self._get_card_receivables(),
            "receivable_count": self.receivable_count,
            "callback": fields.Datetime.to_string(self.callback_on) or False,
            "callback_note": self.callback_note or "",
            "promises": self._get_card_promises(),
            "history": self.get_history(limit=HISTORY)["entries"],
        }

    def _get_card_promises(self):
        """Extension point: sentences on what was promised and still stands, the next one first."""
        standing = self.env["collections.promise"].search(
            [("case_id", "=", self.id), ("state", "in", ("awaiting", "open", "due"))],
            order="date_due, id",
        )
        return [f"{promise.display_name}: {promise.state_text}" for promise in standing]

    def _get_bars(self):
        """Return the balances by age, one bar a currency; without any, that of the case."""
        # sought by the case: by their ids they would be sought among those of every case
        names = ["currency_id", "amount_net_overdue", *BANDS]
        found = self.env["collections.case.balance"].search_fetch(
            [("case_id", "=", self.id)], names
        )
        return [
            {"currency": balance.currency_id.id, "code": balance.currency_id.name or "",
             "overdue": balance.amount_net_overdue,
             "parts": [{"band": 4 - place, "amount": balance[name]}
                       for place, name in enumerate(BANDS) if balance[name] > 0]}
            for balance in found or self
        ]  # fmt: skip

    def _get_card_receivables(self):
        today = self.env["collections.ledger"]._today(self.company_id)
        lines = self.receivable_ids[:RECEIVABLES]
        return [
            {
                "id": line.id,
                "document": line.move_name or line.name or "",
                "days": max((today - (line.date_maturity or line.date)).days, 0),
                "due": format_date(self.env, line.date_maturity or line.date),
                "amount": line.amount_residual_currency,
                "currency": line.currency_id.id,
            }
            for line in lines
        ]

    # -- sentences -------------------------------------------------------------------------------

    def _get_last_sentence(self):
        """Return what was last said between us, in words."""
        last = self.env["collections.contact"].search(
            [("case_id", "=", self.id), ("sent_on", "!=", False)], order="sent_on desc", limit=1
        )
        if not last:
            return self.env._("Never contacted yet.")
        labels = dict(last._fields["state"]._description_selection(self.env))
        names = filter(None, (last.step_id.name, last.outcome_id.name, labels.get(last.state)))
        return self.env._(
            "%(channel)s on %(moment)s: %(what)s",
            channel=last.channel_id.name,
            moment=format_datetime(self.env, last.sent_on, dt_format="short"),
            what=" · ".join(names),
        )

    def _get_next_sentence(self):
        """Return what the ladder does next and when, in words."""
        if self.next_contact_text:
            moment = self.next_contact_date
            return self.env._(
                "%(what)s, not before %(moment)s",
                what=self.next_contact_text,
                moment=format_datetime(self.env, moment, dt_format="short") if moment else "…",
            )
        return self.decision_text or ""

    def _get_risks(self):
        """Extension point: what a collector should know before he speaks, as short sentences."""
        self.ensure_one()
        partner, persons = self.partner_id, self._get_persons()
        tests = {
            self.env._("The debtor is archived"): not partner.active,
            self.env._("Marked as a bad debtor"): partner.sudo().trust == "bad",
            self.env._("No phone that works"): not persons.filtered("collections_good_phone"),
            self.env._("No e-mail that works"): not persons.filtered(
                lambda person: person.email and not person.collections_is_bad_email
            ),
            self.env._("Overdue for more than a year"): self.days_past_due > 365,
        }
        return [sentence for sentence, holds in tests.items() if holds]

    # -- when and how ----------------------------------------------------------------------------

    def _get_zone(self):
        zones = self.env["collections.contact.rule"].sudo()._get_zones(self.partner_id)
        return ZoneInfo((zones.get(self.partner_id.id) or ("UTC",))[0])

    def _get_answers(self):
        """Return ``[(channel id, moment in UTC, event)]`` of what the debtor answered or read, the
        latest first."""
        return self.env.execute_query(
            SQL(
                """
                SELECT contact.channel_id,
                       coalesce((log.data::jsonb ->> 'moment')::timestamp, log.moment), log.event
                  FROM collections_log log
                  JOIN collections_contact contact ON contact.id = log.contact_id
                 WHERE log.case_id = %s AND log.event = ANY(%s)
              ORDER BY log.sequence DESC LIMIT 200
                """,
                self.id,
                list(ANSWER_WEIGHTS),
            )
        )

    def _get_best(self):
        """Return the channel and hour at which the debtor answered best so far, from the log.

        :return: ``{"channel", "hour", "text"}``, hour in the debtor's local time
        """
        self.ensure_one()
        self.check_access("read")
        zone = self._get_zone()
        answers = [
            (
                channel_id,
                moment.replace(tzinfo=timezone.utc).astimezone(zone).hour,
                ANSWER_WEIGHTS[event],
            )
            for channel_id, moment, event in self._get_answers()
        ]
        best = find_best(answers)
        channel = self.env["collections.channel"].browse(best.channel or [])
        # the channel of calls is that of the ladder's tasks: nobody answers by task
        name = self.env._("telephone") if channel.medium == "call" else channel.name
        if not channel:
            text = ""
        elif best.hour is None:
            text = self.env._("Answers best by %(channel)s", channel=name)
        else:
            text = self.env._(
                "Answers best by %(channel)s, %(start)s:00-%(end)s:00",
                channel=name,
                start=best.hour,
                end=best.hour + WIDTH,
            )
        return {"channel": channel.code or "", "hour": best.hour, "text": text}

    def _get_verdicts(self, media, moment=None):
        """Return ``{medium: Verdict}``: what the contact rules say of contacting this debtor by
        hand now, or at a moment."""
        codes = {medium: self._get_desk_channel(medium).code for medium in media}
        past = self.env["collections.ledger"].sudo()._get_history(self).get(self.id)
        pair = (self.company_id.id, self.partner_id.id)
        return self.env["collections.contact.rule"]._get_pair_verdicts(
            dict.fromkeys(media, pair),
            codes,
            moment or fields.Datetime.now(),
            dict.fromkeys(media, past) if past else {},
        )

    def _get_breaches(self, media, moment=None):
        """Return ``{medium: (data, sentence)}``: what speaks against contacting this debtor by
        hand, as the log keeps it and as the collector reads it, with its article; both empty when
        nothing does."""
        rules = self.env["collections.contact.rule"]
        rule = rules._match(self)[self.id]
        pair = (self.company_id.id, self.partner_id.id)
        kinds = {medium: self._get_desk_kind(medium) for medium in media}
        reasons = self.env["collections.contact"]._get_reason_sentences()
        breaches = {}
        for medium, verdict in self._get_verdicts(media, moment).items():
            data, parts = {}, []
            if verdict.reasons or verdict.moment is None:
                data["rule"] = rule.id
                parts += [rules._explain(verdict), rule.citation]
            asked = {0: (*pair, "")}
            consents = self.env["collections.consent"].sudo()
            if refusal := consents._get_refusals(kinds[medium], asked).get(0):
                data["objection"] = refusal
                parts += [reasons[refusal], *([] if data.get("rule") else [rule.citation])]
            breaches[medium] = (data, " ".join(filter(None, parts)))
        return breaches

    def _get_breach(self, medium, moment=None):
        """Return ``(data, sentence)`` of what speaks against one contact by hand."""
        return self._get_breaches((medium,), moment)[medium]

    def _get_allowed_moment(self, moment):
        """Return the first moment from that one on at which the rules let us call, or None."""
        allowed = self._get_verdicts(("call",), moment)["call"].moment
        return allowed and allowed.astimezone(timezone.utc).replace(tzinfo=None)

    # -- people ----------------------------------------------------------------------------------

    def _get_persons(self):
        """Return the debtor and his persons, those we can call first."""
        everybody = self.partner_id | self.partner_id.child_ids.filtered(
            lambda person: person.phone or person.email
        )
        return everybody.sorted(
            lambda person: (
                not person.collections_good_phone,
                person.collections_role != "accounts_payable",
                person != self.partner_id,
                person.id,
            )
        )

    def _get_person(self, person):
        roles = dict(person._fields["collections_role"]._description_selection(self.env))
        number = self._get_international(person)
        return {
            "id": person.id,
            "name": person.name or person.display_name,
            "role": roles.get(person.collections_role) or person.function or "",
            "phone": person.phone or "",
            "dial": f"+{number}" if number else "".join((person.phone or "").split()),
            "bad_phone": person.collections_is_bad_phone,
            "email": person.email or "",
            "bad_email": person.collections_is_bad_email,
            "whatsapp": number,
        }

    def _get_international(self, person):
        """Return the digits of a phone with its country code, "" when it cannot be dialled."""
        country = person.country_id or self.partner_id.country_id or self.company_id.country_id
        try:
            number = phonenumbers.parse(person.phone or "", country.code or None)
        except phonenumbers.NumberParseException:
            return ""
        if not phonenumbers.is_possible_number(number):
            return ""
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]

    def _get_whatsapp_text(self):
        """Extension point: the text that is ready in WhatsApp, in the debtor's language."""
        lang = get_lang(self.env, self.partner_id.lang or self.company_id.partner_id.lang).code
        case = self.with_context(lang=lang)
        return case.env._(
            "Hello %(name)s, this is %(user)s of %(company)s. Your account has %(amount)s overdue "
            "for %(days)s days. When could we count on the payment? If you have paid already, "
            "please send us the receipt. Thank you.",
            name=case.partner_id.name or "",
            user=self.env.user.name,
            company=case.company_id.name,
            amount=format_amount(
                case.env, case.amount_net_overdue, case.currency_id, lang_code=lang
            ),
            days=case.days_past_due,
        )

    # -- the whole story -------------------------------------------------------------------------

    @api.model
    def _get_history_domains(self):
        domains = super()._get_history_domains()
        return domains | {
            "calls": [("contact_id.channel_id.is_manual", "=", True)],
            "notes": [("event", "in", ("note", "put_off", "callback"))],
            "payments": [("id", "=", False)],  # from the ledger, see _get_payments
        }

    @api.model
    def _get_history_kinds(self):
        """Extension point: the filters of the timeline, ``{key: label}`` in their order."""
        return {
            "all": self.env._("All"),
            "messages": self.env._("Messages"),
            "calls": self.env._("Calls and visits"),
            "payments": self.env._("Payments"),
            "promises": self.env._("Promises"),
            "agreements": self.env._("Agreements"),
            "disputes": self.env._("Disputes"),
            "fees": self.env._("Fees"),
            "write_offs": self.env._("Write-offs"),
            "notes": self.env._("Notes"),
            "decisions": self.env._("Decisions"),
            "balances": self.env._("Balances"),
            "people": self.env._("By people"),
        }

    @api.readonly
    def get_history(self, kind="all", limit=30, before=False):
        """The log's entries with what people wrote beside them, and between them the payments, at
        the moment they were booked.

        :return: beside those of the log: ``before``, the number from which older entries go on,
            and ``kinds``, ``[[key, label], ...]``
        """
        self.ensure_one()
        self.check_access("read")
        result = super().get_history(kind=kind, limit=limit, before=before)
        entries = result["entries"]
        self._add_notes(entries)
        result["before"] = entries[-1]["sequence"] if entries else False
        if kind in ("all", "payments"):
            since = entries[-1]["moment"] if result["more"] else None
            paid = self._get_payments(since, self._get_moment(before))
            entries = sorted(entries + paid, key=lambda entry: entry["moment"], reverse=True)
        result["entries"] = entries
        result["kinds"] = list(self._get_history_kinds().items())
        return result

    def _get_moment(self, sequence):
        """Return the moment of an entry of this log, None of none."""
        if not sequence:
            return None
        return (
            self.env["collections.log"]
            .search([("case_id", "=", self.id), ("sequence", "=", sequence)], limit=1)
            .moment
        )

    def _add_notes(self, entries):
        """Put beside the entries what somebody wrote, for those who may read it."""
        contents = self.env["collections.log.content"]
        if not entries or not contents.has_access("read"):
            return
        ids = [entry["id"] for entry in entries]
        found = contents.search_read(
            [("log_id", "in", ids), ("note", "!=", False)], ["log_id", "note"], load=""
        )
        notes = {row["log_id"]: row["note"] for row in found}
        for entry in entries:
            entry["note"] = notes.get(entry["id"], "")

    def _get_payments(self, since, until):
        """Return the payments booked from one moment on and before another, as entries."""
        ledger = self.env["collections.ledger"]
        for model in ("account.move", "account.move.line"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.id, move.name, min(line.date), line.currency_id,
                       -sum(line.amount_currency), min(line.create_date)
                  FROM res_partner partner
                  JOIN account_move_line line
                    ON line.partner_id = partner.id AND line.company_id = %(company)s
                  JOIN account_move move ON move.id = line.move_id AND move.move_type = 'entry'
                  JOIN account_journal journal
                    ON journal.id = move.journal_id AND journal.type IN ('bank', 'cash', 'credit')
                 WHERE partner.commercial_partner_id = %(debtor)s
                   AND line.parent_state = 'posted' AND line.account_id = ANY(%(accounts)s)
                   AND line.balance <> 0 %(since)s %(until)s
              GROUP BY move.id, move.name, line.currency_id
              ORDER BY min(line.create_date) DESC, move.id DESC LIMIT 200
                """,
                company=self.company_id.id,
                debtor=self.partner_id.id,
                accounts=ledger._get_account_ids(),
                since=SQL("AND line.create_date >= %s", since) if since else SQL(),
                until=SQL("AND line.create_date < %s", until) if until else SQL(),
            )
        )
        currencies = self.env["res.currency"].browse({row[3] for row in rows})
        names = {currency.id: currency for currency in currencies}
        return [
            {
                "id": f"payment-{move_id}-{currency_id}",
                "sequence": False,
                "moment": (created or fields.Datetime.now()).replace(microsecond=0),
                "event": "payment",
                "summary": self._get_payment_sentence(amount, names[currency_id], name, day),
                "icon": "fa-money" if amount > 0 else "fa-undo",
                "user_id": False,
                "contact_id": False,
                "note": "",
            }
            for move_id, name, day, currency_id, amount, created in rows
        ]

    def _get_payment_sentence(self, amount, currency, name, day):
        values = {
            "amount": format_amount(self.env, abs(amount), currency),
            "name": name,
            "day": format_date(self.env, day),
        }
        if amount < 0:
            return self.env._("Paid back %(amount)s, %(name)s of %(day)s", **values)
        return self.env._("Paid %(amount)s, %(name)s of %(day)s", **values)
