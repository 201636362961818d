from datetime import date
from decimal import Decimal

from odoo import api, models

from ..engine import menu, phrases, speech, tries, twiml


class CollectionsVoiceCall(models.Model):
    """The talk of a call: each step is asked for by the provider and answered with TwiML."""

    _inherit = "collections.voice.call"

    # -- what is asked of us ---------------------------------------------------------------------

    def _talk(self, what, params):
        """Return the TwiML that the provider asks for.

        :param what: ``answer`` somebody picked up, ``keys`` keys were pressed or none, ``dialled``
            the debtor was connected with a person, or was not
        """
        self.ensure_one()
        self._take_turn()
        self._hear(params)
        if self.state in tries.FINAL or not self.contact_id:
            return twiml.hang_up()
        if what == "answer":
            return self.answer or self._pick_up()
        if what == "dialled":
            return self._end_dial(params.get("DialCallStatus"))
        return self._take_keys(params)

    def _pick_up(self):
        self._note("answered", self.answered_by)
        voice, common = self._get_voice(), self._get_common()
        if self.is_machine:
            return self._talk_to_machine(voice, common)
        return self._say(menu.begin(self._get_facts()))

    def _talk_to_machine(self, voice, common):
        """Leave a message that names no debt, or nothing at all."""
        if self.account_id.machine != "message" or not self.answered_by.startswith("machine_end"):
            return self._keep(twiml.hang_up())
        self.left_message = True
        code = "machine" if common["phone"] else "machine_without_phone"
        self._note("said", code)
        words = speech.say(self._get_phrases(), voice, [(code, {})], **common)
        return self._keep(twiml.hang_up(words, voice.language))

    def _take_keys(self, params):
        """Go on with the talk; a request that comes twice gets the same answer twice."""
        if params.get("turn") != str(self.turn):
            return self.answer or twiml.hang_up()
        keys = "".join(key for key in params.get("Digits") or "" if key in "0123456789*#")[:2]
        self.keys = f"{self.keys or ''} {keys or '-'}".strip()
        self._note("keys", keys)
        facts = self._get_facts()
        turn = menu.press(self._get_dialogue(), keys, facts)
        if turn.effect:
            outcome = self._do(turn.effect, turn.state)
            turn = menu.after(turn.state, turn.effect, outcome, self._get_facts())
        elif keys == "2" and not turn.keys and not turn.state.confirmed:
            self.is_denied = True
        return self._say(turn)

    def _end_dial(self, status):
        """Nobody took the call of a debtor who asked for a person: somebody calls him back."""
        if status in ("completed", "answered"):
            return twiml.hang_up()
        self._ask_collector(self.env._("Asked for a person in an automated call"))
        voice = self._get_voice()
        says = [("transfer_failed", {}), ("goodbye", {})]
        return twiml.hang_up(speech.say(self._get_phrases(), voice, says), voice.language)

    # -- what we say -----------------------------------------------------------------------------

    def _say(self, turn):
        """Return a turn as TwiML, and keep where the talk is."""
        voice, state = self._get_voice(), turn.state
        common = self._get_common(with_debt=state.confirmed)
        words = speech.say(self._get_phrases(), voice, turn.says, **common)
        self._note("said", ", ".join(code for code, _values in turn.says))
        self.dialogue = {
            "node": state.node,
            "misses": state.misses,
            "turns": state.turns,
            "confirmed": state.confirmed,
            "day": state.day and state.day.isoformat(),
        }
        self.turn += 1
        if turn.effect == "dial":
            action = self._get_url("dialled")
            phone, caller = self._get_person_phone(), self.account_id.phone_from
            return self._keep(twiml.dial(words, voice.language, phone, caller, action))
        if turn.keys:
            action = self._get_url("keys", f"?turn={self.turn}")
            return self._keep(twiml.gather(words, voice.language, turn.keys, action))
        return self._keep(twiml.hang_up(words, voice.language))

    def _keep(self, answer):
        self.answer = answer
        return answer

    def _get_dialogue(self):
        stored = dict(self.dialogue or {})
        day = stored.pop("day", None)
        return menu.State(**stored, day=date.fromisoformat(day) if day else None)

    @api.model
    def _get_phrases(self):
        """Extension point: the sentences of the calls, ``{language family: {code: text}}``; see
        ``engine/phrases.py``. Those that are told before the person said who they are may not
        speak of a debt."""
        return phrases.PHRASES

    def _get_voice(self):
        self.ensure_one()
        company = self.company_id.partner_id
        return speech.get_voice(self.contact_id._get_lang(), company.lang)

    def _get_common(self, with_debt=False):
        """Return the values of the sentences; those of the debt only once it may be named."""
        self.ensure_one()
        account = self.account_id
        common = {
            "company": speech.say_name(self.company_id.name),
            "name": speech.say_name(self.partner_id.name),
            "phone": speech.say_phone(account.phone_back),
        }
        if with_debt:
            letter = self.contact_id._get_letters()[self.contact_id.id]
            common |= self._get_debt_values(letter, self.text, self._get_voice())
        return common

    @api.model
    def _get_debt_values(self, letter, text, voice):
        amounts = [
            (Decimal(str(total["net"])), total["currency"].name) for total in letter["totals"]
        ]
        oldest = min((item["due"] for item in letter["items"]), default="")
        return {
            "amounts": speech.say_amounts(amounts, voice),
            "date": oldest,
            "text": text or "",
        }

    def _get_facts(self):
        """Return what the talk depends on, read now: a debtor may pay while the phone rings."""
        self.ensure_one()
        contact = self.contact_id
        contact._forget_letters()
        letter = contact._get_letters()[contact.id]
        return self._make_facts(
            contact, self.partner_id, letter, self.text, bool(self._get_person_phone())
        )

    @api.model
    def _make_facts(self, contact, person, letter, text, can_transfer):
        account = self.env["collections.voice.account"]._get_of(contact.company_id)
        return menu.Facts(
            today=self.env["collections.ledger"]._today(contact.company_id),
            is_company=person.is_company,
            recorded=account.record_calls,
            test=contact.safe_mode,
            owes=bool(letter["totals"]),
            upcoming=letter["preventive"],
            text=bool(text),
            can_transfer=can_transfer,
        )

    def _get_person_phone(self):
        """Extension point: the number at which a person takes the call, or a false value: the
        collector's own, else the account's."""
        self.ensure_one()
        user = self.case_id.user_id.sudo().partner_id
        return user.phone_sanitized or self.account_id.phone_person

    # -- what it would say -----------------------------------------------------------------------

    @api.model
    def _get_script(self, contact, person, letter, text):
        """Return what a call says when the person says who they are, in sentences."""
        company = contact.company_id
        account = self.env["collections.voice.account"]._get_of(company)
        voice = speech.get_voice(contact._get_lang(), company.partner_id.lang)
        facts = self._make_facts(contact, person, letter, text, bool(account.phone_person))
        first = menu.begin(facts)
        told = menu.after(menu.State(node="menu", confirmed=True), "confirm", "done", facts)
        common = {
            "company": speech.say_name(company.name),
            "name": speech.say_name(person.name),
            "phone": "",
            **self._get_debt_values(letter, text, voice),
        }
        return speech.say(self._get_phrases(), voice, first.says + told.says, **common)
