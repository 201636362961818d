import io
import logging
import re
import zipfile
from base64 import b64encode

import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..engine.night import trace
from .collections_contact_letter import LetterWords
from .collections_statement_output import SheetWriter, get_sheet_name

_logger = logging.getLogger(__name__)
HISTORY_MOST = 60


class CollectionsEscalation(models.Model):
    """The package an agency gets: a summary on paper, the receivables in a sheet, the documents.

    Packages are made by the scheduled job, one per transaction: a thousand cases take their time
    and a stop goes on where it stood.
    """

    _inherit = "collections.escalation"

    package = fields.Binary(attachment=True, readonly=True, copy=False)
    package_name = fields.Char(compute="_compute_package_name")
    package_state = fields.Selection(
        [("queued", "Being made"), ("ready", "Ready"), ("failed", "Could not be made")],
        readonly=True,
        copy=False,
    )
    package_error = fields.Char(readonly=True, copy=False)
    package_on = fields.Datetime(string="Package Made", readonly=True, copy=False)

    _package_queued_idx = models.Index("(id) WHERE package_state = 'queued'")

    @api.depends("partner_id")
    def _compute_package_name(self):
        for escalation in self:
            name = re.sub(r"[^\w-]+", "-", escalation.sudo().partner_id.name or "").strip("-")
            escalation.package_name = f"{name}-{escalation.id}.zip"

    def action_build_package(self):
        """Make the packages of these placements again, as things stand now."""
        self.check_access("write")
        active = self.filtered(lambda one: one.kind == "agency" and one.state == "active")
        if not active:
            raise UserError(self.env._("Only what is placed with an agency has a package."))
        active.sudo()._queue_packages()
        return True

    def _queue_packages(self):
        self.write({"package_state": "queued", "package_error": False})
        self.env.ref("collections_management.collections_escalation_cron_packages")._trigger()

    @api.model
    def _cron_build_packages(self, batch_size=50):
        """Make the packages that wait, one by one."""
        domain = [("package_state", "=", "queued"), ("state", "=", "active")]
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=self.search_count(domain))
        for escalation in self.search(domain, limit=batch_size, order="id"):
            escalation = escalation.try_lock_for_update().filtered_domain(domain)
            if not escalation:
                continue
            try:
                with self.env.cr.savepoint():
                    escalation._build_package()
            except Exception as error:
                _logger.exception("%s: no package", trace(escalation=escalation.id))
                escalation.write({"package_state": "failed", "package_error": str(error)})
            if not commit_progress(1):
                break

    def _build_package(self):
        """Make the package of one placement now, and send it if the agency wants it by e-mail."""
        self.ensure_one()
        lang = self.agency_id.partner_id.lang or self.company_id.partner_id.lang or self.env.lang
        local = self.with_context(lang=lang or "en_US")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{local.env._('summary')}.pdf", local._make_package_pdf())
            archive.writestr(f"{local.env._('receivables')}.xlsx", local._make_package_xlsx())
            for name, content in local._get_package_documents():
                archive.writestr(name, content)
        self.write(
            {
                "package": b64encode(buffer.getvalue()),
                "package_state": "ready",
                "package_on": fields.Datetime.now(),
                "package_error": False,
            }
        )
        self._log_each("package_built")
        if self.agency_id.send_package:
            self._mail_package()

    def _mail_package(self):
        """Send the package to the agency; in safe mode to the test address."""
        company = self.company_id
        address = self.agency_id.partner_id.email
        if company.collections_safe_mode:
            address = company.collections_test_email
        if not address:
            self.package_error = self.env._("The agency has no e-mail: it downloads the package.")
            return
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("res_field", "=", "package"),
            ],
            limit=1,
        )
        copy = attachment.copy({"name": self.package_name, "res_field": False})
        lang = self.with_context(lang=self.agency_id.partner_id.lang).env
        self.env["mail.mail"].create(
            {
                "subject": lang._("Case placed by %(company)s", company=company.name),
                "body_html": lang._("The package of case %(number)s is attached.", number=self.id),
                "email_to": address,
                "email_from": company.collections_email_from or company.email_formatted,
                "attachment_ids": [fields.Command.set(copy.ids)],
                "auto_delete": True,
            }
        )

    # -- what is in it ---------------------------------------------------------------------------

    def _get_package_lines(self):
        """Return what is open of what was given, as the ledger says now: one dict each."""
        today = self.env["collections.ledger"]._today(self.company_id)
        lines = []
        for line in self._get_portal_lines():
            due = line.date_maturity or line.date
            lines.append(
                {
                    "document": line.move_id.name or "",
                    "reference": line.move_id.ref or line.move_id.payment_reference or "",
                    "date": line.invoice_date or line.date,
                    "due": due,
                    "days": max((today - due).days, 0),
                    "currency": line.currency_id,
                    "amount": line.amount_currency,
                    "residual": line.amount_residual_currency,
                }
            )
        return lines

    def _get_package_history(self):
        """Return what was done so far, the newest first, as ``(day, sentence)``; no texts."""
        events = ("sent", "delivered", "read", "answered", "replied", "failed", "held", "released")
        entries = self.env["collections.log"].search(
            [("case_id", "=", self.case_id.id), ("event", "in", events)],
            order="sequence desc",
            limit=HISTORY_MOST,
        )
        return [(entry.moment.date(), entry.summary) for entry in entries]

    def _make_package_pdf(self):
        """Return the summary on the company's paper: debtor, receivables, what was done."""
        company = self.company_id
        lang = self.env.lang

        def make(stationery, _number):
            words = LetterWords(self.env, lang)
            lines = self._get_package_lines()
            totals = {}
            for line in lines:
                totals[line["currency"]] = totals.get(line["currency"], 0) + line["residual"]
            values = {
                "mm": stationery.mm,
                "amount": lambda value, currency: words.amount(float(value), currency),
                "date": words.date,
                "escalation": self,
                "partner": self.partner_id,
                "people": self.partner_id.child_ids.filtered(lambda one: one.phone or one.email),
                "lines": lines,
                "totals": totals,
                "history": self._get_package_history(),
                "today": format_date(
                    self.env, self.env["collections.ledger"]._today(company), lang_code=lang
                ),
            }
            body = self.env["ir.qweb"]._render(
                "collections_management.package_document",
                values,
                lang=lang,
                minimal_qcontext=True,
            )
            return str(body), None

        pdf, _pages = self.env["collections.printer"]._print_each(company, [lang], make)
        return pdf

    def _make_package_xlsx(self):
        """Return the receivables as a workbook, with a total per currency."""
        buffer = io.BytesIO()
        options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
        with xlsxwriter.Workbook(buffer, options) as book:
            sheet = SheetWriter(book).open(get_sheet_name(self.env._("Receivables"), set()))
            sheet.title(self.partner_id.display_name)
            sheet.row([self.env._("Tax ID"), self.partner_id.vat or ""])
            sheet.row([self.env._("Placed on"), self.date_start])
            sheet.row([])
            sheet.heads(
                [
                    self.env._("Document"),
                    self.env._("Reference"),
                    self.env._("Date"),
                    self.env._("Due date"),
                    self.env._("Days past due"),
                    self.env._("Currency"),
                    self.env._("Amount"),
                    self.env._("Open"),
                ]
            )
            totals = {}
            for line in self._get_package_lines():
                currency = line["currency"]
                totals[currency] = totals.get(currency, 0) + line["residual"]
                sheet.row(
                    [line["document"], line["reference"], line["date"], line["due"], line["days"],
                     currency.name, line["amount"], line["residual"]],
                    currency.decimal_places,
                )  # fmt: skip
            for currency, total in totals.items():
                sheet.row(
                    [self.env._("Total"), "", "", "", "", currency.name, "", total],
                    currency.decimal_places,
                    bold=True,
                )
        return buffer.getvalue()

    def _get_package_documents(self):
        """Extension point: the originals in the package, ``(path in the archive, bytes)``.

        The invoices as they were sent; one that was never printed is printed now.
        """
        invoices = self._get_portal_lines().move_id.filtered(lambda move: move.is_invoice())
        for invoice in invoices:
            content = invoice.invoice_pdf_report_id.raw
            if not content:
                reports = self.env["ir.actions.report"].sudo()
                content, _kind = reports._render_qweb_pdf(
                    "account.account_invoices", res_ids=invoice.ids
                )
            name = re.sub(r"[^\w-]+", "-", invoice.name or str(invoice.id)).strip("-")
            yield f"{self.env._('documents')}/{name}.pdf", content
