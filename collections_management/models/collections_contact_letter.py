import re
from collections import defaultdict
from functools import cache

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_amount, format_date

LINE_BREAKS = re.compile(r"\s*\n\s*")
LETTER_FIELDS = (
    "receivables_table",
    "payment_block",
    "signature_block",
    "net_overdue_text",
    "oldest_due_text",
    "oldest_age",
    "salutation_name",
)


class LetterWords:
    """Dates and amounts as a debtor's language writes them, each formatted once."""

    def __init__(self, env, lang):
        env = env(context={**env.context, "lang": lang})
        self.date = cache(lambda day: format_date(env, day, lang_code=lang))
        self.amount = cache(
            lambda amount, currency: format_amount(env, amount, currency, lang_code=lang)
        )


class CollectionsContact(models.Model):
    """What a contact tells: the debtor's receivables, read from the ledger when it is asked for."""

    _inherit = "collections.contact"

    receivables_table = fields.Html(compute="_compute_letter", sanitize=False)
    payment_block = fields.Html(
        string="How to Pay", compute="_compute_payment_block", sanitize=False
    )
    signature_block = fields.Html(string="Signature", compute="_compute_letter", sanitize=False)
    net_overdue_text = fields.Char(compute="_compute_letter", string="Net Overdue in Words")
    oldest_due_text = fields.Char(compute="_compute_letter", string="Oldest Due Date in Words")
    oldest_age = fields.Integer(compute="_compute_letter")
    salutation_name = fields.Char(compute="_compute_letter")

    def mail_allowed_qweb_expressions(self):
        """What a text may say without its author being a template editor."""
        return (
            *super().mail_allowed_qweb_expressions(),
            *(f"object.{name}" for name in LETTER_FIELDS),
            "object.company_id.name",
            "object.partner_id.lang",
        )

    @api.depends("case_id")
    def _compute_letter(self):
        self.partner_id.fetch(["name", "lang", "collections_tone"])
        letters = self._get_letters()
        blocks = {}
        for contact in self:
            lang = contact._get_lang()
            letter = letters[contact.id]
            items = letter["items"]
            contact.receivables_table = contact._render_block(
                "contact_receivables", lang, letter=letter
            )
            company, collector = contact.company_id, contact._get_letter_user()
            if (lang, company, collector) not in blocks:
                blocks[lang, company, collector] = contact._render_block(
                    "contact_signature", lang, collector=collector
                )
            contact.signature_block = blocks[lang, company, collector]
            contact.net_overdue_text = contact._get_net_text(letter["totals"])
            contact.oldest_due_text = items[0]["due_text"] if items else ""
            contact.oldest_age = items[0]["age"] if items else 0
            contact.salutation_name = contact._get_salutation_name()

    def _get_net_text(self, totals):
        """Return the totals as words: a foreign currency is named, several share the sign "$"."""
        return " + ".join(
            total["net_text"]
            if total["currency"] == self.company_id.currency_id
            else f"{total['net_text']} ({total['currency'].name})"
            for total in totals
        )

    def _forget_letters(self):
        """Read the ledger again the next time these contacts speak."""
        self.invalidate_recordset(LETTER_FIELDS, flush=False)

    def _render_block(self, name, lang, **values):
        """Render a piece of a letter, a QWeb view of this addon, in the debtor's language."""
        local = self.with_context(lang=lang)
        block = local.env["ir.qweb"]._render(
            f"collections_management.{name}",
            {"contact": local, "company": local.company_id.sudo(), **values},
            lang=lang,
            minimal_qcontext=True,
        )
        # Line breaks of the source would show in the plain text of the message.
        return Markup(LINE_BREAKS.sub(" ", str(block)))  # noqa: S704  (QWeb made it)

    def _get_salutation_name(self):
        """Extension point: how the debtor is addressed; a very long name is shortened."""
        name = self.partner_id.name or ""
        return name if len(name) <= 80 else f"{name[:79].rstrip()}…"

    @api.model
    def _get_variable_sources(self):
        """Extension point: ``[(path from a contact, words)]`` that a variable of a provider's
        template may say beside what every contact has."""
        return []

    def _get_letter_user(self):
        """Extension point: the person who signs, or an empty record."""
        return self.user_id.sudo() or self.company_id.sudo().collections_user_id

    def _get_letter_accounts(self):
        """Extension point: the bank accounts a debtor may pay to."""
        accounts = self.company_id.sudo().partner_id.bank_ids
        return accounts.filtered(lambda account: account.active and account.acc_number)

    def _get_letter_address(self):
        """Extension point: the postal address of the company in one line."""
        company = self.company_id.sudo()
        parts = [company.street, company.street2, company.city, company.zip]
        parts += [company.state_id.name, company.country_id.name]
        return ", ".join(dict.fromkeys(part.strip() for part in parts if part and part.strip()))

    def _get_sender_line(self):
        """Return who sends a letter, short enough for the line above the address in a window."""
        company = self.company_id.sudo()
        parts = (company.name, company.street, company.city)
        return " · ".join(part.strip() for part in parts if part and part.strip())

    def _get_letters(self):
        """Return what each contact tells: ``{contact id: letter}``, read from the ledger now.

        letter: ``{"preventive": bool, "items": [{"line", "name", "due", "age", "amount",
        "residual", "instalment": (number, of) or None, ...}], "credits": [...], "totals":
        [{"currency", "overdue", "credit", "net", ...}]}``; amounts in the receivable's own
        currency, and the same as formatted text in the debtor's language.
        """
        lines = self.env["account.move.line"].sudo().search_fetch(
            self.case_id.sudo()._get_receivable_domain(),
            [
                "company_id", "partner_id", "move_id", "currency_id", "date_maturity", "date",
                "amount_residual_currency", "amount_currency", "no_followup", "move_name", "ref",
            ],
            order="date_maturity, id",
        )  # fmt: skip
        lines.partner_id.fetch(["commercial_partner_id"])
        lines.move_id.fetch(["move_type"])
        by_case = lines.grouped(
            lambda line: (line.company_id, line.partner_id.commercial_partner_id)
        )
        held = self._get_held_line_ids()
        instalments = self._get_instalments(lines)
        today = {
            company: self.env["collections.ledger"]._today(company) for company in self.company_id
        }
        words = {lang: LetterWords(self.env, lang) for lang in {c._get_lang() for c in self}}
        return {
            contact.id: contact._get_letter(
                by_case.get((contact.company_id, contact.partner_id), lines.browse()),
                held,
                instalments,
                today.get(contact.company_id),
                words[contact._get_lang()],
            )
            for contact in self
        }

    def _get_held_line_ids(self):
        """Return the receivables of these cases that a standing hold keeps out of messages."""
        holds = (
            self.env["collections.hold"]
            .sudo()
            .search(
                [
                    ("case_id", "in", self.case_id.ids),
                    ("line_id", "!=", False),
                    ("is_active", "=", True),
                    ("amount", "=", 0),
                ]
            )
        )
        return set(holds.line_id.ids)

    def _get_instalments(self, lines):
        """Return ``{line id: (number, of)}`` of the lines whose invoice is paid in instalments."""
        groups = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [("move_id", "in", lines.move_id.ids), ("display_type", "=", "payment_term")],
                ["move_id"],
                ["id:recordset"],
                having=[("__count", ">", 1)],
            )
        )
        result = {}
        for _move, terms in groups:
            terms = terms.sorted(lambda line: (line.date_maturity or line.date, line.id))
            result.update((line.id, (n, len(terms))) for n, line in enumerate(terms, start=1))
        return result

    def _get_letter(self, lines, held, instalments, today, words):
        """Return the letter of one contact; see ``_get_letters``.

        A currency in which credits or the tolerance cover the debt is not mentioned, as the ladder
        does not speak of it either.
        """
        self.ensure_one()
        told = set((self.facts or {}).get("covered") or ())
        preventive = bool(self.step_id) and self.step_id.days <= 0
        owed, credited = [], []
        for line in lines:
            if line.amount_residual_currency < 0:
                credited.append(line)
            elif line.no_followup or line.id in held or line._get_collections_claim() <= 0:
                continue
            elif line.id in told if preventive else (line.date_maturity or line.date) < today:
                owed.append(line)
        totals = self._get_letter_totals(owed, credited, words)
        loud = {total["currency"] for total in totals}
        items, credits_ = (
            [
                self._get_letter_item(line, instalments.get(line.id), today, words)
                for line in group
                if line.currency_id in loud
            ]
            for group in (owed, credited)
        )
        return {"preventive": preventive, "items": items, "credits": credits_, "totals": totals}

    def _get_letter_item(self, line, instalment, today, words):
        """Return a receivable or credit as the letter tells it."""
        due = line.date_maturity or line.date
        currency = line.currency_id
        amount, residual = line.amount_currency, line._get_collections_claim()
        return {
            "line": line,
            "currency": currency,
            "code": "" if currency == self.company_id.currency_id else currency.name,
            "name": line.move_name or line.ref or "",
            "is_refund": line.move_id.move_type == "out_refund",
            "instalment": instalment,
            "due": due,
            "due_text": words.date(due),
            "age": (today - due).days,
            "amount_text": words.amount(abs(amount), currency),
            "residual": residual,
            "residual_text": words.amount(abs(residual), currency),
            "is_partial": currency.compare_amounts(amount, residual) != 0,
        }

    def _get_letter_totals(self, owed, credited, words):
        """Return the totals of the currencies in which something is left to pay."""
        sums = defaultdict(lambda: [0.0, 0.0])
        for line in owed:
            sums[line.currency_id][0] += line._get_collections_claim()
        for line in credited:
            if line.currency_id in sums:
                sums[line.currency_id][1] -= line.amount_residual_currency
        totals = []
        for currency, (overdue, credit) in sums.items():
            overdue, credit = currency.round(overdue), currency.round(credit)
            net = currency.round(overdue - credit)
            tolerance = currency.with_company(self.company_id).collections_tolerance
            if currency.compare_amounts(net, tolerance) > 0:
                totals.append(
                    {
                        "currency": currency,
                        "overdue": overdue,
                        "credit": credit,
                        "net": net,
                        "overdue_text": words.amount(overdue, currency),
                        "credit_text": words.amount(credit, currency),
                        "net_text": words.amount(net, currency),
                    }
                )
        return totals
