"""What we ask of Twilio, and how we read it, against Twilio's own description of its API.

Prism stands between us and the fake: it answers 422 to a request that breaks the description, and
500 to an answer of the fake that does.
"""

from odoo import fields
from odoo.tests import tagged

from odoo.addons.collections_management.tests import prism

from .common import PHONE, TEST_PHONE, VoiceCommon


@tagged("post_install", "-at_install")
class TestContract(VoiceCommon):
    def test_all_that_we_ask_is_as_twilio_describes_it(self):
        spec = prism.find_spec(*prism.TWILIO)
        with prism.contract(spec, self.twilio.url) as contract:
            self.account.write(
                {"base_url": contract.url, "record_calls": True, "machine": "message"}
            )
            checked = self.account.action_check()
            self.assertEqual(checked["params"]["type"], "success", contract.lines)
            self.company.write(
                {"collections_voice_test_phone": TEST_PHONE, "country_id": self.peru.id}
            )
            self.assertEqual(self.account.action_call_me()["params"]["type"], "success")
            contact, call, phone = self.call()
            self.assertEqual(contact.state, "sent")
            phone.status("ringing")
            call.started_on = fields.Datetime.subtract(call.started_on, hours=2)
            self.ask()  # about one call
            with self.account._open_line() as line:
                self.assertEqual(
                    line.find(To=PHONE, From=self.account.phone_from, PageSize=50)[0], 200
                )
                self.assertEqual(line.cancel(call.sid)[0], 200)
                for code, status in ((21211, 400), (20003, 401), (20429, 429)):
                    self.twilio.faults[PHONE] = (status, code)
                    self.assertEqual(line.dial(call._get_form())[0], status)
            self.assertFalse(contract.get_breaches())
