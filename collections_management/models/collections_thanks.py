from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import format_amount


class CollectionsLedger(models.AbstractModel):
    """The refresh notices who has paid."""

    _inherit = "collections.ledger"

    @api.model
    def _refresh(self, company, partners=None, run=None):
        counts = super()._refresh(company, partners=partners, run=run)
        if not self._get_rehearsed_day():
            self.env["collections.receipt"]._notice(company, partners, run)
        return counts


class CollectionsSegment(models.Model):
    """Whether debtors of a segment are thanked."""

    _inherit = "collections.segment"

    thank_template_id = fields.Many2one(
        "mail.template",
        string="Thank-you",
        domain="[('model', '=', 'collections.contact')]",
        ondelete="set null",
        help="Sent by e-mail to a debtor who was asked to pay, once nothing overdue is left. "
        "Empty: nobody is thanked.",
    )


class CollectionsContact(models.Model):
    """A thank-you: a contact of no step, for payments."""

    _inherit = "collections.contact"

    receipt_ids = fields.One2many("collections.receipt", "contact_id", readonly=True)
    paid_text = fields.Char(compute="_compute_paid_text", string="Paid in Words")
    overdue_sentence = fields.Char(compute="_compute_overdue_sentence", string="Overdue in Words")

    @api.depends("receipt_ids.amount", "address")
    def _compute_paid_text(self):
        for contact in self:
            sums = defaultdict(float)
            for receipt in contact.sudo().receipt_ids:
                sums[receipt.currency_id] += receipt.amount
            contact.paid_text = " + ".join(
                contact._get_paid_text(currency, amount) for currency, amount in sums.items()
            )

    def _get_paid_text(self, currency, amount):
        """Return an amount in the language of who reads it; a foreign currency is named."""
        text = format_amount(self.env, currency.round(amount), currency, lang_code=self._get_lang())
        return text if currency == self.company_id.currency_id else f"{text} ({currency.name})"

    @api.depends("net_overdue_text")
    def _compute_overdue_sentence(self):
        """What is overdue, in the debtor's language."""
        for contact in self:
            env = contact.with_context(lang=contact._get_lang()).env
            contact.overdue_sentence = (
                env._(
                    "Overdue on your account at this moment: %(amount)s.",
                    amount=contact.net_overdue_text,
                )
                if contact.net_overdue_text
                else env._("Nothing is overdue on your account.")
            )

    def _forget_letters(self):
        self.invalidate_recordset(["overdue_sentence"], flush=False)
        return super()._forget_letters()

    def mail_allowed_qweb_expressions(self):
        return (
            *super().mail_allowed_qweb_expressions(),
            "object.paid_text",
            "object.overdue_sentence",
        )

    def _get_template(self):
        receipts = self.sudo().receipt_ids if not self.step_id else None
        return receipts.template_id[:1] if receipts else super()._get_template()

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "payment_reversed": self.env._("The payment it is for was taken back."),
        }

    def _get_why_chain(self):
        receipts = self.sudo().receipt_ids
        if not receipts:
            return super()._get_why_chain()
        payments = ", ".join(
            f"{receipt.move_id.name}: {receipt._get_amount_text(self.env.lang)}"
            for receipt in receipts
        )
        return [
            (self.env._("Facts"), self.env._("Paid all that was overdue: %s", payments)),
            (self.env._("Segment"), self.case_id.segment_id.name or "–"),
        ]


class CollectionsDelivery(models.AbstractModel):
    """Thank-yous are checked again like everything that leaves."""

    _inherit = "collections.delivery"

    def _drop_refused(self, contacts):
        contacts = super()._drop_refused(contacts)
        thanks = contacts.filtered(lambda contact: not contact.step_id).filtered("receipt_ids")
        if thanks:
            refused = self.env["collections.receipt"]._recheck(thanks)
            for contact in thanks.browse(refused):
                contact._skip(refused[contact.id])
            contacts -= thanks.browse(refused)
        return contacts


class ResCompany(models.Model):
    _inherit = "res.company"

    collections_thank_days = fields.Integer(
        string="Payments Follow a Contact",
        default=30,
        help="A payment within so many days of a contact is told to the collector, and thanked for "
        "where the segment says so. 0: payments are not noticed.",
    )

    _thank_days_positive = models.Constraint(
        "CHECK (coalesce(collections_thank_days, 0) >= 0)",
        "The days after a contact cannot be negative.",
    )
