from markupsafe import Markup

from odoo import fields, models


class CollectionsChannel(models.Model):
    """Words of our own, outside of a strategy: an answer to what a debtor asked for."""

    _inherit = "collections.channel"

    def _tell(self, case, address, words):
        """Queue an answer to a debtor, where the adapter can say more than what was planned.

        An adapter that can has ``_<kind>_tell``.

        :param words: see ``collections.case._get_pay_words``
        :return: whether something was queued
        """
        return self._call_optional("tell", False, case, address, words)

    def _email_tell(self, case, address, words):
        return self._tell_in_a_contact(case, address, words["subject"], words["body"])

    def _tell_in_a_contact(self, case, address, subject, body):
        """Queue a contact with these words; it leaves as every other.

        :param body: HTML, or a plain text
        :return: True
        """
        if not isinstance(body, Markup):
            body = Markup("<p>%s</p>") % Markup("<br/>").join(body.split("\n"))
        contact = self.env["collections.contact"].create(
            {
                "case_id": case.id,
                "company_id": case.company_id.id,
                "channel_id": self.id,
                "state": "queued",
                "planned_on": self.env["collections.ledger"]._today(case.company_id),
                "scheduled_on": fields.Datetime.now(),
                "address": address,
                "custom_subject": subject,
                "custom_body": body,
            }
        )
        contact.custom_totals = contact._get_custom_totals()
        contact._log("planned", {"channel": self.id})
        return True
