import hmac
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.urls import urljoin

from odoo.addons.collections_management.engine.form_signature import is_signed

from ..engine.words import asks_to_start, asks_to_stop

# After the provider refused us, it is tried again by itself.
PAUSE = timedelta(hours=1)


class ResCompany(models.Model):
    _inherit = "res.company"

    collections_sms_test_number = fields.Char(
        "Test Number", help="In safe mode every text message goes there. Empty: none leaves."
    )
    collections_sms_plain = fields.Boolean(
        "Plain Letters",
        default=True,
        help="Write á, í, ó, ú as a, i, o, u: with them a text message costs more than twice.",
    )
    collections_sms_fault = fields.Char("What the SMS Provider Refuses", readonly=True)
    collections_sms_fault_on = fields.Datetime(readonly=True)
    collections_sms_token = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        default=lambda self: self._new_token(),
    )
    collections_sms_inbound_url = fields.Char(
        "Address for Answers", compute="_compute_collections_sms_inbound_url",
        groups="base.group_system",
    )  # fmt: skip

    @api.model
    def _new_token(self):
        return secrets.token_urlsafe(16)

    @api.depends("collections_sms_token")
    def _compute_collections_sms_inbound_url(self):
        for company in self:
            path = f"/collections_sms/inbound/{company.collections_sms_token}"
            company.collections_sms_inbound_url = urljoin(company.get_base_url(), path)

    @api.constrains("collections_sms_test_number")
    def _check_collections_sms_test_number(self):
        for company in self.filtered("collections_sms_test_number"):
            number = company.collections_sms_test_number
            if company.partner_id._phone_format(number=number) != number:
                raise ValidationError(
                    self.env._(
                        "The test number %(number)s is written with its country code and nothing "
                        "between its digits, as +51987654321.",
                        number=number,
                    )
                )

    def _get_collections_sms_obstacle(self):
        """Return ``(code, sentence)`` while no text message may leave, else None."""
        self.ensure_one()
        fault_on = self.collections_sms_fault_on
        if fault_on and fault_on + PAUSE > fields.Datetime.now():
            return "sms_stopped", self.collections_sms_fault
        return None

    def _stop_collections_sms(self, words):
        """Keep text messages back for a while: the house has to act first."""
        self.write(
            {
                "collections_sms_fault": words or "?",
                "collections_sms_fault_on": fields.Datetime.now(),
            }
        )

    def action_collections_sms_resume(self):
        """Try the provider again at once."""
        self.check_access("write")
        self.write({"collections_sms_fault": False, "collections_sms_fault_on": False})
        self.env.ref("collections_management.collections_run_cron_deliver").sudo()._trigger()
        return True

    # -- what debtors write back -----------------------------------------------------------------

    @api.model
    def _find_collections_sms(self, token):
        """Return the company that a token stands for."""
        companies = self.search([("collections_sms_token", "!=", False)])
        return companies.filtered(
            lambda company: hmac.compare_digest(
                company.collections_sms_token.encode(), token.encode()
            )
        )[:1]

    def _is_collections_sms_signed(self, fields_told, signature):
        """Tell whether Twilio posted these fields: it signs the address that it was given."""
        self.ensure_one()
        return is_signed(
            self.sms_twilio_auth_token, self.collections_sms_inbound_url, fields_told, signature
        )

    def _receive_collections_sms(self, told):
        """Store what somebody wrote; a wish to stop holds at once.

        Twilio has answered such a wish itself, and refuses whatever we would say.

        :param dict told: Twilio's fields: ``From``, ``Body``, ``MessageSid``, ``OptOutType``
        """
        self.ensure_one()
        channel = self.env.ref("collections_sms.collections_channel_sms")
        message = self.env["collections.conversation"]._receive(
            channel,
            self,
            told.get("From") or "",
            {
                "external_id": told.get("MessageSid"),
                "kind": "text" if told.get("Body") else "unsupported",
                "body": told.get("Body"),
            },
        )
        if message.state != "new":
            return
        if asks_to_stop(told):
            message._note_sms_stop()
        elif asks_to_start(told):
            message._note_sms_start()
