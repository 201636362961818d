from odoo import api, fields, models

RESULTS = ("opened", "begun", "failed", "pending", "paid")


class CollectionsContact(models.Model):
    """A contact and its pay link: what a text may say, and what came of it."""

    _inherit = "collections.contact"

    pay_link_ids = fields.One2many(
        "collections.pay.link", "contact_id", string="Pay Links", readonly=True
    )
    pay_result = fields.Selection(
        [
            ("opened", "Opened"),
            ("begun", "Payment begun"),
            ("failed", "Payment not completed"),
            ("pending", "Payment under way"),
            ("paid", "Paid"),
        ],
        string="Result of the Pay Link",
        readonly=True,
        copy=False,
        help="What the debtor did with the link of this message.",
    )

    def _get_pay_urls(self):
        """Make the links of all these contacts at once; a sample, which is nobody's, shows one.

        What is said in a conversation is no contact that is kept: once it is to leave
        (``collections_leaves``) it tells the link of its debtor.
        """
        links = self.env["collections.pay.link"].sudo()
        tokens = links._issue(self)
        base, leaves = links.get_base_url(), self.env.context.get("collections_leaves")
        urls = {}
        for contact in self:
            token = tokens.get(contact._origin.id)
            if not token and leaves and contact.case_id:
                urls[contact.id] = contact.case_id._get_pay_url()
            else:
                urls[contact.id] = links._get_address(base, token or "…")
        return urls

    @api.model
    def _get_variable_sources(self):
        return [*super()._get_variable_sources(), ("pay_url", self.env._("Pay link of the debtor"))]

    def _get_pay_suffix(self):
        """Return what a message template with a fixed address has at its end: the token."""
        self.ensure_one()
        return self.env["collections.pay.link"].sudo()._issue(self)[self.id]

    def _get_letter_link(self, letter):
        """Paper shows the pay link as a code to scan: all invoices are behind it, one or many."""
        return self.pay_url if self.id else super()._get_letter_link(letter)

    def _get_held_line_ids(self):
        """What is being paid just now is not told in a message about the rest."""
        under_way = self.env["collections.ledger"]._get_payments_under_way(self.case_id)
        return super()._get_held_line_ids() | under_way.keys()

    def _note_pay_result(self, result):
        """Keep how far the debtor came; what is paid stays paid."""
        for contact in self:
            if contact.pay_result != "paid" and contact.pay_result != result:
                contact.pay_result = result
            if result == "opened":
                contact._receive_status("read")
            elif result in ("pending", "paid"):
                contact._receive_status("answered")
