from base64 import b64encode
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CollectionsStatementWizard(models.TransientModel):
    """Ask for which debtors, days and form a statement of account is wanted; then make it."""

    _name = "collections.statement.wizard"
    _description = "Statement of Account"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, readonly=True
    )
    partner_ids = fields.Many2many("res.partner", string="Debtors", required=True)
    partner_count = fields.Integer(string="Number of Debtors", compute="_compute_partner_count")
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._get_first_day()
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self.env["collections.ledger"]._today(self.env.company),
        help="What is open is told as it was at the end of this day.",
    )
    detail = fields.Selection(
        [
            ("both", "Movements and open documents"),
            ("movements", "Movements"),
            ("items", "Open documents"),
        ],
        string="Shows",
        required=True,
        default="both",
    )
    file_format = fields.Selection(
        [("pdf", "PDF"), ("xlsx", "Spreadsheet (XLSX)")],
        string="Format",
        required=True,
        default="pdf",
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        help="Empty: each debtor's own.",
    )
    with_empty = fields.Boolean(
        string="Also Those With Nothing to Tell",
        help="Debtors that owe nothing and had no movement in the period.",
    )
    file = fields.Binary(readonly=True, attachment=False)
    file_name = fields.Char(readonly=True)

    @api.model
    def _get_first_day(self):
        """Extension point: where a statement begins unless told: three months back."""
        first = self.env["collections.ledger"]._today(self.env.company).replace(day=1)
        for _month in range(3):
            first = (first - timedelta(days=1)).replace(day=1)
        return first

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        model = self.env.context.get("active_model")
        ids = self.env.context.get("active_ids") or []
        if model == "collections.case" and ids:
            cases = self.env[model].browse(ids)
            companies = cases.company_id
            if len(companies) > 1:
                raise UserError(self.env._("Select the cases of one company."))
            values["company_id"] = companies.id
            values["partner_ids"] = [Command.set(cases.partner_id.ids)]
        elif model == "res.partner" and ids:
            partners = self.env[model].browse(ids).commercial_partner_id
            values["partner_ids"] = [Command.set(partners.ids)]
        return values

    @api.depends("partner_ids")
    def _compute_partner_count(self):
        for wizard in self:
            wizard.partner_count = len(wizard.partner_ids)

    def _get_statements(self):
        """Return the statements to be told, in the order of the debtors' names."""
        partners = self.partner_ids.commercial_partner_id
        found = self.env["collections.statement"]._get_statements(
            self.company_id, partners, self.date_from, self.date_to
        )
        told = [statement for statement in found.values() if self.with_empty or statement.accounts]
        if not told:
            raise UserError(
                self.env._(
                    "These debtors owe nothing and had no movement in the period. Choose other "
                    "days, or tick “Also Those With Nothing to Tell”."
                )
            )
        return sorted(told, key=lambda s: (s.partner.display_name or "").casefold())

    def _make_file(self):
        """Return ``(name, content)`` of what was asked for."""
        self.ensure_one()
        statements = self._get_statements()
        outputs = self.env["collections.statement"]
        make = outputs._make_pdf if self.file_format == "pdf" else outputs._make_xlsx
        content = make(
            self.company_id, statements, self.date_from, self.date_to, self.detail, self.lang
        )
        return outputs._get_file_name(statements, self.date_to, self.file_format), content

    def action_download(self):
        """Make the file and hand it over."""
        name, content = self._make_file()
        self.write({"file": b64encode(content), "file_name": name})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{name}?download=true",
            "target": "self",  # a new window would be blocked: it opens after the click
        }

    def action_mail(self):
        """Open a message to the debtor with the statement attached; nothing leaves yet."""
        self.ensure_one()
        partner = self.partner_ids.commercial_partner_id
        if len(partner) != 1:
            raise UserError(self.env._("Choose one debtor to write to."))
        name, content = self._make_file()
        case = self.env["collections.case"].search(
            [("partner_id", "=", partner.id), ("company_id", "=", self.company_id.id)], limit=1
        )
        attachment = self.env["ir.attachment"].create(
            {"name": name, "raw": content, "res_model": "mail.compose.message", "res_id": 0}
        )
        lang = self.lang or partner.lang or self.env.lang
        local = self.with_context(lang=lang)
        addressee = partner.browse(partner.address_get(["invoice"])["invoice"])
        record = case or partner
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send the Statement"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_composition_mode": "comment",
                "default_model": record._name,
                "default_res_ids": record.ids,
                "default_partner_ids": (addressee or partner).ids,
                "default_attachment_ids": [Command.link(attachment.id)],
                "default_subject": local.env._(
                    "Statement of account, %(company)s", company=self.company_id.name
                ),
                "default_body": local._get_mail_body(lang),
                "default_email_layout_xmlid": "mail.mail_notification_light",
            },
        }

    def _get_mail_body(self, lang):
        return self.env["ir.qweb"]._render(
            "collections_management.statement_mail",
            {
                "first": format_date(self.env, self.date_from, lang_code=lang),
                "last": format_date(self.env, self.date_to, lang_code=lang),
                "company": self.company_id,
            },
            lang=lang,
            minimal_qcontext=True,
        )
