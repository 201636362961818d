from contextlib import contextmanager

import requests

from odoo import fields, models

from odoo.addons.collections_management.engine.delivery import ChannelDown
from odoo.addons.collections_management.models.collections_channel import keep_history

from ..engine import provider


class CollectionsChannel(models.Model):
    """Automated calls by Twilio's REST API.

    Asking for a call is all that sending does: who picks up, and what they press, comes to
    ``/collections_voice/<token>`` and is the affair of :class:`collections.voice.call`.
    """

    _inherit = "collections.channel"

    kind = fields.Selection(
        selection_add=[("voice", "Automated Call")], ondelete={"voice": keep_history}
    )

    def _voice_addresses(self, cases):
        return self._get_phones(cases)

    def _voice_get_test_address(self, company):
        return company._get_collections_voice_test_phone()

    def _voice_obstacle(self, company):
        account = self.env["collections.voice.account"]._get_of(company)
        if not account:
            return "voice_no_account", self.env._(
                "%(company)s has no account for automated calls: see Collections > Configuration > "
                "Dunning > Automated Calls.",
                company=company.name,
            )
        if account.state == "stopped":
            return provider.STOPPED, account._get_stop_sentence()
        if company.collections_safe_mode and not self._voice_get_test_address(company):
            return "voice_no_test_phone", self.env._(
                "Safe mode is on for %(company)s and there is no test number for calls.",
                company=company.name,
            )
        return None

    def _voice_get_persons(self, contacts):
        """Return ``{contact id: partner}``: who has the number of each, else the debtor."""
        persons = {}
        for role, group in contacts.grouped(lambda contact: contact.step_id.role).items():
            phones = self._get_person_phones(group.case_id, role or None)
            for contact in group:
                partner_id = dict(phones.get(contact.case_id.id, ())).get(contact.address)
                persons[contact.id] = contact.partner_id.browse(partner_id) or contact.partner_id
        return persons

    def _voice_render(self, contacts):
        return contacts._render_content()

    def _voice_prepare(self, contacts, contents):
        """Write down the calls that are about to be asked for.

        Committed at once: a call whose row got lost in a conflict with a colleague would ring, and
        nobody would know what to say.
        """
        calls = self.env["collections.voice.call"].sudo()
        persons = self._voice_get_persons(contacts)
        for contact in contacts:
            content = contents[contact.id]
            call = calls._create_for(contact, persons[contact.id], content)
            content["form"] = call._get_form()
        self.env["collections.delivery"]._commit()

    @contextmanager
    def _voice_session(self, contacts):
        account = self.env["collections.voice.account"]._get_of(contacts.company_id)
        if not account:
            raise ChannelDown(self.env._("The account for automated calls is gone."))
        with account._open_line() as line:
            yield line

    def _voice_send(self, contact, content, session):
        try:
            return provider.read_answer(*session.dial(content["form"]))
        except requests.RequestException as error:
            return provider.read_failure(error)
