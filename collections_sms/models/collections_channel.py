from contextlib import contextmanager
from uuid import uuid4

import requests

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools.urls import urljoin

from odoo.addons.collections_management.engine.connection import never_left
from odoo.addons.collections_management.engine.delivery import Outcome
from odoo.addons.collections_management.models.collections_channel import keep_history
from odoo.addons.iap.tools.iap_tools import InsufficientCreditError
from odoo.addons.sms_twilio.tools.sms_api import SmsApiTwilio

from ..engine import outcome as words
from ..engine import segments


class NotingTwilio:
    """Adds to Odoo's Twilio class what it swallows: the error's code, the status of HTTP, and how
    a connection broke.

    Odoo answers "server error" whether Twilio refused, was never reached, or may have the message.
    """

    code = status = lost = None

    def _sms_twilio_send_request(self, session, to_number, body, uuid):
        post = session.post

        def noted(*args, **kwargs):
            try:
                response = post(*args, **kwargs)
            except requests.RequestException as error:
                self.lost = error
                raise
            self.status = response.status_code
            return response

        session.post = noted
        return super()._sms_twilio_send_request(session, to_number, body, uuid)

    def _twilio_error_code_to_odoo_state(self, response_json):
        self.code = response_json.get("code") or response_json.get("error_code")
        return super()._twilio_error_code_to_odoo_state(response_json)


class CollectionsChannel(models.Model):
    """The SMS adapter: whatever provider Odoo's own ``sms`` is set up with.

    It calls the provider's class itself, one message at a time, so that a message that left, did
    not leave, or may have left are told apart. The message, its ``sms.sms`` and its tracker are
    Odoo's, so that delivery reports find their way back.
    """

    _inherit = "collections.channel"

    kind = fields.Selection(selection_add=[("sms", "SMS")], ondelete={"sms": keep_history})

    def _needs_text(self):
        return self.kind != "sms" and super()._needs_text()

    def _sms_addresses(self, cases):
        return self._get_phones(cases, is_mobile=True)

    def _sms_get_test_address(self, company):
        return company.collections_sms_test_number

    def _sms_obstacle(self, company):
        return company.sudo()._get_collections_sms_obstacle()

    def _sms_render(self, contacts):
        return contacts._render_sms()

    def _sms_get_cost(self, contact, content):
        """A segment costs what the channel says."""
        return self._get_usual_cost(contact.company_id) * content.get("segments", 1)

    def _sms_prepare_message_vals(self, contact, content):
        return {
            **self._email_prepare_message_vals(contact, content),
            "message_type": "sms",
            "subject": False,
        }

    def _sms_prepare(self, contacts, contents):
        """Make Odoo's own records of each message: reports arrive by them."""
        fresh = contacts.filtered(lambda contact: not contact.sms_uuid)
        for contact in fresh:
            contact.sms_uuid = uuid4().hex
        notifications = self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": contact.mail_message_id.id,
                    "res_partner_id": contact.partner_id.id,
                    "author_id": contact.company_id.partner_id.id,
                    "notification_type": "sms",
                    "notification_status": "process",
                    "sms_number": contents[contact.id]["address"],
                    "is_read": True,
                }
                for contact in fresh
            ]
        )
        self.env["sms.tracker"].create(
            [
                {"sms_uuid": contact.sms_uuid, "mail_notification_id": notification.id}
                for contact, notification in zip(fresh, notifications, strict=True)
            ]
        )
        self.env["sms.sms"].create(  # "process": its own queue leaves it alone
            [
                {
                    "uuid": contact.sms_uuid,
                    "number": contents[contact.id]["address"],
                    "body": contents[contact.id]["text"],
                    "partner_id": contact.partner_id.id,
                    "mail_message_id": contact.mail_message_id.id,
                    "record_company_id": contact.company_id.id,
                    "state": "process",
                }
                for contact in fresh
            ]
        )
        for contact in contacts:
            content = contents[contact.id]
            content["uuid"] = contact.sms_uuid
            contact.sms_segments = content["segments"]

    @contextmanager
    def _sms_session(self, contacts):
        yield self._sms_get_api(contacts.company_id)
        contacts._catch_up_with_reports()

    def _sms_get_api(self, company):
        """Return the provider's class of a company, ready to be called."""
        company = company.sudo()
        base = company._get_sms_api_class()
        if issubclass(base, SmsApiTwilio):
            base = type("NotingTwilio", (NotingTwilio, base), {})
        api = base(self.with_company(company).sudo().env)
        api._set_company(company)
        return api

    def _sms_send(self, contact, content, session):
        outcome = self._sms_call(
            session, contact.company_id, content["address"], content["text"], content["uuid"]
        )
        if not contact.safe_mode:
            contact._note_sms_fault(outcome.code, content["address"])
        return outcome

    def _sms_call(self, api, company, number, text, uuid):
        """Hand one text message to the provider.

        :param uuid: our identifier, which its reports carry
        :return: an ``Outcome``
        """
        messages = [{"content": text, "numbers": [{"number": number, "uuid": uuid}]}]
        api.code = api.status = api.lost = None
        try:
            [result] = api._send_sms_batch(
                messages, delivery_reports_url=urljoin(company.get_base_url(), "/sms/status")
            )
        except InsufficientCreditError as error:
            result = {"state": "insufficient_credit", "failure_reason": str(error)}
        except (AccessError, ValueError) as error:  # of IAP's, whatever broke; words of nobody
            return self._sms_tell_lost(error.__context__ or error, uuid)
        if api.lost:
            return self._sms_tell_lost(api.lost, uuid)
        outcome = words.judge(
            result["state"], result.get("failure_reason") or "", uuid, api.code, api.status
        )
        if outcome.code == "sms_stopped":
            company.sudo()._stop_collections_sms(outcome.message)
        return outcome

    def _sms_tell_lost(self, error, uuid):
        """Return the outcome of a request without an answer."""
        if isinstance(error, requests.RequestException) and never_left(error):
            return Outcome("retry", "channel_down", str(error), down=True)
        return Outcome("uncertain", "connection_lost", str(error), uuid, down=True)

    def _sms_to_text(self, body, company):
        """Return a body as it is sent: without the accents that double its cost."""
        text = str(body).strip()
        return segments.simplify(text) if company.collections_sms_plain else text
