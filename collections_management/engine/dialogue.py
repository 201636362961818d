"""The automatic answers: what was heard and the facts in, what is said and done out.

Plain decisions without a clock or a database. Nothing about the debt is said before the other one
has told the last characters of the debtor's tax ID; a promise is only made after it was confirmed;
nothing is asked more than twice, then a person answers. It never argues and never threatens.
"""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from .words import fold

TEXTS = Path(__file__).parent / "data" / "texts.json"
IDENTITY_TRIES = 3
IDENTITY_HOURS = 24
IDENTITY_LENGTH = 4
MAX_ASKED = 1  # times a question is asked again before a person answers
MAX_REPLIES = 30  # automatic answers in an hour: another machine may be answering us
MAX_ITEMS = 10
FAR_DAYS = 365
SURE = 0.9  # a number is not given up on less
MENU = ("balance", "pay", "promise", "paid", "dispute", "person")
FILES = ("image", "document")
WEEKDAYS = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira",
           "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Money:
    """How amounts of a currency are written."""

    symbol: str
    before: bool = True
    decimals: int = 2
    thousands: str = ","
    point: str = "."


@dataclass(frozen=True, slots=True)
class Document:
    """An open receivable."""

    key: int
    name: str
    due: date
    residual: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the answers may depend on.

    ``identities`` are the full tax IDs in the ways they are written; ``totals`` is
    ``{currency: (overdue, total)}``, credits taken off.
    """

    now: datetime
    today: date
    lang: str = "es"
    order: str = "DMY"
    company: str = ""
    is_known: bool = True
    identities: tuple = ()
    money: dict = field(default_factory=dict)
    currency: str = ""
    documents: tuple = ()
    totals: dict = field(default_factory=dict)
    pay_url: str = ""
    accounts: tuple = ()
    reasons: tuple = ()  # (key, name)
    person: str = ""
    replies_lately: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the debtor. ``choice`` is the id of a button or line of a list."""

    kind: str
    text: str
    choice: str
    understood: object  # understanding.Understood


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a message that confirmed an earlier one."""

    amount: object
    moment: object = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    options: tuple = ()  # ({"id", "title"}, ...)
    url: str = ""
    url_title: str = ""


@dataclass(slots=True)
class Turn:
    """What follows: ``actions`` are ``(name, values)``, carried out in their order."""

    state: dict
    says: list = field(default_factory=list)
    actions: list = field(default_factory=list)


@cache
def get_texts():
    """Return ``{key: {language: text}}``."""
    return json.loads(TEXTS.read_text(encoding="utf-8"))


def tell(facts, key, **values):
    """Return a text in the language of the conversation."""
    texts = get_texts()[key]
    return (texts.get(facts.lang) or texts["es"]).format(company=facts.company, **values)


def tell_money(facts, amount, currency):
    """Return an amount as the debtor reads it."""
    money = facts.money.get(currency) or Money(currency)
    quantum = Decimal(1).scaleb(-money.decimals)
    number = f"{Decimal(amount).quantize(quantum, ROUND_HALF_UP):,f}"
    number = number.translate(str.maketrans({",": money.thousands, ".": money.point}))
    return f"{money.symbol} {number}" if money.before else f"{number} {money.symbol}"


def tell_date(facts, day):
    """Return a day in digits."""
    return f"{day:%m/%d/%Y}" if facts.order == "MDY" else f"{day:%d/%m/%Y}"


def tell_day(facts, day):
    """Return a day with its weekday, so that a misunderstanding is seen."""
    name = WEEKDAYS.get(facts.lang, WEEKDAYS["es"])[day.weekday()]
    text = f"{day:%m/%d}" if facts.order == "MDY" else f"{day:%d/%m}"
    return f"{name} {text}" + (f"/{day.year}" if day.year != facts.today.year else "")


def get_identities(vat):
    """Return the ways in which a tax ID is written: all of it, its digits, without check digit."""
    plain = re.sub(r"[^0-9A-Z]", "", (vat or "").upper())
    forms = {plain, re.sub(r"\D", "", plain)}
    if "-" in (vat or ""):
        forms.add(re.sub(r"[^0-9A-Z]", "", vat.upper().rpartition("-")[0]))
    return tuple(sorted(form for form in forms if len(form) >= IDENTITY_LENGTH))


def is_identity(facts, text):
    """Tell whether a text tells the end of the debtor's tax ID."""
    upper = fold(text).upper()
    words = re.findall(r"[0-9A-Z]+", upper) + re.findall(r"[0-9A-Z]+", re.sub(r"[\s.-]", "", upper))
    return any(
        len(word) >= IDENTITY_LENGTH and form.endswith(word)
        for word in words
        for form in facts.identities
    )


