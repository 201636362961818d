import phonenumbers

from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import progress as progress_engine
from ..engine import templates
from ..engine.cost import is_billed
from ..engine.errors import OF_TEMPLATE, read_error
from .collections_whatsapp_template import to_html

OPAQUE = "contact/"
SETTLED = ("sending", "uncertain", "sent")


class CollectionsContact(models.Model):
    """A message by WhatsApp: its text, what became of it and what it cost."""

    _inherit = "collections.contact"

    whatsapp_template_id = fields.Many2one(
        "collections.whatsapp.template",
        string="WhatsApp Template",
        readonly=True,
        ondelete="set null",
    )
    whatsapp_category = fields.Char("WhatsApp Category", readonly=True, help="As it was charged.")
    whatsapp_price_id = fields.Many2one(
        "collections.whatsapp.price", string="WhatsApp Price", readonly=True, ondelete="set null"
    )
    whatsapp_cost_text = fields.Char("Charged As", compute="_compute_whatsapp_cost_text")
    channel_kind = fields.Selection(related="channel_id.kind")

    def _compute_whatsapp_cost_text(self):
        for contact in self:
            if contact.whatsapp_category and not contact.whatsapp_price_id:
                words = self.env._("charged, and the price list has no row for it")
            elif contact.whatsapp_category:
                words = contact.whatsapp_category
            else:
                words = ""
            contact.whatsapp_cost_text = words

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "whatsapp_no_account": self.env._("The company has no WhatsApp number ready."),
            "whatsapp_stopped": self.env._("The WhatsApp number is stopped."),
            "whatsapp_tier": self.env._("WhatsApp's daily number of persons is reached."),
            "whatsapp_setup": self.env._("WhatsApp does not accept our access."),
            "whatsapp_account": self.env._("WhatsApp blocked the number, or is owed money."),
            "whatsapp_slow": self.env._("WhatsApp asks for less speed; it is tried again."),
            "whatsapp_quality": self.env._("People complained: the number rests some hours."),
            "whatsapp_unreachable": self.env._("WhatsApp could not be reached; tried again."),
            "whatsapp_pair": self.env._("Too many messages to this person; it is tried again."),
            "whatsapp_template": self.env._("The WhatsApp template is not usable."),
            "whatsapp_gone": self.env._("WhatsApp does not know the template any more."),
            "whatsapp_person": self.env._("WhatsApp does not reach this number."),
            "whatsapp_opted_out": self.env._("This person does not want these messages."),
            "whatsapp_window": self.env._("The debtor has not written for 24 hours."),
            "whatsapp_bug": self.env._("WhatsApp refused the message as it was built."),
            "whatsapp_unknown": self.env._("WhatsApp did not say whether it took the message."),
        }

    # -- content ---------------------------------------------------------------------------------

    def _get_whatsapp_template(self):
        """Extension point: the template it speaks with, or an empty record."""
        self.ensure_one()
        if not self.step_id:
            return self.env["collections.whatsapp.template"]
        return self.step_id.sudo()._get_whatsapp_template(
            self.company_id, self._get_tone(), self._get_lang()
        )

    def _render_content(self):
        """What WhatsApp will show is what its template says."""
        texts = self.filtered(lambda contact: contact.channel_id.kind == "whatsapp")
        result = super(CollectionsContact, self - texts)._render_content() if self != texts else {}
        texts._forget_letters()
        for contact in texts:
            result[contact.id] = contact._render_whatsapp()
        return result

    def _render_whatsapp(self):
        """Return the content of one message; see ``_render_content``.

        :raise UserError: when there is no template
        """
        template = self._get_whatsapp_template()
        if not template:
            raise UserError(
                self.env._(
                    "Step %(step)s has no WhatsApp template of %(company)s.",
                    step=self.step_id.name or "",
                    company=self.company_id.name,
                )
            )
        if self.custom_body:
            raise UserError(
                self.env._("WhatsApp sends approved templates only, not words of a person.")
            )
        values, parts = template._get_values(self), template._get_parts()
        template._check_links(parts, values)
        return {
            "subject": template.display_name,
            "body": to_html(templates.to_text(parts, values)),
            "address": self.address or "",
            "whatsapp": {
                "template": template.id,
                "name": template.name,
                "language": template.language,
                "parts": parts,
                "values": values,
            },
        }

    def _make_statement(self):
        """Extension point: ``(file name, PDF)`` that a header shows: the debtor's statement."""
        self.ensure_one()
        statement = self.env["collections.statement"].sudo()
        today = self.env["collections.ledger"]._today(self.company_id)
        since = today.replace(month=1, day=1)
        found = statement._get_statements(self.company_id, self.partner_id, since, today)
        pdf = statement._make_pdf(
            self.company_id, found, since, today, detail="items", lang=self._get_lang()
        )
        return statement._get_file_name(found, today, "pdf"), pdf

    # -- what WhatsApp tells ---------------------------------------------------------------------

    def _receive_whatsapp(self, statuses):
        """Take many statuses of these and other messages at once.

        :param statuses: as ``engine/webhook.py`` reads them
        :return: those that are of no contact here
        """
        found = progress_engine.merge(statuses)
        contacts = self._find_whatsapp(found)
        for state in ("sent", "delivered", "read"):
            group = self.browse(
                [contacts[key].id for key, one in found.items()
                 if one.state == state and key in contacts]
            )  # fmt: skip
            group._advance(state)
        for key, one in found.items():
            if key in contacts:
                contacts[key]._take_details(key, one)
        return [status for status in statuses if status["id"] not in contacts]

    def _find_whatsapp(self, found):
        """Return ``{message id: contact}``: by the provider's id, else by our own in it."""
        opaque = {}
        for key, one in found.items():
            number = one.opaque.removeprefix(OPAQUE)
            if one.opaque.startswith(OPAQUE) and number.isdecimal() and len(number) < 10:
                opaque[key] = int(number)
        domain = fields.Domain("reference", "in", list(found))
        if opaque:
            domain |= fields.Domain("id", "in", list(opaque.values()))
        rows = self.sudo().search_fetch(
            domain & fields.Domain("channel_id.kind", "=", "whatsapp")
            & fields.Domain("company_id", "in", self.env.context["collections_companies"]),
            ["reference", "state", "case_id", "whatsapp_category", "company_id", "run_id"],
        )  # fmt: skip
        by_reference = {row.reference: row for row in rows if row.reference}
        by_id = {row.id: row for row in rows}
        result = {}
        for key in found:
            contact = by_reference.get(key) or by_id.get(opaque.get(key))
            # another attempt's message: the contact knows a later one
            if contact and contact.reference in (False, key):
                result[key] = contact
        return result

    def _advance(self, state):
        """Bring contacts to a later state, with one write and one append for all."""
        uncertain = self.filtered(lambda contact: contact.state in ("sending", "uncertain"))
        uncertain.write({"state": "uncertain"})  # the sender died: this is its word
        for contact in uncertain:
            contact._receive_status(state)
        order = self._PROGRESS
        later = (self - uncertain).filtered(
            lambda contact: (
                contact.state in order and order.index(contact.state) < order.index(state)
            )
        )
        later.write({"state": state})
        later._log(state)

    def _take_details(self, reference, progress):
        """Take the failure, the price and the id of one message."""
        self.ensure_one()
        if not self.reference:
            self.reference = reference
        if progress.pricing and not self.whatsapp_category:
            self._take_price(progress)
        if progress.state != "failed" or self.state not in SETTLED:
            return
        fault = read_error(progress.error)
        account = self.env["collections.whatsapp.account"]._get_for(self.company_id)
        account._note_fault(fault)
        if fault.kind in OF_TEMPLATE:
            self.whatsapp_template_id._note_fault(fault)
        self._receive_status("failed", {"reason": fault.reason, "detail": fault.message[:500]})
        if fault.kind == "opted_out":
            self._note_opt_out(self.partner_id)

    def _take_price(self, progress):
        """Note what a message costs, by the row of its country and day."""
        category = str(progress.pricing.get("category") or "").lower()
        if not category or not is_billed(progress.pricing):
            return
        day = (self.sent_on or fields.Datetime.now()).date()
        country = get_country(self.address or progress.recipient)
        price = self.env["collections.whatsapp.price"]._find(country, category, day)
        currency = self.company_id.currency_id
        cost = price.currency_id._convert(price.price, currency, self.company_id, day, round=False)
        self.write(
            {
                "whatsapp_category": category,
                "whatsapp_price_id": price.id,
                "cost": cost if price else 0.0,
            }
        )

    def _note_opt_out(self, partner):
        """Extension point: a person does not want to be written to by WhatsApp any more."""
        self.env["collections.consent"].sudo()._withdraw(
            partner,
            "whatsapp",
            proof=self.env._("WhatsApp refused our message: the person does not want any"),
            address=self.address,
            source="whatsapp",
            company=self.company_id,
        )


def get_country(number):
    """Return the code of the country of a number, or an empty string."""
    try:
        found = phonenumbers.parse(f"+{number.lstrip('+')}")
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.region_code_for_number(found) or (
        phonenumbers.region_code_for_country_code(found.country_code) or ""
    )
