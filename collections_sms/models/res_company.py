from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

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
            {"collections_sms_fault": words or "?", "collections_sms_fault_on": fields.Datetime.now()}
        )

    def action_collections_sms_resume(self):
        """Try the provider again at once."""
        self.check_access("write")
        self.write({"collections_sms_fault": False, "collections_sms_fault_on": False})
        self.env.ref("collections_management.collections_run_cron_deliver").sudo()._trigger()
        return True