def answer(facts, state, heard):
    """Return the :class:`Turn` that follows from a message."""
    return _Dialogue(facts, state, heard).run()


def is_stop(heard):
    """Tell whether a message asks for no more messages, beyond doubt."""
    told = heard.understood
    return heard.choice == "stop" or (told.intent == "stop" and told.confidence >= SURE)


def after_promise(facts, state, outcome, values):
    """Return the :class:`Turn` after a promise was recorded.

    :param str outcome: ``made``, ``awaiting`` (a person has to approve it) or ``refused``
    """
    turn = Turn({**state, "step": None})
    words = {
        "amount": tell_money(facts, values["amount"], values["currency"]),
        "day": tell_day(facts, values["day"]),
    }
    if outcome == "made":
        turn.says.append(Say(tell(facts, "promised", **words)))
    elif outcome == "awaiting":
        turn.says.append(Say(tell(facts, "promise_awaits", **words)))
        turn.actions.append(("hand_over", {"reason": "beyond_limits"}))
    else:
        turn.says.append(Say(_tell_hand_over(facts)))
        turn.actions.append(("hand_over", {"reason": "refused"}))
    return turn


def _tell_hand_over(facts):
    key = "hand_over_to" if facts.person else "hand_over"
    return tell(facts, key, person=facts.person)


