import logging

from odoo import models
from odoo.tools import format_amount, format_date, format_datetime
from odoo.tools.image import image_data_uri

_logger = logging.getLogger(__name__)


class CollectionsAgreement(models.Model):
    """The document that is signed: one text for the page and the paper."""

    _inherit = "collections.agreement"

    def _get_document_values(self):
        """Return what the document says, in the language of the context: nothing internal."""
        self.ensure_one()
        lang = self.env.lang
        return {
            "agreement": self,
            "company": self.company_id,
            "debtor": self.partner_id,
            "money": lambda value: (
                format_amount(self.env, value, self.currency_id, lang_code=lang)
                + (
                    ""
                    if self.currency_id == self.company_id.currency_id
                    else f" {self.currency_id.name}"
                )
            ),
            "day": lambda value: format_date(self.env, value, lang_code=lang),
            "lines": self.line_ids.sorted("number"),
            "receivables": self.receivable_ids.sorted(lambda line: (line.date_maturity, line.id)),
            "clauses": self._get_clauses(),
            "to_sign": self._has_to_be_signed(),
            "is_expired": self.state == "proposed" and not self._has_to_be_signed(),
            "signed_text": self.signed_on
            and format_datetime(self.env, self.signed_on, lang_code=lang, dt_format="medium"),
        }

    def _get_clauses(self):
        """Extension point: the sentences that both sides agree on, in their order."""
        clauses = [
            self.env._(
                "The debtor acknowledges the debt listed above and pays it in the instalments of "
                "the schedule, each one no later than its day."
            )
        ]
        if self.amount_interest:
            clauses.append(
                self.env._(
                    "Simple interest of %(rate)s %% a year, by days of 365, taxes included. It "
                    "never runs on interest.",
                    rate=f"{self.interest_rate:g}",
                )
            )
        if self.amount_discount:
            clauses.append(
                self.env._(
                    "A discount of %(amount)s is granted once all instalments are paid.",
                    amount=self._get_money(self.amount_discount),
                )
                if self.discount_policy == "completed"
                else self.env._(
                    "A discount of %(amount)s is granted; it is taken back if the agreement is "
                    "broken.",
                    amount=self._get_money(self.amount_discount),
                )
            )
        clauses.append(
            self.env._(
                "The agreement is broken once %(count)s instalments are late at the same time, or "
                "one of them for more than %(days)s days.",
                count=self.tolerated + 1,
                days=self.tolerated_days,
            )
            if self.tolerated
            else self.env._("The agreement is broken once an instalment is late.")
        )
        end = self.env._(
            "Once broken, the original debt comes back, less what was paid and without discount; "
            "interest that was not earned by then is not charged."
        )
        if self.acceleration:
            end += " " + self.env._("All of it is due at once.")
        return [*clauses, end]

    def _make_pdf(self):
        """Return the document as PDF, on the company's paper, in the debtor's language."""
        self.ensure_one()
        lang = self.partner_id.lang or self.env.lang

        def make(stationery, _number):
            local = self.sudo().with_context(lang=stationery.lang)
            body = self.env["ir.qweb"]._render(
                "collections_management.agreement_paper",
                local._get_document_values()
                | {"mm": stationery.mm, "image_data_uri": image_data_uri},
                lang=stationery.lang,
                minimal_qcontext=True,
            )
            return str(body), None

        pdf, _pages = self.env["collections.printer"]._print_each(self.company_id, [lang], make)
        return pdf

    def _after_signature(self):
        """Keep what was signed with the agreement, and tell the collector."""
        attachments = []
        try:
            with self.env.cr.savepoint():
                attachments = [(f"{self.name.replace('/', '-')}.pdf", self._make_pdf())]
        except Exception as error:  # noqa: BLE001  (printed or not, the signature stands)
            _logger.info("agreement %s not printed: %s", self.id, error)
        self.message_post(
            body=self.env._("Signed by %s.", self.signed_by),
            attachments=attachments,
            author_id=self.partner_id.id,
        )
        self._ask_collector(
            self.with_context(lang=self._get_collector().lang).env._(
                "%s was signed", self.display_name
            ),
            False,
        )
