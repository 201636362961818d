from datetime import timedelta

from odoo import api, models
from odoo.tools import get_lang

from odoo.addons.collections_management.models.collections_contact_letter import LetterWords

from ..engine.quote import QuoteError, get_quote

AGES = ((30, "1-30"), (60, "31-60"), (90, "61-90"))
OLDEST = "90+"
SAME_MINUTES = 2


class CollectionsPayLink(models.Model):
    """What the page behind a link shows, read from the ledger when it is opened."""

    _inherit = "collections.pay.link"

    def _get_speaker(self):
        """Return a contact of the case, to speak as messages do: the link's own, or none that is
        kept."""
        self.ensure_one()
        return self.contact_id or self.env["collections.contact"].new(
            {"case_id": self.case_id.id, "company_id": self.company_id.id}
        )

    def _get_page_lang(self):
        """Return the language of who got the message, else the debtor's."""
        return get_lang(self.env, self._get_speaker()._get_lang()).code

    def _get_debts(self):
        """Return what is owed, by currency, the one of the company first::

            [{"currency", "items", "credits", "overdue", "not_due", "credit", "net", "ages", ...}]

        items: as of ``collections.contact._get_letter_item``, with ``claim``, ``contested``,
        ``is_contested``, ``under_way``, ``in_agreement``, ``can_choose`` and ``is_chosen``.
        """
        self.ensure_one()
        case, speaker = self.case_id, self._get_speaker()
        lines = self.env["account.move.line"].search(
            case._get_receivable_domain(), order="date_maturity, id"
        )
        lines = lines.filtered(lambda line: line.amount_residual_currency and not line.no_followup)
        facts = self._get_line_facts(lines)
        today = self.env["collections.ledger"]._today(self.company_id)
        words = LetterWords(self.env, self.env.lang)
        instalments = speaker._get_instalments(lines)
        debts = []
        for currency, some in lines.grouped("currency_id").items():
            items = [
                speaker._get_letter_item(line, instalments.get(line.id), today, words)
                for line in some
            ]
            debts.append(self._get_debt(currency, items, facts, words))
        own = self.company_id.currency_id
        return sorted(debts, key=lambda debt: (debt["currency"] != own, debt["currency"].name))

    def _get_line_facts(self, lines):
        """Return what else is known of receivables: which are contested, agreed, being paid."""
        holds = self.env["collections.hold"].search(
            [
                ("line_id", "in", lines.ids),
                ("reason", "=", "dispute"),
                ("is_active", "=", True),
                ("amount", "=", 0),
            ]
        )
        under_way = self.env["collections.ledger"]._get_payments_under_way(self.case_id)
        taken = self.env["payment.transaction"].search(
            [
                ("collections_credit_ids", "in", lines.ids),
                ("state", "in", ("pending", "authorized", "done")),
                ("collections_line_ids", "in", list(under_way)),
            ]
        )
        return {
            "contested": set(holds.line_id.ids),
            "agreed": set(self.env["collections.agreement"]._get_taken(lines)),
            "under_way": under_way,
            "spent": set(taken.collections_credit_ids.ids),
        }

    def _get_debt(self, currency, items, facts, words):
        """Return one element of ``_get_debts``."""
        owed = [item for item in items if item["line"].amount_residual_currency > 0]
        credits_ = [
            item
            for item in items
            if item["line"].amount_residual_currency < 0 and item["line"].id not in facts["spent"]
        ]
        for item in owed:
            self._add_facts(item, facts, words)
        asked = [item for item in owed if not item["is_contested"]]
        late = [item for item in asked if item["age"] > 0]
        money = {
            "overdue": sum(item["claim"] for item in late),
            "not_due": sum(item["claim"] for item in asked) - sum(item["claim"] for item in late),
            "credit": -sum(item["residual"] for item in credits_),
        }
        money["net"] = max(money["overdue"] - money["credit"], 0)
        money = {key: currency.round(value) for key, value in money.items()}
        return {
            "currency": currency,
            "items": asked,
            "contested": [item for item in owed if item["is_contested"]],
            "credits": credits_,
            "can_choose": any(item["can_choose"] for item in asked),
            "oldest": max((item["age"] for item in late), default=0),
            "ages": self._get_ages(late, currency, words),
            **money,
            **{f"{key}_text": words.amount(value, currency) for key, value in money.items()},
        }

    def _add_facts(self, item, facts, words):
        line = item["line"]
        contested = line.id in facts["contested"] or item["residual"] <= 0
        _until, blocks = facts["under_way"].get(line.id, (None, False))
        agreed = line.id in facts["agreed"]
        item.update(
            claim=0 if contested else item["residual"],
            is_contested=contested,
            contested_text=words.amount(
                line.amount_residual_currency if contested else line.collections_disputed_part,
                item["currency"],
            ),
            has_contested_part=not contested and bool(line.collections_disputed_part),
            under_way=line.id in facts["under_way"],
            in_agreement=agreed,
            can_choose=not contested and not blocks,
            is_chosen=not contested
            and line.id not in facts["under_way"]
            and not agreed
            and item["age"] > 0,
        )

    def _get_ages(self, items, currency, words):
        """Return ``[(days as words, amount as words)]`` of what is overdue; nothing for one age."""
        sums = {}
        for item in items:
            band = next((name for days, name in AGES if item["age"] <= days), OLDEST)
            sums[band] = sums.get(band, 0) + item["claim"]
        names = [name for _days, name in AGES] + [OLDEST]
        shown = [(name, words.amount(sums[name], currency)) for name in names if name in sums]
        return shown if len(shown) > 1 else []

    # -- choosing --------------------------------------------------------------------------------

    def _get_choice(self, line_ids, part=None):
        """Return what paying these receivables comes to now: ``{"lines", "credits", "currency",
        "quote", "debt", "items"}``.

        :raise QuoteError: ``changed`` when one of them cannot be paid here, whether it is paid
            meanwhile, being paid, contested or somebody else's; ``one_currency`` for two
            currencies; else what ``engine.quote`` says
        """
        self.ensure_one()
        chosen = set(line_ids)
        if not chosen:
            raise QuoteError("nothing_chosen")
        debts = self._get_debts()
        known = {
            item["line"].id: item for debt in debts for item in debt["items"] if item["can_choose"]
        }
        if chosen - known.keys():
            raise QuoteError("changed")
        currencies = {known[line_id]["currency"] for line_id in chosen}
        if len(currencies) > 1:
            raise QuoteError("one_currency")
        [currency] = currencies
        [debt] = [debt for debt in debts if debt["currency"] == currency]
        items = [item for item in debt["items"] if item["line"].id in chosen]
        quote = get_quote(
            [item["claim"] for item in items],
            [(item["line"].id, -item["residual"]) for item in debt["credits"]],
            currency.decimal_places,
            part if self.company_id.collections_pay_partial else None,
        )
        lines = self.env["account.move.line"].union(*(item["line"] for item in items))
        return {
            "lines": lines,
            "credits": lines.browse(quote.credit_ids),
            "currency": currency,
            "quote": quote,
            "debt": debt,
            "items": items,
        }

    @api.model
    def _get_fault_sentences(self):
        """Return ``{code: sentence}`` of why nothing is paid now."""
        return {
            "nothing_chosen": self.env._("Choose what you want to pay."),
            "covered": self.env._(
                "What you have in your favour covers it: there is nothing to pay."
            ),
            "bad_amount": self.env._("Enter an amount above zero and not above what you chose."),
            "changed": self.env._("What is owed has changed since. Please choose again."),
            "one_currency": self.env._("Choose documents of one currency, then pay the others."),
            "test": self.env._("This is a test: no payment is taken."),
            "no_method": self.env._("This way to pay is not available. Please choose another one."),
        }

    # -- ways to pay -----------------------------------------------------------------------------

    def _get_methods(self, amount, currency):
        """Return ``(providers, payment methods)`` that take an amount of the debtor now, as Odoo
        finds them; none in safe mode."""
        self.ensure_one()
        providers = self.env["payment.provider"]
        methods = self.env["payment.method"]
        debtor, company = self.partner_id, self.company_id
        wrong = debtor.company_id and debtor.company_id != company
        if company.collections_safe_mode or wrong:
            return providers, methods
        providers = providers._get_compatible_providers(
            company.id, debtor.id, amount, currency_id=currency.id
        )
        methods = methods._get_compatible_payment_methods(
            providers.ids, debtor.id, currency_id=currency.id
        )
        return providers, methods

    def _get_instructions(self, debt):
        """Return how to pay without a provider: ``{"block", "reference", "qr", "qr_words"}``."""
        speaker = self._get_speaker()
        letter = {
            "items": [item for item in debt["items"] if item["age"] > 0] or debt["items"],
            "credits": debt["credits"],
            "totals": [{**debt, "net": debt["net"] or debt["not_due"]}],
        }
        reference = speaker._get_letter_reference(letter)
        code = speaker._get_bank_code(letter, reference)
        return {
            "accounts": speaker._get_letter_accounts().filtered(
                lambda account: (
                    account.currency_id in (account.currency_id.browse(), debt["currency"])
                )
            ),
            "reference": reference,
            "qr": speaker._make_qr(code) if code else "",
        }

    def _find_same_payment(self, choice, provider, method, flow):
        """Return the payment that was begun a moment ago for the same choice, or an empty record:
        a second click is no second payment."""
        since = self.env.cr.now() - timedelta(minutes=SAME_MINUTES)
        return self.transaction_ids.filtered(
            lambda tx: (
                tx.state == "draft"
                and tx.create_date >= since
                and tx.provider_id == provider
                and tx.payment_method_id == method
                and tx.operation == f"online_{flow}"
                and tx.collections_line_ids == choice["lines"]
                and not tx.currency_id.compare_amounts(tx.amount, float(choice["quote"].amount))
            )
        )[:1]

    def _get_last_payment(self):
        """Return the payment of this link whose state the page tells, or an empty record: one that
        came to nothing is told for an hour, another for a day."""
        now = self.env.cr.now()
        last = self.transaction_ids.filtered(lambda tx: tx.state != "draft")[:1]
        hours = 1 if last.state in ("cancel", "error") else 24
        return last.filtered(lambda tx: tx.last_state_change > now - timedelta(hours=hours))