class _Dialogue:
    def __init__(self, facts, state, heard):
        self.facts, self.heard = facts, heard
        self.turn = Turn(dict(state or {}))
        self.state = self.turn.state
        self.is_proposal = False
        self.intent = self._get_intent()

    def run(self):
        self._route()
        return self.turn

    # -- saying and doing -------------------------------------------------------------------------

    def say(self, key, options=(), **values):
        self._say(tell(self.facts, key, **values), options)

    def _say(self, text, options=(), url="", url_title=""):
        self.turn.says.append(Say(text, tuple(options), url, url_title))
        self.state["options"] = [[option["id"], option["title"]] for option in options]

    def do(self, name, **values):
        self.turn.actions.append((name, values))

    def ask(self, step, key, options=(), **values):
        """Ask something; the next message answers it."""
        self.state.update(step=step, asked=0)
        self.say(key, options, **values)

    def hand_over(self, reason):
        self.state["step"] = None
        self._say(_tell_hand_over(self.facts))
        self.do("hand_over", reason=reason)

    def ask_again(self, key="menu", options=None, reason="not_understood"):
        """Ask once more, then leave it to a person."""
        asked = self.state.get("asked", 0)
        if asked >= MAX_ASKED:
            return self.hand_over(reason)
        self.state["asked"] = asked + 1
        text = f"{tell(self.facts, 'again')} {tell(self.facts, key, currency=self._symbol())}"
        return self._say(text, self._menu() if options is None else options)

    def _menu(self):
        return [{"id": name, "title": tell(self.facts, f"b_{name}")} for name in MENU]

    def _yes_no(self):
        return [{"id": name, "title": tell(self.facts, f"b_{name}")} for name in ("yes", "no")]

    def _symbol(self, currency=None):
        currency = currency or self.facts.currency
        return (self.facts.money.get(currency) or Money(currency)).symbol

    # -- what is meant ----------------------------------------------------------------------------

    def _get_choice(self):
        """Return the id of the option that was pressed, or typed as its number or title."""
        if self.heard.choice:
            return self.heard.choice
        text = fold(self.heard.text).strip(" .!)")
        for number, (key, title) in enumerate(self.state.get("options") or [], start=1):
            if text in (str(number), fold(title)):
                return key
        return ""

    def _get_intent(self):
        self.choice = self._get_choice()
        if self.choice in (*MENU, "yes", "no", "stop"):
            return self.choice
        if not self.heard.text:
            return ""
        told = self.heard.understood
        self.is_proposal = bool(told.proposed)
        return told.intent if not self.is_proposal or told.intent in MENU else "unknown"

    def _route(self):
        step, intent = self.state.get("step"), self.intent
        if intent == "stop":
            return self._stop()
        if not self.facts.is_known:
            self.say("hello_unknown")
            return self.do("hand_over", reason="unidentified")
        if self.facts.replies_lately >= MAX_REPLIES:
            return self.do("hand_over", reason="too_many")
        if self.heard.kind in FILES:
            return self._take_file()
        if self.heard.kind in ("audio", "video"):
            if self.state.get("asked", 0):
                return self.hand_over("voice")
            self.state["asked"] = 1
            return self.say("no_voice")
        if intent == "wrong_number" and self.heard.understood.confidence < SURE:
            return self.ask_again()
        urgent = {"hostile": self._hostile, "person": self._person, "wrong_number": self._wrong}
        calm = self.is_proposal or (step == "dispute_words" and intent != "person")
        if intent in urgent and not calm:
            return urgent[intent]()
        in_step = getattr(self, f"_in_{step}", None) if step else None
        if in_step:
            return in_step()
        return self._by_intent()

    def _by_intent(self):
        self.state["step"] = None
        if self.is_proposal and self.intent in MENU:
            return self._ask_proposal()
        handler = getattr(self, f"_do_{self.intent}", None)
        return handler() if handler else self._not_understood()

    def _not_understood(self):
        told = self.heard.understood
        if told.moment or (told.amount and self.intent == "promise"):
            return self._do_promise()
        return self.ask_again()

    # -- what another reader proposes -------------------------------------------------------------

    def _ask_proposal(self):
        """Ask whether it is meant so. A promise with its day is asked for in its own words."""
        told = self.heard.understood
        if self.intent == "promise" and told.moment and told.moment.day:
            return self._do_promise()
        self.state["proposal"] = {"intent": self.intent, "amount": _keep_amount(told.amount)}
        return self.ask(
            "proposal", "proposal", self._yes_no(), meaning=tell(self.facts, f"b_{self.intent}")
        )

    def _in_proposal(self):
        kept = self.state.pop("proposal")
        if self.intent == "no":
            self.state["step"] = None
            return self.ask_again()
        if self.intent != "yes":
            return self._by_intent()
        self.intent, self.is_proposal = kept["intent"], False
        if self.intent == "person":
            return self._person()
        told = Told(amount=_read_amount(kept["amount"]))
        self.heard = replace(self.heard, understood=told)
        return self._by_intent()

    # -- always -----------------------------------------------------------------------------------

    def _stop(self):
        self.state.update(step=None)
        self.say("stopped")
        self.do("opt_out")

    def _hostile(self):
        self.hand_over("hostile")

    def _person(self):
        self.hand_over("asked")

    def _wrong(self):
        self.turn.state = self.state = {}
        self.say("wrong_number")
        self.do("wrong_number")

    def _do_greeting(self):
        self.state["asked"] = 0
        self.say("hello", self._menu())

    def _do_thanks(self):
        self.say("you_are_welcome")

    def _do_yes(self):
        self.ask_again()

    def _do_no(self):
        self.say("all_right")

    # -- identity ---------------------------------------------------------------------------------

    def _is_verified(self):
        moment = self.state.get("verified")
        return bool(moment) and datetime.fromisoformat(moment) > self.facts.now - timedelta(
            hours=IDENTITY_HOURS
        )

    def _needs_identity(self):
        """Ask who it is before anything of the debt is told; what was asked for is kept."""
        if self._is_verified():
            return False
        if not self.facts.identities:
            self.hand_over("no_identity")
            return True
        told = self.heard.understood
        self.state["then"] = {
            "intent": self.intent if self.intent in MENU else "promise",
            "day": told.moment.day.isoformat() if told.moment and told.moment.day else None,
            "amount": _keep_amount(told.amount),
        }
        self.ask("identity", "ask_identity")
        return True

    def _in_identity(self):
        if is_identity(self.facts, self.heard.text):
            self.state.update(verified=self.facts.now.isoformat(), tries=0, step=None, asked=0)
            then = self.state.pop("then", None) or {"intent": "balance"}
            self.intent = then["intent"]
            if self.intent == "promise":
                day = date.fromisoformat(then["day"]) if then["day"] else None
                return self._propose(day, _read_amount(then["amount"]))
            return self._by_intent()
        if self.intent in ("paid", "thanks", "greeting") and not re.search(
            r"\d{3}", self.heard.text
        ):
            return self._by_intent()
        tries = self.state.get("tries", 0) + 1
        self.state["tries"] = tries
        if tries >= IDENTITY_TRIES:
            return self.hand_over("identity")
        return self.say("identity_wrong")

    # -- the account ------------------------------------------------------------------------------

    def _owes_nothing(self):
        if any(total > 0 for _overdue, total in self.facts.totals.values()):
            return False
        self.state["step"] = None
        self.say("nothing_owed")
        return True

    def _do_balance(self):
        if self._needs_identity() or self._owes_nothing():
            return
        facts = self.facts
        lines = [tell(facts, "balance", today=tell_date(facts, facts.today))]
        for document in facts.documents[:MAX_ITEMS]:
            days = (facts.today - document.due).days
            lines.append(
                tell(
                    facts,
                    "item_overdue" if days > 0 else "item_open",
                    name=document.name,
                    amount=tell_money(facts, document.residual, document.currency),
                    days=days,
                    due=tell_date(facts, document.due),
                )
            )
        if len(facts.documents) > MAX_ITEMS:
            lines.append(tell(facts, "items_more", count=len(facts.documents) - MAX_ITEMS))
        for currency, (overdue, total) in facts.totals.items():
            if total > 0:
                lines.append(
                    tell(
                        facts,
                        "balance_total",
                        total=tell_money(facts, total, currency),
                        overdue=tell_money(facts, max(overdue, 0), currency),
                    )
                )
        options = [
            option for option in self._menu() if option["id"] in ("pay", "promise", "person")
        ]
        self.state["asked"] = 0
        self._say("\n".join(lines), options)

    def _do_pay(self):
        told = self.heard.understood.moment
        if told and told.day and told.day > self.facts.today:
            return self._do_promise()
        if self._needs_identity() or self._owes_nothing():
            return None
        self.state["asked"] = 0
        if self.facts.pay_url:
            text = tell(self.facts, "pay_link")
            return self._say(text, (), self.facts.pay_url, tell(self.facts, "pay_title"))
        if self.facts.accounts:
            return self.say("pay_bank", accounts="\n".join(self.facts.accounts))
        return self.hand_over("no_way_to_pay")

    # -- promise ----------------------------------------------------------------------------------

    def _do_promise(self):
        if self._needs_identity():
            return
        told = self.heard.understood
        self._propose(told.moment.day if told.moment else None, told.amount)

    def _propose(self, day, amount):
        """Ask for what is missing of a promise, then whether it was meant so."""
        if self._owes_nothing():
            return
        value, currency = self._get_value(amount)
        self.state["promise"] = {
            "day": day.isoformat() if day else None,
            "amount": str(value) if value else None,
            "currency": currency,
        }
        if not day or (day - self.facts.today).days > FAR_DAYS:
            self.state["promise"]["day"] = None
            self.ask("promise", "ask_day")
        elif not value:
            self.ask("promise", "ask_amount", currency=self._symbol(currency))
        else:
            self.ask(
                "confirm",
                "confirm",
                self._yes_no(),
                amount=tell_money(self.facts, value, currency),
                day=tell_day(self.facts, day),
            )

    def _get_value(self, amount):
        """Return ``(value, currency)`` of an amount; all that is overdue when none was told, no
        value when what was told is not certain."""
        currency = (amount and amount.currency) or self.facts.currency
        if currency not in self.facts.totals:
            return None, self.facts.currency
        overdue, total = self.facts.totals[currency]
        due = overdue if overdue > 0 else total
        if not amount or amount.share == "all":
            value = due
        elif amount.share == "half":
            value = due / 2
        else:
            value = amount.value
        if not value or value <= 0 or total <= 0:
            return None, currency
        money = self.facts.money.get(currency) or Money(currency)
        quantum = Decimal(1).scaleb(-money.decimals)
        return min(Decimal(value), total).quantize(quantum, ROUND_HALF_UP), currency

    def _in_promise(self):
        """The day or the amount that was missing."""
        kept, told = self.state.get("promise") or {}, self.heard.understood
        if not told.moment and not told.amount:
            if self.intent in ("balance", "pay", "paid", "dispute", "thanks", "no"):
                return self._by_intent()
            key = "ask_amount" if kept.get("day") else "ask_day"
            return self.ask_again(key, ())
        day = told.moment.day if told.moment else None
        if not day and kept.get("day"):
            day = date.fromisoformat(kept["day"])
        if not day or (told.amount and not self._get_value(told.amount)[0]):
            return self.ask_again("ask_day" if not day else "ask_amount", ())
        amount = told.amount or _read_amount(
            kept.get("amount") and [kept["amount"], "", kept["currency"]]
        )
        return self._propose(day, amount)

    def _in_confirm(self):
        kept, told = self.state.get("promise") or {}, self.heard.understood
        same_day = not told.moment or (
            told.moment.day and told.moment.day.isoformat() == kept["day"]
        )
        if self.intent == "yes" and same_day and not told.amount:
            self.state["step"] = None
            return self.do(
                "promise",
                day=date.fromisoformat(kept["day"]),
                amount=Decimal(kept["amount"]),
                currency=kept["currency"],
            )
        if told.moment or told.amount:
            self.state["step"] = "promise"
            return self._in_promise()
        if self.intent == "no":
            self.state["promise"] = {}
            return self.ask("promise", "ask_again_promise")
        if self.intent in ("balance", "pay", "paid", "dispute"):
            return self._by_intent()
        return self._confirm_again(kept)

    def _confirm_again(self, kept):
        if self.state.get("asked", 0) >= MAX_ASKED:
            return self.hand_over("not_understood")
        self.state["asked"] = self.state.get("asked", 0) + 1
        return self.say(
            "confirm",
            self._yes_no(),
            amount=tell_money(self.facts, Decimal(kept["amount"]), kept["currency"]),
            day=tell_day(self.facts, date.fromisoformat(kept["day"])),
        )

    # -- paid -------------------------------------------------------------------------------------

    def _do_paid(self):
        self.ask("voucher", "ask_voucher")

    def _take_file(self):
        """A picture or document: a voucher when it was asked for, or said to be one."""
        if self.state.get("step") == "voucher" or self.intent == "paid":
            return self._take_voucher()
        if self.state.get("step") == "dispute_words":
            return self._in_dispute_words()
        self.state["file"] = True
        return self.ask("file", "is_voucher", self._yes_no())

    def _take_voucher(self):
        self.state.update(step=None, asked=0)
        self.say("voucher_taken")
        self.do("voucher")

    def _in_file(self):
        if self.intent in ("yes", "paid"):
            return self._take_voucher()
        if self.intent == "no":
            self.state["step"] = None
            return self.say("menu", self._menu())
        if self.intent in MENU:
            return self._by_intent()
        return self.ask_again("is_voucher", self._yes_no())

    def _in_voucher(self):
        """It was said to be paid, and no picture came: a person looks for it."""
        if self.intent in ("balance", "pay", "promise", "dispute", "thanks"):
            return self._by_intent()
        if self.state.get("asked", 0) >= MAX_ASKED or self.intent == "no":
            return self.hand_over("not_understood")
        self.state["asked"] = self.state.get("asked", 0) + 1
        return self.say("ask_voucher")

    # -- dispute ----------------------------------------------------------------------------------

    def _do_dispute(self):
        if self._needs_identity() or self._owes_nothing():
            return
        if not self.facts.documents:
            self.hand_over("asked")
            return
        self.state["dispute"] = {}
        if len(self.facts.documents) == 1:
            self._ask_reason(self.facts.documents[0].key)
            return
        options = [
            {"id": f"document-{document.key}", "title": document.name}
            for document in self.facts.documents[:MAX_ITEMS]
        ]
        self.ask("dispute_document", "ask_invoice", options)

    def _ask_reason(self, document):
        self.state["dispute"] = {"document": document}
        options = [{"id": f"reason-{key}", "title": name} for key, name in self.facts.reasons]
        self.ask("dispute_reason", "ask_reason", options[:MAX_ITEMS])

    def _in_dispute_document(self):
        text = re.sub(r"\W", "", fold(self.heard.text))
        for document in self.facts.documents:
            name = re.sub(r"\W", "", fold(document.name))
            if self.choice == f"document-{document.key}" or (len(text) > 2 and name.endswith(text)):
                return self._ask_reason(document.key)
        options = [{"id": key, "title": title} for key, title in self.state.get("options") or []]
        return self.ask_again("ask_invoice", options)

    def _in_dispute_reason(self):
        keys = [str(key) for key, _name in self.facts.reasons]
        if self.choice.startswith("reason-") and self.choice[7:] in keys:
            self.state["dispute"]["reason"] = self.choice[7:]
            return self.ask("dispute_words", "ask_words")
        if len(self.heard.text.split()) >= 3:  # told in words instead of chosen
            self.state["dispute"]["reason"] = keys[-1] if keys else None
            return self._in_dispute_words()
        options = [{"id": key, "title": title} for key, title in self.state.get("options") or []]
        return self.ask_again("ask_reason", options)

    def _in_dispute_words(self):
        kept = self.state.pop("dispute", None) or {}
        self.state.update(step=None, asked=0)
        documents = {document.key: document for document in self.facts.documents}
        document = documents.get(kept.get("document"))
        if not document or not kept.get("reason"):
            return self.hand_over("asked")
        self.say("dispute_taken", name=document.name)
        return self.do(
            "dispute", document=document.key, reason=kept["reason"], words=self.heard.text[:2000]
        )


def _keep_amount(amount):
    return amount and [str(amount.value) if amount.value else "", amount.share, amount.currency]


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Decimal | None
    share: str
    currency: str | None


def _read_amount(kept):
    if not kept:
        return None
    value, share, currency = kept
    return _Kept(Decimal(value) if value else None, share, currency)
