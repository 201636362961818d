import re
from collections import defaultdict

import qrcode
from markupsafe import Markup
from qrcode.image.svg import SvgPathImage

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .collections_contact_letter import LetterWords

SVG_SIZE = re.compile(r'width="[^"]*" height="[^"]*"')
AGE_LIMITS = (0, 30, 60, 90)  # days late; the last bucket has no limit


class CollectionsContact(models.Model):
    """A contact on paper: what a letter shows, and what a person does with it."""

    _inherit = "collections.contact"

    letter_batch_id = fields.Many2one(
        "collections.letter.batch", readonly=True, index="btree_not_null", ondelete="set null"
    )
    letter_position = fields.Integer(readonly=True, help="Place in its batch: by postal code.")
    channel_kind = fields.Selection(related="channel_id.kind")

    def _get_reason_sentences(self):
        return {
            **super()._get_reason_sentences(),
            "to_print": self.env._("It waits to be printed: Contacts > Letters to Print."),
            "printed": self.env._("It is printed and waits to be posted."),
            "returned": self.env._("The post brought it back."),
            "no_postal_address": self.env._("The debtor has no postal address any more."),
        }

    def _render_block(self, name, lang, **values):
        if self.env.context.get("collections_paper") and name in self._get_paper_blocks():
            return ""
        return super()._render_block(name, lang, **values)

    def _get_paper_blocks(self):
        """Extension point: pieces of a text that paper shows elsewhere."""
        return ("contact_receivables", "contact_payment", "contact_pay_link")

    def _get_letter_reference(self, letter):
        """Extension point: what the debtor writes on the payment."""
        self.ensure_one()
        moves = self.env["account.move"].union(*(item["line"].move_id for item in letter["items"]))
        if len(moves) == 1:
            return moves.payment_reference or moves.name or ""
        return f"CUST/{self.partner_id.ref or self.partner_id.id}"

    def _get_letter_qr(self, letter, reference):
        """Return ``(image as SVG, words under it)`` that the debtor can pay with.

        The bank's own QR method when one fits the account, currency and amount; else the page of
        the one invoice; else the payment in words.
        """
        self.ensure_one()
        bank = self._get_bank_code(letter, reference)
        if bank:
            return self._make_qr(bank), self.env._("Scan with your bank's app")
        link = self._get_letter_link(letter)
        if link:
            return self._make_qr(link), self.env._("Scan to see and pay")
        words = self._get_payment_words(letter, reference)
        if words:
            return self._make_qr(words), self.env._("Payment details")
        return "", ""

    def _get_bank_code(self, letter, reference):
        """Return what a QR method of Odoo's encodes for the first account it fits, else nothing."""
        for total in letter["totals"]:
            for account in self._get_letter_accounts():
                if account.currency_id and account.currency_id != total["currency"]:
                    continue
                values = account._build_qr_code_vals(
                    total["net"], reference, reference, total["currency"], self.partner_id
                )
                params = values and account._get_qr_code_generation_params(**values)
                if params and not params.get("mask"):  # a masked one is part of a form of its own
                    return params["value"]
        return ""

    def _make_qr(self, text):
        """Return a QR code as SVG: it prints sharp, where a picture would be stored as a photo."""
        svg = qrcode.make(text, image_factory=SvgPathImage, border=2).to_string(encoding="unicode")
        return Markup(SVG_SIZE.sub('width="100%" height="100%"', svg, count=1))  # noqa: S704  (numbers)

    def _get_letter_link(self, letter):
        """Extension point: the address of a page on which the debtor pays, or nothing."""
        moves = self.env["account.move"].union(*(item["line"].move_id for item in letter["items"]))
        if len(moves) == 1 and moves.is_invoice():
            return moves.get_base_url() + moves.sudo().get_portal_url()
        return ""

    def _get_payment_words(self, letter, reference):
        account = self._get_letter_accounts()[:1]
        total = next(iter(letter["totals"]), None)
        if not account or not total:
            return ""
        holder = account.acc_holder_name or self.company_id.name
        amount = f"{total['net']:.{total['currency'].decimal_places}f}"
        return "\n".join((holder, account.acc_number, total["currency"].name, amount, reference))

    def _get_letter_ages(self, letter, words):
        """Return ``[{"currency", "texts": one for each age}]`` of what a letter tells."""
        sums = defaultdict(lambda: [0.0] * (len(AGE_LIMITS) + 1))
        for item in letter["items"]:
            bucket = sum(item["age"] > limit for limit in AGE_LIMITS)
            sums[item["currency"]][bucket] += item["residual"]
        return [
            {
                "currency": currency,
                "texts": [words.amount(currency.round(value), currency) for value in values],
            }
            for currency, values in sums.items()
        ]

    def _get_letter_item(self, line, instalment, today, words):
        item = super()._get_letter_item(line, instalment, today, words)
        if self.env.context.get("collections_paper"):
            item["date_text"] = words.date(line.move_id.invoice_date or line.date)
        return item

    def _get_address_lines(self, partner):
        """Extension point: the lines under the name on an envelope."""
        company = self.company_id.sudo()
        address = partner._display_address(True)
        if partner.zip and partner.city:  # some countries' format has no blank between them
            address = address.replace(
                f"{partner.zip}{partner.city}", f"{partner.zip} {partner.city}"
            )
        lines = [" ".join(line.split()) for line in address.splitlines()]
        if partner.country_id == company.country_id and partner.country_id.name in lines:
            lines.remove(partner.country_id.name)
        if partner.parent_id and partner.name:
            lines.insert(0, partner.name)
        return [line for line in lines if line]

    def _get_place_and_date(self, lang):
        company = self.company_id.sudo()
        today = self.env["collections.ledger"]._today(company)
        day = format_date(self.env, today, lang_code=lang, date_format="long")
        return f"{company.city}, {day}" if company.city else day

    def _render_paper(self, stationery, letter, content, partner):
        """Return the HTML ``(body, slip)`` of a letter, in the language of the context.

        :param stationery: the paper it is printed on
        :param letter: what it tells, as of :meth:`_get_letters`
        :param content: its rendered text
        :param partner: whose postal address is used
        """
        self.ensure_one()
        company = self.company_id.sudo()
        lang = stationery.lang
        words = LetterWords(self.env, lang)
        reference = self._get_letter_reference(letter) if letter["items"] else ""
        qr, qr_words = self._get_letter_qr(letter, reference) if letter["items"] else ("", "")
        accounts = self._get_letter_accounts()
        values = {
            "mm": stationery.mm,
            "contact": self,
            "company": company,
            "letter": letter,
            "subject": content["subject"],
            "body": content["body"],
            "sender": self._get_sender_line(),
            "name": self.partner_id.name or "",
            "address": self._get_address_lines(partner),
            "place_and_date": self._get_place_and_date(lang),
            "reference": reference,
            "ages": self._get_letter_ages(letter, words),
            "accounts": accounts,
            "holder": accounts[:1].acc_holder_name or company.name,
            "contact_line": " · ".join(filter(None, (company.phone, company.email))),
            "qr": qr,
            "qr_words": qr_words,
        }
        render = self.env["ir.qweb"]._render
        return tuple(
            str(render(f"collections_management.{name}", values, lang=lang, minimal_qcontext=True))
            for name in ("letter_document", "letter_slip")
        )

    def _print_letters(self, contents, partners, safe_mode):
        """Print these letters of one company, each in its debtor's language.

        :param contents: their rendered texts, ``{contact id: content}``
        :param partners: ``{contact id: partner whose postal address is used}``
        :param safe_mode: whether every page says that it is a test
        :return: ``(pdf, pages of each letter)``, in the order of the letters
        """
        told = self.with_context(collections_paper=True)._get_letters()
        batches = self.env["collections.letter.batch"]

        def make(stationery, number):
            contact = self[number].with_context(collections_paper=True, lang=stationery.lang)
            return contact._render_paper(
                stationery, told[contact.id], contents[contact.id], partners[contact.id]
            )

        def heading(lang):
            return batches.with_context(lang=lang)._get_heading() if safe_mode else ""

        langs = [contact._get_lang() for contact in self]
        return self.env["collections.printer"]._print_each(self.company_id, langs, make, heading)

    # -- what a person does ----------------------------------------------------------------------

    def _get_to_print_domain(self):
        """Return the domain of the letters that wait to be printed."""
        return fields.Domain(
            [
                ("channel_id.kind", "=", "letter"),
                ("state", "=", "held"),
                ("reason", "=", "to_print"),
            ]
        )

    def action_print_letters(self):
        """Print these letters, or all that wait, in one document per company."""
        self._check_collector()
        domain = self._get_to_print_domain()
        letters = self.filtered_domain(domain) or (self.browse() if self else self.search(domain))
        if not letters:
            raise UserError(self.env._("No letter waits to be printed."))
        batches = self.env["collections.letter.batch"]._open(letters)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collections_management.collections_letter_batch_action"
        )
        if len(batches) == 1:
            return {**action, "views": [(False, "form")], "res_id": batches.id}
        return {**action, "domain": [("id", "in", batches.ids)]}

    def action_letter_returned(self):
        """Note that the post brought a letter back; the debtor is reached otherwise."""
        self._check_collector()
        letters = self.filtered(lambda c: c.channel_id.kind == "letter" and c.state == "sent")
        if not letters:
            raise UserError(self.env._("Only a letter that was posted can come back."))
        letters.sudo()._receive_status("failed", {"reason": "returned"})
        return True
