import io
import re

import xlsxwriter

from odoo import api, models
from odoo.tools import format_amount, format_date

from .collections_contact_letter import LetterWords

SHEET_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
SHEET_LENGTH = 31


class CollectionsStatement(models.AbstractModel):
    """Statements of account on paper and in sheets."""

    _inherit = "collections.statement"

    def _get_lang_of(self, company, partner, lang=None):
        """Return the language a statement is written in: the debtor's own unless asked for."""
        return lang or partner.lang or company.partner_id.lang or self.env.lang or "en_US"

    def _get_age_words(self):
        return [
            self.env._("Not due"),
            self.env._("1-30 days"),
            self.env._("31-60 days"),
            self.env._("61-90 days"),
            self.env._("Over 90 days"),
        ]

    # -- PDF -------------------------------------------------------------------------------------

    @api.model
    def _make_pdf(self, company, statements, date_from, date_to, detail="both", lang=None):
        """Return one PDF of statements, each beginning on a page of its own.

        :param statements: as of :meth:`_get_statements`, in the wanted order
        :param detail: ``movements``, ``items`` or ``both``
        """
        langs = [self._get_lang_of(company, statement.partner, lang) for statement in statements]

        def make(stationery, number):
            local = self.with_context(lang=stationery.lang)
            body = local._render_statement(
                company, statements[number], date_from, date_to, detail, stationery
            )
            return body, None

        pdf, _pages = self.env["collections.printer"]._print_each(company, langs, make)
        return pdf

    def _render_statement(self, company, statement, date_from, date_to, detail, stationery):
        """Return the HTML of a statement in the language of the context."""
        company = company.with_env(self.env).sudo()
        partner = statement.partner.with_env(self.env)
        lang = stationery.lang
        words = LetterWords(self.env, lang)
        addressee = self._get_addressee(partner)
        contact = self.env["collections.contact"].new({"company_id": company.id})
        values = {
            "mm": stationery.mm,
            "company": company,
            "partner": partner,
            "accounts": statement.accounts,
            "amount": lambda value, currency: words.amount(float(value), currency),
            "date": words.date,
            "kinds": self._get_kind_words(),
            "ages": self._get_age_words(),
            "show_movements": detail in ("movements", "both"),
            "show_items": detail in ("items", "both"),
            "date_from": date_from,
            "date_to": date_to,
            "place_and_date": contact._get_place_and_date(lang),
            "sender": contact._get_sender_line(),
            "name": partner.name or "",
            "address": contact._get_address_lines(addressee),
            "bank_accounts": contact._get_letter_accounts(),
            "several": len(statement.accounts) > 1
            or any(currency != company.currency_id for currency in statement.accounts),
            "balance_text": format_amount(
                self.env, float(statement.balance), company.currency_id, lang_code=lang
            ),
        }
        return str(
            self.env["ir.qweb"]._render(
                "collections_management.statement_document",
                values,
                lang=lang,
                minimal_qcontext=True,
            )
        )

    def _get_addressee(self, partner):
        """Return the partner whose postal address is used: the invoice contact's first."""
        return partner.browse(partner.address_get(["invoice"])["invoice"]) or partner

    # -- XLSX ------------------------------------------------------------------------------------

    @api.model
    def _make_xlsx(self, company, statements, date_from, date_to, detail="both", lang=None):
        """Return a workbook: a summary, then a sheet per debtor. Rows go to disk as they come."""
        buffer = io.BytesIO()
        options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
        with xlsxwriter.Workbook(buffer, options) as book:
            writer = SheetWriter(book)
            taken = set()
            self._write_summary(writer, company, statements, date_from, date_to, taken)
            for statement in statements:
                local = self.with_context(lang=self._get_lang_of(company, statement.partner, lang))
                sheet = writer.open(get_sheet_name(statement.partner.display_name or "", taken))
                local._write_statement(sheet, company, statement, date_from, date_to, detail)
        return buffer.getvalue()

    def _write_summary(self, writer, company, statements, date_from, date_to, taken):
        sheet = writer.open(get_sheet_name(self.env._("Summary"), taken))
        sheet.title(self.env._("Statements of %(company)s", company=company.name))
        sheet.row([self.env._("From"), date_from, self.env._("To"), date_to])
        sheet.row([])
        sheet.heads(
            [
                self.env._("Debtor"),
                self.env._("Tax ID"),
                self.env._("Currency"),
                self.env._("Opening balance"),
                self.env._("Closing balance"),
                *self._get_age_words(),
                self.env._("Credits"),
            ]
        )
        for statement in statements:
            for currency, account in statement.accounts.items():
                figures = (account.opening, account.closing, *account.ages, account.credit)
                sheet.row(
                    [
                        statement.partner.display_name,
                        statement.partner.vat or "",
                        currency.name,
                        *figures,
                    ],
                    currency.decimal_places,
                )

    def _write_statement(self, sheet, company, statement, date_from, date_to, detail):
        """Write the sheet of one debtor, in the language of the context."""
        kinds = self._get_kind_words()
        sheet.title(self.env._("Statement of account"))
        sheet.row([self.env._("Debtor"), statement.partner.display_name])
        sheet.row([self.env._("Company"), company.name])
        sheet.row([self.env._("From"), date_from, self.env._("To"), date_to])
        if not statement.accounts:
            sheet.row([self.env._("Nothing is owed and nothing moved in this period.")])
        for currency, account in statement.accounts.items():
            places = currency.decimal_places
            sheet.row([])
            sheet.title(currency.name)
            if detail in ("movements", "both"):
                sheet.heads(
                    [
                        self.env._("Date"),
                        self.env._("Movement"),
                        self.env._("Document"),
                        self.env._("Reference"),
                        self.env._("Charge"),
                        self.env._("Payment or credit"),
                        self.env._("Balance"),
                    ]
                )
                opening = self.env._("Opening balance")
                sheet.row([date_from, opening, "", "", "", "", account.opening], places)
                for move in account.movements:
                    charge, credit = (move.amount, "") if move.amount > 0 else ("", -move.amount)
                    sheet.row(
                        [move.day, kinds.get(move.kind, ""), move.name, move.reference,
                         charge, credit, move.balance],
                        places,
                    )  # fmt: skip
                closing = self.env._("Closing balance")
                sheet.row([date_to, closing, "", "", "", "", account.closing], places, bold=True)
                sheet.row([])
            if detail in ("items", "both"):
                sheet.heads(
                    [
                        self.env._("Date"),
                        self.env._("Due date"),
                        self.env._("Days past due"),
                        self.env._("Document"),
                        self.env._("Reference"),
                        self.env._("Amount"),
                        self.env._("Open"),
                    ]
                )
                for item in account.items:
                    sheet.row(
                        [item.day, item.due, max(item.age, 0), item.name, item.reference,
                         item.amount, item.residual],
                        places,
                    )  # fmt: skip
                total = self.env._("Total open")
                sheet.row([total, "", "", "", "", "", account.closing], places, bold=True)
                sheet.row([])
            sheet.heads([*self._get_age_words(), self.env._("Credits")])
            sheet.row([*account.ages, account.credit], places)

    # -- files -----------------------------------------------------------------------------------

    def _get_file_name(self, statements, date_to, extension):
        day = format_date(self.env, date_to, date_format="yyyy-MM-dd")
        if len(statements) == 1:
            name = re.sub(r"[^\w-]+", "-", statements[0].partner.name or "").strip("-")
            return f"{self.env._('statement')}-{name}-{day}.{extension}"
        return f"{self.env._('statements')}-{day}.{extension}"


