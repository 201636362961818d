"""A company that sends text messages through Twilio, and a Twilio of its own on loopback."""

import json
import secrets
import threading
from collections import deque
from contextlib import contextmanager, nullcontext
from datetime import datetime, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import parse_qsl

import requests

from odoo import Command
from odoo.tests import tagged

from odoo.addons.collections_management.tests.common import CollectionsCommon

SID = "AC" + "1" * 32
TOKEN = "t" * 32
TWILIO = "https://api.twilio.com"


class Twilio(ThreadingHTTPServer):
    """Takes messages as Twilio does; ``faults`` are ``{number: (HTTP status, code)}`` or "drop"
    (takes the message and hangs up)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), TwilioHandler)
        self.messages = deque()
        self.answers = []  # statuses that the client saw
        self.faults = {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class TwilioHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        message = dict(parse_qsl(body, keep_blank_values=True))
        fault = self.server.faults.get(message["To"])
        if fault and fault != "drop":
            self._answer(
                fault[0],
                {
                    "code": fault[1],
                    "message": "refused",
                    "more_info": f"https://www.twilio.com/docs/errors/{fault[1]}",
                    "status": fault[0],
                },
            )
            return
        self.server.messages.append(message)
        if fault == "drop":
            self.connection.close()
            return
        self._answer(201, self._describe(message))

    def _describe(self, message):
        """Return a message as Twilio's own description of its API has it."""
        sid = "SM" + secrets.token_hex(16)
        now = format_datetime(datetime.now(timezone.utc))
        path = f"/2010-04-01/Accounts/{SID}/Messages/{sid}"
        return {
            "account_sid": SID, "api_version": "2010-04-01", "body": message["Body"],
            "date_created": now, "date_sent": None, "date_updated": now,
            "direction": "outbound-api", "error_code": None, "error_message": None,
            "from": message["From"], "messaging_service_sid": None, "num_media": "0",
            "num_segments": "1", "price": None, "price_unit": "USD", "sid": sid,
            "status": "queued", "subresource_uris": {"media": f"{path}/Media.json"},
            "to": message["To"], "uri": f"{path}.json",
        }  # fmt: skip

    def _answer(self, status, values):
        content = json.dumps(values).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args):
        """Be quiet."""


@tagged("post_install", "-at_install")
class SmsCommon(CollectionsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sms = cls.env.ref("collections_sms.collections_channel_sms")
        cls.company.write(
            {
                "sms_provider": "twilio",
                "sms_twilio_account_sid": SID,
                "sms_twilio_auth_token": TOKEN,
                "sms_twilio_number_ids": [
                    Command.create(
                        {"number": "+12025550100", "country_id": cls.env.ref("base.us").id}
                    )
                ],
            }
        )
        cls.debtor.write({"country_id": cls.env.ref("base.pe").id, "phone": "+51 987 654 321"})
        cls.strategy.step_ids.filtered(lambda step: step.mode == "automatic").channel_ids = cls.sms

    def expect_twilio_to_complain(self):
        """Odoo's Twilio class warns of each fault; the test means to make one."""
        return self.assertLogs("odoo.addons.sms_twilio", "WARNING")

    @contextmanager
    def twilio(self, through=nullcontext):
        """Run a Twilio; yields its :class:`Twilio`.

        :param through: given its address, a context of the address that requests are sent to
        """
        server = Twilio()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        class Session(requests.Session):
            """Takes the way to loopback at the last moment, on the wire."""

            def post(self, url, **kwargs):
                answer = super().post(url.replace(TWILIO, address), **kwargs)
                server.answers.append(answer.status_code)
                return answer

        try:
            with (
                through(server.url) as address,
                patch("odoo.addons.sms_twilio.tools.sms_api.requests.Session", Session),
            ):
                yield server
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
