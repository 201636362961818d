from odoo import api, fields, models


class CollectionsContact(models.Model):
    """A contact leaves only by a way that the debtor still wants."""

    _inherit = "collections.contact"

    def _drop_unwanted(self):
        """Skip what a debtor does not want any more, or has not granted; return the others.

        What the planner asked is asked again: a rule may have changed since.
        """
        asked = {
            contact.id: (contact.company_id.id, contact.partner_id.id, contact.address)
            for contact in self
            if not contact.channel_id.is_manual
        }
        refused = self.env["collections.consent"]._get_refusals(self.channel_id[:1].kind, asked)
        for contact in self.browse(refused):
            contact._skip(refused[contact.id])
        return self - self.browse(refused)


class CollectionsLog(models.Model):
    """What a debtor granted or withdrew, in the log."""

    _inherit = "collections.log"

    event = fields.Selection(
        selection_add=[
            ("consent_granted", "Consent granted"),
            ("consent_withdrawn", "Consent withdrawn"),
        ],
        ondelete={"consent_granted": "cascade", "consent_withdrawn": "cascade"},
    )

    @api.model
    def _get_event_icons(self):
        return super()._get_event_icons() | {
            "consent_granted": "fa-check-circle-o",
            "consent_withdrawn": "fa-ban",
        }

    @api.model
    def _get_data_words(self):
        kinds = self.env["collections.consent"]._selection_kind()
        return super()._get_data_words() | dict(kinds) | {
            "every_channel": self.env._("every channel")
        }  # fmt: skip

    @api.model
    def _get_summary_formats(self):
        return super()._get_summary_formats() | {
            "consent_granted": [self.env._("May be used: %(kind)s")],
            "consent_withdrawn": [self.env._("Must not be used any more: %(kind)s")],
        }


class CollectionsEvent(models.Model):
    """Other systems honour what a debtor does not want, too."""

    _inherit = "collections.event"

    @api.model
    def _get_public_name(self, event, contact_id):
        names = {"consent_granted": "consent.granted", "consent_withdrawn": "consent.withdrawn"}
        return names.get(event) or super()._get_public_name(event, contact_id)