def get_sheet_name(name, taken):
    """Return a name a workbook accepts and has not got yet, and note it."""
    name = SHEET_FORBIDDEN.sub(" ", name).strip().strip("'")[:SHEET_LENGTH] or "–"
    result, number = name, 1
    while result.casefold() in taken or result.casefold() == "history":
        number += 1
        suffix = f" ({number})"
        result = name[: SHEET_LENGTH - len(suffix)] + suffix
    taken.add(result.casefold())
    return result


class SheetWriter:
    """Writes rows from top to bottom; text is never taken for a formula."""

    def __init__(self, book):
        self.book = book
        self.formats = {}
        self.sheet, self.line = None, 0

    def open(self, name):
        """Begin a sheet."""
        self.sheet, self.line = self.book.add_worksheet(name), 0
        self.sheet.set_column(0, 0, 28)
        self.sheet.set_column(1, 11, 18)
        return self

    def _get_format(self, **values):
        key = tuple(sorted(values.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(values)
        return self.formats[key]

    def title(self, text):
        """Write a title."""
        self.sheet.write_string(self.line, 0, text, self._get_format(bold=True, font_size=14))
        self.line += 1

    def heads(self, texts):
        """Write the heads of columns."""
        for column, text in enumerate(texts):
            head = self._get_format(bold=True, bottom=1, text_wrap=True)
            self.sheet.write_string(self.line, column, text, head)
        self.line += 1

    def row(self, values, places=2, bold=False):
        """Write a row of texts, dates and numbers with so many decimal places."""
        style = {"bold": True} if bold else {}
        for column, value in enumerate(values):
            if value == "" or value is None:
                continue
            if isinstance(value, str):
                self.sheet.write_string(self.line, column, value, self._get_format(**style))
            elif isinstance(value, int):
                self.sheet.write_number(self.line, column, value, self._get_format(**style))
            elif hasattr(value, "isoformat"):
                day = self._get_format(num_format="yyyy-mm-dd", align="left", **style)
                self.sheet.write_datetime(self.line, column, value, day)
            else:
                pattern = "#,##0" + ("." + "0" * places if places else "")
                number = self._get_format(num_format=pattern, **style)
                self.sheet.write_number(self.line, column, float(value), number)
        self.line += 1
