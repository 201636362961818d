from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

TEMPLATE = "collections_management.mail_template_agreement"


class CollectionsAgreement(models.Model):
    """The proposal goes to the debtor like everything that leaves: at its allowed moment, to the
    test address in safe mode, and into the log."""

    _inherit = "collections.agreement"

    contact_ids = fields.One2many("collections.contact", "agreement_id", readonly=True)
    sent_text = fields.Char(string="Sent", compute="_compute_sent_text")

    @api.depends("contact_ids.state")
    @api.depends_context("lang")
    def _compute_sent_text(self):
        labels = dict(
            self.env["collections.contact"]._fields["state"]._description_selection(self.env)
        )
        for agreement in self:
            contact = agreement.sudo().contact_ids.sorted("id")[-1:]
            agreement.sent_text = (
                f"{labels[contact.state]} · {contact.address}" if contact else False
            )

    def action_send(self):
        """Write to the debtor, with the link to read and sign it."""
        self.ensure_one()
        self._check_collector()
        self._check_state("proposed")
        contact = self.sudo()._plan_message()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "It leaves for %(address)s at its allowed moment.", address=contact.address
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _plan_message(self):
        """Plan the message with the link; return the contact."""
        case = self.case_id
        channel = self.env.ref("collections_management.collections_channel_email")
        address = self.person_id.email or channel._get_addresses(case).get(case.id)
        if not address:
            raise UserError(
                self.env._(
                    "%(debtor)s has no e-mail address: add one, or give him the link or the paper.",
                    debtor=case.partner_id.display_name,
                )
            )
        ledger = self.env["collections.ledger"]
        verdict = self.env["collections.contact.rule"]._get_verdicts(
            case, {case.id: channel.code}, ledger._now(), ledger._get_history(case)
        )[case.id]
        if not verdict.moment:
            raise UserError(self.env._("The contact rules do not allow an e-mail to this debtor."))
        contact = self.env["collections.contact"].create(
            {
                "case_id": case.id,
                "company_id": self.company_id.id,
                "channel_id": channel.id,
                "state": "queued",
                "planned_on": self._get_today(),
                "scheduled_on": verdict.moment.replace(tzinfo=None),
                "address": address,
                "agreement_id": self.id,
            }
        )
        contact._log("planned", {"channel": channel.id})
        return contact


class CollectionsContact(models.Model):
    """A proposal of an agreement: a contact of no step."""

    _inherit = "collections.contact"

    agreement_id = fields.Many2one(
        "collections.agreement", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    agreement_text = fields.Char(compute="_compute_agreement", string="Agreement in Words")
    agreement_until = fields.Char(compute="_compute_agreement", string="Agreement to Sign Until")
    agreement_link = fields.Char(compute="_compute_agreement", string="Link of the Agreement")

    @api.depends("agreement_id", "address")
    def _compute_agreement(self):
        """The agreement as its debtor reads it, with the link that opens it for him alone."""
        for contact in self:
            agreement = contact.agreement_id.sudo().with_context(lang=contact._get_lang())
            contact.agreement_text = agreement.schedule_text
            contact.agreement_until = format_date(agreement.env, agreement.date_expiry)
            contact.agreement_link = (
                f"{agreement.get_base_url()}{agreement.get_portal_url()}"
                if agreement.state == "proposed"
                else False
            )

    def mail_allowed_qweb_expressions(self):
        return (
            *super().mail_allowed_qweb_expressions(),
            "object.agreement_text",
            "object.agreement_until",
            "object.agreement_link",
        )

    def _get_template(self):
        if self.step_id or not self.agreement_id:
            return super()._get_template()
        return self.env.ref(TEMPLATE, raise_if_not_found=False) or super()._get_template()

    def _get_reason_sentences(self):
        return super()._get_reason_sentences() | {
            "agreement_changed": self.env._("The agreement it is about stands otherwise now."),
        }

    def _get_why_chain(self):
        if self.step_id or not self.agreement_id:
            return super()._get_why_chain()
        agreement = self.agreement_id.sudo()
        return [
            (self.env._("Facts"), f"{agreement.display_name}: {agreement.state_text}"),
            (self.env._("Segment"), self.case_id.segment_id.name or "–"),
        ]


class CollectionsDelivery(models.AbstractModel):
    """Proposals are checked again like everything that leaves."""

    _inherit = "collections.delivery"

    def _drop_refused(self, contacts):
        contacts = super()._drop_refused(contacts)
        for contact in contacts.filtered(lambda one: not one.step_id and one.agreement_id):
            if not contact.agreement_id._has_to_be_signed():
                contact._skip("agreement_changed")
                contacts -= contact
        return contacts
