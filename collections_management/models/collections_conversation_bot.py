from datetime import timedelta
from decimal import Decimal

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..engine import dialogue, understanding

# Days for which a voucher leaves the debtor alone, so that somebody verifies it.
VOUCHER_DAYS = 3
# What of a conversation a person is told at the hand-over.
SUMMARY_MESSAGES = 6
MONTH_FIRST = ("US", "PH")


class CollectionsConversation(models.Model):
    """The automatic answers: facts are gathered, ``engine.dialogue`` decides, this carries out."""

    _inherit = "collections.conversation"

    def _answer(self, message):
        """Answer one message automatically."""
        self.ensure_one()
        facts = self._get_facts()
        heard = self._hear(message, facts)
        if heard.understood.lang and heard.understood.lang != self.lang and not self.dialogue:
            self.lang = heard.understood.lang
            facts = self._get_facts()
        if message.kind in dialogue.FILES:
            state = {**(self.dialogue or {}), "file_message": message.id}
        else:
            state = self.dialogue or {}
        self._apply_turn(message, facts, dialogue.answer(facts, state, heard))

    def _answer_stop(self, message):
        """Honour a stop at once where a person answers: the law does not wait for him to read it.

        :return: whether it was one
        """
        facts = self._get_facts()
        heard = self._hear(message, facts)
        if not dialogue.is_stop(heard):
            return False
        self._apply_turn(message, facts, dialogue.answer(facts, {}, heard))
        return True

    def _hear(self, message, facts):
        """Return a message as the dialogue sees it, and keep what was understood on it."""
        understood = self._understand(message, facts)
        message.understood = {
            "intent": understood.intent,
            "confidence": round(understood.confidence, 3),
            **({"proposed": understood.proposed} if understood.proposed else {}),
            "day": fields.Date.to_string(understood.moment.day) if understood.moment else None,
            "amount": str(understood.amount.value or understood.amount.share)
            if understood.amount
            else None,
        }
        return dialogue.Heard(message.kind, message.body or "", message.payload or "", understood)

    def _understand(self, message, facts):
        """Extension point: what a message means (``engine.understanding.Understood``)."""
        return understanding.understand(
            message.body, today=facts.today, currency=facts.currency, order=facts.order
        )

    # -- facts ------------------------------------------------------------------------------------

    def _get_facts(self):
        """Return all that the answers to this conversation may depend on, read now."""
        self.ensure_one()
        case, company = self.case_id, self.company_id
        now = fields.Datetime.now()
        facts = {
            "now": now,
            "today": self.env["collections.ledger"]._today(company),
            "lang": self.lang,
            "company": company.name,
            "is_known": bool(case),
            "replies_lately": self.env["collections.conversation.message"].search_count(
                [
                    ("conversation_id", "=", self.id),
                    ("direction", "=", "out"),
                    ("user_id", "=", False),
                    ("contact_id", "=", False),
                    ("moment", ">", now - timedelta(hours=1)),
                ]
            ),
        }
        if not case:
            return dialogue.Facts(**facts)
        country = case.partner_id.country_id or company.country_id
        self.env["account.move.line"].flush_model()
        self.env["collections.case.balance"].invalidate_model(flush=False)
        balances = self.env["collections.case.balance"].search([("case_id", "=", case.id)])
        totals = {
            balance.currency_id.name: (
                _decimal(balance.currency_id, balance.amount_net_overdue),
                _decimal(balance.currency_id, balance.amount_total),
            )
            for balance in balances
        }
        main = max(
            balances,
            key=lambda balance: (
                balance.currency_id == case.currency_id and balance.amount_total > 0,
                balance.amount_net_overdue,
            ),
            default=None,
        )
        currency = (main.currency_id if main else case.currency_id) or company.currency_id
        return dialogue.Facts(
            **facts,
            order="MDY" if country.code in MONTH_FIRST else "DMY",
            identities=dialogue.get_identities(case.partner_id.vat),
            money={c.name: self._get_money(c) for c in balances.currency_id | currency},
            currency=currency.name,
            documents=tuple(self._get_documents()),
            totals=totals,
            pay_url=self._get_pay_url(case) or "",
            accounts=tuple(self._get_bank_lines()),
            reasons=tuple(
                (reason.id, reason.debtor_name or reason.name) for reason in self._get_reasons()
            ),
            person=self._get_answer_user().name or "",
        )

    def _get_money(self, currency):
        """Return how a currency is written in the language of the debtor, or the company's."""
        lang = self.env["res.lang"]._get_data(
            code=self.partner_id.lang or self.company_id.partner_id.lang or "en_US"
        )
        return dialogue.Money(
            currency.symbol or currency.name,
            currency.position == "before",
            currency.decimal_places,
            lang.thousands_sep or ",",
            lang.decimal_point or ".",
        )

    def _get_documents(self):
        """Return what is open of the debtor and may be asked for, the oldest first."""
        lines = self.case_id.receivable_ids.filtered(lambda line: line.amount_residual_currency > 0)
        for line in lines.sorted(lambda line: (line.date_maturity or line.date, line.id)):
            yield dialogue.Document(
                line.id,
                line.move_name or line.name or str(line.id),
                line.date_maturity or line.date,
                _decimal(line.currency_id, line.amount_residual_currency),
                line.currency_id.name,
            )

    @api.model
    def _get_pay_url(self, case):
        """Extension point: the page on which the debtor of a case pays, or False."""
        return False

    def _get_bank_lines(self):
        """Return the accounts that the debtor may pay to, a line each."""
        draft = self.env["collections.contact"].new(
            {"case_id": self.case_id.id, "company_id": self.company_id.id}
        )
        for account in draft._get_letter_accounts():
            parts = [account.bank_id.name, account.acc_number, account.acc_holder_name]
            yield "• " + " · ".join(part for part in parts if part)

    def _get_reasons(self):
        """Return the reasons of disputes that a debtor may choose, the general one last."""
        reasons = self.env["collections.dispute.reason"].with_context(lang=self._get_reading_lang())
        return reasons.search([("company_id", "in", [self.company_id.id, False])])

    def _get_reading_lang(self):
        """Return an installed language in which the debtor reads, else the company's."""
        for code, _name in self.env["res.lang"].get_installed():
            if code[:2] == self.lang:
                return code
        return self.company_id.partner_id.lang or self.env.lang

    # -- carrying out -----------------------------------------------------------------------------

    def _apply_turn(self, message, facts, turn):
        """Say and do what was decided. What is done may end the automatic answers."""
        if turn.state != (self.dialogue or {}):
            self.dialogue = turn.state or False
        for said in turn.says:
            self._say(said.text, options=list(said.options), url=said.url, url_title=said.url_title)
        for name, values in turn.actions:
            getattr(self, f"_do_{name}")(message, facts, values)

    def _do_hand_over(self, message, facts, values):
        self._hand_over(values["reason"], self._summarise(values["reason"]))

    def _summarise(self, reason):
        """Return what was asked, said and understood, for the person who goes on."""
        words = self.env["collections.log"]._get_data_words().get(reason, reason)
        lines = [self.env._("Why: %(reason)s", reason=words)]
        last = self.env["collections.conversation.message"].search(
            [("conversation_id", "=", self.id)], order="moment desc, id desc",
            limit=SUMMARY_MESSAGES,
        )[::-1]  # fmt: skip
        for said in last:
            who = self.env._("Debtor") if said.direction == "in" else self.env._("We")
            line = f"{who}: {said._get_preview()}"
            told = said.understood or {}
            day = told.get("day") and format_date(self.env, told["day"])
            known = " ".join(filter(None, [day, told.get("amount")]))
            if known:
                line = self.env._("%(line)s (understood: %(known)s)", line=line, known=known)
            lines.append(line)
        return "\n".join(lines)

    def _do_promise(self, message, facts, values):
        """Record a promise that was confirmed; the limits of the segment decide who accepts it."""
        outcome = "refused"
        try:
            with self.env.cr.savepoint():
                promise = self._make_promise(values)
                outcome = "awaiting" if promise.state == "awaiting" else "made"
        except UserError:
            self.env.invalidate_all()
        turn = dialogue.after_promise(facts, self.dialogue or {}, outcome, values)
        self._apply_turn(message, facts, turn)

    def _make_promise(self, values):
        """Return the new promise; it takes the place of those about the same receivables."""
        promises = self.env["collections.promise"]
        currency = self.env["res.currency"].search([("name", "=", values["currency"])], limit=1)
        case = self.case_id._get_survivor()
        proposal = promises._get_proposal(case, {"currency_id": currency.id})
        person = self.partner_id
        return promises.create(
            {
                "case_id": case.id,
                "currency_id": currency.id,
                "amount": float(values["amount"]),
                "date_due": values["day"],
                "line_ids": proposal["line_ids"],
                "replaces_ids": proposal["replaces_ids"],
                "channel_id": self.channel_id.id,
                "person_id": person.id
                if person.commercial_partner_id == case.partner_id
                else False,
                "note": self.env._("Confirmed by %(channel)s", channel=self.channel_id.name),
            }
        )

    def _do_voucher(self, message, facts, values):
        """Keep a voucher on the case, leave the debtor alone while it is verified, and ask who
        works the case to verify it."""
        case = self.case_id._get_survivor()
        source = message
        if not message.attachment_ids:
            kept = (self.dialogue or {}).get("file_message")
            source = message.browse(kept).exists().filtered(
                lambda said: said.conversation_id == self
            )  # fmt: skip
        files = [file.copy({"res_model": case._name, "res_id": case.id})
                 for file in source.attachment_ids]  # fmt: skip
        today = facts.today
        until = today + timedelta(days=self._get_voucher_days())
        standing = case.hold_ids.filtered(
            lambda hold: hold.reason == "voucher" and hold.is_active and not hold.line_id
        )[:1]
        if not standing:
            self.env["collections.hold"].create(
                {
                    "case_id": case.id,
                    "reason": "voucher",
                    "date_from": today,
                    "date_until": until,
                    "note": self.env._("Sent by %(channel)s", channel=self.channel_id.name),
                }
            )
        elif standing.date_until and standing.date_until < until:
            standing.date_until = until
        names = ", ".join(file.name for file in files)
        case._ask_to_read(
            self.env._("Verify a payment: voucher by %(channel)s", channel=self.channel_id.name),
            Markup("<p>%s</p>") % names,
        )

    @api.model
    def _get_voucher_days(self):
        """Extension point: for how many days a voucher leaves the debtor alone."""
        return VOUCHER_DAYS

    def _do_dispute(self, message, facts, values):
        """Open a dispute in the debtor's words; its owner handles it."""
        case = self.case_id._get_survivor()
        try:
            with self.env.cr.savepoint():
                self.env["collections.dispute"].create(
                    {
                        "case_id": case.id,
                        "line_id": values["document"],
                        "reason_id": int(values["reason"]),
                        "description": values["words"] or message._get_preview(),
                        "said_by": self.partner_id.name or self.name,
                        "channel_id": self.channel_id.id,
                        "attachment_ids": [Command.set(
                            [file.copy({"res_model": False, "res_id": False}).id
                             for file in message.attachment_ids]
                        )],
                    }
                )  # fmt: skip
        except UserError:
            self.env.invalidate_all()
            self._hand_over("asked", self._summarise("asked"))

    def _do_opt_out(self, message, facts, values):
        self.opted_out_on = fields.Datetime.now()
        self._log("opted_out")
        self._note_opt_out(message)

    def _note_opt_out(self, message):
        """Extension point: keep that the debtor does not want to be written to here. The channel is
        closed for this address at once; the collector may reach the debtor otherwise."""
        if not self.case_id:
            self._ask_whose(self.env._("Asked not to be written to"))
            return
        case = self.case_id._get_survivor()
        person, kind = self.partner_id or case.partner_id, self.channel_id.kind
        consents = self.env["collections.consent"].sudo()
        known = consents._get_states(person, kind, {person.id: self.address}, self.company_id)
        if known[person.id] == "withdrawn":
            return
        consents._withdraw(
            person,
            kind,
            proof=message._get_preview(),
            address=self.address,
            source="conversation",
            company=self.company_id,
        )
        case._ask_to_read(
            self.env._("Asked not to be written to by %(channel)s", channel=self.channel_id.name),
            message._get_preview(),
        )

    def _do_wrong_number(self, message, facts, values):
        """Nobody is written to at a number that is somebody else's, and nothing is told there."""
        case = self.case_id._get_survivor()
        phones = self._get_phones() if self.address.startswith("+") else []
        partners = self.env["res.partner"].search(
            [("phone_sanitized", "in", phones), ("commercial_partner_id", "=", case.partner_id.id)]
        )
        partners._mark_bad_phone()
        self._log("wrong_number")
        case._ask_to_read(
            self.env._("Wrong number: find the right contact"), message._get_preview()
        )
        self.write(
            {"state": "closed", "case_id": False, "partner_id": False, "dialogue": False,
             "summary": False, "unread_count": 0}
        )  # fmt: skip


def _decimal(currency, amount):
    """Return an amount exactly as its currency rounds it."""
    return Decimal(str(currency.round(amount)))
