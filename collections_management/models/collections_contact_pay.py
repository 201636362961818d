from odoo import api, fields, models


class CollectionsContact(models.Model):
    """Where the debtor pays: what every text may say, with a page to pay on or without."""

    _inherit = "collections.contact"

    pay_url = fields.Char(string="Pay Link", compute="_compute_pay_url")
    pay_line = fields.Char(
        string="Where to Pay",
        compute="_compute_pay_url",
        help="A sentence with the pay link; empty without a page to pay on.",
    )

    def mail_allowed_qweb_expressions(self):
        return (*super().mail_allowed_qweb_expressions(), "object.pay_url", "object.pay_line")

    @api.depends("case_id")
    def _compute_pay_url(self):
        urls = self._get_pay_urls()
        for contact in self:
            url = contact.pay_url = urls.get(contact.id) or False
            local = contact.with_context(lang=contact._get_lang())
            contact.pay_line = url and local.env._("Pay here: %(url)s", url=url)

    def _get_pay_urls(self):
        """Extension point: ``{contact id: address}`` of the page on which each debtor pays."""
        return {}

    @api.depends("case_id")
    def _compute_payment_block(self):
        """The page to pay on, and the company's accounts; on paper both have a place of their
        own. Apart from the rest of the letter: asking for it makes the link."""
        urls, blocks = self._get_pay_urls(), {}
        for contact in self:
            lang, company = contact._get_lang(), contact.company_id
            if (lang, company) not in blocks:
                blocks[lang, company] = contact._render_block("contact_payment", lang)
            contact.payment_block = blocks[lang, company]
            if url := urls.get(contact.id):
                link = contact._render_block("contact_pay_link", lang, url=url)
                contact.payment_block = link + contact.payment_block
