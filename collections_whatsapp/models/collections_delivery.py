from collections import defaultdict

from odoo import models

from odoo.addons.collections_management.engine.delivery import Outcome

ENDING = ["whatsapp_no_account", "whatsapp_stopped", "whatsapp_tier"]


class CollectionsDelivery(models.AbstractModel):
    _inherit = "collections.delivery"

    def _get_obstacle_codes(self):
        return super()._get_obstacle_codes() + ENDING

    def _get_address_faults(self):
        return (*super()._get_address_faults(), "whatsapp_person", "whatsapp_opted_out")

    def _drop_hindered(self, contacts):
        """Hold those whose template WhatsApp does not take: the queue waits for a person. What
        was asked about long ago is asked again before; where there is no such template any more,
        the next channel speaks."""
        contacts = super()._drop_hindered(contacts)
        if not contacts or contacts.channel_id.kind != "whatsapp":
            return contacts
        groups = defaultdict(contacts.browse)
        for contact in contacts:
            groups[contact._get_whatsapp_template()] |= contact
        self.env["collections.whatsapp.template"].union(*groups)._check_again()
        for template, group in groups.items():
            if not template or not (sentence := template._get_obstacle()):
                continue
            if template.status == "gone":
                self._give_up(group, sentence)
            else:
                group._hold("whatsapp_template", sentence)
            contacts -= group
        return contacts

    def _give_up(self, contacts, sentence):
        """Let the next channel speak for these."""
        outcome = Outcome("failed", "whatsapp_gone", sentence)
        for contact in contacts:
            self._give_back(contact, "failed", outcome)
            self._fall_back(contact)
        contacts._log("failed", {"code": outcome.code})

    def _wake_held(self, company):
        """Queue again what waited for a template that is usable now."""
        waiting = self.env["collections.contact"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "held"),
                ("reason", "=", "whatsapp_template"),
            ]
        )
        ready = waiting.filtered(
            lambda contact: (
                (template := contact._get_whatsapp_template()) and not template._get_obstacle()
            )
        )
        ready.write({"state": "queued", "reason": False, "detail": False})
        ready._log("released")
        return super()._wake_held(company)
